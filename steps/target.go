package steps

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/keyceremony/ceremony/byok"
	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/hsm"
	"github.com/keyceremony/ceremony/plan"
)

// This file has what is done to each target key in the HSM.

var stepGenerate = &Step{
	ID: "target.generate", Title: "Generate the target keys", Act: "The keys", PerKey: true,
	Say: "The HSM makes each target key under an id that is recorded before, and a label that nobody uses. " +
		"Its attributes are read back: made in this HSM, sensitive from the first moment, and extractable for the wrap that follows.",
	Acts: []Role{operator}, Watches: []Role{cryptoOfficer, internalWitness},
	WhenKey: func(r *Run, k plan.Key) bool {
		return k.Source == "generate" && isOpen(r, k) && !factCarriedTarget.of(k.Name).Has(r)
	},
	Needs: []Key{sessionProbe, factWay.Key}, Gives: []Key{factTarget.Key},
	Mark: func(r *Run) string { return r.random(16) },
	Do: func(ctx context.Context, r *Run) error {
		if !r.Adopt {
			_, err := r.token().Generate(ctx, hsm.Request{
				Type: r.Key.KeyType(), Label: r.Key.Label, ID: unhex(r.Mark), Trusted: r.c.plan.HSM.Trusted,
			})
			if err != nil {
				return err
			}
		}
		return readTarget(ctx, r, unhex(r.Mark))
	},
	Look: func(ctx context.Context, r *Run) (int, error) {
		keys, err := r.token().Find(ctx, hsm.Query{ID: unhex(r.Mark)})
		return len(keys), err
	},
	Checks: append([]Check{
		{ID: "target.label-free", Class: Stop, Before: true, See: func(ctx context.Context, r *Run) Finding {
			keys, err := r.token().Find(ctx, hsm.Query{Label: r.Key.Label})
			if err != nil {
				return unseen(err.Error(), "no key of this label")
			}
			return want(counting(len(keys), "key")+" of this label", "0 keys of this label")
		}},
		{ID: "target.local", Class: Stop, See: attr("made in this HSM", func(k hsm.Key) *bool { return k.Local }, true)},
		{ID: "target.always-sensitive", Class: Exception, See: attr("always sensitive", func(k hsm.Key) *bool { return k.AlwaysSensitive }, true)},
	}, targetChecks...),
}

var stepSelect = &Step{
	ID: "target.select", Title: "Select the target keys", Act: "The keys", PerKey: true,
	Say: "The plan names a key that is in the HSM already, or an earlier attempt made it. " +
		"Exactly one key must have the planned id, and its public half must be the planned one. " +
		"It could have been wrapped before this ceremony: that stands on the first page of the transcript.",
	Acts: []Role{operator}, Watches: []Role{cryptoOfficer, internalWitness},
	WhenKey: func(r *Run, k plan.Key) bool {
		return isOpen(r, k) && (k.Source == "select" || factCarriedTarget.of(k.Name).Has(r))
	},
	Needs: []Key{sessionProbe, factWay.Key}, Gives: []Key{factTarget.Key},
	Do: func(ctx context.Context, r *Run) error { return readTarget(ctx, r, selected(r)) },
	Checks: append([]Check{
		{ID: "target.planned", Class: Stop, See: seePlanned},
		{ID: "target.local", Class: Note, See: attr("made in this HSM", func(k hsm.Key) *bool { return k.Local }, true)},
		{ID: "target.always-sensitive", Class: Note, See: attr("always sensitive", func(k hsm.Key) *bool { return k.AlwaysSensitive }, true)},
		{ID: "target.not-wrapped-before", Class: Note, See: func(context.Context, *Run) Finding {
			return unseen("the key is older than this ceremony and may have been wrapped before", "a key that was never wrapped")
		}},
	}, targetChecks...),
}

// targetChecks are what every target key must be, wherever it comes from.
var targetChecks = []Check{
	{ID: "target.type", Class: Stop, See: func(_ context.Context, r *Run) Finding {
		return want(string(r.saw.target.Type), string(r.Key.KeyType()))
	}},
	{ID: "target.extractable", Class: Stop, See: attr("extractable", func(k hsm.Key) *bool { return k.Extractable }, true)},
	{ID: "target.sensitive", Class: Stop, See: attr("sensitive", func(k hsm.Key) *bool { return k.Sensitive }, true)},
	{ID: "target.trusted", Class: Stop, When: trustWanted, See: attr("only under a trusted KEK (CKA_WRAP_WITH_TRUSTED)", func(k hsm.Key) *bool { return k.WrapWithTrusted }, true)},
}

// attr checks an attribute that the token may not know.
func attr(name string, of func(hsm.Key) *bool, wanted bool) func(context.Context, *Run) Finding {
	return func(_ context.Context, r *Run) Finding {
		w := fmt.Sprintf("%s: %v", name, wanted)
		v := of(r.saw.target)
		if v == nil {
			return unseen("the HSM does not say", w)
		}
		return want(fmt.Sprintf("%s: %v", name, *v), w)
	}
}

// readTarget reads a target key back and keeps its public half.
func readTarget(ctx context.Context, r *Run, id []byte) error {
	key, err := findOne(ctx, r.token(), id)
	if err != nil {
		return err
	}
	r.saw.target = key
	factTarget.of(r.Key.Name).Put(r, key)
	if key.Public != nil {
		r.File(r.Key.Name+".pub.pem", key.Public.PEM())
	} else {
		r.File(r.Key.Name+".kcv", []byte(key.KCV+"\n"))
	}
	return nil
}

// selected is the id of the key to select: the plan's, or the one that an
// earlier attempt recorded.
func selected(r *Run) []byte {
	if f := factCarriedTarget.of(r.Key.Name); f.Has(r) {
		return f.Get(r).ID
	}
	return unhex(r.Key.ID)
}

func seePlanned(_ context.Context, r *Run) Finding {
	if f := factCarriedTarget.of(r.Key.Name); f.Has(r) {
		return want(sumOfTarget(r.saw.target), sumOfTarget(f.Get(r)))
	}
	if r.saw.target.Public == nil {
		return want(hex.EncodeToString(r.saw.target.ID), r.Key.ID) // an AES key has no public half to plan
	}
	planned, err := byok.ParsePublicKey([]byte(r.Key.Public))
	if err != nil {
		return holds(false, err.Error(), "the public key of the plan")
	}
	return want(r.saw.target.Public.SHA256().String(), planned.SHA256().String())
}

// sumOfTarget compares keys by their public half, or by their check value.
func sumOfTarget(k hsm.Key) string {
	if k.Public == nil {
		return "check value " + k.KCV
	}
	return k.Public.SHA256().String()
}

var stepWrap = &Step{
	ID: "target.wrap", Title: "Wrap the target keys", Act: "The keys", PerKey: true, WhenKey: isOpen,
	Say: "The HSM wraps each target key under the confirmed KEK into a key transfer blob. " +
		"This is the only moment at which the keys leave the HSM, encrypted for one vault. " +
		"The operator types WRAP; a second person approves the list of all keys.",
	Acts: []Role{operator}, Approves: []Role{operator, cryptoOfficer, internalWitness}, Watches: []Role{internalWitness, externalWitness},
	Ask:   []Field{{Name: "word", Label: "Type WRAP", Kind: Word, Exact: "WRAP"}},
	Needs: []Key{sessionProbe, sessionKEK, factKID.Key, factTarget.Key, factToken.Key}, Gives: []Key{factBlob.Key},
	Show: wrapLines,
	Mark: func(r *Run) string { return r.Key.Name + ".byok" },
	Do:   wrapTarget,
	Look: func(_ context.Context, r *Run) (int, error) {
		if r.c.have(r.Mark) != nil {
			return 1, nil
		}
		return 0, nil
	},
	Checks: []Check{{ID: "blob.lint", Class: Stop, See: seeLint}},
}

// wrapLines say for whom and how, before anybody approves.
func wrapLines(r *Run) []Line {
	return []Line{
		{Label: "Under the KEK", Value: factKID.Get(r)},
		{Label: "Its code, as on the sheets", Value: factKEKSum.Get(r).Code()},
		{Label: "By", Value: string(factWay.Get(r))},
	}
}

func wrapTarget(ctx context.Context, r *Run) error {
	if r.Adopt {
		return keepBlob(r, r.c.have(r.Mark))
	}
	ciphertext, err := r.token().Wrap(ctx, factTarget.of(r.Key.Name).Get(r).ID)
	if err != nil {
		return err
	}
	file, err := byok.Blob{KID: factKID.Get(r), Ciphertext: ciphertext, Generator: generator(r)}.Encode()
	if err != nil {
		return err
	}
	return keepBlob(r, file)
}

func keepBlob(r *Run, file []byte) error {
	r.File(r.Key.Name+".byok", file)
	r.saw.blob = file
	factBlob.of(r.Key.Name).Put(r, digest.Of(file))
	return nil
}

// rehearsalMark begins the generator of every blob of a rehearsal.
const rehearsalMark = "REHEARSAL "

// generator says who made the blob, and in a rehearsal that it is one.
func generator(r *Run) string {
	t := factToken.Get(r)
	g := fmt.Sprintf("ceremony %s; %s %s %s", r.c.world.Program.Version, t.Manufacturer, t.Model, t.Firmware)
	if r.c.plan.Rehearsal {
		g = rehearsalMark + g
	}
	return strings.Join(strings.Fields(g), " ")
}

// seeLint runs the same lint at both ends of the gap.
func seeLint(_ context.Context, r *Run) Finding {
	var bad []string
	findings := byok.Lint(r.saw.blob, byok.Expect{
		KID: factKID.Get(r), VaultHost: r.c.plan.Vault.Host(), KEKBits: confirmedKEK(r).Bits(), Type: r.Key.KeyType(),
	})
	if blob, _, err := byok.Decode(r.saw.blob); err == nil && strings.HasPrefix(blob.Generator, rehearsalMark) != r.c.plan.Rehearsal {
		bad = append(bad, fmt.Sprintf("%s: found %q, wanted one of a %s", byok.CheckGenerator, blob.Generator, r.c.plan.Mode()))
	}
	for _, f := range findings {
		if !f.OK && f.Severity == byok.SeverityStop {
			bad = append(bad, f.Check+": found "+f.Found+", wanted "+f.Wanted)
		}
	}
	if len(bad) > 0 || len(findings) == 0 {
		return holds(false, strings.Join(bad, "; "), "every check of the lint holds")
	}
	return holds(true, fmt.Sprintf("%d checks hold", len(findings)), "every check of the lint holds")
}

var stepClose = &Step{
	ID: "target.close", Title: "Close the target keys", Act: "The keys", PerKey: true, WhenKey: isOpen,
	Say: "As planned for each key: it can never be extracted again, or it is kept as it is, or it is destroyed. " +
		"The HSM is read back. A key that is kept extractable stands on the first page of the transcript.",
	Acts: []Role{operator}, Watches: []Role{cryptoOfficer, internalWitness},
	Ask: []Field{{Name: "word", Label: "Type CLOSE", Kind: Word, Exact: "CLOSE"}},
	Show: func(r *Run) []Line {
		var out []Line
		for _, k := range r.openKeys() {
			out = append(out, Line{Label: k.Name, Value: k.Close})
		}
		return out
	},
	Needs:  []Key{sessionLogin, factTarget.Key, factTask.Key},
	Do:     closeTarget,
	Checks: []Check{{ID: "target.closed", Class: Exception, See: seeClosed}},
}

// closeTarget looks first: a key that an interrupted try has closed cannot be
// closed again.
func closeTarget(ctx context.Context, r *Run) error {
	id, fate := factTarget.of(r.Key.Name).Get(r).ID, hsm.Fate(r.Key.Close)
	key, err := findOne(ctx, r.token(), id)
	switch {
	case errors.Is(err, hsm.ErrNoKey) && fate == hsm.FateDestroy:
		return nil
	case err != nil:
		return err
	case fate == hsm.FateUnextractable && key.Extractable != nil && !*key.Extractable:
		return nil
	}
	_, err = r.token().Settle(ctx, id, fate)
	return err
}

func seeClosed(ctx context.Context, r *Run) Finding {
	keys, err := r.token().Find(ctx, hsm.Query{ID: factTarget.of(r.Key.Name).Get(r).ID})
	wanted := map[hsm.Fate]string{
		hsm.FateUnextractable: "not extractable", hsm.FateKeep: "kept, extractable", hsm.FateDestroy: "destroyed",
	}[hsm.Fate(r.Key.Close)]
	switch {
	case err != nil:
		return unseen(err.Error(), wanted)
	case len(keys) == 0:
		return want("destroyed", wanted)
	case len(keys) > 1:
		return want(counting(len(keys), "key")+" of this id", wanted)
	case keys[0].Extractable == nil:
		return unseen("the HSM does not say", wanted)
	case *keys[0].Extractable:
		return want("kept, extractable", wanted)
	}
	return want("not extractable", wanted)
}
