package steps

import (
	"context"
	"errors"
	"testing"

	"github.com/keyceremony/ceremony/hsm"
)

// dyingToken crashes at the first wrap.
type dyingToken struct {
	hsm.Token
	died *bool
}

func (d dyingToken) Wrap(ctx context.Context, id []byte) ([]byte, error) {
	if !*d.died {
		*d.died = true
		return nil, &hsm.Error{Op: "wrap", Kind: hsm.ErrWorkerDied}
	}
	return d.Token.Wrap(ctx, id)
}

// A module that crashed is connected to again, before the step is tried again.
func TestModuleCrashComesBack(t *testing.T) {
	h := newHall(t, nil, "P-256")
	died := false
	h.token = func(tok hsm.Token) hsm.Token { return dyingToken{tok, &died} }
	c := h.begin(Prepare)
	h.run(c, Prepare)
	h.shut(c)
	c = h.begin(Wrap)
	h.until(c, "target.wrap")
	if err := h.step(c); !errors.Is(err, hsm.ErrWorkerDied) {
		t.Fatalf("the module crashed, and the step says %v", err)
	}
	if now := c.Now(); now.Step.ID != "hsm.connect" {
		t.Errorf("after the crash %s is awaited, want hsm.connect", now.Step.ID)
	}
	h.run(c, Wrap)
	h.shut(c)
}
