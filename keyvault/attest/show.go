package attest

import (
	"crypto/x509"
	"strconv"
	"time"
)

// shown quotes what somebody else wrote: printable ASCII, 80 bytes at most.
func shown(s string) string {
	if len(s) > 80 {
		return strconv.QuoteToASCII(s[:80]) + "…"
	}
	return strconv.QuoteToASCII(s)
}

func subject(c *x509.Certificate) string { return shown(c.Subject.CommonName) }

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }
