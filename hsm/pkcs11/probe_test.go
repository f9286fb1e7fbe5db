//go:build cgo

package pkcs11

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/keyceremony/ceremony/byok"
	"github.com/keyceremony/ceremony/hsm"
	"github.com/keyceremony/ceremony/hsm/hsmtest"
)

// TestProbeVerdicts: modules that wrap in another way than RFC 5649 under the
// names of RFC 5649 are found out, and the problem is named.
func TestProbeVerdicts(t *testing.T) {
	for _, f := range []struct {
		name, settings, want string
	}{
		{"PKCS7 padding", "INTERPOSER_PAD=pkcs7", "PKCS#7 padding"},
		{"KW", "INTERPOSER_PAD=kw", "AES-KW (RFC 3394), not AES-KWP"},
		{"extra bytes", "INTERPOSER_PAD=tail", "not AES-KWP (RFC 5649), and none of its relatives"},
		{"another key", "INTERPOSER_PAD=other", "wrapped key"},
		{"AES-128 inside", "INTERPOSER_AES=16", "has 16 bytes, not 32"},
	} {
		t.Run(f.name, func(t *testing.T) {
			d := interpose(t, "INTERPOSER_SINGLE=1", f.settings)
			token := ready(t, d, options(d))
			c, err := token.Probe(t.Context(), 2048, []byok.KeyType{"P-256", "AES-256"}, false)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(c.Tried[0].Result, f.want) {
				t.Errorf("%s: %q, wanted %q in it", c.Tried[0].Way, c.Tried[0].Result, f.want)
			}
			if strings.HasPrefix(f.settings, "INTERPOSER_PAD") {
				if c.Way != "" || len(c.Types) != 2 || c.Types[0].OK || c.Types[0].Problem == "" {
					t.Errorf("a way was found: %+v", c)
				}
				if err := wrapRefused(t, token); !errors.Is(err, hsm.ErrNotProbed) {
					t.Errorf("wrap: %v, wanted %v", err, hsm.ErrNotProbed)
				}
			}
		})
	}
}

func wrapRefused(t *testing.T, token *token) error {
	t.Helper()
	kek, _ := hsmtest.KEK(t, 2048)
	if _, err := token.LoadKEK(t.Context(), kek); err != nil {
		t.Fatal(err)
	}
	_, err := token.Wrap(t.Context(), []byte("any"))
	return err
}

// TestProbePrefersExact: the way that leaves zeros is taken only where there
// is no other.
func TestProbePrefersExact(t *testing.T) {
	d := interpose(t, "INTERPOSER_PAD=exact")
	token := ready(t, d, options(d))
	c, err := token.Probe(t.Context(), 2048, []byok.KeyType{"P-256"}, false)
	if err != nil || c.Way != ways[4].name || c.Types[0].TrailingZeros != 0 {
		t.Errorf("exact: %+v, %v", c, err)
	}
	d = interpose(t, "INTERPOSER_SINGLE=1", "INTERPOSER_PAD=exact", "INTERPOSER_AES=16")
	token = ready(t, d, options(d))
	if c, err = token.Probe(t.Context(), 2048, []byok.KeyType{"P-256"}, false); err != nil || c.Way != ways[4].name {
		t.Errorf("the first way is wrong, the fifth right: %+v, %v", c, err)
	}
}

// TestProbeTypeMissing: one type that the token lacks does not hide the others.
func TestProbeTypeMissing(t *testing.T) {
	d := hsmtest.NSS(t)
	token := ready(t, d, options(d))
	c, err := token.Probe(t.Context(), 2048, []byok.KeyType{"P-256K", "P-384"}, false)
	if err != nil {
		t.Fatal(err)
	}
	if c.Way != "" || c.Types[0].OK || !strings.Contains(c.Types[0].Problem, "Plan another curve.") || !c.Types[1].OK {
		t.Errorf("%+v", c)
	}
	a := hsm.Assess(token.info, c, 2048)
	if a.Keys[0].Generated || !a.Keys[1].Generated {
		t.Errorf("%+v", a.Keys)
	}
	lines := a.Means
	for _, want := range []string{"cannot wrap every type", "CKM_AES_KEY_WRAP_KWP (0x210B): wraps exactly"} {
		if !strings.Contains(lines, want) {
			t.Errorf("%q is not in the verdict:\n%s", want, lines)
		}
	}
}

// TestProbeWithoutScout: a token without the scout's type is probed with one
// that it has.
func TestProbeWithoutScout(t *testing.T) {
	d := interpose(t, "INTERPOSER_SINGLE=1", "INTERPOSER_FAULT=C_GenerateKeyPair:1:rv=0x130")
	token := ready(t, d, options(d))
	c, err := token.Probe(t.Context(), 2048, []byok.KeyType{"AES-256"}, false)
	if err != nil || c.Way != ways[0].name {
		t.Errorf("%+v, %v", c, err)
	}
	if c, err = token.Probe(t.Context(), 2048, nil, false); err == nil {
		t.Errorf("a probe of nothing: %+v", c)
	}
}

// TestProbeCrash: a module that crashes on a way ends the probe, and a probe
// that fails leaves no way behind.
func TestProbeCrash(t *testing.T) {
	d := interpose(t, "INTERPOSER_FAULT=C_WrapKey:1:segv")
	o := options(d)
	o.Stderr = new(bytes.Buffer)
	token := ready(t, d, o)
	if _, err := token.Probe(t.Context(), 2048, []byok.KeyType{"P-256"}, false); !errors.Is(err, hsm.ErrWorkerDied) {
		t.Errorf("%v, wanted %v", err, hsm.ErrWorkerDied)
	}
	if token.way != "" {
		t.Errorf("the way %q was adopted", token.way)
	}
}

// TestProbeProgress: a person sees which key is being made.
func TestProbeProgress(t *testing.T) {
	d := hsmtest.SoftHSM(t)
	var seen []string
	o := options(d)
	o.Progress = func(what string, _ time.Duration) { seen = append(seen, what) }
	token := ready(t, d, o)
	if _, err := token.Probe(t.Context(), 2048, []byok.KeyType{"P-384"}, false); err != nil {
		t.Fatal(err)
	}
	all := strings.Join(seen, "\n")
	for _, want := range []string{"throw-away KEK of 2048 bits", "throw-away key of type P-256", "throw-away key of type P-384"} {
		if !strings.Contains(all, want) {
			t.Errorf("%q was not told:\n%s", want, all)
		}
	}
}

// TestWrapUnprobedType: a type that the probe did not try is not wrapped.
func TestWrapUnprobedType(t *testing.T) {
	d := hsmtest.SoftHSM(t)
	token := ready(t, d, options(d))
	wrappable(t, token)
	k, err := token.Generate(t.Context(), hsm.Request{Type: "AES-256", Label: "aes", ID: []byte("aes")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := token.Wrap(t.Context(), k.ID); !errors.Is(err, hsm.ErrNotProbed) {
		t.Errorf("%v, wanted %v", err, hsm.ErrNotProbed)
	}
}

func TestWaysAreDistinct(t *testing.T) {
	seen := map[hsm.Way]bool{}
	for _, w := range ways {
		if seen[w.name] {
			t.Errorf("two ways are named %q", w.name)
		}
		seen[w.name] = true
		if got, ok := wayNamed(w.name); !ok || got != w {
			t.Errorf("%q is not found by its name", w.name)
		}
	}
	if _, ok := wayNamed("CKM_RSA_PKCS"); ok {
		t.Error("a way that is none is found")
	}
}
