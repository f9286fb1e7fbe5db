//go:build cgo

package pkcs11

import (
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/keyceremony/ceremony/hsm/hsmtest"
)

// TestWorkerByHand: a person who starts the worker is told so.
func TestWorkerByHand(t *testing.T) {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(program, workerArg).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "not by people") {
		t.Errorf("%v, %q", err, out)
	}
}

// TestOrphan: the worker notices that the program is gone.
func TestOrphan(t *testing.T) {
	in, theirs, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	noticed := make(chan bool)
	go func() {
		awaitOrphan(in)
		close(noticed)
	}()
	if _, err := theirs.WriteString("a request is not the end"); err != nil {
		t.Fatal(err)
	}
	select {
	case <-noticed:
		t.Error("a request was taken for the end")
	default:
	}
	theirs.Close()
	<-noticed
}

// TestOrphanEnds: a worker whose program is gone ends by itself.
func TestOrphanEnds(t *testing.T) {
	token := mustOpen(t, options(hsmtest.SoftHSM(t)))
	token.client.to.Close()
	if err := token.client.cmd.Wait(); err != nil {
		t.Errorf("the worker ended with %v", err)
	}
}

// TestUnknownOperations: whatever comes over the pipe, the worker answers.
func TestUnknownOperations(t *testing.T) {
	w := &worker{}
	for _, op := range []string{"", "info", "nonsense", "wrap"} {
		if _, _, err := w.handle(request{Op: op}, nil); err == nil || !strings.Contains(err.Error(), "before open") {
			t.Errorf("%q before open: %v", op, err)
		}
	}
	w.session = &session{}
	for _, op := range []string{"nonsense", "generate", "find", "kek", "wrap", "decrypt", "sign", "settle", "login"} {
		if _, _, err := w.session.handle(request{Op: op, Args: json.RawMessage(`[`)}, nil); err == nil {
			t.Errorf("%q with arguments that are not JSON: no error", op)
		}
	}
	if _, _, err := w.session.handle(request{Op: "wrap", Args: json.RawMessage(`{"way":"nonsense"}`)}, nil); err == nil {
		t.Error("a way that nobody probed wraps")
	}
}
