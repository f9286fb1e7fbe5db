package pkcs11

import (
	"github.com/keyceremony/ceremony/byok"
	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/hsm"
)

// The arguments and results of the worker's operations, beside those that are
// types of package hsm. Secrets are never among them: they are the body.
type (
	openArgs struct {
		Module   string        `json:"module"`
		SHA256   digest.SHA256 `json:"sha256"`
		InitArgs string        `json:"init_args,omitempty"`
		Token    URI           `json:"token"`
		ReadOnly bool          `json:"read_only,omitempty"`
	}
	// loginArgs: the body is the PIN, empty for the PIN pad.
	loginArgs struct {
		Insist bool `json:"insist,omitempty"`
	}
	keyArgs struct {
		ID []byte `json:"id"`
	}
	kekArgs struct {
		KEK   *byok.KEK `json:"kek"`
		Trial bool      `json:"trial,omitempty"` // for the probe, beside the real one
	}
	// trustArgs: the body is the security officer's PIN, empty for the PIN pad.
	trustArgs struct {
		KEK    *byok.KEK `json:"kek"`
		Insist bool      `json:"insist,omitempty"`
	}
	// wrapArgs: the result is the key's type, its body the ciphertext.
	wrapArgs struct {
		ID  []byte  `json:"id"`
		Way hsm.Way `json:"way"`
	}
	// trialArgs asks for a throw-away key; the result is an hsm.Key.
	trialArgs struct {
		Type byok.KeyType `json:"type"`
	}
	trialWrapArgs struct {
		Type byok.KeyType `json:"type"`
		Way  hsm.Way      `json:"way"`
	}
	signArgs struct {
		ID     []byte   `json:"id"`
		Hash   hsm.Hash `json:"hash"`
		Digest []byte   `json:"digest"`
	}
	encryptArgs struct {
		ID        []byte   `json:"id"`
		Mode      hsm.Mode `json:"mode"`
		IV        []byte   `json:"iv,omitempty"`
		Plaintext []byte   `json:"plaintext"`
	}
	settleArgs struct {
		ID   []byte   `json:"id"`
		Fate hsm.Fate `json:"fate"`
	}
)
