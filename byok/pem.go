package byok

import (
	"bytes"
	"encoding/pem"
	"strings"
)

// maxPEM bounds a file that holds one public key; an RSA-4096 key has 800 bytes.
const maxPEM = 16 << 10

const (
	pemPublic = "PUBLIC KEY"
	pemBegin  = "-----BEGIN "
	pemEnd    = "-----END "
	wantPEM   = "one PEM block PUBLIC KEY and nothing else"
)

// decodePEM returns the bytes of a file that is exactly what pem.Encode writes
// for one block PUBLIC KEY. The digest of a public key is over its DER, so a
// laxer reader would do no harm by itself; but a file that was changed on its
// way is named before people compare codes.
func decodePEM(what string, file []byte) ([]byte, error) {
	if err := checkText(what, file); err != nil {
		return nil, err
	}
	if err := checkArmor(what, string(file)); err != nil {
		return nil, err
	}
	block, rest := pem.Decode(file)
	if block == nil {
		return nil, malformed(what, "base64", wantPEM, "a PEM block that does not decode")
	}
	if len(block.Headers) > 0 {
		return nil, malformed(what, "headers", wantPEM, "a PEM block with headers")
	}
	if len(bytes.TrimSpace(rest)) > 0 {
		return nil, malformed(what, "text", wantPEM, "text after the block")
	}
	if err := checkLayout(what, file, block); err != nil {
		return nil, err
	}
	return block.Bytes, nil
}

// checkText names files that are no plain text with line feeds.
func checkText(what string, file []byte) error {
	wrong := func(code, found string, args ...any) error {
		return malformed(what, code, wantPEM, found, args...)
	}
	switch {
	case len(file) == 0:
		return wrong("empty", "an empty file")
	case len(file) > maxPEM:
		return wrong("large", "a file of %d bytes", len(file))
	case holdsPrivateKey(file):
		return wrong("private", "a private key")
	case isUTF16(file):
		return wrong("utf16", "text in UTF-16")
	case bytes.HasPrefix(file, []byte("\xef\xbb\xbf")):
		return wrong("bom", "a byte order mark before the text")
	case file[0] == 0x30 && !bytes.Contains(file, []byte(pemBegin)):
		return wrong("der", "binary data, perhaps DER")
	case bytes.Contains(file, []byte("\r\n")):
		return malformed(what, "crlf", "lines that end in LF", "lines that end in CR LF")
	case bytes.IndexByte(file, '\r') >= 0:
		return malformed(what, "cr", "lines that end in LF", "a CR")
	default:
		return nil
	}
}

// checkArmor names files whose PEM block is missing, not alone or of another kind.
func checkArmor(what, file string) error {
	wrong := func(code, found string, args ...any) error {
		return malformed(what, code, wantPEM, found, args...)
	}
	start := strings.Index(file, pemBegin)
	switch {
	case start < 0 && strings.HasPrefix(strings.TrimSpace(file), "{"):
		return wrong("json", "JSON, perhaps a JSON Web Key")
	case start < 0 && strings.HasPrefix(file, "ssh-"):
		return wrong("openssh", "an OpenSSH public key")
	case start < 0:
		return wrong("none", "no PEM block")
	case start > 0:
		return wrong("text", "text before the block")
	case strings.Count(file, pemBegin) > 1:
		return wrong("blocks", "%d blocks", strings.Count(file, pemBegin))
	case !strings.Contains(file, pemEnd):
		return wrong("cut", "a block without its end")
	}
	label, _, _ := strings.Cut(strings.TrimPrefix(file, pemBegin), "-----")
	switch label {
	case pemPublic:
		return nil
	case "RSA PUBLIC KEY":
		return wrong("pkcs1", "RSA PUBLIC KEY (PKCS#1)")
	case "CERTIFICATE":
		return wrong("certificate", "a certificate")
	default:
		return wrong("label", "a block %s", shown(label))
	}
}

// checkLayout compares the file with the one way to write its block.
func checkLayout(what string, file []byte, block *pem.Block) error {
	canonical := pem.EncodeToMemory(block)
	switch {
	case bytes.Equal(file, canonical):
		return nil
	case bytes.Equal(append(bytes.Clone(file), '\n'), canonical):
		return malformed(what, "newline", "a line feed at the end of the last line", "none")
	case bytes.Equal(bytes.TrimRight(file, " \t\n"), bytes.TrimRight(canonical, "\n")):
		return malformed(what, "text", wantPEM, "white space after the block")
	default:
		return malformed(what, "layout", "lines of 64 characters without white space", "another layout of the PEM block")
	}
}

// holdsPrivateKey looks for PEM labels of private keys, in UTF-16 too.
func holdsPrivateKey(file []byte) bool {
	flat := bytes.ReplaceAll(file, []byte{0}, nil)
	return bytes.Contains(flat, []byte("PRIVATE KEY-----"))
}

// isUTF16 recognises a byte order mark, or ASCII text with every other byte zero.
func isUTF16(file []byte) bool {
	if len(file) < 2 {
		return false
	}
	mark := file[0] == 0xff && file[1] == 0xfe || file[0] == 0xfe && file[1] == 0xff
	ascii := func(b byte) bool { return '\t' <= b && b < 0x7f }
	return mark || file[0] == 0 && ascii(file[1]) || ascii(file[0]) && file[1] == 0
}
