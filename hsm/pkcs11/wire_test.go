package pkcs11

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/keyceremony/ceremony/hsm"
)

func TestFrames(t *testing.T) {
	for _, f := range []frame{
		{[]byte("{}"), nil},
		{[]byte(`{"op":"login"}`), []byte("1234")},
		{bytes.Repeat([]byte("x"), 5000), bytes.Repeat([]byte("y"), 70000)},
	} {
		var buf bytes.Buffer
		if err := writeFrame(&buf, f); err != nil {
			t.Fatal(err)
		}
		for name, r := range map[string]io.Reader{"at once": bytes.NewReader(buf.Bytes()), "byte by byte": iotest.OneByteReader(bytes.NewReader(buf.Bytes()))} {
			got, err := readFrame(r)
			if err != nil || !bytes.Equal(got.header, f.header) || !bytes.Equal(got.body, f.body) {
				t.Errorf("%s: %d and %d bytes, %v", name, len(got.header), len(got.body), err)
			}
		}
		for n := range min(buf.Len(), 100) {
			if _, err := readFrame(bytes.NewReader(buf.Bytes()[:n])); err == nil {
				t.Fatalf("a frame of %d bytes was read from its first %d", buf.Len(), n)
			}
		}
	}
}

func TestFramesRefused(t *testing.T) {
	if err := writeFrame(io.Discard, frame{body: make([]byte, maxFrame+1)}); err == nil {
		t.Error("a frame beyond the limit was written")
	}
	for name, b := range map[string][]byte{
		"a banner":        []byte("Vendor PKCS#11 library, evaluation licence\n"),
		"a huge header":   {255, 255, 255, 255, 0, 0, 0, 0},
		"a huge body":     {0, 0, 0, 1, 255, 255, 255, 255, '{'},
		"bytes behind it": {0, 0, 0, 1, 0, 0, 0, 0, '{', '}'},
	} {
		if _, err := readFrame(bytes.NewReader(b)); err == nil {
			t.Errorf("%s was read as a frame", name)
		}
	}
}

// keeper keeps the slices that it is handed.
type keeper struct{ slices [][]byte }

func (k *keeper) Write(p []byte) (int, error) {
	k.slices = append(k.slices, p)
	return len(p), nil
}

// TestFramesAreWiped: no copy of a body stays behind a frame.
func TestFramesAreWiped(t *testing.T) {
	var k keeper
	if err := writeFrame(&k, frame{[]byte("{}"), []byte("SECRET")}); err != nil {
		t.Fatal(err)
	}
	for _, s := range k.slices {
		if len(s) != lengths+2+6 || bytes.Contains(s, []byte("SECRET")) {
			t.Errorf("%q stays", s)
		}
	}
}

// TestErrorsCrossThePipe: text, sentinel and return code arrive.
func TestErrorsCrossThePipe(t *testing.T) {
	token := newError("log in", 0xA0)
	for _, err := range []error{
		errors.New("plain"),
		fmt.Errorf("%w: details", hsm.ErrNoToken),
		token,
		fmt.Errorf("%w: %w", hsm.ErrNoModule, newError("C_Initialize", 0x5)),
		newError("x", 0x80000123),
	} {
		b, e := json.Marshal(encodeError(err))
		if e != nil {
			t.Fatal(e)
		}
		var w wireError
		if e := json.Unmarshal(b, &w); e != nil {
			t.Fatal(e)
		}
		got := w.decode()
		if got.Error() != err.Error() || hsm.Kind(got) != hsm.Kind(err) || hsm.Remedy(got) != hsm.Remedy(err) {
			t.Errorf("%v (%v), wanted %v (%v)", got, hsm.Kind(got), err, hsm.Kind(err))
		}
	}
	var typed *hsm.Error
	if got := encodeError(token).decode(); !errors.As(got, &typed) || typed.Code != 0xA0 || typed.Name != "CKR_PIN_INCORRECT" {
		t.Errorf("%#v", got)
	}
}

// TestReturnCodes: each row of the table is fit for people.
func TestReturnCodes(t *testing.T) {
	names := map[string]uint{}
	for code, row := range returnCodes {
		if !strings.HasPrefix(row.name, "CKR_") || names[row.name] != 0 {
			t.Errorf("0x%X: name %q", code, row.name)
		}
		names[row.name] = code
		if row.meaning == "" || row.meaning[0] < 'a' || strings.HasSuffix(row.meaning, ".") {
			t.Errorf("%s: meaning %q, wanted lower case and no full stop", row.name, row.meaning)
		}
		if row.remedy != "" && (row.remedy[0] < 'A' || row.remedy[0] > 'Z' || !strings.HasSuffix(row.remedy, ".")) {
			t.Errorf("%s: remedy %q, wanted a sentence", row.name, row.remedy)
		}
	}
	for code, want := range map[uint]string{
		0x80000123: "of its vendor (0x80000123)", 0x999: "not in the standard (0x999)", 0x8000002E: "CKR_PED_ERROR (Luna), 0x8000002E",
	} {
		if got := newError("x", code).Error(); !strings.Contains(got, want) {
			t.Errorf("%q, wanted %q in it", got, want)
		}
	}
}

func TestMechanismNames(t *testing.T) {
	for number, want := range map[uint]string{
		0x1054: "CKM_RSA_AES_KEY_WRAP", 0x210A: "CKM_AES_KEY_WRAP_PAD", 0x210B: "CKM_AES_KEY_WRAP_KWP", 9: "CKM_RSA_PKCS_OAEP",
		0x80000171: "CKM_AES_KWP (Luna)", 0x80009999: "vendor mechanism 0x80009999", 0x7777: "mechanism 0x7777",
	} {
		if got := mechanismName(number); got != want {
			t.Errorf("0x%X is %q, wanted %q", number, got, want)
		}
	}
}

func TestLastWords(t *testing.T) {
	var out bytes.Buffer
	l := &lastWords{to: &out}
	for _, part := range []string{"vendor no", "ise\nSIGNAL lost\nSIGSE", "GV: segmentation violation\nPC=0x1\n", "goroutine 1\n"} {
		if n, err := l.Write([]byte(part)); n != len(part) || err != nil {
			t.Fatal(n, err)
		}
	}
	if l.signal != "SIGSEGV: segmentation violation" {
		t.Errorf("signal %q", l.signal)
	}
	if got := out.String(); got != "vendor noise\nSIGNAL lost\nSIGSEGV: segmentation violation\n" {
		t.Errorf("passed on: %q", got)
	}
}

func TestShow(t *testing.T) {
	for s, want := range map[string]string{"a b   ": "a b", "a\x00\x00": "a", "a\x1b[31m": "a?[31m", "\xff": "?", "\u202ea": "?a", "ä": "ä"} {
		if got := show(s); got != want {
			t.Errorf("%q is shown as %q, wanted %q", s, got, want)
		}
	}
}

func TestIsWorker(t *testing.T) {
	for _, f := range []struct {
		args []string
		want bool
	}{{nil, false}, {[]string{"ceremony"}, false}, {[]string{"ceremony", workerArg}, true}, {[]string{workerArg}, false}, {[]string{"ceremony", "run", workerArg}, false}} {
		if IsWorker(f.args) != f.want {
			t.Errorf("%q: wanted %v", f.args, f.want)
		}
	}
}

func TestDefaults(t *testing.T) {
	var o Options
	if o.timeout() != time.Minute || o.patience() != 15*time.Minute {
		t.Errorf("%v and %v", o.timeout(), o.patience())
	}
	o = Options{Timeout: 1, Patience: 2}
	if o.timeout() != 1 || o.patience() != 2 {
		t.Errorf("%v and %v", o.timeout(), o.patience())
	}
}
