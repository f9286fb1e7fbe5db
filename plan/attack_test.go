package plan

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/keyceremony/ceremony/attacks"
)

// wireLine is the line of a key whatever its fields hold.
func wireLine(kind string, fields ...[]byte) string {
	b := ssh.Marshal(struct{ Kind string }{kind})
	for _, f := range fields {
		b = append(b, ssh.Marshal(struct{ Field []byte }{f})...)
	}
	return kind + " " + base64.StdEncoding.EncodeToString(b) + " x"
}

// TestAnybodysKey: of every point of small order it is shown that a signature
// by nobody verifies, and that no plan may name it, on a FIDO key neither.
func TestAnybodysKey(t *testing.T) {
	nothing := append([]byte{1}, make([]byte, ed25519.SignatureSize-1)...) // the neutral point and zero
	for _, point := range pointsOfSmallOrder {
		for _, sign := range []byte{0, 0x80} {
			key, err := hex.DecodeString(point)
			if err != nil {
				t.Fatal(err)
			}
			key[len(key)-1] |= sign
			forged := 0
			for i := range 256 {
				if ed25519.Verify(key, []byte{byte(i)}, nothing) {
					forged++
				}
			}
			for _, line := range []string{
				wireLine(ssh.KeyAlgoED25519, key), wireLine(ssh.KeyAlgoSKED25519, key, []byte("ssh:")),
			} {
				if _, err := parseKey(line); err == nil || !strings.Contains(err.Error(), "anybody") {
					t.Errorf("%x (%d of 256 forged): %v", key, forged, err)
				}
			}
			if forged == 0 {
				t.Errorf("%x: nobody could sign under it, and the list has it", key)
			}
		}
	}
	if _, err := parseKey(person("ada")); err != nil {
		t.Error(err)
	}
	odd := append(append([]byte{0, 0x80}, make([]byte, 382)...), 1)
	even := append(append([]byte{0, 0x80}, make([]byte, 382)...), 2)
	for _, weak := range []string{wireLine(ssh.KeyAlgoRSA, []byte{3}, odd), wireLine(ssh.KeyAlgoRSA, []byte{1, 0, 1}, even)} {
		if _, err := parseKey(weak); err == nil || !strings.Contains(err.Error(), "weak") {
			t.Errorf("a weak RSA key: %v", err)
		}
	}
	if _, err := parseKey(wireLine(ssh.KeyAlgoRSA, []byte{1, 0, 1}, odd)); err != nil {
		t.Error(err)
	}
	zeros := wireLine(ssh.KeyAlgoRSA, []byte{0, 0, 1, 0, 1}, append([]byte{0, 0, 0x80}, append(make([]byte, 382), 1)...))
	if _, err := parseKey(zeros); err == nil || !strings.Contains(err.Error(), "unchanged") {
		t.Errorf("a key with zeros before its numbers: %v", err)
	}
}

// inFile names a key of the plan as it stands in the file: [[person]] name.
func inFile(path string) string {
	table, key, ok := strings.Cut(path, ".")
	if !ok {
		return path
	}
	if m := regexp.MustCompile(`^([a-z]+)\[[0-9]+\]$`).FindStringSubmatch(table); m != nil {
		return "[[" + m[1] + "]] " + key
	}
	return "[" + table + "] " + key
}

// TestAttackPlan: what people are given to review and sign, with something in
// it that they would overlook.
func TestAttackPlan(t *testing.T) {
	for _, a := range []struct {
		attacks.Row
		do func(*Plan)
	}{
		{
			attacks.New("plan/homoglyph-letter", "names a person with a letter of another alphabet that looks the same", attacks.At("plan check", "[[person]] name")),
			func(p *Plan) { p.People[1].Name = "Аnna Novak" },
		},
		{
			attacks.New("plan/homoglyph-name", "names a stranger with letters of another alphabet alone, as one of the people", attacks.At("plan check", "[[person]] name")),
			func(p *Plan) { p.People[0].Name, p.People[1].Name = "Eca Cox", "Еса Сох" },
		},
		{
			attacks.New("plan/homoglyph-label", "labels a target key so that it looks like another", attacks.At("plan check", "[[key]] label")),
			func(p *Plan) { p.Keys[0].Label, p.Keys[1].Label = "co", "со" },
		},
		{
			attacks.New("plan/same-name", "has two people of one name", attacks.At("plan check", "[[person]] name")),
			func(p *Plan) { p.People[1].Name = strings.ToUpper(p.People[0].Name) },
		},
		{
			attacks.New("plan/anybodys-key", "gives a person a key under which anybody can sign anything", attacks.At("plan check", "[[person]] key")),
			func(p *Plan) { p.People[2].Key = wireLine(ssh.KeyAlgoED25519, make([]byte, ed25519.PublicKeySize)) },
		},
		{
			attacks.New("plan/one-key-two-people", "gives two people one signing key", attacks.At("plan check", "[[person]] key")),
			func(p *Plan) {
				p.People[1].Key, p.People[1].Kept, p.People[1].KeyOffline = p.People[0].Key, p.People[0].Kept, ""
			},
		},
		{
			attacks.New("plan/one-operator", "lets one operator be enough", attacks.At("plan check", "[quorum] operators")),
			func(p *Plan) { p.Quorum.Operators = 1 },
		},
		{
			attacks.New("plan/no-witness", "does without an internal witness", attacks.At("plan check", "[quorum] internal_witnesses")),
			func(p *Plan) { p.Quorum.InternalWitnesses = 0 },
		},
		{
			attacks.New("plan/older-form", "is of an older form", attacks.At("plan check", "format")),
			func(p *Plan) { p.Format = 0 },
		},
		{
			attacks.New("plan/rehearsal-key", "has a person sign a production with the key of a rehearsal", attacks.At("plan check", "[[person]] key")),
			func(p *Plan) { p.People[0].Key += " REHEARSAL" },
		},
		{
			attacks.New("plan/rehearsal-kek", "takes the KEK of a rehearsal into a production", attacks.At("plan check", "[kek] name")),
			func(p *Plan) { p.KEK.Name = "rehearsal-kek" },
		},
		{
			attacks.New("plan/production-kek", "takes the KEK of a production into a rehearsal", attacks.At("plan check", "[kek] name")),
			func(p *Plan) {
				r := *rehearsed(t)
				r.KEK.Name = "contoso-kek"
				*p = r
			},
		},
		{
			attacks.New("plan/other-host", "names a host that merely sounds like the vault", attacks.At("plan check", "[vault] url")),
			func(p *Plan) { p.Vault.URL = "https://contoso-hsm.managedhsm.azure.net.example.com" },
		},
		{
			attacks.New("plan/other-vaults-kek", "takes a KEK of another vault", attacks.At("plan check", "[kek] use")),
			func(p *Plan) {
				p.KEK.Use = "https://other-hsm.managedhsm.azure.net/keys/" + p.KEK.Name + "/0123456789abcdef0123456789abcdef"
			},
		},
		{
			attacks.New("plan/unpinned", "requires an attestation and pins no owner's root", attacks.At("plan check", "[evidence] attestation")),
			func(p *Plan) { p.Evidence.Attestation, p.Vault.OwnerRoot = "required", "" },
		},
		{
			attacks.New("plan/for-ever", "holds for years", attacks.At("plan check", "[time] not_after")),
			func(p *Plan) { p.Time.NotAfter = p.Time.NotAfter.Add(3 * 366 * 24 * time.Hour) },
		},
	} {
		a.Try(t, func(t *testing.T, gone int) {
			p := valid()
			a.do(p)
			var noticed, want []string
			for _, e := range p.Check() {
				noticed = append(noticed, inFile(e.Key))
			}
			if want = a.Walls[0].By; gone > 0 {
				noticed, want = without(p, a.Walls[0].By), nil
			}
			if !slices.Equal(noticed, want) {
				t.Errorf("noticed in %q, want %q: %v", noticed, want, p.Check())
			}
		})
	}
}

// without is what is still noticed once what is noticed in these keys does not
// count.
func without(p *Plan, keys []string) (noticed []string) {
	for _, e := range p.Check() {
		if !slices.Contains(keys, inFile(e.Key)) {
			noticed = append(noticed, inFile(e.Key))
		}
	}
	return noticed
}

// TestLooks: names that are written in one alphabet are fine, whichever it is.
func TestLooks(t *testing.T) {
	for _, name := range []string{"München – RSA 4096", "Анна Каренина", "Ключ RSA-2048", "Νίκος", "e\u0301 accent", "漢字かな Key"} {
		if why := mixed(name); why != "" {
			t.Errorf("%q: %s", name, why)
		}
	}
	for _, name := range []string{"Аnna", "Novаk", "pаypal", "αnna"} {
		if mixed(name) == "" {
			t.Errorf("%q mixes alphabets, and nothing notices it", name)
		}
	}
	if looksLike("Eva  Cox") != looksLike("ΕVА сох") || looksLike("Eva") == looksLike("Ева Кокс") {
		t.Error("what looks the same is not told, or what does not is")
	}
}
