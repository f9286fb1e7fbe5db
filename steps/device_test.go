package steps

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/keyceremony/ceremony/attacks"
	"github.com/keyceremony/ceremony/byok"
	"github.com/keyceremony/ceremony/hsm"
	"github.com/keyceremony/ceremony/hsm/hsmtest"
	"github.com/keyceremony/ceremony/hsm/pkcs11"
	"github.com/keyceremony/ceremony/plan"
)

// This file has what an HSM, its module and its operators may get wrong.

// wraps holds a ceremony up to a step of the HSM room.
func wraps(t *testing.T, id string, change func(*plan.Plan), types ...string) *stand {
	t.Helper()
	h := newHall(t, change, types...)
	h.stand("online", "blob.receive")
	return h.stand("offline", id)
}

// A tamperedToken changes what passes between the HSM and the program.
type tamperedToken struct {
	hsm.Token
	on     *bool
	info   func(*hsm.Info)
	key    func(*hsm.Key)
	kek    *byok.KEK
	wrap   func([]byte) []byte
	sign   func([]byte)
	err    error // of Wrap
	logins *int
	clean  func(*hsm.Cleaned)
}

func (k tamperedToken) Info(ctx context.Context) (hsm.Info, error) {
	i, err := k.Token.Info(ctx)
	if *k.on && k.info != nil {
		k.info(&i)
	}
	return i, err
}

func (k tamperedToken) Login(ctx context.Context, pin []byte, insist bool) error {
	if k.logins != nil {
		*k.logins++
	}
	return k.Token.Login(ctx, pin, insist)
}

func (k tamperedToken) Find(ctx context.Context, q hsm.Query) ([]hsm.Key, error) {
	keys, err := k.Token.Find(ctx, q)
	for i := range keys {
		if *k.on && k.key != nil {
			k.key(&keys[i])
		}
	}
	return keys, err
}

func (k tamperedToken) LoadKEK(ctx context.Context, kek *byok.KEK) (*byok.KEK, error) {
	back, err := k.Token.LoadKEK(ctx, kek)
	if *k.on && k.kek != nil {
		back = k.kek
	}
	return back, err
}

func (k tamperedToken) Wrap(ctx context.Context, id []byte) ([]byte, error) {
	if *k.on && k.err != nil {
		return nil, k.err
	}
	b, err := k.Token.Wrap(ctx, id)
	if *k.on && k.wrap != nil {
		b = k.wrap(b)
	}
	return b, err
}

func (k tamperedToken) Sign(ctx context.Context, id []byte, h hsm.Hash, d []byte) ([]byte, error) {
	b, err := k.Token.Sign(ctx, id, h, d)
	if *k.on && k.sign != nil {
		k.sign(b)
	}
	return b, err
}

func (k tamperedToken) Clean(ctx context.Context) (hsm.Cleaned, error) {
	c, err := k.Token.Clean(ctx)
	if *k.on && k.clean != nil {
		k.clean(&c)
	}
	return c, err
}

// through puts a tampered token between.
func through(k tamperedToken) func(*stand) {
	return func(s *stand) {
		s.lies = true
		s.token = func(real hsm.Token) hsm.Token {
			k.Token, k.on = real, &s.lies
			return k
		}
	}
}

// TestAttackToken connects to something that is not the plan's HSM.
func TestAttackToken(t *testing.T) {
	s := wraps(t, "hsm.connect", nil, "P-256")
	s.holds(t, []attack{
		{Row: attacks.New("hsm/other-label", "brings a device with another serial number on its label", attacks.At("hsm.connect", "hsm.label-serial")), do: func(s *stand) {
			s.answers = func(_ Now, a *Answers) { a.Text["serial"] = "0000" }
		}},
		{Row: attacks.New("hsm/other-token", "connects a token that gives another serial number", attacks.At("hsm.connect", "hsm.serial")), do: through(tamperedToken{info: func(i *hsm.Info) { i.Serial = "0000" }})},
	})
	t.Run("not connected", func(t *testing.T) {
		s.back(t)
		must(t, os.Rename(filepath.Join(s.device.Dir, "tokens"), filepath.Join(s.device.Dir, "unplugged")))
		must(t, os.Mkdir(filepath.Join(s.device.Dir, "tokens"), 0o700))
		c := s.reopen()
		defer s.shut(c)
		if err := s.step(c); !errors.Is(err, hsm.ErrNoToken) {
			t.Errorf("%v, want %v", err, hsm.ErrNoToken)
		}
		s.goesOn(t, c, attack{})
	})
	t.Run("another of the same label", func(t *testing.T) {
		c := s.again(t)
		defer s.shut(c)
		other := hsmtest.AddSoftHSM(t, "", s.device.Label, s.device)
		must(t, s.step(c))
		if i, err := c.token.Info(t.Context()); err != nil || i.Serial != s.device.Serial || i.Serial == other {
			t.Errorf("%s was opened, want %s (%v)", i.Serial, s.device.Serial, err)
		}
	})
}

// copyModule has the plan name a module of its own, which may be changed.
func copyModule(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile(hsmtest.SoftHSM(t).Module)
	must(t, err)
	path := filepath.Join(t.TempDir(), "module.so")
	must(t, os.WriteFile(path, b, 0o700))
	return path
}

// TestAttackModule: another module lies where the plan's should.
func TestAttackModule(t *testing.T) {
	path := copyModule(t)
	good, err := os.ReadFile(path)
	must(t, err)
	changed := append(good[:len(good):len(good)], 0)
	s := wraps(t, "hsm.connect", func(p *plan.Plan) { p.HSM.Module = path }, "P-256")
	s.holds(t, []attack{
		{
			Row: attacks.New("hsm/other-module", "exchanges the PKCS#11 module", attacks.At("hsm.connect", "hsm.module"), attacks.At("hsm.connect", "hsm.ErrModuleChanged")), stuck: true,
			do:    func(*stand) { must(t, os.WriteFile(path, changed, 0o700)) },
			blind: map[string]blind{"hsm.ErrModuleChanged": anyModule},
		},
	})
	c := s.again(t)
	defer s.shut(c)
	must(t, os.Remove(path))
	s.refuses(t, c, "hsm.module")
	must(t, os.WriteFile(path, good, 0o700))
	must(t, s.step(c))
}

// TestPINs: the program makes the one try that it was told to make.
func TestPINs(t *testing.T) {
	s := wraps(t, "hsm.login", nil, "P-256")
	logins := 0
	s.back(t)
	through(tamperedToken{logins: &logins})(s)
	c := s.reopen()
	defer s.shut(c)
	s.answers = func(_ Now, a *Answers) { a.Secret["pin"] = []byte("wrong-pin") }
	err := s.step(c)
	if p := Explain(err); p.Code != "hsm.pin-wrong" || p.Remedy == "" {
		t.Fatalf("%+v", p)
	}
	if i, err := c.token.Info(t.Context()); err != nil || i.PIN != hsm.PINCountLow || logins != 1 {
		t.Errorf("%d tries, and the token says %q (%v)", logins, i.PIN, err)
	}
	if now := c.Now(); now.Step.ID != "hsm.login" || now.Phase != Act || now.Failed != "hsm.pin-wrong" {
		t.Errorf("%s, %s, failed %q", now.Step.ID, now.Phase, now.Failed)
	}
	log, err := os.ReadFile(filepath.Join(s.path("offline"), "offline.log"))
	if err != nil || strings.Contains(string(log), "wrong-pin") {
		t.Errorf("the PIN is in the log (%v)", err)
	}
	s.answers = func(_ Now, a *Answers) { a.Secret["pin"] = nil }
	if err := s.step(c); err == nil {
		t.Error("a login without a PIN, without a PIN pad")
	}
	s.answers = nil
	must(t, s.step(c))
	if logins != 3 {
		t.Errorf("%d tries, want 3", logins)
	}
}

// TestAttackTargetKey: keys that the HSM makes other than planned.
func TestAttackTargetKey(t *testing.T) {
	no := false
	made := func(change func(*hsm.Key)) func(*stand) { return through(tamperedToken{key: change}) }
	s := wraps(t, "target.generate", nil, "P-256")
	s.holds(t, []attack{
		{
			Row: attacks.New("hsm/label-taken", "has a key of the target key's label in the HSM already", attacks.At("target.generate", "target.label-free"), attacks.At("target.generate", "hsm.ErrLabelInUse")), stuck: true,
			do: func(s *stand) {
				token := openDevice(t, s.device)
				_, err := token.Generate(t.Context(), hsm.Request{Type: byok.P256, Label: "key 1", ID: []byte("somebody's")})
				must(t, err)
				must(t, token.Close())
			},
			blind: map[string]blind{"hsm.ErrLabelInUse": anyLabel},
		},
		{Row: attacks.New("hsm/not-made-here", "brings a key that was made elsewhere", attacks.At("target.generate", "target.local")), acted: true, do: made(func(k *hsm.Key) { k.Local = &no })},
		{Row: attacks.New("hsm/origin-unsaid", "an HSM that does not say where a key was made", attacks.At("target.generate", "target.local")), acted: true, do: made(func(k *hsm.Key) { k.Local = nil })},
		{Row: attacks.New("hsm/was-readable", "a key that could be read once", attacks.At("target.generate", "target.always-sensitive")), acted: true, do: made(func(k *hsm.Key) { k.AlwaysSensitive = &no })},
		{Row: attacks.New("hsm/readable", "a key that can be read", attacks.At("target.generate", "target.sensitive")), acted: true, do: made(func(k *hsm.Key) { k.Sensitive = &no })},
		{Row: attacks.New("hsm/not-extractable", "a key that cannot be wrapped", attacks.At("target.generate", "target.extractable")), acted: true, do: made(func(k *hsm.Key) { k.Extractable = &no })},
		{Row: attacks.New("hsm/other-type", "a key of another type", attacks.At("target.generate", "target.type")), acted: true, do: made(func(k *hsm.Key) { k.Type = byok.P384 })},
	})
}

// anyModule loads whatever module is there.
func anyModule(s *stand, _ *Ceremony) func() {
	s.unpinned = true
	return nil
}

// anyLabel puts a laxToken between.
func anyLabel(_ *stand, c *Ceremony) func() {
	c.token = laxToken{c.token}
	return nil
}

// A laxToken lets two keys have one label, as PKCS #11 does.
type laxToken struct{ hsm.Token }

func (l laxToken) Generate(ctx context.Context, r hsm.Request) (hsm.Key, error) {
	r.Label += " again"
	return l.Token.Generate(ctx, r)
}

// TestAttackSelect: a key that is in the HSM already is not as planned.
func TestAttackSelect(t *testing.T) {
	device := hsmtest.SoftHSM(t)
	conf := os.Getenv("SOFTHSM2_CONF")
	token := openDevice(t, device)
	pub := map[string]string{}
	for _, name := range []string{"good", "closed"} {
		k, err := token.Generate(t.Context(), hsm.Request{Type: byok.P256, Label: name, ID: []byte(name)})
		must(t, err)
		pub[name] = string(k.Public.PEM())
	}
	_, err := token.Settle(t.Context(), []byte("closed"), hsm.FateUnextractable)
	must(t, err)
	must(t, token.Close())
	selects := func(t *testing.T, id, public string) *stand {
		h := newHall(t, nil, "P-256")
		h.device = device
		t.Setenv("SOFTHSM2_CONF", conf)
		h.setPlan(func(p *plan.Plan) {
			p.Keys[0].Source, p.Keys[0].ID, p.Keys[0].Public = "select", hexOf(id), pub[public]
			p.Keys[0].Close = "keep"
		}, []string{"P-256"})
		h.stand("online", "blob.receive")
		return h.stand("offline", "target.select")
	}
	selects(t, "closed", "closed").holds(t, []attack{
		{Row: attacks.New("hsm/select-closed", "plans a key that can no longer be wrapped", attacks.At("target.select", "target.extractable")), stuck: true},
	})
	selects(t, "good", "closed").holds(t, []attack{
		{Row: attacks.New("hsm/select-other", "has another key in the HSM under the planned id", attacks.At("target.select", "target.planned")), stuck: true},
	})
	for id, code := range map[string]string{"good": "", "none": "hsm.no-key"} {
		t.Run(id, func(t *testing.T) {
			s := selects(t, id, "good")
			c := s.again(t)
			defer s.shut(c)
			if got := Explain(s.step(c)).Code; got != code {
				t.Errorf("%q, want %q", got, code)
			}
		})
	}
}

func hexOf(s string) string {
	const digits = "0123456789abcdef"
	var b strings.Builder
	for _, c := range []byte(s) {
		b.WriteByte(digits[c>>4])
		b.WriteByte(digits[c&15])
	}
	return b.String()
}

func openDevice(t *testing.T, d hsmtest.Device) hsm.Token {
	t.Helper()
	token, err := pkcs11.Open(t.Context(), pkcs11.Options{Module: d.Module, Serial: d.Serial})
	must(t, err)
	must(t, token.Login(t.Context(), d.PIN, false))
	return token
}

// TestAttackWrap: the HSM loads another KEK or makes something else.
func TestAttackWrap(t *testing.T) {
	kek, _ := attackersKEK(t)
	wraps(t, "kek.load", nil, "P-256").holds(t, []attack{
		{Row: attacks.New("swap/in-the-hsm", "exchanges the KEK between its confirmation and the wrap", attacks.At("kek.load", "kek.loaded")), do: through(tamperedToken{kek: kek})},
	})
	wraps(t, "target.wrap", nil, "P-256").holds(t, []attack{
		{Row: attacks.New("hsm/half-a-blob", "an HSM that makes half a blob", attacks.At("target.wrap", "blob.lint")), do: through(tamperedToken{wrap: func(b []byte) []byte { return b[:256+24] }})},
	})
	wraps(t, "target.challenge", nil, "P-256").holds(t, []attack{
		{Row: attacks.New("hsm/no-private-half", "an HSM that does not hold the private half", attacks.At("target.challenge", "target.hsm-holds")), do: through(tamperedToken{sign: func(b []byte) { b[3] ^= 1 }})},
	})
}

// TestAttackClose: an HSM that keeps what it should not.
func TestAttackClose(t *testing.T) {
	yes := true
	wraps(t, "target.close", nil, "P-256").holds(t, []attack{
		{Row: attacks.New("hsm/not-closed", "an HSM whose key can still be wrapped after it was closed", attacks.At("target.close", "target.closed")), do: through(tamperedToken{key: func(k *hsm.Key) { k.Extractable = &yes }})},
	})
	wraps(t, "hsm.clean", nil, "P-256").holds(t, []attack{
		{Row: attacks.New("hsm/objects-left", "an HSM that keeps objects of the session", attacks.At("hsm.clean", "hsm.clean")), do: through(tamperedToken{clean: func(c *hsm.Cleaned) { c.Left = 1 }})},
	})
}

// TestTokenLost: a token that goes, crashes or hangs in the middle of the wrap
// is connected again first.
func TestTokenLost(t *testing.T) {
	s := wraps(t, "target.wrap", nil, "P-256")
	for _, lost := range []error{hsm.ErrTokenGone, hsm.ErrWorkerDied, hsm.ErrWorkerHung} {
		t.Run(lost.Error(), func(t *testing.T) {
			s.back(t)
			through(tamperedToken{err: lost})(s)
			c := s.reopen()
			defer s.shut(c)
			before := s.remember()
			if err := s.step(c); !errors.Is(err, lost) {
				t.Errorf("%v, want %v", err, lost)
			}
			s.nothingBut(t, before)
			if id := c.Now().Step.ID; id != "hsm.connect" {
				t.Errorf("%s is current", id)
			}
			s.honest()
			s.until(c, "target.wrap")
			must(t, s.step(c))
			if _, err := os.Stat(filepath.Join(s.path("offline"), "key-1.byok")); err != nil {
				t.Error(err)
			}
		})
	}
}

// interposer compiles the module that injects faults.
func interposer(t *testing.T) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "interposer.so")
	text, err := exec.Command("gcc", "-shared", "-fPIC", "-fvisibility=hidden", "-std=gnu11", "-O2", "-I", "../hsm/pkcs11",
		"-o", out, "../hsm/pkcs11/testdata/interposer/interposer.c", "-ldl").CombinedOutput()
	if err != nil {
		t.Fatalf("gcc: %v: %s", err, text)
	}
	return out
}

// TestBadModules: a module that cannot wrap, crashes, hangs or loses its
// token, in the middle of a ceremony. The program and the transcript stay
// whole, the same step comes back, and a module that is mended goes on.
func TestBadModules(t *testing.T) {
	real := hsmtest.SoftHSM(t).Module
	path := interposer(t)
	t.Setenv("INTERPOSER_MODULE", real)
	s := wraps(t, "hsm.connect", func(p *plan.Plan) {
		p.HSM.Module = path
		sum, err := sumOf(path)
		must(t, err)
		p.HSM.ModuleSHA256 = sum
	}, "P-256")
	for _, m := range []struct {
		name, set, at string
		check, says   string
	}{
		{"cannot wrap", "INTERPOSER_PAD=other", "hsm.probe", "hsm.can-wrap", ""},
		{"cannot wrap exactly", "INTERPOSER_PAD=pkcs7", "hsm.probe", "hsm.can-wrap", ""},
		{"is locked", "INTERPOSER_FLAGS=0x40000", "hsm.login", "", "hsm.pin-locked"},
		{"has one try left", "INTERPOSER_FLAGS=0x20000", "hsm.login", "", "hsm.pin-final"},
		{"crashes at the start", "INTERPOSER_FAULT=C_Initialize:1:segv", "hsm.connect", "", "hsm.module-crashed"},
		{"crashes at the login", "INTERPOSER_FAULT=C_Login:1:segv", "hsm.login", "", "hsm.module-crashed"},
		{"ends the process", "INTERPOSER_FAULT=C_WrapKey:1:exit", "hsm.probe", "", "hsm.module-crashed"},
		{"loses the token", "INTERPOSER_FAULT=C_Login:1:rv=0x32", "hsm.login", "", "hsm.token-gone"},
		{"hangs", "INTERPOSER_FAULT=C_Login:1:hang", "hsm.login", "", "hsm.module-hung"},
	} {
		t.Run(m.name, func(t *testing.T) {
			name, value, _ := strings.Cut(m.set, "=")
			s.back(t)
			c := s.reopen()
			defer func() { s.shut(c) }()
			t.Setenv(name, value)
			s.until(c, m.at)
			now := s.remember()
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			err := s.stepWithin(ctx, c)
			if m.check != "" {
				wantRefused(t, err, m.check)
			} else if code := Explain(err).Code; code != m.says {
				t.Errorf("%s: %v, want %s", code, err, m.says)
			}
			s.nothingBut(t, now)
			want := m.at
			if lost := []string{"hsm.module-crashed", "hsm.module-hung", "hsm.token-gone"}; slices.Contains(lost, m.says) {
				want = "hsm.connect"
			}
			if id := c.Now().Step.ID; id != want {
				t.Errorf("%s is current, want %s", id, want)
			}
			must(t, os.Unsetenv(name))
			_ = c.Close()
			c = s.open("offline")
			s.run(c, Wrap)
		})
	}
}

// stepWithin does what is awaited with a limit of time.
func (s *stand) stepWithin(ctx context.Context, c *Ceremony) error {
	now := c.Now()
	return c.Do(ctx, s.answer(c, now))
}
