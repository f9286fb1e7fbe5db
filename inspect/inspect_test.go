package inspect

import (
	"crypto"
	"crypto/rand"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/keyceremony/ceremony/byok"
	"github.com/keyceremony/ceremony/plan"
	"github.com/keyceremony/ceremony/vectors"
)

const kid = "https://contoso.vault.azure.net/keys/kek/0123456789abcdef0123456789abcdef"

// newKEK makes a KEK and its public half.
func newKEK(t testing.TB, bits int) *byok.KEK {
	t.Helper()
	key, err := byok.GenerateKey(rand.Reader, map[int]byok.KeyType{2048: byok.RSA2048, 3072: byok.RSA3072}[bits])
	if err != nil {
		t.Fatal(err)
	}
	kek, err := byok.ParseKEK(key.Public().PEM())
	if err != nil {
		t.Fatal(err)
	}
	return kek
}

// blob wraps bytes under a KEK.
func blob(t testing.TB, kek *byok.KEK, plain []byte, generator string) []byte {
	t.Helper()
	ct, err := byok.Wrap(rand.Reader, kek, crypto.SHA1, plain)
	if err != nil {
		t.Fatal(err)
	}
	file, err := byok.Blob{KID: kid, Ciphertext: ct, Generator: generator}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func target(t testing.TB, kind byok.KeyType) []byte {
	t.Helper()
	key, err := byok.GenerateKey(rand.Reader, kind)
	if err != nil {
		t.Fatal(err)
	}
	return key.Plaintext()
}

func ids(r Report) (list []string) {
	for _, p := range r.Problems {
		list = append(list, p.ID)
	}
	return list
}

func check(t *testing.T, r Report, id string) Check {
	t.Helper()
	for _, c := range r.Checks {
		if c.ID == id {
			return c
		}
	}
	t.Fatalf("%s (%s): no check %s in %+v", r.Name, r.What, id, r.Checks)
	return Check{}
}

// TestVendorBlobPasses: the one public blob of a vendor holds, and its padding
// is named.
func TestVendorBlobPasses(t *testing.T) {
	r := File("target.byok", vectors.Read(t, "samples/azure/securosys-primus-rsa4k.byok"), Context{})
	if !r.OK() || len(r.Problems) > 0 || !strings.Contains(r.What, "key transfer blob") {
		t.Fatalf("%+v", r)
	}
	if c := check(t, r, byok.CheckCiphertext); c.Found != "base64url with padding" || c.Meaning == "" {
		t.Errorf("%+v", c)
	}
	if !strings.Contains(r.Do, "--kty RSA") {
		t.Error(r.Do)
	}
}

// TestAttestation: the recorded one is recognised; without anything to compare
// with it is not refused, and what was not checked is said.
func TestAttestation(t *testing.T) {
	file := vectors.Read(t, "samples/azure/mhsm-key-attestation-rsa2048.json")
	day := time.Date(2025, 5, 8, 12, 0, 0, 0, time.UTC)
	r := File("a.json", file, Context{At: day})
	if !r.OK() || check(t, r, "attest.signature").Result != Holds || check(t, r, "attest.owner-root").Result != NotChecked || !strings.Contains(r.Do, "attest.owner-root") {
		t.Fatalf("%+v", r)
	}
	if r := File("a.json", file, Context{At: day, KEK: newKEK(t, 2048)}); r.OK() || check(t, r, "attest.key").Result != Fails {
		t.Errorf("another KEK: %+v", r)
	}
	if r := File("a.json", file, Context{At: day, Plan: &plan.Plan{Vault: plan.Vault{OwnerRoot: strings.Repeat("1", 64)}}}); r.OK() || check(t, r, "attest.owner-root").Result != Fails {
		t.Errorf("another pool: %+v", r)
	}
}

// TestKEKShown: a key as a vault shows it, judged as a KEK.
func TestKEKShown(t *testing.T) {
	good := `{"key":{"kid":"` + kid + `","kty":"RSA-HSM","key_ops":["import"],"n":"xQ","e":"AQAB"},"attributes":{"exportable":false}}`
	if r := File("kek.json", []byte(good), Context{}); !r.OK() || !strings.Contains(r.What, "KEK") {
		t.Errorf("%+v", r)
	}
	for id, c := range map[string][2]string{
		"key.ops":            {`["import"]`, `["import","sign"]`},
		"key.kty":            {`RSA-HSM`, `RSA`},
		"key.not-exportable": {`:false`, `:true`},
		"key.public":         {`"n":"xQ"`, `"d":"xQxQ"`},
	} {
		r := File("kek.json", []byte(strings.Replace(good, c[0], c[1], 1)), Context{})
		if r.OK() || check(t, r, id).Result != Fails {
			t.Errorf("%s: %+v", id, r)
		}
	}
	if r := File("kek.json", []byte(strings.Replace(good, `"key_ops"`, `"ops"`, 1)), Context{}); !r.OK() || check(t, r, "key.ops").Found != "import" {
		t.Errorf("as a ceremony keeps it: %+v", r)
	}
	if r := File("import.json", vectors.Read(t, "samples/azure/securosys-az-import-result-rsa4k.json"), Context{}); !r.OK() {
		t.Errorf("%+v", r)
	}
}

// TestNoAttestation: of a Key Vault's KEK it is said loudly that nothing
// attests it, in whatever form the vault shows it.
func TestNoAttestation(t *testing.T) {
	const in = "https://contoso.vault.azure.net/keys/kek/0123456789abcdef0123456789abcdef"
	for _, file := range []string{
		`{"key":{"kid":"` + in + `","kty":"RSA-HSM","key_ops":["import"],"n":"xQ","e":"AQAB"},"attributes":{"exportable":false}}`,
		`{"key":{"kid":"` + in + `","kty":"RSA-HSM","key_ops":["import"],"n":"xQ","e":"AQAB"},"attributes":{"attestation":null}}`,
	} {
		r := File("kek.json", []byte(file), Context{})
		c := check(t, r, "attest.present")
		if c.Result != NotChecked || !strings.Contains(c.Found, "NO ATTESTATION EXISTS. A Key Vault attests no key") || r.Do != noAttestation {
			t.Errorf("%+v", r)
		}
		r = File("kek.json", []byte(strings.Replace(file, ".vault.", ".managedhsm.", 1)), Context{})
		if c := check(t, r, "attest.present"); c.Result != NotChecked || strings.Contains(c.Found, "Key Vault") || r.Do == noAttestation || r.Do == "" {
			t.Errorf("%+v", r)
		}
	}
}

// TestSeveralTypes: where the length of a blob fits several types, the command
// for each is said, and that of one alone where the KEK's size is known.
func TestSeveralTypes(t *testing.T) {
	file, err := byok.Blob{KID: kid, Ciphertext: make([]byte, 384+80), Generator: "test"}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	r := File("k.byok", file, Context{})
	if !strings.Contains(r.Do, "if it is P-384, az keyvault key import --kty EC --curve P-384") || !strings.Contains(r.Do, "if it is P-256, az") {
		t.Errorf("%s", r.Do)
	}
	r = File("k.byok", file, Context{KEK: newKEK(t, 3072)})
	if strings.Contains(r.Do, "P-384") || !strings.Contains(r.Do, "was wrapped: az keyvault key import --kty EC --curve P-256 --byok-file FILE.") {
		t.Errorf("%s", r.Do)
	}
}

// TestPublicKeys: a KEK, the given one and another one; no KEK; damage.
func TestPublicKeys(t *testing.T) {
	kek := newKEK(t, 2048)
	r := File("k.pem", kek.PEM(), Context{})
	if !r.OK() || check(t, r, "pem.kek").Result != NotChecked {
		t.Errorf("%+v", r)
	}
	if r := File("k.pem", kek.PEM(), Context{KEK: kek}); !r.OK() || check(t, r, "pem.kek").Result != Holds {
		t.Errorf("%+v", r)
	}
	if r := File("k.pem", kek.PEM(), Context{KEK: newKEK(t, 2048)}); r.OK() || check(t, r, "pem.kek").Meaning == "" {
		t.Errorf("%+v", r)
	}
	ec, err := byok.GenerateKey(rand.Reader, byok.P256)
	if err != nil {
		t.Fatal(err)
	}
	if r := File("k.pem", ec.Public().PEM(), Context{}); !r.OK() || !strings.HasPrefix(r.What, "a public key") {
		t.Errorf("%+v", r)
	}
	if r := File("k.pem", kek.PEM()[:300], Context{}); r.OK() {
		t.Errorf("%+v", r)
	}
	if r := File("c.pem", vectors.Read(t, "samples/azure/marvell-root-ls1.pem"), Context{}); r.OK() || r.What != "a certificate" {
		t.Errorf("%+v", r)
	}
}

// TestBlobOfEveryType: each is recognised as what it may hold, with the flags
// of its import.
func TestBlobOfEveryType(t *testing.T) {
	kek := newKEK(t, 2048)
	for kind, flags := range map[byok.KeyType]string{
		byok.RSA2048: "--kty RSA", byok.P256: "--kty EC --curve P-256", byok.P521: "--kty EC --curve P-521", byok.AES256: "--kty oct",
	} {
		r := File("x.byok", blob(t, kek, target(t, kind), "test"), Context{KEK: kek})
		if !strings.Contains(r.Do, flags) || check(t, r, byok.CheckLength).Result != Holds {
			t.Errorf("%s: %+v", kind, r)
		}
	}
}

// TestUnknown: what is not known is said, and does not hold.
func TestUnknown(t *testing.T) {
	for name, file := range map[string]string{
		"empty": "", "a letter": "Dear all, the meeting is at nine.", "JSON": `{"colour":"red"}`, "binary": "\x00\x01\x02\xff", "one word": "hello",
		"an almost log": `{"v":1,"ev":"x"}` + "\n", "an almost plan": "format = 1\n[vault]\n", "an almost statement": "keyceremony 1\nmode: x\n",
		"an almost signature": "-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----\n", "an almost list": "# keyceremony bundle 1\n",
		"an almost attestation": `{"attestation":{}}`,
	} {
		r := File("f", []byte(file), Context{})
		if r.OK() || r.What == "" || r.Do == "" || r.Azure == "" {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

// problem inputs: at least one file that shows each problem.
func examples(t *testing.T) map[string][]Report {
	kek, other := newKEK(t, 2048), newKEK(t, 3072)
	pkcs1, err := byok.Wrap(rand.Reader, kek, crypto.SHA1, target(t, byok.RSA2048)[26:]) // without PKCS#8 around it
	if err != nil {
		t.Fatal(err)
	}
	at := func(file string) Report { return File("f.txt", []byte(file), Context{}) }
	rsa2048 := target(t, byok.RSA2048)
	raw, err := byok.Wrap(rand.Reader, kek, crypto.SHA1, rsa2048)
	if err != nil {
		t.Fatal(err)
	}
	edited := func(from, to string) Report {
		file := string(blob(t, kek, rsa2048, "test"))
		changed := strings.Replace(file, from, to, 1)
		if changed == file {
			t.Fatalf("%q is not in the blob", from)
		}
		return File("x.byok", []byte(changed), Context{Plan: &plan.Plan{Vault: plan.Vault{URL: "https://contoso.vault.azure.net"}, KEK: plan.KEK{Bits: 2048}}})
	}
	standard := strings.Repeat("+/", 700) + "AAAA"
	return map[string][]Report{
		"raw-ciphertext": {
			File("x.byok", raw, Context{}), at(base64.StdEncoding.EncodeToString(raw)),
			at(`{"schema_version":"1.0.0","header":{"kid":"` + kid + `","alg":"dir","enc":"CKM_RSA_AES_KEY_WRAP"},"ciphertext":"` +
				base64.RawURLEncoding.EncodeToString(pkcs1) + `","generator":"x"}`),
		},
		"encoding": {
			edited(`"ciphertext": "`, `"ciphertext": "BASE64URL(`),
			at(`{"schema_version":"1.0.0","header":{"kid":"` + kid + `","alg":"dir","enc":"CKM_RSA_AES_KEY_WRAP"},"ciphertext":"` + standard + `","generator":"x"}`),
		},
		"ec-flags": {
			at("az keyvault key import --kty EC-HSM --curve-name P-256 --name k --byok-file k.byok"),
			at("Add-AzKeyVaultKey -VaultName v -Name k -KeyFilePath k.byok -CurveName P-256"),
		},
		"oct": {
			at(`{"error":{"code":"BadParameter","message":"Invalid kty value: oct","innererror":{"code":"KeyTypeNotSupported"}}}`),
			File("x.byok", blob(t, kek, target(t, byok.AES256), "test"), Context{}),
			at("az keyvault key import --vault-name v --kty oct --byok-file k.byok"),
		},
		"operations": {
			at(`ERROR: (BadParameter) Unsupported key operation(s): "wrapKey", "unwrapKey". Supported values are "sign", "verify".`),
			at(`{"key":{"kid":"` + kid + `","kty":"EC-HSM","crv":"P-256","key_ops":["sign","wrapKey"]}}`),
			at(`{"key":{"kid":"https://h.managedhsm.azure.net/keys/k/0123456789abcdef0123456789abcdef","kty":"RSA-HSM","key_ops":["encrypt","decrypt","sign","verify","wrapKey","unwrapKey"]}}`),
		},
		"terraform":  {at("resource \"azurerm_key_vault_key\" \"kek\" {\n  key_opts = [\"import\"]\n}\n")},
		"go-client":  {at("package main\n\nimport \"…/azkeys\"\n\nfunc f() { client.ImportKey(ctx, name, p, nil) }\n")},
		"jsonwebkey": {at(`{"error":{"code":"BadParameter","message":"The property \"key\" must be a valid JsonWebKey object."}}`), at(`{"kty":"EC-HSM","key_hsm":"e30"}`)},
		"roles": {
			at("(AccessDenied) Not authorized to access Microsoft.KeyVault/managedHsm/keys/create/action on /keys (Activity ID: 1)"),
			at(`{"error":{"code":"Forbidden","message":"Caller is not authorized to perform action on resource.","innererror":{"code":"ForbiddenByRbac"}}}`),
		},
		"luna-4096":    {File("x.byok", blob(t, kek, target(t, byok.RSA4096), "Thales Luna BYOK tool 1.0; Luna K7 7.3.3"), Context{})},
		"plain-key":    {at(`{"kty":"EC-HSM","crv":"P-256","x":"AA","y":"AA","d":"AAAA"}`), at("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")},
		"kek-size":     {File("x.byok", blob(t, other, rsa2048, "test"), Context{KEK: kek})},
		"legacy":       {at("KeyTransferRemote.exe -ModifyAcls -KeyAppName simple"), File("KeyTransferPackage-contoso.byok", []byte("PK\x03\x04KeyTransferPackage\x00\xff"), Context{})},
		"kid":          {edited("/0123456789abcdef0123456789abcdef", ""), edited("contoso.vault", "fabrikam.vault")},
		"never-leaves": {at("Our key never leaves the HSM boundary.")},
	}
}

// TestEveryProblem: each of the fifteen is recognised in every example of it,
// and explained.
func TestEveryProblem(t *testing.T) {
	list := examples(t)
	if len(problems) != 15 || len(list) != 15 {
		t.Fatalf("%d problems, %d with examples, wanted 15", len(problems), len(list))
	}
	for i, p := range problems {
		if p.Number != i+1 || p.Title == "" || p.Azure == "" || p.Why == "" || p.Do == "" {
			t.Errorf("problem %d lacks words: %+v", i+1, p)
		}
		t.Run(p.ID, func(t *testing.T) { shows(t, p.ID, list[p.ID]) })
	}
}

// shows fails unless every report has the problem.
func shows(t *testing.T, id string, reports []Report) {
	if len(reports) == 0 {
		t.Fatal("no example")
	}
	for i, r := range reports {
		found := false
		for _, p := range r.Problems {
			found = found || p.ID == id
			if p.ID == id && !p.Note && r.OK() {
				t.Errorf("example %d holds", i)
			}
		}
		if !found {
			t.Errorf("example %d (%s) shows %v, wanted %s\n%+v", i, r.What, ids(r), id, r.Checks)
		}
	}
}

// TestGoodFilesShowNoProblem: what is right is not called a mistake.
func TestGoodFilesShowNoProblem(t *testing.T) {
	kek := newKEK(t, 2048)
	for name, r := range map[string]Report{
		"vendor":  File("x", vectors.Read(t, "samples/azure/securosys-primus-rsa4k.byok"), Context{}),
		"blob":    File("x", blob(t, kek, target(t, byok.P384), "Thales Luna 7.4.0"), Context{KEK: kek}),
		"luna":    File("x", blob(t, kek, target(t, byok.RSA4096), "Luna K7 7.7.1"), Context{KEK: kek}),
		"KEK":     File("x", kek.PEM(), Context{KEK: kek}),
		"az":      File("x", []byte("az keyvault key import --kty EC --curve P-256 --byok-file k.byok --name k"), Context{}),
		"tf":      File("x", []byte("resource \"azurerm_key_vault_key\" \"k\" { key_opts = [\"sign\"] }"), Context{}),
		"az json": File("x", vectors.Read(t, "samples/azure/securosys-az-import-result-rsa4k.json"), Context{}),
	} {
		if len(r.Problems) > 0 {
			t.Errorf("%s: %v", name, ids(r))
		}
	}
}

// FuzzFile: whatever is inspected is named, and its words are never empty.
func FuzzFile(f *testing.F) {
	for _, s := range []string{"", "{}", "keyceremony 1\n", "# keyceremony bundle 1\n# end: x", `{"key":{"kty":"EC"}}`, "-----BEGIN SSH SIGNATURE-----\n", `{"schema_version":"1.0.0","ciphertext":"AA"}`, `{"v":1,"ev":""}`, "[vault]\nformat = 1\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		r := File("f.sig", file, Context{Beside: func(string) ([]byte, error) { return []byte("x"), nil }})
		if r.What == "" || r.Do == "" || r.Azure == "" || r.OK() && len(r.Checks) == 0 && len(r.Problems) == 0 {
			t.Fatalf("%+v", r)
		}
		for _, c := range r.Checks {
			if c.ID == "" || c.Found == "" || c.Wanted == "" || c.Result == "" {
				t.Fatalf("%+v", c)
			}
		}
	})
}

// TestAuditLog: without the kid nothing is checked; with it the creation is
// looked for.
func TestAuditLog(t *testing.T) {
	log := `{"records":[{"time":"2026-11-22T09:00:00Z","operationName":"KeyCreate","resultType":"Success","properties":{"id":"` + kid + `"}}]}`
	r := File("PT1H.json", []byte(log), Context{})
	if !strings.Contains(r.What, "audit log") || check(t, r, "auditlog.create").Result != NotChecked || !strings.Contains(r.Do, "--kid") {
		t.Errorf("%+v", r)
	}
	if r := File("PT1H.json", []byte(log), Context{KID: kid}); !r.OK() || check(t, r, "auditlog.create").Result != Holds {
		t.Errorf("%+v", r)
	}
	if r := File("PT1H.json", []byte(strings.Replace(log, "KeyCreate", "KeyImport", 1)), Context{KID: kid}); r.OK() {
		t.Errorf("%+v", r)
	}
}
