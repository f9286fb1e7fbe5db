package pkcs11

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/keyceremony/ceremony/byok"
	"github.com/keyceremony/ceremony/hsm"
)

// scout is the type that every way is tried with first: its PKCS#8 of 67
// bytes (or 138) is not a multiple of 8, so wrong padding shows.
const scout = byok.KeyType("P-256")

// A probe is one run of Token.Probe. The throw-away KEK's private half stays
// in this process, out of the module's reach.
type probe struct {
	*token
	kek   *rsa.PrivateKey
	types []byok.KeyType
	made  map[byok.KeyType]trialResult
}

// A trialResult is a throw-away key, or why there is none.
type trialResult struct {
	key hsm.Key
	err error
}

// Probe tries the ways in their order until one wraps every type exactly. A
// way that leaves zeros behind the PKCS#8 is taken only if there is no other.
func (t *token) Probe(ctx context.Context, kekBits int, types []byok.KeyType, trusted bool) (hsm.Capability, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.way, t.probed = "", nil
	p := &probe{token: t, types: types, made: map[byok.KeyType]trialResult{}}
	if len(types) == 0 {
		return hsm.Capability{}, errors.New("internal error: a probe of no key type")
	}
	if err := p.loadKEK(ctx, kekBits); err != nil {
		return hsm.Capability{}, err
	}
	c, err := p.run(ctx)
	if err == nil && trusted && c.Way != "" {
		c.Untrusted, err = p.refusal(ctx, c.Way)
	}
	if end := t.ask(ctx, "trial.end", "destroy the throw-away keys", nil, nil); err == nil {
		err = end
	}
	if err != nil {
		return hsm.Capability{}, err
	}
	t.way, t.probed = c.Way, map[byok.KeyType]bool{}
	for _, r := range c.Types {
		t.probed[r.Type] = r.OK
	}
	return c, nil
}

func (p *probe) loadKEK(ctx context.Context, bits int) error {
	p.tell(fmt.Sprintf("making a throw-away KEK of %d bits", bits))
	var err error
	if p.kek, err = rsa.GenerateKey(rand.Reader, bits); err != nil {
		return fmt.Errorf("make a throw-away KEK of %d bits: %w", bits, err)
	}
	kek, err := byok.NewKEK(&p.kek.PublicKey)
	if err != nil {
		return fmt.Errorf("make a throw-away KEK: %w", err)
	}
	read := new(byok.KEK)
	if err := p.ask(ctx, "kek", "load the throw-away KEK", kekArgs{KEK: kek, Trial: true}, read); err != nil {
		return err
	}
	if !read.Equal(kek) {
		return errors.New("the throw-away KEK reads back with another modulus or exponent")
	}
	return nil
}

func (p *probe) tell(what string) {
	if p.o.Progress != nil {
		p.o.Progress(what, 0)
	}
}

// run fills in a Capability. Its error is that of a worker that is gone.
func (p *probe) run(ctx context.Context) (hsm.Capability, error) {
	var c hsm.Capability
	var padded *way
	first, err := p.scoutType(ctx)
	if err != nil {
		return c, err
	}
	for _, w := range ways {
		r, err := p.scoutWay(ctx, w, first)
		if err != nil {
			return c, err
		}
		c.Tried = append(c.Tried, hsm.Attempt{Way: w.name, Result: describe(r)})
		switch {
		case r.OK && r.TrailingZeros > 0 && padded == nil:
			padded = &w
		case r.OK && r.TrailingZeros == 0:
			if done, err := p.complete(ctx, &c, w, false); done || err != nil {
				return c, err
			}
		}
	}
	if padded != nil {
		_, err := p.complete(ctx, &c, *padded, true)
		return c, err
	}
	if c.Types == nil {
		c.Types, err = p.hopeless(ctx)
	}
	return c, err
}

// refusal asks the token to wrap, under the throw-away KEK, a throw-away key
// that only a trusted KEK may carry.
func (p *probe) refusal(ctx context.Context, w hsm.Way) (*hsm.Refusal, error) {
	t, err := p.scoutType(ctx)
	if err != nil {
		return nil, err
	}
	p.tell("trying to wrap a key that only a trusted KEK may carry")
	r := new(hsm.Refusal)
	err = p.ask(ctx, "trial.trust", "wrap a throw-away key that only a trusted KEK may carry", trialWrapArgs{t, w}, r)
	return r, err
}

// scoutType is the scout if the token makes such keys, else a type asked for.
func (p *probe) scoutType(ctx context.Context) (byok.KeyType, error) {
	r, err := p.trial(ctx, scout)
	if err != nil || r.err == nil {
		return scout, err
	}
	for _, t := range p.types {
		if r, err = p.trial(ctx, t); err != nil || r.err == nil {
			return t, err
		}
	}
	return scout, nil // none: every way then says why
}

// scoutWay tries a way with one key, if the token lists its mechanisms.
func (p *probe) scoutWay(ctx context.Context, w way, t byok.KeyType) (hsm.TypeResult, error) {
	if need := w.missing(p.info); need != 0 {
		return hsm.TypeResult{Type: t, Problem: fmt.Sprintf("the token does not list %s (0x%X)", mechanismName(need), need)}, nil
	}
	return p.try(ctx, w, t)
}

// complete tries a way with every type, and adopts it if all are well.
func (p *probe) complete(ctx context.Context, c *hsm.Capability, w way, padded bool) (bool, error) {
	var results []hsm.TypeResult
	all := true
	for _, t := range p.types {
		r, err := p.try(ctx, w, t)
		if err != nil {
			return false, err
		}
		if padded && r.OK && r.TrailingZeros == 0 && t.Kind() == byok.KindRSA {
			r.TrailingZeros = 7 // the length of the next key decides
		}
		if r.TrailingZeros > 0 {
			r.Problem = zerosProblem(r.TrailingZeros)
		}
		all = all && r.OK
		results = append(results, r)
	}
	if c.Types == nil || all {
		c.Types = results
	}
	if all {
		c.Way = w.name
	}
	return all, nil
}

// try wraps the throw-away key of one type in one way and unwraps it here.
// The error is that of a worker that is gone; the token's refusal is in the
// result.
func (p *probe) try(ctx context.Context, w way, t byok.KeyType) (hsm.TypeResult, error) {
	result := hsm.TypeResult{Type: t}
	made, err := p.trial(ctx, t)
	if err != nil {
		return result, err
	}
	if made.err != nil {
		result.Problem = withRemedy(made.err)
		return result, nil
	}
	result.Generated = true
	var ciphertext []byte
	err = p.ask(ctx, "trial.wrap", fmt.Sprintf("wrap a throw-away key of type %s", t), trialWrapArgs{t, w.name}, &ciphertext)
	if gone(err) {
		return result, err
	}
	if err == nil {
		result.TrailingZeros, err = p.check(ciphertext, made.key)
	}
	if err != nil {
		result.Problem = withRemedy(err)
		return result, nil
	}
	result.OK = true
	return result, nil
}

// trial makes the throw-away key of a type, once.
func (p *probe) trial(ctx context.Context, t byok.KeyType) (trialResult, error) {
	if r, ok := p.made[t]; ok {
		return r, nil
	}
	what := fmt.Sprintf("make a throw-away key of type %s", t)
	p.tell(what)
	var r trialResult
	_, r.err = p.client.do(ctx, call{op: "trial", what: what, limit: p.o.patience(), args: trialArgs{t}, result: &r.key})
	if gone(r.err) {
		return r, r.err
	}
	p.made[t] = r
	return r, nil
}

// gone reports whether err ends the probe rather than one attempt.
func gone(err error) bool {
	return errors.Is(err, hsm.ErrWorkerDied) || errors.Is(err, hsm.ErrWorkerHung) || errors.Is(err, hsm.ErrTokenGone) ||
		errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// check takes a ciphertext apart as the vault will, and says more about what
// is wrong than a vault may: the keys are throw-away keys.
func (p *probe) check(ciphertext []byte, want hsm.Key) (zeros int, err error) {
	n := p.kek.Size()
	if len(ciphertext) < n+24 {
		return 0, fmt.Errorf("the ciphertext has %d bytes, and no room for a wrapped key behind the %d of RSA-OAEP", len(ciphertext), n)
	}
	aes, err := rsa.DecryptOAEP(crypto.SHA1.New(), nil, p.kek, ciphertext[:n], nil)
	if err != nil {
		return 0, errors.New("the first part is not RSA-OAEP with SHA-1 and an empty label")
	}
	if len(aes) != 32 {
		return 0, fmt.Errorf("the AES key inside has %d bytes, not 32", len(aes))
	}
	plain, err := byok.UnwrapKWP(aes, ciphertext[n:])
	if err != nil {
		return 0, errors.New("the second part is " + misread(aes, ciphertext[n:]))
	}
	defer clear(plain)
	if want.Type.Kind() == byok.KindAES {
		return 0, checkAES(plain, want)
	}
	return checkPair(plain, want)
}

// misread names what modules make instead of AES-KWP (RFC 5649).
func misread(aes, wrapped []byte) string {
	plain, err := byok.UnwrapKW(aes, wrapped)
	if err != nil {
		return "not AES-KWP (RFC 5649), and none of its relatives"
	}
	defer clear(plain)
	if pad := int(plain[len(plain)-1]); pad >= 1 && pad <= 16 && bytes.HasSuffix(plain, bytes.Repeat([]byte{byte(pad)}, pad)) {
		return "AES-KW (RFC 3394) with PKCS#7 padding, not AES-KWP (RFC 5649)"
	}
	return "AES-KW (RFC 3394), not AES-KWP (RFC 5649)"
}

func checkAES(plain []byte, want hsm.Key) error {
	if len(plain)*8 != want.Type.Bits() {
		return fmt.Errorf("the wrapped AES key has %d bytes, not %d", len(plain), want.Type.Bits()/8)
	}
	if want.KCV == "" {
		return errors.New("the token does not encrypt with the AES key, so that what it wrapped cannot be compared")
	}
	mac, err := byok.CMAC(plain, make([]byte, 16))
	if err != nil {
		return err
	}
	if hex.EncodeToString(mac[:3]) != want.KCV {
		return errors.New("the wrapped AES key has another key check value than the token's")
	}
	return nil
}

func checkPair(plain []byte, want hsm.Key) (zeros int, err error) {
	key, zeros, err := byok.ParsePKCS8(plain)
	if err != nil {
		return 0, fmt.Errorf("the wrapped key: %w", err)
	}
	if want.Public == nil || !key.Public().Equal(want.Public) {
		return 0, errors.New("the wrapped key is not the private half of the token's public key")
	}
	return zeros, nil
}

func describe(r hsm.TypeResult) string {
	switch {
	case !r.OK:
		return r.Problem
	case r.TrailingZeros > 0:
		return "wraps, but " + zerosProblem(r.TrailingZeros)
	}
	return "wraps exactly"
}

// zerosProblem names what SoftHSM 2.6.1 does.
func zerosProblem(n int) string {
	return fmt.Sprintf("leaves %d of up to 7 zero bytes behind the wrapped PKCS#8, as SoftHSM 2.6.1 does: "+
		"it is not known whether the vault accepts them; update the HSM's software", n)
}

// hopeless is the verdict on every type where no way works.
func (p *probe) hopeless(ctx context.Context) ([]hsm.TypeResult, error) {
	var results []hsm.TypeResult
	for _, t := range p.types {
		r := hsm.TypeResult{Type: t, Problem: "no way of wrapping works"}
		made, err := p.trial(ctx, t)
		if err != nil {
			return nil, err
		}
		if r.Generated = made.err == nil; !r.Generated {
			r.Problem = withRemedy(made.err)
		}
		results = append(results, r)
	}
	return results, nil
}

func withRemedy(err error) string {
	if remedy := hsm.Remedy(err); remedy != "" {
		return err.Error() + ". " + remedy
	}
	return err.Error()
}
