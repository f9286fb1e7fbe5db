package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"

	"github.com/keyceremony/ceremony/hsm/pkcs11"
)

// softHSM is where packages put the library.
var softHSM = []string{
	"/usr/lib/softhsm/libsofthsm2.so", // Debian, Ubuntu, Arch, Alpine
	"/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
	"/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
	"/usr/lib64/pkcs11/libsofthsm2.so", // Fedora, RHEL, openSUSE
	"/usr/lib64/softhsm/libsofthsm2.so",
	"/usr/lib/pkcs11/libsofthsm2.so",
	"/run/current-system/sw/lib/softhsm/libsofthsm2.so", // NixOS
	"/usr/local/lib/softhsm/libsofthsm2.so",             // its own make install, FreeBSD, Homebrew on Intel
	"/opt/homebrew/lib/softhsm/libsofthsm2.so",          // Homebrew on Apple silicon
	"/opt/local/lib/softhsm/libsofthsm2.so",             // MacPorts
}

// softHSMConf names SoftHSM's configuration to its library, which runs in a
// process that we start.
const softHSMConf = "SOFTHSM2_CONF"

// notInSoftHSMConf ends a value there (SimpleConfigLoader.cpp of SoftHSM 2.6).
const notInSoftHSMConf = "#=\r\n"

// noSoftHSM says where the library was looked for, and what to do.
func noSoftHSM() error {
	return misuse("SoftHSM 2 was not found. Looked for:\n  %s\n"+
		"Install it: apt-get install softhsm2 (Debian, Ubuntu), dnf install softhsm (Fedora), zypper install softhsm (openSUSE), brew install softhsm (macOS).\n"+
		"Where it lies elsewhere, name its library: ceremony rehearse --module /FOLDER/libsofthsm2.so", strings.Join(softHSM, "\n  "))
}

// errNoTool says that the other half of SoftHSM is missing.
var errNoTool = misuse("softhsm2-util is in no folder of PATH. It comes with SoftHSM 2 and makes its tokens: install it, or add its folder to PATH")

// makeToken makes a SoftHSM token of the rehearsal's own.
func (s *scene) makeToken() (serial string, err error) {
	if err := s.findModule(); err != nil {
		return "", err
	}
	if err := s.useToken(); err != nil {
		return "", err
	}
	pin := randomPIN()
	if err := s.put("table/hsm.pin", []byte(pin+"\n")); err != nil {
		return "", err
	}
	officers := randomPIN()
	if s.flags.trusted { // else nobody needs it
		if err := s.put("table/"+soPINSheet, []byte(officers+"\n")); err != nil {
			return "", err
		}
	}
	c := exec.Command("softhsm2-util", "--init-token", "--free", "--label", tokenLabel, "--so-pin", officers, "--pin", pin)
	out, err := c.CombinedOutput()
	if errors.Is(err, exec.ErrNotFound) {
		return "", errNoTool
	}
	if err != nil {
		return "", fmt.Errorf("softhsm2-util: %w: %s", err, strings.TrimSpace(string(out)))
	}
	return s.tokenSerial()
}

const tokenLabel = "REHEARSAL"

// soPINSheet is the paper with the PIN of the token's security officer.
const soPINSheet = "hsm-so.pin"

func (s *scene) findModule() error {
	for _, path := range softHSM {
		if _, err := os.Stat(path); err == nil && s.flags.module == "" {
			s.flags.module = path
		}
	}
	if s.flags.module == "" {
		return noSoftHSM()
	}
	return nil
}

// ownModule wants the library that a rehearsal's plans name to be one that this
// machine has by itself, or that who started us has named. A folder that was
// copied here could name a library that came with it, and the digest of that
// stands in the same plan: it would be run.
func (s *scene) ownModule() error {
	for _, name := range []string{"plan.toml", "online/plan.toml", "offline/plan.toml"} {
		p, err := readPlan(s.path(name))
		if errors.Is(err, os.ErrNotExist) {
			continue // that machine's part was not begun
		}
		if err != nil {
			return err
		}
		if m := p.HSM.Module; m != s.flags.module && !slices.Contains(softHSM, m) {
			return misuse("%s names the library %q, which is not where SoftHSM is installed. A library runs as you: "+
				"nothing was run. If you know it, name it with --module", s.path(name), m)
		}
	}
	return nil
}

// useToken makes the rehearsal's token the one that SoftHSM finds. The
// configuration is written anew, for the folder may have been moved.
func (s *scene) useToken() error {
	text := "directories.tokendir = " + s.path("token", "tokens") + "\nobjectstore.backend = file\nlog.level = ERROR\nslots.removable = false\n"
	if err := s.put("token/softhsm2.conf", []byte(text)); err != nil {
		return err
	}
	return os.Setenv(softHSMConf, s.path("token", "softhsm2.conf"))
}

// tokenSerial reads the serial number off the token, as people read it off the
// device's label.
func (s *scene) tokenSerial() (string, error) {
	tokens, err := pkcs11.List(context.Background(), pkcs11.Options{Module: s.flags.module})
	if err != nil {
		return "", err
	}
	for _, t := range tokens {
		if t.Label == tokenLabel {
			return t.Serial, s.put("table/hsm.serial", []byte(t.Serial+"\n"))
		}
	}
	return "", errors.New("SoftHSM does not show the token that was made")
}
