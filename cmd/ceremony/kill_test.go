package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/keyceremony/ceremony/hsm"
	"github.com/keyceremony/ceremony/hsm/pkcs11"
	"github.com/keyceremony/ceremony/keyvault/rehearsal"
	"github.com/keyceremony/ceremony/plan"
)

// killSeed chooses where the kills fall; make soak walks through many.
var killSeed = flag.Uint64("kill-seed", 11, "where the fifty kills fall")

// TestKilledForReal kills processes of the real command with SIGKILL: on a
// line of its output, which is also in the middle of an act, or while the
// vault has its request, before or after the vault did what was asked. Each
// time the same command is given again, as people would. At the end every
// ceremony must be complete and every key must be there once.
func TestKilledForReal(t *testing.T) {
	const kills = 50
	chance := rand.New(rand.NewPCG(2026, *killSeed))
	left := kills
	for n := 1; left > 0; n++ {
		if n > 6 {
			t.Fatalf("%d kills are left after %d ceremonies: nothing is long enough to be killed", left, n)
		}
		h := &hunt{t: t, chance: chance, left: min(left, 17), trusted: n%2 == 0}
		left -= h.left
		t.Run(fmt.Sprint("ceremony ", n), func(t *testing.T) { h.t = t; h.hold() })
		left += h.left
	}
}

// A hunt is one ceremony that is killed many times.
type hunt struct {
	t      *testing.T
	chance *rand.Rand
	left   int // kills still to do
	// trusted has the HSM's security officer in it: one step and two objects more.
	trusted bool
	scene   *scene
	vault   *rehearsal.Server

	mu    sync.Mutex
	prey  *exec.Cmd // what runs now
	aim   aim
	seen  map[string]int // lines and requests of this process
	fired bool
	busy  sync.RWMutex // held by the requests that the vault has
	story []string
}

// aim says when to kill: at the n-th line, or the n-th request to the vault,
// before or after it is served.
type aim struct {
	what string
	n    int
}

const (
	onLine        = "line"
	beforeRequest = "request not yet served"
	afterRequest  = "request served and not answered"
)

func (h *hunt) hold() {
	h.t.Setenv("SOFTHSM2_CONF", "") // the scene sets its own
	s, err := setTheFlags(rehearseFlags{
		dir: filepath.Join(h.t.TempDir(), "rehearsal"), keys: []string{"P-256"}, bits: 2048, module: module, transfer: plan.USB, trusted: h.trusted,
	}, rehearsal.Options{Between: h.between})
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { s.Close() })
	h.scene, h.vault = s, s.vault
	for i, stage := range stageRuns {
		// A third for each stage; what a stage is too short for goes to the next.
		for most := h.left / (len(stageRuns) - i); ; {
			killed := h.run(stage, most > 0)
			if !killed {
				break
			}
			most--
			h.left--
		}
	}
	h.complete()
}

// run holds a stage, or what is left of it, and reports whether it was killed.
func (h *hunt) run(stage stageRun, kill bool) bool {
	h.t.Helper()
	h.mu.Lock()
	h.aim, h.seen, h.fired = aim{}, map[string]int{}, false
	if kill {
		h.aim = h.next(stage)
	}
	var words bytes.Buffer
	h.prey = h.scene.command(h.scene.stageArgs(stage)...)
	out, err := h.prey.StderrPipe()
	if err == nil {
		err = h.prey.Start()
	}
	h.mu.Unlock()
	if err != nil {
		h.t.Fatal(err)
	}
	for lines := bufio.NewReader(io.TeeReader(out, &words)); err == nil; {
		if _, err = lines.ReadString('\n'); err == nil {
			h.event(onLine)
		}
	}
	err = h.prey.Wait()
	h.busy.Lock() // the vault goes on with a request whose sender is dead
	defer h.busy.Unlock()
	return h.judge(stage, err, words.String())
}

// next aims. Sessions with vault and HSM are opened anew after every kill, so
// many lines must pass before a stage gets further at all.
func (h *hunt) next(stage stageRun) aim {
	lines := map[string]int{"prepare": 45, "wrap": 75, "import": 60}[stage.name]
	switch {
	case stage.name == "wrap", h.chance.IntN(2) == 0:
		return aim{onLine, 1 + h.chance.IntN(lines)}
	case h.chance.IntN(2) == 0:
		return aim{beforeRequest, 1 + h.chance.IntN(14)}
	}
	return aim{afterRequest, 1 + h.chance.IntN(14)}
}

// event counts, and kills where it was aimed.
func (h *hunt) event(what string) (killed bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.seen[what]++
	if h.aim != (aim{what, h.seen[what]}) {
		return false
	}
	h.fired = h.prey.Process.Kill() == nil
	return h.fired
}

// between stands before the vault.
func (h *hunt) between(vault http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.busy.RLock()
		defer h.busy.RUnlock()
		if h.event(beforeRequest) {
			return // the request was lost with its sender
		}
		vault.ServeHTTP(&late{ResponseWriter: w, before: func() { h.event(afterRequest) }}, r)
	})
}

// late does something before the first byte of an answer goes out.
type late struct {
	http.ResponseWriter
	before func()
}

func (l *late) WriteHeader(code int) {
	if l.before != nil {
		l.before()
		l.before = nil
	}
	l.ResponseWriter.WriteHeader(code)
}

func (l *late) Write(b []byte) (int, error) {
	if l.before != nil {
		l.before()
		l.before = nil
	}
	return l.ResponseWriter.Write(b)
}

func (h *hunt) judge(stage stageRun, err error, words string) bool {
	h.t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.fired {
		var ended *exec.ExitError
		if errors.As(err, &ended) && ended.ExitCode() == -1 {
			h.story = append(h.story, fmt.Sprintf("%s: killed at %s %d, after %q", stage.name, h.aim.what, h.aim.n, lastLine(words)))
			return true
		}
		// It came to its end before the signal came to it.
	}
	if err != nil {
		h.t.Fatalf("%s: %v\n%s\n\nbefore:\n%s", stage.name, err, words, strings.Join(h.story, "\n"))
	}
	return false
}

func lastLine(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}

// complete wants a whole ceremony, and each key once.
func (h *hunt) complete() {
	t, s := h.t, h.scene
	for _, line := range h.story {
		t.Log(line)
	}
	if out, err := s.command(s.anchored(t)...).CombinedOutput(); err != nil || !strings.Contains(string(out), ": complete") {
		t.Errorf("verify: %v\n%s", err, out)
	}
	pythonAgrees(t, s)
	h.keysOnce()
}

// keysOnce wants each key once, in the vault and on the token.
func (h *hunt) keysOnce() {
	t := h.t
	p, err := readPlan(h.scene.path("plan.toml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range p.Keys {
		if versions, err := h.vault.Versions(k.Name); err != nil || len(versions) != 1 {
			t.Errorf("the vault has %d versions of %s (%v), want 1", len(versions), k.Name, err)
		}
	}
	live, err := h.vault.Names(false)
	deleted, err2 := h.vault.Names(true)
	if err := errors.Join(err, err2); err != nil || len(live) != len(p.Keys) || fmt.Sprint(deleted) != "["+p.KEK.Name+"]" {
		t.Errorf("the vault has %v, deleted %v (%v)", live, deleted, err)
	}
	h.tokenHas(p)
}

// tokenHas wants each target key on the token once, and nothing else.
func (h *hunt) tokenHas(p *plan.Plan) {
	t, ctx := h.t, context.Background()
	token, err := pkcs11.Open(ctx, pkcs11.Options{Module: p.HSM.Module, Serial: p.HSM.Serial})
	if err != nil {
		t.Fatal(err)
	}
	defer token.Close()
	if err := token.Login(ctx, []byte(h.scene.sheet(t, "hsm.pin")), false); err != nil {
		t.Fatal(err)
	}
	for _, k := range p.Keys {
		if keys, err := token.Find(ctx, hsm.Query{Label: k.Label}); err != nil || len(keys) != 1 {
			t.Errorf("the token has %d keys %q (%v), want 1", len(keys), k.Label, err)
		}
	}
	if keys, err := token.Find(ctx, hsm.Query{}); err != nil || len(keys) != len(p.Keys) {
		t.Errorf("the token has %d keys in all (%v), want %d", len(keys), err, len(p.Keys))
	}
}
