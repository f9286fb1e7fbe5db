package hsmtest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A Device is a software token made for one test, and how to open it.
type Device struct {
	Module   string // path of the PKCS#11 library
	InitArgs string // NSS only
	Label    string
	Serial   string
	PIN      []byte
	SOPIN    []byte // SoftHSM only
	Dir      string // the token's files
}

// The modules as Debian installs them, on any of its architectures.
var (
	softhsmPaths = []string{"/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/*/softhsm/libsofthsm2.so"}
	nssPaths     = []string{"/usr/lib/*/libsoftokn3.so", "/usr/lib/*/nss/libsoftokn3.so"}
)

// SoftHSM makes a SoftHSM token with a configuration of its own, which it
// names in SOFTHSM2_CONF for the test and its children.
func SoftHSM(t testing.TB) Device {
	t.Helper()
	d := Device{
		Module: module(t, "softhsm2", softhsmPaths), Label: "ceremony test",
		PIN: []byte("1234-5678"), SOPIN: []byte("8765-4321"), Dir: folder(t),
	}
	tool := program(t, "softhsm2", "softhsm2-util")
	tokens := filepath.Join(d.Dir, "tokens")
	if err := os.Mkdir(tokens, 0o700); err != nil {
		t.Fatal(err)
	}
	conf := filepath.Join(d.Dir, "softhsm2.conf")
	text := fmt.Sprintf("directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n", tokens)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SOFTHSM2_CONF", conf)
	d.Serial = AddSoftHSM(t, tool, d.Label, d)
	return d
}

var slotLine = regexp.MustCompile(`reassigned to slot (\d+)`)

// AddSoftHSM makes one more token beside a Device of SoftHSM, with its PINs,
// and returns the new token's serial number.
func AddSoftHSM(t testing.TB, tool, label string, d Device) (serial string) {
	t.Helper()
	if tool == "" {
		tool = program(t, "softhsm2", "softhsm2-util")
	}
	out := run(t, tool, "--init-token", "--free", "--label", label, "--pin", string(d.PIN), "--so-pin", string(d.SOPIN))
	m := slotLine.FindStringSubmatch(out)
	if m == nil {
		t.Fatalf("softhsm2-util --init-token said %q, and no slot", out)
	}
	var slot uint64
	if _, err := fmt.Sscan(m[1], &slot); err != nil {
		t.Fatal(err)
	}
	// SoftHSM numbers the slot by the last 31 bits of the serial.
	for _, line := range strings.Split(run(t, tool, "--show-slots"), "\n") {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		value = strings.TrimSpace(value)
		var low uint64
		if name != "Serial number" || len(value) != 16 {
			continue
		}
		if _, err := fmt.Sscanf(value[8:], "%x", &low); err == nil && low&0x7fffffff == slot {
			return value
		}
	}
	t.Fatalf("softhsm2-util --show-slots does not show slot %d", slot)
	return ""
}

// NSS makes a certificate database and returns the token of NSS softokn over
// it. It has no P-256K, and wraps keys that are not extractable.
func NSS(t testing.TB) Device {
	t.Helper()
	d := Device{
		Module: module(t, "libnss3", nssPaths), Label: "NSS Certificate DB",
		PIN: []byte("1234-5678"), Dir: folder(t),
	}
	file := filepath.Join(d.Dir, "password")
	if err := os.WriteFile(file, append(d.PIN[:len(d.PIN):len(d.PIN)], '\n'), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, program(t, "libnss3-tools", "certutil"), "-N", "-d", "sql:"+d.Dir, "-f", file)
	d.InitArgs = fmt.Sprintf("configdir='sql:%s' certPrefix='' keyPrefix='' secmod='secmod.db'", d.Dir)
	return d
}

// folder is t.TempDir without the test's name in its path: SoftHSM takes no
// "=" in the paths of its configuration, NSS no quotation mark.
func folder(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "hsmtest")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// module finds a library, or fails with the package that has it.
func module(t testing.TB, pkg string, patterns []string) string {
	t.Helper()
	for _, pattern := range patterns {
		if found, _ := filepath.Glob(pattern); len(found) > 0 {
			return found[0]
		}
	}
	t.Fatalf("%s is missing: apt-get install %s", filepath.Base(patterns[0]), pkg)
	return ""
}

// program finds a program, or fails with the package that has it.
func program(t testing.TB, pkg, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("%s is missing: apt-get install %s", name, pkg)
	}
	return path
}

func run(t testing.TB, program string, args ...string) string {
	t.Helper()
	out, err := exec.Command(program, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", filepath.Base(program), err, out)
	}
	return string(out)
}

// CLibrary returns a shared library that is no PKCS#11 module.
func CLibrary(t testing.TB) string {
	t.Helper()
	return module(t, "libc6", []string{"/lib/*/libm.so.6", "/usr/lib/*/libm.so.6"})
}
