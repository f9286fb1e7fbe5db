package plan

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"
)

// rehearsed is a plan of a rehearsal.
func rehearsed(t testing.TB) *Plan {
	t.Helper()
	p := valid()
	p.Rehearsal = true
	p.KEK.Name = "rehearsal-2026-11-kek"
	p.Vault.URL, p.Vault.Cloud = "https://demo.vault.rehearsal.test:8443", Rehearsal
	p.Vault.Authority, p.Vault.CA, p.Vault.OwnerRoot = "https://127.0.0.1:8443", certificate(t), ""
	p.Evidence.Attestation = "none"
	p.People[0].Key += " REHEARSAL"
	return p
}

func certificate(t testing.TB) string {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Unix(2e9, 0)}
	private := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)) // the same certificate in every fuzz worker
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

func TestRehearsalParses(t *testing.T) {
	want := rehearsed(t)
	if got := mustParse(t, want.Encode()); !same(got, want) {
		t.Errorf("read back\n%+v\nwanted\n%+v", got, want)
	}
}

// A refusal is an edit of a valid file and the one error that it makes.
type refusal struct{ old, changed, want string }

func checkRefusals(t *testing.T, file string, list []refusal) {
	t.Helper()
	for _, r := range list {
		edited := strings.Replace(file, r.old, r.changed, 1)
		if edited == file {
			t.Fatalf("the edit of %q changes nothing", r.old)
		}
		_, err := Parse([]byte(edited))
		errs, _ := err.(Errors)
		if len(errs) != 1 {
			t.Errorf("%q instead of %q: errors are\n%v\nwanted one:\n%s", r.changed, r.old, err, r.want)
			continue
		}
		e := errs[0]
		e.Line, e.Column = 0, 0
		if e.Error() != r.want {
			t.Errorf("%q instead of %q: error is\n%s\nwanted\n%s", r.changed, r.old, e, r.want)
		}
		if lines := strings.Split(edited, "\n"); errs[0].Line < 1 || errs[0].Line > len(lines) || errs[0].Column < 1 {
			t.Errorf("%q: position %d:%d is not in the file", r.changed, errs[0].Line, errs[0].Column)
		}
	}
}

func TestRefusesTheFile(t *testing.T) {
	checkRefusals(t, string(valid().Encode()), []refusal{
		{"# Plan", "\ufeff# Plan", "the plan begins with a byte order mark, wanted UTF-8 without one"},
		{"# Plan", "\xff\xfe# Plan", "the plan was saved as UTF-16, wanted UTF-8"},
		{"# Plan", "#\x00 Plan", "the plan was saved as UTF-16, wanted UTF-8"},
		{"# Plan", "\x00# Plan", "the plan was saved as UTF-16, wanted UTF-8"},
		{"format = 1 ", "format = 1\r\n", "the plan has Windows line ends (CR LF), wanted LF alone"},
		{"München", "M\xfcnchen", "this byte is not UTF-8"},
		{"München", "M\u202enchen", "the invisible character U+202E is not allowed in a plan"},
		{"# Plan", "# \u200bPlan", "the invisible character U+200B is not allowed in a plan"},
		{"# Plan", "# \u3164Plan", "the invisible character U+3164 is not allowed in a plan"},
		{"# Plan", "# \ufe0fPlan", "the invisible character U+FE0F is not allowed in a plan"},
		{"# Plan", "# \u2800Plan", "the invisible character U+2800 is not allowed in a plan"},
		{"# Plan", "# \u00a0Plan", "the invisible character U+00A0 is not allowed in a plan"},
		{"# Plan", "# \x1b[2JPlan", "the invisible character U+001B is not allowed in a plan"},
		{"München", `M\u202Enchen`, "name holds the invisible character U+202E, wanted printable text"},
		{"München", `M\nnchen`, "name holds the invisible character U+000A, wanted printable text"},
		{"München\"", "München \"", "name begins or ends with a space, wanted none there"},
		{"# Plan", strings.Repeat("# Plan\n", 40000), "the plan has more than 256 KiB, wanted at most that"},
	})
	if _, err := Parse(nil); err == nil || err.Error() != "line 1, column 1: the plan is empty" {
		t.Errorf("an empty file: %v", err)
	}
}

func TestRefusesTheShape(t *testing.T) {
	file := string(valid().Encode())
	transfer := file[strings.Index(file, "[transfer]"):strings.Index(file, "# Which")]
	checkRefusals(t, file, []refusal{
		{"format = 1", "format : 1", "this is not TOML: expected '=' after key"},
		{"[kek]", "[kek", "this is not TOML: expected ']' to close table name"},
		{"bits = 4096", "Bits = 4096", `key "Bits" is spelled wrongly, wanted "bits"`},
		{"bits = 4096", "\"bits\" = 4096", `key "\"bits\"" is spelled wrongly, wanted "bits"`},
		{"bits = 4096", "bits = 4096\nbits = 2048", "kek.bits is there a second time, wanted once"},
		{"bits = 4096", "bits = 4096\nBITS = 2048", `key "BITS" is spelled wrongly, wanted "bits"`},
		{"bits = 4096", "bits = 4096\nsize = 2048", `key "size" is unknown in [kek], wanted one of name, bits, days, use`},
		{"format = 1", "format = 1\nversion = 2", `key "version" is unknown at the top, wanted one of format, id, name, rehearsal`},
		{"bits = 4096", "x.bits = 4096\nbits = 4096", "keys with dots are not used in a plan, wanted key = value below its [table]"},
		{"[kek]", "[kek.more]\nx = 1\n[kek]", "tables inside tables are not used in a plan, wanted [table] or [[table]]"},
		{"[kek]", "[Kek]", `table "Kek" is spelled wrongly, wanted [kek]`},
		{"[kek]", "[kke]\nx = 1\n[kek]", `table "kke" is unknown, wanted one of program, vault, kek, hsm, key, person, quorum, transfer, evidence, time, workload`},
		{"[kek]", "[[kek]]", "kek is written [[kek]] here, wanted [kek]"},
		{"[[workload]]", "[workload]", "workload is written [workload] here, wanted [[workload]]"},
		{"[hsm]", "[kek]\nbits = 2048\n[hsm]", "[kek] is there a second time, wanted once"},
		{transfer, "", "the table [transfer] is missing"},
		{"bits = 4096", "# bits", "kek.bits is missing"},
		{"rehearsal = false", "# none", "rehearsal is missing"},
		{"kind = \"storage\"", "# none", "workload[1].kind is missing"},
		{"bits = 4096", "bits = \"4096\"", "kek.bits is text in quotes, wanted a whole number without quotes"},
		{"bits = 4096", "bits = 4096.0", "kek.bits is a number with a fraction, wanted a whole number without quotes"},
		{"bits = 4096", "bits = 0x1000", "kek.bits is written in another way than plain decimal digits, wanted these"},
		{"bits = 4096", "bits = 4_096", "kek.bits is written in another way than plain decimal digits, wanted these"},
		{"bits = 4096", "bits = 99999999999", "kek.bits is written in another way than plain decimal digits, wanted these"},
		{"purge = true", "purge = \"true\"", "vault.purge is text in quotes, wanted true or false without quotes"},
		{"name = \"contoso-2026-11-kek\"", "name = true", "kek.name is true, wanted text in quotes"},
		{"name = \"contoso-2026-11-kek\"", "name = {a = 1}", "kek.name is a table in braces, wanted text in quotes"},
		{`ops = ["sign", "verify"]`, `ops = "sign"`, "key[2].ops is text in quotes, wanted a list in square brackets"},
		{`ops = ["sign", "verify"]`, `ops = ["sign", 1]`, "key[2].ops entry 2 is a whole number, wanted text in quotes"},
		{`ops = ["sign", "verify"]`, `ops = [` + strings.Repeat(`"sign",`, 65) + `]`, "key[2].ops has more than 64 entries, wanted at most that"},
		{"2026-11-22T08:00:00Z", "\"2026-11-22\"", "time.not_before is text in quotes, wanted a date and time with offset such as 2026-11-22T09:00:00Z"},
		{"2026-11-22T08:00:00Z", "2026-11-22", "time.not_before is a date without time, wanted a date and time with offset such as 2026-11-22T09:00:00Z"},
		{"2026-11-22T08:00:00Z", "08:00:00", "time.not_before is a time without date, wanted a date and time with offset such as 2026-11-22T09:00:00Z"},
		{"2026-11-22T08:00:00Z", "2026-11-22T08:00:00", "time.not_before is a date and time without offset, wanted a date and time with offset such as 2026-11-22T09:00:00Z"},
		{"2026-11-22T08:00:00Z", "2026-11-22T08:00:00.5Z", "time.not_before is not a moment in whole seconds, wanted a date and time with offset such as 2026-11-22T09:00:00Z"},
	})
}

func TestRefusesTopVaultAndKEK(t *testing.T) {
	root := valid().Vault.OwnerRoot
	checkRefusals(t, string(valid().Encode()), []refusal{
		{"format = 1", "format = 2", "format is 2, wanted 1"},
		{"\"contoso-2026-11\"", "\"Contoso\"", `id is "Contoso", wanted 3 to 40 lower-case letters and digits, with single hyphens between them`},
		{"\"contoso-2026-11\"", "\"ab\"", `id is "ab", wanted 3 to 40 lower-case letters and digits, with single hyphens between them`},
		{"\"contoso-2026-11\"", "\"a--b\"", `id is "a--b", wanted 3 to 40 lower-case letters and digits, with single hyphens between them`},
		{"\"contoso-2026-11\"", "\"../x\"", `id is "../x", wanted 3 to 40 lower-case letters and digits, with single hyphens between them`},
		{"name = \"Contoso", "name = \"" + strings.Repeat("x", 80), "name has 116 characters, wanted at most 80"},
		{"caf90169", "CAF90169", "program.sha256 entry 1 is other text of 64 characters, wanted a SHA-256 in 64 lower-case hex digits"},
		{"340d600392818df2413382dc7d8325c360d83ea49a262d31760348484bbc10b5", "caf90169eefa5f807d577486b9f795ab86ae2983c5c20806cff959117e90af18", "program.sha256 entry 2 is there a second time, wanted each digest once"},
		{"caf90169eefa5f807d577486b9f795ab86ae2983c5c20806cff959117e90af18", zeros, "program.sha256 entry 1 is all zeros, wanted the digest of a program"},
		{"https://contoso-hsm.managedhsm.azure.net", "http://contoso-hsm.managedhsm.azure.net", `vault.url is "http://contoso-hsm.managedhsm.azure.net", wanted https://NAME.vault.azure.net or https://NAME.managedhsm.azure.net`},
		{"https://contoso-hsm.managedhsm.azure.net", "contoso-hsm.managedhsm.azure.net", `vault.url is "contoso-hsm.managedhsm.azure.net", wanted https://NAME.vault.azure.net or https://NAME.managedhsm.azure.net`},
		{"contoso-hsm.managedhsm.azure.net", "contoso-hsm.managedhsm.azure.net/", `vault.url is "https://contoso-hsm.managedhsm.azure.net/", wanted https://NAME.vault.azure.net or https://NAME.managedhsm.azure.net`},
		{"contoso-hsm.managedhsm.azure.net", "contoso-hsm.managedhsm.azure.net:8443", `vault.url is "https://contoso-hsm.managedhsm.azure.net:8443", wanted https://NAME.vault.azure.net or https://NAME.managedhsm.azure.net`},
		{"contoso-hsm.managedhsm.azure.net", "contoso-hsm.managedhsm.azure.cn", `vault.url is "https://contoso-hsm.managedhsm.azure.cn", wanted https://NAME.vault.azure.net or https://NAME.managedhsm.azure.net`},
		{"contoso-hsm.managedhsm.azure.net", "contoso-hsm.vault.azure.net.evil.example", `vault.url is "https://contoso-hsm.vault.azure.net.evil.example", wanted https://NAME.vault.azure.net or https://NAME.managedhsm.azure.net`},
		{"contoso-hsm.managedhsm.azure.net", "u@contoso-hsm.managedhsm.azure.net", `vault.url is "https://u@contoso-hsm.managedhsm.azure.net", wanted https://NAME.vault.azure.net or https://NAME.managedhsm.azure.net`},
		{"contoso-hsm.managedhsm.azure.net", "ab.managedhsm.azure.net", "vault.url names a vault with 2 characters, wanted 3 to 24"},
		{"cloud = \"public\"", "cloud = \"moon\"", `vault.cloud is "moon", wanted public, usgov, china or rehearsal`},
		{"cloud = \"public\"", "cloud = \"public\"\nauthority = \"https://x\"", "vault.authority is for the rehearsal vault alone, wanted no such key"},
		{"cloud = \"public\"", "cloud = \"public\"\nca = \"x\"", "vault.ca is for the rehearsal vault alone, wanted no such key"},
		{"72f988bf", "72F988BF", `vault.tenant is "72F988BF-86f1-41af-91ab-2d7cd011db47", wanted a GUID in lower case`},
		{"api = \"7.6\"", "api = \"7.0\"", `vault.api is "7.0", wanted 7.4, 7.5, 7.6 or 2025-07-01`},
		{"api = \"7.6\"", "api = \"7.5\"", `evidence.attestation is "required", but api 7.5 has no attestation, wanted vault.api 7.6 or later`},
		{"owner_root = \"" + root + "\"", "", `evidence.attestation is "required", but no owner's root is pinned, so that whose HSM it is cannot be told, wanted vault.owner_root too`},
		{root, root[1:], "vault.owner_root is other text of 63 characters, wanted a SHA-256 in 64 lower-case hex digits"},
		{"\"contoso-2026-11-kek\"", "\"a_b\"", `kek.name is "a_b", wanted 1 to 127 of 0-9 A-Z a-z -`},
		{"\"contoso-2026-11-kek\"", "\"Rehearsal-kek\"", `kek.name is "Rehearsal-kek", but only the KEK of a rehearsal begins with rehearsal-, wanted another name`},
		{"bits = 4096", "bits = 1024", "kek.bits is 1024, wanted 2048, 3072 or 4096"},
		{"days = 14", "days = 91", "kek.days is 91, wanted 1 to 90"},
		{"days = 14", "days = -1", "kek.days is -1, wanted 1 to 90"},
	})
}

func TestRefusesHSMAndKeys(t *testing.T) {
	checkRefusals(t, string(valid().Encode()), []refusal{
		{"/usr/lib/softhsm/", "", `hsm.module is "libsofthsm2.so", wanted the full path of a library`},
		{"120970d812836f19888625587a4606a5ad23cef31c8684e601771552548fc6b9", zeros, "hsm.module_sha256 is all zeros, wanted the digest of the library"},
		{"0123456789abcdef", "", "hsm.serial is empty, wanted text"},
		{"0123456789abcdef", "0123456789abcdef0", "hsm.serial has 17 characters, wanted at most 16"},
		{"0123456789abcdef", "é", `hsm.serial is "é", wanted printable ASCII alone`},
		{"seal_key_label = \"seal 2026\"", "", "hsm.seal_key_label is missing, wanted the CKA_LABEL of the seal key"},
		{person("hsm"), "none", "hsm.seal_key_label is there, but seal_key is none, wanted no such key"},
		{person("hsm"), "", "hsm.seal_key is not a public key, wanted one line as in a .pub file of OpenSSH"},
		{"name = \"signer\"", "name = \"sign_er\"", `key[2].name is "sign_er", wanted 1 to 127 of 0-9 A-Z a-z -`},
		{"name = \"signer\"", "name = \"Storage\"", "key[2].name is the same name as key[1].name, wanted another"},
		{"name = \"signer\"", "name = \"Contoso-2026-11-KEK\"", "key[2].name is the same name as kek.name, wanted another"},
		{"label = \"signer\"", "label = \"storage 2026\"", "key[2].label is the same label as key[1].label, wanted another"},
		{"label = \"signer\"", "label = \"\"", "key[2].label is empty, wanted text"},
		{"type = \"RSA\"", "type = \"rsa\"", `key[1].type is "rsa", wanted RSA, EC or AES`},
		{"size = 3072", "size = 1024", "key[1].size is 1024, wanted 2048, 3072 or 4096"},
		{"size = 3072", "", "key[1].size is missing, wanted 2048, 3072 or 4096"},
		{"size = 256", "size = 512", "key[3].size is 512, wanted 128, 192 or 256"},
		{"size = 256", "size = 256\ncurve = \"P-256\"", "key[3].curve is there, but only EC keys have a curve, wanted no such key"},
		{"curve = \"P-384\"", "curve = \"P384\"", `key[2].curve is "P384", wanted P-256, P-384, P-521 or P-256K`},
		{"curve = \"P-384\"", "", "key[2].curve is missing, wanted P-256, P-384, P-521 or P-256K"},
		{"curve = \"P-384\"", "curve = \"P-384\"\nsize = 384", "key[2].size is there, but an EC key has a curve, wanted no such key"},
		{`["sign", "verify"]`, `[]`, "key[2].ops is empty, wanted at least one of sign, verify"},
		{`["sign", "verify"]`, `["sign", "wrapKey"]`, `key[2].ops has "wrapKey", wanted for an EC key only sign, verify`},
		{`["encrypt", "decrypt"]`, `["sign"]`, `key[3].ops has "sign", wanted for an AES key only decrypt, encrypt, unwrapKey, wrapKey`},
		{`["wrapKey", "unwrapKey"]`, `["import"]`, `key[1].ops has "import", wanted for an RSA key only decrypt, encrypt, sign, unwrapKey, verify, wrapKey`},
		{`["sign", "verify"]`, `["sign", "sign"]`, `key[2].ops has "sign" a second time, wanted each operation once`},
		{"source = \"generate\"", "source = \"import\"", `key[1].source is "import", wanted generate or select`},
		{"source = \"generate\"", "source = \"generate\"\nid = \"00\"", "key[1].id is there, but a generated key gets its id in the ceremony, wanted no such key"},
		{"source = \"generate\"", "source = \"generate\"\npublic = \"x\"", "key[1].public is there, but a generated key is not there yet, wanted no such key"},
		{"id = \"0a0b\"", "", "key[3].id is missing, wanted the CKA_ID of the key that is selected"},
		{"id = \"0a0b\"", "id = \"0A0B\"", `key[3].id is "0A0B", wanted 1 to 64 bytes in lower-case hex`},
		{"id = \"0a0b\"", "id = \"0a0\"", `key[3].id is "0a0", wanted 1 to 64 bytes in lower-case hex`},
		{"id = \"0a0b\"", "id = \"0a0b\"\npublic = \"x\"", "key[3].public is there, but an AES key has no public half, wanted no such key"},
		{"source = \"generate\"", "source = \"select\"\nid = \"00\"", "key[1].public is missing, wanted the public half of the key that is selected"},
		{"close = \"destroy\"", "close = \"delete\"", `key[2].close is "delete", wanted unextractable, keep or destroy`},
	})
}

func TestRefusesPeopleAndTheRest(t *testing.T) {
	small, old := rsaKey(t, 2048), "ssh-dss AAAAB3NzaC1kc3M="
	algorithms := "ssh-ed25519, ecdsa-sha2-nistp256, ecdsa-sha2-nistp384, ecdsa-sha2-nistp521, ssh-rsa, sk-ssh-ed25519@openssh.com or sk-ecdsa-sha2-nistp256@openssh.com"
	checkRefusals(t, string(valid().Encode()), []refusal{
		{"id = \"ada\"", "id = \"Ada\"", `person[1].id is "Ada", wanted 2 to 16 lower-case letters and digits`},
		{"id = \"ada\"", "id = \"hsm\"", "person[1].id is the same id as the HSM's seal key, wanted another"},
		{"id = \"bob\"", "id = \"ada\"", "person[2].id is the same id as person[1].id, wanted another"},
		{"name = \"Bob\"", "name = \"ADA Lovelace\"", "person[2].name is the same name as person[1].name, wanted another"},
		{"name = \"Bob\"", "name = \"FILL IN\"", "person[2].name is still to be filled in"},
		{"role = \"ceremony administrator\"", "role = \"CA\"", `person[5].role is "CA", wanted ceremony administrator, operator, crypto officer, internal witness, external witness or auditor`},
		{"kept = \"laptop\"", "kept = \"pocket\"", `person[4].kept is "pocket", wanted card, fido, laptop or file`},
		{"kept = \"laptop\"", "kept = \"fido\"", "person[4].key is an ssh-ed25519 key, wanted the sk- key of a FIDO device, for kept is fido"},
		{"kept = \"laptop\"", "kept = \"file\"", "person[4].key_offline is missing, wanted a separate key for the offline machine, for kept is file"},
		{"kept = \"file\"", "kept = \"card\"", "person[2].key_offline is there, but kept is card, wanted no such key"},
		{person("bob offline"), person("bob"), "person[2].key_offline is the same key as person[2].key, wanted another"},
		{person("dan"), person("bob offline"), "person[4].key is the same key as person[2].key_offline, wanted another"},
		{person("dan"), person("hsm"), "person[4].key is the same key as hsm.seal_key, wanted another"},
		{person("dan"), small, "person[4].key is an RSA key of 2048 bits, wanted at least 3072"},
		{person("dan"), old, `person[4].key begins with "ssh-dss", wanted ` + algorithms},
		{person("dan"), "ssh-ed25519", "person[4].key is not a public key, wanted one line as in a .pub file of OpenSSH"},
		{person("dan"), "no-pty " + person("dan"), `person[4].key begins with "no-pty", wanted ` + algorithms},
		{person("dan"), "-----BEGIN OPENSSH PRIVATE KEY-----", "person[4].key is a private key, wanted the line of its .pub file"},
		{person("dan"), "ssh-ed25519 AAAA=x", "person[4].key has a damaged second part, wanted the line of a .pub file unchanged"},
		{person("dan"), strings.Replace(person("dan"), "ssh-ed25519", "ssh-rsa", 1), "person[4].key holds no key of the type that it names, wanted the line of a .pub file unchanged"},
		{person("dan"), person("dan") + " REHEARSAL", "person[4].key is the key of a rehearsal, wanted one that was made for this person"},
		{"operators = 2", "operators = 1", "quorum.operators is 1, wanted at least 2"},
		{"operators = 2", "operators = 3", "quorum.operators is 3, but the plan names 2 people with the role operator, wanted no more than that"},
		{"crypto_officers = 1", "crypto_officers = 0", "quorum.crypto_officers is 0, wanted at least 1"},
		{"internal_witnesses = 1", "internal_witnesses = 2", "quorum.internal_witnesses is 2, but the plan names 1 person with the role internal witness, wanted no more than that"},
		{"internal_witnesses = 1", "internal_witnesses = 1\nexternal_witnesses = 1", "quorum.external_witnesses is 1, but the plan names nobody with the role external witness, wanted no more than that"},
		{"internal_witnesses = 1", "internal_witnesses = 1\nexternal_witnesses = -1", "quorum.external_witnesses is -1, wanted at least 0"},
		{"blob = \"usb\"", "blob = \"mail\"", `transfer.blob is "mail", wanted usb or qr`},
		{"attestation = \"required\"", "attestation = \"yes\"", `evidence.attestation is "yes", wanted required, wanted or none`},
		{"audit_log = \"wanted\"", "audit_log = \"\"", `evidence.audit_log is "", wanted required, wanted or none`},
		{"2026-11-30", "2026-11-21", "time.not_after is not later than not_before, wanted a window of time"},
		{"[time]\n", "[time]\nauthority = \"ftp://tsa.example.com\"\n", `time.authority is "ftp://tsa.example.com", wanted http://HOST/PATH or https://HOST/PATH`},
		{"[time]\n", "[time]\nauthority = \"http://tsa.example.com\"\n", "time.authority_root holds no certificate that can be read, wanted one certificate in PEM"},
		{"[time]\n", "[time]\nauthority_root = \"x\"\n", `time.authority is "", wanted http://HOST/PATH or https://HOST/PATH`},
		{"2026-11-30", "2036-11-30", "time.not_after is 3661 days after not_before, wanted at most 366"},
		{"2026-11-22", "1970-01-01", "time.not_before is in the year 1970, wanted 2020 or later"},
		{"key = \"storage\"", "key = \"storag\"", `workload[1].key is "storag", wanted the name of a target key of this plan`},
		{"kind = \"storage\"", "kind = \"disk\"", `workload[1].kind is "disk", wanted aks, mysql, storage, sql or other`},
		{"name = \"blobs\"", "name = \"\"", "workload[1].name is empty, wanted text"},
		{"[[workload]]", "[[workload]]\nname = \"blobs\"\nkey = \"token\"\nkind = \"other\"\n[[workload]]", "workload[2].name is the same name as workload[1].name, wanted another"},
	})
}

func TestRefusesInARehearsal(t *testing.T) {
	file := string(rehearsed(t).Encode())
	checkRefusals(t, file, []refusal{
		{"\"rehearsal-2026-11-kek\"", "\"kek\"", `kek.name is "kek", wanted a name that begins with rehearsal-, for this is a rehearsal`},
		{"demo.vault.rehearsal.test:8443", "demo.vault.azure.net", `vault.url is "https://demo.vault.azure.net", wanted https://NAME.vault.rehearsal.test or https://NAME.managedhsm.rehearsal.test`},
		{"test:8443", "test:0", `vault.url is "https://demo.vault.rehearsal.test:0", wanted https://NAME.vault.rehearsal.test or https://NAME.managedhsm.rehearsal.test`},
		{"https://127.0.0.1:8443", "http://127.0.0.1:8443", `vault.authority is "http://127.0.0.1:8443", wanted https://HOST or https://HOST:PORT`},
		{"https://127.0.0.1:8443", "https://x/y", `vault.authority is "https://x/y", wanted https://HOST or https://HOST:PORT`},
		{"-----BEGIN CERTIFICATE-----", "-----BEGIN X-----", "vault.ca holds no certificate, wanted one certificate in PEM"},
		{"-----END CERTIFICATE-----\n", "-----END CERTIFICATE-----\nx", "vault.ca holds no certificate, wanted one certificate in PEM"},
		{"attestation = \"none\"", "attestation = \"required\"", `evidence.attestation is "required", but a Key Vault attests no key, wanted "wanted" or "none"`},
		{"cloud = \"rehearsal\"", "cloud = \"rehearsal\"\nowner_root = \"" + valid().Vault.OwnerRoot + "\"", "vault.owner_root is there, but a Key Vault has no owner's root, wanted no such key"},
	})
	_, err := Parse([]byte(strings.Replace(file, "rehearsal = true", "rehearsal = false", 1)))
	want := []string{
		`vault.cloud is "rehearsal" in a plan with rehearsal = false, wanted public, usgov or china`,
		`kek.name is "rehearsal-2026-11-kek", but only the KEK of a rehearsal begins with rehearsal-, wanted another name`,
		"person[1].key is the key of a rehearsal, wanted one that was made for this person",
	}
	errs, _ := err.(Errors)
	if len(errs) != len(want) {
		t.Fatalf("as production: %v", err)
	}
	for i, e := range errs {
		if !strings.HasSuffix(e.Error(), want[i]) {
			t.Errorf("as production, error %d is %v, wanted %s", i, e, want[i])
		}
	}
}

// TestErrorsComeTogether wants all errors at once, sorted, each in its place.
func TestErrorsComeTogether(t *testing.T) {
	file := string(valid().Encode())
	edits := []string{
		"usb", "mail", "days = 14", "days = 0", "curve = \"P-384\"", "curve = \"x\"",
		"München", "München\u200b", "format = 1", "format = true",
	}
	edited := strings.NewReplacer(edits...).Replace(file)
	if _, err := Parse([]byte(edited)); len(err.(Errors)) != 1 {
		t.Errorf("an invisible character is not alone: %v", err)
	}
	edited = strings.Replace(edited, "\u200b", "", 1)
	_, err := Parse([]byte(edited))
	lines := strings.Split(edited, "\n")
	var got []string
	for _, e := range err.(Errors) {
		text := []rune(lines[e.Line-1])
		got = append(got, e.Key+" at "+string(text[e.Column-1:e.Column+1]))
	}
	want := []string{"format at tr", "kek.days at 0 ", `key[2].curve at "x`, `transfer.kek at "m`, `transfer.blob at "m`}
	if strings.Join(got, "; ") != strings.Join(want, "; ") {
		t.Errorf("errors are at %q, wanted %q\n%v", got, want, err)
	}
}

// TestManyErrors: a file that is wrong everywhere is refused with a list that
// can be read.
func TestManyErrors(t *testing.T) {
	for what, file := range map[string]string{
		"invisible characters": strings.Repeat("\u200b", MaxBytes/3),
		"unknown tables":       strings.Repeat("[x]\n", MaxBytes/4),
		"bad keys":             strings.Repeat("[[key]]\n", MaxBytes/8),
	} {
		_, err := Parse([]byte(file))
		errs, _ := err.(Errors)
		if len(errs) != maxErrors+1 || !strings.Contains(errs[maxErrors].Message, "more errors") {
			t.Errorf("%s: %d errors, wanted %d and a word that there are more", what, len(errs), maxErrors)
		}
	}
}
