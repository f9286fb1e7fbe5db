package audit

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/keyceremony/ceremony/durable"
)

// Cut anywhere, a log is opened with every record that was whole, and what was
// cut stands in a record.
func TestTruncationAtEveryByte(t *testing.T) {
	b := sample(t, folder(t), 4)
	step := 1
	if testing.Short() {
		step = 17
	}
	for n := 0; n < len(b); n += step {
		d := folder(t)
		if err := d.WriteNew("online.log", b[:n]); err != nil {
			t.Fatal(err)
		}
		whole := bytes.Count(b[:n], []byte("\n"))
		l, records, err := OpenLog(d, "online.log", ticker())
		if whole == 0 {
			if !errors.Is(err, ErrNoRecords) {
				t.Fatalf("cut to %d bytes: %v", n, err)
			}
			beginAgain(t, d, n)
			continue
		}
		if err != nil {
			t.Fatalf("cut to %d bytes: %v", n, err)
		}
		torn := n - bytes.LastIndexByte(b[:n], '\n') - 1
		want := whole
		if torn > 0 {
			want++
			var rec Recovered
			if err := records[whole].Decode(&rec); err != nil || rec.Bytes != torn || len(rec.Hex) != 2*torn {
				t.Fatalf("cut to %d bytes: recovered %+v, %v", n, rec, err)
			}
		}
		if len(records) != want {
			t.Fatalf("cut to %d bytes: %d records, not %d", n, len(records), want)
		}
		mustAppend(t, l, endEntry(7))
		l.Close()
		readsWell(t, d, want+1)
	}
}

// beginAgain creates a log where the first append was cut to n bytes.
func beginAgain(t *testing.T, d *durable.Dir, n int) {
	t.Helper()
	l, err := CreateLog(d, "online.log", "online", "demo", ticker())
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	mustAppend(t, l, openEntry())
	if n == 0 {
		readsWell(t, d, 1)
		return
	}
	readsWell(t, d, 2)
}

func readsWell(t *testing.T, d *durable.Dir, records int) {
	t.Helper()
	b, err := d.Read("online.log", MaxFile)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	if _, err := ReadLog(b, "online.log", func(Record) error { n++; return nil }); err != nil || n != records {
		t.Fatalf("%d records, not %d: %v", n, records, err)
	}
}

func TestEveryFlippedBitIsNoticed(t *testing.T) {
	b := sample(t, folder(t), 3)
	pinned, err := ReadLog(b, "online.log", nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range len(b) * 8 {
		m := bytes.Clone(b)
		m[i/8] ^= 1 << (i % 8)
		h, err := ReadLog(m, "online.log", nil)
		if err == nil && h.SHA256 == pinned.SHA256 {
			t.Fatalf("bit %d was not noticed", i)
		}
	}
}

func TestWholeButWrongLineIsNotRepaired(t *testing.T) {
	d := folder(t)
	b := sample(t, d, 3)
	m := bytes.Replace(b, []byte("3072"), []byte("3073"), 1)
	if bytes.Equal(m, b) {
		t.Fatal("the edit changes nothing")
	}
	if err := os.WriteFile(filepath.Join(d.Path(), "online.log"), m, 0o600); err != nil {
		t.Fatal(err)
	}
	_, _, err := OpenLog(d, "online.log", ticker())
	var le *lineError
	if !errors.Is(err, ErrDamaged) || !errors.As(err, &le) || le.Line != 3 {
		t.Fatalf("opened with %v", err)
	}
	if now, _ := d.Read("online.log", MaxFile); !bytes.Equal(now, m) {
		t.Fatal("the file was changed")
	}
	if _, err := CreateLog(d, "online.log", "online", "demo", ticker()); !errors.Is(err, durable.ErrExists) {
		t.Fatalf("created over it with %v", err)
	}
}

// Whatever file operation fails, no acknowledged record is lost and the log
// opens again.
func TestLogFailsAtEveryOperation(t *testing.T) {
	injected := syscall.EIO
	for k := 0; ; k++ {
		d := folder(t)
		count, hit := 0, false
		durable.Fault = func(op, name string) error {
			if count++; count == k+1 {
				hit = true
				return injected
			}
			return nil
		}
		t.Cleanup(func() { durable.Fault = nil })
		acknowledged := appendSome(d)
		durable.Fault = nil
		if !hit {
			break
		}
		l, records, err := OpenLog(d, "online.log", ticker())
		if errors.Is(err, ErrNoRecords) || errors.Is(err, os.ErrNotExist) {
			l, err = CreateLog(d, "online.log", "online", "demo", ticker())
			if err == nil {
				mustAppend(t, l, openEntry())
			}
		}
		if err != nil || len(records) < acknowledged {
			t.Fatalf("operation %d: %d of %d records, %v", k, len(records), acknowledged, err)
		}
		mustAppend(t, l, endEntry(1))
		l.Close()
	}
}

func appendSome(d *durable.Dir) (acknowledged int) {
	l, err := CreateLog(d, "online.log", "online", "demo", ticker())
	if err != nil {
		return 0
	}
	defer l.Close()
	for _, e := range []Entry{openEntry(), endEntry(1), endEntry(2)} {
		if _, err := l.Append(e); err != nil {
			break
		}
		acknowledged++
	}
	return acknowledged
}
