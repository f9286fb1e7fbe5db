package attest

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/binary"
	"math/big"
	"strings"
	"sync"
	"testing"
)

var signer = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

// pack writes an object: handle, number, size, and its attributes.
func pack(attrs ...[]byte) []byte {
	in := bytes.Join(attrs, nil)
	out := binary.BigEndian.AppendUint32(nil, 7)
	out = binary.BigEndian.AppendUint32(out, uint32(len(attrs)))
	out = binary.BigEndian.AppendUint32(out, uint32(len(in)))
	return append(out, in...)
}

func attr(id uint32, value ...byte) []byte {
	out := binary.BigEndian.AppendUint32(nil, id)
	return append(binary.BigEndian.AppendUint32(out, uint32(len(value))), value...)
}

// layout2 and layout3 put objects into the layouts of the two firmwares,
// without a signature.
func layout2(o []byte) []byte {
	out := binary.BigEndian.AppendUint32(make([]byte, 16), uint32(len(o)))
	return append(append(out, o...), make([]byte, 264)...)
}

func layout3(sig int, first, second []byte) []byte {
	info := binary.BigEndian.AppendUint16(make([]byte, 4), 8)
	at := uint16(0)
	if second != nil {
		at = uint16(8 + len(first))
	}
	info = append(append(binary.BigEndian.AppendUint16(info, at), first...), second...)
	out := binary.BigEndian.AppendUint32(nil, 1)
	out = binary.BigEndian.AppendUint32(out, 0)
	out = binary.BigEndian.AppendUint32(out, uint32(16+len(info)+sig))
	out = binary.BigEndian.AppendUint32(out, uint32(len(info)))
	return append(out, info...)
}

// seal appends a signature, with DigestInfo or on the bare digest.
func seal(t *testing.T, body []byte, hash crypto.Hash) []byte {
	t.Helper()
	sum := sha256.Sum256(body)
	sig, err := rsa.SignPKCS1v15(nil, signer(), hash, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return append(bytes.Clone(body), sig...)
}

// TestForms: both layouts are read, and both forms of signature accepted.
func TestForms(t *testing.T) {
	private, public := pack(attr(0, 3), attr(0x100, 0)), pack(attr(0, 2), attr(0x100, 0))
	for name, c := range map[string]struct {
		blob []byte
		form string
		sig  string
		n    int
	}{
		"2.x":           {seal(t, layout2(private), 0), "firmware 2.x", "firmware 2.x", 1},
		"3.x":           {seal(t, layout3(256, private, nil), crypto.SHA256), "firmware 3.x", "firmware 3.x", 1},
		"3.x, two keys": {seal(t, layout3(256, private, public), crypto.SHA256), "firmware 3.x", "firmware 3.x", 2},
	} {
		list, form, err := parseBlob(c.blob, 256)
		if err != nil || form != c.form || len(list) != c.n || !list[0].is(classPrivate) {
			t.Errorf("%s: %q, %v, %v", name, form, list, err)
		}
		if sig := signature(&signer().PublicKey, c.blob); !strings.Contains(sig, c.sig) {
			t.Errorf("%s: signature %s", name, sig)
		}
		for i := range c.blob {
			if signature(&signer().PublicKey, flip(c.blob, i)) != unsigned {
				t.Errorf("%s: byte %d does not matter", name, i)
			}
		}
	}
}

// TestWholePadding: a signature whose last 32 bytes alone are right is
// accepted by who compares no more; here the padding counts.
func TestWholePadding(t *testing.T) {
	body := layout2(pack(attr(0, 3)))
	sum := sha256.Sum256(body)
	for name, em := range map[string][]byte{
		"zeros":           append(make([]byte, 224), sum[:]...),
		"short padding":   append(append([]byte{0, 1, 0xff, 0}, make([]byte, 220)...), sum[:]...),
		"type 2":          append(append(append([]byte{0, 2}, bytes.Repeat([]byte{0xff}, 221)...), 0), sum[:]...),
		"one byte wrong":  append(append(append(append([]byte{0, 1}, bytes.Repeat([]byte{0xff}, 220)...), 0xfe), 0), sum[:]...),
		"without padding": append(bytes.Repeat([]byte{0x55}, 224), sum[:]...),
	} {
		if len(em) != 256 {
			t.Fatalf("%s: %d bytes", name, len(em))
		}
		key := signer()
		m := new(big.Int).SetBytes(em)
		m.Mod(m, key.N)
		sig := m.Exp(m, key.D, key.N).FillBytes(make([]byte, 256))
		if signature(&key.PublicKey, append(bytes.Clone(body), sig...)) != unsigned {
			t.Errorf("%s: accepted", name)
		}
	}
}

// TestBlobRefused: what does not fit exactly is refused.
func TestBlobRefused(t *testing.T) {
	one := pack(attr(0, 3))
	put := func(b []byte, at int, v byte) []byte { c := bytes.Clone(b); c[at] = v; return c }
	two, three := append(layout2(one), make([]byte, 256)...), append(layout3(256, one, nil), make([]byte, 256)...)
	for name, b := range map[string][]byte{
		"empty":                   nil,
		"too short":               make([]byte, 287),
		"too long":                make([]byte, maxBlob+1),
		"all zeros":               make([]byte, 600),
		"2.x size":                put(two, 19, two[19]+1),
		"2.x something after it":  put(two, len(two)-256-1, 1),
		"2.x attribute too long":  put(two, 20+12+7, 200),
		"2.x too many attributes": put(two, 20+7, 2),
		"2.x object too long":     put(two, 20+10, 9),
		"3.x size":                put(three, 11, three[11]+1),
		"3.x attributes' size":    put(three, 15, three[15]+100),
		"3.x object outside":      put(three, 16+4, 90),
		"3.x object in header":    put(three, 16+5, 3),
		"attribute twice":         append(layout2(pack(attr(0, 3), attr(0, 3))), make([]byte, 256)...),
		"after the last":          append(layout2(pack(append(attr(0, 3), 1))), make([]byte, 256)...),
	} {
		if list, _, err := parseBlob(b, 256); err == nil {
			t.Errorf("%s: read as %v", name, list)
		}
	}
}

func whole(edit ...func(object)) object {
	o := object{
		ckaClass: {3}, ckaKeyType: {0}, ckaExtractable: {0}, ckaSensitive: {1}, ckaLocal: {1}, ckaNever: {1}, ckaAlways: {1},
		0x107: {1}, ckaModulus: {0xc5}, ckaExponent: {1, 0, 1}, ckaID: []byte("/keys/kek/0123456789abcdef0123456789abcdef\x00\x00"),
	}
	for _, e := range edit {
		e(o)
	}
	return o
}

func set(id uint32, v ...byte) func(object) { return func(o object) { o[id] = v } }

// TestAttributesRefused: each attribute that says more than a KEK may be is
// refused; of a key that came in a blob, where it was made is a note.
func TestAttributesRefused(t *testing.T) {
	for name, c := range map[string]struct {
		edit     func(object)
		id       string
		imported bool // refuses of an imported key too
	}{
		"extractable":         {set(ckaExtractable, 1), CheckNotExtractable, true},
		"not sensitive":       {set(ckaSensitive, 0), CheckSensitive, true},
		"made elsewhere":      {set(ckaLocal, 0), CheckLocal, false},
		"was extractable":     {set(ckaNever, 0), CheckNever, false},
		"was readable":        {set(ckaAlways, 0), CheckNever, false},
		"local of two bytes":  {set(ckaLocal, 0, 1), CheckLocal, false},
		"sensitive is 2":      {set(ckaSensitive, 2), CheckSensitive, true},
		"extractable is 2":    {set(ckaExtractable, 2), CheckNotExtractable, true},
		"extractable missing": {func(o object) { delete(o, ckaExtractable) }, CheckNotExtractable, true},
	} {
		for _, imported := range []bool{false, true} {
			v := &verifier{want: Want{Imported: imported}}
			v.attributes(whole(c.edit))
			f := find(t, v.findings, c.id)
			if f.Result != Fails || f.Refuses() != (!imported || c.imported) {
				t.Errorf("%s, imported %v: %+v", name, imported, f)
			}
		}
	}
	v := &verifier{}
	if v.attributes(whole()); Refused(v.findings) || find(t, v.findings, CheckOps).Result != Holds {
		t.Error(list(v.findings))
	}
	if v.attributes(whole(set(0x108, 1))); v.findings[len(v.findings)-1].Result != Fails || Refused(v.findings) {
		t.Error("a KEK that may sign should be a note")
	}
}

// TestHalvesOfTwoKeys: two halves that were signed, but of different keys.
func TestHalvesOfTwoKeys(t *testing.T) {
	for _, id := range []uint32{ckaModulus, ckaExponent, ckaID, ckaKeyType} {
		v := &verifier{}
		if v.pair(whole(), whole(set(id, 9))); !Refused(v.findings) {
			t.Errorf("halves that differ in 0x%x", id)
		}
	}
	v := &verifier{}
	if v.kind(whole(set(ckaClass, classSecret)), nil); !Refused(v.findings) {
		t.Error("a secret key is no KEK")
	}
	if v.kid(whole(set(ckaID, []byte("/keys/kek")...))); !find(t, v.findings, CheckKID).Refuses() {
		t.Error("an identifier without version")
	}
}
