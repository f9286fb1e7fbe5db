package byok

import "fmt"

// kwpLen is the length of n bytes under AES key wrap with padding.
func kwpLen(n int) int { return (n+7)/8*8 + 8 }

// derLen is the length of a DER element with n bytes of content.
func derLen(n int) int {
	switch {
	case n < 0x80:
		return 2 + n
	case n < 0x100:
		return 3 + n
	default:
		return 4 + n
	}
}

// pkcs1Max is the longest RSAPrivateKey (RFC 8017, A.1.2) of a modulus of
// bits with e = 65537 and primes of equal size: every number with a leading
// zero byte.
func pkcs1Max(bits int) int {
	long, half := derLen(bits/8+1), derLen(bits/16+1)
	return derLen(3 + long + 5 + long + 5*half)
}

// rsaAlgorithmLen is version and AlgorithmIdentifier of PKCS#8 around RSA.
const rsaAlgorithmLen = 3 + 15

func pkcs8Max(bits int) int { return derLen(rsaAlgorithmLen + derLen(pkcs1Max(bits))) }

// rsaSlack is how many bytes an RSA key may be shorter than the longest one:
// each of d, dp, dq and qinv is short by k bytes with probability 256^-k. It
// stays below the 26 bytes by which PKCS#8 is longer than PKCS#1.
const rsaSlack = 16

// plaintexts lists the lengths that PKCS#8 or the raw bytes of a key may have,
// as ranges of [shortest, longest].
func (t KeyType) plaintexts() [][2]int {
	switch t.Kind() {
	case KindRSA:
		n := pkcs8Max(t.Bits())
		return [][2]int{{n - rsaSlack, n}}
	case KindEC:
		var list [][2]int
		for _, inner := range t.sec1Lengths() {
			algorithm := derLen(9 + derLen(t.oidLen()))
			n := derLen(3 + algorithm + derLen(inner))
			list = append(list, [2]int{n, n})
		}
		return list
	case KindAES:
		return [][2]int{{t.Bits() / 8, t.Bits() / 8}}
	default:
		return nil
	}
}

// oidLen is the length of the content of the curve's object identifier.
func (t KeyType) oidLen() int { return len(mustDER(t.info().oid)) - 2 }

// sec1Lengths lists the lengths of ECPrivateKey: bare, with curve, with
// public key, with both.
func (t KeyType) sec1Lengths() []int {
	curve := derLen(derLen(t.oidLen()))
	public := derLen(derLen(1 + 1 + 2*t.size()))
	bare := 3 + derLen(t.size())
	return []int{derLen(bare), derLen(bare + curve), derLen(bare + public), derLen(bare + curve + public)}
}

// CiphertextLengths returns the shortest and the longest ciphertext of a key
// under a KEK of 2048, 3072 or 4096 bits, in bytes; 0, 0 for anything else.
// For EC not every length between is possible.
func CiphertextLengths(t KeyType, kekBits int) (shortest, longest int) {
	ranges := t.plaintexts()
	if len(ranges) == 0 || typeOf(KindRSA, kekBits) == "" {
		return 0, 0
	}
	first, last := ranges[0], ranges[len(ranges)-1]
	return kekBits/8 + kwpLen(first[0]), kekBits/8 + kwpLen(last[1])
}

// fits reports whether n bytes of ciphertext may hold a key of this type.
func fits(n int, t KeyType, kekBits int) bool {
	for _, r := range t.plaintexts() {
		if kekBits/8+kwpLen(r[0]) <= n && n <= kekBits/8+kwpLen(r[1]) && n%8 == 0 {
			return true
		}
	}
	return false
}

var kekSizes = []int{2048, 3072, 4096}

// A fit is one explanation of a ciphertext's length.
type fit struct {
	kekBits int
	what    string // "RSA-2048"
}

func (f fit) String() string { return fmt.Sprintf("%s under a KEK of %d bits", f.what, f.kekBits) }

// allFits lists every key and KEK that a ciphertext of n bytes may be made of.
func allFits(n int) []fit {
	var list []fit
	for _, kek := range kekSizes {
		for _, t := range KeyTypes() {
			if fits(n, t, kek) {
				list = append(list, fit{kek, string(t)})
			}
		}
	}
	return list
}

// unwrappedFits lists keys without the PKCS#8 that Azure wants around them:
// RSAPrivateKey and ECPrivateKey. They cannot be seen in a ciphertext, but
// have other lengths.
func unwrappedFits(n, kekBits int) []fit {
	var list []fit
	for _, t := range KeyTypes() {
		switch t.Kind() {
		case KindRSA:
			longest := kwpLen(pkcs1Max(t.Bits()))
			shortest := kwpLen(pkcs1Max(t.Bits()) - rsaSlack)
			if m := n - kekBits/8; shortest <= m && m <= longest && m%8 == 0 {
				list = append(list, fit{kekBits, string(t) + " as PKCS#1"})
			}
		case KindEC:
			for _, inner := range t.sec1Lengths() {
				if n == kekBits/8+kwpLen(inner) {
					list = append(list, fit{kekBits, string(t) + " as SEC 1"})
				}
			}
		}
	}
	return list
}
