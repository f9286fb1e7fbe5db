package byok

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"
	"testing"

	"github.com/keyceremony/ceremony/vectors"
)

var expectP256 = Expect{testKID, "contoso.vault.azure.net", 2048, P256}

// lintCase is one file that people bring. Only the first finding that stops is
// compared.
type lintCase struct {
	name    string
	file    []byte
	check   string
	found   string
	meaning string // a part of it
}

func runLint(t *testing.T, good []byte, cases []lintCase) {
	t.Helper()
	for _, c := range cases {
		findings := Lint(changed(t, good, c.file), expectP256)
		checkShape(t, c.name, findings)
		i := slices.IndexFunc(findings, Finding.Stops)
		if i < 0 {
			t.Errorf("%s: holds", c.name)
			continue
		}
		f := findings[i]
		if f.Check != c.check || f.Found != c.found || !strings.Contains(f.Meaning, c.meaning) || f.Meaning == "" || f.Wanted == "" {
			t.Errorf("%s:\n got %s: %q\n     %s\nwant %s: %q\n     %s", c.name, f.Check, f.Found, f.Meaning, c.check, c.found, c.meaning)
		}
	}
}

// checkShape: every check, once, in order, with words.
func checkShape(t *testing.T, name string, findings []Finding) {
	t.Helper()
	var ids []string
	for _, f := range findings {
		ids = append(ids, f.Check)
		if f.OK && f.NotChecked || f.Found == "" || f.Wanted == "" || f.Severity == "" || !f.OK && f.Meaning == "" {
			t.Errorf("%s: finding %+v", name, f)
		}
	}
	if !slices.Equal(ids, Checks()) {
		t.Errorf("%s: checks %v, want %v", name, ids, Checks())
	}
}

func TestLintHolds(t *testing.T) {
	_, file := testBlob(t)
	findings := Lint(file, expectP256)
	checkShape(t, "own", findings)
	for _, f := range findings {
		if !f.OK || f.NotChecked {
			t.Errorf("%+v", f)
		}
	}
}

// replace edits the text of the file once.
func replace(t *testing.T, file []byte, from, to string) []byte {
	t.Helper()
	return changed(t, file, []byte(strings.Replace(string(file), from, to, 1)))
}

func TestLintStructure(t *testing.T) {
	blob, file := testBlob(t)
	raw := blob.Ciphertext
	std := base64.StdEncoding.EncodeToString
	key := testKey(t, P256)
	const twice = "Programs differ"
	const other = "follows the BYOK specification"
	n := len(file)
	runLint(t, file, []lintCase{
		{"empty", nil, CheckJSON, "an empty file", "fetch it again"},
		{"blank", []byte(" \n"), CheckJSON, "white space", "fetch it again"},
		{"large", bytes.Repeat([]byte(" "), MaxBlob+1), CheckJSON, "65537 bytes", "less than 5 KB"},
		{"raw ciphertext", raw, CheckJSON, "binary data of 408 bytes", "P-256 under a KEK of 2048 bits"},
		{"other binary", []byte("\x00\x01\x02"), CheckJSON, "binary data of 3 bytes", "nCipher"},
		{"base64 of ciphertext", []byte(std(raw)), CheckJSON, "base64 of binary data of 408 bytes", "length of a ciphertext"},
		{"base64 in lines", []byte(std(raw[:300]) + "\n" + std(raw[300:])), CheckJSON, "base64 of binary data of 408 bytes", "length of a ciphertext"},
		{"key_hsm", []byte(base64.RawURLEncoding.EncodeToString(file)), CheckJSON, "base64 of JSON", "key_hsm"},
		{"key_hsm, standard", []byte(std(file)), CheckJSON, "base64 of JSON", "key_hsm"},
		{"private PEM", pemOf("PRIVATE KEY", key.PKCS8()), CheckJSON, "a private key that is not encrypted", "disclosed"},
		{"private DER", key.PKCS8(), CheckJSON, "a private key that is not encrypted", "disclosed"},
		{"private PKCS#1", testKey(t, RSA2048).PKCS8()[26:], CheckJSON, "a private key that is not encrypted", "disclosed"},
		{"private base64", []byte(std(key.PKCS8())), CheckJSON, "base64 of a private key that is not encrypted", "disclosed"},
		{"public PEM", key.Public().PEM(), CheckJSON, "a PEM block", "JSON object"},
		{"UTF-16", utf16Of(string(file), false, true), CheckJSON, "text in UTF-16", "UTF-8"},
		{"BOM", append([]byte("\xef\xbb\xbf"), file...), CheckJSON, "a byte order mark before the text", "without byte order mark"},
		{"ZIP", []byte("PK\x03\x04 and so on"), CheckJSON, "an archive or a package of another tool", "KeyTransferRemote"},
		{"XML", []byte("<?xml version=\"1.0\"?>"), CheckJSON, "an archive or a package of another tool", "KeyTransferRemote"},
		{"nCipher", []byte("\x00\x01nCipher KeyTransferPackage\x00"), CheckJSON, "an archive or a package of another tool", "since 2021"},
		{"JWE", []byte("eyJh.QUJD.QUJD.QUJD.QUJD"), CheckJSON, "a JWE in compact serialization", "plain JSON"},
		{"single quotes", []byte(strings.ReplaceAll(string(file), `"`, `'`)), CheckJSON, "an object with single quotes", "double quotes"},
		{"array", []byte("[" + string(file) + "]"), CheckJSON, "JSON that is no object", "JSON object"},
		{"string", []byte(`"x"`), CheckJSON, "JSON that is no object", "JSON object"},
		{"cut", file[:n/2], CheckJSON, "JSON that breaks at byte " + itoa(n/2), "cut"},
		{"comma", replace(t, file, "\n}\n", ",\n}\n"), CheckJSON, "JSON that breaks at byte " + itoa(n-1), "edited"},
		{"two objects", append(bytes.Clone(file), file...), CheckJSON, "more text after a JSON object of " + itoa(n-1) + " bytes", "one blob"},
		{"text", []byte("no key here!"), CheckJSON, "text that is no JSON", "JSON object"},
		{"no UTF-8", replace(t, file, "ceremony", "cer\xffmony"), CheckJSON, "binary data of " + itoa(n) + " bytes", "JSON object"},
		{"duplicate", replace(t, file, `"alg": "dir",`, `"alg": "dir", "alg": "dir",`), CheckMembers, `member "/header/alg" twice`, twice},
		{"duplicate, escaped", replace(t, file, `"alg": "dir",`, `"alg": "dir", "\u0061lg": "dir",`), CheckMembers, `member "/header/alg" twice`, twice},
		{"duplicate header", replace(t, file, `"header"`, `"header": {}, "header"`), CheckMembers, `member "/header" twice`, twice},
		{"case", replace(t, file, `"schema_version"`, `"Schema_Version"`), CheckMembers, `member "Schema_Version" for "schema_version" in another case`, other},
		{"case in header", replace(t, file, `"kid"`, `"KID"`), CheckMembers, `member "KID" for "kid" in another case in header`, other},
		{"unknown", replace(t, file, `"ciphertext"`, `"iv": "", "ciphertext"`), CheckMembers, `unknown member "iv"`, other},
		{"unknown in header", replace(t, file, `"alg"`, `"zip": "DEF", "alg"`), CheckMembers, `unknown member "zip" in header`, other},
		{"no header", []byte(`{"schema_version":"1.0.0","ciphertext":"","generator":""}`), CheckMembers, `no member "header"`, other},
		{"empty object", []byte(`{}`), CheckMembers, `no member "ciphertext"`, other},
		{"no kid", []byte(`{"schema_version":"1.0.0","header":{"alg":"","enc":""},"ciphertext":"","generator":""}`), CheckMembers, `no member "kid" in header`, other},
		{"header text", []byte(`{"header":"dir"}`), CheckMembers, `member "header" is no object`, other},
		{"number", replace(t, file, `"1.0.0"`, `1`), CheckMembers, `member "schema_version" is no text`, other},
		{"null", replace(t, file, `"dir"`, `null`), CheckMembers, `member "alg" is no text in header`, other},
	})
}

func itoa(n int) string {
	var b []byte
	for ; n > 0 || b == nil; n /= 10 {
		b = append([]byte{byte('0' + n%10)}, b...)
	}
	return string(b)
}

func TestLintValues(t *testing.T) {
	blob, file := testBlob(t)
	text := base64.RawURLEncoding.EncodeToString(blob.Ciphertext)
	with := func(value string) []byte { return replace(t, file, text, value) }
	encode := base64.RawURLEncoding.EncodeToString
	kid := func(to string) []byte { return replace(t, file, testKID, to) }
	length := func(n int) []byte { return with(encode(slices.Concat(blob.Ciphertext, blob.Ciphertext)[:n])) }
	std := strings.NewReplacer("-", "+", "_", "/").Replace(text)
	const host = "https://contoso.vault.azure.net"
	version := testKID[len(testKID)-32:]
	runLint(t, file, []lintCase{
		{"schema", replace(t, file, "1.0.0", "1.0"), CheckSchema, `"1.0"`, "schema_version"},
		{"alg", replace(t, file, `"dir"`, `"DIR"`), CheckAlg, `"DIR"`, "no other value of alg"},
		{"enc", replace(t, file, HeaderEnc, "A256GCM"), CheckEnc, `"A256GCM"`, "no other value of enc"},
		{"enc of a release", replace(t, file, HeaderEnc, "RSA_AES_KEY_WRAP_256"), CheckEnc, `"RSA_AES_KEY_WRAP_256"`, "releases"},
		{"kid without version", kid(host + "/keys/kek-1"), CheckKID, `"` + host + `/keys/kek-1"`, "the latest"},
		{"kid http", kid(strings.Replace(testKID, "https", "http", 1)), CheckKID, `"http://contoso.vault.azure.net/keys/kek-1/` + version + `"`, "az keyvault key show"},
		{"kid name", kid(host + "/keys/a_b/" + version), CheckKID, `"` + host + `/keys/a_b/` + version + `"`, "The name of the kid is wrong"},
		{"kid placeholder", kid("https://<vault>.vault.azure.net/keys/mykek/" + version), CheckKID, `"https://<vault>.vault.azure.net/keys/mykek/` + version + `"`, "The host of the kid is wrong"},
		{"other vault", kid(strings.Replace(testKID, "contoso", "fabrikam", 1)), CheckKEK, "a KEK of fabrikam.vault.azure.net", "another vault"},
		{"other KEK", kid(host + "/keys/kek-2/" + version), CheckKEK, `"` + host + `/keys/kek-2/` + version + `"`, "another KEK"},
		{"other version", kid(testKID[:len(testKID)-1] + "0"), CheckKEK, `"` + testKID[:len(testKID)-1] + `0"`, "another version"},
		{"empty", with(""), CheckCiphertext, "an empty text", "no key"},
		{"literal", with("BASE64URL(" + text + ")"), CheckCiphertext, "a text such as BASE64URL(…)", "documents"},
		{"placeholder", with("<ciphertext>"), CheckCiphertext, "a text such as BASE64URL(…)", "documents"},
		{"standard base64", with(std), CheckCiphertext, "standard base64 with + or /", "base64url has - for +"},
		{"hex", with(hex.EncodeToString(blob.Ciphertext)), CheckCiphertext, "hex digits", "not as hex"},
		{"HEX", with(strings.ToUpper(hex.EncodeToString(blob.Ciphertext))), CheckCiphertext, "hex digits", "not as hex"},
		{"JWE", with("e30." + text + ".a.b.c"), CheckCiphertext, "five parts with dots (JWE compact serialization)", "only the ciphertext"},
		{"line breaks", with(text[:64] + `\n` + text[64:]), CheckCiphertext, "white space within", "Line breaks"},
		{"blank", with(" " + text), CheckCiphertext, "white space within", "Line breaks"},
		{"other character", with(text[:10] + "!" + text[11:]), CheckCiphertext, "a character that base64url lacks, after 10 characters", "damaged"},
		{"non-ASCII", with("\u0430" + text[1:]), CheckCiphertext, "a character that base64url lacks, after 0 characters", "damaged"},
		{"padding inside", with(text[:4] + "=" + text[4:]), CheckCiphertext, "a character that base64url lacks, after 4 characters", "damaged"},
		{"too much padding", with(text + "===="), CheckCiphertext, "padding of a wrong length", "cut or damaged"},
		{"too little padding", with(text[:len(text)-2] + "="), CheckCiphertext, "padding of a wrong length", "cut or damaged"},
		{"cut by one", with(text[:len(text)-3]), CheckCiphertext, "base64url that ends within a byte", "cut or damaged"},
		{"bits after the end", with(encode(blob.Ciphertext[:406])[:541] + "B"), CheckCiphertext, "base64url that ends within a byte", "cut or damaged"},
		{"blob in blob", with(encode(file)), CheckCiphertext, "base64url of JSON, not of a ciphertext", "inner one"},
		{"encoded twice", with(encode([]byte(text))), CheckCiphertext, "base64url of text, not of a ciphertext", "encoded twice"},
		{"plain key", with(encode(testKey(t, P256).PKCS8())), CheckCiphertext, "a key that is not encrypted", "disclosed"},
		{"plain RSA", with(encode(testKey(t, RSA2048).PKCS8())), CheckCiphertext, "a key that is not encrypted", "disclosed"},
		{"plain PEM", with(encode(pemOf("RSA PRIVATE KEY", []byte{1}))), CheckCiphertext, "a key that is not encrypted", "disclosed"},
		{"RSA part alone", length(256), CheckLength, "256 bytes", "RSA part alone"},
		{"AES-256", length(296), CheckLength, "296 bytes", "AES-256 under a KEK of 2048 bits"},
		{"under 3072", length(384 + 152), CheckLength, "536 bytes", "P-256 under a KEK of 3072 bits"},
		{"SEC 1", length(256 + kwpLen(121)), CheckLength, "392 bytes", "P-256 as SEC 1 under a KEK of 2048 bits"},
		{"cut", length(407), CheckLength, "407 bytes", "multiples of 8"},
		{"impossible", length(800), CheckLength, "800 bytes", "No key that Azure imports"},
	})
}

// TestLintPKCS1: the most common mistake with OpenSSL shows only in the length.
func TestLintPKCS1(t *testing.T) {
	for _, typ := range []KeyType{RSA2048, RSA3072, RSA4096} {
		der := testKey(t, typ).PKCS8()
		ct := make([]byte, 512+kwpLen(len(der)-26))
		if _, err := rand.Read(ct); err != nil {
			t.Fatal(err)
		}
		text := base64.RawURLEncoding.EncodeToString(ct)
		file := []byte(`{"schema_version":"1.0.0","header":{"kid":"` + testKID + `","alg":"dir","enc":"CKM_RSA_AES_KEY_WRAP"},"ciphertext":"` + text + `","generator":"x"}`)
		for _, e := range []Expect{{KEKBits: 4096, Type: typ}, {}} {
			findings := Lint(file, e)
			checkShape(t, string(typ), findings)
			f := findings[slices.IndexFunc(findings, func(f Finding) bool { return f.Check == CheckLength })]
			if !f.Stops() || !strings.Contains(f.Meaning, string(typ)+" as PKCS#1 under a KEK of 4096 bits") || !strings.Contains(f.Meaning, "openssl pkcs8 -topk8") {
				t.Errorf("%s: %+v", typ, f)
			}
		}
	}
}

func TestLintTolerates(t *testing.T) {
	blob, file := testBlob(t)
	plain := base64.RawURLEncoding.EncodeToString(blob.Ciphertext)
	// 280 bytes, an AES-128 key, leave two characters of padding.
	padded := base64.URLEncoding.EncodeToString(blob.Ciphertext[:280])
	aes := Expect{testKID, "", 2048, AES128}
	for _, tt := range []struct {
		name    string
		file    []byte
		e       Expect
		check   string
		meaning string
	}{
		{"padding", replace(t, file, plain, padded), aes, CheckCiphertext, "RFC 7515 has no padding"},
		{"CRLF", []byte(strings.ReplaceAll(string(file), "\n", "\r\n")), expectP256, "", ""},
		{"one line", []byte(strings.Join(strings.Fields(string(file)), "")), expectP256, "", ""},
		{"order", replace(t, replace(t, file, `"alg": "dir",`, ""), `"kid"`, `"alg": "dir", "kid"`), expectP256, "", ""},
		{"no generator", []byte(`{"schema_version":"1.0.0","header":{"kid":"` + testKID + `","alg":"dir","enc":"CKM_RSA_AES_KEY_WRAP"},"ciphertext":"` + plain + `"}`), expectP256, CheckGenerator, "support cases"},
		{"long generator", replace(t, file, "Acme", strings.Repeat("Acme", 100)), expectP256, CheckGenerator, "support cases"},
		{"nothing known", file, Expect{}, CheckLength, "It fits P-256 under a KEK of 2048 bits, or P-256K under a KEK of 2048 bits, or AES-128 under a KEK of 3072 bits."},
		{"only the vault", file, Expect{VaultHost: "contoso.vault.azure.net"}, CheckKEK, "Which KEK"},
	} {
		if tt.e == expectP256 {
			changed(t, file, tt.file)
		}
		findings := Lint(tt.file, tt.e)
		checkShape(t, tt.name, findings)
		if !Holds(findings) {
			t.Errorf("%s does not hold: %+v", tt.name, findings)
		}
		if tt.check == "" {
			continue
		}
		f := findings[slices.IndexFunc(findings, func(f Finding) bool { return f.Check == tt.check })]
		if !strings.Contains(f.Meaning, tt.meaning) {
			t.Errorf("%s: %+v, want %q", tt.name, f, tt.meaning)
		}
	}
}

// TestLintNotChecked: what could not be checked says so, and is not "ok".
func TestLintNotChecked(t *testing.T) {
	_, file := testBlob(t)
	notChecked := func(file []byte, e Expect) []string {
		var ids []string
		for _, f := range Lint(file, e) {
			if f.NotChecked {
				ids = append(ids, f.Check)
				if f.OK || f.Stops() || !strings.HasPrefix(f.Meaning, "Not checked: ") {
					t.Errorf("%+v", f)
				}
			}
		}
		return ids
	}
	for _, tt := range []struct {
		file []byte
		e    Expect
		want []string
	}{
		{file, expectP256, nil},
		{file, Expect{}, []string{CheckKEK}},
		{nil, expectP256, Checks()[1:]},
		{[]byte("{}"), expectP256, Checks()[2:]},
		{replace(t, file, "/keys/kek-1", ""), expectP256, []string{CheckKEK}},
		{replace(t, file, `"ciphertext": "`, `"ciphertext": "!`), expectP256, []string{CheckLength}},
	} {
		if got := notChecked(tt.file, tt.e); !slices.Equal(got, tt.want) {
			t.Errorf("not checked: %v, want %v", got, tt.want)
		}
	}
}

// TestLintKEK: what is known of the KEK decides what is said of another.
func TestLintKEK(t *testing.T) {
	_, file := testBlob(t)
	for _, tt := range []struct {
		e    Expect
		want string
	}{
		{Expect{KID: strings.Replace(testKID, "contoso", "fabrikam", 1)}, "differ in the vault"},
		{Expect{KID: strings.Replace(testKID, "kek-1", "kek-2", 1)}, "differ in the key's name"},
		{Expect{KID: testKID[:len(testKID)-1] + "0"}, "differ in the version"},
		{Expect{KID: "kek-1"}, "The kids differ."},
		{Expect{VaultHost: "fabrikam.vault.azure.net"}, "another vault"},
		{Expect{KID: testKID, VaultHost: "fabrikam.vault.azure.net"}, "another vault"},
	} {
		findings := Lint(file, tt.e)
		f := findings[slices.IndexFunc(findings, func(f Finding) bool { return f.Check == CheckKEK })]
		if !f.Stops() || !strings.Contains(f.Meaning, tt.want) {
			t.Errorf("%+v: %+v, want %q", tt.e, f, tt.want)
		}
	}
}

func TestShown(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"", `""`},
		{"a\n\x00\u202e", `"a\n\x00\u202e"`},
		{strings.Repeat("x", 159) + "éé", `"` + strings.Repeat("x", 159) + `"… (163 bytes)`},
	} {
		if got := shown(tt.in); got != tt.want {
			t.Errorf("shown(%q) = %s, want %s", tt.in, got, tt.want)
		}
	}
}

// TestVendorBlob lints the one real blob of a vendor's tool that is public,
// whose import succeeded.
func TestVendorBlob(t *testing.T) {
	file := vectors.Read(t, "samples/azure/securosys-primus-rsa4k.byok")
	e := Expect{
		KID:       "https://securosysprimuskeyvault.vault.azure.net/keys/KekForByokR4k/083cf1b67d314d15b1fa46915cde3217",
		VaultHost: "securosysprimuskeyvault.vault.azure.net", KEKBits: 4096, Type: RSA4096,
	}
	findings := Lint(file, e)
	checkShape(t, "vendor", findings)
	for _, f := range findings {
		if !f.OK {
			t.Errorf("%+v", f)
		}
		if f.Check == CheckCiphertext && (f.Found != "base64url with padding" || f.Meaning == "") {
			t.Errorf("the padding is not named: %+v", f)
		}
	}
	blob, _, err := Decode(file)
	if err != nil || len(blob.Ciphertext) != 2896 || blob.Generator != "Primus Java BYOK-Tool v1.2; GRIMSEL RX-2.9.0-T" {
		t.Fatalf("Decode: %d bytes by %q, %v", len(blob.Ciphertext), blob.Generator, err)
	}
	ours, err := blob.Encode()
	if err != nil || !Holds(Lint(ours, e)) {
		t.Errorf("our own form of it does not hold: %v", err)
	}
}

// TestOtherSamples: none of the other real files is taken for a blob.
func TestOtherSamples(t *testing.T) {
	for _, name := range []string{
		"mhsm-attestation-public.bin", "mhsm-attestation-private.bin", "mhsm-attestation-certs.pem", "marvell-root-ls1.pem",
		"mhsm-key-attestation-rsa2048.json", "securosys-az-import-result-rsa4k.json", "recorded-http-responses.json",
	} {
		file := vectors.Read(t, "samples/azure/"+name)
		findings := Lint(file, Expect{})
		checkShape(t, name, findings)
		if Holds(findings) {
			t.Errorf("%s holds", name)
		}
		if _, _, err := Decode(file); err == nil {
			t.Errorf("%s was decoded", name)
		}
		if _, err := ParseKEK(file); err == nil {
			t.Errorf("%s was read as a KEK", name)
		}
	}
}
