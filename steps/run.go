package steps

import (
	"encoding/hex"
	"fmt"
	"io"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/hsm"
	"github.com/keyceremony/ceremony/keyvault"
	"github.com/keyceremony/ceremony/keyvault/attest"
	"github.com/keyceremony/ceremony/machine"
	"github.com/keyceremony/ceremony/plan"
)

// A Run is one step being done: the answers, what it gives, and what its
// checks look at. Steps see the ceremony only through it.
type Run struct {
	c     *Ceremony
	Stage Stage
	Step  *Step
	Key   *plan.Key // PerKey: the target key
	Mark  string    // recorded before the act
	Adopt bool      // the act happened before an interruption: read back only

	text   map[string]string
	secret map[string][]byte
	signed []audit.SignedBy
	gives  map[string]jsontext.Value
	files  []file
	links  []audit.Head
	saw    saw

	meanings map[string]string // of findings, by check
}

// saw is what Do read back, for the step's own checks.
type saw struct {
	vault   keyvault.Info
	key     keyvault.Key
	info    hsm.Info
	probe   hsm.Capability
	target  hsm.Key
	kek     digest.SHA256
	got     *received
	blob    []byte
	foreign []string
	proof   error
	clean   hsm.Cleaned
	trusted hsm.Trusted
	machine machine.Report
	time    Finding // whether there is a time-stamp token

	attested, logged []attest.Finding
}

type file struct {
	name string
	data []byte
}

// Plan is the ceremony's plan.
func (r *Run) Plan() *plan.Plan { return r.c.plan }

// Answer is what people entered in a field, "" if they left it out.
func (r *Run) Answer(name string) string { return r.text[name] }

// Each lists the answers given to a field that is asked of several people or
// for several keys, by person or key.
func (r *Run) Each(name string) map[string]string {
	out := map[string]string{}
	for f, v := range r.text {
		if len(f) > len(name)+1 && f[:len(name)+1] == name+"." {
			out[f[len(name)+1:]] = v
		}
	}
	return out
}

// File keeps a file for the ceremony folder. It is written once the checks of
// class stop hold, before the step's end is recorded.
func (r *Run) File(name string, data []byte) { r.files = append(r.files, file{name, data}) }

// Link records a head of the other side's log that this step received.
func (r *Run) Link(h audit.Head) { r.links = append(r.links, h) }

// random returns n bytes as hex.
func (r *Run) random(n int) string {
	b := make([]byte, n)
	if _, err := io.ReadFull(r.c.world.Rand, b); err != nil {
		panic(fmt.Sprintf("steps: internal error: no randomness: %v", err))
	}
	return hex.EncodeToString(b)
}

// vault is the vault that somebody signed in to in this process.
func (r *Run) vault() keyvault.Vault { return r.c.vault }

// token is the HSM that is connected in this process.
func (r *Run) token() hsm.Token { return r.c.token }

// tag marks what this ceremony makes in the vault.
func (r *Run) tag() string {
	t := fmt.Sprintf("%s/%s/%d/%s", r.c.plan.ID, r.c.state.run, r.c.state.attempt, r.Step.ID)
	if r.Key != nil {
		t += "/" + r.Key.Name
	}
	return t
}

// tags is the tag as the vault keeps it.
func (r *Run) tags() map[string]string { return map[string]string{tagName: r.Mark} }

const tagName = "ceremony"
