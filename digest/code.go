package digest

import (
	"fmt"
	"math/big"
	"strings"
	"unicode"
)

// The shape of a code: 35 digits in 7 groups of 5. 10^35 is about 2^116: to
// find another file with the same code is out of reach, and a person types it
// in under a minute.
const (
	CodeDigits = 35
	codeGroup  = 5
)

var codeModulus = new(big.Int).Exp(big.NewInt(10), big.NewInt(CodeDigits), nil)

// Code returns the digest as a code: the big-endian integer modulo 10^35,
// zero-padded, in groups of five joined by one space.
func (d SHA256) Code() string {
	n := new(big.Int).SetBytes(d[:])
	return group(fmt.Sprintf("%0*d", CodeDigits, n.Mod(n, codeModulus)), codeGroup)
}

// ParseCode brings what a person typed into the form of Code. Spaces and
// dashes of any kind are dropped; anything else but 35 digits is an error
// that says how many digits were typed.
func ParseCode(typed string) (string, error) {
	var digits strings.Builder
	for _, r := range typed {
		switch {
		case '0' <= r && r <= '9':
			digits.WriteRune(r)
		case unicode.IsSpace(r), unicode.Is(unicode.Dash, r):
		default:
			return "", fmt.Errorf("found %q after %d digits, wanted only digits, spaces and dashes", r, digits.Len())
		}
	}
	if digits.Len() != CodeDigits {
		return "", fmt.Errorf("found %d digits, wanted %d", digits.Len(), CodeDigits)
	}
	return group(digits.String(), codeGroup), nil
}

// Matches reports whether a person typed the code of d.
func (d SHA256) Matches(typed string) bool {
	code, err := ParseCode(typed)
	return err == nil && code == d.Code()
}
