package hsmtest

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/keyceremony/ceremony/byok"
	"github.com/keyceremony/ceremony/hsm"
)

// An object is a key in a store with its attributes.
type object struct {
	id          []byte
	label       string
	key         *byok.PrivateKey
	extractable bool
	trustedOnly bool // CKA_WRAP_WITH_TRUSTED
}

// read reads the attributes back, each in a copy of its own.
func (o *object) read() hsm.Key {
	yes, no := true, false
	extractable, trustedOnly := o.extractable, o.trustedOnly
	return hsm.Key{
		ID: bytes.Clone(o.id), Label: o.label, Type: o.key.Type(), Public: o.key.Public(), KCV: kcv(o.key),
		Extractable: &extractable, WrapWithTrusted: &trustedOnly,
		Sensitive: &yes, Local: &yes, AlwaysSensitive: &yes, NeverExtractable: &no,
	}
}

// kcv is the key check value of an AES key, "" for any other.
func kcv(k *byok.PrivateKey) string {
	raw := k.AES()
	if raw == nil {
		return ""
	}
	mac, err := byok.CMAC(raw, make([]byte, aes.BlockSize))
	if err != nil {
		panic("hsmtest: internal error: " + err.Error())
	}
	return hex.EncodeToString(mac[:3])
}

func (m *memory) Generate(ctx context.Context, r hsm.Request) (hsm.Key, error) {
	leave, err := m.enter(ctx)
	defer leave()
	if err == nil && !m.user {
		err = hsm.ErrNotLoggedIn
	}
	for _, o := range m.store.keys {
		if err == nil && (o.label == r.Label || bytes.Equal(o.id, r.ID)) {
			err = hsm.ErrLabelInUse
		}
	}
	var key *byok.PrivateKey
	if err == nil {
		key, err = byok.GenerateKey(rand.Reader, r.Type)
	}
	if err != nil {
		return hsm.Key{}, fmt.Errorf("generate %q: %w", r.Label, err)
	}
	o := &object{id: bytes.Clone(r.ID), label: r.Label, key: key, extractable: true, trustedOnly: r.Trusted}
	m.store.keys = append(m.store.keys, o)
	return o.read(), nil
}

// Find sees nothing without a login: all keys are CKA_PRIVATE.
func (m *memory) Find(ctx context.Context, q hsm.Query) ([]hsm.Key, error) {
	leave, err := m.enter(ctx)
	defer leave()
	if err != nil || !m.user {
		return nil, err
	}
	var found []hsm.Key
	for _, o := range m.store.keys {
		if (len(q.ID) == 0 || bytes.Equal(o.id, q.ID)) && (q.Label == "" || o.label == q.Label) {
			found = append(found, o.read())
		}
	}
	return found, nil
}

// one finds the key with this id.
func (m *memory) one(id []byte) (*object, error) {
	for _, o := range m.store.keys {
		if m.user && bytes.Equal(o.id, id) {
			return o, nil
		}
	}
	return nil, fmt.Errorf("%w: id %x", hsm.ErrNoKey, id)
}

func (m *memory) Settle(ctx context.Context, id []byte, fate hsm.Fate) (hsm.Key, error) {
	leave, err := m.enter(ctx)
	defer leave()
	if err != nil {
		return hsm.Key{}, err
	}
	o, err := m.one(id)
	if err != nil {
		return hsm.Key{}, err
	}
	switch fate {
	case hsm.FateKeep:
	case hsm.FateUnextractable:
		o.extractable = false
	case hsm.FateDestroy:
		m.store.keys = slices.DeleteFunc(m.store.keys, func(k *object) bool { return k == o })
		return hsm.Key{ID: bytes.Clone(id)}, nil
	default:
		return hsm.Key{}, fmt.Errorf("internal error: unknown fate %q", fate)
	}
	return o.read(), nil
}
