package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/keyceremony/ceremony/plan"
)

// makeAnswers writes, for each stage, what the people of a rehearsal answer.
func (s *scene) makeAnswers() error {
	secret, err := filepath.Rel(s.dir, s.vault.SecretFile())
	if err != nil {
		return err
	}
	auditLog, err := filepath.Rel(s.dir, s.vault.AuditLogFile())
	if err != nil {
		return err
	}
	for _, r := range stageRuns {
		var b strings.Builder
		fmt.Fprintf(&b, "# What the people of this rehearsal answer in the stage %s.\n", r.name)
		fmt.Fprintf(&b, "\n[table]\ndir = \"table\"\nclient = %q\nsecret = %q\n", s.vault.ClientID(), secret)
		for _, a := range s.people {
			fmt.Fprintf(&b, "\n[sign.%s]\nkey = \"people/%s.%s\"\npassphrase = {file = \"table/%s.passphrase\"}\n", a.id, a.id, r.folder, a.id)
		}
		b.WriteString(rehearsalAnswers(s.plan, r, s.vault.ClientID(), secret, auditLog))
		if err := s.put(r.name+".answers.toml", []byte(b.String())); err != nil {
			return err
		}
	}
	return nil
}

// rehearsalAnswers are the answers to every step of a stage, as TOML.
func rehearsalAnswers(p *plan.Plan, r stageRun, client, secret, auditLog string) string {
	var b strings.Builder
	table := func(step string, answers ...string) {
		fmt.Fprintf(&b, "\n[%q]\n%s\n", step, strings.Join(answers, "\n"))
	}
	words := func(step string) string { return fmt.Sprintf("screen = {table = %q}", step+".words") }
	medium := map[string]string{"prepare": "usb/kek", "wrap": "usb/kek", "import": "usb/blob"}[r.name]
	table("ceremony.open", fromTable("code.op1", "plan.code"), fromTable("code.op2", "plan.code"))
	table("people.signin", `keyboard = "op1"`, `identity = "SEEN"`)
	table("clock.check", `"clock.op1" = "now"`, `"clock.op2" = "now"`)
	table("vault.signin", `method = "secret"`, fmt.Sprintf("client = %q", client), fmt.Sprintf("secret = {file = %q}", secret))
	table("kek.create", `word = "CREATE"`)
	table("target.close", `word = "CLOSE"`)
	table("kek.retire", `word = "RETIRE"`)
	table("kek.code", fromTable("code.op1", "kek.op1"), fromTable("code.op2", "kek.op2"))
	table("kek.attest", fmt.Sprintf("log = {path = %q}", auditLog))
	table("kek.export", codesAnswer("kek"), mediumAnswer(medium), `bag = "R-0001"`)
	table("machine.check", `image = "none: this is a rehearsal"`, `attest = "VERIFIED"`)
	table("kek.receive", codesAnswer("kek"), words("kek.export"), mediumAnswer(medium), `bag = "R-0001"`, fromTable("head", "prepare.head"))
	table("kek.confirm", fromTable("code.op1", "kek.op1"), fromTable("code.op2", "kek.op2"))
	table("hsm.connect", `serial = {file = "table/hsm.serial"}`)
	table("kek.trust", `word = "TRUST"`, `so-pin = {file = "table/`+soPINSheet+`"}`)
	table("hsm.login", `pin = {file = "table/hsm.pin"}`)
	table("target.wrap", `word = "WRAP"`)
	table("blob.export", codesAnswer("blob"), mediumAnswer("usb/blob"), `bag = "R-0002"`)
	table("blob.receive", codesAnswer("blob"), words("blob.export"), mediumAnswer(medium), `bag = "R-0002"`, fromTable("head", "offline.head"))
	table("target.code", append(keyCodes(p), `compared = "COMPARED"`)...)
	table("workload.switch", `outcome = "none: this is a rehearsal"`)
	table("exception", `expected = "every check holds"`, `happened = "a check did not hold in this rehearsal"`, `decided = "go on, to practise exceptions"`)
	table("resume", fromTable("head", "pause.head"), `keyboard = "op1"`)
	table("people.return", `keyboard = "op1"`, `happened = "the program was ended; nobody left the room"`)
	table("final.seal", signOffs(p)...)
	return b.String()
}

func mediumAnswer(dir string) string { return fmt.Sprintf("medium = {path = %q}", dir) }

// codesAnswer is where pictures of the codes lie.
func codesAnswer(what string) string { return fmt.Sprintf("codes = {path = %q}", "table/codes."+what) }

func fromTable(field, sheet string) string { return fmt.Sprintf("%q = {table = %q}", field, sheet) }

func keyCodes(p *plan.Plan) []string {
	var out []string
	for _, k := range p.Keys {
		if k.Type != "AES" {
			out = append(out, fromTable("code."+k.Name, "vault."+k.Name))
		}
	}
	return out
}

func signOffs(p *plan.Plan) []string {
	var out []string
	for _, person := range p.People {
		out = append(out, fmt.Sprintf("%q = %q", "agree."+person.ID, "agrees"))
	}
	return out
}
