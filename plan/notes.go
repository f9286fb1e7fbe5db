package plan

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// WorkloadKinds lists the kinds of workload; the needs of all but other are known.
var WorkloadKinds = []string{"aks", "mysql", "storage", "sql", "other"}

// workloadOps lists what the service behind a workload asks of its key.
// Kinds that are not here ask for nothing that we know.
var workloadOps = map[string][]string{
	"aks":     {"encrypt", "decrypt"}, // KMS plug-in for etcd
	"mysql":   {"wrapKey", "unwrapKey"},
	"storage": {"wrapKey", "unwrapKey"},
	"sql":     {"wrapKey", "unwrapKey"}, // transparent data encryption
}

// Notes lists what a plan may decide and what its reviewers should see before
// they sign: evidence that will be missing, people that a key does not prove,
// keys that stay extractable. A plan with notes is valid.
func (p *Plan) Notes() []string {
	var notes []string
	for _, part := range [][]string{p.evidenceNotes(), p.hsmNotes(), p.keyNotes(), p.peopleNotes(), p.workloadNotes()} {
		notes = append(notes, part...)
	}
	return notes
}

func (p *Plan) evidenceNotes() []string {
	var notes []string
	say := func(format string, args ...any) { notes = append(notes, fmt.Sprintf(format, args...)) }
	hsm, attestation, log := p.Vault.ManagedHSM(), p.Evidence.Attestation, p.Evidence.AuditLog
	if hsm && attestation == "none" {
		say("evidence.attestation is none, though a Managed HSM attests its keys: nothing will prove that the vault made the KEK")
	}
	if hsm && attestation == "wanted" && p.Vault.OwnerRoot == "" {
		say("vault.owner_root is not pinned: the attestation proves a genuine HSM, not that it is yours, and people will have to decide on an exception")
	}
	if !hsm && attestation == "wanted" {
		say("evidence.attestation is wanted, but a Key Vault attests no key: it will be missing, and people will have to decide on an exception")
	}
	if !hsm && log == "none" {
		say("evidence.audit_log is none: nothing will show that the vault made the KEK")
	}
	if !hsm && log != "none" {
		say("evidence.audit_log is %s: it shows who created the KEK, but nobody signs that log", log)
	}
	if p.KEK.Use != "" {
		say("kek.use takes a KEK that exists: who could use it before is not known here")
	}
	return notes
}

func (p *Plan) hsmNotes() []string {
	var notes []string
	if p.HSM.SealKey == "none" {
		notes = append(notes, "hsm.seal_key is none: the HSM does not sign the record of its room")
	}
	if p.HSM.Trusted {
		notes = append(notes, "hsm.trusted: the HSM's security officer must be in the HSM room with the own PIN, and the HSM must enforce CKA_WRAP_WITH_TRUSTED: try it with ceremony hsm --plan")
	}
	return notes
}

func (p *Plan) keyNotes() []string {
	var notes []string
	for _, k := range p.Keys {
		if k.Source == Select {
			notes = append(notes, fmt.Sprintf("key %s is selected: it could have been wrapped before", k.Name))
		}
		if k.Close == Keep {
			notes = append(notes, fmt.Sprintf("key %s is kept as it is: it may be wrapped again afterwards", k.Name))
		}
		if k.Type == "AES" && !p.Vault.ManagedHSM() {
			notes = append(notes, fmt.Sprintf("key %s is an AES key: the service documents its import for a Managed HSM alone", k.Name))
		}
	}
	return notes
}

func (p *Plan) peopleNotes() []string {
	var names []string
	for _, person := range p.People {
		if person.Kept == File {
			names = append(names, person.Name)
		}
	}
	var notes []string
	if len(names) > 0 {
		notes = append(notes, "signing keys kept as files ("+strings.Join(names, ", ")+"): dual control is procedural")
	}
	for _, person := range p.People {
		if note := readingNote(person); note != "" {
			notes = append(notes, note)
		}
	}
	return notes
}

// readingNote says what people may not see of a name. One in another alphabet
// is nobody else's by that: it is only said where all its letters pass for Latin
// ones, or where the window does not draw them.
func readingNote(p Person) string {
	for _, r := range p.Name {
		if unicode.IsLetter(r) && !unicode.In(r, unicode.Latin, unicode.Greek, unicode.Cyrillic) {
			return fmt.Sprintf("the name of %s has letters that the window shows as their numbers, as %U: write it as the identity document does in Latin letters", p.ID, r)
		}
	}
	if seen := looksLike(p.Name); !isASCII(p.Name) && isASCII(seen) {
		return fmt.Sprintf("the name of %s has letters that all look like Latin ones, as %q, and are not: compare it with the identity document letter by letter", p.ID, seen)
	}
	return ""
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r > unicode.MaxASCII })
}

func (p *Plan) workloadNotes() []string {
	var notes []string
	for _, w := range p.Workloads {
		for _, k := range p.Keys {
			if k.Name != w.Key {
				continue
			}
			for _, op := range workloadOps[w.Kind] {
				if !slices.Contains(k.Ops, op) {
					notes = append(notes, fmt.Sprintf("workload %s needs the operation %s, which key %s does not have", w.Name, op, k.Name))
				}
			}
		}
	}
	return notes
}
