package audit

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/durable"
)

func hashFile(f io.ReadSeeker) (digest.SHA256, error) {
	h := sha256.New()
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return digest.SHA256{}, err
	}
	_, err := io.Copy(h, io.LimitReader(f, MaxFile+1))
	return digest.SHA256(h.Sum(nil)), err
}

// names are all the names that a folder may have, beside its lock. WHO is a
// person's id, KEY a target key's name in the vault.
var names = regexp.MustCompile(`^(?:` + strings.Join([]string{
	`plan\.toml`, `plan\.toml\.[a-z0-9]{2,16}\.sig`, // WHO
	`script\.html`, `transcript\.html`, `allowed_signers`, `auditor-card\.txt`,
	logStem + `\.log`,
	statementForm + `(?:\.sig)?`,
	`kek\.publickey\.pem`, `kek\.json`, `kek\.attestation\.json`, `kek\.audit\.json`,
	`challenge(?:\.[0-9A-Za-z-]{1,127})?\.json`, `vault\.[0-9A-Za-z-]{1,127}\.json`, // KEY
	`[0-9A-Za-z-]{1,127}\.(?:pub\.pem|kcv|byok)`, // KEY
	`signoff\.[a-z0-9]{2,16}\.json`,
	`(?:PREPARE|OFFLINE|MANIFEST)\.sha256(?:\.[a-z0-9]{2,16}\.sig)?`,
	`(?:plan\.toml|(?:PREPARE|OFFLINE|MANIFEST)\.sha256)\.tsr`,
}, "|") + `)$`)

// folderNames wants plain files with known names, that stay apart on media
// which do not tell upper from lower case.
func (c *checker) folderNames(f *finding) {
	seen := map[string]string{}
	for _, e := range c.entries {
		switch folded := strings.ToLower(e.Name); {
		case e.Kind != durable.Regular:
			f.bad("%s is not a plain file", Visible(e.Name))
		case !names.MatchString(e.Name):
			f.bad("%s is not a name of a ceremony's file", Visible(e.Name))
		case seen[folded] != "":
			f.bad("%s and %s differ in case only", seen[folded], e.Name)
		default:
			seen[folded] = e.Name
		}
	}
}

// folderSizes wants no file to be larger than any that a ceremony makes. Such a
// one is not read.
func (c *checker) folderSizes(f *finding) {
	for _, name := range c.large {
		f.bad("%s has more than %d bytes, and was not read", name, MaxFile)
	}
}

// needed are the files that every complete ceremony has.
var needed = []string{"plan.toml", "allowed_signers", "online.log", "online.2.log", "offline.log", "kek.publickey.pem", "kek.json"}

// folderFiles wants what every complete ceremony has.
func (c *checker) folderFiles(f *finding) {
	for _, name := range needed {
		if _, ok := c.files[name]; !ok {
			f.lack("%s is not there", name)
		}
	}
	if !slices.ContainsFunc(c.entries, func(e durable.Entry) bool {
		return e.Name != "kek.publickey.pem" && (strings.HasSuffix(e.Name, ".pub.pem") || strings.HasSuffix(e.Name, ".kcv"))
	}) {
		f.lack("no target key's .pub.pem or .kcv is there")
	}
}

// planDigest wants the plan that the policy was drawn from, in the folder and
// in every log's first record.
func (c *checker) planDigest(f *finding) {
	if d, ok := c.files["plan.toml"]; ok && d != c.policy.Plan {
		f.bad("plan.toml is %s, not %s", d, c.policy.Plan)
	}
	var found places
	for _, l := range c.sortedLogs() {
		if !l.begun() {
			continue
		}
		if l.open.Plan != c.policy.Plan {
			found.add(fmt.Sprintf("plan.toml has the digest %s, and not %s as the plan of", c.policy.Plan, l.open.Plan), l.name)
		}
		if l.cer != c.policy.Ceremony || l.open.Mode != c.policy.Mode {
			found.add(fmt.Sprintf("plan.toml is of the ceremony %s (%s), and not %s (%s) as", c.policy.Ceremony, c.policy.Mode, Visible(l.cer), Visible(l.open.Mode)), l.name)
		}
	}
	found.tell(f)
}

// planSignatures wants a valid signature of everyone whom the policy names.
func (c *checker) planSignatures(f *finding) {
	signed := c.signatures(f, "plan.toml", PlanNamespace(c.policy.Mode), "")
	if signed[SealKeyID] {
		f.bad("the HSM signed the plan")
	}
	for _, who := range c.policy.PlanSigners {
		if !signed[who] {
			f.lack("no signature of %s on the plan", who)
		}
	}
}

// signatures verifies every NAME.WHO.sig over a file. With a side, people's
// keys of that side count; without, all. Several that are right but for the
// content make one finding: it is the file that is not as it was.
func (c *checker) signatures(f *finding, name, namespace, side string) map[string]bool {
	good, others := c.signers(f, name, namespace, side)
	if len(others) == 1 {
		f.bad("%s: %v", SignedName(name, others[0]), errContent)
	} else if len(others) > 1 {
		f.bad("%s is not what %s signed", name, and(others))
	}
	return good
}

// signers are those who signed a file, and those who signed another content.
func (c *checker) signers(f *finding, name, namespace, side string) (good map[string]bool, others []string) {
	good = map[string]bool{}
	for _, e := range c.entries {
		who, ok := signerOf(e.Name, name)
		if !ok {
			continue
		}
		p, known := c.policy.signers().Find(who)
		if !known {
			f.bad("%s is by nobody in the plan", Visible(e.Name))
			continue
		}
		keys := p.Keys
		if side != "" {
			keys = p.KeysAt(side)
		}
		switch err := c.verifySig(c.texts[e.Name], keys, namespace, c.texts[name]); {
		case errors.Is(err, errContent):
			others = append(others, who)
		case err != nil:
			f.bad("%s: %v", e.Name, err)
		default:
			good[who] = true
		}
	}
	return good, others
}

// signerOf takes WHO out of NAME.WHO.sig.
func signerOf(file, name string) (string, bool) {
	who, ok := strings.CutPrefix(file, name+".")
	if !ok {
		return "", false
	}
	return strings.CutSuffix(who, ".sig")
}

// rosterGenerated wants allowed_signers to be what the plan gives, so that
// stock tools trust the same keys as this program.
func (c *checker) rosterGenerated(f *finding) {
	b, ok := c.texts["allowed_signers"]
	if !ok {
		f.lack("allowed_signers is not there")
		return
	}
	if !bytes.Equal(b, c.policy.AllowedSigners()) {
		f.bad("allowed_signers is not what the plan gives")
	}
}

func (c *checker) anchorPlan(f *finding) {
	switch {
	case c.anchors.PlanCode == "":
		f.unchecked, f.note = true, "no code of the plan from outside the folder was given"
	case !c.policy.Plan.Matches(c.anchors.PlanCode):
		f.bad("the plan's code is %s, not the one given", c.policy.Plan.Code())
	}
}

// anchorHead compares a code from the sheets with the sealed heads of a side.
func (c *checker) anchorHead(f *finding, side string) {
	code := c.anchors.Heads[side]
	if code == "" {
		f.unchecked, f.note = true, "no code of this side's sealed head from outside the folder was given"
		return
	}
	var heads []string
	for _, l := range c.sortedLogs() {
		if l.name != side+".log" && LogSide(l.name) != side {
			continue
		}
		if l.err != nil {
			f.rest(l.unread(), "the head of %s cannot be compared with the code given", l.name)
			continue
		}
		if !l.closed() {
			continue
		}
		if l.head.SHA256.Matches(code) {
			f.note, f.rests = "head of "+l.name, nil
			return
		}
		heads = append(heads, l.name+" "+l.head.SHA256.Code())
	}
	switch {
	case len(f.rests) > 0:
	case len(heads) == 0:
		f.bad("no log of this side is sealed, to have the code given")
	default:
		f.bad("no sealed head has the code given: %s", list(heads))
	}
}
