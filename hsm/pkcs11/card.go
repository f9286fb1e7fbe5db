package pkcs11

import (
	"context"
	"errors"

	"github.com/keyceremony/ceremony/hsm"
)

// A Card is one key on a person's card, or the HSM's seal key, in a worker of
// its own. It is a crypto.Signer; close it after the signature.
type Card struct {
	*hsm.Signer
	token *token
}

// Signer opens a card read-only, logs in once and finds the key: by q, or by
// object and id of Options.URI. A nil pin asks for the reader's PIN pad. It
// refuses a card that has one try left with hsm.ErrFinalTry.
func Signer(ctx context.Context, o Options, pin []byte, q hsm.Query) (*Card, error) {
	u, err := o.selector()
	if err != nil {
		return nil, err
	}
	if u.Object != "" || len(u.ID) > 0 {
		if q.Label != "" || len(q.ID) > 0 {
			return nil, errors.New("the key is named twice: by the URI and beside it")
		}
		q = hsm.Query{ID: u.ID, Label: u.Object}
	}
	o.readOnly = true
	t, err := open(ctx, o)
	if err != nil {
		return nil, err
	}
	if err := t.Login(ctx, pin, false); err != nil {
		return nil, errors.Join(err, t.Close())
	}
	s, err := hsm.NewSigner(ctx, t, q)
	if err != nil {
		return nil, errors.Join(err, t.Close())
	}
	return &Card{s, t}, nil
}

// Close logs out and ends the worker.
func (c *Card) Close() error {
	return errors.Join(c.token.Logout(context.Background()), c.token.Close())
}
