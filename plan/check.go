package plan

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/keyceremony/ceremony/timestamp"
)

// A checker looks at the values of a plan. It knows no file: fail gets the
// path of a key and what is wrong with it.
type checker struct {
	plan *Plan
	skip map[string]bool // paths that need no second error
	fail func(path, message string)
}

// Check returns what is wrong with the values of a plan that was not read
// from a file; the errors have no position. A plan from Parse has none.
func (p *Plan) Check() Errors {
	var errs Errors
	c := &checker{plan: p, skip: map[string]bool{}, fail: func(path, message string) {
		errs = append(errs, Error{Key: path, Message: message})
	}}
	c.check()
	return errs
}

// bad reports the first error of a path.
func (c *checker) bad(path, format string, args ...any) {
	if !c.skip[path] {
		c.skip[path] = true
		c.fail(path, fmt.Sprintf(format, args...))
	}
}

// fine tells whether nothing was wrong with a path so far.
func (c *checker) fine(path string) bool { return !c.skip[path] }

func (c *checker) check() {
	c.top()
	c.program()
	c.vault()
	c.kek()
	c.hsm()
	c.keys()
	c.people()
	c.quorum()
	c.choice("transfer.kek", c.plan.Transfer.KEK, media...)
	c.choice("transfer.blob", c.plan.Transfer.Blob, media...)
	c.evidence()
	c.window()
	c.timeAuthority()
	c.workloads()
}

var (
	idForm    = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	asciiForm = regexp.MustCompile(`^[!-~]([ -~]*[!-~])?$`)
)

func (c *checker) top() {
	p := c.plan
	if p.Format != Format {
		c.bad("format", "is %d, wanted %d", p.Format, Format)
	}
	if n := len(p.ID); n < 3 || n > 40 || !idForm.MatchString(p.ID) {
		c.bad("id", "is %q, wanted 3 to 40 lower-case letters and digits, with single hyphens between them", p.ID)
	}
	c.text("name", p.Name, 80)
}

// gap begins what the template leaves to be filled in.
const gap = "FILL IN"

// text wants 1 to most characters.
func (c *checker) text(path, s string, most int) {
	switch n := len([]rune(s)); {
	case strings.HasPrefix(s, gap):
		c.bad(path, "is still to be filled in")
	case n == 0:
		c.bad(path, "is empty, wanted text")
	case n > most:
		c.bad(path, "has %d characters, wanted at most %d", n, most)
	case mixed(s) != "":
		c.bad(path, "%s, wanted one alphabet in a word", mixed(s))
	}
}

// ascii wants 1 to most printable ASCII characters: what an HSM stores.
func (c *checker) ascii(path, s string, most int) {
	c.text(path, s, most)
	if !asciiForm.MatchString(s) {
		c.bad(path, "is %q, wanted printable ASCII alone", s)
	}
}

// choice wants one of a few words.
func (c *checker) choice(path, s string, words ...string) {
	if !slices.Contains(words, s) {
		c.bad(path, "is %q, wanted %s", s, oneOf(words))
	}
}

// oneOf writes "a", "a or b", "a, b or c".
func oneOf(words []string) string {
	last := len(words) - 1
	if last == 0 {
		return words[0]
	}
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// unique reports the second of two equal values, with the place of the first.
type unique map[string]string

func (u unique) add(c *checker, path, value, what string) {
	if first, ok := u[value]; ok && value != "" {
		c.bad(path, "is the same %s as %s, wanted another", what, first)
		return
	}
	u[value] = path
}

func (c *checker) program() {
	const path = "program.sha256"
	if len(c.plan.Program.SHA256) == 0 {
		c.bad(path, "is empty, wanted the digest of at least one program")
	}
	seen := unique{}
	for i, d := range c.plan.Program.SHA256 {
		if d.String() == zeros {
			c.bad(path, "entry %d is all zeros, wanted the digest of a program", i+1)
		}
		if _, twice := seen[d.String()]; twice {
			c.bad(path, "entry %d is there a second time, wanted each digest once", i+1)
		}
		seen[d.String()] = path
	}
}

var zeros = strings.Repeat("0", 64)

// media lists how files may cross the gap, and wishes how much a piece of
// evidence is wanted.
var (
	media  = []string{USB, QR}
	wishes = []string{"required", "wanted", "none"}
)

func (c *checker) evidence() {
	e := c.plan.Evidence
	c.choice("evidence.attestation", e.Attestation, wishes...)
	c.choice("evidence.audit_log", e.AuditLog, wishes...)
	if !c.fine("vault.url") || !c.fine("vault.cloud") || !c.fine("vault.api") {
		return
	}
	if e.Attestation != "required" {
		return
	}
	switch {
	case !c.plan.Vault.ManagedHSM():
		c.bad("evidence.attestation", "is %q, but a Key Vault attests no key, wanted \"wanted\" or \"none\"", e.Attestation)
	case slices.Contains(unattested, c.plan.Vault.API):
		c.bad("evidence.attestation", "is %q, but api %s has no attestation, wanted vault.api 7.6 or later", e.Attestation, c.plan.Vault.API)
	case c.plan.Vault.OwnerRoot == "":
		c.bad("evidence.attestation", "is %q, but no owner's root is pinned, so that whose HSM it is cannot be told, wanted vault.owner_root too", e.Attestation)
	}
}

// maxWindow bounds the time between first and last moment: a slip in a year
// must not make a plan that holds for ever.
const maxWindow = 366 * 24 * time.Hour

func (c *checker) window() {
	t := c.plan.Time
	if !c.fine("time.not_before") || !c.fine("time.not_after") {
		return
	}
	switch d := t.NotAfter.Sub(t.NotBefore); {
	case t.NotBefore.Year() < 2020:
		c.bad("time.not_before", "is in the year %d, wanted 2020 or later", t.NotBefore.Year())
	case d <= 0:
		c.bad("time.not_after", "is not later than not_before, wanted a window of time")
	case d > maxWindow:
		c.bad("time.not_after", "is %d days after not_before, wanted at most 366", int(d.Hours()/24))
	}
}

// timeAuthority wants an address to ask, and the one certificate that makes an
// answer worth something.
func (c *checker) timeAuthority() {
	t := c.plan.Time
	if t.Authority == "" && t.Root == "" {
		return
	}
	u, err := url.Parse(t.Authority)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" || u.Scheme != "http" && u.Scheme != "https" {
		c.bad("time.authority", "is %q, wanted http://HOST/PATH or https://HOST/PATH", t.Authority)
		return
	}
	if _, err := timestamp.ParseRoot(t.Root); err != nil {
		c.bad("time.authority_root", "holds no certificate that can be read, wanted one certificate in PEM")
	}
}

func (c *checker) workloads() {
	names := unique{}
	for i, w := range c.plan.Workloads {
		path := element("workload", i)
		c.text(path+".name", w.Name, 80)
		names.add(c, path+".name", w.Name, "name")
		if !slices.ContainsFunc(c.plan.Keys, func(k Key) bool { return k.Name == w.Key }) {
			c.bad(path+".key", "is %q, wanted the name of a target key of this plan", w.Key)
		}
		c.choice(path+".kind", w.Kind, WorkloadKinds...)
		if w.Command != "" {
			c.text(path+".command", w.Command, 1000)
		}
	}
}
