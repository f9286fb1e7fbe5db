package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/byok"
	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/hsm/pkcs11"
	"github.com/keyceremony/ceremony/keyvault/rehearsal"
	"github.com/keyceremony/ceremony/plan"
)

// This file makes what a rehearsal needs: people with keys, a token, a plan
// that they signed, papers on the table, and answers.

// actor is somebody who plays in a rehearsal.
type actor struct{ id, name, role string }

var actors = []actor{
	{"admin", "Ada Admin", plan.Administrator},
	{"op1", "Olga Operator", plan.Operator},
	{"op2", "Otto Operator", plan.Operator},
	{"officer", "Carl Officer", plan.CryptoOfficer},
	{"witness", "Inga Witness", plan.InternalWitness},
	{"guest", "Emil Guest", plan.ExternalWitness},
}

func (s *scene) setUp(server *rehearsal.Server) error {
	s.client = server.ClientID()
	if err := s.makePeople(); err != nil {
		return err
	}
	serial, err := s.makeToken()
	if err != nil {
		return err
	}
	p, err := s.makePlan(server, serial)
	if err != nil {
		return err
	}
	return s.makeAnswers(p, server)
}

// makePeople gives each actor a passphrase and two keys, one for each side.
func (s *scene) makePeople() error {
	for _, a := range s.people {
		pass := randomHex(8)
		if err := s.put("table/"+a.id+".passphrase", []byte(pass+"\n")); err != nil {
			return err
		}
		for _, side := range []string{"online", "offline"} {
			private, public, err := audit.NewKey([]byte(pass), audit.RehearsalComment+" "+a.id+" "+side)
			if err != nil {
				return err
			}
			if err := s.put("people/"+a.id+"."+side, private); err != nil {
				return err
			}
			if err := s.put("people/"+a.id+"."+side+".pub", public); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *scene) put(name string, b []byte) error { return os.WriteFile(s.path(name), b, 0o600) }

func (s *scene) public(a actor, side string) (string, error) {
	b, err := os.ReadFile(s.path("people", a.id+"."+side+".pub"))
	return strings.TrimSpace(string(b)), err
}

func randomHex(n int) string {
	b := make([]byte, n)
	if _, err := rand.Read(b); err != nil {
		panic("ceremony: internal error: no randomness")
	}
	return hex.EncodeToString(b)
}

// softHSM is where Debian has the library.
var softHSM = []string{"/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so", "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so"}

// makeToken makes a SoftHSM token of the rehearsal's own.
func (s *scene) makeToken() (serial string, err error) {
	if s.flags.module == "" {
		for _, path := range softHSM {
			if _, err := os.Stat(path); err == nil {
				s.flags.module = path
				break
			}
		}
	}
	if s.flags.module == "" {
		return "", fmt.Errorf("SoftHSM 2 is not installed: apt-get install softhsm2, or name its library with --module")
	}
	conf := s.path("token", "softhsm2.conf")
	text := "directories.tokendir = " + s.path("token", "tokens") + "\nobjectstore.backend = file\nlog.level = ERROR\nslots.removable = false\n"
	if err := s.put("token/softhsm2.conf", []byte(text)); err != nil {
		return "", err
	}
	pin := randomDigits(8)
	if err := s.put("table/hsm.pin", []byte(pin+"\n")); err != nil {
		return "", err
	}
	c := exec.Command("softhsm2-util", "--init-token", "--free", "--label", "REHEARSAL", "--so-pin", randomDigits(8), "--pin", pin)
	c.Env = append(os.Environ(), "SOFTHSM2_CONF="+conf)
	if out, err := c.CombinedOutput(); err != nil {
		return "", fmt.Errorf("softhsm2-util: %w: %s", err, strings.TrimSpace(string(out)))
	}
	return s.tokenSerial(conf)
}

func randomDigits(n int) string {
	return digest.Of([]byte(randomHex(16))).Code()[:5] + digest.Of([]byte(randomHex(16))).Code()[:5][:n-5]
}

// tokenSerial reads the serial number off the token, as people read it off the
// device's label.
func (s *scene) tokenSerial(conf string) (string, error) {
	if err := os.Setenv("SOFTHSM2_CONF", conf); err != nil {
		return "", err
	}
	tokens, err := pkcs11.List(context.Background(), pkcs11.Options{Module: s.flags.module})
	if err != nil {
		return "", err
	}
	for _, t := range tokens {
		if t.Label == "REHEARSAL" {
			return t.Serial, s.put("table/hsm.serial", []byte(t.Serial+"\n"))
		}
	}
	return "", fmt.Errorf("the token that was just made is not there")
}

// makePlan writes the plan, and has everybody sign it.
func (s *scene) makePlan(server *rehearsal.Server, serial string) (*plan.Plan, error) {
	tool, err := program()
	if err != nil {
		return nil, err
	}
	module, err := fileSum(s.flags.module)
	if err != nil {
		return nil, err
	}
	now := time.Now().UTC().Truncate(time.Second)
	p := &plan.Plan{
		Format: plan.Format, ID: "rehearsal-" + now.Format("20060102-150405"), Name: "A rehearsal of a key ceremony", Rehearsal: true,
		Program: plan.Program{SHA256: []digest.SHA256{tool.SHA256}},
		Vault: plan.Vault{
			URL: server.URL(), Cloud: "rehearsal", Tenant: server.Tenant(), Authority: server.Authority(), CA: string(server.CA()),
		},
		KEK:      plan.KEK{Name: "rehearsal-kek", Bits: s.flags.bits, Days: 7},
		HSM:      plan.HSM{Module: s.flags.module, ModuleSHA256: module, Serial: serial, SealKey: "none"},
		Quorum:   plan.Quorum{Operators: 2, CryptoOfficers: 1, InternalWitnesses: 1, ExternalWitnesses: 1},
		Transfer: plan.Transfer{KEK: "usb", Blob: "usb"},
		Evidence: plan.Evidence{Attestation: "none", AuditLog: "none"},
		Time:     plan.Time{NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(0, 0, 7)},
	}
	if p.Keys, err = targetKeys(s.flags.keys); err != nil {
		return nil, err
	}
	if p.People, err = s.planPeople(); err != nil {
		return nil, err
	}
	return s.signPlan(p)
}

func (s *scene) planPeople() ([]plan.Person, error) {
	var out []plan.Person
	for _, a := range s.people {
		online, err := s.public(a, "online")
		if err != nil {
			return nil, err
		}
		offline, err := s.public(a, "offline")
		if err != nil {
			return nil, err
		}
		out = append(out, plan.Person{ID: a.id, Name: a.name, Role: a.role, Key: online, KeyOffline: offline, Kept: "file"})
	}
	return out, nil
}

// targetKeys plans one key of each type.
func targetKeys(types []string) ([]plan.Key, error) {
	var out []plan.Key
	for i, name := range types {
		t, err := byok.ParseKeyType(name)
		if err != nil {
			return nil, misuse("--keys: %w", err)
		}
		k := plan.Key{
			Name: fmt.Sprintf("rehearsal-%s-%d", strings.ToLower(strings.ReplaceAll(name, ".", "")), i+1), Type: string(t.Kind()),
			Source: "generate", Close: "unextractable",
		}
		k.Label = k.Name
		switch t.Kind() {
		case byok.KindEC:
			k.Curve, k.Ops = t.Crv(), []string{"sign", "verify"}
		case byok.KindRSA:
			k.Size, k.Ops = t.Bits(), []string{"sign", "verify", "wrapKey", "unwrapKey"}
		default:
			k.Size, k.Ops = t.Bits(), []string{"encrypt", "decrypt", "wrapKey", "unwrapKey"}
		}
		out = append(out, k)
	}
	return out, nil
}

func (s *scene) signPlan(p *plan.Plan) (*plan.Plan, error) {
	file := p.Encode()
	p, err := plan.Parse(file)
	if err != nil {
		return nil, err
	}
	if err := s.put("plan.toml", file); err != nil {
		return nil, err
	}
	for _, a := range s.people {
		sig, err := s.planSignature(a, p)
		if err != nil {
			return nil, err
		}
		if err := s.put("plan.toml."+a.id+".sig", sig); err != nil {
			return nil, err
		}
	}
	return p, s.put("table/plan.code", []byte(p.SHA256().Code()+"\n"))
}

func (s *scene) planSignature(a actor, p *plan.Plan) ([]byte, error) {
	key, err := os.ReadFile(s.path("people", a.id+".online"))
	if err != nil {
		return nil, err
	}
	pass, err := os.ReadFile(s.path("table", a.id+".passphrase"))
	if err != nil {
		return nil, err
	}
	signer, err := unlock(key, []byte(strings.TrimSpace(string(pass))), audit.Rehearsal)
	if err != nil {
		return nil, err
	}
	return audit.Sign(signer, rand.Reader, audit.PlanNamespace(p.Mode()), p.Bytes())
}

// makeAnswers writes, for each stage, what the people of a rehearsal answer.
func (s *scene) makeAnswers(p *plan.Plan, server *rehearsal.Server) error {
	secret, err := filepath.Rel(s.dir, server.SecretFile())
	if err != nil {
		return err
	}
	for _, r := range stageRuns {
		var b strings.Builder
		fmt.Fprintf(&b, "# What the people of this rehearsal answer in the stage %s.\n", r.name)
		fmt.Fprintf(&b, "\n[table]\ndir = \"table\"\nclient = %q\nsecret = %q\n", server.ClientID(), secret)
		for _, a := range s.people {
			fmt.Fprintf(&b, "\n[sign.%s]\nkey = \"people/%s.%s\"\npassphrase = {file = \"table/%s.passphrase\"}\n", a.id, a.id, r.folder, a.id)
		}
		b.WriteString(rehearsalAnswers(p, r, server.ClientID(), secret))
		if err := s.put(r.name+".answers.toml", []byte(b.String())); err != nil {
			return err
		}
	}
	return nil
}
