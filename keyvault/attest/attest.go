// Package attest verifies what an Azure Managed HSM attests of a key: that its
// private half is inside an HSM of Marvell, was made there, and cannot leave.
//
// Verify takes an attestation as the vault returned it, VerifyFile takes the
// JSON as Azure writes it; both return findings, one for each check. The
// package is pure: bytes in, findings out. It has no clock but Want.At.
//
// It proves less than it seems. A genuine HSM is not yet the customer's own
// pool: for that, the root certificate of the pool's owner must be pinned
// (Want.OwnerRoot). And only what the HSM signed counts: the JSON Web Key in
// the same file is signed by nobody.
//
// Azure publishes the format by a script alone ("Azure Managed HSM Key
// Attestation", on GitHub). This package differs from it in three points: it
// checks the whole PKCS #1 v1.5 padding and not the last 32 bytes, it pins the
// owner's root, and it binds the attestation to the public key in hand.
package attest

import (
	"crypto/rsa"
	"slices"
	"time"

	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/keyvault"
)

// The checks, in the order of the findings.
const (
	CheckJSON           = "attest.json"              // the file is JSON of the service's form, each member once
	CheckFile           = "attest.file"              // the file is the recorded one
	CheckPresent        = "attest.present"           // there is an attestation
	CheckVersion        = "attest.version"           // its version
	CheckCertificates   = "attest.certificates"      // its certificates are read, and each has its place
	CheckManufacturer   = "attest.manufacturer"      // manufacturer's root, adapter, partition
	CheckOwner          = "attest.owner"             // owner's root, the same partition
	CheckOwnerRoot      = "attest.owner-root"        // the owner's root is the pinned one
	CheckPool           = "attest.pool"              // the owner's root has the vault's name
	CheckDates          = "attest.dates"             // the certificates are valid on the day
	CheckSignature      = "attest.signature"         // the partition signed both halves
	CheckForm           = "attest.form"              // what it signed has the known form
	CheckKind           = "attest.kind"              // it is a key pair of RSA
	CheckPair           = "attest.pair"              // both halves are of one key
	CheckKey            = "attest.key"               // it is the public key in hand
	CheckKID            = "attest.kid"               // it is the key of this name and version
	CheckBeside         = "attest.beside"            // what the file says beside the attestation agrees with it
	CheckNotExtractable = "attest.not-extractable"   // the private half cannot leave the HSM
	CheckSensitive      = "attest.sensitive"         // it cannot be read
	CheckLocal          = "attest.local"             // it was made in this HSM
	CheckNever          = "attest.never-extractable" // it never could leave
	CheckOps            = "attest.ops"               // what the HSM lets it do
)

// Checks lists the ids of all checks, in order.
func Checks() []string {
	return []string{
		CheckJSON, CheckFile, CheckPresent, CheckVersion, CheckCertificates, CheckManufacturer, CheckOwner, CheckOwnerRoot,
		CheckPool, CheckDates, CheckSignature, CheckForm, CheckKind, CheckPair, CheckKey, CheckKID, CheckBeside,
		CheckNotExtractable, CheckSensitive, CheckLocal, CheckNever, CheckOps,
	}
}

// Results of a check, in the words of the transcript.
const (
	Holds      = "holds"
	Fails      = "fails"
	NotChecked = "not checked"
)

// A Finding is the result of one check.
type Finding struct {
	ID      string `json:"id"`
	Found   string `json:"found"`
	Wanted  string `json:"wanted"`
	Result  string `json:"result"`            // Holds, Fails or NotChecked
	Note    bool   `json:"note"`              // people should know; it refuses nothing
	Meaning string `json:"meaning,omitempty"` // what it means and what to do; "" where nothing is to say
}

// Refuses reports whether the finding forbids the use of the key.
func (f Finding) Refuses() bool { return f.Result == Fails && !f.Note }

// Refused reports whether any finding forbids the use of the key. That none
// does says nothing of the checks that were not made: see Missing.
func Refused(findings []Finding) bool { return slices.ContainsFunc(findings, Finding.Refuses) }

// Missing lists the checks that were not made and are no notes.
func Missing(findings []Finding) (ids []string) {
	for _, f := range findings {
		if f.Result == NotChecked && !f.Note {
			ids = append(ids, f.ID)
		}
	}
	return ids
}

// Want is what is known of a key before its attestation is read. What is
// empty is not compared, and the check says so.
type Want struct {
	Kind      keyvault.Kind  // of the vault; only a Managed HSM attests
	Key       *rsa.PublicKey // the public key in hand: the KEK
	KID       string         // its key identifier, with version
	OwnerRoot digest.SHA256  // of the owner's root certificate, as the plan pins it
	Imported  bool           // the key came in a key transfer blob: that it was made elsewhere is a note
	At        time.Time      // the day of the ceremony
	File      digest.SHA256  // of the JSON file, as a log has it

	// RehearsalCA is the certificate authority of a rehearsal vault, PEM. With
	// it no other root is accepted; without it only those of Roots are.
	RehearsalCA []byte
}

// Version is the one version of attestations.
const Version = "MRVL-1"

// Verify makes every check on an attestation as a vault returned it; nil is
// that it returned none. The checks of a file are not among the findings.
func Verify(a *keyvault.Attestation, w Want) []Finding {
	v := &verifier{want: w}
	if v.present(a) {
		v.attestation(a)
	}
	return v.findings
}

// VerifyFile makes every check on a file as Azure writes it.
func VerifyFile(file []byte, w Want) []Finding {
	v := &verifier{want: w}
	f, err := Parse(file)
	if err != nil {
		v.check(CheckJSON, false, err.Error(), wantJSON, "This is no answer of GET …/attestation. Fetch it again: az keyvault key get-attestation.")
		return v.findings
	}
	v.check(CheckJSON, true, "JSON, each member once and known", wantJSON, "")
	v.recorded(file)
	if v.present(f.Attestation) {
		v.beside = &f
		v.attestation(f.Attestation)
	}
	return v.findings
}

// verifier collects findings.
type verifier struct {
	want     Want
	beside   *File // what the file says beside the attestation; nil without a file
	findings []Finding
}

func (v *verifier) check(id string, ok bool, found, wanted, meaning string) {
	f := Finding{ID: id, Found: found, Wanted: wanted, Result: Holds}
	if !ok {
		f.Result, f.Meaning = Fails, meaning
	}
	v.findings = append(v.findings, f)
}

func (v *verifier) skip(id, wanted, why string) {
	v.findings = append(v.findings, Finding{ID: id, Found: "not checked: " + why, Wanted: wanted, Result: NotChecked})
}

// note turns the last finding into a note.
func (v *verifier) note() { v.findings[len(v.findings)-1].Note = true }

func (v *verifier) recorded(file []byte) {
	const wanted = "the file that the record names"
	if v.want.File.IsZero() {
		v.skip(CheckFile, wanted, "no record of it was given")
		v.note()
		return
	}
	is := digest.Of(file)
	v.check(CheckFile, is == v.want.File, "SHA-256 "+is.String(), "SHA-256 "+v.want.File.String(), "The file was changed, or is another one. Use the one from the bundle.")
}

// present says loudly that there is nothing to check.
func (v *verifier) present(a *keyvault.Attestation) bool {
	const wanted = "an attestation of the key by the HSM"
	switch {
	case a != nil:
		v.check(CheckPresent, true, "an attestation", wanted, "")
		return true
	case v.want.Kind == keyvault.KeyVault:
		v.skip(CheckPresent, wanted, "NO ATTESTATION EXISTS. A Key Vault attests no key, Premium neither: only a Managed HSM does")
	default:
		v.skip(CheckPresent, wanted, "the vault returned no attestation of this key")
	}
	return false
}

// attestation makes the checks from CheckVersion on. Nothing is read of what
// is not signed by an HSM of the manufacturer.
func (v *verifier) attestation(a *keyvault.Attestation) {
	v.check(CheckVersion, a.Version == Version, shown(a.Version), Version, "Another version has another form. Only "+Version+" is known.")
	c := v.chain(a.Certificates)
	if c == nil {
		v.skipFrom(CheckSignature, "no certificate of the manufacturer stands behind it")
		return
	}
	if !v.signatures(c.partition, a) {
		v.skipFrom(CheckForm, "it is not signed")
		return
	}
	private, public, ok := v.objects(c.partition, a)
	if !ok {
		v.skipFrom(CheckKind, "what was signed could not be read")
		return
	}
	v.kind(private, public)
	v.pair(private, public)
	v.key(private)
	v.kid(private)
	v.file(private)
	v.attributes(private)
}

// skipFrom skips all checks from id on.
func (v *verifier) skipFrom(id, why string) {
	all := Checks()
	for _, id := range all[slices.Index(all, id):] {
		if id == CheckBeside && v.beside == nil {
			continue
		}
		v.skip(id, "a check", why)
		if id == CheckOps {
			v.note()
		}
	}
}
