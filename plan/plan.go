// Package plan reads the reviewed file in which every decision of a ceremony
// is made before the day: the plan.
//
// Parse is strict about everything: the spelling of every key, the value of
// every field, characters that a reader cannot see. What it refuses it
// explains with line and column. A *Plan that Parse returned is valid.
package plan

import (
	"strconv"
	"time"

	"github.com/keyceremony/ceremony/byok"
	"github.com/keyceremony/ceremony/digest"
)

// Format is the version of the plan's format that this program writes.
const Format = 1

// A Plan is every decision of one ceremony.
type Plan struct {
	Format    int        `toml:"format"`
	ID        string     `toml:"id"`        // lower-case letters, digits, hyphens; 3 to 40
	Name      string     `toml:"name"`      // for people
	Rehearsal bool       `toml:"rehearsal"` // never true in production
	Program   Program    `toml:"program"`
	Vault     Vault      `toml:"vault"`
	KEK       KEK        `toml:"kek"`
	HSM       HSM        `toml:"hsm"`
	Keys      []Key      `toml:"key"`
	People    []Person   `toml:"person"`
	Quorum    Quorum     `toml:"quorum"`
	Transfer  Transfer   `toml:"transfer"`
	Evidence  Evidence   `toml:"evidence"`
	Time      Time       `toml:"time"`
	Workloads []Workload `toml:"workload"`
	file      []byte     // the bytes that were parsed
}

// Program pins the programs that may run the ceremony.
type Program struct {
	SHA256 []digest.SHA256 `toml:"sha256"` // one per build and system; at least one
}

// Vault names the Key Vault or Managed HSM.
type Vault struct {
	URL       string `toml:"url"`        // https://NAME.vault.azure.net, no path
	Cloud     string `toml:"cloud"`      // public, usgov, china; rehearsal only in a rehearsal
	Tenant    string `toml:"tenant"`     // GUID
	API       string `toml:"api"`        // default 7.6
	OwnerRoot string `toml:"owner_root"` // SHA-256 of the Managed HSM owner's root certificate; "" = not pinned
	Authority string `toml:"authority"`  // rehearsal only: https://HOST[:PORT] of its token endpoint
	CA        string `toml:"ca"`         // rehearsal only: PEM of its certificate authority
	Purge     bool   `toml:"purge"`      // purge the KEK at kek.retire where the vault allows it
}

// KEK describes the Key Exchange Key.
type KEK struct {
	Name string `toml:"name"` // 1 to 127 of 0-9 A-Z a-z -
	Bits int    `toml:"bits"` // 2048, 3072, 4096
	Days int    `toml:"days"` // life until expiry, 1 to 90
	Use  string `toml:"use"`  // kid with version of an existing KEK, instead of creating one
}

// HSM names the token.
type HSM struct {
	Module       string        `toml:"module"` // path of the PKCS#11 library
	ModuleSHA256 digest.SHA256 `toml:"module_sha256"`
	Serial       string        `toml:"serial"`
	SealKey      string        `toml:"seal_key"` // "none", or an OpenSSH public key
	SealKeyLabel string        `toml:"seal_key_label"`
	Trusted      bool          `toml:"trusted"` // wrap only under a KEK that the SO marked as trusted
}

// A Key is one target key.
type Key struct {
	Name   string   `toml:"name"`   // in the vault: 1 to 127 of 0-9 A-Z a-z -
	Type   string   `toml:"type"`   // RSA, EC, AES
	Size   int      `toml:"size"`   // RSA, AES: bits
	Curve  string   `toml:"curve"`  // EC: P-256, P-384, P-521, P-256K
	Ops    []string `toml:"ops"`    // what the vault may do with it
	Label  string   `toml:"label"`  // CKA_LABEL in the HSM
	Source string   `toml:"source"` // generate, select
	ID     string   `toml:"id"`     // select: CKA_ID in hex
	Public string   `toml:"public"` // select, RSA and EC: SPKI PEM of the key
	Rotate string   `toml:"rotate"` // "" = the name is free; or the kid with version that is the latest now
	Close  string   `toml:"close"`  // unextractable (default for generate), keep (default for select), destroy
}

// A Person takes part in the ceremony.
type Person struct {
	ID         string `toml:"id"` // lower-case letters and digits; 2 to 16
	Name       string `toml:"name"`
	Role       string `toml:"role"`        // one of the Roles
	Key        string `toml:"key"`         // OpenSSH public key, one line
	KeyOffline string `toml:"key_offline"` // kept = file: the separate key for the offline machine
	Kept       string `toml:"kept"`        // card, fido, laptop, file
}

// The roles of a ceremony.
const (
	Administrator   = "ceremony administrator"
	Operator        = "operator"
	CryptoOfficer   = "crypto officer"
	InternalWitness = "internal witness"
	ExternalWitness = "external witness"
	Auditor         = "auditor"
)

// Roles lists the roles as a plan spells them.
var Roles = []string{Administrator, Operator, CryptoOfficer, InternalWitness, ExternalWitness, Auditor}

// Quorum is the least number of each role that must sign in at every stage
// and sign every seal.
type Quorum struct {
	Operators         int `toml:"operators"`          // at least 2
	CryptoOfficers    int `toml:"crypto_officers"`    // at least 1 wherever the HSM is used
	InternalWitnesses int `toml:"internal_witnesses"` // at least 1
	ExternalWitnesses int `toml:"external_witnesses"`
}

// Transfer says how files cross the gap.
type Transfer struct {
	KEK  string `toml:"kek"`  // usb, qr
	Blob string `toml:"blob"` // usb, qr
}

// How files cross the gap: on a medium, or as codes from screen to camera.
const (
	USB = "usb"
	QR  = "qr"
)

// Evidence says which evidence of the KEK's origin the ceremony requires.
type Evidence struct {
	Attestation string `toml:"attestation"` // required, wanted, none
	AuditLog    string `toml:"audit_log"`   // required, wanted, none
}

// Time bounds the ceremony.
type Time struct {
	NotBefore time.Time `toml:"not_before"`
	NotAfter  time.Time `toml:"not_after"`
	Authority string    `toml:"authority"`      // address of a time-stamp authority (RFC 3161), http or https; "" for none
	Root      string    `toml:"authority_root"` // PEM of the certificate from which its certificates descend
}

// A Workload is pointed to the new key after the import.
type Workload struct {
	Name    string `toml:"name"`
	Key     string `toml:"key"`     // name of a Key
	Kind    string `toml:"kind"`    // aks, mysql, storage, sql, other
	Command string `toml:"command"` // shown; never run by this program
}

// Bytes returns the file that was parsed.
func (p *Plan) Bytes() []byte { return p.file }

// SHA256 returns the plan's digest; its code is typed at ceremony.open.
func (p *Plan) SHA256() digest.SHA256 { return digest.Of(p.file) }

// KeyType returns the type of a target key.
func (k Key) KeyType() byok.KeyType {
	switch k.Type {
	case "EC":
		return byok.KeyType(k.Curve)
	default:
		return byok.KeyType(k.Type + "-" + strconv.Itoa(k.Size))
	}
}
