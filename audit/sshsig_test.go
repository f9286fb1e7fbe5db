package audit

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/keyceremony/ceremony/vectors"
	"golang.org/x/crypto/ssh"
)

func read(t testing.TB, path ...string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func publicKey(t testing.TB, line []byte) ssh.PublicKey {
	t.Helper()
	k, _, _, _, err := ssh.ParseAuthorizedKey(line)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// The vectors of OpenSSH's own unit test. Two kinds are refused by name:
// mldsa44-ed25519, which no library here knows, and signatures of browsers
// (webauthn), which are no part of a ceremony.
func TestOpenSSHVectors(t *testing.T) {
	dir := vectors.Path(t, "vectors/sshsig-openssh")
	namespace, msg := string(read(t, dir, "namespace")), read(t, dir, "signed-data")
	for name, refusal := range map[string]string{
		"ed25519": "", "ecdsa": "", "rsa": "", "ed25519_sk": "", "ecdsa_sk": "",
		"ecdsa_sk_webauthn": "webauthn-sk-ecdsa-sha2-nistp256@openssh.com",
		"mldsa44-ed25519":   "ssh-mldsa44-ed25519@openssh.com",
	} {
		sig := read(t, dir, name+".sig")
		var keys []ssh.PublicKey
		if name != "mldsa44-ed25519" {
			keys = append(keys, publicKey(t, read(t, dir, name+".pub")))
		}
		err := VerifySig(sig, keys, namespace, msg)
		if refusal != "" {
			if err == nil || !strings.Contains(err.Error(), refusal) {
				t.Errorf("%s: %v, not a refusal of %s", name, err, refusal)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := VerifySig(sig, keys, namespace, append(msg, 'x')); !errors.Is(err, ErrSignature) {
			t.Errorf("%s: other content gave %v", name, err)
		}
		if err := VerifySig(sig, keys, "other", msg); !errors.Is(err, ErrNamespace) {
			t.Errorf("%s: another namespace was taken", name)
		}
		if err := VerifySig(sig, nil, namespace, msg); !errors.Is(err, ErrSignature) {
			t.Errorf("%s: no key gave %v", name, err)
		}
	}
}

func newSigner(t testing.TB, kind string) ssh.Signer {
	t.Helper()
	var key any
	var err error
	switch kind {
	case "ed25519":
		_, key, err = ed25519.GenerateKey(rand.Reader)
	case "p256":
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "p384":
		key, err = ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case "p521":
		key, err = ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	case "rsa2048":
		key, err = rsa.GenerateKey(rand.Reader, 2048)
	}
	if err != nil {
		t.Fatal(err)
	}
	s, err := ssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// stockVerify asks ssh-keygen.
func stockVerify(t testing.TB, allowed, sig, msg []byte, who, namespace string) error {
	t.Helper()
	dir := t.TempDir()
	for name, b := range map[string][]byte{"allowed": allowed, "sig": sig} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("ssh-keygen", "-Y", "verify", "-f", filepath.Join(dir, "allowed"), "-I", who, "-n", namespace, "-s", filepath.Join(dir, "sig"))
	cmd.Stdin = bytes.NewReader(msg)
	return cmd.Run()
}

func TestStockVerifyTakesOurSignatures(t *testing.T) {
	msg := []byte("what was signed\n")
	for _, kind := range []string{"ed25519", "p256", "p384", "p521", "rsa2048"} {
		s := newSigner(t, kind)
		sig, err := Sign(s, rand.Reader, "final-seal@keyceremony", msg)
		if err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		r := Roster{{ID: "op1", Role: "operator", Keys: []ssh.PublicKey{s.PublicKey()}}}
		allowed := r.AllowedSigners(Production)
		if err := stockVerify(t, allowed, sig, msg, "op1", "final-seal@keyceremony"); err != nil {
			t.Errorf("%s: ssh-keygen refused: %v", kind, err)
		}
		if err := stockVerify(t, r.AllowedSigners(Rehearsal), sig, msg, "op1", "final-seal@keyceremony"); err == nil {
			t.Errorf("%s: a roster of rehearsals took a production's namespace", kind)
		}
		if err := stockVerify(t, allowed, sig, append(msg, 'x'), "op1", "final-seal@keyceremony"); err == nil {
			t.Errorf("%s: ssh-keygen took other content", kind)
		}
	}
}

// What ssh-keygen signs we take, and of all its flipped bits none.
func TestEveryFlippedBitOfASignature(t *testing.T) {
	dir := t.TempDir()
	key, msg := filepath.Join(dir, "key"), filepath.Join(dir, "msg")
	if err := os.WriteFile(msg, []byte("content\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"-q", "-t", "ecdsa", "-N", "", "-f", key},
		{"-q", "-Y", "sign", "-n", "signin@keyceremony", "-f", key, msg},
	} {
		if out, err := exec.Command("ssh-keygen", args...).CombinedOutput(); err != nil {
			t.Fatalf("%v %s", err, out)
		}
	}
	keys := []ssh.PublicKey{publicKey(t, read(t, key+".pub"))}
	sig := read(t, msg+".sig")
	if err := VerifySig(sig, keys, "signin@keyceremony", []byte("content\n")); err != nil {
		t.Fatal(err)
	}
	for i := range len(sig) * 8 {
		m := bytes.Clone(sig)
		m[i/8] ^= 1 << (i % 8)
		if VerifySig(m, keys, "signin@keyceremony", []byte("content\n")) == nil {
			t.Fatalf("bit %d: taken", i)
		}
	}
}

// ssh-keygen takes these; two readers must not differ about one file.
func TestFormsThatStockToolsTakeAreRefused(t *testing.T) {
	s, msg := newSigner(t, "ed25519"), []byte("content")
	sig, err := Sign(s, rand.Reader, "signin@keyceremony", msg)
	if err != nil {
		t.Fatal(err)
	}
	allowed := Roster{{ID: "op1", Keys: []ssh.PublicKey{s.PublicKey()}}}.AllowedSigners(Production)
	blob, err := dearmor(sig)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(sig), "\n")
	taken := 0
	for name, m := range map[string]string{
		"text after":      string(sig) + "more\n",
		"empty line":      lines[0] + "\n" + strings.Join(lines[1:], ""),
		"one long line":   string(armor(blob, 1<<20)),
		"short lines":     string(armor(blob, 16)),
		"carriage return": strings.ReplaceAll(string(sig), "\n", "\r\n"),
		"no last newline": strings.TrimSuffix(string(sig), "\n"),
		"space":           strings.Replace(string(sig), lines[1], " "+lines[1], 1),
		"reserved":        string(armor(withReserved(blob), 70)),
	} {
		if m == string(sig) {
			t.Fatalf("%s: the edit changes nothing", name)
		}
		if VerifySig([]byte(m), []ssh.PublicKey{s.PublicKey()}, "signin@keyceremony", msg) == nil {
			t.Errorf("%s: taken", name)
		}
		if stockVerify(t, allowed, []byte(m), msg, "op1", "signin@keyceremony") == nil {
			taken++
		}
	}
	if taken == 0 {
		t.Error("ssh-keygen takes none of these: the strict form has no reason")
	}
	if err := VerifySig(armor(blob, 64), []ssh.PublicKey{s.PublicKey()}, "signin@keyceremony", msg); err != nil {
		t.Errorf("64 columns: %v", err)
	}
}

// withReserved fills the reserved field (openssh PROTOCOL.sshsig), which
// verifiers ignore and which is not what was signed.
func withReserved(blob []byte) []byte {
	at := 10 // magic and version
	for range 2 {
		at += 4 + int(binary.BigEndian.Uint32(blob[at:]))
	}
	return append(append(bytes.Clone(blob[:at]), 0, 0, 0, 1, 'x'), blob[at+4:]...)
}

func TestSignRefusesEmptyNamespace(t *testing.T) {
	s := newSigner(t, "ed25519")
	if _, err := Sign(s, rand.Reader, "", []byte("x")); err == nil {
		t.Fatal("signed without a namespace")
	}
}

func TestSmallRSAIsRefused(t *testing.T) {
	t.Setenv("GODEBUG", "rsa1024min=0")
	key, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal("this Go makes no small keys: ", err)
	}
	s, err := ssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	if err := checkKey(s.PublicKey()); err == nil {
		t.Error("a roster may hold RSA-1024")
	}
	if _, err := Sign(s, rand.Reader, "x@keyceremony", []byte("x")); err == nil || !strings.Contains(err.Error(), "2048") {
		t.Errorf("signing gave %v", err)
	}
}

// A FIDO key whose owner did not touch it counts for nothing, even where its
// signature is right.
func TestFIDOWithoutPresence(t *testing.T) {
	dir := vectors.Path(t, "vectors/sshsig-openssh")
	sig := read(t, dir, "ed25519_sk.sig")
	blob, err := dearmor(sig)
	if err != nil {
		t.Fatal(err)
	}
	blob[len(blob)-5] &^= 1
	m := armor(blob, 70)
	if bytes.Equal(m, sig) {
		t.Fatal("the edit changes nothing")
	}
	keys := []ssh.PublicKey{publicKey(t, read(t, dir, "ed25519_sk.pub"))}
	err = VerifySig(m, keys, string(read(t, dir, "namespace")), read(t, dir, "signed-data"))
	if err == nil || !strings.Contains(err.Error(), "present") {
		t.Fatalf("gave %v", err)
	}
}

func TestAllowedSigners(t *testing.T) {
	a, b := newSigner(t, "ed25519").PublicKey(), newSigner(t, "ed25519").PublicKey()
	p := Policy{Mode: Production, SealKey: b, Roster: Roster{{ID: "op2", Role: "operator", Keys: []ssh.PublicKey{a, b}}, {ID: "iw", Role: "internal witness", Keys: []ssh.PublicKey{b}}}}
	key := func(k ssh.PublicKey) string {
		return k.Type() + " " + base64.StdEncoding.EncodeToString(k.Marshal()) + "\n"
	}
	all := `namespaces="plan@keyceremony,signin@keyceremony,approve@keyceremony,signoff@keyceremony,bundle@keyceremony,prepare-seal@keyceremony,offline-seal@keyceremony,final-seal@keyceremony" `
	want := `hsm namespaces="offline-seal@keyceremony" ` + key(b) + "iw " + all + key(b) + "op2 " + all + key(a) + "op2 " + all + key(b)
	if got := string(p.AllowedSigners()); got != want {
		t.Fatalf("got\n%s", got)
	}
}

// FuzzParseSig: what is taken is armored again as the same bytes.
func FuzzParseSig(f *testing.F) {
	for _, kind := range []string{"ed25519", "p256", "p521"} {
		sig, err := Sign(newSigner(f, kind), rand.Reader, "signin@keyceremony", []byte("x"))
		if err != nil {
			f.Fatal(err)
		}
		blob, err := dearmor(sig)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(sig)
		f.Add(armor(blob, 64))
		f.Add(armor(withReserved(blob), 70))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		sig, err := parseSig(b)
		if err != nil {
			return
		}
		if blob := sig.Marshal(); !bytes.Equal(armor(blob, 70), b) && !bytes.Equal(armor(blob, 64), b) {
			t.Fatalf("taken\n%s\narmored again\n%s", b, armor(blob, 70))
		}
	})
}
