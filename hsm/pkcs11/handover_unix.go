//go:build cgo && !windows

package pkcs11

import (
	"errors"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// handOver takes the pipes that spawn left at descriptors 3 and 4, and makes
// the process fit to hold a module: no core dump, and no end by an interrupt
// that a person meant for the program.
func handOver() (in, out *os.File, err error) {
	if os.Getenv(workerEnv) == "" {
		return nil, nil, errors.New("this command is started by the program itself, not by people")
	}
	signal.Ignore(os.Interrupt, syscall.SIGHUP)
	if err := unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}); err != nil {
		return nil, nil, err
	}
	forbidDump()
	for fd := 3; fd <= 4; fd++ {
		unix.CloseOnExec(fd)
	}
	return os.NewFile(3, "requests"), os.NewFile(4, "replies"), nil
}

// awaitOrphan returns when nobody holds the other end of the pipe any more.
func awaitOrphan(in *os.File) {
	fds := []unix.PollFd{{Fd: int32(in.Fd())}} // no events: only the end
	for {
		if _, err := unix.Poll(fds, -1); err != unix.EINTR {
			return
		}
	}
}
