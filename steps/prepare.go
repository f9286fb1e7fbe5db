package steps

import (
	"context"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/byok"
	"github.com/keyceremony/ceremony/keyvault"
	"github.com/keyceremony/ceremony/plan"
)

// prepareSteps is the stage prepare, at the online machine.
var prepareSteps = []*Step{
	stepOpen, stepSignIn, stepClock, stepVault, stepKEKCreate, stepKEKUse, stepKEKRead, stepKEKCode, stepKEKAttest, stepPrepareSeal, stepKEKExport,
}

var stepKEKCreate = &Step{
	ID: "kek.create", Title: "Create the KEK", Act: "The KEK",
	Say: "The vault makes the Key Exchange Key: an RSA key in its HSM that may only import. " +
		"Its private half never leaves Azure; its public half will go to the HSM room. " +
		"Nothing that exists is replaced: the name must be free.",
	Acts: []Role{operator}, Watches: []Role{internalWitness},
	When: createsKEK, Needs: []Key{sessionVault}, Gives: []Key{factKID.Key},
	Ask:  []Field{{Name: "word", Label: "Type CREATE", Kind: Word, Exact: "CREATE"}},
	Show: newKEKLines,
	Mark: (*Run).tag,
	Do: func(ctx context.Context, r *Run) error {
		if r.Adopt {
			return adoptKEK(ctx, r)
		}
		k := r.c.plan.KEK
		key, err := r.vault().CreateKEK(ctx, r.kekName(), keyvault.KEKParams{
			Bits: k.Bits, Expires: r.c.world.now().AddDate(0, 0, k.Days).Truncate(time.Second), Tags: r.tags(),
		})
		if err != nil {
			return err
		}
		factKID.Put(r, key.KID)
		return nil
	},
	Look: func(ctx context.Context, r *Run) (int, error) {
		versions, _, err := marked(ctx, r, r.kekName())
		return len(versions), err
	},
	Checks: []Check{
		{ID: "kek.name-free", Class: Stop, Before: true, See: func(ctx context.Context, r *Run) Finding {
			return nameFree(ctx, r, r.kekName())
		}},
		{ID: "kek.one-version", Class: Stop, See: seeOneKEK},
	},
}

// newKEKLines are what the room compares with the script before the vault makes
// the KEK.
func newKEKLines(r *Run) []Line {
	k := r.c.plan.KEK
	return []Line{
		{Label: "Name", Value: r.kekName()},
		{Label: "Vault", Value: r.c.plan.Vault.URL},
		{Label: "Type", Value: fmt.Sprintf("RSA-%d", k.Bits)},
		{Label: "Expires after", Value: counting(k.Days, "day")},
	}
}

func adoptKEK(ctx context.Context, r *Run) error {
	version, err := adopted(ctx, r, r.kekName())
	if err != nil {
		return err
	}
	key, err := r.vault().Get(ctx, r.kekName(), version)
	if err != nil {
		return err
	}
	factKID.Put(r, key.KID)
	return nil
}

func seeOneKEK(ctx context.Context, r *Run) Finding {
	versions, all, err := marked(ctx, r, r.kekName())
	if err != nil {
		return unseen(Explain(err).Title, "one version, made by this step")
	}
	return want(counting(all, "version")+fmt.Sprintf(", %d made by this step", len(versions)), "1 version, 1 made by this step")
}

var stepKEKUse = &Step{
	ID: "kek.use", Title: "Use the planned KEK", Act: "The KEK",
	Say: "The plan names a KEK that exists. " +
		"The next steps read it back and check it as if it had been made now.",
	Acts: []Role{operator}, Watches: []Role{internalWitness},
	When:  func(p *plan.Plan) bool { return !createsKEK(p) },
	Needs: []Key{sessionVault}, Gives: []Key{factKID.Key},
	Do: func(ctx context.Context, r *Run) error {
		id, err := byok.ParseKID(r.c.plan.KEK.Use)
		if err != nil {
			return err
		}
		key, err := r.vault().Get(ctx, id.Name, id.Version)
		if err != nil {
			return err
		}
		factKID.Put(r, key.KID)
		return nil
	},
	Checks: []Check{{ID: "kek.planned", Class: Stop, See: func(_ context.Context, r *Run) Finding {
		return want(factKID.Get(r), r.c.plan.KEK.Use)
	}}},
}

var stepKEKRead = &Step{
	ID: "kek.readback", Title: "Read the KEK back", Act: "The KEK",
	Say: "The program asks the vault for the KEK again and believes only what it reads back. " +
		"A KEK that may do more than import, or that may leave the vault, is refused.",
	Acts: []Role{operator}, Watches: []Role{internalWitness},
	Needs: []Key{sessionVault, factKID.Key}, Gives: []Key{factKEK.Key, factKEKSum.Key, factExpires.Key},
	Do: readKEK,
	Checks: []Check{
		{ID: "kek.kid", Class: Stop, See: kekCheck(func(r *Run, k keyvault.Key) Finding { return want(k.KID, factKID.Get(r)) })},
		{ID: "kek.kty", Class: Stop, See: kekCheck(func(_ *Run, k keyvault.Key) Finding { return want(k.Kty, "RSA-HSM") })},
		{ID: "kek.size", Class: Stop, See: kekCheck(func(r *Run, k keyvault.Key) Finding {
			return want(string(k.Public.Type()), fmt.Sprintf("RSA-%d", r.c.plan.KEK.Bits))
		})},
		{ID: "kek.ops", Class: Stop, See: kekCheck(func(_ *Run, k keyvault.Key) Finding { return sameOps(k.Ops, []string{"import"}) })},
		{ID: "kek.enabled", Class: Stop, See: kekCheck(func(_ *Run, k keyvault.Key) Finding { return want(fmt.Sprint(k.Enabled), "true") })},
		{ID: "kek.not-exportable", Class: Stop, See: kekCheck(func(_ *Run, k keyvault.Key) Finding { return want(exportable(k), "not exportable") })},
		{ID: "kek.no-release-policy", Class: Stop, See: kekCheck(func(_ *Run, k keyvault.Key) Finding { return want(release(k), "no release policy") })},
		{ID: "kek.expiry", Class: Stop, See: kekCheck(seeExpiry)},
		{ID: "kek.hsm-platform", Class: Note, See: kekCheck(seePlatform)},
	},
}

func exportable(k keyvault.Key) string {
	return map[bool]string{true: "exportable", false: "not exportable"}[k.Exportable]
}

func release(k keyvault.Key) string {
	return map[bool]string{true: "a release policy", false: "no release policy"}[k.Release]
}

func kekCheck(see func(*Run, keyvault.Key) Finding) func(context.Context, *Run) Finding {
	return func(_ context.Context, r *Run) Finding { return see(r, r.saw.key) }
}

func readKEK(ctx context.Context, r *Run) error {
	id, err := byok.ParseKID(factKID.Get(r))
	if err != nil {
		return err
	}
	key, err := r.vault().Get(ctx, id.Name, id.Version)
	if err != nil {
		return err
	}
	if key.Public == nil {
		return fmt.Errorf("the vault returned a key of type %s without a public half, not an RSA KEK", key.Kty)
	}
	kek, err := byok.ParseKEK(key.Public.PEM())
	if err != nil {
		return err
	}
	r.saw.key = key
	r.File("kek.publickey.pem", kek.PEM())
	r.File("kek.json", pretty(key))
	factKEK.Put(r, string(kek.PEM()))
	factKEKSum.Put(r, kek.SHA256())
	factExpires.Put(r, expires(key))
	return nil
}

func expires(key keyvault.Key) string {
	if key.Expires == nil {
		return ""
	}
	return stamp(*key.Expires)
}

// pretty is a value as a file that people may read.
func pretty(v any) []byte {
	b, err := json.Marshal(v, json.Deterministic(true), jsontext.WithIndent("  "))
	if err != nil {
		panic(fmt.Sprintf("steps: internal error: %v", err))
	}
	return append(b, '\n')
}

// seeExpiry wants a KEK that lives long enough for the ceremony and no longer
// than the plan allows.
func seeExpiry(r *Run, k keyvault.Key) Finding {
	now, days := r.c.world.now(), r.c.plan.KEK.Days
	wanted := fmt.Sprintf("between 12 hours and %d days from now", days)
	if k.Expires == nil {
		return holds(false, "no expiry", wanted)
	}
	left := k.Expires.Sub(now)
	ok := left >= 12*time.Hour && left <= time.Duration(days)*24*time.Hour+time.Hour
	return holds(ok, stamp(*k.Expires), wanted)
}

func seePlatform(r *Run, k keyvault.Key) Finding {
	if vaultKind(r.c.plan) == keyvault.ManagedHSM {
		return holds(true, "Managed HSM: not reported", "reported by Key Vault only")
	}
	return holds(k.HSMPlatform != "" && k.HSMPlatform != "0", "platform "+k.HSMPlatform, "an HSM platform")
}

var stepKEKCode = &Step{
	ID: "kek.code", Title: "Write down the KEK's code", Act: "The KEK",
	Say: "Each operator now gets the KEK by an own machine, account and network, each by another way if possible (az, REST, portal), and computes its code. " +
		"Each writes host, version, time and code on an own sheet that the other does not see. " +
		"Both type it here, blind, to find mistakes early; the decision falls in the HSM room.",
	Acts: []Role{operator}, Watches: []Role{internalWitness},
	Ask:   []Field{{Name: "code", Label: "The KEK's code, from your own sheet", Kind: Code, Blind: true, Each: operator, Least: 2}},
	Needs: []Key{factKID.Key, factKEKSum.Key},
	Show:  kekCommands,
	Print: kekPaths,
	Checks: []Check{{ID: "kek.code", Class: Stop, See: func(_ context.Context, r *Run) Finding {
		return codeMatches(r, "code", factKEKSum.Get(r), "the KEK")
	}}},
}

var sealPrepare = &Seal{Name: "prepare", Manifest: audit.SealPrepare}

var stepPrepareSeal = &Step{
	ID: "prepare.seal", Title: "Seal the preparation", Act: "Hand over", Seal: sealPrepare,
	Say: "This freezes the log of this sitting. Then the code of its head is shown: " +
		"write it on the sheets, for the witness will type it in the HSM room. " +
		"Then everybody signs the list of its files.",
	Acts: []Role{administrator}, Watches: []Role{internalWitness},
	Show: sealLines,
}
