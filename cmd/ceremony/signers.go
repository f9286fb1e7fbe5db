package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

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
	pub, err := agentKey(sock, s)
	if err != nil {
		return nil, err
	}
	signer, closer, err := audit.AgentSigner(sock, pub)
	if err != nil {
		return nil, err
	}
	defer closer.Close()
	return audit.Sign(signer, rand.Reader, s.Namespace, s.Text)
}

// agentKey finds the person's key in the agent.
func agentKey(sock string, s steps.Signing) (ssh.PublicKey, error) {
	conn, err := dialAgent(sock)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	keys, err := agent.NewClient(conn).List()
	if err != nil {
		return nil, err
	}
	for _, k := range keys {
		for _, own := range s.Keys {
			if ssh.FingerprintSHA256(k) == ssh.FingerprintSHA256(own) {
				return own, nil
			}
		}
	}
	return nil, fmt.Errorf("ssh-agent has %d keys, none of them the key of %s in the plan", len(keys), s.Person)
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
