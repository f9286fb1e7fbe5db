package audit

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/keyceremony/ceremony/digest"
)

func isBlob(name string) bool { return strings.HasSuffix(name, ".byok") }

// sealed are the least files that each seal must list.
var sealed = map[string][]string{
	SealPrepare: {"plan.toml", "allowed_signers", "online.log", "kek.publickey.pem", "kek.json"},
	SealOffline: {"plan.toml", "allowed_signers", "online.log", "offline.log", "kek.publickey.pem", "kek.json"},
	SealFinal:   {"plan.toml", "allowed_signers", "online.log", "offline.log", "online.2.log"},
}

// seals has the machine at which people sign each seal, the stage at whose end,
// and the rule that wants it.
var seals = map[string]struct{ side, stage, rule string }{
	SealPrepare: {"online", "prepare", "seal.prepare"},
	SealOffline: {"offline", "wrap", "seal.offline"},
	SealFinal:   {"online", "import", "seal.final"},
}

// manifests reads those that are there.
func (c *checker) manifests(f *finding) map[string]Manifest {
	out := map[string]Manifest{}
	for _, seal := range slices.Sorted(maps.Keys(sealed)) {
		if _, ok := c.texts[seal]; !ok {
			f.lack("%s is not there", seal)
			continue
		}
		m, err := c.manifestOf(seal)
		if err != nil {
			f.bad("%s: %v", seal, err)
			continue
		}
		out[seal] = m
	}
	return out
}

// manifestOf parses a manifest once for all rules.
func (c *checker) manifestOf(seal string) (Manifest, error) {
	if m, ok := c.lists[seal]; ok {
		return m, nil
	}
	m, err := ParseManifest(c.texts[seal])
	if err == nil {
		c.lists[seal] = m
	}
	return m, err
}

// manifestForm wants three manifests that sha256sum reads, each with what it
// must list; the last lists every file but itself, its signatures, blobs, and
// what is drawn from the record.
func (c *checker) manifestForm(f *finding) {
	for seal, m := range c.manifests(f) {
		for _, name := range sealed[seal] {
			if _, ok := m.Find(name); !ok {
				f.lack("%s does not list %s", seal, name)
			}
		}
		for _, file := range m {
			if isBlob(file.Name) || Derived(file.Name) || file.Name == seal || strings.HasPrefix(file.Name, seal+".") {
				f.bad("%s lists %s", seal, file.Name)
			}
		}
		if seal != SealFinal {
			continue
		}
		for _, e := range c.entries {
			_, listed := m.Find(e.Name)
			if !listed && !isBlob(e.Name) && !Derived(e.Name) && e.Name != seal && !strings.HasPrefix(e.Name, seal+".") {
				f.bad("%s does not list %s", seal, Visible(e.Name))
			}
		}
	}
	slices.Sort(f.wrong)
	slices.Sort(f.lacking)
}

// manifestFiles wants every file to be as it was sealed.
func (c *checker) manifestFiles(f *finding) {
	var found places
	lists := c.manifests(&finding{})
	for _, seal := range slices.Sorted(maps.Keys(lists)) {
		unsealed := sync.OnceValue(func() bool { return c.unsealed(seal) })
		for _, file := range lists[seal] {
			switch d, ok := c.files[file.Name]; {
			case !ok:
				found.add(file.Name+" is not there, and is listed in", seal)
			case d != file.SHA256 && c.vouched(seal, file.Name, d) && unsealed():
				f.rest(seal+", which is not what was signed: see "+seals[seal].rule, "%s has another digest of %s than is vouched for", seal, file.Name)
			case d != file.SHA256:
				found.add(file.Name+" is not as it was sealed in", seal)
			}
		}
	}
	found.tell(f)
	slices.Sort(f.wrong)
}

// A claim is that a file has a digest.
type claim struct {
	name string
	sum  digest.SHA256
}

// vouched reports whether a record or a seal, but for the one log or seal that
// is named, has a file as it is.
func (c *checker) vouched(but, name string, d digest.SHA256) bool {
	if c.claims == nil {
		c.claims = c.allClaims()
	}
	by := c.claims[claim{name, d}]
	return by != "" && by != but
}

// several stands for more than one log or seal.
const several = "*"

// allClaims are those of all seals and of all logs that can be read, with the
// one that makes each.
func (c *checker) allClaims() map[claim]string {
	all := map[claim]string{}
	add := func(by, name string, d digest.SHA256) {
		if was := all[claim{name, d}]; was != "" && was != by {
			by = several
		}
		all[claim{name, d}] = by
	}
	for seal, m := range c.manifests(&finding{}) {
		for _, file := range m {
			add(seal, file.Name, file.SHA256)
		}
	}
	for _, l := range c.logs {
		if l.err != nil {
			continue
		}
		for _, file := range l.files {
			add(l.name, file.Name, file.SHA256)
		}
		for _, s := range l.signed {
			add(l.name, s.File, s.SHA256)
			add(l.name, SigName(s.File), s.Sig)
		}
	}
	return all
}

// unsealed reports whether there are signatures on a seal, and all are over
// other content: it is the manifest that is not as it was.
func (c *checker) unsealed(seal string) bool {
	good, others := c.signers(&finding{}, seal, SealNamespace(seal, c.policy.Mode), seals[seal].side)
	return len(good) == 0 && len(others) > 1
}

// seal wants the quorum of each role, and the HSM's own signature on the
// offline seal where the plan names a key for it.
func (c *checker) seal(f *finding, seal string) {
	if _, ok := c.texts[seal]; !ok {
		f.lack("%s is not there", seal)
		return
	}
	signed := c.signatures(f, seal, SealNamespace(seal, c.policy.Mode), seals[seal].side)
	if seal == SealOffline && c.policy.SealKey != nil && !signed[SealKeyID] {
		f.lack("the HSM has not signed %s", seal)
	}
	if seal != SealOffline && signed[SealKeyID] {
		f.bad("the HSM signed %s", seal)
	}
	c.quorum(f, signed)
	f.note = "signed by " + strings.Join(slices.Sorted(maps.Keys(signed)), ", ")
	if absent := c.unsigned(seals[seal].stage, signed); len(absent) > 0 {
		f.note += "; not by " + strings.Join(absent, ", ") + ", who signed in"
	}
}

// unsigned lists those who signed in for a stage and not its seal: beyond the
// quorum nothing else tells that a signature was there once.
func (c *checker) unsigned(stage string, signed map[string]bool) []string {
	absent := map[string]bool{}
	for _, l := range c.logs {
		for _, s := range l.signed {
			if s.stage == stage && s.Action == ActionSignIn && !signed[s.Person] {
				absent[Visible(s.Person)] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(absent))
}

// quorum counts people by role; nobody counts twice.
func (c *checker) quorum(f *finding, signed map[string]bool) {
	have := map[string]int{}
	for who := range signed {
		if p, ok := c.policy.Roster.Find(who); ok {
			have[p.Role]++
		}
	}
	for _, role := range slices.Sorted(maps.Keys(c.policy.Quorum)) {
		if n := c.policy.Quorum[role]; have[role] < n {
			f.lack("%d of %d signatures for the role %s", have[role], n, role)
		}
	}
}
