package pkcs11

import (
	"fmt"
	"os"
	"testing"
)

// scratch is the folder of what the tests compile, "" if nothing.
var scratch string

// TestMain is the test binary's main: the worker of every test is the test
// binary itself.
func TestMain(m *testing.M) {
	if IsWorker(os.Args) {
		fmt.Print(os.Getenv("WORKER_CHATTER"))
		WorkerMain()
	}
	code := m.Run()
	if scratch != "" {
		os.RemoveAll(scratch)
	}
	os.Exit(code)
}
