package steps

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"os"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/plan"
)

// panics reports whether f ends in a panic.
func panics(f func()) (what any) {
	defer func() { what = recover() }()
	f()
	return nil
}

// TestHostileFacts: whoever can write a medium can write any log into it. It
// is refused, whatever it says.
func TestHostileFacts(t *testing.T) {
	s := newHall(t, nil, "P-256").stand("online", "blob.receive").stand("offline", "kek.receive")
	t.Run("a digest of other form", func(t *testing.T) {
		s.back(t)
		m := s.medium("usb-kek")
		m.rechain(`"kek.sha256":"`, `"kek.sha256":"x`)
		m.list()
		m.forge(everyoneOf()...)
		m.write()
		c := s.reopen()
		defer s.shut(c)
		what := panics(func() { wantRefused(t, s.step(c), "bundle.seal", "bundle.head", "bundle.kek", "attest.present") })
		wrongIf(t, what != nil, "%v", what)
	})
	c := s.again(t)
	s.run(c, Wrap)
	s.shut(c)
	s = s.hall.stand("online", "blob.receive")
	t.Run("a blob's digest of other form", func(t *testing.T) {
		s.back(t)
		m := s.medium("usb-blob")
		m.rechain(`"blob/key-1":"`, `"blob/key-1":"x`)
		m.list()
		m.forge(everyoneOf()...)
		m.write()
		c := s.reopen()
		defer s.shut(c)
		what := panics(func() {
			var refused *Refused
			if err := s.step(c); !errors.As(err, &refused) {
				t.Errorf("%v", err)
			}
		})
		wrongIf(t, what != nil, "%v", what)
	})
}

// TestOtherProgram goes on with another program than the one that began.
func TestOtherProgram(t *testing.T) {
	h := newHall(t, produces, "P-256")
	s := h.stand("offline", "machine.check")
	s.back(t)
	world := s.world()
	world.Program.SHA256 = digest.Of([]byte("another program"))
	c, err := Open(s.path("offline"), world)
	if err == nil {
		err = s.step(c)
		s.shut(c)
	}
	wrongIf(t, err == nil, "another program did a step of a production")
}

// TestSealedTwice: a person may sign the seal again, as when all are asked
// anew after a restart.
func TestSealedTwice(t *testing.T) {
	h := newHall(t, nil, "P-256")
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	h.keys["admin"]["online"], err = ssh.NewSignerFromKey(key)
	must(t, err)
	h.setPlan(nil, []string{"P-256"})
	s := h.stand("online", "prepare.seal")
	c := s.sealing(t)
	defer s.shut(c)
	if err := s.give(c, sigs{"admin": s.sealBy(c, "admin", "online")}); !errors.Is(err, ErrQuorum) {
		t.Fatal(err)
	}
	err = s.step(c)
	wrongIf(t, err != nil, "all sign, one for the second time: %v", err)
}

// TestNextKey: a failed check of one key is decided about before the next key.
func TestNextKey(t *testing.T) {
	s := wraps(t, "target.challenge", nil, "P-256", "P-256")
	s.back(t)
	through(tamperedToken{sign: func(b []byte) { b[3] ^= 1 }})(s)
	c := s.reopen()
	defer s.shut(c)
	must(t, s.step(c))
	if c.Now().Step.ID != "exception" {
		t.Fatalf("%s is current", c.Now().Step.ID)
	}
	_, next := c.state.done[instance{Wrap, "target.challenge", "key-2"}]
	wrongIf(t, next, "the next key was done before the decision: %v", c.Show())
}

// TestPlannedKEK takes a KEK that the plan names, and no other.
func TestPlannedKEK(t *testing.T) {
	h := newHall(t, nil, "P-256")
	s := h.stand("online", "kek.readback")
	kid := h.vaultKey(h.plan.KEK.Name).KID
	s.back(t)
	must(t, os.RemoveAll(s.path("online")))
	for _, c := range []struct{ name, kid, says string }{
		{"there", kid, ""},
		{"not there", kid[:len(kid)-1] + flip(kid[len(kid)-1]), "vault.not-found"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h.t = t
			h.setPlan(func(p *plan.Plan) { p.KEK.Use = c.kid }, []string{"P-256"})
			run := h.begin(Prepare)
			defer func() { h.shut(run); must(t, os.RemoveAll(s.path("online"))) }()
			h.until(run, "kek.use")
			if code := Explain(h.step(run)).Code; code != c.says {
				t.Errorf("%q, want %q", code, c.says)
			}
		})
	}
}

// wrongIf fails a test in words where something went wrong.
func wrongIf(t *testing.T, wrong bool, format string, args ...any) {
	t.Helper()
	if wrong {
		t.Errorf(format, args...)
	}
}
