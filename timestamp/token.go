package timestamp

import (
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"regexp"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/keyceremony/ceremony/digest"
)

var (
	oidSHA256      = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}
	oidSignedData  = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}
	oidTSTInfo     = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 1, 4}
	oidContentType = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 3}
	oidDigest      = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 4}
	oidCertificate = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 12} // ESS, with SHA-1 (RFC 2634)
	oidCertV2      = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 47} // ESS, RFC 5035
)

// A token is a SignedData (RFC 5652) over a TSTInfo (RFC 3161, 2.4.2), by one
// signer.
type token struct {
	content  []byte // DER of the TSTInfo, as it was signed
	info     info
	certs    []*x509.Certificate
	sid      []byte // issuer and serial number of the signer's certificate, the whole element
	digest   algorithm
	attrs    []byte // what is in the SET of signed attributes
	signAlg  algorithm
	signed   []byte // the signature
	attrsMap map[string][]byte
}

// An algorithm is an AlgorithmIdentifier without parameters, or with NULL.
type algorithm struct {
	oid  asn1.ObjectIdentifier
	raw  []byte
	null bool
}

// info is what a TSTInfo says.
type info struct {
	sum      digest.SHA256
	at       time.Time
	accuracy time.Duration
	nonce    *big.Int
}

// A reader reads DER and remembers that it could not.
type reader struct {
	cryptobyte.String
	bad bool
}

func (r *reader) enter(tag cbasn1.Tag) *reader {
	in := &reader{}
	in.bad = r.bad || !r.ReadASN1(&in.String, tag)
	r.bad = in.bad
	return in
}

func (r *reader) element(tag cbasn1.Tag) []byte {
	var s cryptobyte.String
	r.bad = r.bad || !r.ReadASN1Element(&s, tag)
	return s
}

func (r *reader) bytes(tag cbasn1.Tag) []byte { return r.enter(tag).String }

func (r *reader) oid() (o asn1.ObjectIdentifier) {
	r.bad = r.bad || !r.ReadASN1ObjectIdentifier(&o)
	return o
}

func (r *reader) integer() (n int64) {
	r.bad = r.bad || !r.ReadASN1Integer(&n)
	return n
}

// skip passes over an element that may be there.
func (r *reader) skip(tag cbasn1.Tag) { r.bad = r.bad || !r.SkipOptionalASN1(tag) }

// end wants nothing more, and says what was read.
func (r *reader) end(what string) error {
	if r.bad || !r.Empty() {
		return fmt.Errorf("%s is not in its form", what)
	}
	return nil
}

func (r *reader) algorithm() algorithm {
	a := algorithm{raw: r.element(cbasn1.SEQUENCE)}
	in := (&reader{String: a.raw}).enter(cbasn1.SEQUENCE)
	a.oid = in.oid()
	if a.null = !in.Empty(); a.null && len(in.bytes(cbasn1.NULL)) > 0 || in.end("") != nil {
		r.bad = true
	}
	return a
}

func context(n uint8) cbasn1.Tag { return cbasn1.Tag(n).ContextSpecific().Constructed() }

// parse reads a TimeStampResp: the status, and the token.
func parse(b []byte) (*token, error) {
	if len(b) > MaxSize {
		return nil, fmt.Errorf("has %d bytes, more than %d", len(b), MaxSize)
	}
	all := &reader{String: b}
	in := all.enter(cbasn1.SEQUENCE)
	status := in.enter(cbasn1.SEQUENCE)
	if n := status.integer(); !status.bad && n > 1 {
		return nil, fmt.Errorf("the authority gave no token: status %d", n)
	}
	content := in.enter(cbasn1.SEQUENCE)
	isSigned := content.oid().Equal(oidSignedData)
	explicit := content.enter(context(0))
	data := explicit.enter(cbasn1.SEQUENCE)
	for _, r := range []*reader{all, in, content, explicit} {
		if err := r.end("the answer"); err != nil || !isSigned {
			return nil, errors.New("not the answer of a time-stamp authority")
		}
	}
	return parseSigned(data)
}

func parseSigned(data *reader) (*token, error) {
	t := &token{}
	data.integer()
	data.enter(cbasn1.SET)
	content := data.enter(cbasn1.SEQUENCE)
	isInfo := content.oid().Equal(oidTSTInfo)
	explicit := content.enter(context(0))
	t.content = explicit.bytes(cbasn1.OCTET_STRING)
	certs := data.enter(context(0))
	data.skip(context(1)) // revocation lists: nobody signed them here
	signers := data.enter(cbasn1.SET)
	for _, r := range []*reader{explicit, content, data} {
		if err := r.end("the token"); err != nil || !isInfo {
			return nil, errors.New("the token is not in its form, or of something else than time")
		}
	}
	for !certs.Empty() && !certs.bad {
		c, err := x509.ParseCertificate(certs.element(cbasn1.SEQUENCE))
		if err != nil {
			return nil, errors.New("a certificate in the token cannot be read")
		}
		t.certs = append(t.certs, c)
	}
	if err := t.parseSigner(signers); err != nil {
		return nil, err
	}
	var err error
	t.info, err = parseInfo(t.content)
	return t, err
}

func (t *token) parseSigner(signers *reader) error {
	one := signers.enter(cbasn1.SEQUENCE)
	one.integer()
	t.sid = one.element(cbasn1.SEQUENCE)
	t.digest = one.algorithm()
	t.attrs = one.bytes(context(0))
	t.signAlg = one.algorithm()
	t.signed = one.bytes(cbasn1.OCTET_STRING)
	one.skip(context(1)) // attributes that nobody signed
	if one.end("") != nil || signers.end("") != nil {
		return errors.New("the signer of the token is not in its form, or not one alone")
	}
	t.attrsMap = map[string][]byte{}
	for attrs := (&reader{String: t.attrs}); !attrs.Empty(); {
		attr := attrs.enter(cbasn1.SEQUENCE)
		id := attr.oid().String()
		value := attr.bytes(cbasn1.SET)
		if _, twice := t.attrsMap[id]; twice || attrs.bad || attr.end("") != nil {
			return errors.New("the signed attributes of the token are not in their form")
		}
		t.attrsMap[id] = value
	}
	return nil
}

var generalized = regexp.MustCompile(`^[0-9]{14}(\.[0-9]{0,8}[1-9])?Z$`)

// parseInfo reads a TSTInfo.
func parseInfo(b []byte) (info, error) {
	all := &reader{String: b}
	in := all.enter(cbasn1.SEQUENCE)
	var i info
	isV1 := in.integer() == 1
	in.oid() // the authority's policy
	imprint := in.enter(cbasn1.SEQUENCE)
	alg := imprint.algorithm()
	sum := imprint.bytes(cbasn1.OCTET_STRING)
	in.bytes(cbasn1.INTEGER) // its serial number
	at := string(in.bytes(cbasn1.GeneralizedTime))
	if in.PeekASN1Tag(cbasn1.SEQUENCE) {
		i.accuracy = in.enter(cbasn1.SEQUENCE).accuracy()
	}
	in.skip(cbasn1.BOOLEAN) // ordering
	if in.PeekASN1Tag(cbasn1.INTEGER) {
		i.nonce = new(big.Int)
		in.bad = in.bad || !in.ReadASN1Integer(i.nonce)
	}
	in.skip(context(0)) // the authority's name
	if in.PeekASN1Tag(context(1)) && in.enter(context(1)).critical() {
		return i, errors.New("the token has an extension that must be understood, and is not")
	}
	if in.end("") != nil || all.end("") != nil || imprint.end("") != nil || !isV1 || !generalized.MatchString(at) || i.accuracy < 0 {
		return i, errors.New("what the token says is not in its form")
	}
	if !alg.oid.Equal(oidSHA256) || len(sum) != len(i.sum) {
		return i, errors.New("the token is not over a SHA-256")
	}
	copy(i.sum[:], sum)
	var err error
	i.at, err = time.Parse("20060102150405.999999999Z", at)
	return i, err
}

// accuracy reads seconds, milliseconds and microseconds, each of which may be
// missing; it is negative where the form is wrong.
func (r *reader) accuracy() time.Duration {
	var total time.Duration
	if r.PeekASN1Tag(cbasn1.INTEGER) {
		n := r.integer()
		if n < 0 || n > 1<<31 {
			return -1
		}
		total = time.Duration(n) * time.Second
	}
	for i, unit := range []time.Duration{time.Millisecond, time.Microsecond} {
		tag := cbasn1.Tag(i).ContextSpecific()
		if !r.PeekASN1Tag(tag) {
			continue
		}
		var n int64
		if !r.ReadASN1Int64WithTag(&n, tag) || n < 1 || n > 999 {
			return -1
		}
		total += time.Duration(n) * unit
	}
	if r.end("") != nil {
		return -1
	}
	return total
}

// critical tells whether one of the extensions must be understood.
func (r *reader) critical() bool {
	for !r.Empty() {
		var is bool
		one := r.enter(cbasn1.SEQUENCE)
		one.oid()
		if one.PeekASN1Tag(cbasn1.BOOLEAN) && (!one.ReadASN1Boolean(&is) || is) {
			return true
		}
		one.bytes(cbasn1.OCTET_STRING)
		if one.end("") != nil {
			return true
		}
	}
	return false
}
