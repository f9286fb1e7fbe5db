package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/keyceremony/ceremony/keyvault/rehearsal"
	"github.com/keyceremony/ceremony/plan"
	"github.com/keyceremony/ceremony/steps"
)

// This file and the others whose names begin with scene make what a rehearsal
// needs: people with keys, a token, a vault, a plan that everybody signed,
// papers on the table, and answers for when there are no people. They are no
// package of their own: nobody imports anything below cmd, and what they use
// (the table, the signers, the program's digest) is the command's own.

// scene is a rehearsal's folder, and the vault that is served from it.
type scene struct {
	dir    string
	flags  rehearseFlags
	people []actor
	plan   *plan.Plan
	vault  *rehearsal.Server // nil until it is served, and at the machine that does not reach it
	say    func(string)      // told what takes a while
}

func (s *scene) path(parts ...string) string {
	return filepath.Join(append([]string{s.dir}, parts...)...)
}

func (s *scene) put(name string, b []byte) error { return os.WriteFile(s.path(name), b, 0o600) }

// openScene sets a rehearsal up in a new folder, or goes on with the one that
// is there: the same people, token and papers, and the same vault at the same
// address, for it stands in the plan. The vault is served until Close.
func openScene(f rehearseFlags, o rehearsal.Options, say func(string)) (*scene, error) {
	s, err := newScene(f)
	if err != nil {
		return nil, err
	}
	s.say = say
	prepare := s.setUp
	if isScene(s.dir) {
		prepare = s.takeUp
	}
	if err := prepare(o); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Close ends the serving of the vault. The folder stays.
func (s *scene) Close() error {
	if s.vault == nil {
		return nil
	}
	return s.vault.Close()
}

// check refuses what cannot be rehearsed.
func (f rehearseFlags) check() error {
	if _, err := targetKeys(f.keys); err != nil {
		return err
	}
	if !slices.Contains([]int{2048, 3072, 4096}, f.bits) {
		return misuse("--kek-bits is %d, wanted 2048, 3072 or 4096", f.bits)
	}
	if f.transfer != plan.USB && f.transfer != plan.QR {
		return misuse("--transfer %s, wanted %s or %s", f.transfer, plan.USB, plan.QR)
	}
	return f.checkMachine()
}

// checkMachine refuses what one machine of two cannot do.
func (f rehearseFlags) checkMachine() error {
	switch {
	case f.machine == "":
		return nil
	case f.machine != steps.Prepare.Side() && f.machine != steps.Wrap.Side():
		return misuse("--machine %s, wanted %s or %s", f.machine, steps.Prepare.Side(), steps.Wrap.Side())
	case f.headless || f.byHand || f.twoWindows:
		return misuse("--machine leads one machine, in the window: leave out --headless, --by-hand and --two-windows")
	case f.machine == steps.Wrap.Side() && !isScene(f.dir):
		return misuse("%q has no whole rehearsal: set one up with --machine online on the other machine, and copy its folder to this one", f.dir)
	}
	return nil
}

// servesVault tells whether this machine is the one that reaches the vault.
func (f rehearseFlags) servesVault() bool { return f.machine != steps.Wrap.Side() }

// newScene finds the folder.
func newScene(f rehearseFlags) (*scene, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	dir, err := sceneFolder(f.dir)
	if err != nil {
		return nil, err
	}
	return &scene{dir: dir, flags: f, people: actors, say: func(string) {}}, nil
}

// sceneFolder is a folder that is new or empty, or has a rehearsal.
func sceneFolder(dir string) (string, error) {
	if dir == "" {
		return os.MkdirTemp("", "ceremony-rehearsal-")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if strings.ContainsAny(dir, notInSoftHSMConf) {
		return "", misuse("SoftHSM's configuration cannot name a folder with #, = or the end of a line in its path: %s; choose another", steps.OneLine(dir))
	}
	if st, err := os.Stat(dir); err == nil && !st.IsDir() {
		return "", misuse("%s is a file; a rehearsal wants a folder", dir)
	}
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 && !isScene(dir) {
		return "", misuse("%s is not empty and has no whole rehearsal; a rehearsal wants a new folder, or one in which it was set up", dir)
	}
	return dir, nil
}

// sceneNote is written last: where it is, the rehearsal was set up wholly.
const sceneNote = "REHEARSAL.txt"

const sceneText = `This folder is a rehearsal of a key ceremony. Nothing in it protects anything.

To go on with it:  ceremony rehearse --dir FOLDER
On two machines:   add --machine online; and on the other one, which has a copy
                   of this folder, --machine offline

online/ and offline/ are the ceremony's folders at the two machines, usb/ has
the media, table/ what would lie on the table as paper, people/ their keys,
vault/ the state of the vault, token/ the HSM.
`

// isScene reports whether a rehearsal was set up in a folder.
func isScene(dir string) bool {
	st, err := os.Stat(filepath.Join(dir, sceneNote))
	return err == nil && st.Mode().IsRegular()
}

// setUp makes everything anew.
func (s *scene) setUp(o rehearsal.Options) error {
	if err := s.makeFolders(); err != nil {
		return err
	}
	s.say("a vault of the rehearsal's own")
	if err := s.serve(o); err != nil {
		return err
	}
	s.say("people and their keys")
	if err := s.makePeople(); err != nil {
		return err
	}
	s.say("an HSM: a new SoftHSM token")
	serial, err := s.makeToken()
	if err != nil {
		return err
	}
	s.say("the plan, signed by everybody")
	if err := s.makePlan(serial); err != nil {
		return err
	}
	if err := s.makeAnswers(); err != nil {
		return err
	}
	return s.put(sceneNote, []byte(sceneText))
}

func (s *scene) makeFolders() error {
	for _, sub := range []string{"", "usb", "usb/kek", "usb/blob", "table", "people", "vault", "token", "token/tokens"} {
		if err := os.MkdirAll(s.path(sub), 0o700); err != nil {
			return err
		}
	}
	return nil
}

// takeUp goes on with what is there.
func (s *scene) takeUp(o rehearsal.Options) error {
	var err error
	if s.plan, err = readPlan(s.path("plan.toml")); err != nil {
		return err
	}
	if err := s.ownModule(); err != nil {
		return err
	}
	s.flags.module = s.plan.HSM.Module
	if err := s.useToken(); err != nil || !s.flags.servesVault() {
		return err
	}
	o.ManagedHSM = false // the vault keeps its kind
	err = s.serve(o)
	var taken *net.OpError
	if errors.As(err, &taken) {
		return fmt.Errorf("%w: the address of its vault, %s, is taken\n%w", steps.ErrRehearsalOpen, s.plan.Vault.URL, err)
	}
	if err == nil && s.vault.URL() != s.plan.Vault.URL {
		return misuse("the vault in %s is %s, and the plan names %s: rehearse in a new folder", s.dir, s.vault.URL(), s.plan.Vault.URL)
	}
	return err
}

func (s *scene) serve(o rehearsal.Options) (err error) {
	if s.vault, err = rehearsal.New(s.path("vault"), o); err != nil {
		return err
	}
	return s.vault.Start("")
}
