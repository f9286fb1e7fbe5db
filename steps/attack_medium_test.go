package steps

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/byok"
	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/durable"
	"github.com/keyceremony/ceremony/transfer"
	"github.com/keyceremony/ceremony/transfer/qr"
)

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

// onScreen is the bundle that a side shows, in an attacker's hands.
func (s *stand) onScreen(side string) *medium {
	s.hall.t.Helper()
	m := &medium{s: s, seal: sealPrepare, side: side}
	from := Prepare
	if side == "offline" {
		m.seal, from = sealOffline, Wrap
	}
	b, err := transfer.Unpack(s.screens[side].Files(), transfer.Want{Ceremony: s.plan.ID, From: string(from)})
	must(s.hall.t, err)
	m.header, m.files = b.Header, b.Files
	return m
}

// shown is the bundle as it is shown, with a BUNDLE.sha256 that fits.
func (m *medium) shown() qr.Message {
	m.s.hall.t.Helper()
	all, err := transfer.Pack(m.header, m.files)
	must(m.s.hall.t, err)
	out, err := qr.NewMessage(all)
	must(m.s.hall.t, err)
	return out
}

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
		m.files[audit.SignedName(m.seal.Manifest, id)] = m.s.hall.sign(id, side, ns, m.files[m.seal.Manifest])
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
