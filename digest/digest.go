// Package digest has the one rule for every fingerprint of a ceremony.
//
// Machines compare and sign the whole SHA-256. People read it in three forms:
// as hex in groups of four, as a code of 35 digits that is typed, and as PGP
// words that are read aloud. A typed code never replaces the whole digest.
package digest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// SHA256 is a SHA-256 digest (FIPS 180-4).
type SHA256 [sha256.Size]byte

// Of returns the digest of b.
func Of(b []byte) SHA256 { return sha256.Sum256(b) }

// Parse reads a digest of exactly 64 lower-case hex digits.
func Parse(s string) (SHA256, error) {
	var d SHA256
	if len(s) != hex.EncodedLen(len(d)) {
		return SHA256{}, fmt.Errorf("found %d characters, wanted a SHA-256 of 64 hex digits", len(s))
	}
	for i := range len(s) {
		if !strings.ContainsRune("0123456789abcdef", rune(s[i])) {
			return SHA256{}, fmt.Errorf("found %q at character %d, wanted lower-case hex digits", s[i], i+1)
		}
	}
	if _, err := hex.Decode(d[:], []byte(s)); err != nil {
		return SHA256{}, fmt.Errorf("reading a SHA-256: %w", err)
	}
	return d, nil
}

// String returns 64 lower-case hex digits.
func (d SHA256) String() string { return hex.EncodeToString(d[:]) }

// Groups returns the hex digits in 16 groups of four, joined by one space.
func (d SHA256) Groups() string { return group(d.String(), 4) }

// IsZero reports whether d was never set.
func (d SHA256) IsZero() bool { return d == SHA256{} }

// MarshalText returns String, so that JSON and TOML hold 64 hex digits.
func (d SHA256) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText is as strict as Parse.
func (d *SHA256) UnmarshalText(text []byte) error {
	p, err := Parse(string(text))
	if err != nil {
		return err
	}
	*d = p
	return nil
}

// group joins pieces of n characters with one space.
func group(s string, n int) string {
	var b strings.Builder
	for i := 0; i < len(s); i += n {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(s[i:min(i+n, len(s))])
	}
	return b.String()
}
