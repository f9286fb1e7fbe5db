# make            builds bin/ceremony
# make rehearse   a whole ceremony with real parts: in a window where there is
#                 a display, without people where there is none
# make test       every test, with the count of those that were skipped
# make attack     the attacks among them, as a table: what notices each, and
#                 that it passes without
# make check      what every change must pass
# make screenshots   a picture of every page, in docs/screenshots
# make static     the auditors' program: one static file for each system, in bin/
# make package    what is handed out, in dist/, built twice and compared
#
# Each target installs what it misses (.ci/install says what and why).

# Fyne without 4 MB of emoji, and without reading files beside the program.
TAGS ?= no_metadata,no_emoji
# The same flags for every build and test: the C in Fyne is compiled once.
export GOFLAGS = -trimpath -buildvcs=false
REVISION = $(shell git rev-parse HEAD 2>/dev/null)
BUILD = go build -ldflags='-s -w -buildid= -X main.revision=$(REVISION)' -o bin/ceremony -tags
# The program without the window: it needs no display and no X headers.
NOGUI = nogui,$(TAGS)
# Time for each fuzz target of soak.
FUZZTIME ?= 5m

.PHONY: all build static rehearse test attack check package bench soak screenshots format clean

all: build

build:
	@if .ci/install window; then \
		set -x; $(BUILD) $(TAGS) ./cmd/ceremony; \
	else \
		echo "make: what the window needs is not here: building without it"; \
		.ci/install build && $(BUILD) $(NOGUI) ./cmd/ceremony; \
	fi

static:
	@.ci/install build
	@for system in linux-amd64 windows-amd64 darwin-arm64; do \
		out=bin/ceremony-static-$$system; \
		case $$system in windows-*) out=$$out.exe;; esac; \
		CGO_ENABLED=0 GOOS=$${system%-*} GOARCH=$${system#*-} \
			go build -ldflags='-s -w -buildid= -X main.revision=$(REVISION)' -tags "$(NOGUI)" -o $$out ./cmd/ceremony && echo $$out || exit 1; \
	done

ifneq ($(DISPLAY)$(WAYLAND_DISPLAY),)
rehearse:
	@.ci/install rehearse
	@.ci/install window
	$(BUILD) $(TAGS) ./cmd/ceremony
	bin/ceremony rehearse $(ARGS)
else
rehearse:
	@.ci/install rehearse
	$(BUILD) $(NOGUI) ./cmd/ceremony
	bin/ceremony rehearse --headless $(ARGS)
endif

test:
	@.ci/install test
	@mkdir -p bin
	@. .ci/memory; FYNE_CACHE=1h go test -json -timeout 20m -tags "$(TAGS)" ./... ./.ci >bin/test.json || true
	@go build -o bin/count ./.ci && bin/count bin/test.json

# The tests that are named TestAttack…, where there are rows of the table.
attack:
	@.ci/install test
	@mkdir -p bin
	@. .ci/memory; go test -json -count 1 -timeout 20m -tags "$(NOGUI)" -run '^TestAttack' \
		. $$(git grep -l 'attacks\.New("' '*_test.go' | xargs -n 1 dirname | sort -u | sed 's|^|./|') >bin/attack.json || true
	@go build -o bin/count ./.ci && bin/count -attacks bin/attack.json

check:
	@.ci/run

package:
	@packaging/package

bench:
	@.ci/install test
	@.ci/install bench
	go test -tags "$(NOGUI)" -timeout 4h -run '^$$' -bench . -benchmem ./...

# Before a release: ten thousand mutants and kills, a million hostile streams of
# QR codes and a hundred thousand full codes read, then every fuzz target for a
# while. What a target finds is kept in its testdata, and the others still get
# their turn; the bound on minimizing keeps the engine from spending its time
# there.
soak:
	@.ci/install test
	go test -tags "$(NOGUI)" -timeout 4h -run 'Mutant|Flipped|Truncat' ./audit -soak 10000
	go test -tags "$(NOGUI)" -timeout 4h -run 'Hostile(Streams|URs)|FullCodes' ./transfer/qr -soak 1000000
	go test -tags "$(NOGUI)" -timeout 4h -run 'KilledAtEvery' -count 3 ./steps
	go test -tags "$(NOGUI)" -c -o bin/cmd.test ./cmd/ceremony
	for seed in $$(seq 200); do (cd cmd/ceremony && ../../bin/cmd.test -test.run KilledForReal -kill-seed $$seed) || exit 1; done
	@failed=0; for package in $$(go list -tags "$(NOGUI)" ./...); do \
		for target in $$(go test -tags "$(NOGUI)" -list '^Fuzz' $$package | grep '^Fuzz'); do \
			echo "$$package $$target"; \
			go test -tags "$(NOGUI)" -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 100x $$package || failed=1; \
		done; \
	done; exit $$failed

# Drawn by the tests that come by the pages, without a display.
screenshots:
	@.ci/install build
	rm -rf docs/screenshots
	CGO_ENABLED=0 go test -tags "$(NOGUI)" -count 1 -timeout 40m ./ui -shots $(CURDIR)/docs/screenshots

format:
	git ls-files -z '*.go' | xargs -0 go run mvdan.cc/gofumpt@v0.12.0 -w

clean:
	rm -rf bin dist
