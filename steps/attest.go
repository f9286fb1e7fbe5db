package steps

import (
	"context"
	"path/filepath"
	"slices"
	"strings"

	"github.com/keyceremony/ceremony/byok"
	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/durable"
	"github.com/keyceremony/ceremony/keyvault"
	"github.com/keyceremony/ceremony/keyvault/attest"
	"github.com/keyceremony/ceremony/plan"
)

// This file has the evidence of where the KEK comes from: what a Managed HSM
// attests of it, verified online and again in the HSM room, and the vault's
// audit log.

// The files of the evidence.
const (
	attestationFile = "kek.attestation.json"
	auditLogFile    = "kek.audit.json"

	maxAuditLog = 8 << 20 // bytes; it crosses the gap with the KEK
)

// It comes after kek.code: a vault writes its audit log minutes late.
var stepKEKAttest = &Step{
	ID: "kek.attest", Title: "Prove the KEK's origin", Act: "The KEK",
	Say: "A Managed HSM attests that the KEK was made inside, cannot leave, and lies in the pool of the plan. " +
		"The program verifies that, keeps it, and verifies it again in the HSM room. " +
		"A Key Vault attests nothing: its audit log can show who created the KEK, and nobody signs that log. " +
		"Evidence that is wrong stops the ceremony; of evidence that is missing, the plan says what it means.",
	Acts: []Role{operator}, Watches: []Role{internalWitness},
	Ask: []Field{{
		Name: "log", Label: "The vault's audit log, of the hour in which the KEK was created", Kind: File,
		Example: "PT1H.json, from the container insights-logs-auditevent", Optional: true, Late: wantsAuditLog,
	}},
	Needs: []Key{sessionVault, factKID.Key, factKEK.Key}, Gives: []Key{factAttested.Key},
	Show:  func(r *Run) []Line { return evidenceLines(r.c.plan) },
	Print: evidencePaths,
	Do: func(ctx context.Context, r *Run) error {
		if err := fetchAttestation(ctx, r); err != nil {
			return err
		}
		return readAuditLog(r)
	},
	Checks: slices.Concat(attestChecks, auditLogChecks, []Check{{ID: "kek.origin", Class: Note, See: seeOrigin}}),
}

func wantsAuditLog(c *Ceremony) bool { return c.plan.Evidence.AuditLog != "none" }

// evidenceLines say what the plan wants.
func evidenceLines(p *plan.Plan) []Line {
	lines := []Line{{Label: "Attestation", Value: p.Evidence.Attestation}, {Label: "Audit log", Value: p.Evidence.AuditLog}}
	if vaultKind(p) == keyvault.KeyVault {
		return append(lines, Line{Label: "This vault", Value: "a Key Vault: it attests no key"})
	}
	root := p.Vault.OwnerRoot
	if root == "" {
		root = "not pinned in the plan: whose HSM it is will not be known"
	}
	return append(lines, Line{Label: "Root of the pool's owner", Value: root, Mono: p.Vault.OwnerRoot != ""})
}

// fetchAttestation verifies what the vault attests of the KEK, and keeps it.
func fetchAttestation(ctx context.Context, r *Run) error {
	id, err := byok.ParseKID(factKID.Get(r))
	if err != nil {
		return err
	}
	a, err := r.vault().Attestation(ctx, id.Name, id.Version)
	if forbidden(err) {
		r.saw.attested = []attest.Finding{notGiven(attest.CheckPresent, Explain(err).Title, "an attestation of the key by the HSM")}
		return nil
	}
	if err != nil {
		return err
	}
	r.saw.attested = attest.Verify(a, wantAttested(r))
	if a == nil {
		return nil
	}
	return keepAttestation(r, *a)
}

// keepAttestation keeps it with the key as kek.readback has found it.
func keepAttestation(r *Run, a keyvault.Attestation) error {
	public, err := byok.ParsePublicKey([]byte(factKEK.Get(r)))
	if err != nil {
		return err
	}
	file, err := attest.Encode(keyvault.Key{KID: factKID.Get(r), Kty: "RSA-HSM", Ops: []string{"import"}, Public: public}, a)
	if err != nil {
		return err
	}
	r.File(attestationFile, file)
	factAttested.Put(r, digest.Of(file))
	return nil
}

// wantAttested is what the plan and the record know of the KEK.
func wantAttested(r *Run) attest.Want {
	p := r.c.plan
	w := attest.Want{Kind: vaultKind(p), Key: confirmedKEK(r).RSA(), KID: factKID.Get(r), At: r.c.world.now()}
	if p.Vault.OwnerRoot != "" {
		w.OwnerRoot, _ = digest.Parse(p.Vault.OwnerRoot) // the plan's reader has parsed it
	}
	if p.Rehearsal {
		w.RehearsalCA = []byte(p.Vault.CA)
	}
	return w
}

// receivedAttestation verifies the file of the bundle, with no word of the
// online machine but what the log says: the KEK under which the HSM will wrap,
// and the file's digest. A file that the log does not name is no attestation.
func receivedAttestation(r *Run) []attest.Finding {
	if wholeKEK(r) != nil || !factAttested.Has(r) {
		return []attest.Finding{notGiven(attest.CheckPresent, "the sealed log has no attestation of a KEK", "an attestation of the KEK by the HSM")}
	}
	w := wantAttested(r)
	w.File = factAttested.Get(r)
	return attest.VerifyFile(r.saw.got.bundle.Files[attestationFile], w)
}

// readAuditLog looks for the KEK's creation in the file that people give.
func readAuditLog(r *Run) error {
	path := r.Answer("log")
	switch {
	case !wantsAuditLog(r.c):
		return nil
	case path == "":
		r.saw.logged = []attest.Finding{notGiven(attest.CheckLog, "no file was given", "the vault's audit log")}
		return nil
	}
	dir, err := durable.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer dir.Close()
	file, err := dir.Read(filepath.Base(path), maxAuditLog)
	if err != nil {
		return err
	}
	r.saw.logged = attest.VerifyLog(file, factKID.Get(r))
	r.File(auditLogFile, file)
	return nil
}

func notGiven(id, why, wanted string) attest.Finding {
	return attest.Finding{ID: id, Found: why, Wanted: wanted, Result: attest.NotChecked}
}

// attestChecks and auditLogChecks are the checks of the attest package. Which
// of them are made depends on what there is to check.
var (
	attestChecks = evidenceChecks(attest.Checks(),
		func(r *Run) []attest.Finding { return r.saw.attested }, func(e plan.Evidence) string { return e.Attestation })
	auditLogChecks = evidenceChecks(attest.LogChecks(),
		func(r *Run) []attest.Finding { return r.saw.logged }, func(e plan.Evidence) string { return e.AuditLog })
)

func evidenceChecks(ids []string, saw func(*Run) []attest.Finding, wish func(plan.Evidence) string) []Check {
	find := func(r *Run, id string) int {
		return slices.IndexFunc(saw(r), func(f attest.Finding) bool { return f.ID == id })
	}
	var out []Check
	for _, id := range ids {
		out = append(out, Check{
			ID: id, Class: Stop,
			When: func(r *Run) bool { return find(r, id) >= 0 },
			See: func(_ context.Context, r *Run) Finding {
				return evidence(saw(r)[find(r, id)], wish(r.c.plan.Evidence))
			},
		})
	}
	return out
}

// whereMissing is what missing evidence means, by the wish of the plan.
var whereMissing = map[string]Class{"required": Stop, "wanted": Exception, "none": Note}

// evidence is a finding as the plan takes it: what is wrong stops, what is
// missing is a matter of the plan, notes are notes.
func evidence(f attest.Finding, wish string) Finding {
	out := Finding{
		Found: strings.TrimPrefix(f.Found, "not checked: "), Wanted: f.Wanted, Meaning: f.Meaning,
		OK: f.Result == attest.Holds, NotChecked: f.Result == attest.NotChecked,
	}
	switch {
	case f.Note:
		out.Class = Note
	case out.NotChecked:
		out.Class = whereMissing[wish]
		out.Meaning = "The plan says of this evidence: " + wish + ". It is not there."
	}
	return out
}

// seeOrigin says what proves that the vault made the KEK. An audit log is
// signed by nobody, and proves nothing.
func seeOrigin(_ context.Context, r *Run) Finding {
	const wanted = "proof that the vault made this KEK"
	missing := attest.Missing(r.saw.attested)
	switch {
	case attest.Refused(r.saw.attested), slices.Contains(missing, attest.CheckPresent):
	case len(missing) > 0:
		return unseen("the HSM's attestation, but for "+strings.Join(missing, ", "), wanted)
	default:
		return holds(true, "the HSM attests that it was made there and cannot leave", wanted)
	}
	if len(r.saw.logged) > 0 && !attest.Refused(r.saw.logged) && len(attest.Missing(r.saw.logged)) == 0 {
		return unseen("the vault's audit log has its creation and no import; nobody signs that log", wanted)
	}
	return unseen("nothing shows it", wanted)
}
