//go:build !nogui && cgo

package main

import (
	"unsafe"

	"github.com/spf13/cobra"
	"golang.org/x/sys/windows"
)

// This file lets one program be both: it has a console for its commands, and
// is also started with a double click.

// Who starts the window from the Explorer needs no advice to open a console.
func init() { cobra.MousetrapHelpText = "" }

// display says that Windows always has one.
func display(func(string) string) error { return nil }

var (
	kernel         = windows.NewLazySystemDLL("kernel32.dll")
	consoleProcess = kernel.NewProc("GetConsoleProcessList")
	freeConsole    = kernel.NewProc("FreeConsole")
)

// ownConsoleNoMore closes the console that Windows opened for this program
// alone; one in which somebody typed the command stays.
func ownConsoleNoMore() {
	var ids [2]uint32
	if n, _, _ := consoleProcess.Call(uintptr(unsafe.Pointer(&ids[0])), uintptr(len(ids))); n == 1 {
		_, _, _ = freeConsole.Call()
	}
}
