package hsm

import (
	"fmt"
	"strings"

	"github.com/keyceremony/ceremony/byok"
)

// Outcome says whether a ceremony can do with something.
type Outcome string

// The outcomes, best first.
const (
	Can       Outcome = "yes"
	CanExcept Outcome = "with an exception" // people decide about a check that does not hold
	Cannot    Outcome = "no"
)

// A Judgement is an outcome in words for people.
type Judgement struct {
	Outcome Outcome `json:"outcome"`
	Means   string  `json:"means"` // a sentence
	Do      string  `json:"do"`    // a sentence, "" if nothing is to be done
}

// A Row is what a probe found of one type of key.
type Row struct {
	Type      byok.KeyType `json:"type"`
	KEKBits   int          `json:"kek_bits"`
	Generated bool         `json:"generated"` // the token makes such keys
	Wrapped   string       `json:"wrapped"`   // "in one call", "in two steps", "no"
	Judgement
}

// An Assessment is what a probe means for a ceremony.
type Assessment struct {
	Judgement
	Keys    []Row      `json:"keys"`
	Trusted *Judgement `json:"trusted,omitempty"` // nil if trusted wrapping was not asked about
}

// OneCall reports whether one mechanism makes the whole ciphertext.
func (w Way) OneCall() bool { return w != "" && !strings.Contains(string(w), " + ") }

// Assess says what a probe under a KEK of this size means, for each type of
// key and over all.
func Assess(i Info, c Capability, kekBits int) Assessment {
	var a Assessment
	worst := Can
	for _, t := range c.Types {
		row := assessType(c.Way, t)
		row.KEKBits = kekBits
		a.Keys, worst = append(a.Keys, row), worse(worst, row.Outcome)
	}
	if c.Untrusted != nil {
		j := assessTrust(c)
		a.Trusted, worst = &j, worse(worst, j.Outcome)
	}
	a.Judgement = overall(i, c, worst)
	return a
}

func worse(a, b Outcome) Outcome {
	rank := map[Outcome]int{Can: 0, CanExcept: 1, Cannot: 2}
	if rank[b] > rank[a] {
		return b
	}
	return a
}

func assessType(w Way, t TypeResult) Row {
	row := Row{Type: t.Type, Generated: t.Generated, Wrapped: "no"}
	if t.OK && w != "" {
		row.Wrapped = map[bool]string{true: "in one call", false: "in two steps"}[w.OneCall()]
	}
	switch {
	case !t.Generated:
		row.Judgement = Judgement{Cannot, "The HSM makes no such key: " + sentence(t.Problem), "Plan another type of key, or have the HSM set up for it."}
	case !t.OK:
		row.Judgement = Judgement{Cannot, "The HSM makes such keys and does not wrap them for Azure: " + sentence(t.Problem), askTheVendor}
	case w == "":
		row.Judgement = Judgement{Cannot, "A way wraps this type, and no way wraps all: a ceremony uses one way for all its keys.", "Plan the types that cannot be wrapped elsewhere, in a ceremony of their own."}
	case t.TrailingZeros > 0:
		row.Judgement = Judgement{
			CanExcept, "Up to 7 zero bytes stay behind the wrapped key, and it is not known whether the vault accepts that: the check hsm.exact-wrap does not hold.",
			"Update the HSM's software (SoftHSM: 2.7 or later), or be ready to decide on an exception. In a rehearsal it is a note.",
		}
	default:
		row.Judgement = Judgement{Can, "Made, wrapped and compared: exactly what Azure needs.", ""}
	}
	return row
}

const askTheVendor = "Ask the vendor for CKM_RSA_AES_KEY_WRAP, or for CKM_RSA_PKCS_OAEP with AES key wrap of RFC 5649, for private keys, " +
	"and how the HSM's policy allows extractable keys; see the hints."

func assessTrust(c Capability) Judgement {
	if !c.Untrusted.OK {
		return Judgement{
			Cannot, "The HSM does not keep to CKA_WRAP_WITH_TRUSTED: " + sentence(c.Untrusted.Found),
			"Have a plan without hsm.trusted reviewed and signed, or ask the vendor which setting enforces it.",
		}
	}
	do := "Have the HSM's security officer in the room, with the own PIN: kek.trust marks the KEK, which is not tried here."
	if !c.Way.OneCall() {
		do = "Have the HSM's security officer in the room, with the own PIN: kek.trust marks the KEK and makes a trusted wrapping key, which is not tried here. Rehearse it on this HSM, with a partition of its own."
	}
	return Judgement{Can, "A key with CKA_WRAP_WITH_TRUSTED stays, under a KEK that nobody trusts: " + sentence(c.Untrusted.Found), do}
}

func overall(i Info, c Capability, worst Outcome) Judgement {
	token := fmt.Sprintf("%s %s, firmware %s, serial %s", i.Manufacturer, i.Model, i.Firmware, i.Serial)
	switch {
	case c.Way == "":
		var tried []string
		for _, a := range c.Tried {
			tried = append(tried, fmt.Sprintf("%s: %s", a.Way, sentence(a.Result)))
		}
		return Judgement{Cannot, token + ": cannot wrap every type of key as Azure needs it. Tried: " + strings.Join(tried, " "), askTheVendor}
	case worst == Cannot:
		return Judgement{Cannot, token + ": cannot do all that is asked for; see below.", "Change the plan or the HSM before anybody is invited."}
	case worst == CanExcept:
		return Judgement{CanExcept, fmt.Sprintf("%s: wraps by %s, but not exactly.", token, c.Way), "Read what stands below, and decide before the day."}
	}
	return Judgement{Can, fmt.Sprintf("%s: wraps every type of key asked for, by %s.", token, c.Way), ""}
}

// sentence ends a text of the token or the probe with one full stop.
func sentence(s string) string { return strings.TrimRight(s, ". ") + "." }
