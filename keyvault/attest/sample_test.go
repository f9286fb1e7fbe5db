package attest

import (
	"bytes"
	"crypto/rsa"
	"encoding/pem"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/keyvault"
)

// TestRecordedAttestation: the one attestation that is public verifies, with
// every check made.
func TestRecordedAttestation(t *testing.T) {
	file := restored(t)
	w := full(t)
	w.File = digest.Of(file)
	got := VerifyFile(file, w)
	if Refused(got) || len(Missing(got)) > 0 {
		t.Fatalf("refused, or not checked %v:\n%s", Missing(got), list(got))
	}
	var ids []string
	for _, f := range got {
		ids = append(ids, f.ID)
		if f.Result != Holds && f.ID != CheckOps { // it is no KEK: it may sign
			t.Errorf("%s: %s, found %s, wanted %s", f.ID, f.Result, f.Found, f.Wanted)
		}
	}
	if !slices.Equal(ids, Checks()) {
		t.Errorf("checks %v, wanted %v", ids, Checks())
	}
	if f := find(t, got, CheckSignature); !strings.Contains(f.Found, "bare SHA-256") {
		t.Error(f.Found)
	}
}

// TestWithoutPins: what is not known is not checked, and never holds.
func TestWithoutPins(t *testing.T) {
	got := VerifyFile(sample(t, jsonFile), Want{})
	want := []string{CheckOwnerRoot, CheckDates, CheckKey, CheckKID}
	if Refused(got) || !slices.Equal(Missing(got), want) {
		t.Errorf("missing %v, wanted %v\n%s", Missing(got), want, list(got))
	}
	for _, id := range []string{CheckOwnerRoot, CheckKey} {
		if f := find(t, got, id); f.Result == Holds {
			t.Errorf("%s holds", id)
		}
	}
}

// TestAnotherKey: an attestation that is good in itself is refused for any
// other key, version, pool or day.
func TestAnotherKey(t *testing.T) {
	a := recorded(t)
	for name, c := range map[string]struct {
		edit func(*Want)
		id   string
	}{
		"modulus":  {func(w *Want) { w.Key = &rsa.PublicKey{N: new(big.Int).Add(w.Key.N, big.NewInt(2)), E: 65537} }, CheckKey},
		"exponent": {func(w *Want) { w.Key = &rsa.PublicKey{N: w.Key.N, E: 3} }, CheckKey},
		"name":     {func(w *Want) { w.KID = strings.Replace(w.KID, "key1-h", "key2-h", 1) }, CheckKID},
		"version":  {func(w *Want) { w.KID = w.KID[:len(w.KID)-1] + "7" }, CheckKID},
		"pool":     {func(w *Want) { w.OwnerRoot[0] ^= 1 }, CheckOwnerRoot},
		"too late": {func(w *Want) { w.At = w.At.AddDate(7, 0, 0) }, CheckDates},
		"early":    {func(w *Want) { w.At = w.At.AddDate(-2, 0, 0) }, CheckDates},
	} {
		w := full(t)
		c.edit(&w)
		got := Verify(&a, w)
		if f := find(t, got, c.id); !f.Refuses() || f.Meaning == "" {
			t.Errorf("%s: %s %s", name, f.ID, f.Result)
		}
		for _, f := range got {
			if f.Refuses() && f.ID != c.id {
				t.Errorf("%s: refuses %s too", name, f.ID)
			}
		}
	}
}

// TestRehearsalModeRefusesProduction: with the authority of a rehearsal no
// other root counts, and the other way round.
func TestRehearsalModeRefusesProduction(t *testing.T) {
	a, w := recorded(t), full(t)
	w.RehearsalCA = ls2
	if got := Verify(&a, w); !find(t, got, CheckManufacturer).Refuses() {
		t.Error(list(got))
	}
	w.RehearsalCA = []byte("no certificate")
	if got := Verify(&a, w); !Refused(got) {
		t.Error(list(got))
	}
}

// TestNoAttestation: a Key Vault has none, and it is said loudly.
func TestNoAttestation(t *testing.T) {
	got := Verify(nil, Want{Kind: keyvault.KeyVault})
	if len(got) != 1 || got[0].Result != NotChecked || !strings.Contains(got[0].Found, "NO ATTESTATION EXISTS") || !slices.Equal(Missing(got), []string{CheckPresent}) {
		t.Error(list(got))
	}
	if got := Verify(nil, Want{Kind: keyvault.ManagedHSM}); len(got) != 1 || got[0].Result != NotChecked {
		t.Error(list(got))
	}
}

// TestEveryByteOfTheAttestation: each byte of each certificate and of both
// blobs matters, in one bit at the least.
func TestEveryByteOfTheAttestation(t *testing.T) {
	a, w := recorded(t), full(t)
	if Refused(Verify(&a, w)) {
		t.Fatal("refused before it was changed")
	}
	for i := range a.Private {
		flipped := a
		flipped.Private = flip(a.Private, i)
		refused(t, &flipped, w, "private half", i)
	}
	for i := range a.Public {
		flipped := a
		flipped.Public = flip(a.Public, i)
		refused(t, &flipped, w, "public half", i)
	}
	for n, der := range blocks(t, a.Certificates) {
		for i := range der {
			flipped := a
			flipped.Certificates = withBlock(t, a.Certificates, n, flip(der, i))
			refused(t, &flipped, w, "certificate", i)
		}
	}
}

// TestEveryByteOfTheOwnerUnpinned: the same of the certificates where
// nothing is pinned; no byte may then rest on the pin alone.
func TestEveryByteOfTheOwnerUnpinned(t *testing.T) {
	a, w := recorded(t), full(t)
	w.OwnerRoot = digest.SHA256{}
	for n, der := range blocks(t, a.Certificates) {
		for i := n % 3; i < len(der); i += 3 {
			flipped := a
			flipped.Certificates = withBlock(t, a.Certificates, n, flip(der, i))
			refused(t, &flipped, w, "certificate", i)
		}
	}
}

func refused(t *testing.T, a *keyvault.Attestation, w Want, what string, i int) {
	t.Helper()
	if !Refused(Verify(a, w)) {
		t.Errorf("byte %d of %s was changed and nothing refused it", i, what)
	}
}

func flip(b []byte, i int) []byte {
	c := bytes.Clone(b)
	c[i] ^= 1
	return c
}

func blocks(t *testing.T, file []byte) (ders [][]byte) {
	t.Helper()
	for rest := file; len(rest) > 0; {
		var b *pem.Block
		b, rest = pem.Decode(rest)
		ders = append(ders, b.Bytes)
	}
	if len(ders) != 4 {
		t.Fatalf("%d certificates", len(ders))
	}
	return ders
}

func withBlock(t *testing.T, file []byte, n int, der []byte) []byte {
	var out []byte
	for i, b := range blocks(t, file) {
		if i == n {
			b = der
		}
		out = append(out, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: b})...)
	}
	return out
}

// TestEveryByteOfTheFile: each byte of the JSON too. All bytes outside the
// attestation are changed; of those inside, whose contents the test above
// changes byte by byte, every 13th.
func TestEveryByteOfTheFile(t *testing.T) {
	file, w := restored(t), full(t)
	if Refused(VerifyFile(file, w)) {
		t.Fatal("refused before it was changed")
	}
	inside := bytes.Index(file, []byte(`"attestation":{`)) + 15
	outside := bytes.Index(file, []byte(`},"created"`))
	if inside < 15 || outside < inside {
		t.Fatal("the recording has another form than this test knows")
	}
	var unnoticed []byte
	for i := 0; i < len(file); i++ {
		if i > inside && i < outside && i%13 != 0 {
			continue
		}
		changed := flip(file, i)
		if !Refused(VerifyFile(changed, w)) {
			unnoticed = append(unnoticed, file[i])
		}
		withRecord := w
		withRecord.File = digest.Of(file)
		if !Refused(VerifyFile(changed, withRecord)) {
			t.Fatalf("byte %d was changed and even the record did not notice it", i)
		}
	}
	// Nobody signs when a key was created, changed, and for how long it can be
	// recovered; a change there needs the record to be noticed.
	// (Their first digit cannot become a zero.)
	if string(unnoticed) != "746685312"+"7"+"746685312" {
		t.Errorf("changes of %q were not noticed", unnoticed)
	}
}
