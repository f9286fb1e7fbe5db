//go:build !nogui && cgo

package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/hsm/pkcs11"
	"github.com/keyceremony/ceremony/inspect"
	"github.com/keyceremony/ceremony/machine"
	"github.com/keyceremony/ceremony/report"
	"github.com/keyceremony/ceremony/steps"
	"github.com/keyceremony/ceremony/transfer/camera"
	"github.com/keyceremony/ceremony/ui"
	"github.com/keyceremony/ceremony/ui/kit"
)

// newHost gives the window what it asks of this program: the same functions
// as in the terminal.
func newHost(o opening) ui.Host {
	m, rehearsals := usualMemory(), &scenes{flags: o.rehearsal, open: map[string]*scene{}}
	return ui.Host{
		About: program, Airgap: airgap, Now: time.Now, Every: every,
		Patience: 700 * time.Millisecond,
		Open:     continued, Begin: begin, Rehearse: rehearsals.rehearse, Scene: sceneOf,
		Sign:  signers(),
		Media: media, Recent: m.recent, Remember: m.remember, Taste: m.taste(), SetTaste: m.setTaste,
		Read: readSmall, Secret: secretFile, WriteNew: writeNew, Show: show,
		Verify: func(dir string, a audit.Anchors) (audit.Verdict, error) {
			v, err := verify(dir, a)
			if err == nil {
				v.Add(report.Rendered(dir, v))
			}
			return v, err
		},
		Inspect: func(path string) (inspect.Report, error) {
			reports, err := inspectAll([]string{path}, inspect.Context{At: time.Now()})
			if err != nil {
				return inspect.Report{}, err
			}
			return reports[0], nil
		},
		Cameras: filmed(machineCameras(), o.film), Keep: keepFiles,
		Trace: traceTo(o.traceFD),
	}
}

// filmed adds a film that plays a camera; "" adds none.
func filmed(all camera.Cameras, film string) camera.Cameras {
	if film == "" {
		return all
	}
	list, open := all.List, all.Open
	all.List = func() ([]camera.Device, error) {
		real, err := list()
		if errors.Is(err, camera.ErrUnsupported) {
			err = nil
		}
		return append([]camera.Device{{ID: film, Name: "Film " + filepath.Base(film)}}, real...), err
	}
	all.Open = func(id string) (camera.Source, error) {
		if id == film {
			return camera.OpenFile(film)
		}
		return open(id)
	}
	return all
}

func begin(b ui.Beginning, say func(string)) (*steps.Ceremony, error) {
	w, err := world(say)
	if err != nil {
		return nil, err
	}
	return openCeremony(b.Dir, runFlags{stage: string(b.Stage), plan: b.Plan, after: b.After}, w)
}

// signers are the ways to sign that this machine has. Each signature is
// checked at once, while the person is at the keyboard.
func signers() ui.Signers {
	all := ui.Signers{
		File: func(path string, pass []byte, mode string, s steps.Signing) ([]byte, error) {
			key, err := readSmall(path)
			if err != nil {
				return nil, err
			}
			sig, err := signWithKey(key, pass, mode, s)
			return checked(sig, err, s)
		},
		Card: func(c ui.Card, pin []byte, s steps.Signing) ([]byte, error) {
			sig, err := signWithCard(pkcs11.Options{Module: c.Module, Serial: c.Serial}, c.Label, pin, s)
			return checked(sig, err, s)
		},
	}
	if os.Getenv("SSH_AUTH_SOCK") != "" {
		all.Agent = func(s steps.Signing) ([]byte, error) {
			sig, err := signAgent(s)
			return checked(sig, err, s)
		}
	}
	return all
}

func checked(sig []byte, err error, s steps.Signing) ([]byte, error) {
	if err == nil {
		err = s.Verify(sig)
	}
	return sig, err
}

// media are places to suggest where people look for a medium.
func media() []kit.Place { return mediaPlaces(machine.Media()) }

func mediaPlaces(volumes []machine.Volume) []kit.Place {
	var out []kit.Place
	for _, v := range volumes {
		name := cmp.Or(v.Label, filepath.Base(v.Mount.Point))
		if v.Mount.ReadOnly {
			name += " (read only)"
		}
		out = append(out, kit.Place{Name: name, Path: v.Mount.Point, ReadOnly: v.Mount.ReadOnly})
	}
	return out
}

// every calls f now and then until stop, which may be called twice.
func every(d time.Duration, f func()) (stop func()) {
	ticker, done := time.NewTicker(d), make(chan struct{})
	go func() {
		for {
			select {
			case <-ticker.C:
				f()
			case <-done:
				return
			}
		}
	}()
	return sync.OnceFunc(func() {
		ticker.Stop()
		close(done)
	})
}

// showers are the programs that show a file with the program for it.
var showers = map[string][]string{
	"darwin": {"open"}, "windows": {"rundll32", "url.dll,FileProtocolHandler"},
}

// show shows a file that is there. It takes no address: nothing of the window
// leads into a network.
func show(path string) error {
	path, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	if st, err := os.Stat(path); err != nil || !st.Mode().IsRegular() {
		return misuse("%s is no file that can be shown", path)
	}
	with := showers[runtime.GOOS]
	if with == nil {
		with = []string{"xdg-open"}
	}
	c := exec.Command(with[0], append(with[1:], path)...)
	if err := c.Start(); err != nil {
		return fmt.Errorf("this machine has no program that shows files (%w). Open it yourself: %s", err, path)
	}
	go func() { _ = c.Wait() }() // whether they close it is theirs
	return nil
}
