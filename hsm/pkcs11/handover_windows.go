//go:build cgo && windows

package pkcs11

import (
	"errors"
	"fmt"
	"os"
	"os/signal"

	"golang.org/x/sys/windows"
)

// handOver takes the pipes that spawn left as handles, whose numbers are in
// the environment. Processes that a module starts do not get them.
func handOver() (in, out *os.File, err error) {
	var requests, replies windows.Handle
	if _, err := fmt.Sscanf(os.Getenv(workerEnv), handles, &requests, &replies); err != nil {
		return nil, nil, errors.New("this command is started by the program itself, not by people")
	}
	signal.Ignore(os.Interrupt)
	for _, h := range []windows.Handle{requests, replies} {
		if err := windows.SetHandleInformation(h, windows.HANDLE_FLAG_INHERIT, 0); err != nil {
			return nil, nil, err
		}
	}
	return os.NewFile(uintptr(requests), "requests"), os.NewFile(uintptr(replies), "replies"), nil
}

// awaitOrphan returns when the program that started this one is gone.
func awaitOrphan(*os.File) {
	if parent, err := os.FindProcess(os.Getppid()); err == nil {
		_, _ = parent.Wait()
	}
}
