package steps

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/byok"
	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/durable"
	"github.com/keyceremony/ceremony/keyvault"
	"github.com/keyceremony/ceremony/transfer"
)

// This file plays attackers. A stand is a hall at one step; each attack begins
// there anew. An attack is refused by the checks that it names and no others,
// leaves nothing behind but records, and the honest act afterwards succeeds;
// with these checks taken away, the same attack passes.

// A stand holds a hall at one step of one side.
type stand struct {
	*hall
	side, id string
	was      moment
	sheets   map[string]string
	lies     bool // whoever stands between lies
}

// stand goes on to a step and keeps everything as it is there.
func (h *hall) stand(side, id string) *stand {
	h.t.Helper()
	var c *Ceremony
	if _, err := os.Stat(h.path(side)); err != nil {
		c = h.begin(map[string]Stage{"online": Prepare, "offline": Wrap}[side])
	} else {
		c = h.open(side)
	}
	h.until(c, id)
	h.shut(c)
	return &stand{hall: h, side: side, id: id, was: h.remember(), sheets: maps.Clone(h.sheets)}
}

// again comes back to the step as it was, with honest people.
func (s *stand) again(t testing.TB) *Ceremony {
	t.Helper()
	s.back(t)
	return s.reopen()
}

// back puts the world back; nothing is open.
func (s *stand) back(t testing.TB) {
	t.Helper()
	s.hall.t = t
	s.restore(s.was)
	s.hall.sheets = maps.Clone(s.sheets)
	s.honest()
}

// honest ends all tampering with people and parts.
func (s *stand) honest() {
	s.answers, s.token, s.cloud, s.signer, s.clock, s.lies = nil, nil, nil, nil, 0, false
}

// reopen opens the folder and does again what lives in the process alone.
func (s *stand) reopen() *Ceremony {
	s.hall.t.Helper()
	c := s.open(s.side)
	s.until(c, s.id)
	return c
}

// An attack does something to a stand, and is noticed.
type attack struct {
	name   string
	do     func(*stand)
	checks []string // that refuse the step, in the order of the step
	err    error    // or the error with which the step fails
	says   string   // or the code of its explanation
	deeper bool     // another wall stands behind these checks
	stuck  bool     // what was done cannot be undone in the room
}

// holds tries each attack.
func (s *stand) holds(t *testing.T, attacks []attack) {
	for _, a := range attacks {
		t.Run(a.name, func(t *testing.T) {
			s.back(t)
			a.do(s)
			c := s.reopen()
			s.noticed(t, c, a)
			s.goesOn(t, c, a)
			if len(a.checks) > 0 && !a.deeper {
				s.passesWithout(t, a)
			}
		})
	}
	s.back(t)
}

// noticed wants the step to be refused and nothing to be done.
func (s *stand) noticed(t *testing.T, c *Ceremony, a attack) {
	t.Helper()
	before := s.remember()
	err := s.step(c)
	if a.err != nil && !errors.Is(err, a.err) {
		t.Fatalf("%v, want %v", err, a.err)
	}
	if code := Explain(err).Code; a.says != "" && code != a.says {
		t.Fatalf("%s: %v, want %s", code, err, a.says)
	}
	if a.err == nil && a.says == "" {
		wantRefused(t, err, a.checks...)
	}
	s.nothingBut(t, before)
	if now := c.Now(); now.Step == nil || now.Step.ID != s.id {
		t.Errorf("the step is not current any more: %+v", now.Step)
	}
	if p := Explain(err); p.Meaning == "" || p.Remedy == "" {
		t.Errorf("no words for people: %+v", p)
	}
}

// wantRefused wants exactly these checks of class stop to fail.
func wantRefused(t testing.TB, err error, checks ...string) {
	t.Helper()
	var refused *Refused
	if !errors.As(err, &refused) {
		t.Fatalf("%v, want it refused by %v", err, checks)
	}
	var ids []string
	for _, ch := range refused.Checks {
		ids = append(ids, ch.ID)
	}
	if !slices.Equal(ids, checks) {
		t.Errorf("refused by %v, want %v: %v", ids, checks, err)
	}
}

// statementFile matches what people signed before the attack was noticed.
var statementFile = regexp.MustCompile(`^(on|off)line(\.2)?-[0-9]{4}-.*\.txt(\.sig)?$`)

// nothingBut wants no file of any place to differ but logs, statements and the
// lock: no key on the token, no version in the vault, no file of the ceremony.
func (s *stand) nothingBut(t testing.TB, before moment) {
	t.Helper()
	after := s.remember()
	for path := range after {
		before[path] = append([]byte{}, before[path]...)
	}
	for path := range before {
		name := filepath.Base(path)
		if strings.HasSuffix(name, ".log") || strings.HasPrefix(name, ".lock") || statementFile.MatchString(name) {
			continue
		}
		if !bytes.Equal(before[path], after[path]) {
			t.Errorf("%s was changed", path)
		}
	}
}

// goesOn wants the honest act to succeed afterwards, in the same process.
func (s *stand) goesOn(t *testing.T, c *Ceremony, a attack) {
	t.Helper()
	defer s.shut(c)
	if a.stuck {
		return
	}
	log, err := os.ReadFile(filepath.Join(s.path(s.side), c.log.Name()))
	if err != nil {
		t.Fatal(err)
	}
	s.honest()
	here := moment{}
	for path, b := range s.was {
		if !strings.HasPrefix(path, s.path(s.side)) {
			here[path] = b
		}
	}
	for path, b := range s.remember() {
		if strings.HasPrefix(path, s.path(s.side)) {
			here[path] = b
		}
	}
	s.restore(here)
	s.hall.sheets = maps.Clone(s.sheets)
	s.until(c, s.id)
	if err := s.step(c); err != nil {
		t.Errorf("the honest act afterwards: %v", err)
	}
	now, err := os.ReadFile(filepath.Join(s.path(s.side), c.log.Name()))
	if err != nil || !bytes.HasPrefix(now, log) {
		t.Errorf("the record of the attack is gone (%v)", err)
	}
}

// passesWithout wants the attack to pass once the checks are taken away: what
// noticed it were these checks and nothing else.
func (s *stand) passesWithout(t *testing.T, a attack) {
	t.Helper()
	s.back(t)
	a.do(s)
	c := s.reopen()
	defer s.shut(c)
	defer without(t, c.Now().Step, a.checks...)()
	if err := s.step(c); err != nil {
		t.Errorf("without %v the attack is still noticed: %v", a.checks, err)
	}
}

// without takes checks off a step; the result puts them back.
func without(t testing.TB, step *Step, checks ...string) func() {
	t.Helper()
	all := step.Checks
	step.Checks = slices.DeleteFunc(slices.Clone(all), func(c Check) bool { return slices.Contains(checks, c.ID) })
	if len(step.Checks) != len(all)-len(checks) {
		t.Fatalf("%s has not all of the checks %v", step.ID, checks)
	}
	return func() { step.Checks = all }
}

// A medium is a bundle in an attacker's hands.
type medium struct {
	s      *stand
	dir    string
	header transfer.Header
	files  map[string][]byte
	seal   *Seal
	side   string
}

// medium reads a bundle of the hall.
func (s *stand) medium(name string) *medium {
	s.hall.t.Helper()
	m := &medium{s: s, dir: s.path(name), seal: sealPrepare, side: "online"}
	from := transfer.FromPrepare
	if name == "usb-blob" {
		m.seal, m.side, from = sealOffline, "offline", transfer.FromWrap
	}
	b, err := transfer.Read(m.dir, transfer.Want{Ceremony: s.plan.ID, From: from})
	if err != nil {
		s.hall.t.Fatal(err)
	}
	m.header, m.files = b.Header, b.Files
	return m
}

func (m *medium) folder() string { return filepath.Join(m.dir, m.header.Folder()) }

// clear takes everything off the medium.
func (m *medium) clear() {
	entries, err := os.ReadDir(m.dir)
	if err != nil {
		m.s.hall.t.Fatal(err)
	}
	for _, e := range entries {
		if err := os.RemoveAll(filepath.Join(m.dir, e.Name())); err != nil {
			m.s.hall.t.Fatal(err)
		}
	}
}

// write puts the bundle back, with a BUNDLE.sha256 that fits.
func (m *medium) write() {
	m.s.hall.t.Helper()
	before := m.s.remember()
	m.clear()
	if _, err := transfer.Write(m.dir, m.header, m.files); err != nil {
		m.s.hall.t.Fatal(err)
	}
	if maps.EqualFunc(before, m.s.remember(), bytes.Equal) {
		m.s.hall.t.Fatal("the attack changed nothing")
	}
}

// list makes the manifest fit the files.
func (m *medium) list() {
	var list audit.Manifest
	for name, b := range m.files {
		if listed(m.seal.Manifest, name) {
			list = append(list, audit.File{Name: name, SHA256: digest.Of(b)})
		}
	}
	m.files[m.seal.Manifest] = list.Encode()
}

// sign seals the manifest anew: each of who with the key of that side.
func (m *medium) sign(side string, who ...string) {
	for name := range m.files {
		if strings.HasPrefix(name, m.seal.Manifest+".") {
			delete(m.files, name)
		}
	}
	ns := audit.SealNamespace(m.seal.Name, m.s.plan.Mode())
	for _, id := range who {
		m.files[sealSig(m.seal, id)] = m.s.hall.sign(id, side, ns, m.files[m.seal.Manifest])
	}
}

func everyoneOf() []string {
	var out []string
	for _, p := range cast {
		out = append(out, p.id)
	}
	return out
}

// rechain writes the sealed log anew, with another text in its records, and
// every later line linked to it again. It returns the new head.
func (m *medium) rechain(pairs ...string) audit.Head {
	t := m.s.hall.t
	t.Helper()
	name := m.side + ".log"
	var records []audit.Record
	if _, err := audit.ReadLog(m.files[name], name, func(r audit.Record) error { records = append(records, r); return nil }); err != nil {
		t.Fatal(err)
	}
	scratch, err := durable.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	i := 0
	log, err := audit.CreateLog(scratch, name, m.side, m.s.plan.ID, func() audit.Stamp { return records[i].Stamp })
	if err != nil {
		t.Fatal(err)
	}
	for i = range records {
		r := records[i]
		data := jsontext.Value(strings.NewReplacer(pairs...).Replace(string(r.Data)))
		if _, err := log.Append(audit.Entry{Stage: r.Stage, Actor: r.Actor, Ev: r.Ev, Step: r.Step, Key: r.Key, Data: data}); err != nil {
			t.Fatal(err)
		}
	}
	b, err := scratch.Read(name, audit.MaxFile)
	if err != nil || bytes.Equal(b, m.files[name]) {
		t.Fatalf("the log was not changed (%v)", err)
	}
	m.files[name], m.header.Head = b, log.Head()
	return log.Head()
}

// swapKEK puts the attacker's KEK into the files, not into the log.
func (m *medium) swapKEK(kek *byok.KEK) { m.files["kek.publickey.pem"] = kek.PEM() }

// swapRecorded puts it into the log too, as if it had always been there.
func (m *medium) swapRecorded(kek *byok.KEK) audit.Head {
	old, err := byok.ParseKEK(m.files["kek.publickey.pem"])
	if err != nil {
		m.s.hall.t.Fatal(err)
	}
	oldPEM, newPEM := quoted(old.PEM()), quoted(kek.PEM())
	m.swapKEK(kek)
	return m.rechain(oldPEM, newPEM, old.SHA256().String(), kek.SHA256().String(), digest.Of(old.PEM()).String(), digest.Of(kek.PEM()).String())
}

// quoted is a text as it stands inside a JSON string.
func quoted(b []byte) string {
	out, err := json.Marshal(string(b))
	if err != nil {
		panic(err)
	}
	return strings.Trim(string(out), `"`)
}

// attackersKEK is one whose private half the attacker has.
func attackersKEK(t testing.TB) (*byok.KEK, *rsa.PrivateKey) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	kek, err := byok.NewKEK(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return kek, key
}

// TestSwappedKEK exchanges the KEK on its way to the HSM room, by an attacker
// who can do more and more.
func TestSwappedKEK(t *testing.T) {
	s := newHall(t, nil, "P-256").stand("online", "blob.receive").stand("offline", "kek.receive")
	kek, _ := attackersKEK(t)
	s.holds(t, []attack{
		{name: "the file alone", err: transfer.ErrDigest, do: func(s *stand) {
			if err := os.WriteFile(filepath.Join(s.medium("usb-kek").folder(), "kek.publickey.pem"), kek.PEM(), 0o600); err != nil {
				t.Fatal(err)
			}
		}},
		{name: "and BUNDLE.sha256", checks: []string{"bundle.files", "bundle.kek"}, do: func(s *stand) {
			m := s.medium("usb-kek")
			m.swapKEK(kek)
			m.write()
		}},
		{name: "and the manifest", checks: []string{"bundle.seal", "bundle.kek"}, do: func(s *stand) {
			m := s.medium("usb-kek")
			m.swapKEK(kek)
			m.list()
			m.write()
		}},
		{name: "and no seal", checks: []string{"bundle.seal", "bundle.kek"}, do: func(s *stand) {
			m := s.medium("usb-kek")
			m.swapKEK(kek)
			m.list()
			m.sign("online")
			m.write()
		}},
		{name: "and a seal by a key of the attacker's own", checks: []string{"bundle.seal", "bundle.kek"}, do: func(s *stand) {
			m := s.medium("usb-kek")
			m.swapKEK(kek)
			m.list()
			m.forge(everyoneOf()...)
			m.write()
		}},
		{name: "and the record in a log linked anew", checks: []string{"bundle.seal", "bundle.head", "attest.key"}, do: func(s *stand) {
			m := s.medium("usb-kek")
			m.swapRecorded(kek)
			m.list()
			m.forge(everyoneOf()...)
			m.write()
		}},
		{name: "and a seal with one person's stolen key", checks: []string{"bundle.seal", "bundle.head", "attest.key"}, do: func(s *stand) {
			m := s.medium("usb-kek")
			m.swapRecorded(kek)
			m.list()
			m.sign("online", "op1")
			m.write()
		}},
		{name: "one stolen key under every name", checks: []string{"bundle.seal", "bundle.head", "attest.key"}, do: func(s *stand) {
			m := s.medium("usb-kek")
			m.swapRecorded(kek)
			m.list()
			m.sign("online", "op1")
			for _, who := range everyoneOf() {
				m.files[sealSig(sealPrepare, who)] = m.files[sealSig(sealPrepare, "op1")]
			}
			m.write()
		}},
		{name: "a seal with everybody's offline keys", checks: []string{"bundle.seal", "bundle.head", "attest.key"}, do: func(s *stand) {
			m := s.medium("usb-kek")
			m.swapRecorded(kek)
			m.list()
			m.sign("offline", everyoneOf()...)
			m.write()
		}},
		{name: "a seal with everybody's stolen keys", checks: []string{"bundle.head", "attest.key"}, do: func(s *stand) {
			m := s.medium("usb-kek")
			m.swapRecorded(kek)
			m.list()
			m.sign("online", everyoneOf()...)
			m.write()
		}},
		{name: "the PEM in the log alone", checks: []string{"bundle.head", "bundle.kek", "attest.key"}, do: func(s *stand) {
			m := s.medium("usb-kek")
			m.swapRecorded(kek)
			m.files["kek.publickey.pem"] = s.was[filepath.Join(m.folder(), "kek.publickey.pem")]
			m.list()
			m.sign("online", everyoneOf()...)
			m.write()
		}},
	})
}

// forge seals with a key that is nobody's.
func (m *medium) forge(who ...string) {
	m.sign(m.side)
	ns := audit.SealNamespace(m.seal.Name, m.s.plan.Mode())
	sig, err := audit.Sign(newSigner(m.s.hall.t), rand.Reader, ns, m.files[m.seal.Manifest])
	if err != nil {
		m.s.hall.t.Fatal(err)
	}
	for _, id := range who {
		m.files[sealSig(m.seal, id)] = sig
	}
}

// TestLyingOnlineMachine: everything on the medium fits, real people sealed it
// and wrote its head on the sheets, and the KEK is not the vault's. What the
// vault's HSM attests is another key; and where nothing were attested, the codes
// that the operators got by their own ways would tell.
func TestLyingOnlineMachine(t *testing.T) {
	h := newHall(t, nil, "P-256")
	s := h.stand("online", "blob.receive").stand("offline", "kek.receive")
	kek, private := attackersKEK(t)
	m := s.medium("usb-kek")
	s.hall.sheets["prepare.head"] = m.swapRecorded(kek).SHA256.Code()
	m.list()
	m.sign("online", everyoneOf()...)
	m.write()
	c := s.reopen()
	wantRefused(t, s.step(c), "attest.key")
	s.shut(c)
	putBack := without(t, stepKEKReceive, "attest.key")
	s = h.stand("offline", "kek.confirm")
	putBack()
	honest := h.vaultKey(h.plan.KEK.Name).Public.SHA256().Code()

	t.Run("both codes", func(t *testing.T) {
		c := s.again(t)
		defer s.shut(c)
		s.noticed(t, c, attack{checks: []string{"kek.confirm"}})
	})
	t.Run("one operator is bribed", func(t *testing.T) {
		c := s.again(t)
		defer s.shut(c)
		s.answers = func(_ Now, a *Answers) { a.Text["code.op1"] = kek.SHA256().Code() }
		s.noticed(t, c, attack{checks: []string{"kek.confirm"}})
	})
	t.Run("nothing is wrapped", func(t *testing.T) {
		c := s.again(t)
		defer s.shut(c)
		if err := s.step(c); err == nil || c.Now().Step.ID != "kek.confirm" {
			t.Fatalf("%v, and %s is current", err, c.Now().Step.ID)
		}
		if left, _ := filepath.Glob(filepath.Join(s.path("offline"), "*.byok")); len(left) > 0 {
			t.Errorf("%v was written", left)
		}
	})
	t.Run("without the check the attacker has the key", func(t *testing.T) {
		c := s.again(t)
		defer s.shut(c)
		defer without(t, stepKEKConfirm, "kek.confirm")()
		s.until(c, "target.challenge")
		file, err := os.ReadFile(filepath.Join(s.path("offline"), "key-1.byok"))
		if err != nil {
			t.Fatal(err)
		}
		blob, _, err := byok.Decode(file)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := byok.Unwrap(private, crypto.SHA1, blob.Ciphertext); err != nil {
			t.Errorf("the demonstration shows nothing: %v", err)
		}
	})
	if kek.SHA256().Matches(honest) {
		t.Error("the attacker's KEK has the code of the vault's")
	}
}

// TestManInTheMiddleOfTheVault: the online machine is shown another KEK; the
// operators' own codes are entered blind and tell already there.
func TestManInTheMiddleOfTheVault(t *testing.T) {
	h := newHall(t, nil, "P-256")
	kek, _ := attackersKEK(t)
	h.cloud = func(v keyvault.Vault) keyvault.Vault { return lyingVault{Vault: v, kek: kek} }
	c := h.begin(Prepare)
	h.until(c, "kek.code")
	err := h.step(c)
	wantRefused(t, err, "kek.code")
	h.shut(c)
}

// A lyingVault shows another KEK than the one that it has.
type lyingVault struct {
	keyvault.Vault
	kek *byok.KEK
}

func (v lyingVault) Get(ctx context.Context, name, version string) (keyvault.Key, error) {
	k, err := v.Vault.Get(ctx, name, version)
	if err == nil {
		k.Public, err = byok.ParsePublicKey(v.kek.PEM())
	}
	return k, err
}
