package steps

import (
	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/hsm"
	"github.com/keyceremony/ceremony/keyvault"
	"github.com/keyceremony/ceremony/machine"
)

// What steps give each other. Facts are public and stand in the transcript.
var (
	factRun      = fact[string]("run")
	factVault    = fact[keyvault.Info]("vault.info")
	factKID      = fact[string]("kek.kid")
	factKEK      = fact[string]("kek.pem")
	factKEKSum   = fact[digest.SHA256]("kek.sha256")
	factExpires  = fact[string]("kek.expires")            // RFC 3339
	factAttested = fact[digest.SHA256]("kek.attestation") // of the file, if the vault attests the KEK
	factOffset   = fact[int64]("clock.offset")            // seconds that the local clock is ahead
	factMachine  = fact[machine.Report]("machine.claims")
	factMedium   = fact[mediumFact]("medium") // per step
	factSheet    = fact[digest.SHA256]("bundle.head")

	factToken   = fact[tokenFact]("hsm.token")
	factWay     = fact[hsm.Way]("hsm.way")
	factTarget  = fact[hsm.Key]("target")        // per key
	factBlob    = fact[digest.SHA256]("blob")    // per key
	factTask    = fact[challenge]("challenge")   // per key
	factImport  = fact[imported]("imported")     // per key
	factProof   = fact[string]("target.proof")   // per key
	factOffline = fact[sideFact]("offline.open") // what the offline side left open
	factFate    = fact[string]("kek.fate")
)

// Session keys: what lives in the process.
const (
	sessionVault Key = "session.vault"
	sessionToken Key = "session.token"
	sessionLogin Key = "session.login"
	sessionProbe Key = "session.probe"
	sessionKEK   Key = "session.kek"
)

// tokenFact is who the HSM is, as the transcript keeps it.
type tokenFact struct {
	Label, Serial, Manufacturer, Model, Firmware, Library string
}

// sideFact is what one side's log leaves open.
type sideFact struct {
	Exceptions int      `json:"exceptions"`
	Missing    []string `json:"missing"`
}

// mediumFact is what the system says of a medium.
type mediumFact struct {
	Label   string `json:"label"`
	Serial  string `json:"serial"`
	Unknown string `json:"unknown"` // why it does not say
}

// imported is where a target key is in the vault.
type imported struct {
	KID     string `json:"kid"`
	Version string `json:"version"`
}

// listOf is a side's list: the script of that machine.
func listOf(side string) []entry {
	if side == "offline" {
		return entries(Wrap, wrapSteps)
	}
	return append(entries(Prepare, prepareSteps), entries(Import, importSteps)...)
}

func entries(stage Stage, steps []*Step) []entry {
	var out []entry
	for _, s := range steps {
		out = append(out, entry{stage, s})
	}
	return out
}

// Steps lists the steps of a stage, in order.
func Steps(stage Stage) []*Step {
	switch stage {
	case Prepare:
		return prepareSteps
	case Wrap:
		return wrapSteps
	}
	return importSteps
}
