package machine

import (
	"golang.org/x/sys/unix"
)

// Harden makes this process keep its memory to itself: no core dumps, and no
// reading by other processes of the same user. A program that it starts
// begins anew and must call Harden itself.
func Harden() Hardening {
	var h Hardening
	h.NoCoreDumps = h.set("core limit", unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}))
	if h.set("dumpable", unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0)) {
		d, err := unix.PrctlRetInt(unix.PR_GET_DUMPABLE, 0, 0, 0, 0)
		h.NotDumpable = h.set("dumpable", err) && d == 0
	}
	// A kernel that pipes core dumps to a program does so whatever the limit
	// is, but never for a process that is not dumpable: core(5).
	h.NoCoreDumps = h.NoCoreDumps && h.NotDumpable
	return h
}

// coreDumps tells whether a crash of this process would write its memory.
func coreDumps(t tree) (bool, error) {
	dumpable, err := unix.PrctlRetInt(unix.PR_GET_DUMPABLE, 0, 0, 0, 0)
	if err != nil {
		return true, err
	}
	if dumpable == 0 {
		return false, nil
	}
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_CORE, &limit); err != nil {
		return true, err
	}
	pattern, err := t.word("proc/sys/kernel/core_pattern")
	return dumped(limit.Cur, pattern), err
}

// dumped applies core(5): a pipe ignores the limit.
func dumped(limit uint64, pattern string) bool {
	return limit > 0 || len(pattern) > 0 && pattern[0] == '|'
}
