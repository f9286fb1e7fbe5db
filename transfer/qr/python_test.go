package qr

import (
	"bytes"
	"encoding/hex"
	"os/exec"
	"strings"
	"testing"
)

// reader is a reader of the published form, by another hand: it takes the
// first k frames, and checks whatever the form says of them.
const reader = `
import base64, hashlib, struct, sys, zlib

def crc32c(b):
    c = 0xffffffff
    for v in b:
        c ^= v
        for _ in range(8):
            c = c >> 1 ^ (0x82f63b78 if c & 1 else 0)
    return c ^ 0xffffffff

blocks, heads = {}, set()
for line in sys.stdin.read().split():
    assert line[:3] == "KQ1"
    b = base64.b32decode(line[3:] + "=" * (-len(line[3:]) % 8))
    assert struct.unpack(">I", b[-4:])[0] == crc32c(b[:-4])
    tid, k, index, length, block = b[:8], int.from_bytes(b[8:10]), int.from_bytes(b[10:13]), int.from_bytes(b[13:16]), b[16:-4]
    heads.add((tid, k, length, len(block)))
    blocks[index] = block
(tid, k, length, size), = heads
packed = b"".join(blocks[i] for i in range(k))
assert not any(packed[length:])
packed = packed[:length]
plain = zlib.decompress(packed, wbits=-15)
digest = hashlib.sha256(b"keyceremony qr message 1\0" + plain).digest()
form = digest + hashlib.sha256(packed).digest() + struct.pack(">III", k, size, length)
assert tid == hashlib.sha256(b"keyceremony qr transfer 1\0" + form).digest()[:8]
n, at = struct.unpack(">H", plain[:2])[0], 2
print(digest.hex())
print(hashlib.scrypt(digest, salt=b"keyceremony qr words 1", n=32768, r=8, p=1, maxmem=1 << 26, dklen=8).hex())
for _ in range(n):
    end = at + 1 + plain[at]
    print(plain[at + 1:end].decode(), struct.unpack(">I", plain[end:end + 4])[0])
    at = end + 4
`

// TestPython: the form is as it is published, so that others can read it.
func TestPython(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Fatal("python3 is not installed: apt-get install python3")
	}
	m := message(t, map[string][]byte{"key.byok": noise(seeded(50), 3000), "allowed_signers": []byte("x"), "a.txt": {}})
	s := stream(t, m, 500)
	var in strings.Builder
	for i := range s.Blocks() {
		in.WriteString(s.Frame(i) + "\n")
	}
	cmd := exec.Command(python, "-c", reader)
	cmd.Stdin = strings.NewReader(in.String())
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	drawn := draw(m.Digest())
	if want := m.Digest().String() + "\n" + hex.EncodeToString(drawn[:]) + "\na.txt 0\nallowed_signers 1\nkey.byok 3000\n"; err != nil || string(out) != want {
		t.Errorf("read as %q, wanted %q; %v\n%s", out, want, err, complaint.String())
	}
}
