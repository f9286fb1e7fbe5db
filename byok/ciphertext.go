package byok

import (
	"encoding/asn1"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
)

const wantCiphertext = "base64url (RFC 4648, 5) without padding"

// ciphertext makes the check blob.ciphertext and returns the bytes, or nil.
func (l *linter) ciphertext(s string) []byte {
	if found, meaning := misencoded(s); found != "" {
		l.stop(CheckCiphertext, found, wantCiphertext, meaning)
		return nil
	}
	stripped := strings.TrimRight(s, "=")
	if padding := len(s) - len(stripped); padding > 0 && (padding > 2 || len(s)%4 != 0) {
		l.stop(CheckCiphertext, "padding of a wrong length", wantCiphertext, "The text is cut or damaged: fetch the blob again.")
		return nil
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(stripped)
	if err != nil {
		l.stop(CheckCiphertext, "base64url that ends within a byte", wantCiphertext, "The text is cut or damaged: fetch the blob again.")
		return nil
	}
	if found, meaning := unencrypted(raw); found != "" {
		l.stop(CheckCiphertext, found, wantCiphertext, meaning)
		return nil
	}
	if len(stripped) < len(s) {
		l.ok(CheckCiphertext, "base64url with padding", wantCiphertext,
			"RFC 7515 has no padding, but tools of vendors write it and vaults have taken it.")
		return raw
	}
	l.ok(CheckCiphertext, "base64url without padding", wantCiphertext, "")
	return raw
}

// misencoded names the texts that people bring instead of base64url.
func misencoded(s string) (found, meaning string) {
	foreign := strings.IndexFunc(strings.TrimRight(s, "="), func(r rune) bool {
		return !strings.ContainsRune(base64Alphabet+"-_", r)
	})
	switch {
	case s == "":
		return "an empty text", "The blob holds no key."
	case strings.ContainsAny(s, "<>(){}"): // as the specification writes it, or a template
		return "a text such as BASE64URL(…)", "This is how documents write it: in its place goes the result of the encoding, without a word or bracket around it."
	case isHex(s):
		return "hex digits", "Encode the bytes as base64url, not as hex."
	case strings.Count(s, ".") == 4:
		return "five parts with dots (JWE compact serialization)", "The specification speaks of JWE but wants only the ciphertext here."
	case strings.ContainsAny(s, " \t\r\n"):
		return "white space within", "Line breaks of a base64 tool must be taken out."
	case foreign < 0:
		return "", ""
	case strings.ContainsAny(s, "+/") && only(strings.TrimRight(s, "="), base64Alphabet+"+/"):
		return "standard base64 with + or /", "base64url has - for + and _ for /. Encode the same bytes again."
	default:
		return fmt.Sprintf("a character that base64url lacks, after %d characters", foreign), "The text is damaged or of another encoding."
	}
}

const base64Alphabet = upper + lowerAlnum

// isHex tells hex from base64url that happens to have only such characters:
// that would have the length of a key.
func isHex(s string) bool {
	hex := only(s, digits+"abcdef") || only(s, digits+"ABCDEF")
	return hex && len(s) >= 64 && len(allFits(base64.RawURLEncoding.DecodedLen(len(s)))) == 0
}

// unencrypted names bytes that are no ciphertext.
func unencrypted(raw []byte) (found, meaning string) {
	const again = "Put the ciphertext itself into the blob."
	if isPlainKey(raw) {
		return "a key that is not encrypted", "The target key stands in this file in the clear. Do not send it; treat the key as disclosed and make a new one."
	}
	printableText := len(raw) >= 64 && !slices.ContainsFunc(raw, func(b byte) bool { return b < '\n' || b > '~' })
	switch {
	case !printableText:
		return "", ""
	case strings.HasPrefix(string(raw), "{"):
		return "base64url of JSON, not of a ciphertext", "A key transfer blob lies within the blob. Use the inner one."
	default:
		return "base64url of text, not of a ciphertext", "The value was encoded twice. " + again
	}
}

// isPlainKey recognises an unencrypted private key, in DER or PEM. A
// ciphertext that looks like DER of exactly its own length does not occur.
func isPlainKey(raw []byte) bool {
	if holdsPrivateKey(raw) {
		return true
	}
	var outer asn1.RawValue
	rest, err := asn1.Unmarshal(raw, &outer)
	if err != nil || len(rest) > maxZeros || outer.Tag != asn1.TagSequence || !outer.IsCompound || len(outer.Bytes) < 40 {
		return false
	}
	var version int
	_, err = asn1.Unmarshal(outer.Bytes, &version)
	return err == nil && (version == 0 || version == 1)
}

// length makes the check blob.length.
func (l *linter) length(ciphertext []byte, e Expect) {
	if ciphertext == nil {
		l.skip(CheckLength, "the ciphertext could not be read")
		return
	}
	n := len(ciphertext)
	found := plural(n, "byte")
	candidates := allFits(n)
	matching := slices.DeleteFunc(slices.Clone(candidates), func(f fit) bool {
		return e.KEKBits != 0 && f.kekBits != e.KEKBits || e.Type != "" && f.what != string(e.Type)
	})
	wanted := wantedLength(e)
	switch {
	case len(matching) == 0:
		l.stop(CheckLength, found, wanted, explainLength(n, e, candidates))
	case e.KEKBits != 0 && e.Type != "":
		l.ok(CheckLength, found, wanted, "")
	default:
		l.ok(CheckLength, found, wanted, "It fits "+list(matching)+".")
	}
}

// wantedLength says in words what Expect allows.
func wantedLength(e Expect) string {
	key, kek := "a key", "a KEK"
	if e.Type != "" {
		key = "an " + string(e.Type) + " key"
		if e.Type.Kind() == KindEC {
			key = "a " + string(e.Type) + " key"
		}
	}
	if e.KEKBits != 0 {
		kek = fmt.Sprintf("a KEK of %d bits", e.KEKBits)
	}
	shortest, longest := CiphertextLengths(e.Type, e.KEKBits)
	switch {
	case shortest == 0:
		return "the length of " + key + " under " + kek
	case shortest == longest:
		return fmt.Sprintf("%d bytes for %s under %s", shortest, key, kek)
	default:
		return fmt.Sprintf("%d to %d bytes for %s under %s", shortest, longest, key, kek)
	}
}

// explainLength names what such a length comes from.
func explainLength(n int, e Expect, candidates []fit) string {
	var bare []fit
	for _, bits := range kekSizes {
		if e.KEKBits == 0 || e.KEKBits == bits {
			bare = append(bare, unwrappedFits(n, bits)...)
		}
	}
	bare = slices.DeleteFunc(bare, func(f fit) bool {
		return e.Type != "" && !strings.HasPrefix(f.what, string(e.Type)+" ")
	})
	switch {
	case len(bare) > 0:
		return "It is the length of " + list(bare) + ". The key must be PKCS#8 before it is wrapped (openssl pkcs8 -topk8 -nocrypt)."
	case len(candidates) > 0:
		return "It is the length of " + list(candidates) + "."
	case n == 256 || n == 384 || n == 512:
		return "It is the length of the RSA part alone: the AES-wrapped target key that must follow it is missing."
	case n%8 != 0:
		return "RSA and AES key wrap both give multiples of 8 bytes: the ciphertext is cut, or was padded in another way."
	default:
		return "No key that Azure imports has this length under any KEK. Perhaps the RSA part is missing, or the key was wrapped in another way."
	}
}

// list joins explanations.
func list(fits []fit) string {
	var b strings.Builder
	for i, f := range fits {
		if i > 0 {
			b.WriteString(", or ")
		}
		b.WriteString(f.String())
	}
	return b.String()
}
