package byok

import (
	"bytes"
	"encoding/base64"
	"unicode"

	"github.com/go-json-experiment/json/jsontext"
)

// What a key transfer blob holds besides its own values (BYOK specification,
// version 1.0.0).
const (
	SchemaVersion = "1.0.0"
	HeaderAlg     = "dir"
	HeaderEnc     = "CKM_RSA_AES_KEY_WRAP"
)

// Bounds of a blob. An RSA-4096 key under a KEK of 4096 bits makes a file of
// 4.2 KB.
const (
	MaxBlob      = 64 << 10
	maxGenerator = 256
)

const whatBlob = "key transfer blob"

// Blob is a key transfer blob: the contents of a .byok file.
type Blob struct {
	KID        string // of the KEK, with its version
	Ciphertext []byte // RSA-OAEP(KEK, AES key) ‖ AES-KWP(AES key, target key)
	Generator  string // "ceremony VERSION; MANUFACTURER MODEL FIRMWARE"; informational
}

// Encode writes the blob in the one form that we write: members in the order
// of the specification, two spaces, base64url without padding, LF. It refuses
// what Decode would.
func (b Blob) Encode() ([]byte, error) {
	if _, err := ParseKID(b.KID); err != nil {
		return nil, err
	}
	if len(allFits(len(b.Ciphertext))) == 0 {
		return nil, malformed(whatBlob, CheckLength, "the length of a key under a KEK", "a ciphertext of %s", plural(len(b.Ciphertext), "byte"))
	}
	if found, _ := unencrypted(b.Ciphertext); found != "" {
		return nil, malformed(whatBlob, CheckCiphertext, "a ciphertext", "%s", found)
	}
	if !printable(b.Generator) {
		return nil, malformed(whatBlob, CheckGenerator, wantGenerator, "%s", shown(b.Generator))
	}
	var out bytes.Buffer
	member := func(indent, name, value, end string) {
		out.WriteString(indent + `"` + name + `": `)
		quoted, _ := jsontext.AppendQuote(nil, value) // printable means valid UTF-8
		out.Write(quoted)
		out.WriteString(end + "\n")
	}
	out.WriteString("{\n")
	member("  ", "schema_version", SchemaVersion, ",")
	out.WriteString(`  "header": {` + "\n")
	member("    ", "kid", b.KID, ",")
	member("    ", "alg", HeaderAlg, ",")
	member("    ", "enc", HeaderEnc, "")
	out.WriteString("  },\n")
	member("  ", "ciphertext", base64.RawURLEncoding.EncodeToString(b.Ciphertext), ",")
	member("  ", "generator", b.Generator, "")
	out.WriteString("}\n")
	return out.Bytes(), nil
}

// Decode reads a key transfer blob: strict about structure, tolerant of
// padding and white space that vendors write. The findings are those of Lint
// where nothing is known of the KEK and the key. The error is a *FormatError
// for the first check that stops, with the check's id as its code.
func Decode(file []byte) (Blob, []Finding, error) {
	blob, findings := inspect(file, Expect{})
	for _, f := range findings {
		if f.Stops() {
			return Blob{}, findings, &FormatError{What: whatBlob, Code: f.Check, Found: f.Found, Wanted: f.Wanted}
		}
	}
	return blob, findings, nil
}

// printable reports whether people can read all of a generator.
func printable(s string) bool {
	for _, r := range s {
		if !unicode.IsPrint(r) || r == unicode.ReplacementChar {
			return false
		}
	}
	return s != "" && len(s) <= maxGenerator
}
