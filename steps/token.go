package steps

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/keyceremony/ceremony/byok"
	"github.com/keyceremony/ceremony/hsm"
	"github.com/keyceremony/ceremony/plan"
)

// This file has the steps that connect to the HSM and find out what it can do.

var stepConnect = &Step{
	ID: "hsm.connect", Title: "Connect to the HSM", Act: "The HSM", Session: true,
	Say: "Somebody reads the serial number from the label on the device and types it. " +
		"The program opens the token with that serial through the module whose digest stands in the plan.",
	Acts: []Role{operator}, Watches: []Role{cryptoOfficer, internalWitness},
	Ask:   []Field{{Name: "serial", Label: "The serial number on the device's label", Kind: Text, Blind: true}},
	Gives: []Key{sessionToken, factToken.Key},
	Do: func(ctx context.Context, r *Run) error {
		if err := r.c.leave(); err != nil {
			return err
		}
		t, err := r.c.world.OpenToken(ctx, r.c.plan.HSM)
		if err != nil {
			return err
		}
		r.c.token = t
		i, err := t.Info(ctx)
		r.saw.info = i
		factToken.Put(r, tokenFact{i.Label, i.Serial, i.Manufacturer, i.Model, i.Firmware, i.Library})
		return err
	},
	Checks: []Check{
		{ID: "hsm.module", Class: Stop, Before: true, See: func(_ context.Context, r *Run) Finding {
			sum, err := r.c.world.FileSum(r.c.plan.HSM.Module)
			if err != nil {
				return unseen(err.Error(), r.c.plan.HSM.ModuleSHA256.String())
			}
			return want(sum.String(), r.c.plan.HSM.ModuleSHA256.String())
		}},
		{ID: "hsm.label-serial", Class: Stop, Before: true, See: func(_ context.Context, r *Run) Finding {
			// The wanted serial is not said: it must be read off the device.
			return holds(r.Answer("serial") == r.c.plan.HSM.Serial, r.Answer("serial")+" was typed", "the serial of the plan")
		}},
		{ID: "hsm.serial", Class: Stop, See: func(_ context.Context, r *Run) Finding {
			return want(r.saw.info.Serial, r.c.plan.HSM.Serial)
		}},
	},
}

var stepLogin = &Step{
	ID: "hsm.login", Title: "Log in to the HSM", Act: "The HSM", Session: true,
	Say: "The crypto officer enters the PIN, here or on the HSM's own PIN pad. " +
		"The program tries it once and never again by itself. " +
		"If the HSM says that one try is left, the officer must ask for it by typing INSIST.",
	Acts: []Role{cryptoOfficer}, Watches: []Role{internalWitness},
	Ask: []Field{
		{Name: "pin", Label: "The crypto officer's PIN", Kind: Secret, Late: typedHere},
		{Name: "insist", Label: "Use the last try", Kind: Word, Exact: "INSIST", Optional: true, Late: lastTry},
	},
	Needs: []Key{sessionToken}, Gives: []Key{sessionLogin},
	Show: func(r *Run) []Line {
		i, ok := r.c.tokenInfo()
		if !ok {
			return nil
		}
		return []Line{{Label: "PIN", Value: string(i.PIN)}, pinPlace(i)}
	},
	Do: func(ctx context.Context, r *Run) error {
		pin := r.secret["pin"]
		if len(pin) == 0 {
			pin = nil
		}
		return r.token().Login(ctx, pin, r.Answer("insist") != "")
	},
}

// tokenInfo asks the token who it is, if one is connected and answers.
func (c *Ceremony) tokenInfo() (hsm.Info, bool) {
	if c.token == nil {
		return hsm.Info{}, false
	}
	i, err := c.token.Info(context.Background())
	return i, err == nil
}

func pinPlace(i hsm.Info) Line {
	return Line{Label: "Where the PIN is entered", Value: map[bool]string{true: "on the HSM's own PIN pad", false: "here"}[i.ProtectedPath]}
}

// typedHere reports whether the PIN is typed at this keyboard: an HSM with a
// PIN pad asks for it there.
func typedHere(c *Ceremony) bool {
	i, ok := c.tokenInfo()
	return !ok || !i.ProtectedPath
}

// lastTry reports whether a wrong PIN now would lock the token.
func lastTry(c *Ceremony) bool {
	i, ok := c.tokenInfo()
	return ok && i.PIN == hsm.PINFinalTry
}

var stepProbe = &Step{
	ID: "hsm.probe", Title: "Probe the HSM", Act: "The HSM", Session: true,
	Say: "The HSM wraps throw-away keys of every kind in the plan under a throw-away KEK whose private half this program holds. " +
		"The program unwraps them and compares. " +
		"Only a way of wrapping that was seen to be right is used for the target keys.",
	Acts: []Role{operator}, Watches: []Role{cryptoOfficer, internalWitness},
	Needs: []Key{sessionLogin, factKEK.Key}, Gives: []Key{sessionProbe, factWay.Key},
	Do: func(ctx context.Context, r *Run) error {
		c, err := r.token().Probe(ctx, confirmedKEK(r).Bits(), keyTypes(r.c.plan), trustWanted(r))
		r.saw.probe = c
		factWay.Put(r, c.Way)
		return err
	},
	Checks: []Check{
		{ID: "hsm.can-wrap", Class: Stop, See: seeCanWrap},
		{ID: "hsm.exact-wrap", Class: Exception, Rehearsal: Note, See: seeExactWrap},
		{ID: "hsm.refuses-untrusted", Class: Stop, When: trustWanted, See: seeRefusal},
	},
}

func keyTypes(p *plan.Plan) []byok.KeyType {
	var out []byok.KeyType
	for _, k := range p.Keys {
		if !slices.Contains(out, k.KeyType()) {
			out = append(out, k.KeyType())
		}
	}
	return out
}

func seeCanWrap(_ context.Context, r *Run) Finding {
	var bad []string
	for _, t := range r.saw.probe.Types {
		if !t.OK {
			bad = append(bad, string(t.Type)+": "+t.Problem)
		}
	}
	if r.saw.probe.Way == "" || len(bad) > 0 {
		for _, a := range r.saw.probe.Tried {
			bad = append(bad, string(a.Way)+": "+a.Result)
		}
		return holds(false, strings.Join(bad, "; "), "every kind of key in the plan wrapped as Azure needs it")
	}
	return holds(true, string(r.saw.probe.Way), "every kind of key in the plan wrapped as Azure needs it")
}

// seeExactWrap names what SoftHSM 2.6.1 does: zero bytes behind the PKCS#8.
// Whether Azure takes that is not known.
func seeExactWrap(_ context.Context, r *Run) Finding {
	var bad []string
	for _, t := range r.saw.probe.Types {
		if t.TrailingZeros > 0 {
			bad = append(bad, fmt.Sprintf("%s: %d zero bytes behind the key", t.Type, t.TrailingZeros))
		}
	}
	if len(bad) > 0 {
		return holds(false, strings.Join(bad, "; "), "nothing behind the key")
	}
	return holds(true, "nothing behind the key", "nothing behind the key")
}

var stepKEKLoad = &Step{
	ID: "kek.load", Title: "Load the KEK", Act: "The keys", Session: true,
	Say: "The KEK's public half becomes an object of this session in the HSM, which may only wrap. " +
		"Its modulus and exponent are read back and must be those of the confirmed KEK.",
	Acts: []Role{operator}, Watches: []Role{cryptoOfficer, internalWitness},
	Needs: []Key{sessionProbe, factKEK.Key}, Gives: []Key{sessionKEK},
	Do: func(ctx context.Context, r *Run) error {
		back, err := r.token().LoadKEK(ctx, confirmedKEK(r))
		if err == nil {
			r.saw.kek = back.SHA256()
			r.saw.trusted, err = r.token().Trusted(ctx, confirmedKEK(r))
		}
		return err
	},
	Checks: []Check{
		{ID: "kek.loaded", Class: Stop, See: func(_ context.Context, r *Run) Finding {
			return want(r.saw.kek.String(), factKEKSum.Get(r).String())
		}},
		{ID: "kek.trusted", Class: Stop, When: trustWanted, See: seeTrusted},
	},
}

var stepClean = &Step{
	ID: "hsm.clean", Title: "Clean up the HSM", Act: "The keys",
	Say:  "The KEK object and every other object of this session are destroyed, and the HSM is asked what is left.",
	Acts: []Role{operator}, Watches: []Role{cryptoOfficer, internalWitness},
	Needs: []Key{sessionLogin, factKEK.Key},
	Do: func(ctx context.Context, r *Run) error {
		done, err := r.token().Clean(ctx)
		r.saw.clean = done
		delete(r.c.live, sessionKEK)
		return err
	},
	Checks: []Check{
		{ID: "hsm.clean", Class: Exception, See: func(_ context.Context, r *Run) Finding {
			return want(fmt.Sprintf("%d session objects left", r.saw.clean.Left), "0 session objects left")
		}},
		{ID: "kek.untrusted", Class: Exception, When: trustWanted, See: seeUntrusted},
	},
}

// findOne finds the one key with this id on the token.
func findOne(ctx context.Context, t hsm.Token, id []byte) (hsm.Key, error) {
	keys, err := t.Find(ctx, hsm.Query{ID: id})
	switch {
	case err != nil:
		return hsm.Key{}, err
	case len(keys) == 0:
		return hsm.Key{}, hsm.ErrNoKey
	case len(keys) > 1:
		return hsm.Key{}, hsm.ErrManyKeys
	}
	return keys[0], nil
}
