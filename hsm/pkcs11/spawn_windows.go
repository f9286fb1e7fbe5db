//go:build windows

package pkcs11

import (
	"io"
	"os/exec"
)

// spawn starts cmd with the protocol on its standard input and output, as
// Windows hands no further descriptors down. The worker moves them away
// before it loads the module.
func spawn(cmd *exec.Cmd) (to io.WriteCloser, from io.ReadCloser, err error) {
	if to, err = cmd.StdinPipe(); err != nil {
		return nil, nil, err
	}
	if from, err = cmd.StdoutPipe(); err != nil {
		return nil, nil, err
	}
	return to, from, cmd.Start()
}
