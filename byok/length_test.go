package byok

import (
	"slices"
	"testing"
)

// TestLengths compares with sizes measured on real keys.
func TestLengths(t *testing.T) {
	for _, tt := range []struct {
		typ      KeyType
		measured []int // bytes of plaintext
	}{
		{RSA2048, []int{1216, 1217, 1218, 1219}},
		{RSA3072, []int{1792, 1793, 1794, 1795}},
		{RSA4096, []int{2373, 2374, 2375, 2376}},
		{P256, []int{67, 138}},
		{P384, []int{80, 185}},
		{P521, []int{98, 241}},
		{P256K, []int{64, 135}},
		{AES128, []int{16}},
		{AES192, []int{24}},
		{AES256, []int{32}},
	} {
		for _, kek := range kekSizes {
			shortest, longest := CiphertextLengths(tt.typ, kek)
			for _, n := range tt.measured {
				total := kek/8 + kwpLen(n)
				if total < shortest || total > longest || !fits(total, tt.typ, kek) {
					t.Errorf("%s of %d bytes under %d: %d is not in %d to %d", tt.typ, n, kek, total, shortest, longest)
				}
			}
		}
	}
}

func TestLengthsOfRealKeys(t *testing.T) {
	for _, typ := range asymmetric() {
		key := testKey(t, typ)
		for _, der := range [][]byte{key.PKCS8(), key.pkcs8Bare()} {
			in := slices.ContainsFunc(typ.plaintexts(), func(r [2]int) bool { return r[0] <= len(der) && len(der) <= r[1] })
			if !in {
				t.Errorf("%s: %d bytes are not in %v", typ, len(der), typ.plaintexts())
			}
		}
		if typ.Kind() == KindEC {
			for _, curve := range []bool{true, false} {
				for _, public := range []bool{true, false} {
					n := len(key.marshalEC(curve, public))
					if !slices.Contains(typ.plaintexts(), [2]int{n, n}) {
						t.Errorf("%s: %d bytes are not in %v", typ, n, typ.plaintexts())
					}
				}
			}
		}
	}
}

// TestLengthsApart: the lint's explanations depend on it.
func TestLengthsApart(t *testing.T) {
	for _, kek := range kekSizes {
		for _, typ := range []KeyType{RSA2048, RSA3072, RSA4096} {
			bare := kek/8 + kwpLen(pkcs1Max(typ.Bits()))
			if fits(bare, typ, kek) {
				t.Errorf("%s as PKCS#1 has a length of PKCS#8, %d", typ, bare)
			}
		}
		for n := range 4096 {
			for _, f := range allFits(n) {
				if n%8 != 0 || f.kekBits == 0 {
					t.Errorf("%d fits %s", n, f)
				}
			}
		}
	}
}

func TestLengthsUnknown(t *testing.T) {
	for _, tt := range []struct {
		typ KeyType
		kek int
	}{{"", 2048}, {"RSA-1024", 2048}, {RSA2048, 0}, {RSA2048, 1024}, {P256, 8192}} {
		if a, b := CiphertextLengths(tt.typ, tt.kek); a != 0 || b != 0 {
			t.Errorf("%q under %d: %d, %d, want 0, 0", tt.typ, tt.kek, a, b)
		}
	}
}
