package plan

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/keyceremony/ceremony/digest"
)

// FuzzParse: whatever the bytes, Parse does not panic; what it takes is
// written in a form that reads back to the same plan, and its errors lie in
// the file.
func FuzzParse(f *testing.F) {
	f.Add(valid().Encode())
	f.Add(rehearsed(f).Encode())
	f.Add(New().Encode())
	f.Add([]byte("[[key]]\n[key]\nkey.a = {b = [1, 2]}\n\"id\" = '''\nx'''"))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := Parse(b)
		if err != nil {
			lines := bytes.Split(b, []byte("\n"))
			for _, e := range err.(Errors) {
				if e.Line < 1 || e.Line > len(lines) || e.Column < 1 || e.Column > len(lines[e.Line-1])+1 {
					t.Fatalf("error outside of the file: %v", e)
				}
			}
			return
		}
		again, err := Parse(p.Encode())
		if err != nil {
			t.Fatalf("what was written is refused: %v\n%s", err, p.Encode())
		}
		if !same(p, again) {
			t.Fatalf("%+v\nreads back as\n%+v", p, again)
		}
	})
}

// TestEveryValidPlanReadsBack is the property that Encode promises, over
// plans put together at random.
func TestEveryValidPlanReadsBack(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		p := random(rng)
		if errs := p.Check(); len(errs) > 0 {
			t.Fatalf("the random plan is not valid: %v", errs)
		}
		if got := mustParse(t, p.Encode()); !same(got, p) {
			t.Fatalf("%+v\nreads back as\n%+v", p, got)
		}
	}
}

// random changes a valid plan in what may vary.
func random(rng *rand.Rand) *Plan {
	p := valid()
	p.Name = text(rng, 80)
	p.Program.SHA256 = append(p.Program.SHA256, digest.Of([]byte(p.Name)))
	p.KEK.Bits, p.KEK.Days = pick(rng, 2048, 3072, 4096), 1+rng.IntN(90)
	p.HSM.Trusted, p.Vault.Purge = rng.IntN(2) == 0, rng.IntN(2) == 0
	if rng.IntN(2) == 0 {
		p.HSM.SealKey, p.HSM.SealKeyLabel = "none", ""
	}
	if rng.IntN(2) == 0 {
		p.KEK.Use = p.Vault.URL + "/keys/" + p.KEK.Name + "/" + strings.Repeat("a", 32)
	}
	p.Keys = p.Keys[:1+rng.IntN(3)]
	for i := range p.Keys {
		p.Keys[i].Label = text(rng, 60) + string(rune('a'+i))
		p.Keys[i].Close = pick(rng, Unextractable, Keep, Destroy)
		p.Keys[i].Ops = p.Keys[i].Ops[:1+rng.IntN(2)]
	}
	p.Time.NotAfter = p.Time.NotBefore.Add(time.Duration(1+rng.IntN(1e6)) * time.Second)
	for i := range rng.IntN(4) {
		p.Workloads = append(p.Workloads, Workload{
			Name: text(rng, 70) + string(rune('a'+i)), Key: "storage", Kind: pick(rng, WorkloadKinds...), Command: text(rng, 200),
		})
	}
	return p
}

func pick[T any](rng *rand.Rand, from ...T) T { return from[rng.IntN(len(from))] }

// text is printable text that needs every kind of escape, 1 to most
// characters, without space at its ends.
func text(rng *rand.Rand, most int) string {
	letters := []rune(`abc "\'#=[]{}\n\u0041	é漢😀` + "x")
	s := make([]rune, rng.IntN(most))
	for i := range s {
		for s[i] == 0 || !visible(s[i]) {
			s[i] = pick(rng, letters...)
		}
	}
	return strings.TrimSpace(string(s)) + "."
}

// TestSelectedKeys reads the public half of a key that is there already. The
// PEM files were made by OpenSSL.
func TestSelectedKeys(t *testing.T) {
	read := func(name string) string {
		b, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	rsa, ec, other := read("rsa3072.pem"), read("p384.pem"), read("p256.pem")
	p := valid()
	p.Keys[0].Source, p.Keys[0].ID, p.Keys[0].Public = Select, "01", rsa
	p.Keys[1].Source, p.Keys[1].ID, p.Keys[1].Public = Select, "02", ec
	file := string(p.Encode())
	if got := mustParse(t, []byte(file)); !same(got, p) {
		t.Errorf("read back\n%+v\nwanted\n%+v", got, p)
	}
	body := strings.Split(rsa, "\n")[3]
	checkRefusals(t, file, []refusal{
		{"id = \"02\"", "id = \"01\"", "key[2].id is the same id as key[1].id, wanted another"},
		{"size = 3072", "size = 2048", "key[1].public has the type RSA-3072, wanted RSA-2048"},
		{rsa, other, "key[1].public has the type P-256, wanted RSA-3072"},
		{ec, other, "key[2].public has the type P-256, wanted P-384"},
		{ec, rsa, "key[2].public has the type RSA-3072, wanted P-384"},
	})
	_, err := Parse([]byte(strings.Replace(file, body, body[1:], 1)))
	if errs, _ := err.(Errors); len(errs) != 1 || !strings.HasPrefix(errs[0].Message, "cannot be read: ") {
		t.Errorf("a damaged public key: %v", err)
	}
}

// TestVersionedNames holds kids against the vault and the name of the plan.
func TestVersionedNames(t *testing.T) {
	version := strings.Repeat("0123456789abcdef", 2)
	p := valid()
	p.KEK.Use = p.Vault.URL + "/keys/contoso-2026-11-kek/" + version
	p.Keys[0].Rotate = p.Vault.URL + "/keys/storage/" + version
	file := string(p.Encode())
	if got := mustParse(t, []byte(file)); !same(got, p) {
		t.Errorf("read back\n%+v\nwanted\n%+v", got, p)
	}
	host := p.Vault.Host()
	checkRefusals(t, file, []refusal{
		{"/keys/storage/" + version, "/keys/storage", `key[1].rotate is "https://` + host + `/keys/storage", wanted https://` + host + `/keys/storage/VERSION`},
		{"/keys/storage/", "/keys/other/", `key[1].rotate names the key "other", wanted "storage"`},
		{host + "/keys/storage/", "evil.vault.azure.net/keys/storage/", `key[1].rotate names the vault "evil.vault.azure.net", wanted "` + host + `"`},
		{"/keys/contoso-2026-11-kek/", "/keys/storage/", `kek.use names the key "storage", wanted "contoso-2026-11-kek"`},
	})
}
