package digest

import (
	"crypto/sha256"
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// abc is SHA-256("abc"), FIPS 180-4 example.
const abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

func TestForms(t *testing.T) {
	d := Of([]byte("abc"))
	if d.String() != abc {
		t.Errorf("String() = %s, want %s", d, abc)
	}
	const groups = "ba78 16bf 8f01 cfea 4141 40de 5dae 2223 b003 61a3 9617 7a9c b410 ff61 f200 15ad"
	if d.Groups() != groups {
		t.Errorf("Groups() = %q, want %q", d.Groups(), groups)
	}
	// python3 -c 'import hashlib;print("%035d"%(int(hashlib.sha256(b"abc").hexdigest(),16)%10**35))'
	const code = "83695 01651 43774 62985 82971 68170 89965"
	if d.Code() != code {
		t.Errorf("Code() = %q, want %q", d.Code(), code)
	}
	if d.IsZero() || !(SHA256{}).IsZero() {
		t.Error("IsZero does not tell a digest from none")
	}
}

func TestCodeIsPadded(t *testing.T) {
	const zeros = "00000 00000 00000 00000 00000 00000 00000"
	if got := (SHA256{}).Code(); got != zeros {
		t.Errorf("code of zero = %q, want %q", got, zeros)
	}
	var one SHA256
	one[31] = 1
	if got, want := one.Code(), zeros[:len(zeros)-1]+"1"; got != want {
		t.Errorf("code of one = %q, want %q", got, want)
	}
}

// TestPython runs the check that the documents give to people who do not
// trust this program.
func TestPython(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Fatal("python3 is not installed: apt-get install python3")
	}
	const script = `import sys,hashlib as h;print("%035d"%(int(h.sha256(sys.stdin.buffer.read()).hexdigest(),16)%10**35))`
	for _, in := range []string{"", "abc", strings.Repeat("key ceremony\n", 1000)} {
		cmd := exec.Command(python, "-c", script)
		cmd.Stdin = strings.NewReader(in)
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		if !Of([]byte(in)).Matches(string(out)) {
			t.Errorf("python3 says %s, Code says %s", out, Of([]byte(in)).Code())
		}
	}
}

func TestParse(t *testing.T) {
	d, err := Parse(abc)
	if err != nil || d != sha256.Sum256([]byte("abc")) {
		t.Errorf("Parse = %v, %v", d, err)
	}
	for _, tt := range []struct{ in, want string }{
		{"", "found 0 characters, wanted a SHA-256 of 64 hex digits"},
		{abc[1:], "found 63 characters, wanted a SHA-256 of 64 hex digits"},
		{abc + "\n", "found 65 characters, wanted a SHA-256 of 64 hex digits"},
		{strings.ToUpper(abc), `found 'B' at character 1, wanted lower-case hex digits`},
		{abc[:63] + "g", `found 'g' at character 64, wanted lower-case hex digits`},
		{abc[:62] + "é", `found 'Ã' at character 63, wanted lower-case hex digits`},
	} {
		if tt.in == abc {
			t.Fatal("the edit changed nothing")
		}
		if _, err := Parse(tt.in); err == nil || err.Error() != tt.want {
			t.Errorf("Parse(%q) = %v, want %q", tt.in, err, tt.want)
		}
	}
}

func TestParseCode(t *testing.T) {
	want := Of([]byte("abc")).Code()
	plain := strings.ReplaceAll(want, " ", "")
	for _, typed := range []string{
		want, plain, strings.ReplaceAll(want, " ", "-"), " " + want + "\n",
		strings.ReplaceAll(want, " ", " – "), strings.ReplaceAll(want, " ", "\u00a0"),
	} {
		if got, err := ParseCode(typed); err != nil || got != want {
			t.Errorf("ParseCode(%q) = %q, %v", typed, got, err)
		}
	}
	for _, tt := range []struct{ in, want string }{
		{"", "found 0 digits, wanted 35"},
		{plain[1:], "found 34 digits, wanted 35"},
		{plain + "0", "found 36 digits, wanted 35"},
		{"12O45", "found 'O' after 2 digits, wanted only digits, spaces and dashes"},
		{"١٢٣", "found '١' after 0 digits, wanted only digits, spaces and dashes"},
	} {
		if _, err := ParseCode(tt.in); err == nil || err.Error() != tt.want {
			t.Errorf("ParseCode(%q) = %v, want %q", tt.in, err, tt.want)
		}
	}
}

func TestMatches(t *testing.T) {
	d := Of([]byte("abc"))
	code := []byte(d.Code())
	if !d.Matches(string(code)) {
		t.Error("a digest does not match its own code")
	}
	for i, c := range code {
		if c == ' ' {
			continue
		}
		code[i] = '0' + (c-'0'+1)%10
		if d.Matches(string(code)) {
			t.Errorf("a code with digit %d changed matches", i)
		}
		code[i] = c
	}
}

func TestJSON(t *testing.T) {
	type record struct {
		SHA256 SHA256 `json:"sha256"`
	}
	b, err := json.Marshal(record{Of([]byte("abc"))})
	if err != nil || string(b) != `{"sha256":"`+abc+`"}` {
		t.Fatalf("Marshal = %s, %v", b, err)
	}
	var r record
	if err := json.Unmarshal(b, &r); err != nil || r.SHA256 != Of([]byte("abc")) {
		t.Errorf("Unmarshal = %v, %v", r, err)
	}
	before := r
	if err := json.Unmarshal([]byte(`{"sha256":"00"}`), &r); err == nil || r != before {
		t.Errorf("a short digest was read: %v, %v", r, err)
	}
}

func TestWords(t *testing.T) {
	sum := []byte{
		0xE5, 0x82, 0x94, 0xF2, 0xE9, 0xA2, 0x27, 0x48, 0x6E, 0x8B,
		0x06, 0x1B, 0x31, 0xCC, 0x52, 0x8F, 0xD7, 0xFA, 0x3F, 0x19,
	}
	const want = "topmost Istanbul Pluto vagabond treadmill Pacific brackish dictator goldfish Medusa " +
		"afflict bravado chatter revolver Dupont midsummer stopwatch whimsical cowbell bottomless"
	if got := strings.Join(Words(sum), " "); got != want {
		t.Errorf("Words = %q, want %q", got, want)
	}
	if n := len(Of(nil).Words()); n != 32 {
		t.Errorf("%d words, want 32", n)
	}
}

// TestWordList pins the list: both columns are in alphabetical order, so a
// word that slipped a line, is missing or is misspelt at its head shows. The
// one exception, applicant before Apollo, is in the list as published.
func TestWordList(t *testing.T) {
	const pin = "f816e91d6148165fc67361aa1886eb71ad6b19c9d65673ca40fa96e160f02f5a"
	if got := Of([]byte(wordsFile)).String(); got != pin {
		t.Errorf("words.txt has SHA-256 %s, want %s", got, pin)
	}
	if len(wordList) != 512 {
		t.Fatalf("%d words, want 512", len(wordList))
	}
	var columns [2][]string
	for i, w := range wordList {
		columns[i%2] = append(columns[i%2], strings.ToLower(w))
	}
	columns[1][9], columns[1][10] = columns[1][10], columns[1][9]
	for i, c := range columns {
		if !slices.IsSorted(c) || len(slices.Compact(slices.Clone(c))) != 256 {
			t.Errorf("column %d is not 256 different words in order", i)
		}
		for _, w := range columns[1-i] {
			if slices.Contains(c, w) {
				t.Errorf("%s is in both columns", w)
			}
		}
	}
}

func FuzzParseCode(f *testing.F) {
	f.Add(Of(nil).Code())
	f.Add("1-2 3")
	f.Fuzz(func(t *testing.T, typed string) {
		code, err := ParseCode(typed)
		if err != nil {
			return
		}
		if again, err := ParseCode(code); err != nil || again != code {
			t.Errorf("ParseCode(%q) = %q, which parses to %q, %v", typed, code, again, err)
		}
	})
}
