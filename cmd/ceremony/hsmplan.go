package main

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/keyceremony/ceremony/byok"
	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/hsm"
	"github.com/keyceremony/ceremony/plan"
)

// This file holds an HSM against a plan: what hsm.connect and the steps of the
// target keys would stop at on the day.

// An hsmPlan is the plan that an HSM is asked about, and what of it is there.
type hsmPlan struct {
	ID      string        `json:"id"`
	SHA256  digest.SHA256 `json:"sha256"`
	KEKBits int           `json:"kek_bits"`
	Trusted bool          `json:"trusted"`
	Parts   []hsmPart     `json:"parts"`
}

// An hsmPart is one thing that the plan names: the module, the token, a key.
type hsmPart struct {
	Of string `json:"of"`
	hsm.Judgement
}

func (p *hsmPlan) outcome() hsm.Outcome {
	for _, part := range p.Parts {
		if part.Outcome == hsm.Cannot {
			return hsm.Cannot
		}
	}
	return hsm.Can
}

// of asks for what the plan needs.
func (q hsmQuestion) of(p *plan.Plan) hsmQuestion {
	q.plan, q.bits, q.trusted, q.types = p, p.KEK.Bits, p.HSM.Trusted, nil
	for _, k := range p.Keys {
		if t := k.KeyType(); !slices.Contains(q.types, t) {
			q.types = append(q.types, t)
		}
	}
	if q.options.Module == "" {
		q.options.Module = p.HSM.Module
	}
	if q.options.URI == "" {
		q.options.Serial = p.HSM.Serial
	}
	return q
}

func lookAtPlan(ctx context.Context, q hsmQuestion, token hsm.Token, i hsm.Info) (*hsmPlan, error) {
	p := q.plan
	sum, err := fileSum(q.options.Module)
	if err != nil {
		return nil, err
	}
	out := &hsmPlan{ID: p.ID, SHA256: p.SHA256(), KEKBits: p.KEK.Bits, Trusted: p.HSM.Trusted, Parts: []hsmPart{
		part("Module", sum == p.HSM.ModuleSHA256, "its SHA-256 is "+sum.String(), "hsm.module stops. Install the reviewed module, or plan this one"),
		part("Token", i.Serial == p.HSM.Serial, "its serial number is "+i.Serial, "hsm.serial stops. Connect the HSM of the plan, or plan this one"),
	}}
	for _, k := range p.Keys {
		found, err := token.Find(ctx, wanted(k))
		if err != nil {
			return nil, err
		}
		out.Parts = append(out.Parts, lookAtKey(p, k, found))
	}
	return out, nil
}

// part says whether something is as planned; else what is there, and what to do.
func part(of string, ok bool, found, do string) hsmPart {
	if ok {
		return hsmPart{of, hsm.Judgement{Outcome: hsm.Can, Means: "As planned."}}
	}
	return hsmPart{of, hsm.Judgement{Outcome: hsm.Cannot, Means: "Not the plan's: " + found + ".", Do: do + "."}}
}

// wanted is where a key of the plan would be.
func wanted(k plan.Key) hsm.Query {
	if id, err := hex.DecodeString(k.ID); err == nil && k.Source == plan.Select {
		return hsm.Query{ID: id}
	}
	return hsm.Query{Label: k.Label}
}

// lookAtKey says of a key to be made whether its label is free, and of one to
// be selected whether it is there, and may leave.
func lookAtKey(p *plan.Plan, k plan.Key, found []hsm.Key) hsmPart {
	of := "Key " + k.Name
	stops := func(means, do string) hsmPart {
		return hsmPart{of, hsm.Judgement{Outcome: hsm.Cannot, Means: means, Do: do}}
	}
	if k.Source != plan.Select {
		if len(found) > 0 {
			return stops(fmt.Sprintf("Its label %q is taken: target.label-free stops.", k.Label), "Plan another label, or have the owner of that key remove it.")
		}
		return hsmPart{of, hsm.Judgement{Outcome: hsm.Can, Means: "Its label is free."}}
	}
	if len(found) != 1 {
		return stops(fmt.Sprintf("%d keys have its id: target.select stops.", len(found)), "Compare id and token with the plan.")
	}
	key := found[0]
	switch {
	case key.Type != k.KeyType() || !isPlanned(k, key):
		return stops("The key with its id is another one: target.planned or target.type stops.", "Compare id and public half with the plan.")
	case key.Extractable == nil || !*key.Extractable:
		return stops("It is not extractable, or the HSM does not say: target.extractable stops.", "That cannot be changed: plan a new key.")
	case p.HSM.Trusted && (key.WrapWithTrusted == nil || !*key.WrapWithTrusted):
		return stops("It may leave under any KEK, and the plan wants trusted wrapping: target.trusted stops.",
			"Its owner can set CKA_WRAP_WITH_TRUSTED now, which can never be taken back; or plan a new key.")
	}
	return hsmPart{of, hsm.Judgement{Outcome: hsm.Can, Means: "There, and may leave. That it could have been wrapped before stands in the transcript."}}
}

// isPlanned compares public halves; an AES key has none.
func isPlanned(k plan.Key, key hsm.Key) bool {
	if key.Public == nil {
		return k.Public == ""
	}
	planned, err := byok.ParsePublicKey([]byte(k.Public))
	return err == nil && planned.Equal(key.Public)
}
