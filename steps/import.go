package steps

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/byok"
	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/keyvault"
	"github.com/keyceremony/ceremony/plan"
)

// importSteps is the stage import, at the online machine.
var importSteps = []*Step{
	stepOpen, stepSignIn, stepClock, stepVault, stepBlobReceive, stepImport, stepReadback, stepTargetCode,
	stepRetire, stepWorkload, stepFinalSeal,
}

var stepBlobReceive = &Step{
	ID: "blob.receive", Title: "Receive the blobs", Act: "The keys",
	Say: "The bundle is read from the medium, once, and checked before anything is kept: " +
		"the plan, the seal of the HSM room, both logs' links, every file's digest, and each blob by the same lint as there. " +
		"The internal witness types the code of the offline head from the sheet.",
	Acts: []Role{operator}, Watches: []Role{internalWitness},
	Codes: "Hold the camera to the codes on the offline machine's screen. Any order will do, and nothing is lost by looking away. " +
		"When all parts are there, two of the words beside the codes are typed here, and the internal witness types the code of the offline head from the sheet. " +
		"Everything is checked before anything is kept.",
	Carry: carryBlob,
	Ask: append(slices.Clone(takeFields),
		Field{Name: "head", Label: "The code of the offline head, from the witness's sheet", Kind: Code, Blind: true, Whose: internalWitness}),
	Needs: []Key{factKID.Key, factKEKSum.Key, factExpires.Key, factOffset.Key},
	Gives: []Key{factTarget.Key, factBlob.Key, factTask.Key},
	Do: func(ctx context.Context, r *Run) error {
		err := takeBundle(r, func(k Key) bool {
			return hasAnyPrefix(string(k), "target/", "blob/", "challenge/", "hsm.")
		})
		if err == nil {
			factOffline.Put(r, sideFact{r.saw.got.state.excused, r.saw.got.state.missing})
			stamped(ctx, r, sealOffline.Manifest, r.saw.got.bundle.Files[sealOffline.Manifest])
		}
		return err
	},
	Checks: append(bundleChecks(carryBlob),
		Check{ID: "bundle.keys", Class: Stop, See: seeBundleKeys},
		Check{ID: "bundle.lint", Class: Stop, See: seeBundleLint},
		Check{ID: "kek.life", Class: Stop, See: seeKEKLife}, checkTime(Import)),
}

func hasAnyPrefix(s string, prefixes ...string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(s, p) })
}

// seeBundleKeys wants a blob and what was recorded of it for every key of the
// plan.
func seeBundleKeys(_ context.Context, r *Run) Finding {
	var missing []string
	for _, k := range r.openKeys() {
		file := r.saw.got.bundle.Files[k.Name+".byok"]
		blob := factBlob.of(k.Name)
		if !blob.Has(r) || !factTarget.of(k.Name).Has(r) || !factTask.of(k.Name).Has(r) || blob.Get(r) != digest.Of(file) {
			missing = append(missing, k.Name)
		}
	}
	return holds(len(missing) == 0, "missing or different: "+orNone(missing), "a recorded blob for every key of the plan")
}

func seeBundleLint(ctx context.Context, r *Run) Finding {
	for _, k := range r.openKeys() {
		one := *r
		one.Key, one.saw.blob = &k, r.saw.got.bundle.Files[k.Name+".byok"]
		if f := seeLint(ctx, &one); !f.OK {
			f.Found = k.Name + ": " + f.Found
			return f
		}
	}
	return holds(true, counting(len(r.openKeys()), "blob"), "every check of the lint holds")
}

var stepImport = &Step{
	ID: "target.import", Title: "Import the target keys", Act: "The keys", PerKey: true, WhenKey: isOpen,
	Say: "Each blob is sent to the vault, which unwraps it with the KEK inside its HSM. " +
		"The name must be free, or its latest version must be the planned one. " +
		"Afterwards the vault must have exactly one version more, and it must be ours.",
	Acts: []Role{operator}, Approves: []Role{operator, cryptoOfficer, internalWitness}, Watches: []Role{internalWitness},
	Needs: []Key{sessionVault, factKID.Key, factKEKSum.Key, factBlob.Key, factTarget.Key}, Gives: []Key{factImport.Key},
	Mark: (*Run).tag,
	Do:   importTarget,
	Look: func(ctx context.Context, r *Run) (int, error) {
		versions, _, err := marked(ctx, r, r.Key.Name)
		return len(versions), err
	},
	Checks: []Check{
		{ID: "kek.unchanged", Class: Stop, Before: true, See: seeKEKUnchanged},
		{ID: "target.blob", Class: Stop, Before: true, See: seeReceivedBlob},
		{ID: "target.name-free", Class: Stop, Before: true, See: seeTargetName},
		{ID: "target.one-version", Class: Stop, See: seeOneImport},
	},
}

func importTarget(ctx context.Context, r *Run) error {
	if r.Adopt {
		version, err := adopted(ctx, r, r.Key.Name)
		if err != nil {
			return err
		}
		return keepImport(ctx, r, version)
	}
	key, err := r.vault().Import(ctx, r.Key.Name, keyvault.ImportParams{
		Type: r.Key.KeyType(), Ops: r.Key.Ops, Blob: receivedBlob(r), Tags: r.tags(),
	})
	if err != nil {
		return err
	}
	return keepImport(ctx, r, key.Version)
}

func keepImport(ctx context.Context, r *Run, version string) error {
	key, err := r.vault().Get(ctx, r.Key.Name, version)
	if err != nil {
		return err
	}
	factImport.of(r.Key.Name).Put(r, imported{KID: key.KID, Version: key.Version})
	return nil
}

// seeKEKUnchanged wants the KEK to be what it was when it was read back, days
// ago: who may change it in the vault could let it decrypt meanwhile, and a copy
// of a blob is then the target key.
func seeKEKUnchanged(ctx context.Context, r *Run) Finding {
	wanted := "imports and nothing else, and stays in the vault, as when it was read back"
	id, err := byok.ParseKID(factKID.Get(r))
	if err != nil {
		return unseen(err.Error(), wanted)
	}
	key, err := r.vault().Get(ctx, id.Name, id.Version)
	if err != nil {
		return unseen(Explain(err).Title, wanted)
	}
	var changed []string
	for _, f := range []Finding{
		want(key.KID, factKID.Get(r)), want(key.Kty, "RSA-HSM"), sameOps(key.Ops, []string{"import"}),
		want(exportable(key), "not exportable"), want(release(key), "no release policy"),
	} {
		if !f.OK {
			changed = append(changed, f.Found)
		}
	}
	if key.Public == nil || key.Public.SHA256() != factKEKSum.Get(r) {
		changed = append(changed, "another public half")
	}
	return holds(len(changed) == 0, "changed: "+orNone(changed), wanted)
}

// seeReceivedBlob wants nobody to have exchanged the blob in the folder since
// it was received.
func seeReceivedBlob(_ context.Context, r *Run) Finding {
	return want(digest.Of(receivedBlob(r)).String(), factBlob.of(r.Key.Name).Get(r).String())
}

// receivedBlob reads the blob of the folder, once: what was looked at is sent.
func receivedBlob(r *Run) []byte {
	if r.saw.blob == nil {
		r.saw.blob = r.c.have(r.Key.Name + ".byok")
	}
	return r.saw.blob
}

// seeTargetName wants the name free, or, to rotate, the planned version to be
// the latest.
func seeTargetName(ctx context.Context, r *Run) Finding {
	if r.Key.Rotate == "" {
		return nameFree(ctx, r, r.Key.Name)
	}
	key, err := r.vault().Get(ctx, r.Key.Name, "")
	if err != nil {
		return unseen(Explain(err).Title, r.Key.Rotate)
	}
	return want(key.KID, r.Key.Rotate)
}

func seeOneImport(ctx context.Context, r *Run) Finding {
	versions, all, err := marked(ctx, r, r.Key.Name)
	if err != nil {
		return unseen(Explain(err).Title, "one version, made by this step")
	}
	if r.Key.Rotate != "" {
		return want(fmt.Sprintf("%d made by this step", len(versions)), "1 made by this step")
	}
	return want(counting(all, "version")+fmt.Sprintf(", %d made by this step", len(versions)), "1 version, 1 made by this step")
}

var stepReadback = &Step{
	ID: "target.readback", Title: "Prove the imported keys", Act: "The keys", PerKey: true, WhenKey: isUnproved,
	Say: "The vault is asked for each key again: its public half must be the one recorded in the HSM room, and it may do what is planned and no more. " +
		"Then the vault answers the challenge that was made in the HSM room, and the answer is verified with what was recorded there.",
	Acts: []Role{operator}, Watches: []Role{internalWitness},
	Needs: []Key{sessionVault, factImport.Key, factTarget.Key, factTask.Key}, Gives: []Key{factProof.Key},
	Do: readback,
	Checks: []Check{
		{ID: "target.same-public", Class: Stop, See: seeSamePublic},
		{ID: "target.kty", Class: Stop, See: func(_ context.Context, r *Run) Finding { return want(r.saw.key.Kty, r.Key.KeyType().Kty()) }},
		{ID: "target.ops", Class: Exception, See: func(_ context.Context, r *Run) Finding { return sameOps(r.saw.key.Ops, r.Key.Ops) }},
		{ID: "target.enabled", Class: Exception, See: func(_ context.Context, r *Run) Finding { return want(fmt.Sprint(r.saw.key.Enabled), "true") }},
		{ID: "target.not-exportable", Class: Stop, See: func(_ context.Context, r *Run) Finding { return want(exportable(r.saw.key), "not exportable") }},
		{ID: "target.no-release-policy", Class: Stop, See: func(_ context.Context, r *Run) Finding { return want(release(r.saw.key), "no release policy") }},
		{ID: "target.proof", Class: Stop, See: seeProof},
		{ID: "target.proof-available", Class: Note, See: func(_ context.Context, r *Run) Finding {
			wanted := "an answer of the vault"
			if errors.Is(r.saw.proof, errNoProof) {
				return unseen(errNoProof.Error(), wanted)
			}
			return holds(r.saw.proof == nil, said(r.saw.proof, "answered"), wanted)
		}},
	},
}

func readback(ctx context.Context, r *Run) error {
	at := factImport.of(r.Key.Name).Get(r)
	key, err := r.vault().Get(ctx, r.Key.Name, at.Version)
	if err != nil {
		return err
	}
	r.saw.key = key
	answer, err := factTask.of(r.Key.Name).Get(r).prove(ctx, r.vault(), r.Key.Name, at.Version, factTarget.of(r.Key.Name).Get(r).Public)
	var service *keyvault.Problem
	if errors.As(err, &service) {
		return err
	}
	r.saw.proof = err
	factProof.of(r.Key.Name).Put(r, answer)
	r.File("vault."+r.Key.Name+".json", pretty(key))
	return nil
}

func seeSamePublic(_ context.Context, r *Run) Finding {
	target := factTarget.of(r.Key.Name).Get(r)
	switch {
	case target.Public == nil && r.saw.key.Public == nil:
		return holds(true, "a secret key: it has no public half", "as recorded in the HSM room")
	case target.Public == nil || r.saw.key.Public == nil:
		return holds(false, "one side has a public half and the other has none", "as recorded in the HSM room")
	}
	return want(r.saw.key.Public.SHA256().String(), target.Public.SHA256().String())
}

// seeProof fails on a wrong answer; that no proof is possible is said by
// target.proof-available.
func seeProof(_ context.Context, r *Run) Finding {
	wanted := "the answer of the key in the HSM"
	if errors.Is(r.saw.proof, errNoProof) {
		return holds(true, "not available", wanted)
	}
	return holds(r.saw.proof == nil, said(r.saw.proof, "the vault's answer verifies"), wanted)
}

var stepTargetCode = &Step{
	ID: "target.code", Title: "Compare the target keys' codes", Act: "The keys",
	Say: "The second operator gets each key's public half from the vault by an own machine and account, computes its code, " +
		"compares it there with the sheet from the HSM room, and types it here, blind. " +
		"The word of this machine alone is never the proof.",
	Acts: []Role{operator}, Watches: []Role{internalWitness},
	When: func(p *plan.Plan) bool { return slices.ContainsFunc(p.Keys, hasPublic) },
	Ask: []Field{
		{Name: "code", Label: "The key's code, from the vault, by your own machine", Kind: Code, Blind: true, EachKey: true},
		{Name: "compared", Label: "Compared with the sheet from the HSM room", Kind: Word, Exact: "COMPARED"},
	},
	Needs: []Key{factTarget.Key, factImport.Key},
	Show:  targetCommands,
	Checks: []Check{{ID: "target.code", Class: Stop, See: func(_ context.Context, r *Run) Finding {
		var wrong []string
		for key, code := range r.Each("code") {
			if t := factTarget.of(key).Get(r); t.Public == nil || !t.Public.SHA256().Matches(code) {
				wrong = append(wrong, key)
			}
		}
		slices.Sort(wrong)
		if len(wrong) == 0 {
			return holds(true, "the codes recorded in the HSM room", "the codes recorded in the HSM room")
		}
		return holds(false, "another code for: "+strings.Join(wrong, ", "), "the codes recorded in the HSM room")
	}}},
}

func targetCommand(r *Run, key string) string {
	if r.c.plan.Rehearsal {
		return "ceremony rehearsal-vault --dir VAULT --key " + key + " > " + key + ".pem"
	}
	return "az keyvault key download --id " + factImport.of(key).Get(r).KID + " --encoding PEM --file " + key + ".pem"
}

func targetCommands(r *Run) []Line {
	var out []Line
	for _, k := range r.c.plan.Keys {
		if f := factImport.of(k.Name); hasPublic(k) && f.Has(r) {
			out = append(out, Line{Label: k.Name, Value: targetCommand(r, k.Name), Mono: true})
		}
	}
	return append(out, Line{Label: "Its code", Value: strings.Replace(codeCommand, "kek.pem", "NAME.pem", 1), Mono: true})
}

var stepRetire = &Step{
	ID: "kek.retire", Title: "Retire the KEK", Act: "Close",
	Say: "Every key is imported, so the KEK has done its work. " +
		"It is deleted, and purged where plan and vault allow it; where it may not be deleted it is disabled. The vault is read back.",
	Acts: []Role{operator}, Watches: []Role{internalWitness},
	Ask:   []Field{{Name: "word", Label: "Type RETIRE", Kind: Word, Exact: "RETIRE"}},
	Show:  retireLines,
	Needs: []Key{sessionVault, factKID.Key, factProof.Key}, Gives: []Key{factFate.Key},
	Do: func(ctx context.Context, r *Run) error {
		fate, err := retire(ctx, r)
		factFate.Put(r, fate)
		return err
	},
	Checks: []Check{{ID: "kek.retired", Class: Exception, See: seeRetired}},
}

// retireLines name what is retired, and what becomes of it.
func retireLines(r *Run) []Line {
	fate := "deleted; the vault purges it by itself, later"
	if r.c.plan.Vault.Purge {
		fate = "deleted and purged, where the vault allows it"
	}
	return []Line{{Label: "The KEK", Value: factKID.Get(r)}, {Label: "Planned", Value: fate}}
}

// retire may be called again: it looks first.
func retire(ctx context.Context, r *Run) (string, error) {
	id, err := byok.ParseKID(factKID.Get(r))
	if err != nil {
		return "", err
	}
	gone, err := r.vault().Deleted(ctx, id.Name)
	if err != nil {
		return "", err
	}
	if gone == nil {
		gone, err = r.vault().Delete(ctx, id.Name)
	}
	if forbidden(err) {
		_, err = r.vault().Disable(ctx, id.Name, id.Version)
		return "disabled", err
	}
	if err != nil || !r.c.plan.Vault.Purge {
		return deletedWords(gone), err
	}
	err = r.vault().Purge(ctx, id.Name)
	if forbidden(err) {
		return deletedWords(gone), nil
	}
	return "purged", err
}

func forbidden(err error) bool {
	var p *keyvault.Problem
	return errors.As(err, &p) && (p.Code == keyvault.Forbidden || p.Code == keyvault.MissingRole)
}

func deletedWords(d *keyvault.Deleted) string {
	if d == nil || d.Purge == nil {
		return "deleted"
	}
	return "deleted; the vault purges it on " + stamp(*d.Purge)
}

func seeRetired(ctx context.Context, r *Run) Finding {
	wanted := "the KEK can import nothing more"
	id, err := byok.ParseKID(factKID.Get(r))
	if err != nil {
		return unseen(err.Error(), wanted)
	}
	key, err := r.vault().Get(ctx, id.Name, id.Version)
	var p *keyvault.Problem
	switch {
	case errors.As(err, &p) && p.Code == keyvault.NotFound:
		return holds(true, factFate.Get(r), wanted)
	case err != nil:
		return unseen(Explain(err).Title, wanted)
	}
	return holds(!key.Enabled, fmt.Sprintf("enabled: %v", key.Enabled), wanted)
}

var stepWorkload = &Step{
	ID: "workload.switch", Title: "Switch the workloads", Act: "Close",
	Say: "The plan's workloads are pointed to the new keys, by whoever runs them, with the commands below. " +
		"Record what came of it; that a workload stays as it is, is an outcome too.",
	Acts: []Role{administrator}, Watches: []Role{internalWitness},
	When: func(p *plan.Plan) bool { return len(p.Workloads) > 0 },
	Ask:  []Field{{Name: "outcome", Label: "What came of it", Kind: Text, Example: "all switched at 15:10"}},
	Show: func(r *Run) []Line {
		var out []Line
		for _, w := range r.c.plan.Workloads {
			out = append(out, Line{Label: w.Name, Value: w.Command})
		}
		return out
	},
}

var sealFinal = &Seal{Name: "final", Manifest: audit.SealFinal}

const (
	agrees    = audit.SubjectAgrees
	disagrees = audit.SubjectDisagrees
)

var stepFinalSeal = &Step{
	ID: "final.seal", Title: "Sign off and seal", Act: "Close", Seal: sealFinal,
	Say: "Each person says whether this record is what happened, and signs that. " +
		"Who does not agree says why; that never blocks the seal, and it stands in the verdict. " +
		"Then the log is frozen, and everybody signs the list of all files.",
	Acts: []Role{administrator}, Watches: []Role{externalWitness},
	Sign: &Sign{Action: audit.ActionSignOff, Present: true},
	Subjects: func(r *Run, who string) []string {
		s := r.Answer("agree." + who)
		if why := r.Answer("reason." + who); why != "" {
			s += ": " + why
		}
		return []string{s}
	},
	Ask: []Field{
		{Name: "agree", Label: "Is this record what happened?", Kind: Choice, Options: []string{agrees, disagrees}, Each: everyone},
		{Name: "reason", Label: "Why not", Kind: Text, Each: everyone, Only: whoDisagrees},
	},
	Needs: []Key{factFate.Key},
	Show:  sealLines,
}

func whoDisagrees(name string, text map[string]string) bool {
	return text["agree."+strings.TrimPrefix(name, "reason.")] == disagrees
}

// everyone asks a field of all who signed in.
const everyone Role = "everyone"
