package report

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"strings"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/plan"
)

// This file tells the keys: the KEK, the HSM, and each target key. It takes
// them from the facts of the logs.

// A KEK is the Key Exchange Key in the vault.
type KEK struct {
	KID, Type, Expires, Fate, Source string
	SHA256                           digest.SHA256
	Known                            bool
	Origin                           bool // the vault is proved to have made it
	Confirmed                        []Ref
	By                               []string // who confirmed it
}

// KEK is what the record says of the KEK.
func (t *Transcript) KEK() KEK {
	k := KEK{Type: fmt.Sprintf("RSA-%d", t.Plan.KEK.Bits), Source: "made in this ceremony", Origin: t.origin == audit.ResultHolds}
	if t.Plan.KEK.Use != "" {
		k.Source = "existed before this ceremony"
	}
	k.Known = t.fact(&k.SHA256, "kek.sha256")
	t.fact(&k.KID, "kek.kid")
	t.fact(&k.Expires, "kek.expires")
	t.fact(&k.Fate, "kek.fate")
	if r := t.steps["kek.confirm"]; r != nil {
		k.Confirmed, k.By = r.First, t.confirmed
	}
	return k
}

// A Token is the HSM, as it named itself.
type Token struct {
	Label, Serial, Manufacturer, Model, Firmware, Library string
	Way                                                   string `json:"-"` // how it wraps
}

// HSM is what the record says of the HSM.
func (t *Transcript) HSM() Token {
	var k Token
	t.fact(&k, "hsm.token")
	t.fact(&k.Way, "hsm.way")
	if t.Plan.HSM.Trusted && k.Way != "" {
		k.Way += map[bool]string{
			true:  ", only under the KEK that the HSM's security officer marked as trusted",
			false: "; the plan wants a KEK that the HSM's security officer trusts, and kek.trust is not in the record",
		}[t.steps["kek.trust"] != nil]
	}
	return k
}

// A Vault is where the keys went, as it named itself.
type Vault struct {
	URL     string `json:"url"`
	Kind    string `json:"kind"`
	Cloud   string `json:"cloud"`
	Tenant  string `json:"tenant"`
	Account string `json:"account"`
}

// Vault is what the record says of the vault.
func (t *Transcript) Vault() Vault {
	v := Vault{URL: t.Plan.Vault.URL, Cloud: t.Plan.Vault.Cloud, Tenant: t.Plan.Vault.Tenant}
	t.fact(&v, "vault.info")
	return v
}

// hsmKey is a target key as the HSM showed it.
type hsmKey struct {
	ID     string `json:"id"`
	Type   string `json:"type"`
	Public string `json:"public"`
	KCV    string `json:"kcv"`
}

// A Target is one target key on its way.
type Target struct {
	plan.Key
	Known    bool
	CKAID    string // hex
	Said     string // its type as the HSM says
	SHA256   digest.SHA256
	Public   bool // SHA256 is that of its public half
	KCV      string
	Blob     digest.SHA256
	Wrapped  bool
	KID      string
	Imported bool
	Proof    string // how the vault proved the key
	Checks   []audit.Check
}

// Selected says that the key was in the HSM before the ceremony.
func (k Target) Selected() bool { return k.Source == plan.Select }

// Targets are the target keys, in the plan's order.
func (t *Transcript) Targets() []Target {
	var out []Target
	for _, k := range t.Plan.Keys {
		out = append(out, t.target(k))
	}
	return out
}

func (t *Transcript) target(k plan.Key) Target {
	out := Target{Key: k}
	var key hsmKey
	if out.Known = t.fact(&key, "target/"+k.Name, "carried.target/"+k.Name); out.Known {
		out.Said, out.KCV = key.Type, key.KCV
		if id, err := base64.StdEncoding.DecodeString(key.ID); err == nil {
			out.CKAID = hex.EncodeToString(id)
		}
		if block, _ := pem.Decode([]byte(key.Public)); block != nil {
			out.SHA256, out.Public = digest.Of(block.Bytes), true
		}
	}
	out.Wrapped = t.fact(&out.Blob, "blob/"+k.Name)
	var in struct {
		KID string `json:"kid"`
	}
	out.Imported = t.fact(&in, "imported/"+k.Name, "carried.imported/"+k.Name)
	out.KID = in.KID
	var task struct {
		Kind string `json:"kind"`
		Alg  string `json:"alg"`
	}
	t.fact(&task, "challenge/"+k.Name)
	if out.Proof = strings.TrimSpace(task.Kind + " " + task.Alg); task.Kind == "none" {
		out.Proof = ""
	}
	for _, id := range []string{
		"target.local", "target.always-sensitive", "target.extractable", "target.sensitive", "target.trusted", "target.hsm-holds", "target.closed",
		"target.same-public", "target.proof",
	} {
		if c, ok := t.checks[point{log: k.Name + " " + id}]; ok {
			out.Checks = append(out.Checks, c)
		}
	}
	return out
}

// Manifest lists the files that the last seal vouches for.
func (t *Transcript) Manifest() audit.Manifest { return t.lists[t.CodeOf] }
