package steps

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/byok"
	"github.com/keyceremony/ceremony/hsm"
)

// wrapSteps is the stage wrap, at the offline machine beside the HSM.
var wrapSteps = []*Step{
	stepOpen, stepSignIn, stepClock, stepMachine, stepKEKReceive, stepKEKConfirm,
	stepConnect, stepTrust, stepLogin, stepProbe, stepGenerate, stepSelect, stepKEKLoad,
	stepWrap, stepChallenge, stepClose, stepClean, stepWrapSeal, stepLogout, stepBlobExport,
}

var stepMachine = &Step{
	ID: "machine.check", Title: "Check the offline machine", Act: "Open",
	Say: "The program records what this machine says of itself: networks, radios, swap, core dumps, disk. " +
		"A machine can lie, so the internal witness attests that boot image, program and module were verified on another machine.",
	Acts: []Role{operator}, Watches: []Role{internalWitness},
	Ask: []Field{
		{Name: "image", Label: "How the boot image was made and verified", Kind: Text, Example: "Debian live 12.8, SHA-256 checked by the witness"},
		{Name: "attest", Label: "Boot image, program and module were verified on another machine", Kind: Word, Exact: "VERIFIED", Whose: internalWitness},
	},
	Do: func(_ context.Context, r *Run) error {
		r.saw.machine = r.c.world.Machine()
		claims := r.saw.machine
		claims.Mounts = nil // there can be thousands, and only live ones matter
		factMachine.Put(r, claims)
		return nil
	},
	Checks: []Check{
		{ID: "machine.network", Class: Stop, Rehearsal: Note, See: func(_ context.Context, r *Run) Finding {
			live := r.saw.machine.Live()
			return holds(len(live) == 0, "live: "+orNone(live), "no live network")
		}},
		{ID: "machine.swap", Class: Exception, Rehearsal: Note, See: func(_ context.Context, r *Run) Finding {
			return holds(len(r.saw.machine.Swap) == 0, counting(len(r.saw.machine.Swap), "swap area"), "no swap")
		}},
		{ID: "machine.core-dumps", Class: Exception, Rehearsal: Note, See: func(_ context.Context, r *Run) Finding {
			return holds(!r.saw.machine.CoreDumps, fmt.Sprintf("core dumps possible: %v", r.saw.machine.CoreDumps), "no core dumps")
		}},
	},
}

var stepKEKReceive = &Step{
	ID: "kek.receive", Title: "Receive the KEK", Act: "The KEK",
	Say: "The bundle is read from the medium, once, and checked before anything is kept: " +
		"the plan, the seal of the preparation, the log, every file's digest, and what the HSM of the vault attests of the KEK. " +
		"The internal witness types the code of the log's head from the sheet. What else lies on the medium is named.",
	Acts: []Role{operator}, Watches: []Role{internalWitness},
	Codes: "Hold the camera to the codes on the online machine's screen. Any order will do, and nothing is lost by looking away. " +
		"When all parts are there, two of the words beside the codes are typed here, and the internal witness types the code of the log's head from the sheet. " +
		"Everything is checked before anything is kept.",
	Carry: carryKEK,
	Ask: append(slices.Clone(takeFields),
		Field{Name: "head", Label: "The code of the preparation's head, from the witness's sheet", Kind: Code, Blind: true, Whose: internalWitness}),
	Gives: []Key{factKID.Key, factKEK.Key, factKEKSum.Key, factExpires.Key, factAttested.Key, factRun.Key, factSheet.Key},
	Do:    receiveKEK,
	// The attestation is verified here, and not at kek.confirm, so that nothing
	// of the bundle is kept and nobody types a code where it does not hold.
	Checks: slices.Concat(bundleChecks(carryKEK),
		[]Check{{ID: "bundle.kek", Class: Stop, See: seeBundleKEK}}, attestChecks),
}

func receiveKEK(_ context.Context, r *Run) error {
	keep := func(k Key) bool { return hasAnyPrefix(string(k), "kek.", "carried.imported/") }
	if err := takeBundle(r, keep); err != nil {
		return err
	}
	factRun.Put(r, r.saw.got.state.run)
	factSheet.Put(r, r.saw.got.head.SHA256)
	r.saw.attested = receivedAttestation(r)
	return nil
}

// seeBundleKEK wants the PEM that travels to be the KEK that the sealed log
// speaks of.
func seeBundleKEK(_ context.Context, r *Run) Finding {
	kek, err := byok.ParseKEK(r.saw.got.bundle.Files["kek.publickey.pem"])
	if err != nil {
		return holds(false, err.Error(), "the KEK of the sealed log")
	}
	if err := wholeKEK(r); err != nil {
		return holds(false, err.Error(), "the KEK of the sealed log")
	}
	return want(kek.SHA256().String(), factKEKSum.Get(r).String())
}

// wholeKEK wants all that the sealed log must say of the KEK, in its form.
func wholeKEK(r *Run) error {
	if !factKID.Has(r) || !factKEK.Has(r) || !factKEKSum.Has(r) || !factExpires.Has(r) {
		return errors.New("the sealed log does not describe a KEK")
	}
	kek, err := byok.ParseKEK([]byte(factKEK.Get(r)))
	if err != nil {
		return err
	}
	if kek.SHA256() != factKEKSum.Get(r) {
		return errors.New("the sealed log contradicts itself about the KEK")
	}
	_, err = byok.ParseKID(factKID.Get(r))
	return err
}

var stepKEKConfirm = &Step{
	ID: "kek.confirm", Title: "Confirm the KEK", Act: "The KEK",
	Say: "Each operator types the KEK's code from the own sheet, which came here by another way than the medium. " +
		"The program compares, and each signs for the own code. If somebody had exchanged the KEK on its way, the codes would differ here, and the ceremony stops: " +
		"whoever exchanges the KEK gets the target keys.",
	Acts: []Role{operator}, Watches: []Role{internalWitness},
	// Whoever has the keyboard could type both codes: so each operator signs.
	Sign:     &Sign{Action: "confirm the KEK", Roles: []Role{operator}, Present: true},
	Subjects: func(r *Run, who string) []string { return []string{"code typed " + r.Answer("code."+who)} },
	Ask:      []Field{{Name: "code", Label: "The KEK's code, from your own sheet", Kind: Code, Blind: true, Each: operator, Least: 2}},
	Needs:    []Key{factKEK.Key, factKEKSum.Key, factExpires.Key, factOffset.Key},
	Checks: []Check{
		{ID: "kek.confirm", Class: Stop, See: func(_ context.Context, r *Run) Finding {
			return codeMatches(r, "code", confirmedKEK(r).SHA256(), "the KEK")
		}},
		{ID: "kek.life", Class: Stop, See: seeKEKLife},
	},
}

// confirmedKEK is the KEK of the transcript. What was parsed once parses again.
func confirmedKEK(r *Run) *byok.KEK {
	kek, err := byok.ParseKEK([]byte(factKEK.Get(r)))
	if err != nil {
		panic(fmt.Sprintf("steps: internal error: recorded KEK: %v", err))
	}
	return kek
}

// seeKEKLife counts the KEK's remaining life by the clock that people read.
func seeKEKLife(_ context.Context, r *Run) Finding {
	wanted := "at least 1 hour"
	end, err := time.Parse(time.RFC3339, factExpires.Get(r))
	if err != nil {
		return unseen("the KEK has no expiry", wanted)
	}
	read := r.c.world.now().Add(-time.Duration(factOffset.Get(r)) * time.Second)
	left := end.Sub(read).Truncate(time.Minute)
	if left < 0 {
		return holds(false, "expired for "+spell(-left), wanted)
	}
	return holds(left >= time.Hour, spell(left)+" left", wanted)
}

var sealOffline = &Seal{Name: "offline", Manifest: audit.SealOffline}

var stepWrapSeal = &Step{
	ID: "wrap.seal", Title: "Seal the offline record", Act: "Hand over", Seal: sealOffline,
	Say: "This freezes the offline log. Then the code of its head and the codes of the target keys are shown: " +
		"write them on the sheets, for they are typed at the online machine. " +
		"Then everybody signs the list of its files, and the HSM too where the plan says so.",
	Acts: []Role{administrator}, Watches: []Role{internalWitness},
	Show: func(r *Run) []Line { return append(sealLines(r), targetLines(r)...) },
}

// targetLines are the codes of the target keys, for the sheets.
func targetLines(r *Run) []Line {
	var out []Line
	for _, k := range r.c.plan.Keys {
		if f := factTarget.of(k.Name); f.Has(r) && f.Get(r).Public != nil {
			out = append(out, Line{Label: "Code of " + k.Name, Value: f.Get(r).Public.SHA256().Code(), Sheet: "hsm." + k.Name})
		}
	}
	return out
}

var stepLogout = &Step{
	ID: "hsm.logout", Title: "Log out of the HSM", Act: "Hand over",
	Say: "The session with the HSM ends. " +
		"The crypto officers take their credentials back.",
	Acts: []Role{cryptoOfficer}, Watches: []Role{internalWitness},
	Do: func(_ context.Context, r *Run) error { return r.c.leave() },
}

// sealKey signs a manifest with the HSM's own key, where the plan names one.
func (c *Ceremony) sealKey(ctx context.Context, e entry) error {
	p := c.plan.Policy()
	name := audit.SignedName(e.step.Seal.Manifest, audit.SealKeyID)
	if p.SealKey == nil || e.step.Seal != sealOffline || c.have(name) != nil {
		return nil
	}
	key, err := hsm.NewSigner(ctx, c.token, hsm.Query{Label: c.plan.HSM.SealKeyLabel})
	if err != nil {
		return err
	}
	signer, err := ssh.NewSignerFromSigner(key)
	if err != nil {
		return err
	}
	if !bytes.Equal(signer.PublicKey().Marshal(), p.SealKey.Marshal()) {
		return ErrSealKey
	}
	manifest := c.have(e.step.Seal.Manifest)
	ns := audit.SealNamespace(e.step.Seal.Name, c.plan.Mode())
	sig, err := audit.Sign(signer, c.world.Rand, ns, manifest)
	if err != nil {
		return err
	}
	return c.write(name, sig)
}
