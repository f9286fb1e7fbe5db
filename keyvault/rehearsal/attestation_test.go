package rehearsal_test

import (
	"os"
	"slices"
	"testing"
	"time"

	"github.com/keyceremony/ceremony/attacks"
	"github.com/keyceremony/ceremony/byok"
	"github.com/keyceremony/ceremony/keyvault"
	"github.com/keyceremony/ceremony/keyvault/attest"
	"github.com/keyceremony/ceremony/keyvault/rehearsal"
	"github.com/keyceremony/ceremony/keyvault/vaulttest"
)

// result is what came of one check.
func result(t *testing.T, findings []attest.Finding, id string) attest.Finding {
	t.Helper()
	for _, f := range findings {
		if f.ID == id {
			return f
		}
	}
	t.Fatalf("no finding %s in %+v", id, findings)
	return attest.Finding{}
}

// attested makes a KEK in a Managed HSM and fetches its attestation, with what
// a plan and the room know of it.
func attested(t *testing.T) (*rehearsal.Server, keyvault.Vault, *keyvault.Attestation, attest.Want) {
	t.Helper()
	s := vaulttest.Start(t, rehearsal.Options{ManagedHSM: true})
	v := vaulttest.Open(t, s)
	k, kek := newKEK(t, v, time.Time{})
	a, err := v.Attestation(t.Context(), "kek", k.Version)
	if err != nil || a == nil {
		t.Fatalf("%v, %v", a, err)
	}
	return s, v, a, attest.Want{
		Kind: keyvault.ManagedHSM, Key: kek.RSA(), KID: k.KID, OwnerRoot: s.OwnerRoot(), At: vaulttest.Now(), RehearsalCA: s.CA(),
	}
}

// TestRehearsalAttestation: it verifies in a rehearsal with every check made,
// and production refuses it, as does another vault's rehearsal.
func TestRehearsalAttestation(t *testing.T) {
	_, _, a, w := attested(t)
	got := attest.Verify(a, w)
	for _, f := range got {
		if f.Result != attest.Holds {
			t.Errorf("%+v", f)
		}
	}
	if len(got) != len(attest.Checks())-3 { // those of a file
		t.Errorf("%d checks", len(got))
	}
}

// TestAttackRehearsalAttestation: what is good in a rehearsal is nothing
// elsewhere.
func TestAttackRehearsalAttestation(t *testing.T) {
	_, _, a, w := attested(t)
	production, other := w, w
	production.RehearsalCA = nil
	other.RehearsalCA = vaulttest.Start(t, rehearsal.Options{ManagedHSM: true}).CA()
	for _, row := range []struct {
		attacks.Row
		want attest.Want
	}{
		{attacks.New("attest/rehearsal-in-production", "shows a production what a rehearsal's HSM attests", attacks.At("kek.attest", "attest.certificates", "attest.manufacturer", "attest.owner", "attest.owner-root", "attest.signature", "attest.form", "attest.kind", "attest.pair", "attest.key", "attest.kid", "attest.not-extractable", "attest.sensitive", "attest.local", "attest.never-extractable")), production},
		{attacks.New("attest/other-rehearsal", "shows a rehearsal what the HSM of another one attests", attacks.At("kek.attest", "attest.certificates", "attest.manufacturer", "attest.owner", "attest.owner-root", "attest.signature", "attest.form", "attest.kind", "attest.pair", "attest.key", "attest.kid", "attest.not-extractable", "attest.sensitive", "attest.local", "attest.never-extractable")), other},
	} {
		row.Try(t, func(t *testing.T, gone int) {
			var noticed []string
			for _, f := range attest.Verify(a, row.want) {
				if away := gone > 0 && slices.Contains(row.Walls[0].By, f.ID); f.Result != attest.Holds && !f.Note && !away {
					noticed = append(noticed, f.ID)
				}
			}
			if want := [][]string{row.Walls[0].By, nil}[gone]; !slices.Equal(noticed, want) {
				t.Errorf("noticed by %q, want %q", noticed, want)
			}
		})
	}
}

// TestAttestationFile: the file that is kept of it reads as the same.
func TestAttestationFile(t *testing.T) {
	_, v, a, w := attested(t)
	k, err := v.Get(t.Context(), "kek", "")
	if err != nil {
		t.Fatal(err)
	}
	file, err := attest.Encode(k, *a)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range attest.VerifyFile(file, w) {
		if f.Result != attest.Holds && f.ID != attest.CheckFile {
			t.Errorf("%+v", f)
		}
	}
}

// TestSwappedKEKIsNotAttested: whoever exchanges the KEK, in the vault or on
// its way, has no attestation for the other one.
func TestSwappedKEKIsNotAttested(t *testing.T) {
	s, v, a, w := attested(t)
	swapped := vaulttest.Target(t, byok.RSA3072)
	onItsWay := w
	kek, err := byok.ParseKEK(swapped.Public().PEM())
	if err != nil {
		t.Fatal(err)
	}
	onItsWay.Key = kek.RSA()
	if got := attest.Verify(a, onItsWay); !result(t, got, attest.CheckKey).Refuses() {
		t.Errorf("exchanged on its way: %+v", got)
	}
	// The vault shows a public key whose private half it does not hold.
	if _, err := s.Edit("kek", "", func(k *rehearsal.Key) { k.Public = swapped.Public().SPKI() }); err != nil {
		t.Fatal(err)
	}
	if a, err = v.Attestation(t.Context(), "kek", ""); err != nil {
		t.Fatal(err)
	}
	if got := attest.Verify(a, onItsWay); !result(t, got, attest.CheckKey).Refuses() {
		t.Errorf("exchanged in what is shown: %+v", got)
	}
	// The attacker imports an own key: the HSM says that it was not made there.
	if _, err := s.Edit("kek", "", func(k *rehearsal.Key) { k.Private, k.Imported = swapped.Plaintext(), true }); err != nil {
		t.Fatal(err)
	}
	if a, err = v.Attestation(t.Context(), "kek", ""); err != nil {
		t.Fatal(err)
	}
	got := attest.Verify(a, onItsWay)
	if !result(t, got, attest.CheckLocal).Refuses() || !result(t, got, attest.CheckNever).Refuses() || result(t, got, attest.CheckKey).Refuses() {
		t.Errorf("imported by the attacker: %+v", got)
	}
	// Another version of the same name is another key.
	k, _ := newKEK(t, v, time.Time{})
	if a, err = v.Attestation(t.Context(), "kek", k.Version); err != nil {
		t.Fatal(err)
	}
	if got := attest.Verify(a, w); !result(t, got, attest.CheckKID).Refuses() {
		t.Errorf("another version: %+v", got)
	}
}

// TestAttestationOfEveryType: a Managed HSM attests what was imported, and
// says that it came from elsewhere.
func TestAttestationOfEveryType(t *testing.T) {
	s, v, _, w := attested(t)
	kek, err := v.Get(t.Context(), "kek", "")
	if err != nil {
		t.Fatal(err)
	}
	pub, err := byok.ParseKEK(kek.Public.PEM())
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []byok.KeyType{byok.RSA2048, byok.P256, byok.P256K, byok.AES256} {
		blob := vaulttest.Blob(t, pub, kek.KID, vaulttest.Target(t, kind).Plaintext())
		k, err := v.Import(t.Context(), "target", keyvault.ImportParams{Type: kind, Ops: vaulttest.Ops(kind), Blob: blob})
		if err != nil {
			t.Fatal(vaulttest.Detail(err))
		}
		a, err := v.Attestation(t.Context(), "target", k.Version)
		if err != nil {
			t.Fatal(err)
		}
		want := attest.Want{Kind: keyvault.ManagedHSM, KID: k.KID, OwnerRoot: s.OwnerRoot(), At: w.At, RehearsalCA: w.RehearsalCA, Imported: true}
		got := attest.Verify(a, want)
		if attest.Refused(got) || result(t, got, attest.CheckLocal).Result != attest.Fails {
			t.Errorf("%s: %+v", kind, got)
		}
	}
}

// TestAuditLogOfTheVault: the log has the creation of the KEK, and an import
// under its name shows.
func TestAuditLogOfTheVault(t *testing.T) {
	s := vaulttest.Start(t, rehearsal.Options{})
	v := vaulttest.Open(t, s)
	k, kek := newKEK(t, v, time.Time{})
	blob := vaulttest.Blob(t, kek, k.KID, vaulttest.Target(t, byok.RSA2048).Plaintext())
	verify := func() []attest.Finding {
		t.Helper()
		file, err := os.ReadFile(s.AuditLogFile())
		if err != nil {
			t.Fatal(err)
		}
		return attest.VerifyLog(file, k.KID)
	}
	for _, name := range []string{"target", "kek"} {
		if _, err := v.Import(t.Context(), name, keyvault.ImportParams{Type: byok.RSA2048, Ops: vaulttest.Ops(byok.RSA2048), Blob: blob}); err != nil {
			t.Fatal(vaulttest.Detail(err))
		}
		got := verify()
		if result(t, got, attest.CheckCreated).Result != attest.Holds || result(t, got, attest.CheckNotImported).Refuses() != (name == "kek") {
			t.Errorf("after an import as %s: %+v", name, got)
		}
	}
	imported, err := v.Get(t.Context(), "kek", "")
	if err != nil {
		t.Fatal(err)
	}
	k = imported
	if got := verify(); !result(t, got, attest.CheckCreated).Refuses() {
		t.Errorf("the imported version: %+v", got)
	}
}
