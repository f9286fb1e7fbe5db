package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/hsm/hsmtest"
	"github.com/keyceremony/ceremony/keyvault/rehearsal"
	"github.com/keyceremony/ceremony/plan"
	"github.com/keyceremony/ceremony/steps"
)

// TestScripts runs the command as people type it. Besides the commands of
// testscript there are:
//
//	exits N COMMAND...       runs it and wants exactly this exit code
//	scene DIR [KEY...]       sets up a rehearsal and holds no stage
//	production DIR [marked]  a production plan, signed; marked: with keys made for rehearsals
//	type FILE DIR WORD...    appends lines that people type in the scene DIR: a word itself;
//	                         =FILE the first line of a file of the scene; @WHO/SIDE signs
//	flip FILE                changes one bit in the middle of a file
//	cut FILE                 cuts a file in the middle of its last line
//	steps FILE               every step that a rehearsal can have is in the file, by title and id
func TestScripts(t *testing.T) {
	token, nss := hsmtest.SoftHSM(t), hsmtest.NSS(t)
	verifier, err := filepath.Abs("../../docs/verify.py")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("SOFTHSM2_CONF", os.Getenv("SOFTHSM2_CONF"))
			e.Setenv("MODULE", token.Module)
			e.Setenv("SERIAL", token.Serial)
			e.Setenv("VERIFY", verifier)
			e.Setenv("NSS", nss.Module)
			e.Setenv("NSS_ARGS", nss.InitArgs)
			return errors.Join(os.WriteFile(filepath.Join(e.WorkDir, "pin"), append(token.PIN, '\n'), 0o600),
				os.WriteFile(filepath.Join(e.WorkDir, "pin.wrong"), []byte("00000000\n"), 0o600))
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": cmdExits, "scene": cmdScene, "production": cmdProduction, "type": cmdType,
			"flip": cmdFlip, "cut": cmdCut, "steps": cmdSteps,
		},
	})
}

// arguments says how many a command takes.
func arguments(ts *testscript.TestScript, neg bool, args []string, least int) {
	if neg || len(args) < least {
		ts.Fatalf("%d arguments, at least %d wanted, and no !", len(args), least)
	}
}

func cmdExits(ts *testscript.TestScript, neg bool, args []string) {
	arguments(ts, neg, args, 2)
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var ended *exec.ExitError
		if !errors.As(err, &ended) {
			ts.Fatalf("%v", err)
		}
		got = ended.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

func cmdScene(ts *testscript.TestScript, neg bool, args []string) {
	arguments(ts, neg, args, 1)
	keys := args[1:]
	if len(keys) == 0 {
		keys = []string{"P-256"}
	}
	s, err := setTheScene(ts.MkAbs(args[0]), rehearsal.Options{}, keys...)
	ts.Check(err)
	ts.Defer(func() { s.Close() })
	ts.Setenv("SOFTHSM2_CONF", s.path("token", "softhsm2.conf"))
}

// cmdProduction makes what people in production would bring: a plan, their
// signatures, and their key files. Its vault and HSM do not exist.
func cmdProduction(ts *testscript.TestScript, neg bool, args []string) {
	arguments(ts, neg, args, 1)
	s, err := newScene(rehearseFlags{dir: ts.MkAbs(args[0]), keys: []string{"P-256"}, bits: 2048, transfer: plan.USB})
	ts.Check(err)
	ts.Check(s.makeFolders())
	ts.Check(s.makePeople())
	people, err := s.planPeople()
	ts.Check(err)
	for i, p := range people {
		if len(args) == 1 {
			// The comment is inside the protected part too.
			people[i].Key, people[i].KeyOffline = "", ""
			for _, side := range []struct {
				name string
				key  *string
			}{{"online", &people[i].Key}, {"offline", &people[i].KeyOffline}} {
				ts.Check(os.Remove(s.path("people", p.ID+"."+side.name)))
				ts.Check(os.Remove(s.path("people", p.ID+"."+side.name+".pub")))
				ts.Check(keygen(s.path("people", p.ID+"."+side.name), s.path("table", p.ID+".passphrase"), new(strings.Builder)))
				*side.key, err = s.public(s.people[i], side.name)
				ts.Check(err)
			}
			continue
		}
		people[i].Key, people[i].KeyOffline = unmarked(p.Key), unmarked(p.KeyOffline)
	}
	tool, err := program()
	ts.Check(err)
	now := time.Now().UTC().Truncate(time.Second)
	keys, err := targetKeys([]string{"P-256"})
	ts.Check(err)
	keys[0].Name, keys[0].Label = "signing", "signing"
	ts.Check(s.signPlan(&plan.Plan{
		Format: plan.Format, ID: "production-2026", Name: "A ceremony in production", People: people, Keys: keys,
		Program:  plan.Program{SHA256: []digest.SHA256{tool.SHA256}},
		Vault:    plan.Vault{URL: "https://demo.vault.azure.net", Cloud: "public", Tenant: "d5fcd60a-540a-4bfa-8a11-17faebf1b095"},
		KEK:      plan.KEK{Name: "production-kek", Bits: 2048, Days: 7},
		HSM:      plan.HSM{Module: "/usr/lib/vendor.so", ModuleSHA256: digest.Of([]byte("module")), Serial: "1234", SealKey: "none"},
		Quorum:   plan.Quorum{Operators: 2, CryptoOfficers: 1, InternalWitnesses: 1, ExternalWitnesses: 1},
		Transfer: plan.Transfer{KEK: "usb", Blob: "usb"},
		Evidence: plan.Evidence{Attestation: "none", AuditLog: "none"},
		Time:     plan.Time{NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(0, 0, 7)},
	}))
}

// unmarked is a public key without its comment.
func unmarked(line string) string { return strings.Join(strings.Fields(line)[:2], " ") }

func cmdType(ts *testscript.TestScript, neg bool, args []string) {
	arguments(ts, neg, args, 3)
	s := &scene{dir: ts.MkAbs(args[1])}
	var typed strings.Builder
	for _, word := range args[2:] {
		switch {
		case strings.HasPrefix(word, "="):
			fmt.Fprintln(&typed, strings.TrimSpace(ts.ReadFile(s.path(word[1:]))))
		case strings.HasPrefix(word, "@"):
			who, side, _ := strings.Cut(word[1:], "/")
			fmt.Fprintf(&typed, "1\n%s\n%s\n", s.path("people", who+"."+side), strings.TrimSpace(ts.ReadFile(s.path("table", who+".passphrase"))))
		case word == "now":
			fmt.Fprintln(&typed, time.Now().UTC().Format(time.RFC3339))
		default:
			fmt.Fprintln(&typed, word)
		}
	}
	f, err := os.OpenFile(ts.MkAbs(args[0]), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	ts.Check(err)
	_, err = f.WriteString(typed.String())
	ts.Check(errors.Join(err, f.Close()))
}

func cmdFlip(ts *testscript.TestScript, neg bool, args []string) {
	arguments(ts, neg, args, 1)
	b := []byte(ts.ReadFile(args[0]))
	b[len(b)/2] ^= 1
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), b, 0o600))
}

func cmdCut(ts *testscript.TestScript, neg bool, args []string) {
	arguments(ts, neg, args, 1)
	b := ts.ReadFile(args[0])
	last := strings.LastIndexByte(strings.TrimSuffix(b, "\n"), '\n') + 1
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(b[:(last+len(b))/2]), 0o600))
}

func cmdSteps(ts *testscript.TestScript, neg bool, args []string) {
	arguments(ts, neg, args, 1)
	text := ts.ReadFile(args[0])
	p := &plan.Plan{Rehearsal: true}
	n := 0
	for _, stage := range []steps.Stage{steps.Prepare, steps.Wrap, steps.Import} {
		for _, s := range steps.Steps(stage) {
			if s.When != nil && !s.When(p) || s.ID == "target.select" || s.ID == "kek.use" {
				continue
			}
			n++
			if !strings.Contains(text, s.ID) {
				ts.Fatalf("step %s of %s is missing", s.ID, stage)
			}
		}
	}
	if n < 30 {
		ts.Fatalf("%d steps: that is not all", n)
	}
}
