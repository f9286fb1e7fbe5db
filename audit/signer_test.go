package audit

import (
	"crypto/rand"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

func TestNewKey(t *testing.T) {
	private, public, err := NewKey([]byte("correct horse"), RehearsalComment)
	if err != nil {
		t.Fatal(err)
	}
	s, comment, err := LoadSigner(private, []byte("correct horse"))
	if err != nil {
		t.Fatal(err)
	}
	if comment != RehearsalComment {
		t.Fatalf("comment is %q", comment)
	}
	pub := publicKey(t, public)
	if string(pub.Marshal()) != string(s.PublicKey().Marshal()) || !strings.HasSuffix(string(public), " REHEARSAL\n") {
		t.Fatalf("public key is %q", public)
	}
	if _, _, err := LoadSigner(private, []byte("wrong")); !errors.Is(err, ErrPassphrase) {
		t.Fatalf("a wrong passphrase gave %v", err)
	}
	if _, _, err := NewKey(nil, "x"); !errors.Is(err, ErrNoPassphrase) {
		t.Fatalf("no passphrase gave %v", err)
	}
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, private, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("ssh-keygen", "-y", "-P", "correct horse", "-f", file).Output()
	if err != nil || string(out) != string(public) {
		t.Fatalf("ssh-keygen reads %q, %v", out, err)
	}
}

// Key files that ssh-keygen makes, of every type that may be on a roster.
func TestLoadSigner(t *testing.T) {
	for _, args := range [][]string{
		{"-t", "ed25519"},
		{"-t", "ecdsa", "-b", "256"},
		{"-t", "ecdsa", "-b", "384"},
		{"-t", "ecdsa", "-b", "521"},
		{"-t", "rsa", "-b", "2048"},
		{"-t", "ed25519", "-a", "3"},
	} {
		file := filepath.Join(t.TempDir(), "key")
		args = append(args, "-q", "-N", "secret", "-C", "op1 laptop", "-f", file)
		if out, err := exec.Command("ssh-keygen", args...).CombinedOutput(); err != nil {
			t.Fatalf("%v %s", err, out)
		}
		s, comment, err := LoadSigner(read(t, file), []byte("secret"))
		if err != nil || comment != "op1 laptop" {
			t.Fatalf("%v: comment %q, %v", args, comment, err)
		}
		if _, err := Sign(s, rand.Reader, "signin@keyceremony", []byte("x")); err != nil {
			t.Errorf("%v: %v", args, err)
		}
		if _, _, err := LoadSigner(read(t, file), []byte("Secret")); !errors.Is(err, ErrPassphrase) {
			t.Errorf("%v: a wrong passphrase gave %v", args, err)
		}
	}
}

func TestLoadSignerRefuses(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key")
	if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", file).CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	bare := read(t, file)
	if _, _, err := LoadSigner(bare, []byte("x")); !errors.Is(err, ErrNoPassphrase) {
		t.Errorf("an unprotected file gave %v", err)
	}
	for name, b := range map[string][]byte{
		"nothing": nil, "public": read(t, file+".pub"), "two": append(append([]byte{}, bare...), bare...), "text": []byte("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n"),
	} {
		if _, _, err := LoadSigner(b, []byte("x")); err == nil {
			t.Errorf("%s: was taken", name)
		}
	}
	if out, err := exec.Command("ssh-keygen", "-q", "-p", "-P", "", "-N", "secret", "-Z", "aes256-gcm@openssh.com", "-f", file).CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	if _, _, err := LoadSigner(read(t, file), []byte("secret")); err == nil || !strings.Contains(err.Error(), "aes256-gcm") {
		t.Errorf("another cipher gave %v", err)
	}
}

func TestAgentSigner(t *testing.T) {
	sock := filepath.Join(t.TempDir(), "agent")
	l, err := net.Listen("unix", sock)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ring := agent.NewKeyring()
	private, public, err := NewKey([]byte("x"), "op1")
	if err != nil {
		t.Fatal(err)
	}
	key, err := ssh.ParseRawPrivateKeyWithPassphrase(private, []byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	if err := ring.Add(agent.AddedKey{PrivateKey: key}); err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_ = agent.ServeAgent(ring, c)
		}
	}()
	pub, other := publicKey(t, public), newSigner(t, "ed25519").PublicKey()
	s, c, err := AgentSigner(sock, []ssh.PublicKey{other, pub})
	if err != nil {
		t.Fatal(err)
	}
	sig, err := Sign(s, rand.Reader, "signin@keyceremony", []byte("x"))
	c.Close()
	if err != nil {
		t.Fatal(err)
	}
	if err := VerifySig(sig, []ssh.PublicKey{pub}, "signin@keyceremony", []byte("x")); err != nil {
		t.Fatal(err)
	}
	if _, _, err := AgentSigner(sock, []ssh.PublicKey{other}); err == nil {
		t.Fatal("a key that the agent has not was found")
	}
	if _, _, err := AgentSigner(sock+"x", []ssh.PublicKey{pub}); err == nil {
		t.Fatal("an agent that is not there was found")
	}
}
