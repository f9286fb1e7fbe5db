//go:build cgo

package pkcs11

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	p11 "github.com/miekg/pkcs11"

	"github.com/keyceremony/ceremony/hsm"
)

// findMax bounds the objects of one search; a ceremony has a handful of keys.
const findMax = 1000

// lookup returns the objects that match the template.
func (s *session) lookup(template ...*p11.Attribute) ([]p11.ObjectHandle, error) {
	if err := s.ctx.FindObjectsInit(s.h, template); err != nil {
		return nil, rv("look for objects", err)
	}
	var all []p11.ObjectHandle
	for len(all) < findMax {
		some, _, err := s.ctx.FindObjects(s.h, 64)
		if err != nil {
			_ = s.ctx.FindObjectsFinal(s.h)
			return nil, rv("look for objects", err)
		}
		if len(some) == 0 {
			break
		}
		all = append(all, some...)
	}
	if err := s.ctx.FindObjectsFinal(s.h); err != nil {
		return nil, rv("look for objects", err)
	}
	if len(all) >= findMax {
		return nil, fmt.Errorf("look for objects: %d and more match", findMax)
	}
	return all, nil
}

// absent are the codes by which tokens say that an object lacks an attribute
// or that it stays inside.
var absent = map[uint]bool{
	p11.CKR_ATTRIBUTE_TYPE_INVALID: true, p11.CKR_ATTRIBUTE_SENSITIVE: true,
	p11.CKR_ATTRIBUTE_VALUE_INVALID: true, p11.CKR_FUNCTION_NOT_SUPPORTED: true,
	p11.CKR_INFORMATION_SENSITIVE: true,
}

// attribute reads one attribute; nil if the object does not show it. One is
// read at a time, as a list with one bad attribute is lost as a whole.
func (s *session) attribute(o p11.ObjectHandle, kind uint) ([]byte, error) {
	if s.direct {
		value, code := s.list.attribute(s.h, o, kind)
		if code != ckrBufferTooSmall {
			return shown(value, code)
		}
	}
	list, err := s.ctx.GetAttributeValue(s.h, o, []*p11.Attribute{p11.NewAttribute(kind, nil)})
	var code p11.Error
	if errors.As(err, &code) {
		return shown(nil, uint(code))
	}
	if err != nil {
		return nil, rv("read an attribute", err)
	}
	return list[0].Value, nil
}

// shown makes nil of an attribute that the object does not have or show.
func shown(value []byte, code uint) ([]byte, error) {
	switch {
	case code == ckrOK:
		return value, nil
	case absent[code]:
		return nil, nil
	}
	return nil, newError("read an attribute", code)
}

// flag reads a boolean attribute; nil if the object does not show it.
func (s *session) flag(o p11.ObjectHandle, kind uint) (*bool, error) {
	b, err := s.attribute(o, kind)
	if err != nil || len(b) != 1 {
		return nil, err
	}
	yes := b[0] != 0
	return &yes, nil
}

// number reads a CK_ULONG attribute; 0 if the object does not show it.
func (s *session) number(o p11.ObjectHandle, kind uint) (uint, error) {
	b, err := s.attribute(o, kind)
	if err != nil {
		return 0, err
	}
	switch len(b) {
	case 4:
		return uint(binary.NativeEndian.Uint32(b)), nil
	case 8:
		return uint(binary.NativeEndian.Uint64(b)), nil
	}
	return 0, nil
}

// find lists the private and secret keys that match.
func (s *session) find(q hsm.Query) ([]hsm.Key, error) {
	keys := []hsm.Key{}
	for _, class := range []uint{p11.CKO_PRIVATE_KEY, p11.CKO_SECRET_KEY} {
		handles, err := s.lookup(template(class, q)...)
		if err != nil {
			return nil, err
		}
		for _, h := range handles {
			if s.isOurs(h) {
				continue // a wrapping key or a throw-away key of the probe
			}
			k, err := s.readKey(h, class, 0)
			if err != nil {
				return nil, err
			}
			if strings.HasPrefix(k.Label, trustedLabel) {
				continue // a wrapping key that trust made
			}
			keys = append(keys, k)
		}
	}
	return keys, nil
}

func template(class uint, q hsm.Query) []*p11.Attribute {
	t := []*p11.Attribute{p11.NewAttribute(p11.CKA_CLASS, class)}
	if len(q.ID) > 0 {
		t = append(t, p11.NewAttribute(p11.CKA_ID, q.ID))
	}
	if q.Label != "" {
		t = append(t, p11.NewAttribute(p11.CKA_LABEL, q.Label))
	}
	return t
}

// one returns the handle and class of the only key with this id.
func (s *session) one(id []byte) (p11.ObjectHandle, uint, error) {
	if len(id) == 0 {
		return 0, 0, fmt.Errorf("%w: no id is given", hsm.ErrNoKey)
	}
	var found []p11.ObjectHandle
	var class uint
	for _, c := range []uint{p11.CKO_PRIVATE_KEY, p11.CKO_SECRET_KEY} {
		handles, err := s.lookup(template(c, hsm.Query{ID: id})...)
		if err != nil {
			return 0, 0, err
		}
		if len(handles) > 0 {
			found, class = append(found, handles...), c
		}
	}
	switch len(found) {
	case 0:
		return 0, 0, fmt.Errorf("%w: id %x", hsm.ErrNoKey, id)
	case 1:
		return found[0], class, nil
	}
	return 0, 0, fmt.Errorf("%w: %d keys have the id %x", hsm.ErrManyKeys, len(found), id)
}

// track remembers a session object of ours until it is destroyed.
func (s *session) track(h p11.ObjectHandle, what string) {
	s.made = append(s.made, made{h, what})
}

func (s *session) isOurs(h p11.ObjectHandle) bool {
	for _, m := range s.made {
		if m.handle == h {
			return true
		}
	}
	return false
}

// destroy destroys a session object and forgets it. One that cannot be
// destroyed stays tracked, for clean to try again.
func (s *session) destroy(h p11.ObjectHandle) error {
	if err := s.ctx.DestroyObject(s.h, h); err != nil && !errors.Is(err, p11.Error(p11.CKR_OBJECT_HANDLE_INVALID)) {
		return rv("destroy a session object", err)
	}
	for i, m := range s.made {
		if m.handle == h {
			s.made = append(s.made[:i], s.made[i+1:]...)
			break
		}
	}
	return nil
}
