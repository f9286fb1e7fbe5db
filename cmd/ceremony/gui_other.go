//go:build !nogui && cgo && !windows

package main

import (
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
)

// ownConsoleNoMore is for Windows.
func ownConsoleNoMore() {}

var errNoDisplay = errors.New("this session has no display (neither DISPLAY nor WAYLAND_DISPLAY is set)")

// display looks for a display that answers, before the window is made: what
// fails later Fyne tells in words of its own.
func display(env func(string) string) error {
	if runtime.GOOS == "darwin" {
		return nil
	}
	wayland, x := env("WAYLAND_DISPLAY"), env("DISPLAY")
	if wayland == "" && x == "" {
		return errNoDisplay
	}
	var errs []error
	if wayland != "" {
		if !filepath.IsAbs(wayland) {
			wayland = filepath.Join(env("XDG_RUNTIME_DIR"), wayland)
		}
		errs = append(errs, answers("unix", wayland))
	}
	if x != "" {
		errs = append(errs, answersX(x))
	}
	for _, err := range errs {
		if err == nil {
			return nil
		}
	}
	return fmt.Errorf("the display does not answer: %w", errors.Join(errs...))
}

// answersX dials an X display, HOST:N or :N with a screen after it: a socket
// with or without a name in the file system, or a port.
func answersX(name string) error {
	host, number, ok := strings.Cut(name, ":")
	number, _, _ = strings.Cut(number, ".")
	if !ok {
		return fmt.Errorf("DISPLAY is %q, wanted as :0", name)
	}
	if host != "" && host != "unix" {
		n, err := strconv.Atoi(number)
		if err != nil {
			return fmt.Errorf("DISPLAY is %q, wanted as HOST:0", name)
		}
		return answers("tcp", net.JoinHostPort(host, strconv.Itoa(6000+n)))
	}
	socket := "/tmp/.X11-unix/X" + number
	if answers("unix", "@"+socket) == nil {
		return nil
	}
	return answers("unix", socket)
}

func answers(network, address string) error {
	c, err := net.Dial(network, address)
	if err != nil {
		return err
	}
	return c.Close()
}
