package byok

import "testing"

func TestKeyTypes(t *testing.T) {
	type row struct {
		kind     Kind
		bits     int
		kty, crv string
	}
	want := map[KeyType]row{
		RSA2048: {KindRSA, 2048, "RSA-HSM", ""}, RSA3072: {KindRSA, 3072, "RSA-HSM", ""}, RSA4096: {KindRSA, 4096, "RSA-HSM", ""},
		P256: {KindEC, 256, "EC-HSM", "P-256"}, P384: {KindEC, 384, "EC-HSM", "P-384"},
		P521: {KindEC, 521, "EC-HSM", "P-521"}, P256K: {KindEC, 256, "EC-HSM", "P-256K"},
		AES128: {KindAES, 128, "oct-HSM", ""}, AES192: {KindAES, 192, "oct-HSM", ""}, AES256: {KindAES, 256, "oct-HSM", ""},
		"": {}, "rsa-2048": {}, "RSA-1024": {},
	}
	if len(KeyTypes()) != 10 {
		t.Errorf("%d key types, want 10", len(KeyTypes()))
	}
	for typ, w := range want {
		if got := (row{typ.Kind(), typ.Bits(), typ.Kty(), typ.Crv()}); got != w {
			t.Errorf("%q: %v, want %v", typ, got, w)
		}
		if parsed, err := ParseKeyType(string(typ)); (err == nil) != (w.bits > 0) || err == nil && parsed != typ {
			t.Errorf("ParseKeyType(%q) = %q, %v", typ, parsed, err)
		}
	}
	const message = `key type: found "RSA-1024", wanted one of RSA-2048, RSA-3072, RSA-4096, P-256, P-384, P-521, P-256K, AES-128, AES-192, AES-256`
	if _, err := ParseKeyType("RSA-1024"); err == nil || err.Error() != message {
		t.Errorf("ParseKeyType: %v, want %q", err, message)
	}
}
