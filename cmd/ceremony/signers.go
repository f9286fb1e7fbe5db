package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"runtime"

	"golang.org/x/crypto/ssh"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/hsm"
	"github.com/keyceremony/ceremony/hsm/pkcs11"
	"github.com/keyceremony/ceremony/steps"
)

// signWithKey signs with an OpenSSH key file, given as its bytes.
func signWithKey(key, pass []byte, mode string, s steps.Signing) ([]byte, error) {
	signer, err := unlock(key, pass, mode)
	if err != nil {
		return nil, err
	}
	return audit.Sign(signer, rand.Reader, s.Namespace, s.Text)
}

// signAgent signs with whichever key of ssh-agent is the person's: the engine
// refuses every other.
func signAgent(s steps.Signing) ([]byte, error) {
	sock := os.Getenv("SSH_AUTH_SOCK")
	if sock == "" {
		return nil, errors.New("no ssh-agent is running: SSH_AUTH_SOCK is not set")
	}
	if runtime.GOOS == "windows" { // its agent speaks over a named pipe
		return nil, errors.New("ssh-agent cannot be used on Windows: sign with a card, a key file, or elsewhere")
	}
	signer, closer, err := audit.AgentSigner(sock, s.Keys)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.Person, err)
	}
	defer closer.Close()
	return audit.Sign(signer, rand.Reader, s.Namespace, s.Text)
}

// signCard signs with a PKCS#11 card, whose module runs in a process of its
// own.
func (p *people) signCard(s steps.Signing) ([]byte, error) {
	module, err := p.line("    PKCS#11 module: ")
	if err != nil {
		return nil, err
	}
	label, err := p.line("    Label of the key: ")
	if err != nil {
		return nil, err
	}
	serial, err := p.line("    Serial number of the card: ")
	if err != nil {
		return nil, err
	}
	pin, err := p.secret("    PIN (nothing if the reader has a PIN pad): ")
	if err != nil {
		return nil, err
	}
	defer clear(pin)
	return signWithCard(pkcs11.Options{Module: module, Serial: serial}, label, pin, s)
}

func signWithCard(o pkcs11.Options, label string, pin []byte, s steps.Signing) ([]byte, error) {
	if len(pin) == 0 {
		pin = nil
	}
	card, err := pkcs11.Signer(context.Background(), o, pin, hsm.Query{Label: label})
	if err != nil {
		return nil, err
	}
	defer card.Close()
	signer, err := ssh.NewSignerFromSigner(card)
	if err != nil {
		return nil, err
	}
	return audit.Sign(signer, rand.Reader, s.Namespace, s.Text)
}
