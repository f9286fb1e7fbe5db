package byok

import (
	"bytes"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/keyceremony/ceremony/vectors"
)

// kwCase is one vector of key wrap: an empty msg with bad set has no plaintext.
type kwCase struct {
	id           string
	key, msg, ct []byte
	bad          bool // unwrapping must fail
	wrap, unwrap bool // directions to try
}

// keyWrap is one of the two algorithms.
type keyWrap struct {
	wrap, unwrap func(kek, b []byte) ([]byte, error)
}

var (
	algKW  = keyWrap{WrapKW, UnwrapKW}
	algKWP = keyWrap{WrapKWP, UnwrapKWP}
)

func (a keyWrap) run(t *testing.T, v kwCase) {
	t.Helper()
	if v.wrap {
		if got, err := a.wrap(v.key, v.msg); err != nil || !bytes.Equal(got, v.ct) {
			t.Errorf("%s: wrap = %x, %v, want %x", v.id, got, err, v.ct)
		}
	}
	if !v.unwrap {
		return
	}
	before := slices.Clone(v.ct)
	got, err := a.unwrap(v.key, v.ct)
	switch {
	case v.bad && !errors.Is(err, ErrUnwrap):
		t.Errorf("%s: unwrap = %d bytes, %v, want ErrUnwrap", v.id, len(got), err)
	case v.bad && got != nil:
		t.Errorf("%s: an error came with %d bytes", v.id, len(got))
	case !v.bad && (err != nil || !bytes.Equal(got, v.msg)):
		t.Errorf("%s: unwrap = %x, %v, want %x", v.id, got, err, v.msg)
	}
	if !bytes.Equal(before, v.ct) {
		t.Errorf("%s: unwrap changed its input", v.id)
	}
}

type wycheproofKW struct {
	TestGroups []struct {
		Tests []struct {
			TcID         int
			Comment      string
			Key, Msg, Ct hexBytes
			Result       string
		}
	}
}

// TestWycheproofKeyWrap: a vector is "acceptable" where RFC 3394 and NIST SP
// 800-38F differ on keys of 8 bytes; we follow NIST and refuse them.
func TestWycheproofKeyWrap(t *testing.T) {
	for _, tt := range []struct {
		file string
		alg  keyWrap
		want tally
	}{
		{"aes_kwp_test", algKWP, tally{"valid": 77, "invalid": 177}},
		{"aes_wrap_test", algKW, tally{"valid": 36, "invalid": 126, "acceptable": 3}},
	} {
		t.Run(tt.file, func(t *testing.T) {
			count := tally{}
			for _, g := range parseJSON[wycheproofKW](t, vectors.Read(t, "vectors/wycheproof/"+tt.file+".json")).TestGroups {
				for _, v := range g.Tests {
					count[v.Result]++
					valid := v.Result == "valid"
					tt.alg.run(t, kwCase{v.Comment, v.Key, v.Msg, v.Ct, !valid, valid, true})
				}
			}
			count.check(t, tt.want)
		})
	}
}

type acvpTest struct {
	TcID, TgID  int
	Key, Pt, Ct hexBytes
	TestPassed  *bool
}

type acvpFile []struct {
	TestGroups []struct {
		Direction string
		TgID      int
		Tests     []acvpTest
	}
}

func TestACVPKeyWrap(t *testing.T) {
	for _, tt := range []struct {
		name string
		alg  keyWrap
		want tally
	}{
		{"KW", algKW, tally{"encrypt": 15, "decrypt": 15}},
		{"KWP", algKWP, tally{"encrypt": 12, "decrypt": 8, "decrypt, fails": 4}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			expected := map[int]acvpTest{}
			for _, g := range parseJSON[acvpFile](t, vectors.Read(t, "vectors/acvp-awslc/ACVP-AES-"+tt.name+".expected.json"))[1].TestGroups {
				for _, v := range g.Tests {
					expected[v.TcID] = v
				}
			}
			count := tally{}
			for _, g := range parseJSON[acvpFile](t, vectors.Read(t, "vectors/acvp-awslc/ACVP-AES-"+tt.name+".vectors.json"))[1].TestGroups {
				for _, v := range g.Tests {
					e, kind := expected[v.TcID], g.Direction
					c := kwCase{id: kind, key: v.Key, msg: v.Pt, ct: v.Ct, wrap: true, unwrap: true}
					if kind == "encrypt" {
						c.ct = e.Ct
					} else {
						c.msg, c.bad = e.Pt, !*e.TestPassed
						c.wrap = !c.bad
						if c.bad {
							kind += ", fails"
						}
					}
					count[kind]++
					tt.alg.run(t, c)
				}
			}
			count.check(t, tt.want)
		})
	}
}

// TestCAVSKeyWrap runs the NIST CAVS subset of TF-PSA-Crypto. Its tests of
// buffer sizes and key policies are of that library's interface.
func TestCAVSKeyWrap(t *testing.T) {
	count := tally{}
	for line := range strings.Lines(string(vectors.Read(t, "vectors/tf-psa/test_suite_nist_kw.data"))) {
		f := strings.Split(strings.TrimSpace(line), ":")
		if len(f) < 5 && f[0] != "nist_kw_wrap_unwrap" || !strings.Contains(f[0], "_wrap") && !strings.Contains(f[0], "_unwrap") || strings.HasSuffix(f[0], "_key_test") {
			continue
		}
		arg := func(i int) []byte { return unhex(t, strings.Trim(f[i], `"`)) }
		alg := algKW
		if f[1] == "MBEDTLS_KW_MODE_KWP" {
			alg = algKWP
		}
		c := kwCase{id: line[:min(60, len(line))], key: arg(2), msg: arg(3), wrap: true, unwrap: true}
		switch f[0] {
		case "nist_kw_wrap_unwrap":
			c.ct = arg(4)
		case "mbedtls_nist_kw_wrap":
			c.ct = arg(4)
		case "mbedtls_nist_kw_unwrap":
			c.ct, c.msg, c.bad = arg(3), arg(4), f[5] != "0"
			c.wrap = !c.bad
		}
		kind := f[0]
		if c.bad {
			kind += ", fails"
		}
		count[kind]++
		alg.run(t, c)
	}
	count.check(t, tally{
		"nist_kw_wrap_unwrap": 6, "mbedtls_nist_kw_wrap": 35,
		"mbedtls_nist_kw_unwrap": 33, "mbedtls_nist_kw_unwrap, fails": 30,
	})
}

// TestCAVSLengths tries the lengths that the same suite calls valid and
// invalid; those about its buffers have no meaning here.
func TestCAVSLengths(t *testing.T) {
	count := tally{}
	key := make([]byte, 16)
	for line := range strings.Lines(string(vectors.Read(t, "vectors/tf-psa/test_suite_nist_kw.data"))) {
		f := strings.Split(strings.TrimSpace(line), ":")
		if !strings.HasSuffix(f[0], "text_lengths") || strings.HasSuffix(f[4], "TOO_SMALL") {
			continue
		}
		n, err := strconv.Atoi(f[1])
		if err != nil {
			t.Fatal(err)
		}
		alg := algKW
		if f[3] == "MBEDTLS_KW_MODE_KWP" {
			alg = algKWP
		}
		valid := f[4] == "0"
		count[f[0]]++
		if f[0] == "nist_kw_plaintext_lengths" {
			if _, err := alg.wrap(key, make([]byte, n)); (err == nil) != valid {
				t.Errorf("%s: %v", line, err)
			}
		} else if _, err := alg.unwrap(key, make([]byte, n)); !valid && !errors.Is(err, ErrUnwrap) {
			t.Errorf("%s: %v", line, err)
		}
	}
	count.check(t, tally{"nist_kw_plaintext_lengths": 6, "nist_kw_ciphertext_lengths": 6})
}

// vec reads Botan's format: "Name = hex" lines, a vector ends with the last name.
func vec(t *testing.T, file []byte, last string, each func(section string, v map[string][]byte)) {
	t.Helper()
	section, v := "", map[string][]byte{}
	for line := range strings.Lines(string(file)) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			section = strings.Trim(line, "[]")
		}
		name, value, ok := strings.Cut(line, " = ")
		if !ok {
			continue
		}
		v[name] = unhex(t, value)
		if name == last {
			each(section, v)
			v = map[string][]byte{}
		}
	}
}

func TestBotanKeyWrap(t *testing.T) {
	algs := map[string]keyWrap{"KW": algKW, "KWP": algKWP}
	count := tally{}
	vec(t, vectors.Read(t, "vectors/botan/nist_key_wrap_invalid.vec"), "Input", func(section string, v map[string][]byte) {
		count["invalid "+section]++
		algs[section].run(t, kwCase{id: section, key: v["Key"], ct: v["Input"], bad: true, unwrap: true})
	})
	vec(t, vectors.Read(t, "vectors/botan/rfc3394.vec"), "Output", func(_ string, v map[string][]byte) {
		count["RFC 3394"]++
		algKW.run(t, kwCase{id: "rfc3394", key: v["KEK"], msg: v["Key"], ct: v["Output"], wrap: true, unwrap: true})
	})
	vec(t, vectors.Read(t, "vectors/botan/nist_key_wrap.vec"), "Output", func(section string, v map[string][]byte) {
		c := kwCase{id: section, key: v["Key"], msg: v["Input"], ct: v["Output"], wrap: true, unwrap: true}
		if section == "KW" && len(c.msg) == 8 { // NIST wants two semiblocks or more
			c.bad, c.wrap = true, false
			section += " of 8 bytes"
		}
		count[section]++
		algs[strings.Fields(section)[0]].run(t, c)
	})
	count.check(t, tally{"RFC 3394": 6, "KW": 6, "KW of 8 bytes": 1, "KWP": 129, "invalid KW": 7, "invalid KWP": 3})
}

func TestRFCKeyWrap(t *testing.T) {
	type rfcCase struct {
		ID          string
		KEK, Pt, Ct hexBytes
	}
	f := parseJSON[struct {
		KW      []rfcCase `json:"rfc3394_kw"`
		KWP     []rfcCase `json:"rfc5649_kwp"`
		OpenSSL []rfcCase `json:"openssl_kwp"`
	}](t, vectors.Read(t, "vectors/rfc/rfc3394_rfc5649.json"))
	for _, v := range f.KW {
		algKW.run(t, kwCase{v.ID, v.KEK, v.Pt, v.Ct, false, true, true})
	}
	for _, v := range slices.Concat(f.KWP, f.OpenSSL) {
		algKWP.run(t, kwCase{v.ID, v.KEK, v.Pt, v.Ct, false, true, true})
	}
	tally{"KW": len(f.KW), "KWP": len(f.KWP) + len(f.OpenSSL)}.check(t, tally{"KW": 6, "KWP": 4})
}

func TestKeyWrapRefuses(t *testing.T) {
	key, short := make([]byte, 32), make([]byte, 31)
	for _, tt := range []struct {
		name string
		call func() ([]byte, error)
		want string
	}{
		{"KW key", func() ([]byte, error) { return WrapKW(short, make([]byte, 16)) }, "found an AES key of 31 bytes, wanted 16, 24 or 32"},
		{"KWP key", func() ([]byte, error) { return WrapKWP(nil, key) }, "found an AES key of 0 bytes, wanted 16, 24 or 32"},
		{"unwrap KW key", func() ([]byte, error) { return UnwrapKW(short, key) }, "found an AES key of 31 bytes, wanted 16, 24 or 32"},
		{"unwrap KWP key", func() ([]byte, error) { return UnwrapKWP(short, key) }, "found an AES key of 31 bytes, wanted 16, 24 or 32"},
		{"KW of 8", func() ([]byte, error) { return WrapKW(key, make([]byte, 8)) }, "found 8 bytes to wrap, wanted a multiple of 8 from 16 to 1048576"},
		{"KW of 17", func() ([]byte, error) { return WrapKW(key, make([]byte, 17)) }, "found 17 bytes to wrap, wanted a multiple of 8 from 16 to 1048576"},
		{"KWP of 0", func() ([]byte, error) { return WrapKWP(key, nil) }, "found 0 bytes to wrap, wanted 1 to 1048576"},
		{"KWP too long", func() ([]byte, error) { return WrapKWP(key, make([]byte, maxKW+1)) }, "found 1048577 bytes to wrap, wanted 1 to 1048576"},
		{"unwrap nothing", func() ([]byte, error) { return UnwrapKWP(key, nil) }, ErrUnwrap.Error()},
		{"unwrap 8", func() ([]byte, error) { return UnwrapKWP(key, make([]byte, 8)) }, ErrUnwrap.Error()},
		{"unwrap 17", func() ([]byte, error) { return UnwrapKWP(key, make([]byte, 17)) }, ErrUnwrap.Error()},
		{"unwrap KW 16", func() ([]byte, error) { return UnwrapKW(key, make([]byte, 16)) }, ErrUnwrap.Error()},
		{"unwrap too long", func() ([]byte, error) { return UnwrapKWP(key, make([]byte, maxKW+16)) }, ErrUnwrap.Error()},
	} {
		if b, err := tt.call(); err == nil || err.Error() != tt.want || b != nil {
			t.Errorf("%s: %d bytes, %v, want %q", tt.name, len(b), err, tt.want)
		}
	}
}

// TestKWPChecks makes each departure from RFC 5649, 3 under a valid AES key,
// which no random damage would reach.
func TestKWPChecks(t *testing.T) {
	kek := make([]byte, 32)
	block, err := newAES(kek)
	if err != nil {
		t.Fatal(err)
	}
	iv := func(length uint32) [8]byte {
		return [8]byte{0xA6, 0x59, 0x59, 0xA6, byte(length >> 24), byte(length >> 16), byte(length >> 8), byte(length)}
	}
	padded := append(bytes.Repeat([]byte{7}, 17), make([]byte, 7)...) // 24 bytes, the last 7 zero
	for length := range uint32(40) {
		wrapped := kwWrap(block, iv(length), padded)
		got, err := UnwrapKWP(kek, wrapped)
		if ok := 17 <= length && length <= 24; ok != (err == nil) || ok && uint32(len(got)) != length {
			t.Errorf("length %d: %d bytes, %v", length, len(got), err)
		}
	}
	for _, length := range []uint32{1 << 21, 17 | 1<<21, 17 | 1<<31, 1<<32 - 1} {
		if _, err := UnwrapKWP(kek, kwWrap(block, iv(length), padded)); !errors.Is(err, ErrUnwrap) {
			t.Errorf("length %#x: %v", length, err)
		}
	}
	for i := 17; i < 24; i++ {
		dirty := bytes.Clone(padded)
		dirty[i] = 1
		if _, err := UnwrapKWP(kek, kwWrap(block, iv(17), dirty)); !errors.Is(err, ErrUnwrap) {
			t.Errorf("padding byte %d not zero: %v", i, err)
		}
	}
	for i := range 4 {
		wrong := iv(17)
		wrong[i] ^= 1
		if _, err := UnwrapKWP(kek, kwWrap(block, wrong, padded)); !errors.Is(err, ErrUnwrap) {
			t.Errorf("initial value byte %d: %v", i, err)
		}
	}
}
