package machine

import (
	"encoding/binary"
	"errors"
	"io/fs"

	"golang.org/x/sys/unix"
)

var errNotLooked = errors.New("this program does not look at it on macOS")

// look says what is known on macOS, and what is not.
func (r *Report) look() {
	var err error
	if r.Kernel, err = unix.Sysctl("kern.osrelease"); err != nil {
		r.unknown("kernel", err)
	}
	r.swap()
	var limit unix.Rlimit
	err = unix.Getrlimit(unix.RLIMIT_CORE, &limit)
	r.CoreDumps = err != nil || limit.Cur > 0
	r.mounts()
	for _, what := range []string{"routes", "radios", "wireless interfaces", "tracer"} {
		r.unknown(what, errNotLooked)
	}
}

// swap reads vm.swapusage: total, free and used bytes, 64 bits each.
func (r *Report) swap() {
	b, err := unix.SysctlRaw("vm.swapusage")
	if err != nil || len(b) < 8 {
		r.Swap = []Swap{{Name: "unknown", Bytes: -1}}
		r.unknown("swap", errors.Join(err, errors.New("vm.swapusage cannot be read")))
		return
	}
	if total := binary.NativeEndian.Uint64(b); total > 0 {
		r.Swap = []Swap{{Name: "vm.swapusage", Bytes: int64(total)}}
	}
}

func (r *Report) mounts() {
	n, err := unix.Getfsstat(nil, unix.MNT_NOWAIT)
	list := make([]unix.Statfs_t, n)
	if err == nil {
		n, err = unix.Getfsstat(list, unix.MNT_NOWAIT)
	}
	if err != nil {
		r.unknown("mounts", err)
		return
	}
	for _, s := range list[:min(n, len(list))] {
		r.Mounts = append(r.Mounts, mount(&s))
	}
}

func mount(s *unix.Statfs_t) Mount {
	return Mount{
		Point: unix.ByteSliceToString(s.Mntonname[:]), Source: unix.ByteSliceToString(s.Mntfromname[:]),
		Type: unix.ByteSliceToString(s.Fstypename[:]), ReadOnly: s.Flags&unix.MNT_RDONLY != 0,
	}
}

// Boot returns the id of this boot, "" if the system has none, and the
// nanoseconds since then, including sleep.
func Boot() (id string, monoNS int64) {
	id, _ = unix.Sysctl("kern.bootsessionuuid")
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
		return "", 0
	}
	return id, now.Nano()
}

// free returns the bytes that this user may still write below a folder.
func free(folder string) (int64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(folder, &s); err != nil {
		return 0, &fs.PathError{Op: "statfs", Path: folder, Err: err}
	}
	return int64(s.Bavail) * int64(s.Bsize), nil
}

// VolumeOf tells on which medium a folder lies, without label and serial.
func VolumeOf(folder string) (Volume, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(folder, &s); err != nil {
		return Volume{}, &fs.PathError{Op: "statfs", Path: folder, Err: err}
	}
	return Volume{Mount: mount(&s)}, nil
}

// Harden makes this process keep its memory to itself: no core dumps, and no
// debugger.
func Harden() Hardening {
	var h Hardening
	h.NoCoreDumps = h.set("core limit", unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}))
	h.NotDumpable = h.set("debugger", unix.PtraceDenyAttach())
	return h
}
