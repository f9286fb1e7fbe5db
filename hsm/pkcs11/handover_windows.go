//go:build cgo && windows

package pkcs11

/*
#include <io.h>
static int stdout_to_stderr(void) { return _dup2(2, 1); }
*/
import "C"

import (
	"errors"
	"os"
	"os/signal"

	"golang.org/x/sys/windows"
)

// handOver takes the protocol's pipes from the standard input and output, and
// points the standard output at the standard error, for Windows and for the C
// runtime, before a module can print to it.
func handOver() (in, out *os.File, err error) {
	if os.Getenv(workerEnv) == "" {
		return nil, nil, errors.New("this command is started by the program itself, not by people")
	}
	signal.Ignore(os.Interrupt)
	if in, err = duplicate(windows.Handle(os.Stdin.Fd()), "requests"); err != nil {
		return nil, nil, err
	}
	if out, err = duplicate(windows.Handle(os.Stdout.Fd()), "replies"); err != nil {
		return nil, nil, err
	}
	if err := windows.SetStdHandle(windows.STD_OUTPUT_HANDLE, windows.Handle(os.Stderr.Fd())); err != nil {
		return nil, nil, err
	}
	os.Stdout = os.Stderr
	if C.stdout_to_stderr() != 0 {
		return nil, nil, errors.New("the C runtime's standard output cannot be moved")
	}
	return in, out, nil
}

// duplicate copies a handle, so that closing the original does not end the
// protocol; children do not inherit the copy.
func duplicate(h windows.Handle, name string) (*os.File, error) {
	self := windows.CurrentProcess()
	var copied windows.Handle
	if err := windows.DuplicateHandle(self, h, self, &copied, 0, false, windows.DUPLICATE_SAME_ACCESS); err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(copied), name), nil
}

// awaitOrphan returns when the program that started this one is gone.
func awaitOrphan(*os.File) {
	if parent, err := os.FindProcess(os.Getppid()); err == nil {
		_, _ = parent.Wait()
	}
}
