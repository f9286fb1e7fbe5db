package steps

import (
	"context"
	"fmt"

	"github.com/keyceremony/ceremony/hsm"
	"github.com/keyceremony/ceremony/plan"
)

// This file has trusted wrapping: the target keys leave the HSM only under a
// KEK that its security officer trusts, so that no crypto officer alone can
// wrap them under another.

func wantsTrust(p *plan.Plan) bool { return p.HSM.Trusted }

// trustWanted is wantsTrust for a check.
func trustWanted(r *Run) bool { return wantsTrust(r.c.plan) }

// stepTrust has no Since: older programs refused the plans that ask for it, so
// that no list of steps excuses its absence.
var stepTrust = &Step{
	ID: "kek.trust", Title: "Trust the KEK", Act: "The HSM", When: wantsTrust,
	Say: "The HSM's security officer, who is not the crypto officer, enters the own PIN, and the confirmed KEK becomes a trusted object of the HSM. " +
		"The target keys will leave under this KEK and no other: the crypto officer's PIN alone cannot mark one. " +
		"A second person approves, after comparing the KEK's code with the sheets.",
	Acts: []Role{cryptoOfficer}, Approves: []Role{operator, internalWitness}, Watches: []Role{internalWitness, externalWitness},
	Ask: []Field{
		{Name: "word", Label: "Type TRUST", Kind: Word, Exact: "TRUST"},
		{Name: "so-pin", Label: "The security officer's PIN", Kind: Secret, Late: officerTypes},
		{Name: "insist", Label: "Use the last try", Kind: Word, Exact: "INSIST", Optional: true, Late: officersLastTry},
	},
	Needs: []Key{sessionToken, factKID.Key, factKEK.Key, factKEKSum.Key},
	Show:  trustLines,
	Mark:  func(r *Run) string { return factKEKSum.Get(r).String() },
	Do: func(ctx context.Context, r *Run) (err error) {
		if pin := r.secret["so-pin"]; !r.Adopt {
			if err := r.token().Trust(ctx, pin, confirmedKEK(r), r.Answer("insist") != ""); err != nil {
				return err
			}
		}
		r.saw.trusted, err = r.token().Trusted(ctx, confirmedKEK(r))
		return err
	},
	Look: func(ctx context.Context, r *Run) (int, error) {
		there, err := r.token().Trusted(ctx, confirmedKEK(r))
		if err != nil || there.KEKs <= 1 && !there.Ready() {
			return 0, err
		}
		return there.KEKs, nil
	},
	Checks: []Check{{ID: "kek.trusted", Class: Stop, See: seeTrusted}},
}

func trustLines(r *Run) []Line {
	lines := []Line{
		{Label: "The KEK", Value: factKID.Get(r)},
		{Label: "Its code, as on the sheets", Value: factKEKSum.Get(r).Code()},
	}
	if i, ok := r.c.tokenInfo(); ok {
		lines = append(lines, Line{Label: "PIN of the security officer", Value: string(i.SOPIN)}, pinPlace(i))
	}
	return lines
}

// officerTypes reports whether the security officer's PIN is typed at this
// keyboard: not where the HSM has a PIN pad, and not where an interrupted try
// has done it all, which is only read back.
func officerTypes(c *Ceremony) bool {
	if _, begun := c.state.begun[instance{Wrap, "kek.trust", ""}]; begun && c.token != nil {
		there, err := c.token.Trusted(context.Background(), confirmedKEK(&Run{c: c}))
		if err == nil && there.Ready() {
			return false
		}
	}
	return typedHere(c)
}

// officersLastTry is lastTry for the security officer's PIN.
func officersLastTry(c *Ceremony) bool {
	i, ok := c.tokenInfo()
	return ok && i.SOPIN == hsm.PINFinalTry
}

// seeTrusted wants exactly the confirmed KEK to be trusted, and what else the
// HSM's way of wrapping needs.
func seeTrusted(_ context.Context, r *Run) Finding {
	there := r.saw.trusted
	found, wanted := trustedWords(there), "trusted objects of the confirmed KEK: 1"
	if there.TwoSteps {
		wanted += ", trusted wrapping keys: 1"
	}
	same := there.KEK != nil && there.KEK.SHA256() == factKEKSum.Get(r)
	if there.KEK != nil && !same {
		found += "; modulus and exponent are another key's"
	}
	return holds(same && there.Ready(), found, wanted)
}

// trustedWords counts what CKA_TRUSTED, and for a wrapping key
// CKA_WRAP_WITH_TRUSTED too, was read back as true of.
func trustedWords(t hsm.Trusted) string {
	words := fmt.Sprintf("trusted objects of the confirmed KEK: %d", t.KEKs)
	if t.TwoSteps || t.WrappingKeys > 0 {
		words += fmt.Sprintf(", trusted wrapping keys: %d", t.WrappingKeys)
	}
	return words
}

// seeRefusal wants the HSM to keep what the plan demands: a throw-away key
// that asks for trusted wrapping stays, under a KEK that nobody trusts.
func seeRefusal(_ context.Context, r *Run) Finding {
	const wanted = "the HSM refuses to wrap a key with CKA_WRAP_WITH_TRUSTED under a KEK that nobody trusts"
	refusal := r.saw.probe.Untrusted
	if refusal == nil {
		return unseen("it was not tried, as no way of wrapping works", wanted)
	}
	return holds(refusal.OK, refusal.Found, wanted)
}

// seeUntrusted wants nothing of kek.trust to be left.
func seeUntrusted(ctx context.Context, r *Run) Finding {
	const wanted = "no trusted object of this ceremony"
	if n := r.saw.clean.Trusted; n > 0 {
		return holds(false, fmt.Sprintf("trusted objects left: %d", n), wanted)
	}
	there, err := r.token().Trusted(ctx, confirmedKEK(r))
	if err != nil {
		return unseen(err.Error(), wanted)
	}
	return holds(there.KEKs+there.WrappingKeys == 0, trustedWords(there), wanted)
}
