//go:build !windows

package transfer

import (
	"errors"
	"os"
	"syscall"
)

// openNonblock keeps an open of a pipe from waiting for its other end.
const openNonblock = syscall.O_NONBLOCK

// syncFolder tolerates the errors that mean "this medium has no such call".
func syncFolder(f *os.File) error {
	err := f.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOTSUP) {
		return nil
	}
	return err
}
