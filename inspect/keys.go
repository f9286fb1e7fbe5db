package inspect

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/keyceremony/ceremony/byok"
	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/keyvault"
	"github.com/keyceremony/ceremony/keyvault/attest"
)

// pem reads a public key, or names what the block is.
func (s *subject) pem() {
	const wanted = "one SubjectPublicKeyInfo in PEM"
	if bytes.Contains(s.file, []byte("PRIVATE KEY-----")) {
		s.is("A PRIVATE KEY")
		s.check("pem.public", false, "a private key", wanted, "A private key lies here in a file. Treat it as disclosed unless this is its only place, and keep it off this machine.")
		s.Azure = "It takes a key in the clear only as a software key (kty RSA, EC), and refuses it for kty RSA-HSM or EC-HSM."
		s.Do = "Delete the file in a way that suits a secret. A target key belongs into an HSM, and leaves it wrapped alone."
		return
	}
	if bytes.Contains(s.file, []byte("-----BEGIN CERTIFICATE-----")) {
		s.is("a certificate")
		s.check("pem.public", false, "a certificate", wanted, "A KEK comes as a public key alone: az keyvault key download --encoding PEM.")
		return
	}
	s.is("a public key")
	pub, err := byok.ParsePublicKey(s.file)
	if err != nil {
		s.check("pem.public", false, err.Error(), wanted, "Fetch it again: az keyvault key download --encoding PEM. Do not repair it by hand.")
		return
	}
	s.check("pem.public", true, string(pub.Type()), wanted, "")
	s.fingerprint(pub.SHA256())
	kek, err := byok.ParseKEK(s.file)
	if err != nil {
		s.skip("pem.kek", "a key that can be a KEK", "it is none: "+err.Error())
		s.Checks[len(s.Checks)-1].Note = true
		return
	}
	s.is(fmt.Sprintf("a public key that can be a KEK (RSA-%d)", kek.Bits()))
	s.givenKEK(kek)
	s.Do = "Compare the code with the one that the vault's own side gave, by another way. Nothing in this file says whose key it is."
}

func (s *subject) fingerprint(d digest.SHA256) {
	s.line("code", d.Code())
	s.line("words", strings.Join(d.Words(), " "))
	s.line("SHA-256", d.Groups())
}

func (s *subject) givenKEK(kek *byok.KEK) {
	if s.KEK == nil {
		s.skip("pem.kek", "the KEK", "no KEK was given to compare it with (--kek)")
		return
	}
	s.check("pem.kek", kek.Equal(s.KEK), kek.SHA256().Code(), s.KEK.SHA256().Code(),
		"It is another key than the KEK that was given. One of them was exchanged, or is an older version.")
}

// attestation hands the file to the package that knows it.
func (s *subject) attestation() {
	s.is("a Managed HSM's attestation of a key")
	w := attest.Want{At: s.At, KID: s.KID}
	if s.KEK != nil {
		w.Key = s.KEK.RSA()
	}
	f, err := attest.Parse(s.file)
	if w.Kind = s.vaultOf(f.KID); w.Kind == keyvault.KeyVault {
		s.is("a key as a Key Vault shows it")
	}
	w.Imported = err == nil && s.KEK == nil && !slices.Equal(f.Ops, []string{"import"})
	if p := s.Plan; p != nil {
		w.OwnerRoot, _ = digest.Parse(p.Vault.OwnerRoot) // zero where it is empty
		if p.Rehearsal {
			w.RehearsalCA = []byte(p.Vault.CA)
		}
		if kid, err := byok.ParseKID(f.KID); err == nil && w.KID == "" && kid.Host == p.Vault.Host() && kid.Name == p.KEK.Name {
			w.KID = f.KID // the version is that of the file, and the HSM's word decides
		}
	}
	if f.KID != "" {
		s.line("kid, as the file says", f.KID)
	}
	findings := attest.VerifyFile(s.file, w)
	for _, f := range findings {
		s.Checks = append(s.Checks, Check(f))
		s.moved = s.moved || f.ID == attest.CheckLocal && f.Result == attest.Fails
	}
	for _, r := range attest.Roots() {
		s.line("accepted root", r.Name+", SHA-256 "+r.SHA256.String())
	}
	s.Azure = "Nothing: it made this file, and whoever relies on the key checks it."
	s.attestationDo(findings)
}

// vaultOf tells the kind of vault by a kid's host, else by the plan.
func (s *subject) vaultOf(kid string) keyvault.Kind {
	id, err := byok.ParseKID(kid)
	if err != nil {
		id, err = byok.ParseKID(s.KID)
	}
	switch {
	case err == nil && strings.Contains(id.Host, ".vault."), err != nil && s.Plan != nil && !s.Plan.Vault.ManagedHSM():
		return keyvault.KeyVault
	}
	return keyvault.ManagedHSM
}

func (s *subject) attestationDo(findings []attest.Finding) {
	missing := attest.Missing(findings)
	switch {
	case slices.Contains(missing, attest.CheckPresent) && s.What == "a key as a Key Vault shows it":
		s.Do = noAttestation
	case attest.Refused(findings):
		s.Do = "Do not use the key. Fetch the attestation again; if it is refused again, stop and find out why."
	case len(missing) > 0:
		s.Do = "It is not refused, and it does not prove the KEK before these are checked too: " + strings.Join(missing, ", ") + ". Give --kek, --kid and --plan."
	}
}

// auditLog hands the file to the package that knows it.
func (s *subject) auditLog() {
	s.is("a Key Vault's audit log")
	for _, f := range attest.VerifyLog(s.file, s.KID) {
		s.Checks = append(s.Checks, Check(f))
	}
	s.Azure = "Nothing: it wrote this log, and signed none of it."
	s.Do = "Let somebody else than who made the KEK fetch it. It is the best that there is for a Key Vault, which attests no key."
	if s.KID == "" {
		s.Do = "Give --kid, the KEK's identifier with its version."
	}
}

// noAttestation is what is left to do with a key of a Key Vault.
const noAttestation = "Nothing proves that the vault made this key. What there is: the codes that two operators got by their own ways, and the KeyCreate in the vault's audit log, which nobody signs: ceremony inspect LOG --kid KID."

// keyBundle is a key as a vault or the Azure CLI shows it, read loosely.
type keyBundle struct {
	Key struct {
		KID     string         `json:"kid"`
		Kty     string         `json:"kty"`
		Crv     string         `json:"crv"`
		Ops     []string       `json:"key_ops"`
		OurOps  []string       `json:"ops"` // kek.json of a ceremony
		CLIOps  []string       `json:"keyOps"`
		Private jsontext.Value `json:"d"`
		Octets  jsontext.Value `json:"k"`
		T       jsontext.Value `json:"key_hsm"`
	} `json:"key"`
	Attributes struct {
		Exportable bool `json:"exportable"`
	} `json:"attributes"`
	Error *struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	} `json:"error"`
}

func (b *keyBundle) ops() []string { return slices.Concat(b.Key.Ops, b.Key.CLIOps, b.Key.OurOps) }

// secret tells whether the key stands there in the clear.
func (b *keyBundle) secret() bool { return isText(b.Key.Private) || isText(b.Key.Octets) }

func isText(v jsontext.Value) bool { return len(v) > 2 && v[0] == '"' }

func (s *subject) isJSON() bool {
	trimmed := bytes.TrimSpace(s.file)
	return len(trimmed) > 1 && trimmed[0] == '{' && jsontext.Value(trimmed).IsValid()
}

// json reads what a vault answers: a key, or an error.
func (s *subject) json() {
	var b keyBundle
	if err := json.Unmarshal(s.file, &b); err != nil {
		s.unknown()
		return
	}
	if b.Key.Kty == "" && b.Error == nil { // a bare JSON Web Key
		_ = json.Unmarshal(s.file, &b.Key) // what is not there stays empty
	}
	switch {
	case b.Error != nil:
		s.is("an error that Azure answered")
		s.line("code", b.Error.Code)
		s.line("message", b.Error.Message)
		s.check("azure.answer", false, b.Error.Code, "a key", "The request was refused. See the known problems, if any is named.")
		s.Azure = "This is its answer."
	case b.Key.Kty != "":
		s.bundle = &b
		s.shownKey()
	default:
		s.unknown()
	}
}

// unattested says of a KEK that its description proves nothing of its origin:
// loudly where the vault attests none at all.
func (s *subject) unattested(kid string) {
	kind := s.vaultOf(kid)
	for _, f := range attest.Verify(nil, attest.Want{Kind: kind}) {
		s.Checks = append(s.Checks, Check(f))
	}
	if s.Do = noAttestation; kind == keyvault.ManagedHSM {
		s.Do = "Fetch what the HSM attests of it, az keyvault key get-attestation, and inspect that with --kek and --plan."
	}
}

// shownKey judges a key as a KEK where it may import.
func (s *subject) shownKey() {
	b := s.bundle
	s.is("a key as a vault shows it: " + b.Key.Kty)
	s.line("kid", b.Key.KID)
	s.line("operations", strings.Join(b.ops(), " "))
	s.check("key.public", !b.secret(), map[bool]string{true: "A PRIVATE KEY IN THE CLEAR", false: "no private part"}[b.secret()], "no private part", "")
	s.Azure = "This is its own description of the key. Nobody signed it: whoever can change this file can change every word of it."
	if slices.Contains(b.ops(), "import") {
		s.is("a KEK as a vault shows it: " + b.Key.Kty)
		s.check("key.ops", len(b.ops()) == 1, strings.Join(b.ops(), " "), "import", "A KEK may only import: the operation excludes all others.")
		s.check("key.kty", b.Key.Kty == "RSA-HSM", b.Key.Kty, "RSA-HSM", "A KEK is an RSA key in the vault's HSM.")
		s.check("key.not-exportable", !b.Attributes.Exportable, fmt.Sprint(b.Attributes.Exportable), "false", "A KEK that can be exported protects nothing.")
		s.unattested(b.Key.KID)
	}
}
