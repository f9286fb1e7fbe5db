//go:build unix

package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/hsm/hsmtest"
	"github.com/keyceremony/ceremony/hsm/pkcs11"
	"github.com/keyceremony/ceremony/steps"
)

// tool runs a program of OpenSSH or SoftHSM.
func tool(t *testing.T, env []string, args ...string) {
	t.Helper()
	c := exec.Command(args[0], args[1:]...)
	c.Env = append(os.Environ(), env...)
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", args[0], err, out)
	}
}

// aCard is SoftHSM with a person's key on it, as cards have one.
func aCard(t *testing.T) (hsmtest.Device, ssh.PublicKey) {
	t.Helper()
	d := hsmtest.SoftHSM(t)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "card.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	tool(t, nil, "softhsm2-util", "--import", file, "--token", d.Label, "--pin", string(d.PIN), "--label", "signing", "--id", "01")
	pub, err := ssh.NewPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return d, pub
}

// anAgent starts OpenSSH's own, with its socket in SSH_AUTH_SOCK.
func anAgent(t *testing.T) {
	t.Helper()
	dir, err := os.MkdirTemp("", "agent") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	sock := filepath.Join(dir, "s")
	out, err := exec.Command("ssh-agent", "-s", "-a", sock).Output() // it says so when it listens
	if err != nil {
		t.Fatalf("ssh-agent: %v", err)
	}
	_, rest, _ := strings.Cut(string(out), "SSH_AGENT_PID=")
	pid, _, _ := strings.Cut(rest, ";")
	t.Setenv("SSH_AUTH_SOCK", sock)
	t.Setenv("SSH_AGENT_PID", pid)
	t.Cleanup(func() {
		tool(t, nil, "ssh-agent", "-k")
		os.RemoveAll(dir)
	})
	if c, err := net.Dial("unix", sock); err != nil {
		t.Fatal(err)
	} else {
		c.Close()
	}
}

// holds wants a signature that ours and OpenSSH's own verifier take.
func holds(t *testing.T, how string, sig []byte, err error, s steps.Signing) {
	t.Helper()
	if err == nil {
		err = audit.VerifySig(sig, s.Keys, s.Namespace, s.Text)
	}
	if err != nil {
		t.Errorf("%s: %v", how, err)
		return
	}
	dir := t.TempDir()
	for name, b := range map[string][]byte{"sig": sig, "allowed": append([]byte("ada "), ssh.MarshalAuthorizedKey(s.Keys[0])...)} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c := exec.Command("ssh-keygen", "-Y", "verify", "-f", filepath.Join(dir, "allowed"), "-I", "ada", "-n", s.Namespace, "-s", filepath.Join(dir, "sig"))
	c.Stdin = bytes.NewReader(s.Text)
	if out, err := c.CombinedOutput(); err != nil {
		t.Errorf("%s: ssh-keygen: %v\n%s", how, err, out)
	}
}

// Every way to sign that a person has, with the programs that people have: a
// protected key file, ssh-agent with that key, ssh-agent with a card, the card
// itself, and ssh-keygen on a machine of one's own. SoftHSM stands for the card.
func TestWaysToSign(t *testing.T) {
	d, onCard := aCard(t)
	anAgent(t)
	dir := t.TempDir()
	ask := filepath.Join(dir, "ask")
	// What asks people in a desktop: the same words for key and card.
	if err := os.WriteFile(ask, []byte("#!/bin/sh\necho '"+string(d.PIN)+"'\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	env := []string{"SSH_ASKPASS=" + ask, "SSH_ASKPASS_REQUIRE=force", "DISPLAY=none"}
	file := filepath.Join(dir, "key")
	private, public, err := audit.NewKey(d.PIN, "ada")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, private, 0o600); err != nil {
		t.Fatal(err)
	}
	inFile, _, _, _, err := ssh.ParseAuthorizedKey(public)
	if err != nil {
		t.Fatal(err)
	}
	signing := func(key ssh.PublicKey) steps.Signing {
		return steps.Signing{Person: "ada", Namespace: "approve@keyceremony", Text: []byte("keyceremony 1\n"), Keys: []ssh.PublicKey{key}}
	}
	if _, err := signAgent(signing(inFile)); err == nil || !strings.Contains(err.Error(), "0 keys") {
		t.Errorf("an empty agent: %v", err)
	}
	tool(t, env, "ssh-add", file)
	tool(t, env, "ssh-add", "-s", d.Module)

	sig, err := signWithKey(private, bytes.Clone(d.PIN), audit.Production, signing(inFile))
	holds(t, "key file", sig, err, signing(inFile))
	sig, err = signAgent(signing(inFile))
	holds(t, "ssh-agent with a key file", sig, err, signing(inFile))
	sig, err = signAgent(signing(onCard))
	holds(t, "ssh-agent with a card", sig, err, signing(onCard))
	sig, err = signWithCard(pkcs11.Options{Module: d.Module, Serial: d.Serial}, "signing", bytes.Clone(d.PIN), signing(onCard))
	holds(t, "card", sig, err, signing(onCard))

	// Elsewhere: the text goes there as a file, and the signature comes back.
	text, half := filepath.Join(dir, "text.txt"), filepath.Join(dir, "card.pub")
	for name, b := range map[string][]byte{text: signing(onCard).Text, half: ssh.MarshalAuthorizedKey(onCard)} {
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	tool(t, env, "ssh-keygen", "-Y", "sign", "-n", "approve@keyceremony", "-f", half, text)
	sig, err = os.ReadFile(text + ".sig")
	holds(t, "elsewhere", sig, err, signing(onCard))
	if err := signing(inFile).Verify(sig); err == nil {
		t.Error("a signature by another key was taken")
	}
}
