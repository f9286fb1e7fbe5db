package pkcs11

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/windows"
)

// handles is the form of workerEnv: the handles of requests and replies.
const handles = "%d,%d"

// spawn starts cmd with the protocol's pipes as two handles that it inherits.
// Its standard output goes to the standard error, so that a module that
// prints, or a library of the program as it is loaded, cannot disturb anything.
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
	if err = hand(cmd, theirIn, theirOut); err == nil {
		err = cmd.Start()
	}
	if err != nil {
		ourOut.Close()
		ourIn.Close()
		return nil, nil, err
	}
	return ourOut, ourIn, nil
}

// hand lets cmd inherit two files, and tells it which they are.
func hand(cmd *exec.Cmd, requests, replies *os.File) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{}
	for _, f := range []*os.File{requests, replies} {
		h := windows.Handle(f.Fd())
		if err := windows.SetHandleInformation(h, windows.HANDLE_FLAG_INHERIT, windows.HANDLE_FLAG_INHERIT); err != nil {
			return err
		}
		cmd.SysProcAttr.AdditionalInheritedHandles = append(cmd.SysProcAttr.AdditionalInheritedHandles, syscall.Handle(h))
	}
	cmd.Env = append(cmd.Env, workerEnv+"="+fmt.Sprintf(handles, requests.Fd(), replies.Fd()))
	cmd.Stdout = cmd.Stderr
	return nil
}
