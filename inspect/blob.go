package inspect

import (
	"fmt"
	"slices"
	"strings"

	"github.com/keyceremony/ceremony/byok"
)

// fit is a target key and a KEK whose sizes give the length of a ciphertext.
type fit struct {
	key  byok.KeyType
	bits int // of the KEK
}

func (s *subject) transferBlob() {
	s.is("a key transfer blob (.byok)")
	e := byok.Expect{}
	if s.KEK != nil {
		e.KEKBits = s.KEK.Bits()
	}
	if s.Plan != nil {
		e.VaultHost = s.Plan.Vault.Host()
		if e.KEKBits == 0 {
			e.KEKBits = s.Plan.KEK.Bits
		}
	}
	s.lint = byok.Lint(s.file, e)
	for _, f := range s.lint {
		result := map[bool]string{true: Holds, false: Fails}[f.OK]
		c := Check{f.Check, f.Found, f.Wanted, result, f.Severity == byok.SeverityNote, f.Meaning}
		if f.NotChecked {
			c.Result, c.Found, c.Meaning = NotChecked, strings.TrimSuffix(strings.ToLower(f.Meaning[:1])+f.Meaning[1:], "."), ""
		}
		s.Checks = append(s.Checks, c)
	}
	s.Do = "Wrap the key again, or fetch the blob again, as the checks that fail say."
	if blob, _, err := byok.Decode(s.file); err == nil {
		s.blob = &blob
		s.describe(e.KEKBits)
	}
	if !byok.Holds(s.lint) {
		s.Azure = "It refuses the import with 400 (BadParameter); the text of its error is not published."
	}
}

// describe says what a good blob may hold, and how it is imported.
func (s *subject) describe(kekBits int) {
	s.line("KEK", s.blob.KID)
	s.line("generator", s.blob.Generator)
	s.fits = fitting(s.file, kekBits)
	var may []string
	for _, f := range s.fits {
		may = append(may, fmt.Sprintf("%s under a KEK of %d bits", f.key, f.bits))
	}
	s.line("holds, by its length", strings.Join(may, ", or "))
	s.Azure = "It may take it, if the KEK that the kid names is in this vault, may import, and is enabled and not expired. Whether the key inside is good only the vault's HSM can tell: nothing here opens the ciphertext."
	s.Do = "Import it as the type that was wrapped" + importCommands(s.fits) + ". The type is not in the blob: whoever imports says it."
	if len(s.fits) > 1 {
		s.Do += " Its length fits several types; --kek or --plan says how large the KEK is, and leaves fewer."
	}
}

// importCommands are those of the Azure CLI for each type that fits.
func importCommands(fits []fit) string {
	var list []string
	for _, f := range fits {
		command := "az keyvault key import " + importFlags(f.key) + " --byok-file FILE"
		if len(fits) > 1 {
			command = "if it is " + string(f.key) + ", " + command
		}
		if !slices.Contains(list, command) {
			list = append(list, command)
		}
	}
	if len(list) == 0 {
		return ""
	}
	return ": " + strings.Join(list, "; ")
}

// importFlags are those of the Azure CLI, where documents have other ones.
func importFlags(t byok.KeyType) string {
	switch t.Kind() {
	case byok.KindEC:
		return "--kty EC --curve " + t.Crv()
	case byok.KindAES:
		return "--hsm-name HSM --kty oct"
	}
	return "--kty RSA"
}

// fitting lists the keys and KEKs that the length of a blob fits.
func fitting(file []byte, kekBits int) (list []fit) {
	for _, bits := range []int{2048, 3072, 4096} {
		for _, t := range byok.KeyTypes() {
			if (kekBits == 0 || kekBits == bits) && lengthHolds(file, t, bits) {
				list = append(list, fit{t, bits})
			}
		}
	}
	return list
}

func lengthHolds(file []byte, t byok.KeyType, bits int) bool {
	for _, f := range byok.Lint(file, byok.Expect{Type: t, KEKBits: bits}) {
		if f.Check == byok.CheckLength {
			return f.OK
		}
	}
	return false
}

// finding gives the finding of one check of the blob.
func (s *subject) finding(id string) byok.Finding {
	for _, f := range s.lint {
		if f.Check == id {
			return f
		}
	}
	return byok.Finding{OK: true}
}

// holdsOnly tells whether all that the length fits is of one kind.
func (s *subject) holdsOnly(kind byok.Kind) bool {
	for _, f := range s.fits {
		if f.key.Kind() != kind {
			return false
		}
	}
	return len(s.fits) > 0
}

// host is the vault of the blob's KEK, "" without a blob.
func (s *subject) host() string {
	if s.blob == nil {
		return ""
	}
	kid, err := byok.ParseKID(s.blob.KID)
	if err != nil {
		return ""
	}
	return kid.Host
}
