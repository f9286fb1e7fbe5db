//go:build !cgo

package pkcs11

import (
	"fmt"
	"os"
)

// canLoad says whether this program can be its own worker.
const canLoad = false

// WorkerMain ends the process: a program without cgo is nobody's worker.
func WorkerMain() {
	fmt.Fprintln(os.Stderr, "pkcs11 worker:", ErrNoCgo)
	os.Exit(1)
}
