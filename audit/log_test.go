package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/durable"
)

// ticker is a machine that has been up for one more second at every look.
func ticker() func() Stamp {
	n := int64(0)
	return func() Stamp {
		n++
		return Stamp{
			Boot: "boot-1", MonoNS: n * 1e9, Src: "rtc-unsynced",
			Wall: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC).Add(time.Duration(n) * time.Second),
		}
	}
}

func folder(t testing.TB) *durable.Dir {
	t.Helper()
	d, err := durable.Create(filepath.Join(memory(t), "ceremony"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// memory is a temporary folder that does not wait for a disk, where there is one.
func memory(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "audit")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func mustAppend(t testing.TB, l *Log, e Entry) Record {
	t.Helper()
	r, err := l.Append(e)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func openEntry() Entry {
	return Entry{Stage: "prepare", Actor: []string{"op1"}, Ev: EvOpen, Step: "ceremony.open", Data: Open{
		Format: OpenFormat, Steps: 1, Mode: Production, Run: "r1", Attempt: 1,
		Tool: Tool{Name: "ceremony", Version: "1.0.0", Commit: "abc", SHA256: digest.Of([]byte("tool"))},
	}}
}

func endEntry(n int) Entry {
	return Entry{Stage: "prepare", Actor: []string{"op1", "op2"}, Ev: EvEnd, Step: "kek.readback", Data: End{
		Answers: map[string]string{"place": "Zürich 🔑 \u202e", "ceremony": "line\nbreak\x7f\x01"},
		Facts:   map[string]jsontext.Value{"kek": jsontext.Value(fmt.Sprintf(`{"bits":3072,"n":%d,"ok":true,"none":null}`, n))},
		Checks:  []Check{{ID: "kek.bits", Class: ClassStop, Found: "3072", Wanted: "3072", Result: ResultHolds}},
		Files:   []File{{Name: "kek.publickey.pem", SHA256: digest.Of([]byte("kek")), Bytes: 3}},
	}}
}

// sample writes a small log and returns its bytes.
func sample(t testing.TB, d *durable.Dir, records int) []byte {
	t.Helper()
	l, err := CreateLog(d, "online.log", "online", "demo", ticker())
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	mustAppend(t, l, openEntry())
	for i := 1; i < records; i++ {
		mustAppend(t, l, endEntry(i))
	}
	b, err := d.Read("online.log", MaxFile)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestLogRoundTrip(t *testing.T) {
	d := folder(t)
	b := sample(t, d, 4)
	l, records, err := OpenLog(d, "online.log", ticker())
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if len(records) != 4 || l.Side() != "online" || l.Name() != "online.log" {
		t.Fatalf("%d records of side %q", len(records), l.Side())
	}
	if h := l.Head(); h.Seq != 3 || h.SHA256 != digest.Of(b) {
		t.Fatalf("head %v is not the SHA-256 of the file", h)
	}
	var end End
	if err := records[2].Decode(&end); err != nil {
		t.Fatal(err)
	}
	want := endEntry(2).Data.(End)
	if !reflect.DeepEqual(end.Answers, want.Answers) || !reflect.DeepEqual(end.Checks, want.Checks) {
		t.Fatalf("read %+v", end)
	}
	if r := mustAppend(t, l, endEntry(9)); r.Seq != 4 || r.Prev != digest.Of(b) {
		t.Fatalf("the next record is %d after %s", r.Seq, r.Prev)
	}
}

// The form is the one that other languages write without being asked to.
func TestLineIsWhatPythonWrites(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Fatal("python3 is not installed: apt-get install python3")
	}
	b := sample(t, folder(t), 3)
	cmd := exec.Command(python, "-c", `import sys, json
for line in sys.stdin: print(json.dumps(json.loads(line), separators=(",", ":")))`)
	cmd.Stdin = bytes.NewReader(b)
	out, err := cmd.Output()
	if err != nil || !bytes.Equal(out, b) {
		t.Fatalf("%v\n%s\n%s", err, out, b)
	}
}

func TestStockToolsSeeTheChain(t *testing.T) {
	d := folder(t)
	b := sample(t, d, 3)
	out, err := exec.Command("sh", "-c", "head -n 2 '"+filepath.Join(d.Path(), "online.log")+"' | sha256sum").Output()
	if err != nil {
		t.Fatal(err)
	}
	var third struct{ Prev string }
	if err := json.Unmarshal(bytes.Split(b, []byte("\n"))[2], &third); err != nil {
		t.Fatal(err)
	}
	if got := strings.Fields(string(out))[0]; got != third.Prev {
		t.Fatalf("sha256sum says %s, prev is %s", got, third.Prev)
	}
}

// edits are changes that must be refused even where the digests are made right
// again by whoever made them.
var edits = []struct{ name, old, new string }{
	{"version", `"v":1`, `"v":2`},
	{"order", `"side":"online","cer":"demo"`, `"cer":"demo","side":"online"`},
	{"duplicate", `"step":"kek.readback"`, `"step":"kek.readback","step":"kek.readback"`},
	{"unknown", `"step":"kek.readback"`, `"step":"kek.readback","x":1`},
	{"case", `"step":"kek.readback"`, `"Step":"kek.readback"`},
	{"missing", `,"key":""`, ``},
	{"space", `"v":1,`, `"v":1, `},
	{"carriage return", "}\n", "}\r\n"},
	{"empty line", "}\n", "}\n\n"},
	{"float", `"n":1`, `"n":1.0`},
	{"exponent", `"n":1`, `"n":1e0`},
	{"minus zero", `"n":1`, `"n":-0`},
	{"leading zero", `"n":1`, `"n":01`},
	{"large integer", `"n":1`, `"n":9007199254740993`},
	{"no integer", `"n":1`, `"n":`},
	{"bare word", `"n":1`, `"n":NaN`},
	{"depth", `"n":1`, `"n":[[[[[[1]]]]]]`},
	{"trailing comma", `"n":1,`, `"n":[1,],`},
	{"duplicate in a fact", `"n":1`, `"n":1,"n":2`},
	{"duplicate by escape", `"n":1`, `"n":1,"\u006e":2`},
	{"duplicate answer", `"place":`, `"ceremony":"","place":`},
	{"unknown in a check", `"result":"holds"`, `"result":"holds","x":1`},
	{"case in a check", `"result":"holds"`, `"Result":"holds"`},
	{"missing in a check", `"wanted":"3072",`, ``},
	{"number for a string", `"wanted":"3072"`, `"wanted":3072`},
	{"null for a list", `"statements":[]`, `"statements":null`},
	{"upper-case escape", `\u202e`, `\u202E`},
	{"long escape", `\n`, `\u000a`},
	{"needless escape", `break`, `bre\u0061k`},
	{"solidus", `break`, `bre\/ak`},
	{"half a pair", `\ud83d`, `\u00e9`},
	{"raw UTF-8", `\u00fc`, "\u00fc"},
	{"control", `\u0001`, "\x01"},
	{"delete", `\u007f`, "\x7f"},
	{"short digest", `"bytes":3`, `"bytes":3}` /* then unknown */},
	{"side", `"side":"online"`, `"side":"both"`},
	{"other ceremony", `"cer":"demo"`, `"cer":"other"`},
	{"unknown event", `"ev":"step.end"`, `"ev":"step.ended"`},
	{"second open", `"ev":"step.end"`, `"ev":"log.open"`},
	{"wall with offset", `Z","clk"`, `+00:00","clk"`},
	{"wall with fraction", `Z","clk"`, `.5Z","clk"`},
	{"impossible day", `2026-11-22`, `2026-02-30`},
	{"negative time", `"mono_ns":`, `"mono_ns":-`},
	{"clock member", `"err_s":null`, `"err_s":null,"x":1`},
	{"text after", "}\n", "}x\n"},
	{"byte order mark", `{"v"`, "\ufeff{\"v\""},
	{"null byte", "}\n", "}\x00\n"},
}

func TestReaderRefusesEveryOtherForm(t *testing.T) {
	b := sample(t, folder(t), 3)
	first := bytes.IndexByte(b, '\n') + 1
	second := first + bytes.IndexByte(b[first:], '\n') + 1
	for _, e := range edits {
		line := bytes.Replace(b[first:second], []byte(e.old), []byte(e.new), 1)
		if bytes.Equal(line, b[first:second]) {
			t.Fatalf("%s: the edit changes nothing", e.name)
		}
		_, err := ReadLog(append(bytes.Clone(b[:first]), line...), "online.log", nil)
		var le *lineError
		if !errors.As(err, &le) || le.Line != 2 && e.name != "empty line" {
			t.Errorf("%s: %v", e.name, err)
		}
		streamed, err2 := ReadLogFrom(bytes.NewReader(append(bytes.Clone(b[:first]), line...)), "online.log", nil)
		if fmt.Sprint(err) != fmt.Sprint(err2) {
			t.Errorf("%s: the stream says %v, %v", e.name, streamed, err2)
		}
	}
}

func TestReaderLimits(t *testing.T) {
	b := sample(t, folder(t), 2)
	long := bytes.Replace(b, []byte(`"found":"3072"`), []byte(`"found":"`+strings.Repeat("x", MaxLine)+`"`), 1)
	for _, read := range []func([]byte) error{
		func(b []byte) error { _, err := ReadLog(b, "online.log", nil); return err },
		func(b []byte) error { _, err := ReadLogFrom(bytes.NewReader(b), "online.log", nil); return err },
	} {
		if err := read(long); err == nil || !strings.Contains(err.Error(), "line 2: longer than 65536") {
			t.Errorf("a long line gave %v", err)
		}
		if err := read(nil); err == nil {
			t.Error("an empty log was taken")
		}
		if err := read(b[:len(b)-1]); err == nil {
			t.Error("a log without its last line feed was taken")
		}
	}
}

func TestNothingFollowsClose(t *testing.T) {
	d := folder(t)
	l, err := CreateLog(d, "online.log", "online", "demo", ticker())
	if err != nil {
		t.Fatal(err)
	}
	mustAppend(t, l, openEntry())
	mustAppend(t, l, Entry{Stage: "prepare", Ev: EvClose, Data: Close{}})
	if _, err := l.Append(endEntry(1)); !errors.Is(err, ErrClosed) {
		t.Fatalf("an append after the close gave %v", err)
	}
	if l, _, err = OpenLog(d, "online.log", ticker()); err != nil || !l.state.closed {
		t.Fatalf("reopened: %v", err)
	}
	if _, err := l.Append(endEntry(1)); !errors.Is(err, ErrClosed) {
		t.Fatalf("an append after the close gave %v", err)
	}
}

func TestAppendRefusesWhatCannotBeRead(t *testing.T) {
	d := folder(t)
	l, err := CreateLog(d, "online.log", "online", "demo", ticker())
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if _, err := l.Append(endEntry(1)); err == nil {
		t.Fatal("a first record other than log.open was written")
	}
	mustAppend(t, l, openEntry())
	fact := func(v string) Entry {
		return Entry{Ev: EvEnd, Data: End{Facts: map[string]jsontext.Value{"x": jsontext.Value(v)}}}
	}
	for name, e := range map[string]Entry{
		"float":        fact("1.5"),
		"exponent":     fact("1e3"),
		"too large":    fact("9007199254740993"),
		"too deep":     fact("[[[[[[[]]]]]]]"),
		"duplicate":    fact(`{"a":1,"a":2}`),
		"no JSON":      fact(`{`),
		"too long":     fact(`"` + strings.Repeat("x", MaxLine) + `"`),
		"wrong struct": {Ev: EvEnd, Data: Begin{}},
		"no event":     {Ev: "made.up", Data: Begin{}},
		"second open":  openEntry(),
	} {
		if _, err := l.Append(e); err == nil {
			t.Errorf("%s: was written", name)
		}
	}
	l.stamp = func() Stamp { return Stamp{MonoNS: MaxInt + 1} }
	if _, err := l.Append(endEntry(1)); err == nil || !strings.Contains(err.Error(), "restart") {
		t.Errorf("a machine that ran too long gave %v", err)
	}
	l.stamp = ticker()
	mustAppend(t, l, fact(" { \"b\" : [ 1 , 2 ] } "))
	if b, err := d.Read("online.log", MaxFile); err != nil || !strings.Contains(string(b), `"facts":{"x":{"b":[1,2]}}`) {
		t.Fatalf("%v %s", err, b)
	}
}

func TestLogNames(t *testing.T) {
	for name, side := range map[string]string{
		"online.log": "online", "online.2.log": "online", "offline.log": "offline", "offline.12.log": "offline",
		"online.1.log": "", "online.02.log": "", "online..log": "", "online.log.log": "", "other.log": "", "online": "", "online.x.log": "", "Online.log": "",
	} {
		if got := LogSide(name); got != side {
			t.Errorf("LogSide(%q) = %q", name, got)
		}
	}
	if _, err := CreateLog(folder(t), "online.log", "offline", "demo", ticker()); err == nil {
		t.Error("a log of the other side was begun")
	}
}

// FuzzReadLog: what is read is exactly what the writer writes.
func FuzzReadLog(f *testing.F) {
	b := sample(f, folder(f), 3)
	f.Add(b)
	for _, e := range edits {
		f.Add(bytes.Replace(b, []byte(e.old), []byte(e.new), 1))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var again []byte
		_, err := ReadLog(b, "online.log", func(r Record) error {
			line, err := encode(r, r.Data)
			again = append(again, line...)
			return err
		})
		if err == nil && !bytes.Equal(again, b) {
			t.Fatalf("read\n%q\nwritten again\n%q", b, again)
		}
	})
}
