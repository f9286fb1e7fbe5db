package steps

import (
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/byok"
	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/durable"
	"github.com/keyceremony/ceremony/plan"
)

// This file makes checks again, long after the ceremony. A record may say that
// something holds because the machine that wrote it had been taken over; what
// it holds against lies in the same folder, much of it from the other machine,
// and the vault's signature over the challenge can be made by nobody else.

// Again is the rule checks.again: whatever the record says to hold, and which
// needs neither HSM nor vault to be seen, holds also when it is made again. All
// logs, files and signed texts speak of one KEK; the vault shows the target
// keys that the HSM showed, under the blobs that were received, and its answers
// to the challenges of the HSM room verify. What a log cannot be read for is
// left to log.form, and what is not said to hold to the other rules.
func Again(path string, p *plan.Plan) audit.Rule {
	dir, err := durable.Open(path)
	if err != nil {
		return audit.Rule{ID: "checks.again", Result: audit.ResultFails, Detail: err.Error()}
	}
	defer dir.Close()
	a := &again{dir: dir, logs: map[string]*told{}}
	for _, name := range []string{"online.log", "offline.log", "online.2.log"} {
		a.logs[name] = a.read(name)
	}
	a.kek()
	a.texts()
	for _, k := range p.Keys {
		a.target(k.Name)
	}
	switch {
	case len(a.wrong) > 0:
		return audit.Rule{ID: "checks.again", Result: audit.ResultFails, Findings: a.wrong}
	case a.made == 0:
		return audit.Rule{ID: "checks.again", Result: audit.ResultNotChecked, Detail: "the record is not there yet"}
	}
	return audit.Rule{ID: "checks.again", Result: audit.ResultHolds, Detail: fmt.Sprintf("%d made again", a.made)}
}

// again is a folder whose checks are made again.
type again struct {
	dir   *durable.Dir
	logs  map[string]*told
	wrong []audit.Finding
	made  int
}

// told is what one log says.
type told struct {
	facts map[string]jsontext.Value
	holds map[string]bool // checks by id, and id and key, as they were seen last
	texts []signedText
}

type signedText struct{ ev, step, file string }

func (a *again) see(ok bool, format string, args ...any) {
	if a.made++; !ok {
		a.wrong = append(a.wrong, audit.Finding{Text: audit.Visible(fmt.Sprintf(format, args...))})
	}
}

// read takes what a log says; nothing, if it is not there or not whole.
func (a *again) read(name string) *told {
	t := &told{facts: map[string]jsontext.Value{}, holds: map[string]bool{}}
	f, _, err := a.dir.OpenFile(name)
	if err != nil {
		return t
	}
	defer f.Close()
	if _, err := audit.ReadLogFrom(f, name, t.add); err != nil {
		return &told{}
	}
	return t
}

func (t *told) add(r audit.Record) error {
	var e audit.End
	switch r.Ev {
	case audit.EvEnd:
	case audit.EvApprove:
		var n audit.Note
		err := json.Unmarshal(r.Data, &n)
		t.sign(r, n.Statements)
		return err
	default:
		return nil
	}
	err := json.Unmarshal(r.Data, &e)
	t.sign(r, e.Statements)
	for k, v := range e.Facts {
		t.facts[k] = v.Clone()
	}
	for _, c := range e.Checks {
		t.holds[strings.TrimSpace(c.ID+" "+r.Key)] = c.Result == audit.ResultHolds
	}
	return err
}

func (t *told) sign(r audit.Record, all []audit.SignedBy) {
	for _, s := range all {
		t.texts = append(t.texts, signedText{r.Ev, r.Step, s.File})
	}
}

// told reads a fact of a log into v, and reports whether it is there in its form.
func (t *told) told(k Key, v any) bool {
	raw, ok := t.facts[string(k)]
	return ok && json.Unmarshal(raw, v) == nil
}

// kek wants the three facts of the KEK to be of one key, that of its file, and
// the same in every log.
func (a *again) kek() {
	first := a.logs["online.log"]
	if !first.holds["kek.kid"] {
		return
	}
	var text string
	var sum digest.SHA256
	pub, file := (*byok.PublicKey)(nil), a.have("kek.publickey.pem")
	if first.told(factKEK.Key, &text) {
		pub, _ = byok.ParsePublicKey([]byte(text))
	}
	a.see(pub != nil && first.told(factKEKSum.Key, &sum) && pub.SHA256() == sum, "online.log: %s is not the digest of %s", factKEKSum.Key, factKEK.Key)
	kept, err := byok.ParsePublicKey(file)
	a.see(err == nil && pub != nil && kept.Equal(pub), "kek.publickey.pem is not the KEK of online.log")
	for _, name := range []string{"offline.log", "online.2.log"} {
		for _, k := range []Key{factKID.Key, factKEK.Key, factKEKSum.Key} {
			if raw, ok := a.logs[name].facts[string(k)]; ok || name == "offline.log" && a.logs[name].holds["bundle.kek"] {
				a.see(string(raw) == string(first.facts[string(k)]), "%s: %s is not that of online.log", name, k)
			}
		}
	}
}

// texts wants every text that people signed to name the KEK and the blobs of
// the record, and the codes that operators signed for to be the KEK's.
func (a *again) texts() {
	var kid string
	var sum digest.SHA256
	if first := a.logs["online.log"]; !first.told(factKID.Key, &kid) || !first.told(factKEKSum.Key, &sum) {
		return
	}
	read := map[string]bool{} // a record may name one text any number of times
	for _, name := range []string{"online.log", "offline.log", "online.2.log"} {
		for _, t := range a.logs[name].texts {
			if read[t.file] {
				continue
			}
			read[t.file] = true
			s, err := audit.ParseStatement(a.have(t.file))
			if err != nil {
				continue // statement.form
			}
			for _, subject := range s.Subjects {
				a.subject(t, subject, kid, sum)
			}
		}
	}
}

func (a *again) subject(t signedText, subject, kid string, sum digest.SHA256) {
	if said, ok := strings.CutPrefix(subject, "kid "); ok {
		a.see(said == kid, "%s names the KEK %s", t.file, said)
	}
	if said, ok := strings.CutPrefix(subject, "kek sha256 "); ok {
		a.see(said == sum.String(), "%s names a KEK with the SHA-256 %s", t.file, said)
	}
	if said, ok := strings.CutPrefix(subject, "code typed "); ok && t.step == stepKEKConfirm.ID {
		code, err := digest.ParseCode(said)
		a.see(err == nil && sum.Matches(code), "%s has a code that is not the KEK's", t.file)
	}
	if said, ok := strings.CutPrefix(subject, "key "); ok {
		key, blob, found := strings.Cut(said, " blob sha256 ")
		var recorded digest.SHA256
		if found && a.logs["offline.log"].told(factBlob.of(key).Key, &recorded) {
			a.see(blob == recorded.String(), "%s names another blob of %s than offline.log", t.file, key)
		}
	}
}

// have reads a file; nil if it cannot.
func (a *again) have(name string) []byte {
	b, err := a.dir.Read(name, audit.MaxFile)
	if err != nil {
		return nil
	}
	return b
}

// shown is a target key as far as it can be seen from both sides.
type shown struct {
	KID    string          `json:"kid"`
	Public *byok.PublicKey `json:"public"`
}

// target makes the checks of one target key again.
func (a *again) target(name string) {
	room, last := a.logs["offline.log"], a.logs["online.2.log"]
	var hsm, vault shown
	var task challenge
	at := last // where the import is told
	if _, made := room.facts[string(factTarget.of(name).Key)]; !made {
		room = a.logs["online.log"] // an attempt before imported it: this one only proves it
		at = room
	}
	room.told(factTarget.of(name).Key, &hsm)
	known := room.told(factTask.of(name).Key, &task)
	if at == last && last.holds["bundle.keys"] {
		for _, k := range []Key{factTarget.of(name).Key, factBlob.of(name).Key, factTask.of(name).Key} {
			a.see(string(room.facts[string(k)]) == string(last.facts[string(k)]), "online.2.log: %s is not that of offline.log", k)
		}
	}
	if last.holds["target.same-public "+name] {
		seen := json.Unmarshal(a.have("vault."+name+".json"), &vault) == nil
		a.see(seen && same(vault.Public, hsm.Public), "the vault does not show the key %s of the HSM", name)
		var in imported
		a.see(seen && at.told(factImport.of(name).Key, &in) && in.KID == vault.KID, "vault.%s.json is of another key than was imported", name)
	}
	if kept := a.have(name + ".pub.pem"); kept != nil && at == last {
		pub, err := byok.ParsePublicKey(kept)
		a.see(err == nil && same(pub, hsm.Public), "%s.pub.pem is not the key of offline.log", name)
	}
	if room.holds["target.hsm-holds "+name] && task.HSMChallenge != "" {
		a.see(signedBy(task.Alg, task.HSMChallenge, task.HSMSignature, hsm.Public), "%s: the HSM's own signature does not verify", name)
	}
	if last.holds["target.proof "+name] {
		var answer string
		proved := last.told(factProof.of(name).Key, &answer)
		a.see(known && (task.Kind == kindNone || proved && task.answeredBy(answer, hsm.Public)), "%s: the vault's answer does not verify", name)
	}
}

// same says whether two sides show one key. A secret key has no public half.
func same(a, b *byok.PublicKey) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Equal(b)
}

// answeredBy says whether what was kept of the vault's answer is the right one.
func (c challenge) answeredBy(answer string, pub *byok.PublicKey) bool {
	if c.Kind == kindSign {
		return signedBy(c.Alg, c.Challenge, answer, pub)
	}
	return answer != "" && answer == c.Answer
}

// signedBy says whether a signature in hex is one over a challenge in hex.
func signedBy(alg, challenge, signature string, pub *byok.PublicKey) bool {
	text, err := hex.DecodeString(challenge)
	sig, bad := hex.DecodeString(signature)
	if err != nil || bad != nil || pub == nil || alg != signAlg(pub.Type()) {
		return false
	}
	hash, sum := hashOf(alg, text)
	return pub.Verify(string(hash), sum, sig) == nil
}
