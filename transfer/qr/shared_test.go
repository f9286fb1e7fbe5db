package qr

import (
	"encoding/hex"
	"encoding/json"
	"flag"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"github.com/keyceremony/ceremony/vectors"
)

// soak is how many hostile streams are tried. It comes from the flag -soak or,
// for runs of many packages, from CEREMONY_SOAK.
var soak = flag.Int("soak", envInt("CEREMONY_SOAK", 10_000), "hostile streams of frames; 1000000 before a release")

func envInt(name string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return otherwise
}

// shared reads a vector that lies beside the repository. A test that needs it
// is skipped where the folder is missing.
func shared(t testing.TB, name string) []byte {
	t.Helper()
	return vectors.Read(t, "vectors/qr/"+name)
}

func parseJSON[T any](t testing.TB, b []byte) (v T) {
	t.Helper()
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// seeded draws the same numbers in every run.
func seeded(n uint64) *rand.Rand { return rand.New(rand.NewPCG(n, 1)) }

// noise are bytes that do not shrink.
func noise(r *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

func message(t testing.TB, files map[string][]byte) Message {
	t.Helper()
	m, err := NewMessage(files)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func stream(t testing.TB, m Message, characters int) *Stream {
	t.Helper()
	s, err := NewStream(m, characters)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// blocksOf makes a stream of k blocks of at most so many bytes.
func blocksOf(t testing.TB, r *rand.Rand, k, block int) *Stream {
	t.Helper()
	all := noise(r, k*block)
	for n := k*block - 1; n > 0; n -= max(1, block/8) {
		s, err := NewStream(message(t, map[string][]byte{"a.bin": all[:n]}), (headSize+checkSize+block)*8/5+1+len(Prefix))
		if err == nil && s.Blocks() == k {
			return s
		}
		if err == nil && s.Blocks() < k {
			break
		}
	}
	s := stream(t, message(t, map[string][]byte{"a.bin": all[:1]}), MaxText)
	if k > 1 {
		t.Fatalf("no message of %d blocks of %d bytes", k, block)
	}
	return s
}
