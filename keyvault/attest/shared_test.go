package attest

import (
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/keyvault"
	"github.com/keyceremony/ceremony/vectors"
)

// sample reads a file of the recorded attestation, which lies beside the
// repository. A test that needs it is skipped where the folder is missing.
func sample(t testing.TB, name string) []byte {
	t.Helper()
	return vectors.Read(t, "samples/azure/"+name)
}

const (
	jsonFile = "mhsm-key-attestation-rsa2048.json"

	// The recording has another host and name in its kid than the HSM signed;
	// restored is the kid with what the HSM and the owner's certificate say.
	recordedKID = "https://clitesthsmkeyats000002.managedhsm.azure.net/keys/key1-000003/7071fabc480c0ca186f786a9b78c9456"
	restoredKID = "https://clitesthsmkeyatsbvzpfrzm.managedhsm.azure.net/keys/key1-hnhgsllilfcl3pdtpld/7071fabc480c0ca186f786a9b78c9456"

	ownerRoot = "e181485bc30a3abfc3eb81ded6e1070cc1aa83e712d4564d5f143cd276efcb2b"
)

// restored is the recording with the kid that it must have had.
func restored(t testing.TB) []byte {
	t.Helper()
	file := strings.Replace(string(sample(t, jsonFile)), recordedKID, restoredKID, 1)
	if !strings.Contains(file, restoredKID) {
		t.Fatal("the recording has another kid than this test knows")
	}
	return []byte(file)
}

var recordedDay = time.Date(2025, 5, 8, 12, 0, 0, 0, time.UTC)

// full wants all of the recorded key; its public half is taken from the JSON,
// as a person would have it from "az keyvault key download".
func full(t testing.TB) Want {
	t.Helper()
	var f struct{ Key struct{ N string } }
	if err := json.Unmarshal(sample(t, jsonFile), &f); err != nil {
		t.Fatal(err)
	}
	n, err := base64.RawURLEncoding.DecodeString(f.Key.N)
	if err != nil {
		t.Fatal(err)
	}
	root, err := digest.Parse(ownerRoot)
	if err != nil {
		t.Fatal(err)
	}
	return Want{
		Kind: keyvault.ManagedHSM, Key: &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: 65537},
		KID: restoredKID, OwnerRoot: root, At: recordedDay,
	}
}

func recorded(t testing.TB) keyvault.Attestation {
	t.Helper()
	return keyvault.Attestation{
		Version: Version, Certificates: sample(t, "mhsm-attestation-certs.pem"),
		Private: sample(t, "mhsm-attestation-private.bin"), Public: sample(t, "mhsm-attestation-public.bin"),
	}
}

func find(t testing.TB, findings []Finding, id string) Finding {
	t.Helper()
	for _, f := range findings {
		if f.ID == id {
			return f
		}
	}
	t.Fatalf("no finding %s", id)
	return Finding{}
}

func list(findings []Finding) string {
	var b strings.Builder
	for _, f := range findings {
		b.WriteString(f.Result + "  " + f.ID + "  " + f.Found + "  |  " + f.Wanted + "\n")
	}
	return b.String()
}
