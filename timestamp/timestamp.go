// Package timestamp asks for time-stamp tokens (RFC 3161) and verifies them,
// without network and without a clock: a token says that something existed
// before a moment, and what names the token came after it.
//
// [NewRequest] is what an authority is sent, [Request.Take] makes of its answer
// the file that is kept, and [Verify] reads such a file. The file is what
// `openssl ts -verify -in` takes. It has one form, with nothing in it that is
// not needed: every bit of it counts.
package timestamp

import (
	"bytes"
	"crypto/x509"
	"encoding/binary"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"github.com/keyceremony/ceremony/digest"
)

// Suffix is the ending of the file with the token over another file.
const Suffix = ".tsr"

// MaxSize bounds an answer and a file, in bytes.
const MaxSize = 64 << 10

// A Stamp is when something was shown to an authority: its clock, and how far
// it says that its clock may be off, either way.
type Stamp struct {
	At       time.Time // UTC
	Accuracy time.Duration
}

// Earliest is when it was at the earliest.
func (s Stamp) Earliest() time.Time { return s.At.Add(-s.Accuracy) }

// Latest is when it was at the latest.
func (s Stamp) Latest() time.Time { return s.At.Add(s.Accuracy) }

// ParseRoot reads the certificate that a plan pins: one block of PEM.
func ParseRoot(text string) (*x509.Certificate, error) {
	block, rest := pem.Decode([]byte(text))
	if block == nil || block.Type != "CERTIFICATE" || len(bytes.TrimSpace(rest)) > 0 {
		return nil, errors.New("not one certificate in PEM")
	}
	return x509.ParseCertificate(block.Bytes)
}

// A Request is a question to an authority.
type Request struct {
	sum   digest.SHA256
	nonce uint64
}

// NewRequest asks for a token over a digest. The nonce is taken from rand, so
// that the answer cannot be an old one.
func NewRequest(sum digest.SHA256, rand io.Reader) (Request, error) {
	var b [8]byte
	_, err := io.ReadFull(rand, b[:])
	return Request{sum, binary.BigEndian.Uint64(b[:])>>1 | 1}, err
}

// DER is the question as it is sent: a TimeStampReq that asks for the
// certificates too.
func (q Request) DER() []byte {
	return der(func(b *cryptobyte.Builder) {
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1Int64(1)
			addImprint(b, q.sum)
			b.AddASN1Uint64(q.nonce)
			b.AddASN1Boolean(true)
		})
	})
}

func addImprint(b *cryptobyte.Builder, sum digest.SHA256) {
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(oidSHA256)
			b.AddASN1NULL()
		})
		b.AddASN1OctetString(sum[:])
	})
}

// der builds what cannot fail to be built.
func der(build func(*cryptobyte.Builder)) []byte {
	var b cryptobyte.Builder
	build(&b)
	out, err := b.Bytes()
	if err != nil {
		panic("timestamp: internal error: " + err.Error())
	}
	return out
}

// Take reads the answer of an authority. The file is what is kept: the token
// without what nobody signed and nobody needs.
func (q Request) Take(answer []byte, root *x509.Certificate) (file []byte, s Stamp, err error) {
	t, err := parse(answer)
	if err != nil {
		return nil, Stamp{}, err
	}
	if t.info.nonce == nil || t.info.nonce.Cmp(new(big.Int).SetUint64(q.nonce)) != 0 {
		return nil, Stamp{}, errors.New("the token answers another question: its nonce differs")
	}
	s, chain, err := t.verify(q.sum, root)
	if err != nil {
		return nil, Stamp{}, err
	}
	file = t.encode(chain)
	again, err := Verify(file, q.sum, root)
	if err == nil && again != s {
		err = errors.New("it says another time")
	}
	if err != nil {
		return nil, Stamp{}, fmt.Errorf("the token does not survive being kept: %w", err)
	}
	return file, s, nil
}

// Verify reads a file that was kept: a token over sum, by a certificate for
// time-stamping that descends from root and was valid when it was used. Whether
// it was revoked is not looked up.
func Verify(file []byte, sum digest.SHA256, root *x509.Certificate) (Stamp, error) {
	t, err := parse(file)
	if err != nil {
		return Stamp{}, err
	}
	s, chain, err := t.verify(sum, root)
	if err == nil && !bytes.Equal(t.encode(chain), file) {
		err = errors.New("the token is not in the one form in which it is kept")
	}
	return s, err
}
