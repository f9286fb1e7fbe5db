package qr

import (
	"bytes"
	"encoding/asn1"
	"strconv"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	tag "golang.org/x/crypto/cryptobyte/asn1"
)

// passwordBased are the schemes that encrypt a private key under a password:
// PKCS#5 (RFC 8018) and PKCS#12 (RFC 7292, appendix C). By the scheme an
// encrypted key differs from a DigestInfo, which has the same outline.
var passwordBased = []string{"1.2.840.113549.1.5.", "1.2.840.113549.1.12.1."}

// outlineEnough is more than any form needs.
const outlineEnough = 16

// outline is what stands in the sequence with which DER begins, a letter for
// each: the digit of a version at the beginning; i, another integer; o, an
// octet string; a, an algorithm, or another sequence that begins with an object
// identifier; p, a password-based algorithm; a point, all else. It is empty for
// what does not begin with a sequence. What follows the sequence has no say.
func outline(b []byte) string {
	if bytes.HasPrefix(b, []byte{0x30, 0x80, 2, 1, 3}) {
		return "3a" // PKCS#12 in BER, of a length that is not said before: as Java and Windows write it
	}
	in, seq := cryptobyte.String(b), cryptobyte.String(nil)
	if !in.ReadASN1(&seq, tag.SEQUENCE) {
		return ""
	}
	var letters strings.Builder
	for !seq.Empty() && letters.Len() < outlineEnough {
		var element cryptobyte.String
		var t tag.Tag
		if !seq.ReadAnyASN1(&element, &t) {
			return ""
		}
		letters.WriteString(letter(element, t, letters.Len() == 0))
	}
	return letters.String()
}

func letter(element cryptobyte.String, t tag.Tag, first bool) string {
	switch {
	case t == tag.INTEGER && first && len(element) == 1 && element[0] < 10:
		return strconv.Itoa(int(element[0]))
	case t == tag.INTEGER:
		return "i"
	case t == tag.OCTET_STRING:
		return "o"
	case t == tag.SEQUENCE:
		return algorithm(element)
	}
	return "."
}

func algorithm(element cryptobyte.String) string {
	var id asn1.ObjectIdentifier
	if !element.ReadASN1ObjectIdentifier(&id) {
		return "."
	}
	for _, scheme := range passwordBased {
		if strings.HasPrefix(id.String(), scheme) {
			return "p"
		}
	}
	return "a"
}
