package steps

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/byok"
	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/durable"
	"github.com/keyceremony/ceremony/hsm"
	"github.com/keyceremony/ceremony/keyvault"
	"github.com/keyceremony/ceremony/keyvault/vaulttest"
)

// This file kills ceremonies: at every operation on a file, and before and
// after every operation on HSM and vault, the process is as good as dead.
// Opened again, the same step must come back, nothing may be done twice, and
// no acknowledged record may be lost.

var errKilled = errors.New("killed")

// A killer counts operations, and from the k-th on lets none happen.
type killer struct {
	armed bool
	left  int
	fired bool
}

func (k *killer) arm(at int) { *k = killer{armed: true, left: at} }

func (k *killer) op() error {
	if !k.armed {
		return nil
	}
	if k.left == 0 {
		k.fired = true
		return errKilled
	}
	k.left--
	return nil
}

// around lets an operation on HSM or vault happen between two points at which
// the process may die.
func around[T any](k *killer, act func() (T, error)) (T, error) {
	var none T
	if err := k.op(); err != nil {
		return none, err
	}
	v, err := act()
	if dead := k.op(); dead != nil {
		return none, dead
	}
	return v, err
}

// mortalToken is a Token whose process may die.
type mortalToken struct {
	hsm.Token
	k *killer
}

func (m mortalToken) Generate(ctx context.Context, r hsm.Request) (hsm.Key, error) {
	return around(m.k, func() (hsm.Key, error) { return m.Token.Generate(ctx, r) })
}

func (m mortalToken) Find(ctx context.Context, q hsm.Query) ([]hsm.Key, error) {
	return around(m.k, func() ([]hsm.Key, error) { return m.Token.Find(ctx, q) })
}

func (m mortalToken) LoadKEK(ctx context.Context, kek *byok.KEK) (*byok.KEK, error) {
	return around(m.k, func() (*byok.KEK, error) { return m.Token.LoadKEK(ctx, kek) })
}

func (m mortalToken) Wrap(ctx context.Context, id []byte) ([]byte, error) {
	return around(m.k, func() ([]byte, error) { return m.Token.Wrap(ctx, id) })
}

func (m mortalToken) Sign(ctx context.Context, id []byte, h hsm.Hash, d []byte) ([]byte, error) {
	return around(m.k, func() ([]byte, error) { return m.Token.Sign(ctx, id, h, d) })
}

func (m mortalToken) Settle(ctx context.Context, id []byte, f hsm.Fate) (hsm.Key, error) {
	return around(m.k, func() (hsm.Key, error) { return m.Token.Settle(ctx, id, f) })
}

func (m mortalToken) Clean(ctx context.Context) (hsm.Cleaned, error) {
	return around(m.k, func() (hsm.Cleaned, error) { return m.Token.Clean(ctx) })
}

// mortalVault is a Vault whose process may die.
type mortalVault struct {
	keyvault.Vault
	k *killer
}

func (m mortalVault) CreateKEK(ctx context.Context, n string, p keyvault.KEKParams) (keyvault.Key, error) {
	return around(m.k, func() (keyvault.Key, error) { return m.Vault.CreateKEK(ctx, n, p) })
}

func (m mortalVault) Import(ctx context.Context, n string, p keyvault.ImportParams) (keyvault.Key, error) {
	return around(m.k, func() (keyvault.Key, error) { return m.Vault.Import(ctx, n, p) })
}

func (m mortalVault) Get(ctx context.Context, n, v string) (keyvault.Key, error) {
	return around(m.k, func() (keyvault.Key, error) { return m.Vault.Get(ctx, n, v) })
}

func (m mortalVault) Versions(ctx context.Context, n string) ([]keyvault.Version, error) {
	return around(m.k, func() ([]keyvault.Version, error) { return m.Vault.Versions(ctx, n) })
}

func (m mortalVault) Sign(ctx context.Context, n, v, a string, d []byte) ([]byte, error) {
	return around(m.k, func() ([]byte, error) { return m.Vault.Sign(ctx, n, v, a, d) })
}

func (m mortalVault) Delete(ctx context.Context, n string) (*keyvault.Deleted, error) {
	return around(m.k, func() (*keyvault.Deleted, error) { return m.Vault.Delete(ctx, n) })
}

// world of a mortal: everything that it keeps on disk, to be put back.
type moment map[string][]byte

func (h *hall) places() []string {
	return []string{h.path("online"), h.path("offline"), h.path("usb-kek"), h.path("usb-blob"), h.device.Dir, filepath.Dir(h.vault.CAFile())}
}

func (h *hall) remember() moment {
	m := moment{}
	for _, place := range h.places() {
		_ = filepath.WalkDir(place, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return nil //nolint:nilerr // a place that is not there yet
			}
			if d.IsDir() {
				m[path+"/"] = nil
				return nil
			}
			b, err := os.ReadFile(path)
			m[path] = b
			return err
		})
	}
	return m
}

// restore puts a moment back: what differs is written, what is new is removed.
func (h *hall) restore(m moment) {
	h.t.Helper()
	for path, want := range m {
		if want == nil && path[len(path)-1] == '/' {
			_ = os.MkdirAll(path, 0o700)
			continue
		}
		if have, err := os.ReadFile(path); err == nil && bytes.Equal(have, want) {
			continue
		}
		_ = os.MkdirAll(filepath.Dir(path), 0o700)
		if err := os.WriteFile(path, want, 0o600); err != nil {
			h.t.Fatal(err)
		}
	}
	h.removeNew(m)
}

func (h *hall) removeNew(m moment) {
	for _, place := range h.places() {
		_ = filepath.WalkDir(place, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return nil //nolint:nilerr // a place that is not there yet
			}
			name := path
			if d.IsDir() {
				name += "/"
			}
			if _, known := m[name]; known {
				return nil
			}
			_ = os.RemoveAll(path)
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		})
	}
}

func TestKilledAtEveryOperation(t *testing.T) {
	k := &killer{}
	h := newHall(t, nil, "P-256")
	h.token = func(tok hsm.Token) hsm.Token { return mortalToken{tok, k} }
	h.client = mortalVault{vaulttest.Open(t, h.vault), k}
	durable.Fault = func(string, string) error { return k.op() }
	defer func() { durable.Fault = nil }()
	kills := 0
	for _, stage := range []Stage{Prepare, Wrap, Import} {
		kills += h.killBegin(k, stage)
		kills += h.killStage(k, stage)
	}
	h.complete(audit.OutcomeComplete)
	t.Logf("%d kills, in three stages", kills)
	if kills < 500 {
		t.Errorf("only %d kills: the operations do not pass through the killer", kills)
	}
}

// killBegin kills the first record's making.
func (h *hall) killBegin(k *killer, stage Stage) int {
	if stage == Import {
		return 0
	}
	start := h.start(stage)
	before := h.remember()
	for n := 0; ; n++ {
		h.restore(before)
		k.arm(n)
		c, err := Begin(h.path(stage.Side()), start, h.world())
		k.armed = false
		if err == nil {
			h.shut(c)
			return n
		}
		c, err = Open(h.path(stage.Side()), h.world())
		if errors.Is(err, ErrNoCeremony) || errors.Is(err, fs.ErrNotExist) || errors.Is(err, audit.ErrNoRecords) {
			c, err = Begin(h.path(stage.Side()), start, h.world())
		}
		if err != nil {
			h.t.Fatalf("%s: killed at operation %d of the beginning: %v", stage, n, err)
		}
		if now := c.Now(); now.Step.ID != "ceremony.open" {
			h.t.Fatalf("%s: killed at operation %d of the beginning: %s is awaited", stage, n, now.Step.ID)
		}
		h.shut(c)
	}
}

func (h *hall) shut(c *Ceremony) {
	h.t.Helper()
	if err := c.Close(); err != nil {
		h.t.Fatal(err)
	}
}

// killStage kills every operation of every step of a stage.
func (h *hall) killStage(k *killer, stage Stage) (kills int) {
	h.t.Helper()
	for {
		c := h.leads(stage.Side())
		now := c.Now()
		h.shut(c)
		if now.Phase == Done || now.Stage != stage {
			return kills
		}
		if now.Step == stepClock { // people have signed in
			n := h.killReturn(k, stage.Side(), now)
			h.t.Logf("the start and %s: %d kills", stepReturn.ID, n)
			kills += n
		}
		n := h.killStep(k, stage, now)
		h.t.Logf("%s: %d kills", now.Step.ID, n)
		kills += n
	}
}

// leads is the process that is to be killed: it has led since people signed
// in, and what lives in it alone is there.
func (h *hall) leads(side string) *Ceremony {
	h.t.Helper()
	c := h.reopened(side)
	c.back = false
	h.sessions(c)
	return c
}

// sessions does again, unharmed, what lives in the process alone.
func (h *hall) sessions(c *Ceremony) {
	h.t.Helper()
	for now := c.Now(); now.Step != nil && now.Step.Session; now = c.Now() {
		if _, done := c.state.done[instance{now.Stage, now.Step.ID, ""}]; !done {
			return
		}
		if err := h.step(c); err != nil {
			h.t.Fatal(err)
		}
	}
}

// stride lets go test -short leave out most operations of the long steps: a
// bundle is some hundred.
func stride(n int) int {
	if n < 50 || !testing.Short() {
		return 1
	}
	return 13
}

// killStep kills one step at its first operation, its second, and so on, until
// it is through.
func (h *hall) killStep(k *killer, stage Stage, now Now) int {
	h.t.Helper()
	before := h.remember()
	kills := 0
	for n := 0; ; n += stride(n) {
		h.restore(before)
		c := h.leads(stage.Side())
		k.arm(n)
		err := h.step(c)
		fired := k.fired
		k.armed = false
		head := c.log.Head()
		_ = c.Close()
		if !fired {
			if err != nil {
				h.t.Fatalf("%s: %v", now.Step.ID, err)
			}
			return kills
		}
		kills++
		h.acknowledged(stage, now, n, head)
		h.resumes(stage, now, n)
	}
}

// killReturn kills starts in the middle of a sitting, and people who sign in
// again: it is asked again, and then the same step comes back.
func (h *hall) killReturn(k *killer, side string, next Now) int {
	h.t.Helper()
	before := h.remember()
	defer h.restore(before)
	for n := 0; ; n++ {
		h.restore(before)
		k.arm(n)
		c, err := Open(h.path(side), h.world())
		if err == nil {
			err = h.step(c)
			_ = c.Close()
		}
		fired := k.fired
		k.armed = false
		if !fired {
			must(h.t, err)
			return n
		}
		c = h.reopened(side)
		if now := c.Now(); now.Step != stepReturn {
			h.t.Fatalf("killed at operation %d: %s is awaited, and nobody has signed in again", n, now.Step.ID)
		}
		h.back(c)
		if now := c.Now(); now.Step != next.Step {
			h.t.Fatalf("killed at operation %d: %s is awaited, want %s", n, now.Step.ID, next.Step.ID)
		}
		h.shut(c)
	}
}

// acknowledged wants every record that was acknowledged to be there still.
func (h *hall) acknowledged(stage Stage, now Now, n int, head audit.Head) {
	h.t.Helper()
	b, err := os.ReadFile(filepath.Join(h.path(stage.Side()), head.Log))
	if err != nil {
		h.t.Fatal(err)
	}
	if head.Seq < 0 {
		return
	}
	lines := bytes.SplitAfterN(b, []byte("\n"), head.Seq+2)
	if len(lines) < head.Seq+2 || digest.Of(bytes.Join(lines[:head.Seq+1], nil)) != head.SHA256 {
		h.t.Fatalf("%s: killed at operation %d: record %d of %s was acknowledged and is lost", now.Step.ID, n, head.Seq, head.Log)
	}
}

// resumes goes on as people would, until the killed step is over.
func (h *hall) resumes(stage Stage, killed Now, n int) {
	h.t.Helper()
	c := h.open(stage.Side())
	for tries := 0; ; tries++ {
		now := c.Now()
		if now.Phase == Done || now.Number > killed.Number || now.Stage != killed.Stage || (killed.Phase != Sealing && now.Phase == Sealing) {
			break
		}
		if tries > 12 {
			h.t.Fatalf("%s: killed at operation %d: still at %s after %d tries", killed.Step.ID, n, now.Step.ID, tries)
		}
		if err := h.step(c); err != nil {
			h.t.Fatalf("%s: killed at operation %d: going on with %s: %v", killed.Step.ID, n, now.Step.ID, err)
		}
	}
	h.once(c, killed, n)
	h.shut(c)
}

// once wants nothing to be there twice.
func (h *hall) once(c *Ceremony, killed Now, n int) {
	h.t.Helper()
	vault := vaulttestVersions(h, h.plan.KEK.Name) + vaulttestVersions(h, "key-1")
	if vault > 2 {
		h.t.Fatalf("%s: killed at operation %d: the vault has %d versions of KEK and key", killed.Step.ID, n, vault)
	}
	if c.token == nil {
		return
	}
	keys, err := c.token.Find(h.t.Context(), hsm.Query{Label: "key 1"})
	if err != nil || len(keys) > 1 {
		h.t.Fatalf("%s: killed at operation %d: %d keys on the HSM (%v)", killed.Step.ID, n, len(keys), err)
	}
}

func vaulttestVersions(h *hall, name string) int {
	versions, err := h.vault.Versions(name)
	if err != nil {
		return 0
	}
	return len(versions)
}
