//go:build !windows

package pkcs11

import (
	"io"
	"os"
	"os/exec"
)

// spawn starts cmd with the protocol's pipes as its descriptors 3 and 4. Its
// standard output goes to the standard error, so that a module that prints
// cannot disturb anything.
func spawn(cmd *exec.Cmd) (to io.WriteCloser, from io.ReadCloser, err error) {
	theirIn, ourOut, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	defer theirIn.Close()
	ourIn, theirOut, err := os.Pipe()
	if err != nil {
		ourOut.Close()
		return nil, nil, err
	}
	defer theirOut.Close()
	cmd.ExtraFiles = []*os.File{theirIn, theirOut}
	cmd.Stdout = cmd.Stderr
	if err := cmd.Start(); err != nil {
		ourOut.Close()
		ourIn.Close()
		return nil, nil, err
	}
	return ourOut, ourIn, nil
}
