package plan

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"fmt"
	"math/big"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/digest"
	"golang.org/x/crypto/ssh"
)

// person returns the public key line of a person that stays the same in every
// run of the tests.
func person(name string) string {
	seed := digest.Of([]byte(name))
	key, err := ssh.NewPublicKey(ed25519.NewKeyFromSeed(seed[:]).Public())
	if err != nil {
		panic(err)
	}
	return line(key, name)
}

func line(key ssh.PublicKey, comment string) string {
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key))) + " " + comment
}

// ecKey is a line with a P-256 key.
func ecKey(t *testing.T) string {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ssh.NewPublicKey(k.Public())
	if err != nil {
		t.Fatal(err)
	}
	return line(key, "")
}

// rsaKey is a line with an RSA key of which only the size is right.
func rsaKey(t *testing.T, bits uint) string {
	t.Helper()
	n := new(big.Int).Lsh(big.NewInt(1), bits-1)
	key, err := ssh.NewPublicKey(&rsa.PublicKey{N: n.Add(n, big.NewInt(9)), E: 65537})
	if err != nil {
		t.Fatal(err)
	}
	return line(key, "rsa")
}

// fidoKey is a line with the key of a security key.
func fidoKey() string {
	seed := digest.Of([]byte("fido"))
	b := ssh.Marshal(struct {
		Type        string
		Key         []byte
		Application string
	}{ssh.KeyAlgoSKED25519, seed[:], "ssh:"})
	return ssh.KeyAlgoSKED25519 + " " + base64.StdEncoding.EncodeToString(b) + " fido"
}

// valid is a plan with a bit of everything.
func valid() *Plan {
	return &Plan{
		Format: 1, ID: "contoso-2026-11", Name: "Contoso \"payments\": wrapping keys – München",
		Program: Program{SHA256: []digest.SHA256{digest.Of([]byte("linux")), digest.Of([]byte("windows"))}},
		Vault: Vault{
			URL: "https://contoso-hsm.managedhsm.azure.net", Cloud: "public",
			Tenant: "72f988bf-86f1-41af-91ab-2d7cd011db47", API: "7.6",
			OwnerRoot: digest.Of([]byte("root")).String(), Purge: true,
		},
		KEK: KEK{Name: "contoso-2026-11-kek", Bits: 4096, Days: 14},
		HSM: HSM{
			Module: "/usr/lib/softhsm/libsofthsm2.so", ModuleSHA256: digest.Of([]byte("module")),
			Serial: "0123456789abcdef", SealKey: person("hsm"), SealKeyLabel: "seal 2026",
		},
		Keys: []Key{
			{Name: "storage", Type: "RSA", Size: 3072, Ops: []string{"wrapKey", "unwrapKey"}, Label: "storage 2026", Source: Generate, Close: Unextractable},
			{Name: "signer", Type: "EC", Curve: "P-384", Ops: []string{"sign", "verify"}, Label: "signer", Source: Generate, Close: Destroy},
			{Name: "token", Type: "AES", Size: 256, Ops: []string{"encrypt", "decrypt"}, Label: "token", Source: Select, ID: "0a0b", Close: Keep},
		},
		People: []Person{
			{ID: "ada", Name: "Ada Lovelace", Role: Operator, Kept: Card, Key: person("ada")},
			{ID: "bob", Name: "Bob", Role: Operator, Kept: File, Key: person("bob"), KeyOffline: person("bob offline")},
			{ID: "cyn", Name: "Cynthia", Role: CryptoOfficer, Kept: FIDO, Key: fidoKey()},
			{ID: "dan", Name: "Dan", Role: InternalWitness, Kept: Laptop, Key: person("dan")},
			{ID: "eve", Name: "Eve", Role: Administrator, Kept: Card, Key: person("eve")},
		},
		Quorum:   Quorum{Operators: 2, CryptoOfficers: 1, InternalWitnesses: 1},
		Transfer: Transfer{KEK: "usb", Blob: "usb"},
		Evidence: Evidence{Attestation: "required", AuditLog: "wanted"},
		Time: Time{
			NotBefore: time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC),
			NotAfter:  time.Date(2026, 11, 30, 18, 0, 0, 0, time.UTC),
		},
		Workloads: []Workload{{Name: "blobs", Key: "storage", Kind: "storage", Command: `az storage account update --name "x"`}},
	}
}

// same compares two plans without the bytes that they were read from.
func same(a, b *Plan) bool {
	x, y := *a, *b
	x.file, y.file = nil, nil
	return reflect.DeepEqual(x, y)
}

func mustParse(t *testing.T, b []byte) *Plan {
	t.Helper()
	p, err := Parse(b)
	if err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
	return p
}

func TestParseReadsWhatEncodeWrites(t *testing.T) {
	file := valid().Encode()
	p := mustParse(t, file)
	if !same(p, valid()) {
		t.Errorf("read back\n%+v\nwanted\n%+v", p, valid())
	}
	if !bytes.Equal(p.Bytes(), file) || p.SHA256() != digest.Of(file) || CodeOf(file) != p.SHA256().Code() {
		t.Error("the plan's bytes and digest are not those of the file")
	}
	if !bytes.Equal(p.Encode(), file) {
		t.Errorf("a plan that was read is written otherwise:\n%s", p.Encode())
	}
}

func TestParseKeepsItsOwnBytes(t *testing.T) {
	file := valid().Encode()
	p := mustParse(t, file)
	want := p.SHA256()
	file[0] ^= 1
	if p.SHA256() != want {
		t.Error("changing the caller's slice changed the plan")
	}
}

func TestParseFillsDefaults(t *testing.T) {
	p := valid()
	p.Vault.API = ""
	for i := range p.Keys {
		p.Keys[i].Close = ""
	}
	p = mustParse(t, p.Encode())
	got := []string{p.Vault.API, p.Keys[0].Close, p.Keys[2].Close}
	if want := []string{"7.6", Unextractable, Keep}; !reflect.DeepEqual(got, want) {
		t.Errorf("defaults are %q, wanted %q", got, want)
	}
}

func TestParseTakesMomentsOfEveryZone(t *testing.T) {
	file := bytes.Replace(valid().Encode(), []byte("2026-11-22T08:00:00Z"), []byte("2026-11-22T09:00:00+01:00"), 1)
	if p := mustParse(t, file); !same(p, valid()) {
		t.Errorf("not_before is %v", p.Time.NotBefore)
	}
}

func TestKeysOfEveryType(t *testing.T) {
	for _, key := range []string{person("x"), ecKey(t), rsaKey(t, 3072), rsaKey(t, 4096), fidoKey() + "2"} {
		p := valid()
		p.People[4].Key = key
		if strings.HasPrefix(key, "sk-") {
			p.People[2].Key, p.People[2].Kept = person("cyn"), Card
		}
		if errs := p.Check(); len(errs) > 0 {
			t.Errorf("%.30s…: %v", key, errs)
		}
	}
}

func TestSchemaMatchesTypes(t *testing.T) {
	p := reflect.TypeFor[Plan]()
	tags := func(s reflect.Type) (list []string) {
		for i := range s.NumField() {
			if tag := s.Field(i).Tag.Get("toml"); tag != "" {
				list = append(list, tag)
			}
		}
		return list
	}
	all := map[string]bool{}
	for _, tab := range schema {
		typ := p
		for i := range p.NumField() {
			if f := p.Field(i); f.Tag.Get("toml") == tab.name && tab.name != "" {
				typ = f.Type
			}
		}
		if (typ.Kind() == reflect.Slice) != tab.many {
			t.Errorf("[%s]: many is %v", tab.name, tab.many)
		}
		if tab.many {
			typ = typ.Elem()
		}
		for _, tag := range tags(typ) {
			known := tab.field(tag) != nil || (tab.name == "" && find(tag) != nil)
			if !known {
				t.Errorf("[%s]: %s has no description", tab.name, tag)
			}
		}
		for _, f := range tab.fields {
			member(reflect.New(typ).Elem(), f.name)
		}
		all[tab.name] = true
	}
	for _, tag := range tags(p) {
		if !all[tag] && find("").field(tag) == nil {
			t.Errorf("%s is in no table", tag)
		}
	}
}

func TestPolicy(t *testing.T) {
	p := mustParse(t, valid().Encode())
	got := p.Policy()
	if got.Ceremony != p.ID || got.Mode != "production" || got.Plan != p.SHA256() || got.SealKey == nil {
		t.Errorf("policy is %+v", got)
	}
	quorum := map[string]int{Operator: 2, CryptoOfficer: 1, InternalWitness: 1}
	if !reflect.DeepEqual(got.Quorum, quorum) {
		t.Errorf("quorum is %v, wanted %v", got.Quorum, quorum)
	}
	if want := []string{"ada", "bob", "cyn", "dan", "eve"}; !reflect.DeepEqual(got.PlanSigners, want) {
		t.Errorf("plan signers are %v, wanted %v", got.PlanSigners, want)
	}
	if len(got.Roster) != 5 || len(got.Roster[1].Keys) != 2 || len(got.Roster[0].Keys) != 1 {
		t.Errorf("roster is %v", got.Roster)
	}
	p.HSM.SealKey, p.Rehearsal = "none", true
	if p.Policy().SealKey != nil || p.Mode() != "rehearsal" {
		t.Error("a plan without seal key has one")
	}
	var _ audit.Policy = got
}

func TestKeyTypes(t *testing.T) {
	for want, k := range map[string]Key{
		"RSA-3072": {Type: "RSA", Size: 3072}, "AES-256": {Type: "AES", Size: 256}, "P-256K": {Type: "EC", Curve: "P-256K"},
	} {
		if string(k.KeyType()) != want {
			t.Errorf("type is %s, wanted %s", k.KeyType(), want)
		}
	}
}

// TestTemplate holds the template to its promise: complete but for the gaps.
func TestTemplate(t *testing.T) {
	_, err := Parse(New().Encode())
	errs, _ := err.(Errors)
	if len(errs) == 0 {
		t.Fatal("the template parses, so nobody is told to fill it in")
	}
	for _, e := range errs {
		text := strings.Split(string(New().Encode()), "\n")[e.Line-1]
		if !strings.Contains(strings.ToUpper(text), "FILL") && !strings.Contains(text, zeros) && !strings.Contains(text, "sha256 = []") {
			t.Errorf("%v\n%s", e, text)
		}
	}
}

func TestNotes(t *testing.T) {
	if notes := valid().Notes(); len(notes) != 3 {
		t.Errorf("notes are %q, wanted a kept key file, a selected key, and that it stays", notes)
	}
	p := valid()
	p.Evidence.Attestation, p.HSM.SealKey, p.HSM.SealKeyLabel = "none", "none", ""
	p.KEK.Use = "https://contoso-hsm.managedhsm.azure.net/keys/contoso-2026-11-kek/" + strings.Repeat("0", 32)
	p.Workloads[0].Kind = "aks"
	text := strings.Join(p.Notes(), "\n")
	for _, want := range []string{"attestation is none", "seal_key is none", "kek.use", "encrypt, which key storage"} {
		if !strings.Contains(text, want) {
			t.Errorf("no note about %q in\n%s", want, text)
		}
	}
	p.Vault.URL, p.Evidence = "https://contoso.vault.azure.net", Evidence{"wanted", "none"}
	text = strings.Join(p.Notes(), "\n")
	for _, want := range []string{"attests no key", "audit_log is none", "AES key"} {
		if !strings.Contains(text, want) {
			t.Errorf("no note about %q in\n%s", want, text)
		}
	}
}

// TestNotesOnNames: a name in another alphabet is said only where people may not
// see what it is.
func TestNotesOnNames(t *testing.T) {
	for name, want := range map[string]string{
		"Ada  Admin": "", "Zoë Müller": "", "Ольга Операторова": "", "Ελένη Γκίκα": "",
		"Тамара Рокот": "look like Latin ones, as \"tamapa pokot\"",
		"山田 太郎":        "as their numbers, as U+5C71",
	} {
		note := readingNote(Person{ID: "op1", Name: name})
		if note == "" != (want == "") || !strings.Contains(note, want) {
			t.Errorf("of %q it says %q, wanted %q", name, note, want)
		}
	}
}

func ExampleErrors() {
	_, err := Parse([]byte("format = 1\nid = \"Contoso\"\nName = \"x\"\nrehearsal = 0\n"))
	errs := err.(Errors)
	for _, e := range errs[:3] {
		fmt.Println(e)
	}
	// Output:
	// line 2, column 6: id is "Contoso", wanted 3 to 40 lower-case letters and digits, with single hyphens between them
	// line 3, column 1: key "Name" is spelled wrongly, wanted "name"
	// line 4, column 13: rehearsal is a whole number, wanted true or false without quotes
}
