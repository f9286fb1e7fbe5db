//go:build !cgo

package pkcs11

import (
	"errors"
	"testing"
)

// TestNoCgo: a program without cgo says what it is.
func TestNoCgo(t *testing.T) {
	if _, err := Open(t.Context(), Options{Module: "x"}); !errors.Is(err, ErrNoCgo) {
		t.Errorf("%v, wanted %v", err, ErrNoCgo)
	}
	if _, err := List(t.Context(), Options{Module: "x"}); !errors.Is(err, ErrNoCgo) {
		t.Errorf("%v, wanted %v", err, ErrNoCgo)
	}
}
