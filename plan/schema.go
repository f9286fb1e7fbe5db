package plan

import (
	"reflect"
	"strconv"
	"strings"
)

// A table describes one table of the file. The descriptions are the only
// list of what a plan may hold: Parse, Encode, the checks of missing keys and
// what a Draft asks of people follow them, and a test holds them against the
// types.
type table struct {
	name     string // "" is the top of the file
	title    string // for people
	one      string // what one row is, for people; of many alone
	many     bool   // [[name]] instead of [name]
	required bool
	doc      string // comment before the table
	fields   []field
}

// A field describes one key of a table.
type field struct {
	name     string
	label    string // for people
	kind     InputKind
	required bool
	doc      string // comment beside the key

	choose func(view) []string // what may be chosen
	idle   func(view) bool     // tells that the key has no meaning beside the others
	needed bool                // required wherever it is not idle
	start  string              // value in a new row

	example string // what such a value looks like
}

var schema = []table{
	{name: "", title: "Ceremony", required: true, doc: topDoc, fields: []field{
		{name: "format", label: "Format", kind: KindChoice, required: true, doc: "version of this file's format", choose: words(strconv.Itoa(Format))},
		{name: "id", label: "Id", kind: KindText, required: true, doc: "3 to 40 of a-z 0-9 -; in every record and signature", example: "contoso-2030-01"},
		{name: "name", label: "Name", kind: KindText, required: true, doc: "for people", example: "Wrapping keys of the payment service"},
		{name: "rehearsal", label: "Rehearsal", kind: KindYesNo, required: true, doc: "true: no production check accepts the result"},
	}},
	{name: "program", title: "Programs", required: true, doc: "The programs that may run this ceremony: `ceremony version` prints the digest.", fields: []field{
		{name: "sha256", label: "SHA-256 of the programs", kind: KindDigests, required: true, doc: "one per build and system", example: "64 lower-case hex digits"},
	}},
	{name: "vault", title: "Vault", required: true, doc: vaultDoc, fields: []field{
		{name: "url", label: "URL", kind: KindText, required: true, doc: "no path, no port", example: "https://NAME.vault.azure.net"},
		{name: "cloud", label: "Cloud", kind: KindChoice, required: true, doc: "public, usgov or china", choose: cloudsOf},
		{name: "tenant", label: "Tenant", kind: KindText, required: true, doc: "GUID of the Entra tenant", example: "00000000-0000-0000-0000-000000000000"},
		{name: "api", label: "API version", kind: KindChoice, doc: "version of the service's API", choose: words(apis...)},
		{name: "owner_root", label: "Owner's root", kind: KindDigest, doc: "Managed HSM: SHA-256 of its owner's root certificate, as ceremony inspect shows it", idle: view.keyVault, example: "64 lower-case hex digits"},
		{name: "authority", label: "Authority", kind: KindText, doc: "rehearsal only: token endpoint", idle: view.realVault, needed: true, example: "https://127.0.0.1:8443"},
		{name: "ca", label: "Certificate authority", kind: KindBlock, doc: "rehearsal only: certificate authority of the vault", idle: view.realVault, needed: true, example: "-----BEGIN CERTIFICATE-----"},
		{name: "purge", label: "Purge the KEK", kind: KindYesNo, doc: "purge the KEK afterwards where the vault allows it"},
	}},
	{name: "kek", title: "KEK", required: true, doc: "The Key Exchange Key: made in the vault, used for this ceremony only.", fields: []field{
		{name: "name", label: "Name in the vault", kind: KindText, required: true, doc: "1 to 127 of 0-9 A-Z a-z -", example: "contoso-2030-01-kek"},
		{name: "bits", label: "Bits", kind: KindChoice, required: true, doc: "2048, 3072 or 4096", choose: words("2048", "3072", "4096")},
		{name: "days", label: "Days until it expires", kind: KindNumber, required: true, doc: "life until expiry, 1 to 90", example: "14"},
		{name: "use", label: "Existing KEK", kind: KindText, doc: "kid with version of a KEK that exists, instead of a new one", example: "https://NAME.vault.azure.net/keys/KEK/VERSION"},
	}},
	{name: "hsm", title: "HSM", required: true, doc: "The HSM in which the target keys are.", fields: []field{
		{name: "module", label: "PKCS#11 module", kind: KindText, required: true, doc: "PKCS#11 library on the offline machine", example: "/usr/lib/softhsm/libsofthsm2.so"},
		{name: "module_sha256", label: "SHA-256 of the module", kind: KindDigest, required: true, doc: "digest of that library", example: "64 lower-case hex digits"},
		{name: "serial", label: "Serial number", kind: KindText, required: true, doc: "of the token; people type it from the label", example: "0123456789abcdef"},
		{name: "seal_key", label: "Seal key", kind: KindPublicKey, required: true, doc: "OpenSSH public key of the HSM's seal key, or none", example: "none"},
		{name: "seal_key_label", label: "Label of the seal key", kind: KindText, doc: "CKA_LABEL of the seal key", idle: view.noSealKey, needed: true, example: "seal 2030"},
		{name: "trusted", label: "Trusted KEK only", kind: KindYesNo, doc: "wrap only under a KEK that the SO marked as trusted"},
	}},
	{name: "key", title: "Target keys", one: "Target key", many: true, required: true, doc: "The target keys.", fields: []field{
		{name: "name", label: "Name in the vault", kind: KindText, required: true, doc: "in the vault", example: "payments-2030"},
		{name: "type", label: "Type", kind: KindChoice, required: true, doc: "RSA, EC or AES", choose: words("RSA", "EC", "AES"), start: "RSA"},
		{name: "size", label: "Bits", kind: KindChoice, doc: "bits: RSA 2048, 3072, 4096; AES 128, 192, 256", choose: sizesOf, idle: view.isEC, needed: true, start: "3072"},
		{name: "curve", label: "Curve", kind: KindChoice, doc: "EC: P-256, P-384, P-521 or P-256K", choose: words(curves...), idle: view.noCurve, needed: true},
		{name: "ops", label: "Operations", kind: KindList, required: true, doc: "what the vault may do with it", choose: opsFor},
		{name: "label", label: "Label in the HSM", kind: KindText, required: true, doc: "CKA_LABEL in the HSM", example: "payments 2030"},
		{name: "source", label: "Source", kind: KindChoice, required: true, doc: "generate: made in the ceremony; select: is there already", choose: words(Generate, Select), start: Generate},
		{name: "id", label: "Id in the HSM", kind: KindText, doc: "select: CKA_ID in hex", idle: view.notSelected, needed: true, example: "0a0b"},
		{name: "public", label: "Public key", kind: KindBlock, doc: "select: public half (RSA, EC)", idle: view.noPublic, needed: true, example: "-----BEGIN PUBLIC KEY-----"},
		{name: "rotate", label: "Rotates", kind: KindText, doc: "kid with version that is the latest now; empty: the name is free", example: "https://NAME.vault.azure.net/keys/KEY/VERSION"},
		{name: "close", label: "Afterwards", kind: KindChoice, doc: "afterwards in the HSM: unextractable, keep or destroy", choose: words(Unextractable, Keep, Destroy), start: Unextractable},
	}},
	{name: "person", title: "People", one: "Person", many: true, required: true, doc: peopleDoc, fields: []field{
		{name: "id", label: "Id", kind: KindText, required: true, doc: "2 to 16 of a-z 0-9", example: "ada"},
		{name: "name", label: "Name", kind: KindText, required: true, doc: "as in the identity document", example: "Ada Lovelace"},
		{name: "role", label: "Role", kind: KindChoice, required: true, doc: strings.Join(Roles, ", "), choose: words(Roles...)},
		{name: "kept", label: "How the key is kept", kind: KindChoice, required: true, doc: "card, fido, laptop or file", choose: words(Card, FIDO, Laptop, File), start: Card},
		{name: "key", label: "Public key", kind: KindPublicKey, required: true, doc: "OpenSSH public key", example: "ssh-ed25519 AAAA… ada"},
		{name: "key_offline", label: "Public key, offline machine", kind: KindPublicKey, doc: "kept = \"file\": the separate key for the offline machine", idle: view.noOfflineKey, needed: true, example: "ssh-ed25519 AAAA… ada, offline"},
	}},
	{name: "quorum", title: "Quorum", required: true, doc: "How many of each role, at the least, sign in at every stage and sign every seal.", fields: []field{
		{name: "operators", label: "Operators", kind: KindNumber, required: true, doc: "at least 2", example: "2"},
		{name: "crypto_officers", label: "Crypto officers", kind: KindNumber, required: true, doc: "at least 1", example: "1"},
		{name: "internal_witnesses", label: "Internal witnesses", kind: KindNumber, required: true, doc: "at least 1", example: "1"},
		{name: "external_witnesses", label: "External witnesses", kind: KindNumber, example: "0"},
	}},
	{name: "transfer", title: "Transfer", required: true, doc: "How files cross the gap.", fields: []field{
		{name: "kek", label: "KEK", kind: KindChoice, required: true, doc: "to the HSM room: usb or qr", choose: words(media...)},
		{name: "blob", label: "Key transfer blobs", kind: KindChoice, required: true, doc: "from the HSM room: usb or qr", choose: words(media...)},
	}},
	{name: "evidence", title: "Evidence", required: true, doc: evidenceDoc, fields: []field{
		{name: "attestation", label: "Key attestation", kind: KindChoice, required: true, doc: "what a Managed HSM attests of the KEK; a Key Vault attests nothing: none", choose: words(wishes...)},
		{name: "audit_log", label: "Audit log", kind: KindChoice, required: true, doc: "KeyCreate of the KEK in the vault's diagnostic log, and no KeyImport; nobody signs that log", choose: words(wishes...)},
	}},
	{name: "time", title: "Time", required: true, doc: "The ceremony is held between these two moments.", fields: []field{
		{name: "not_before", label: "Not before", kind: KindTime, required: true, example: "2030-01-07T08:00:00Z"},
		{name: "not_after", label: "Not after", kind: KindTime, required: true, example: "2030-01-14T18:00:00Z"},
		{name: "authority", label: "Time-stamp authority", kind: KindText, doc: "address of a time-stamp authority (RFC 3161); without one, times are only claimed", example: "http://timestamp.example.com"},
		{name: "authority_root", label: "Authority's root", kind: KindBlock, doc: "root certificate of the authority, PEM", idle: view.noTimeAuthority, needed: true, example: "-----BEGIN CERTIFICATE-----"},
	}},
	{name: "workload", title: "Workloads", one: "Workload", many: true, doc: "What uses the new keys afterwards. The command is shown; the program never runs it.", fields: []field{
		{name: "name", label: "Name", kind: KindText, required: true, example: "payments database"},
		{name: "key", label: "Target key", kind: KindChoice, required: true, doc: "name of a target key", choose: keyNamesOf},
		{name: "kind", label: "Kind", kind: KindChoice, required: true, doc: "aks, mysql, storage, sql or other", choose: words(WorkloadKinds...)},
		{name: "command", label: "Command", kind: KindText, example: "az sql server tde-key set …"},
	}},
}

const topDoc = `Plan of a key ceremony.
Every decision is made here, before the day; the people named below sign it.
On the day two of them type its code: ` + "`ceremony plan check`" + ` prints it.`

const vaultDoc = `The vault that receives the keys. The URL of a Managed HSM is https://NAME.managedhsm.azure.net,
and it has one key more here: owner_root = "SHA-256 of the certificate of its owner's root".
Without it an attestation proves a genuine HSM, and not that it is yours.`

const evidenceDoc = `Which evidence must be there that the vault made the KEK. What is missing stops if it is
required, needs an exception if it is wanted, and is recorded if it is none; it stands on
the transcript's first page in any case. Evidence that is there and wrong always stops.`

const peopleDoc = `The people. One person is one key, and kept says how it is kept:
card, fido and laptop are in one person's hand; a key file is not, and the
transcript's first page says so.`

// find returns the description of a table.
func find(name string) *table {
	for i := range schema {
		if schema[i].name == name {
			return &schema[i]
		}
	}
	return nil
}

// field returns the description of a key.
func (t *table) field(name string) *field {
	for i := range t.fields {
		if t.fields[i].name == name {
			return &t.fields[i]
		}
	}
	return nil
}

// names lists the keys of a table.
func (t *table) names() string {
	names := make([]string, len(t.fields))
	for i, f := range t.fields {
		names[i] = f.name
	}
	return strings.Join(names, ", ")
}

// member returns the struct field with this toml tag.
func member(s reflect.Value, name string) reflect.Value {
	for i := range s.NumField() {
		if s.Type().Field(i).Tag.Get("toml") == name {
			return s.Field(i)
		}
	}
	panic("plan: internal error: no field " + name)
}
