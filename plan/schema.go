package plan

import (
	"reflect"
	"strings"
)

// A table describes one table of the file. The descriptions are the only
// list of what a plan may hold: Parse, Encode and the checks of missing keys
// follow them, and a test holds them against the types.
type table struct {
	name     string // "" is the top of the file
	many     bool   // [[name]] instead of [name]
	required bool
	doc      string // comment before the table
	fields   []field
}

// A field describes one key of a table.
type field struct {
	name     string
	required bool
	block    bool   // text of several lines
	doc      string // comment beside the key
}

var schema = []table{
	{name: "", required: true, doc: topDoc, fields: []field{
		{name: "format", required: true, doc: "version of this file's format"},
		{name: "id", required: true, doc: "3 to 40 of a-z 0-9 -; in every record and signature"},
		{name: "name", required: true, doc: "for people"},
		{name: "rehearsal", required: true, doc: "true: no production check accepts the result"},
	}},
	{name: "program", required: true, doc: "The programs that may run this ceremony: `ceremony version` prints the digest.", fields: []field{
		{name: "sha256", required: true, doc: "one per build and system"},
	}},
	{name: "vault", required: true, doc: "The vault that receives the keys.", fields: []field{
		{name: "url", required: true, doc: "no path, no port"},
		{name: "cloud", required: true, doc: "public, usgov or china"},
		{name: "tenant", required: true, doc: "GUID of the Entra tenant"},
		{name: "api", doc: "version of the service's API"},
		{name: "owner_root", doc: "Managed HSM: SHA-256 of the owner's root certificate"},
		{name: "authority", doc: "rehearsal only: token endpoint"},
		{name: "ca", block: true, doc: "rehearsal only: certificate authority of the vault"},
		{name: "purge", doc: "purge the KEK afterwards where the vault allows it"},
	}},
	{name: "kek", required: true, doc: "The Key Exchange Key: made in the vault, used for this ceremony only.", fields: []field{
		{name: "name", required: true, doc: "1 to 127 of 0-9 A-Z a-z -"},
		{name: "bits", required: true, doc: "2048, 3072 or 4096"},
		{name: "days", required: true, doc: "life until expiry, 1 to 90"},
		{name: "use", doc: "kid with version of a KEK that exists, instead of a new one"},
	}},
	{name: "hsm", required: true, doc: "The HSM in which the target keys are.", fields: []field{
		{name: "module", required: true, doc: "PKCS#11 library on the offline machine"},
		{name: "module_sha256", required: true, doc: "digest of that library"},
		{name: "serial", required: true, doc: "of the token; people type it from the label"},
		{name: "seal_key", required: true, doc: "OpenSSH public key of the HSM's seal key, or none"},
		{name: "seal_key_label", doc: "CKA_LABEL of the seal key"},
		{name: "trusted", doc: "wrap only under a KEK that the SO marked as trusted"},
	}},
	{name: "key", many: true, required: true, doc: "The target keys.", fields: []field{
		{name: "name", required: true, doc: "in the vault"},
		{name: "type", required: true, doc: "RSA, EC or AES"},
		{name: "size", doc: "bits: RSA 2048, 3072, 4096; AES 128, 192, 256"},
		{name: "curve", doc: "EC: P-256, P-384, P-521 or P-256K"},
		{name: "ops", required: true, doc: "what the vault may do with it"},
		{name: "label", required: true, doc: "CKA_LABEL in the HSM"},
		{name: "source", required: true, doc: "generate: made in the ceremony; select: is there already"},
		{name: "id", doc: "select: CKA_ID in hex"},
		{name: "public", block: true, doc: "select: public half (RSA, EC)"},
		{name: "rotate", doc: "kid with version that is the latest now; empty: the name is free"},
		{name: "close", doc: "afterwards in the HSM: unextractable, keep or destroy"},
	}},
	{name: "person", many: true, required: true, doc: peopleDoc, fields: []field{
		{name: "id", required: true, doc: "2 to 16 of a-z 0-9"},
		{name: "name", required: true, doc: "as in the identity document"},
		{name: "role", required: true, doc: strings.Join(Roles, ", ")},
		{name: "kept", required: true, doc: "card, fido, laptop or file"},
		{name: "key", required: true, doc: "OpenSSH public key"},
		{name: "key_offline", doc: "kept = \"file\": the separate key for the offline machine"},
	}},
	{name: "quorum", required: true, doc: "How many of each role, at the least, sign in at every stage and sign every seal.", fields: []field{
		{name: "operators", required: true, doc: "at least 2"},
		{name: "crypto_officers", required: true, doc: "at least 1"},
		{name: "internal_witnesses", required: true, doc: "at least 1"},
		{name: "external_witnesses"},
	}},
	{name: "transfer", required: true, doc: "How files cross the gap.", fields: []field{
		{name: "kek", required: true, doc: "to the HSM room: usb"},
		{name: "blob", required: true, doc: "from the HSM room: usb"},
	}},
	{name: "evidence", required: true, doc: "Which evidence must be there that the vault made the KEK: required, wanted or none.", fields: []field{
		{name: "attestation", required: true, doc: "Managed HSM only; a Key Vault has none"},
		{name: "audit_log", required: true, doc: "record of the key's creation in the vault's audit log"},
	}},
	{name: "time", required: true, doc: "The ceremony is held between these two moments.", fields: []field{
		{name: "not_before", required: true},
		{name: "not_after", required: true},
	}},
	{name: "workload", many: true, doc: "What uses the new keys afterwards. The command is shown; the program never runs it.", fields: []field{
		{name: "name", required: true},
		{name: "key", required: true, doc: "name of a target key"},
		{name: "kind", required: true, doc: "aks, mysql, storage, sql or other"},
		{name: "command"},
	}},
}

const topDoc = `Plan of a key ceremony.
Every decision is made here, before the day; the people named below sign it.
On the day two of them type its code: ` + "`ceremony plan check`" + ` prints it.`

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
