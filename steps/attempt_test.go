package steps

import (
	"context"
	"errors"
	"os"
	"testing"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/keyvault"
	"github.com/keyceremony/ceremony/plan"
)

func keepAll(p *plan.Plan) {
	for i := range p.Keys {
		p.Keys[i].Close = "keep"
	}
}

// aside moves folders of an attempt away, and lays fresh media out.
func (h *hall) aside(names ...string) {
	h.t.Helper()
	for _, name := range names {
		if err := os.Rename(h.path(name), h.path(name+".1")); err != nil {
			h.t.Fatal(err)
		}
		if name[:3] == "usb" {
			if err := os.Mkdir(h.path(name), 0o700); err != nil {
				h.t.Fatal(err)
			}
		}
	}
}

// again begins a stage after the attempt in a folder.
func (h *hall) again(stage Stage, before string) *Ceremony {
	h.t.Helper()
	start := h.start(stage)
	start.Previous = h.path(before)
	c, err := Begin(h.path(stage.Side()), start, h.world())
	if err != nil {
		h.t.Fatal(err)
	}
	if c.state.attempt != 2 {
		h.t.Errorf("attempt %d, want 2", c.state.attempt)
	}
	return c
}

// The offline machine breaks down after the wrap: a further attempt wraps the
// same key again, and generates none.
func TestSecondAttemptOfWrap(t *testing.T) {
	h := newHall(t, keepAll, "P-256")
	c := h.begin(Prepare)
	h.run(c, Prepare)
	h.shut(c)
	c = h.begin(Wrap)
	h.until(c, "wrap.seal")
	h.shut(c)
	h.aside("offline")
	c = h.again(Wrap, "offline.1")
	h.until(c, "target.select")
	h.goOn(c, audit.OutcomeComplete)
}

// brokenImport refuses one key, as a vault does whose KEK is gone.
type brokenImport struct {
	keyvault.Vault
	key string
}

func (b brokenImport) Import(ctx context.Context, name string, p keyvault.ImportParams) (keyvault.Key, error) {
	if name == b.key {
		return keyvault.Key{}, &keyvault.Problem{Code: keyvault.BadBlob, Title: "the KEK is gone"}
	}
	return b.Vault.Import(ctx, name, p)
}

// The second of two keys cannot be imported: the further attempt makes a new
// KEK, leaves the imported key alone, and proves it.
func TestNewKEKForTheRest(t *testing.T) {
	h := newHall(t, keepAll, "P-256", "P-384")
	for _, stage := range []Stage{Prepare, Wrap} {
		c := h.begin(stage)
		h.run(c, stage)
		h.shut(c)
	}
	h.cloud = func(v keyvault.Vault) keyvault.Vault { return brokenImport{v, "key-2"} }
	c := h.open("online")
	h.until(c, "target.import")
	var p *keyvault.Problem
	if err := h.step(c); !errors.As(err, &p) || p.Code != keyvault.BadBlob {
		t.Fatalf("the import of key-2: %v", err)
	}
	h.shut(c)
	h.cloud, h.kek = nil, "rehearsal-kek-2"
	h.aside("online", "offline", "usb-kek", "usb-blob")
	c = h.again(Prepare, "online.1")
	h.run(c, Prepare)
	h.shut(c)
	c = h.again(Wrap, "offline.1")
	h.until(c, "target.wrap")
	if keys := c.Now().Keys; len(keys) != 1 || keys[0] != "key-2" {
		t.Errorf("%v are wrapped again, want key-2 alone", keys)
	}
	h.goOn(c, audit.OutcomeComplete)
	if v, _ := h.vault.Versions("key-1"); len(v) != 1 {
		t.Errorf("key-1 has %d versions, want the one of the first attempt", len(v))
	}
}

// A folder of another ceremony is no attempt before.
func TestAttemptAfterAnother(t *testing.T) {
	h := newHall(t, nil, "P-256")
	h.shut(h.begin(Prepare))
	h.setPlan(func(p *plan.Plan) { p.ID = "other-2026" }, []string{"P-256"})
	start := h.start(Prepare)
	start.Previous = h.path("online")
	if _, err := Begin(h.path("second"), start, h.world()); !errors.Is(err, ErrOtherPlan) {
		t.Errorf("begun after the folder of another ceremony: %v", err)
	}
}

// Somebody leaves and comes back: the quorum is counted anew.
func TestPeopleChange(t *testing.T) {
	h := newHall(t, nil, "P-256")
	for _, stage := range []Stage{Prepare} {
		c := h.begin(stage)
		h.run(c, stage)
		h.shut(c)
	}
	c := h.begin(Wrap)
	h.until(c, "target.wrap")
	change := func(field, who string) error {
		if err := c.Turn("people.change"); err != nil {
			t.Fatal(err)
		}
		h.answers = func(_ Now, a *Answers) { a.Text[field] = who }
		defer func() { h.answers = nil }()
		return h.step(c)
	}
	if err := change("leaves", "guest"); err != nil {
		t.Fatal(err)
	}
	if err := h.step(c); !errors.Is(err, ErrQuorum) {
		t.Errorf("wrapped without the external witness: %v", err)
	}
	if err := change("comes", "guest"); err != nil {
		t.Fatal(err)
	}
	h.goOn(c, audit.OutcomeComplete)
}
