package steps

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/machine"
	"github.com/keyceremony/ceremony/plan"
	"github.com/keyceremony/ceremony/transfer"
)

// This file has what crosses the gap, in both directions: a bundle that holds
// one side's sealed log and the files that the seal vouches for.

var (
	carryKEK  = &Carry{From: Prepare, Seal: sealPrepare, Planned: func(p *plan.Plan) string { return p.Transfer.KEK }}
	carryBlob = &Carry{From: Wrap, Seal: sealOffline, Planned: func(p *plan.Plan) string { return p.Transfer.Blob }}
)

var mediumFields = []Field{
	{Name: "medium", Label: "Where the medium is mounted", Kind: Folder, Way: plan.USB},
	{Name: "bag", Label: "Number of the tamper-evident bag", Kind: Text, Example: "0042", Way: plan.USB},
}

// sendFields and takeFields are what is asked where a bundle goes, and where
// it comes.
var (
	sendFields = slices.Concat([]Field{instead, {Name: "codes", Label: "The codes, for the other machine's camera", Kind: Send, Way: plan.QR}}, mediumFields)
	takeFields = slices.Concat([]Field{instead, {Name: "codes", Label: "The codes on the other machine's screen", Kind: Receive, Way: plan.QR}}, mediumFields, []Field{wordField})
)

var stepKEKExport = &Step{
	ID: "kek.export", Title: "Hand over the KEK bundle", Act: "Hand over",
	Say: "The KEK's public half and the sealed log go onto a fresh medium. " +
		"Everything is written, read back and compared. " +
		"Put the medium into a tamper-evident bag and write down its number.",
	Codes: "The KEK's public half and the sealed log are shown as codes on this screen, again and again, until the offline machine's camera has them all. " +
		"It then asks for two of the eight words beside the codes: read them out.",
	Acts: []Role{operator}, Watches: []Role{internalWitness},
	Ask: sendFields, Needs: []Key{factKID.Key}, Carry: carryKEK,
	Do: func(ctx context.Context, r *Run) error {
		if err := export(ctx, r); err != nil {
			return err
		}
		stamped(ctx, r, sealPrepare.Manifest, r.c.have(sealPrepare.Manifest))
		return nil
	},
	Checks: []Check{
		{ID: "transfer.way", Class: Exception, See: seeWay},
		{ID: "medium.fresh", Class: Exception, When: byMedium, See: seeFresh},
		checkTime(Prepare),
	},
}

var stepBlobExport = &Step{
	ID: "blob.export", Title: "Hand over the blob bundle", Act: "Hand over",
	Say: "The key transfer blobs and the sealed log go onto a second, fresh medium. " +
		"Everything is written, read back and compared. " +
		"Put the medium into a tamper-evident bag and write down its number.",
	Codes: "The key transfer blobs and the sealed log are shown as codes on this screen, again and again, until the online machine's camera has them all. " +
		"It then asks for two of the eight words beside the codes: read them out.",
	Acts: []Role{operator}, Watches: []Role{internalWitness},
	Ask: sendFields, Needs: []Key{factKID.Key}, Carry: carryBlob,
	Do: export,
	// The log that this stands in stays here, so that nobody would read of an
	// exception: the same checks at the other machine ask for one.
	Checks: []Check{
		{ID: "transfer.way", Class: Note, See: seeWay},
		{ID: "medium.fresh", Class: Note, When: byMedium, See: seeFresh},
	},
}

// seeFresh names what else lies on the medium that goes across the gap.
func seeFresh(_ context.Context, r *Run) Finding {
	return holds(len(r.saw.foreign) == 0, "also there: "+orNone(r.saw.foreign), "nothing else on the medium")
}

// export writes the bundle and records the medium that it went to. One that
// was shown as codes is on the other machine, as far as this one can know.
func export(_ context.Context, r *Run) error {
	if !byMedium(r) {
		return nil
	}
	done, err := r.c.export(r.Answer("medium"), r.Step.Carry)
	r.saw.foreign = done.Foreign
	if err == nil {
		factMedium.at(r.Step.ID).Put(r, volume(r.Answer("medium")))
	}
	return err
}

// ExportAgain writes the sealed bundle once more, as when a medium was lost.
// Nothing is wrapped or signed, and the transcript does not change.
func (c *Ceremony) ExportAgain(medium string) (transfer.Written, error) {
	carry, err := c.sent()
	if err != nil {
		return transfer.Written{}, err
	}
	return c.export(medium, carry)
}

// sent is what this side sends, once it is sealed.
func (c *Ceremony) sent() (*Carry, error) {
	carry := carryKEK
	if c.side == "offline" {
		carry = carryBlob
	}
	for _, e := range c.list {
		if e.step.Seal == carry.Seal && !c.over(e) {
			return nil, ErrNotSealed
		}
	}
	return carry, nil
}

// volume is what the system says of a medium; a machine may not know it.
func volume(medium string) mediumFact {
	v, err := machine.VolumeOf(medium)
	if err != nil {
		return mediumFact{Unknown: err.Error()}
	}
	return mediumFact{Label: v.Label, Serial: v.Serial}
}

// export writes the files that a seal vouches for.
func (c *Ceremony) export(medium string, carry *Carry) (transfer.Written, error) {
	h, files, err := c.bundle(carry)
	if err != nil {
		return transfer.Written{}, err
	}
	return transfer.Write(medium, h, files)
}

// bundle is what crosses the gap, whichever way.
func (c *Ceremony) bundle(carry *Carry) (transfer.Header, map[string][]byte, error) {
	log := c.side + ".log"
	head, err := audit.ReadLog(c.have(log), log, func(audit.Record) error { return nil })
	if err != nil {
		return transfer.Header{}, nil, err
	}
	files, err := c.sealedFiles(carry.Seal)
	return transfer.Header{
		Ceremony: c.plan.ID, Run: c.state.run, Mode: c.plan.Mode(), From: string(carry.From), Attempt: c.state.attempt, Head: head,
	}, files, err
}

// sealedFiles reads the manifest, its signatures, all that it lists, and the
// key transfer blobs, which the log has by digest.
func (c *Ceremony) sealedFiles(seal *Seal) (map[string][]byte, error) {
	entries, err := c.dir.Names()
	if err != nil {
		return nil, err
	}
	m, err := audit.ParseManifest(c.have(seal.Manifest))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", seal.Manifest, err)
	}
	files := map[string][]byte{}
	for _, e := range entries {
		if !vouched(m, seal, e.Name) {
			continue
		}
		if files[e.Name], err = c.dir.Read(e.Name, audit.MaxFile); err != nil {
			return nil, err
		}
	}
	return files, nil
}

func vouched(m audit.Manifest, seal *Seal, name string) bool {
	return name == seal.Manifest || strings.HasPrefix(name, seal.Manifest+".") && strings.HasSuffix(name, ".sig") || strings.HasSuffix(name, ".byok") ||
		slices.ContainsFunc(m, func(f audit.File) bool { return f.Name == name })
}

// received is what a bundle holds once it was read: its files, and the state
// to which the other side's sealed log folds.
type received struct {
	bundle   transfer.Bundle
	manifest audit.Manifest
	head     audit.Head
	state    state
	closed   bool
	err      error // why the log or the manifest cannot be read
}

// takeBundle reads a bundle and takes over its files and facts. Whether they may
// be believed is for the checks; nothing is written before they hold.
func takeBundle(r *Run, facts func(Key) bool) error {
	b, err := r.fetch(r.Step.Carry)
	if err != nil {
		return err
	}
	got := &received{bundle: b}
	r.saw.got = got
	log := r.Step.Carry.From.Side() + ".log"
	got.state = newState()
	got.head, got.err = audit.ReadLog(b.Files[log], log, got.state.add)
	got.closed = got.state.frozen
	if got.err == nil {
		got.manifest, got.err = audit.ParseManifest(b.Files[r.Step.Carry.Seal.Manifest])
	}
	if got.err != nil {
		return nil //nolint:nilerr // bundle.log is the check that says so
	}
	for name, data := range b.Files {
		r.File(name, data)
	}
	slices.SortFunc(r.files, func(a, b file) int { return strings.Compare(a.name, b.name) })
	for k, v := range got.state.facts {
		if facts(Key(k)) {
			r.gives[k] = v
		}
	}
	r.Link(got.head)
	if byMedium(r) {
		factMedium.at(r.Step.ID).Put(r, volume(r.Answer("medium")))
	}
	return nil
}

// fetch reads the bundle, from the medium or from the codes that were taken.
func (r *Run) fetch(carry *Carry) (transfer.Bundle, error) {
	want := transfer.Want{Ceremony: r.c.plan.ID, Mode: r.c.plan.Mode(), From: string(carry.From)}
	if byMedium(r) {
		return transfer.Read(r.Answer("medium"), want)
	}
	g, err := r.c.Receiving()
	if err != nil {
		return transfer.Bundle{}, err
	}
	m, err := g.Message()
	if err != nil {
		return transfer.Bundle{}, err
	}
	return transfer.Unpack(m.Files(), want)
}

// bundleChecks are the checks of a bundle, for either direction.
func bundleChecks(carry *Carry) []Check {
	from, seal := carry.From, carry.Seal
	return []Check{
		{ID: "transfer.way", Class: Exception, See: seeWay},
		{ID: "transfer.words", Class: Stop, When: byCodes, See: seeWords},
		{ID: "bundle.plan", Class: Stop, See: seeBundlePlan},
		{ID: "bundle.log", Class: Stop, See: seeBundleLog},
		{ID: "bundle.seal", Class: Stop, See: func(_ context.Context, r *Run) Finding { return seeBundleSeal(r, from, seal) }},
		{ID: "bundle.files", Class: Stop, See: func(_ context.Context, r *Run) Finding { return seeBundleFiles(r, from, seal) }},
		{ID: "bundle.head", Class: Stop, See: seeBundleHead},
		{ID: "bundle.run", Class: Stop, See: seeBundleRun},
		{ID: "bundle.foreign", Class: Exception, When: byMedium, See: seeForeign},
	}
}

func seeBundlePlan(_ context.Context, r *Run) Finding {
	found := digest.Of(r.saw.got.bundle.Files["plan.toml"])
	return want(found.String(), r.c.plan.SHA256().String())
}

func seeBundleLog(_ context.Context, r *Run) Finding {
	got := r.saw.got
	switch {
	case got.err != nil:
		return holds(false, got.err.Error(), "a whole log, closed")
	case !got.closed:
		return holds(false, "a log that was not closed", "a whole log, closed")
	}
	return holds(true, fmt.Sprintf("%d records, closed", got.head.Seq+1), "a whole log, closed")
}

func seeBundleSeal(r *Run, from Stage, seal *Seal) Finding {
	files, ns := r.saw.got.bundle.Files, audit.SealNamespace(seal.Name, r.c.plan.Mode())
	var valid, invalid []string
	for who, keys := range r.c.sealKeys(from) {
		sig := files[audit.SignedName(seal.Manifest, who)]
		switch {
		case sig == nil:
		case audit.VerifySig(sig, keys, ns, files[seal.Manifest]) == nil:
			valid = append(valid, who)
		default:
			invalid = append(invalid, who)
		}
	}
	slices.Sort(valid)
	slices.Sort(invalid)
	ok := len(invalid) == 0 && r.c.enoughRoles(r.Step.ID, r.c.plan.Policy().Quorum, valid) == nil
	found := "valid signatures of " + orNone(valid)
	if len(invalid) > 0 {
		found += "; invalid ones of " + strings.Join(invalid, ", ")
	}
	return holds(ok, found, "the quorum of each role in the plan, and no invalid one")
}

// sealKeys are the keys of those who may seal a stage: the people of the plan,
// and the HSM where the plan names its key.
func (c *Ceremony) sealKeys(stage Stage) map[string][]ssh.PublicKey {
	out := map[string][]ssh.PublicKey{}
	for _, p := range c.plan.People {
		out[p.ID] = c.onRoster(p.ID).KeysAt(stage.Side())
	}
	if key := c.plan.Policy().SealKey; key != nil && stage == Wrap {
		out[audit.SealKeyID] = []ssh.PublicKey{key}
	}
	return out
}

func orNone(list []string) string {
	if len(list) == 0 {
		return "none"
	}
	return strings.Join(list, ", ")
}

// seeBundleFiles wants every file vouched for: by the manifest, or by a digest
// in the sealed log where it is a blob. The seal itself is for bundle.seal.
func seeBundleFiles(r *Run, from Stage, seal *Seal) Finding {
	got := r.saw.got
	wanted := "every file listed in " + seal.Manifest + ", with its digest"
	sums, own := blobSums(r, got), map[string]bool{seal.Manifest: true}
	for who := range r.c.sealKeys(from) {
		own[audit.SignedName(seal.Manifest, who)] = true
	}
	for _, f := range got.manifest {
		sums[f.Name] = f.SHA256
	}
	var wrong []string
	for name, data := range got.bundle.Files {
		if !own[name] && sums[name] != digest.Of(data) {
			wrong = append(wrong, name)
		}
		delete(sums, name)
	}
	for name := range sums {
		wrong = append(wrong, name+" (missing)")
	}
	slices.Sort(wrong)
	if len(wrong) > 0 {
		return holds(false, "not as sealed: "+strings.Join(wrong, ", "), wanted)
	}
	return holds(true, fmt.Sprintf("%d files as sealed", len(got.bundle.Files)), wanted)
}

func blobSums(r *Run, got *received) map[string]digest.SHA256 {
	out := map[string]digest.SHA256{}
	other := &Run{c: &Ceremony{state: got.state}}
	for _, k := range r.c.plan.Keys {
		if f := factBlob.of(k.Name); f.Has(other) {
			out[k.Name+".byok"] = f.Get(other)
		}
	}
	return out
}

func seeBundleHead(_ context.Context, r *Run) Finding {
	wanted := "the code of the sealed head"
	if !r.saw.got.head.SHA256.Matches(r.Answer("head")) {
		return holds(false, "another code was typed", wanted)
	}
	return holds(true, "the code typed is that of the head", wanted)
}

// seeBundleRun wants the run of this ceremony. In the HSM room it is learnt
// here; back at the online machine it must be ours, and the offline log must
// name the head that we had sent.
func seeBundleRun(_ context.Context, r *Run) Finding {
	got := r.saw.got
	if r.c.side == "offline" {
		return holds(got.state.run != "-", "run "+got.state.run, "a run")
	}
	mine, err := audit.ReadLog(r.c.have("online.log"), "online.log", func(audit.Record) error { return nil })
	if err != nil {
		return unseen(err.Error(), "the head that was sent")
	}
	other := &Run{c: &Ceremony{state: got.state}}
	if !factSheet.Has(other) {
		return holds(false, "the offline log names no head of ours", "run "+r.c.state.run+" and the head that was sent")
	}
	head := factSheet.Get(other)
	ok := got.state.run == r.c.state.run && head == mine.SHA256
	return holds(ok, fmt.Sprintf("run %s, head %s", got.state.run, head.Code()), fmt.Sprintf("run %s, head %s", r.c.state.run, mine.SHA256.Code()))
}

func seeForeign(_ context.Context, r *Run) Finding {
	if f := r.saw.got.bundle.Foreign; len(f) > 0 {
		return holds(false, "also there: "+strings.Join(f, ", "), "nothing else on the medium")
	}
	return holds(true, "nothing else on the medium", "nothing else on the medium")
}
