package byok

import (
	"bytes"
	"crypto"
	"encoding/json"
	"errors"
	"testing"
)

// FuzzParseKEK: what parses is written back identically, as a KEK, as a
// public key, and through JSON.
func FuzzParseKEK(f *testing.F) {
	for _, bits := range kekSizes {
		kek, _ := testKEK(f, bits)
		f.Add(kek.PEM())
	}
	kek, _ := testKEK(f, 2048)
	for _, d := range textDamages(kek.PEM(), kek.SPKI(), testKey(f, P256).PKCS8()) {
		f.Add(d.file)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		kek, err := ParseKEK(file)
		if err != nil {
			var fe *FormatError
			if !errors.As(err, &fe) || fe.Code == "" || fe.Found == "" || fe.Wanted == "" {
				t.Errorf("error without words: %#v", err)
			}
			return
		}
		if !bytes.Equal(kek.PEM(), file) {
			t.Error("another file was written")
		}
		pub, err := ParsePublicKey(file)
		if err != nil || !bytes.Equal(pub.SPKI(), kek.SPKI()) {
			t.Errorf("a KEK is no public key: %v", err)
		}
		b, err := json.Marshal(kek)
		var again KEK
		if err != nil || json.Unmarshal(b, &again) != nil || !again.Equal(kek) {
			t.Error("JSON gave another KEK")
		}
	})
}

// FuzzParseSPKI: what parses is written back identically.
func FuzzParseSPKI(f *testing.F) {
	for _, typ := range asymmetric() {
		f.Add(testKey(f, typ).Public().SPKI())
	}
	f.Fuzz(func(t *testing.T, der []byte) {
		key, err := ParseSPKI(der)
		if err != nil {
			return
		}
		if !bytes.Equal(key.SPKI(), der) {
			t.Error("another encoding was written")
		}
		if again, err := ParsePublicKey(key.PEM()); err != nil || !again.Equal(key) {
			t.Errorf("its PEM is not read: %v", err)
		}
	})
}

// FuzzDecode: what decodes encodes to a file that decodes to the same and
// encodes identically; Decode and Lint agree.
func FuzzDecode(f *testing.F) {
	_, file := testBlob(f)
	f.Add(file)
	f.Add(bytes.ReplaceAll(file, []byte("\n"), []byte(" ")))
	f.Add([]byte(`{"schema_version":"1.0.0","header":{"kid":"","alg":"dir","enc":""},"ciphertext":"=="}`))
	f.Fuzz(func(t *testing.T, file []byte) {
		blob, findings, err := Decode(file)
		if (err == nil) != Holds(findings) {
			t.Fatalf("Decode says %v, the findings say otherwise", err)
		}
		if err != nil {
			return
		}
		encoded, err := blob.Encode()
		if err != nil {
			if printable(blob.Generator) {
				t.Fatalf("what was decoded does not encode: %v", err)
			}
			return
		}
		again, _, err := Decode(encoded)
		if err != nil || again.KID != blob.KID || again.Generator != blob.Generator || !bytes.Equal(again.Ciphertext, blob.Ciphertext) {
			t.Fatalf("another blob came back: %v", err)
		}
		if twice, err := again.Encode(); err != nil || !bytes.Equal(twice, encoded) {
			t.Errorf("another file was written: %v", err)
		}
	})
}

// FuzzLint: every check once, in order, with words; and what is expected can
// only make more checks fail.
func FuzzLint(f *testing.F) {
	_, file := testBlob(f)
	for _, s := range [][]byte{file, nil, []byte("{}"), []byte("eyJ9"), testKey(f, P256).PKCS8(), testKey(f, P256).Public().PEM()} {
		f.Add(s, testKID, "contoso.vault.azure.net", 2048, string(P256))
	}
	f.Add(file, "", "", 0, "")
	f.Fuzz(func(t *testing.T, file []byte, kid, host string, bits int, typ string) {
		loose := Lint(file, Expect{})
		strict := Lint(file, Expect{kid, host, bits, KeyType(typ)})
		checkShape(t, "fuzz", loose)
		checkShape(t, "fuzz", strict)
		if Holds(strict) && !Holds(loose) {
			t.Error("a blob holds only because more is expected of it")
		}
	})
}

// FuzzParsePKCS8: what parses, less its trailing zeros, is one of the four
// forms that we write, and signs what its public half verifies.
func FuzzParsePKCS8(f *testing.F) {
	for _, typ := range asymmetric() {
		f.Add(testKey(f, typ).PKCS8())
		f.Add(append(testKey(f, typ).pkcs8Bare(), 0, 0, 0))
	}
	f.Fuzz(func(t *testing.T, der []byte) {
		key, zeros, err := ParsePKCS8(der)
		if err != nil {
			if key != nil {
				t.Error("an error came with a key")
			}
			return
		}
		body := der[:len(der)-zeros]
		same := bytes.Equal(body, key.PKCS8())
		if key.Type().Kind() == KindEC {
			for _, form := range [][]byte{key.pkcs8Bare(), key.marshalEC(true, false), key.marshalEC(true, true)} {
				same = same || bytes.Equal(body, form)
			}
		}
		if !same || zeros > maxZeros {
			t.Error("another encoding was written")
		}
		sum := make([]byte, 32)
		if sig, err := key.Sign("SHA-256", sum); err != nil || key.Public().Verify("SHA-256", sum, sig) != nil {
			t.Errorf("the key does not sign: %v", err)
		}
	})
}

// FuzzUnwrapKWP: what unwraps is what wraps to the same bytes.
func FuzzUnwrapKWP(f *testing.F) {
	kek := make([]byte, 32)
	for _, n := range []int{1, 8, 9, 16, 138} {
		wrapped, err := WrapKWP(kek, make([]byte, n))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(kek, wrapped)
		f.Add(kek, make([]byte, n))
	}
	f.Fuzz(func(t *testing.T, kek, b []byte) {
		if plaintext, err := UnwrapKWP(kek, b); err == nil {
			if again, err := WrapKWP(kek, plaintext); err != nil || !bytes.Equal(again, b) {
				t.Errorf("wraps to other bytes: %v", err)
			}
		}
		if plaintext, err := UnwrapKW(kek, b); err == nil {
			if again, err := WrapKW(kek, plaintext); err != nil || !bytes.Equal(again, b) {
				t.Errorf("KW wraps to other bytes: %v", err)
			}
		}
		if wrapped, err := WrapKWP(kek, b); err == nil {
			if again, err := UnwrapKWP(kek, wrapped); err != nil || !bytes.Equal(again, b) {
				t.Errorf("what was wrapped does not unwrap: %v", err)
			}
		}
	})
}

// FuzzUnwrap: whatever comes, one error or a plaintext.
func FuzzUnwrap(f *testing.F) {
	_, private := testKEK(f, 2048)
	for _, v := range loadComposite().TestGroups[0].Tests {
		f.Add([]byte(v.Blob))
	}
	f.Fuzz(func(t *testing.T, ct []byte) {
		plaintext, err := Unwrap(private, crypto.SHA1, ct)
		if err != nil && (err != ErrUnwrap || plaintext != nil) {
			t.Errorf("%d bytes, %v", len(plaintext), err)
		}
		if err == nil && len(ct) != private.Size()+kwpLen(len(plaintext)) {
			t.Errorf("%d bytes out of %d", len(plaintext), len(ct))
		}
	})
}

// FuzzParseKID: what parses is written back identically.
func FuzzParseKID(f *testing.F) {
	f.Add(testKID)
	f.Add("https://h:1/keys/k/0123456789abcdef0123456789abcdef")
	f.Fuzz(func(t *testing.T, s string) {
		if k, err := ParseKID(s); err == nil && k.String() != s {
			t.Errorf("%q came back as %q", s, k)
		}
	})
}
