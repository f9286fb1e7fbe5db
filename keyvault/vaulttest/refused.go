package vaulttest

import (
	"bytes"
	"strings"
	"testing"

	"github.com/keyceremony/ceremony/byok"
	"github.com/keyceremony/ceremony/keyvault"
)

// versions imports twice under one name.
func (s Subject) versions(t *testing.T) {
	f := s.newKEK(t, "kek-versions", 2048)
	var kids []string
	for range 2 {
		k, err := f.importKey("rotated", byok.P256, Target(t, byok.P256).Plaintext())
		if err != nil {
			t.Fatal(Detail(err))
		}
		kids = append(kids, k.Version)
	}
	list, err := s.Vault.Versions(t.Context(), s.Prefix+"rotated")
	if err != nil {
		t.Fatal(Detail(err))
	}
	seen := map[string]bool{}
	for _, v := range list {
		seen[v.Version] = v.Enabled && v.Created != nil && v.Tags["run"] == "7"
	}
	if len(list) != 2 || !seen[kids[0]] || !seen[kids[1]] {
		t.Errorf("versions %v, imported %v", list, kids)
	}
	latest, err := s.Vault.Get(t.Context(), s.Prefix+"rotated", "")
	if err != nil || latest.Version != kids[1] {
		t.Errorf("the latest version is %s, not the second import %s: %v", latest.Version, kids[1], err)
	}
}

// refusedBlobs imports what a vault must not take.
func (s Subject) refusedBlobs(t *testing.T) {
	f := s.newKEK(t, "kek-refused", 2048)
	key := Target(t, byok.P256)
	good := f.blob(key.Plaintext())
	other := s.newKEK(t, "kek-other", 2048)
	edit := func(old, new string) []byte { return bytes.Replace(good, []byte(old), []byte(new), 1) }
	blob, _, err := byok.Decode(good)
	if err != nil {
		t.Fatal(err)
	}
	flipped := blob
	flipped.Ciphertext = bytes.Clone(blob.Ciphertext)
	flipped.Ciphertext[len(flipped.Ciphertext)-1] ^= 1
	flippedFile, _ := flipped.Encode()
	ec := []string{"sign", "verify"}
	cases := []struct {
		name string
		p    keyvault.ImportParams
		want keyvault.Code
	}{
		{"another KEK's kid", keyvault.ImportParams{Type: byok.P256, Ops: ec, Blob: edit(f.kek.KID, other.kek.KID)}, keyvault.BadBlob},
		{"a KEK that is not there", keyvault.ImportParams{Type: byok.P256, Ops: ec, Blob: edit(f.kek.Version, strings.Repeat("0", 32))}, keyvault.BadBlob},
		{"a KEK of another vault", keyvault.ImportParams{Type: byok.P256, Ops: ec, Blob: edit("https://", "https://other-")}, keyvault.BadBlob},
		{"a flipped bit", keyvault.ImportParams{Type: byok.P256, Ops: ec, Blob: flippedFile}, keyvault.BadBlob},
		{"no blob at all", keyvault.ImportParams{Type: byok.P256, Ops: ec, Blob: []byte("not JSON")}, keyvault.BadBlob},
		{"half a blob", keyvault.ImportParams{Type: byok.P256, Ops: ec, Blob: good[:len(good)/2]}, keyvault.BadBlob},
		{"no bytes", keyvault.ImportParams{Type: byok.P256, Ops: ec, Blob: nil}, keyvault.BadBlob},
		{"another curve", keyvault.ImportParams{Type: byok.P384, Ops: ec, Blob: good}, keyvault.KeyTypeOps},
		{"another type", keyvault.ImportParams{Type: byok.RSA2048, Ops: []string{"sign"}, Blob: good}, keyvault.KeyTypeOps},
		{"wrapKey of EC", keyvault.ImportParams{Type: byok.P256, Ops: []string{"wrapKey"}, Blob: good}, keyvault.KeyTypeOps},
		{"a KEK imported", keyvault.ImportParams{Type: byok.RSA2048, Ops: []string{"import"}, Blob: good}, keyvault.KeyTypeOps},
		{"import and sign", keyvault.ImportParams{Type: byok.RSA2048, Ops: []string{"import", "sign"}, Blob: good}, keyvault.KeyTypeOps},
	}
	for _, c := range cases {
		if c.p.Type == byok.P256 && len(c.p.Ops) == 2 && bytes.Equal(c.p.Blob, good) {
			t.Fatalf("%s: the edit changed nothing", c.name)
		}
		_, err := s.Vault.Import(t.Context(), s.Prefix+"refused", c.p)
		if CodeOf(err) != c.want {
			t.Errorf("%s: %s, want %s", c.name, Detail(err), c.want)
		}
	}
	if v, err := s.Vault.Versions(t.Context(), s.Prefix+"refused"); len(v) != 0 || err != nil {
		t.Errorf("a refused import left versions %v, %v", v, err)
	}
}

// kekLimits imports with a KEK that is disabled.
func (s Subject) kekLimits(t *testing.T) {
	f := s.newKEK(t, "kek-disabled", 2048)
	k, err := s.Vault.Disable(t.Context(), f.kek.Name, f.kek.Version)
	if err != nil || k.Enabled {
		t.Fatalf("disable: enabled %v, %v", k.Enabled, Detail(err))
	}
	if _, err := f.importKey("late", byok.P256, Target(t, byok.P256).Plaintext()); CodeOf(err) != keyvault.Forbidden {
		t.Errorf("a disabled KEK imports: %v", err)
	}
}

// delete retires a KEK: deleted, its name reserved, purged, its name free.
func (s Subject) delete(t *testing.T) {
	ctx := t.Context()
	f := s.newKEK(t, "kek-deleted", 2048)
	d, err := s.Vault.Delete(ctx, f.kek.Name)
	if err != nil || d == nil {
		t.Fatalf("delete: %v, %v", d, Detail(err))
	}
	if d.KID == "" || d.Deleted == nil || d.Purge == nil || !d.Purge.After(*d.Deleted) {
		t.Errorf("deleted key %+v", d)
	}
	if _, err := f.importKey("later", byok.P256, Target(t, byok.P256).Plaintext()); CodeOf(err) != keyvault.BadBlob {
		t.Errorf("a deleted KEK imports: %v", err)
	}
	again := keyvault.KEKParams{Bits: 2048}
	if _, err := s.Vault.CreateKEK(ctx, f.kek.Name, again); CodeOf(err) != keyvault.NameDeleted {
		t.Errorf("create under a deleted name: %v", err)
	}
	if v, err := s.Vault.Versions(ctx, f.kek.Name); len(v) != 0 || err != nil {
		t.Errorf("versions of a deleted key: %v, %v", v, err)
	}
	if err := s.Vault.Purge(ctx, f.kek.Name); err != nil {
		t.Fatal(Detail(err))
	}
	if d, err := s.Vault.Deleted(ctx, f.kek.Name); d != nil || err != nil {
		t.Errorf("after the purge: %v, %v", d, err)
	}
	if _, err := s.Vault.CreateKEK(ctx, f.kek.Name, again); err != nil {
		t.Errorf("create after the purge: %s", Detail(err))
	}
}
