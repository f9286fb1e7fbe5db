package steps

import "strings"

// This file has words for what records call by an id. They are for people in
// the room: who audits goes by the id.

// CheckName says in a few words what a check is about, by its id as records
// have it; "" for a check that this version does not know.
func CheckName(id string) string { return checkNames[id] }

// FactName says what a fact is, by its key as records have it; "" for one that
// this version does not know.
func FactName(key string) string {
	base, of, part := strings.Cut(key, "/")
	name := factNames[Key(base)]
	if part && name != "" {
		name += " · " + of
	}
	return name
}

// OnPaper tells whether people have the code of the digest that a check sees,
// or that a fact is.
func OnPaper(id string) bool { return onPaper[id] }

var onPaper = map[string]bool{
	"bundle.plan": true, "bundle.kek": true, "kek.loaded": true, "target.same-public": true,
	string(factKEKSum.Key): true, string(factSheet.Key): true,
}

// factNames are those of facts that are plain values.
var factNames = map[Key]string{
	factRun.Key: "This run of the ceremony", factKID.Key: "Key identifier of the KEK", factKEKSum.Key: "Digest of the KEK",
	factExpires.Key: "When the KEK expires", factAttested.Key: "Digest of the attestation", factOffset.Key: "Seconds that the clock is ahead",
	factSheet.Key: "Head of the sealed log", factWay.Key: "Way of wrapping", factBlob.Key: "Digest of the blob",
	factProof.Key: "Answer of the vault's key", factFate.Key: "What became of the KEK", factCarriedProof.Key: "Proved in the attempt before",
}

var checkNames = map[string]string{
	"plan.code":       "Code of the plan, typed by two",
	"plan.signatures": "Signatures on the plan",
	"plan.window":     "The day is one of the plan's",
	"program.digest":  "The program is a reviewed one",
	"people.quorum":   "Enough people of each role",
	"people.keyboard": "Who is at the keyboard",
	"clock.typed":     "Times that people typed",
	"clock.offset":    "Clock of this machine",
	"clock.agree":     "The two times agree",
	"time.token":      "Time-stamp token",

	"vault.host":    "Address of the vault",
	"vault.cloud":   "Cloud of the vault",
	"vault.tenant":  "Tenant of the vault",
	"vault.account": "Account that signed in",
	"vault.mode":    "Real vault or rehearsal",

	"kek.name-free":         "The KEK's name is free",
	"kek.one-version":       "One version of the KEK",
	"kek.planned":           "The KEK is the planned one",
	"kek.kid":               "Key identifier of the KEK",
	"kek.kty":               "Type of the KEK",
	"kek.size":              "Size of the KEK",
	"kek.ops":               "What the KEK may do",
	"kek.enabled":           "The KEK is enabled",
	"kek.not-exportable":    "The KEK cannot be exported",
	"kek.no-release-policy": "The KEK is released to nobody",
	"kek.expiry":            "When the KEK expires",
	"kek.hsm-platform":      "HSM platform of the vault",
	"kek.origin":            "Where the KEK was made",
	"kek.code":              "Code of the KEK, typed by two",
	"kek.confirm":           "Code of the KEK, typed by two",
	"kek.life":              "Time that the KEK has left",
	"kek.loaded":            "The KEK that the HSM has loaded",
	"kek.trusted":           "The HSM trusts this KEK alone",
	"kek.untrusted":         "The HSM trusts the KEK no more",
	"kek.unchanged":         "The KEK is as it was made",
	"kek.retired":           "The KEK is retired",

	"attest.json":              "Form of the attestation's file",
	"attest.file":              "The recorded attestation",
	"attest.present":           "There is an attestation",
	"attest.version":           "Version of the attestation",
	"attest.certificates":      "Certificates of the attestation",
	"attest.manufacturer":      "Manufacturer of the HSM",
	"attest.owner":             "Owner of the HSM",
	"attest.owner-root":        "Root of the owner",
	"attest.pool":              "The pool is the vault's",
	"attest.dates":             "Dates of the certificates",
	"attest.signature":         "Signature of the attestation",
	"attest.form":              "Form of what the HSM signed",
	"attest.kind":              "Kind of the attested key",
	"attest.pair":              "Both halves are of one key",
	"attest.key":               "The attested key is this one",
	"attest.kid":               "Name of the attested key",
	"attest.beside":            "What the file says beside it",
	"attest.not-extractable":   "The private half cannot leave",
	"attest.sensitive":         "The private half cannot be read",
	"attest.local":             "Made in the vault's HSM",
	"attest.never-extractable": "The private half never could leave",
	"attest.ops":               "What the HSM lets the key do",

	"auditlog.form":         "Audit log of the vault",
	"auditlog.create":       "The KEK's creation in that log",
	"auditlog.not-imported": "No import under the KEK's name",

	"transfer.way":   "Way across the gap",
	"transfer.words": "Words read off the other screen",
	"medium.fresh":   "Nothing else on the medium",
	"bundle.plan":    "Plan that the bundle names",
	"bundle.log":     "Log in the bundle",
	"bundle.seal":    "Signatures on the seal",
	"bundle.files":   "Files as they were sealed",
	"bundle.head":    "Head of the sealed log",
	"bundle.run":     "The bundle is of this ceremony",
	"bundle.foreign": "Nothing else on the medium",
	"bundle.kek":     "The KEK in the bundle",
	"bundle.keys":    "A blob of every key",
	"bundle.lint":    "Form of the blobs",

	"machine.network":    "No network",
	"machine.swap":       "No swap",
	"machine.core-dumps": "No core dumps",

	"hsm.module":            "PKCS#11 library of the HSM",
	"hsm.label-serial":      "Serial number on the device",
	"hsm.serial":            "Serial number of the token",
	"hsm.can-wrap":          "The HSM wraps as Azure needs it",
	"hsm.exact-wrap":        "Nothing is behind a wrapped key",
	"hsm.refuses-untrusted": "No wrap under an untrusted KEK",
	"hsm.clean":             "Nothing is left in the HSM",

	"target.label-free":         "The label is free",
	"target.local":              "Made in this HSM",
	"target.always-sensitive":   "Could never be read",
	"target.planned":            "The key is the planned one",
	"target.not-wrapped-before": "Not wrapped before",
	"target.type":               "Type of the key",
	"target.extractable":        "The key can be wrapped",
	"target.sensitive":          "The key cannot be read",
	"target.trusted":            "Only under a trusted KEK",
	"target.hsm-holds":          "The HSM has the private half",
	"target.provable":           "The vault can prove the key",
	"target.closed":             "The key can leave no more",
	"target.blob":               "The blob that was received",
	"target.name-free":          "The name in the vault is free",
	"target.one-version":        "One version in the vault",
	"target.same-public":        "Public half in vault and HSM",
	"target.kty":                "Type in the vault",
	"target.ops":                "What the key may do",
	"target.enabled":            "The key is enabled",
	"target.not-exportable":     "The key cannot be exported",
	"target.no-release-policy":  "The key is released to nobody",
	"target.proof":              "Answer of the vault's key",
	"target.proof-available":    "The vault gives an answer",
	"target.code":               "Codes from the HSM room",

	"blob.lint":       "Form of the blob",
	"blob.json":       "One JSON object",
	"blob.members":    "Members of the object",
	"blob.schema":     "Version of the schema",
	"blob.alg":        "Algorithm",
	"blob.enc":        "Encryption",
	"blob.kid":        "Key identifier",
	"blob.kek":        "The KEK that it names",
	"blob.ciphertext": "Ciphertext",
	"blob.length":     "Length of the ciphertext",
	"blob.generator":  "What made it",
}
