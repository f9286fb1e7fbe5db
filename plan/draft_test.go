package plan

import (
	"bytes"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/keyceremony/ceremony/digest"
)

func mustReadDraft(t *testing.T, b []byte) *Draft {
	t.Helper()
	d, err := ReadDraft(b)
	if err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
	return d
}

// inputs lists all of a draft's by path.
func inputs(d *Draft) map[string]Input {
	all := map[string]Input{}
	for _, table := range d.Tables() {
		for _, row := range table.Rows {
			for _, in := range row {
				all[in.Path] = in
			}
		}
	}
	return all
}

func TestDraftWritesThePlanItBeganWith(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	plans := []*Plan{valid(), rehearsed(t), New()}
	for range 100 {
		plans = append(plans, random(rng))
	}
	for _, p := range plans {
		want := p.Encode()
		if got := NewDraft(p).Encode(); !bytes.Equal(got, want) {
			t.Fatalf("a draft of the plan is written as\n%s\nwanted\n%s", got, want)
		}
		if got := mustReadDraft(t, want).Encode(); !bytes.Equal(got, want) {
			t.Fatalf("a draft of the file is written as\n%s\nwanted\n%s", got, want)
		}
	}
}

// TestDraftReadsBackWhateverWasTyped is the promise that saving a draft loses
// nothing, however wrong its values are.
func TestDraftReadsBackWhateverWasTyped(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	odd := []string{"", "0", "007", "4_096", "-1", "true", "yes", "2026-11-22T08:00:00Z", "2026-02-31T08:00:00Z", "a\nb\n\n c", "\"\"\"", `\`, "\u200b", "EC", "select", "file", "none", "x\xffy", strings.Repeat("9", 40)}
	for range 300 {
		d := NewDraft(valid())
		all := inputs(d)
		paths := make([]string, 0, len(all))
		for path := range all {
			paths = append(paths, path)
		}
		slices.Sort(paths)
		for range rng.IntN(12) {
			if err := d.Set(pick(rng, paths...), pick(rng, odd...)); err != nil {
				t.Fatal(err)
			}
		}
		file := d.Encode()
		again := mustReadDraft(t, file)
		if got := again.Encode(); !bytes.Equal(got, file) {
			t.Fatalf("%s\nreads back as\n%s", file, got)
		}
		was := inputs(d)
		for path, in := range inputs(again) {
			if want := strings.TrimSpace(was[path].Value); in.Kind == KindText && !in.Idle && in.Value != want {
				t.Fatalf("%s is %q, wanted %q", path, in.Value, want)
			}
		}
		if _, err := Parse(file); (err == nil) != (len(d.Check()) == 0) {
			t.Fatalf("Check says %v, Parse %v", d.Check(), err)
		}
	}
}

func FuzzReadDraft(f *testing.F) {
	f.Add(valid().Encode())
	f.Add(New().Encode())
	f.Add([]byte("id = 7\nrehearsal = \"x\"\n[kek]\nbits = 4_096\n[[key]]\nops = \"sign\"\n[[workload]]\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := ReadDraft(b)
		if err != nil {
			if len(err.(Errors)) == 0 {
				t.Fatal("refused without a word")
			}
			return
		}
		file := d.Encode()
		if len(file) > MaxBytes {
			return
		}
		if got := mustReadDraft(t, file).Encode(); !bytes.Equal(got, file) {
			t.Fatalf("%s\nreads back as\n%s", file, got)
		}
		if p, err := Parse(b); err == nil {
			if got := mustParse(t, file); !same(got, p) {
				t.Fatalf("%+v\nis written as\n%+v", p, got)
			}
		}
	})
}

func FuzzDraftSet(f *testing.F) {
	f.Add("kek.bits", "x", "key[1].type", "EC")
	f.Add("key[3].public", "a\r\nb", "person[2].kept", "card")
	f.Fuzz(func(t *testing.T, path, value, path2, value2 string) {
		d := NewDraft(valid())
		err, err2 := d.Set(path, value), d.Set(path2, value2)
		file := d.Encode()
		if err != nil && err2 != nil && !bytes.Equal(file, valid().Encode()) {
			t.Fatal("a path that is not there changed the draft")
		}
		if len(file) > MaxBytes {
			return
		}
		if got := mustReadDraft(t, file).Encode(); !bytes.Equal(got, file) {
			t.Fatalf("%s\nreads back as\n%s", file, got)
		}
		for _, e := range d.Check() {
			if e.Key == "" {
				t.Fatalf("an error without key: %v", e)
			}
		}
	})
}

func TestReadDraftTakesGaps(t *testing.T) {
	d := mustReadDraft(t, []byte("# mine\r\nname = 'Contoso \u200b'\r\n[kek]\nbits = \"4096\"\ndays = 1.5\n[[key]]\nops = [\"sign\", 7]\n[[workload]]\n"))
	all := inputs(d)
	for path, want := range map[string]string{
		"name": "Contoso \u200b", "kek.bits": "4096", "kek.days": "1.5", "key[1].ops": "sign\n7", "workload[1].name": "", "vault.url": "",
	} {
		if in, ok := all[path]; !ok || in.Value != want {
			t.Errorf("%s is %q, wanted %q", path, in.Value, want)
		}
	}
	if file := string(d.Encode()); !strings.Contains(file, "\nbits = 4096") || !strings.Contains(file, "days = \"1.5\"") {
		t.Errorf("written as\n%s", file)
	}
}

func TestReadDraftRefusesWhatIsNoPlan(t *testing.T) {
	for file, want := range map[string]string{
		"":                         "line 1, column 1: the plan is empty",
		"[package]\nname = \"x\"":  `line 1, column 2: table "package" is unknown`,
		"format = 1\nformat = 2\n": "line 2, column 1: format is there a second time",
		"format = 1\ncolour = 2\n": `line 2, column 1: key "colour" is unknown`,
		"format = 1\nname = Ada\n": "line 2, column ",
		"id = [1]":                 "id is a list, wanted a single value",
		"[key]\n":                  "key is written [key] here, wanted [[key]]",
		"[[key]]\nops = [[1]]":     "key[1].ops has a list in it",
		"[time]\nnot_before = 2026-13-01T00:00:00Z": "this is not TOML",
		"name = \"\xff\"": "this byte is not UTF-8",
	} {
		_, err := ReadDraft([]byte(file))
		errs, ok := err.(Errors)
		if !ok || !strings.Contains(err.Error(), want) || errs[0].Line == 0 || errs[0].Column == 0 {
			t.Errorf("%q: %v, wanted %s", file, err, want)
		}
	}
}

func TestDraftChecksAsOneTypes(t *testing.T) {
	d := NewDraft(valid())
	if errs := d.Check(); len(errs) > 0 {
		t.Fatal(errs)
	}
	for _, c := range []struct{ path, value, key, message string }{
		{"kek.days", "fourteen", "kek.days", `is "fourteen", which is no number, wanted a whole number`},
		{"kek.days", "", "kek.days", "is empty, wanted a whole number"},
		{"kek.days", "91", "kek.days", "is 91, wanted 1 to 90"},
		{"kek.bits", "x", "kek.bits", `is "x", wanted one of the choices`},
		{"rehearsal", "", "rehearsal", "is empty, wanted true or false"},
		{"time.not_after", "tomorrow", "time.not_after", `is "tomorrow", wanted a date and time with offset such as 2026-11-22T09:00:00Z`},
		{"name", "", "name", "is empty, wanted text"},
		{"name", "FILL IN: x", "name", "is still to be filled in"},
		{"vault.url", "https://FILL-IN.vault.azure.net", "vault.url", "is still to be filled in"},
		{"key[2].name", "storage", "key[2].name", "is the same name as key[1].name, wanted another"},
		{"program.sha256", "abc", "program.sha256", "entry 1 is other text of 3 characters, wanted a SHA-256 in 64 lower-case hex digits"},
		{"person[2].key_offline", "", "person[2].key_offline", "is missing, wanted a separate key for the offline machine, for kept is file"},
	} {
		d := NewDraft(valid())
		if err := d.Set(c.path, c.value); err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(d.Check(), func(e Error) bool { return e.Key == c.key && e.Message == c.message && e.Line > 0 })
		if i < 0 {
			t.Errorf("%s = %q: %v, wanted %s %s", c.path, c.value, d.Check(), c.key, c.message)
		}
	}
	if d.Set("kek.size", "1") == nil || d.Set("key[4].name", "x") == nil {
		t.Error("an input that is not there was set")
	}
}

func TestDraftRows(t *testing.T) {
	d := NewDraft(valid())
	d.Add("person")
	for path, value := range map[string]string{"id": "fay", "name": "Fay ", "role": Auditor, "key": person("fay") + "\n"} {
		if err := d.Set("person[6]."+path, value); err != nil {
			t.Fatal(err)
		}
	}
	p := mustParse(t, d.Encode())
	if want := (Person{ID: "fay", Name: "Fay", Role: Auditor, Kept: Card, Key: person("fay")}); p.People[5] != want {
		t.Errorf("added %+v, wanted %+v", p.People[5], want)
	}
	d.Remove("person", 6)
	if !bytes.Equal(d.Encode(), valid().Encode()) {
		t.Error("taking out what was added left a trace")
	}
	d.Remove("key", 0)
	d.Remove("key", 4)
	d.Remove("kek", 1)
	d.Add("kek")
	if !bytes.Equal(d.Encode(), valid().Encode()) {
		t.Error("rows that are not there were changed")
	}
	for range 3 {
		d.Remove("key", 1)
	}
	d.Remove("workload", 1)
	errs := d.Check()
	if len(errs) != 1 || errs[0].Key != "key" || errs[0].Message != "is missing, wanted at least one" {
		t.Errorf("a plan without target keys: %v", errs)
	}
}

// TestIdleInputs: what has no meaning beside the other values is left out of
// the file, and comes back with them.
func TestIdleInputs(t *testing.T) {
	for _, c := range []struct {
		path, value string
		idle        string
		want        bool
	}{
		{"key[1].type", "EC", "key[1].size", true},
		{"key[1].type", "EC", "key[1].curve", false},
		{"key[1].source", Select, "key[1].id", false},
		{"key[1].source", Select, "key[1].public", false},
		{"key[3].source", Generate, "key[3].id", true},
		{"key[3].type", " AES ", "key[3].public", true},
		{"person[2].kept", Card, "person[2].key_offline", true},
		{"hsm.seal_key", "none", "hsm.seal_key_label", true},
		{"vault.url", "https://contoso.vault.azure.net", "vault.owner_root", true},
		{"vault.cloud", Rehearsal, "vault.ca", false},
		{"vault.cloud", Rehearsal, "vault.authority", false},
		{"vault.cloud", "public", "vault.authority", true},
	} {
		d := NewDraft(valid())
		was := inputs(d)[c.path].Value
		if err := d.Set(c.idle, inputs(d)[c.idle].Value+"x"); err != nil {
			t.Fatal(err)
		}
		if err := d.Set(c.path, c.value); err != nil {
			t.Fatal(err)
		}
		in := inputs(d)[c.idle]
		if in.Idle != c.want || in.Value == "" || (in.Line == 0) != c.want {
			t.Errorf("%s = %s: %s is idle %v on line %d with %q, wanted %v", c.path, c.value, c.idle, in.Idle, in.Line, in.Value, c.want)
		}
		if err := d.Set(c.path, was); err != nil {
			t.Fatal(err)
		}
		if inputs(d)[c.idle].Value == "" {
			t.Errorf("%s: the idle value was lost", c.idle)
		}
	}
}

// TestInputs holds what a draft says of its inputs against the plan's rules.
func TestInputs(t *testing.T) {
	file := strings.Split(string(valid().Encode()), "\n")
	for path, in := range inputs(NewDraft(valid())) {
		if in.Line > 0 && in.Kind != KindBlock && !strings.HasPrefix(file[in.Line-1], in.Name+" = ") {
			t.Errorf("%s is not on line %d: %s", path, in.Line, file[in.Line-1])
		}
		if in.Line == 0 && in.Value != "" {
			t.Errorf("%s has a value and no line", path)
		}
		if (in.Kind == KindChoice || in.Kind == KindList) != (len(in.Options) > 0) && !in.Idle {
			t.Errorf("%s is a %s with the options %q", path, in.Kind, in.Options)
		}
		for _, option := range in.Options {
			d := NewDraft(valid())
			if err := d.Set(path, option); err != nil {
				t.Fatal(err)
			}
			for _, e := range d.Check() {
				if e.Key == path && !strings.Contains(e.Message, "wanted no more than") && !strings.Contains(e.Message, "for kept is fido") {
					t.Errorf("%s offers %q, but %v", path, option, e)
				}
			}
		}
	}
}

func TestEveryRequiredInputIsMissed(t *testing.T) {
	all := inputs(NewDraft(valid()))
	for path, in := range all {
		if in.Idle || in.Kind == KindYesNo && !in.Required {
			continue
		}
		d := NewDraft(valid())
		if err := d.Set(path, ""); err != nil {
			t.Fatal(err)
		}
		missed := slices.ContainsFunc(d.Check(), func(e Error) bool { return e.Key == path })
		if missed != in.Required {
			t.Errorf("%s is required %v, but leaving it out gives %v", path, in.Required, d.Check())
		}
	}
}

// TestSchemaSpeaksToPeople holds the kinds against the types of the plan.
func TestSchemaSpeaksToPeople(t *testing.T) {
	kinds := map[InputKind][]any{
		KindText: {""}, KindBlock: {""}, KindNumber: {0}, KindYesNo: {false}, KindChoice: {"", 0}, KindList: {[]string(nil)},
		KindTime: {time.Time{}}, KindDigest: {"", digest.SHA256{}}, KindDigests: {[]digest.SHA256(nil)}, KindPublicKey: {""},
	}
	for _, table := range schema {
		if table.title == "" || table.doc == "" || table.many != (table.one != "") {
			t.Errorf("[%s] has the title %q and %q for one", table.name, table.title, table.one)
		}
		for _, f := range table.fields {
			zero := table.zero(f)
			if f.label == "" || !slices.ContainsFunc(kinds[f.kind], func(v any) bool { return sameType(v, zero) }) {
				t.Errorf("%s.%s, labelled %q, is a %s and a %T", table.name, f.name, f.label, f.kind, zero)
			}
			if free := f.choose == nil && f.kind != KindYesNo; free != (f.example != "") {
				t.Errorf("%s.%s is a %s with the example %q", table.name, f.name, f.kind, f.example)
			}
			if (f.choose != nil) != (f.kind == KindChoice || f.kind == KindList) || f.start != "" && !table.many {
				t.Errorf("%s.%s: its choices or its start value are on the wrong kind", table.name, f.name)
			}
		}
	}
}

func sameType(a, b any) bool { return reflect.TypeOf(a) == reflect.TypeOf(b) }
