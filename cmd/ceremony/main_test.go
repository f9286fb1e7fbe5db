package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/keyceremony/ceremony/hsm/pkcs11"
	"github.com/keyceremony/ceremony/keyvault/rehearsal"
	"github.com/keyceremony/ceremony/plan"
)

// TestMain makes the test binary the command itself, by the name ceremony on
// PATH, and the worker of PKCS#11.
func TestMain(m *testing.M) {
	if pkcs11.IsWorker(os.Args) {
		pkcs11.WorkerMain()
	}
	testscript.Main(m, map[string]func(){"ceremony": main})
}

// newRehearsal sets a rehearsal up and holds none of its stages. The vault
// runs in this process; between stands before it and may be nil.
func newRehearsal(t testing.TB, o rehearsal.Options, keys ...string) (*scene, *rehearsal.Server) {
	t.Helper()
	t.Setenv("SOFTHSM2_CONF", "") // the scene sets its own
	s, err := setTheScene(filepath.Join(t.TempDir(), "rehearsal"), o, keys...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s, s.vault
}

func setTheScene(dir string, o rehearsal.Options, keys ...string) (*scene, error) {
	return setTheFlags(rehearseFlags{dir: dir, keys: keys, bits: 2048, module: module, transfer: plan.USB}, o)
}

func setTheFlags(f rehearseFlags, o rehearsal.Options) (*scene, error) {
	o.ManagedHSM, o.Now = true, time.Now
	return openScene(f, o, func(string) {})
}

// module is SoftHSM's library, "" for where packages have it.
var module string

// command is this program as a process of its own, on the scene's machines.
func (s *scene) command(args ...string) *exec.Cmd {
	c := exec.Command("ceremony", args...)
	c.Env = append(os.Environ(), "SOFTHSM2_CONF="+s.path("token", "softhsm2.conf"))
	return c
}
