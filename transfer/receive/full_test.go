package receive_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"

	"github.com/keyceremony/ceremony/durable"
	"github.com/keyceremony/ceremony/transfer/camera"
	"github.com/keyceremony/ceremony/transfer/receive"
)

// TestDiskFull: one write fails, whatever it left on the disk. The transfer goes
// on when there is room, and all of it is kept then.
func TestDiskFull(t *testing.T) {
	t.Cleanup(func() { durable.Fault = nil })
	m, s := sent(t, 700)
	last := s.Blocks() - 1
	for _, fault := range []string{"write", "short write", "sync", "read back", "lying write"} {
		for _, at := range []int{0, 1, last} {
			what := fmt.Sprintf("%s at frame %d", fault, at)
			dir, err := durable.Create(t.TempDir() + "/kept")
			if err != nil {
				t.Fatal(err)
			}
			keep := receive.Keep{Folder: dir, Name: "transfer.txt"}
			r := start(t, keep)
			for i := range last + 1 {
				durable.Fault = func(op, _ string) error {
					if i == at && op == fault {
						return syscall.ENOSPC
					}
					return nil
				}
				_, err := r.Take(context.Background(), camera.Frame{Text: s.Frame(i)})
				durable.Fault = nil
				if (err != nil) != (i == at) || err != nil && !strings.Contains(err.Error(), "make room") {
					t.Errorf("%s: frame %d: %v", what, i, err)
				}
			}
			if got, err := r.Message(); err != nil || got.Digest() != m.Digest() || !r.Done() {
				t.Errorf("%s: the message does not come to its end: %v", what, err)
			}
			again := start(t, keep)
			if have := again.Progress().Have; have != last+1 && (at != last || have != last) {
				t.Errorf("%s: %d of %d frames are kept", what, have, last+1)
			}
			if err := errors.Join(again.Close(), r.Close(), dir.Close()); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestStillFull: the disk stays full for some frames, and as the transfer begins
// anew.
func TestStillFull(t *testing.T) {
	t.Cleanup(func() { durable.Fault = nil })
	_, s := sent(t, 700)
	dir, err := durable.Create(t.TempDir() + "/kept")
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	keep := receive.Keep{Folder: dir, Name: "transfer.txt"}
	r := start(t, keep)
	take := func(from, to int) (failed int) {
		for i := from; i < to; i++ {
			if _, err := r.Take(context.Background(), camera.Frame{Text: s.Frame(i)}); errors.Is(err, syscall.ENOSPC) {
				failed++
			} else if err != nil {
				t.Fatal(err)
			}
		}
		return failed
	}
	full := func(op, _ string) error {
		if op == "write" || op == "create" {
			return syscall.ENOSPC
		}
		return nil
	}
	take(0, 1)
	durable.Fault = full
	if n := take(1, 3); n != 2 {
		t.Errorf("%d frames could not be kept, wanted 2", n)
	}
	if err := r.Anew(); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("anew: %v", err)
	}
	if n := take(0, 2); n != 2 {
		t.Errorf("anew: %d frames could not be kept, wanted 2", n)
	}
	durable.Fault = nil
	if n := take(2, 4); n != 0 || start(t, keep).Progress().Have != 4 {
		t.Errorf("not all is kept; %d frames failed", n)
	}
}

// TestChangedMeanwhile: what somebody else wrote is not touched, also after a
// write that failed.
func TestChangedMeanwhile(t *testing.T) {
	_, s := sent(t, 700)
	dir, err := durable.Create(t.TempDir() + "/kept")
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	r := start(t, receive.Keep{Folder: dir, Name: "transfer.txt"})
	other, err := dir.Append("transfer.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if err := other.Append([]byte("precious")); err != nil {
		t.Fatal(err)
	}
	for i := range s.Blocks() {
		if _, err := r.Take(context.Background(), camera.Frame{Text: s.Frame(i)}); err == nil {
			t.Errorf("frame %d is kept", i)
		}
	}
	if b, err := dir.Read("transfer.txt", 1<<20); err != nil || string(b) != "precious" || !r.Done() {
		t.Errorf("%d bytes are there, %v, done %v", len(b), err, r.Done())
	}
}
