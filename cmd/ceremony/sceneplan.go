package main

import (
	"crypto/rand"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/byok"
	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/plan"
)

// makePlan writes the plan, and has everybody sign it.
func (s *scene) makePlan(serial string) error {
	tool, err := program()
	if err != nil {
		return err
	}
	module, err := fileSum(s.flags.module)
	if err != nil {
		return err
	}
	now := time.Now().UTC().Truncate(time.Second)
	p := &plan.Plan{
		Format: plan.Format, ID: "rehearsal-" + now.Format("20060102-150405"), Name: "A rehearsal of a key ceremony", Rehearsal: true,
		Program: plan.Program{SHA256: []digest.SHA256{tool.SHA256}},
		Vault: plan.Vault{
			URL: s.vault.URL(), Cloud: "rehearsal", Tenant: s.vault.Tenant(), Authority: s.vault.Authority(), CA: string(s.vault.CA()),
		},
		KEK:      plan.KEK{Name: "rehearsal-kek", Bits: s.flags.bits, Days: 7},
		HSM:      plan.HSM{Module: s.flags.module, ModuleSHA256: module, Serial: serial, SealKey: "none", Trusted: s.flags.trusted},
		Quorum:   plan.Quorum{Operators: 2, CryptoOfficers: 1, InternalWitnesses: 1, ExternalWitnesses: 1},
		Transfer: plan.Transfer{KEK: s.flags.transfer, Blob: s.flags.transfer},
		Evidence: plan.Evidence{Attestation: "none", AuditLog: "required"},
		Time:     plan.Time{NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(0, 0, 7)},
	}
	if root := s.vault.OwnerRoot(); !root.IsZero() { // a Managed HSM
		p.Vault.OwnerRoot = root.String()
		p.Evidence = plan.Evidence{Attestation: "required", AuditLog: "none"}
	}
	if p.Keys, err = targetKeys(s.flags.keys); err != nil {
		return err
	}
	if p.People, err = s.planPeople(); err != nil {
		return err
	}
	return s.signPlan(p)
}

// targetKeys plans one key of each type.
func targetKeys(types []string) ([]plan.Key, error) {
	var out []plan.Key
	for i, name := range types {
		t, err := byok.ParseKeyType(name)
		if err != nil {
			return nil, misuse("--keys: %w", err)
		}
		k := plan.Key{
			Name: fmt.Sprintf("rehearsal-%s-%d", strings.ToLower(strings.ReplaceAll(name, ".", "")), i+1), Type: string(t.Kind()),
			Source: "generate", Close: "unextractable",
		}
		k.Label = k.Name
		switch t.Kind() {
		case byok.KindEC:
			k.Curve, k.Ops = t.Crv(), []string{"sign", "verify"}
		case byok.KindRSA:
			k.Size, k.Ops = t.Bits(), []string{"sign", "verify", "wrapKey", "unwrapKey"}
		default:
			k.Size, k.Ops = t.Bits(), []string{"encrypt", "decrypt", "wrapKey", "unwrapKey"}
		}
		out = append(out, k)
	}
	return out, nil
}

// signPlan writes the plan, everybody's signature on it, and its code.
func (s *scene) signPlan(p *plan.Plan) (err error) {
	file := p.Encode()
	if s.plan, err = plan.Parse(file); err != nil {
		return err
	}
	if err := s.put("plan.toml", file); err != nil {
		return err
	}
	for _, a := range s.people {
		sig, err := s.planSignature(a)
		if err != nil {
			return err
		}
		if err := s.put("plan.toml."+a.id+".sig", sig); err != nil {
			return err
		}
	}
	return s.put("table/plan.code", []byte(s.plan.SHA256().Code()+"\n"))
}

func (s *scene) planSignature(a actor) ([]byte, error) {
	key, err := os.ReadFile(s.path("people", a.id+".online"))
	if err != nil {
		return nil, err
	}
	pass, err := s.passphraseOf(a)
	if err != nil {
		return nil, err
	}
	signer, err := unlock(key, pass, audit.Rehearsal)
	if err != nil {
		return nil, err
	}
	return audit.Sign(signer, rand.Reader, audit.PlanNamespace(s.plan.Mode()), s.plan.Bytes())
}
