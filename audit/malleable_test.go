package audit

import (
	"encoding/base64"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// An Ed25519 signature whose S has the order of the group added to it is
// accepted by some versions of ssh-keygen (RFC 8032, 5.1.7 forbids it). No seal
// is bound by a manifest, so both verifiers must refuse it themselves.
func TestGreatSIsRefusedByBoth(t *testing.T) {
	m := newMaker(t)
	dir := m.make()
	path := filepath.Join(dir, "MANIFEST.sha256.op1.sig")
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	after := addOrder(t, before)
	if string(after) == string(before) {
		t.Fatal("the signature is the same")
	}
	python := func() string {
		out, _ := exec.Command("python3", verifyPy, dir).CombinedOutput()
		return string(out)
	}
	if out := python(); !strings.HasSuffix(out, "\ncomplete\n") {
		t.Fatalf("before: %s", out)
	}
	if err := os.WriteFile(path, after, 0o600); err != nil {
		t.Fatal(err)
	}
	if v := Verify(dir, m.policy, Anchors{}); v.Outcome != OutcomeBroken {
		t.Errorf("ours says %q", v.Outcome)
	}
	if out := python(); !strings.HasSuffix(out, "\ndoes not hold\n") {
		t.Errorf("the other says %s", out)
	}
}

// addOrder adds the order of the group to S, the last 32 bytes, little endian.
func addOrder(t *testing.T, armored []byte) []byte {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(string(armored)), "\n")
	blob, err := base64.StdEncoding.DecodeString(strings.Join(lines[1:len(lines)-1], ""))
	if err != nil {
		t.Fatal(err)
	}
	order, _ := new(big.Int).SetString("7237005577332262213973186563042994240857116359379907606001950938285454250989", 10)
	s := slices.Clone(blob[len(blob)-32:])
	slices.Reverse(s)
	sum := new(big.Int).Add(new(big.Int).SetBytes(s), order).FillBytes(make([]byte, 32))
	slices.Reverse(sum)
	return armor(append(blob[:len(blob)-32:len(blob)-32], sum...), 70)
}
