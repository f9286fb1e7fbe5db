package byok

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

const (
	meanClear   = "Do not send this file. Treat the key as disclosed and make a new one."
	meanJSON    = "The file must be the JSON object of the BYOK specification, with the ciphertext inside it as base64url."
	meanNCipher = "Packages of the earlier nCipher method (KeyTransferRemote.exe) have not been taken since 2021: wrap the key under a KEK of the vault."
)

// recognise says what a file is that is no JSON object, and what that means.
func recognise(file []byte) (found, meaning string) {
	switch {
	case len(file) == 0:
		return "an empty file", "The file was not written to the end: fetch it again."
	case len(file) > MaxBlob:
		return plural(len(file), "byte"), fmt.Sprintf("A key transfer blob has less than 5 KB; more than %d bytes are not read.", MaxBlob)
	case isPlainKey(file):
		return "a private key that is not encrypted", meanClear
	case isUTF16(file):
		return "text in UTF-16", "Windows tools write so. Save the file as UTF-8 without byte order mark."
	case bytes.HasPrefix(file, []byte("\xef\xbb\xbf")):
		return "a byte order mark before the text", "Save the file as UTF-8 without byte order mark."
	case bytes.Contains(file, []byte(pemBegin)):
		return "a PEM block", meanJSON
	case isPackage(file):
		return "an archive or a package of another tool", meanNCipher
	case !utf8.Valid(file) || bytes.IndexByte(file, 0) >= 0:
		return recogniseBinary(file)
	default:
		return recogniseText(strings.TrimSpace(string(file)))
	}
}

// isPackage recognises archives, XML and files that name the earlier tools.
func isPackage(file []byte) bool {
	for _, magic := range []string{"PK\x03\x04", "\x1f\x8b", "7z\xbc\xaf", "<?xml", "MSCF"} {
		if bytes.HasPrefix(file, []byte(magic)) {
			return true
		}
	}
	lower := bytes.ToLower(file)
	return bytes.Contains(lower, []byte("ncipher")) || bytes.Contains(lower, []byte("keytransferpackage"))
}

func recogniseBinary(file []byte) (found, meaning string) {
	found = "binary data of " + plural(len(file), "byte")
	if fits := allFits(len(file)); len(fits) > 0 {
		return found, "It has the length of a ciphertext (" + list(fits) + "). " + meanJSON
	}
	return found, meanJSON + " If it comes from an nCipher HSM: " + meanNCipher
}

func recogniseText(s string) (found, meaning string) {
	switch {
	case s == "":
		return "white space", "The file was not written to the end: fetch it again."
	case strings.Count(s, ".") == 4 && only(s, base64Alphabet+"-_."):
		return "a JWE in compact serialization", "The specification speaks of JWE, but wants plain JSON. " + meanJSON
	case s[0] == '{' || s[0] == '[' || s[0] == '"':
		return recogniseJSON(s)
	}
	if raw := anyBase64(s); raw != nil {
		return recogniseDecoded(raw)
	}
	return "text that is no JSON", meanJSON
}

// anyBase64 decodes base64 of either alphabet, with or without padding and
// line breaks; nil if s is neither.
func anyBase64(s string) []byte {
	s = strings.TrimRight(strings.Join(strings.Fields(s), ""), "=")
	s = strings.NewReplacer("+", "-", "/", "_").Replace(s)
	raw, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return nil
	}
	return raw
}

func recogniseDecoded(raw []byte) (found, meaning string) {
	switch trimmed := bytes.TrimSpace(raw); {
	case isPlainKey(raw):
		return "base64 of a private key that is not encrypted", meanClear
	case bytes.HasPrefix(trimmed, []byte("{")):
		return "base64 of JSON", "This is the form in which the blob travels to the vault (key_hsm). Decode it once: the file itself is JSON."
	default:
		found, meaning = recogniseBinary(raw)
		return "base64 of " + found, meaning
	}
}

// recogniseJSON says where JSON breaks, without showing what stands there.
func recogniseJSON(s string) (found, meaning string) {
	if strings.HasPrefix(s, "{'") || strings.HasPrefix(strings.ReplaceAll(s, " ", ""), "{\n'") {
		return "an object with single quotes", "JSON has double quotes. Some tools print a blob as a Python value."
	}
	d := jsontext.NewDecoder(strings.NewReader(s))
	value, err := d.ReadValue()
	if err == nil && value.Kind() != '{' {
		return "JSON that is no object", meanJSON
	}
	if err == nil {
		return fmt.Sprintf("more text after a JSON object of %d bytes", d.InputOffset()), "A file holds one blob and nothing else."
	}
	var syntax *jsontext.SyntacticError
	if errors.As(err, &syntax) {
		return fmt.Sprintf("JSON that breaks at byte %d", syntax.ByteOffset), "The file is cut or was edited: fetch it again."
	}
	return "damaged JSON", "The file is cut or was edited: fetch it again."
}
