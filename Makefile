# make            builds bin/ceremony
# make rehearse   a whole ceremony with real parts, without people
# make test       every test, with the count of those that were skipped
# make check      what every change must pass
#
# Each target installs what it misses (.ci/install says what and why).

# The program without the window: it needs no display and no X headers.
TAGS ?= nogui
BUILD = go build -tags "$(TAGS)" -trimpath -buildvcs=false -ldflags=-buildid=
# Time for each fuzz target of soak.
FUZZTIME ?= 5m

.PHONY: all build rehearse test check bench soak format clean

all: build

build:
	@.ci/install build
	$(BUILD) -o bin/ceremony ./cmd/ceremony

rehearse: build
	@.ci/install rehearse
	bin/ceremony rehearse --headless $(ARGS)

test:
	@.ci/install test
	@mkdir -p bin
	@. .ci/memory; go test -json -timeout 20m -tags "$(TAGS)" ./... ./.ci >bin/test.json || true
	@go build -o bin/count .ci/count.go && bin/count bin/test.json

check:
	@.ci/run

bench:
	@.ci/install test
	go test -tags "$(TAGS)" -run '^$$' -bench . -benchmem ./...

# Before a release: ten thousand mutants and kills, then every fuzz target for a
# while. What a target finds is kept in its testdata, and the others still get
# their turn; the bound on minimizing keeps the engine from spending its time
# there.
soak:
	@.ci/install test
	go test -tags "$(TAGS)" -timeout 4h -run 'Mutant|Flipped|Truncat' ./audit -soak 10000
	go test -tags "$(TAGS)" -timeout 4h -run 'KilledAtEvery' -count 3 ./steps
	go test -tags "$(TAGS)" -c -o bin/cmd.test ./cmd/ceremony
	for seed in $$(seq 200); do (cd cmd/ceremony && ../../bin/cmd.test -test.run KilledForReal -kill-seed $$seed) || exit 1; done
	@failed=0; for package in $$(go list -tags "$(TAGS)" ./...); do \
		for target in $$(go test -tags "$(TAGS)" -list '^Fuzz' $$package | grep '^Fuzz'); do \
			echo "$$package $$target"; \
			go test -tags "$(TAGS)" -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 100x $$package || failed=1; \
		done; \
	done; exit $$failed

format:
	git ls-files -z '*.go' | xargs -0 go run mvdan.cc/gofumpt@v0.12.0 -w

clean:
	rm -rf bin
