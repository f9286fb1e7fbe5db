package ui

import (
	"strings"

	"fyne.io/fyne/v2"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/report"
	"github.com/keyceremony/ceremony/ui/kit"
)

// This file has who took part, with keys and signatures, and the keys that were
// moved.

// signings name the cells of a signer, in their order.
var signings = []string{"Signed the plan", "Signed in: prepare", "Signed in: wrap", "Signed in: import", "Sealed: prepare", "Sealed: offline", "Sealed: final"}

func (p *viewer) people() fyne.CanvasObject {
	members := map[string]report.Member{}
	for _, m := range p.t.People() {
		members[m.ID] = m
	}
	cards := kit.NewColumn(2.5)
	for _, s := range p.t.Signers() {
		cards.Add(personCard(s, members[s.ID]))
	}
	said := kit.NewColumn(1, kit.NewText("At each sign-in and seal, at the least: "+p.t.Quorum()+".", kit.Body))
	for _, seal := range []string{"seal.prepare", "seal.offline", "seal.final"} {
		r := p.t.Rule(seal)
		said.Add(kit.NewMarked(ruleMarks[r.Result], rule(seal), p.byName(strings.Join(r.Lines(audit.FewLines), "\n"))))
	}
	words := kit.NewText("A key is a person only while nobody else can use it: see how each is kept. Fingerprints are as ssh-keygen -l shows them. A tick is a signature that verifies.", kit.Muted)
	return p.leaf("Who had to sign, and who did", "People and signatures", said, words, cards)
}

// byName puts names in the place of ids where a rule says who signed.
func (p *viewer) byName(detail string) string {
	const signed = "signed by "
	ids, ok := strings.CutPrefix(detail, signed)
	if !ok {
		return detail
	}
	list := strings.Split(ids, ", ")
	for i, id := range list {
		for _, person := range p.t.Plan.People {
			if person.ID == id {
				list[i] = person.Name
			}
		}
	}
	return signed + strings.Join(list, ", ")
}

func personCard(s report.Signer, m report.Member) fyne.CanvasObject {
	body := kit.NewColumn(1.5, kit.NewColumn(0.25, kit.NewText(s.Name, kit.Heading), kit.NewText(s.Role+" · "+s.ID, kit.Muted)))
	ticks := kit.NewFlow(2)
	for i, yes := range s.Cells {
		switch {
		case yes:
			ticks.Add(kit.NewMarked(kit.Holds, signings[i], ""))
		case s.ID != audit.SealKeyID: // the HSM signs one seal alone
			ticks.Add(kit.NewMarked(kit.Noted, signings[i]+": no", ""))
		}
	}
	body.Add(ticks)
	switch s.Said {
	case "":
	case audit.SubjectAgrees:
		body.Add(kit.NewMarked(kit.Holds, "Signed off: "+s.Said, ""))
	default:
		body.Add(kit.NewMarked(kit.Fails, "Signed off: "+s.Said, ""))
	}
	var facts []kit.Fact
	if m.Kept != "" {
		facts = append(facts, kit.Fact{Label: "Key kept as", Value: m.Kept})
	}
	for _, k := range m.Keys {
		facts = append(facts, kit.Fact{Label: k.Type + ", " + k.Use, Value: k.SHA256, Mono: true})
	}
	if len(facts) > 0 {
		body.Add(kit.NewFacts(facts))
	}
	return kit.NewCard(body)
}

func (p *viewer) keyCards() fyne.CanvasObject {
	cards := []fyne.CanvasObject{p.kekCard(), p.placeCard()}
	for _, k := range p.t.Targets() {
		cards = append(cards, targetCard(k))
	}
	return p.leaf("What was moved", "Keys", cards...)
}

// known leaves out facts that nobody recorded.
func known(facts ...kit.Fact) (list []kit.Fact) {
	for _, f := range facts {
		if f.Value != "" {
			list = append(list, f)
		}
	}
	return list
}

func (p *viewer) kekCard() fyne.CanvasObject {
	k := p.t.KEK()
	body := kit.NewColumn(1.5, kit.NewText("KEK, in the vault", kit.Heading))
	if k.Origin {
		body.Add(kit.NewMarked(kit.Holds, "The vault made it", ""))
	} else {
		body.Add(kit.NewMarked(kit.NotChecked, "Not proved that the vault made this KEK", ""))
	}
	if len(k.Confirmed) > 0 {
		body.Add(p.point(kit.Holds, "Confirmed beside the HSM by "+join(k.By), "by codes from own sheets", k.Confirmed))
	} else {
		body.Add(kit.NewMarked(kit.Fails, "Not confirmed", ""))
	}
	facts := known(kit.Fact{Label: "Type", Value: k.Type + ", " + k.Source}, kit.Fact{Label: "Expires", Value: k.Expires},
		kit.Fact{Label: "Afterwards", Value: k.Fate}, kit.Fact{Label: "kid", Value: k.KID, Mono: true})
	if k.Known {
		facts = append(facts, kit.Fact{Label: "SHA-256 of the key", Value: k.SHA256.Groups(), Mono: true}, kit.Fact{Label: "Code", Value: k.SHA256.Code(), Mono: true})
	}
	body.Add(kit.NewFacts(facts))
	return kit.NewCard(body)
}

// placeCard has where the keys came from, and where they went.
func (p *viewer) placeCard() fyne.CanvasObject {
	h, v := p.t.HSM(), p.t.Vault()
	hsm := kit.NewColumn(1.5, kit.NewText("HSM", kit.Heading), kit.NewFacts(known(
		kit.Fact{Label: "Device", Value: h.Manufacturer + " " + h.Model}, kit.Fact{Label: "Firmware", Value: h.Firmware},
		kit.Fact{Label: "Serial number", Value: h.Serial}, kit.Fact{Label: "Library", Value: h.Library}, kit.Fact{Label: "Wraps by", Value: h.Way},
		kit.Fact{Label: "Module", Value: p.t.Plan.HSM.Module}, kit.Fact{Label: "SHA-256 of the module", Value: p.t.Plan.HSM.ModuleSHA256.String(), Mono: true})))
	vault := kit.NewColumn(1.5, kit.NewText("Vault", kit.Heading), kit.NewFacts(known(
		kit.Fact{Label: "Kind", Value: v.Kind}, kit.Fact{Label: "Cloud", Value: v.Cloud}, kit.Fact{Label: "Account", Value: v.Account},
		kit.Fact{Label: "Tenant", Value: v.Tenant}, kit.Fact{Label: "Address", Value: v.URL, Mono: true})))
	return kit.NewBeside(400, kit.NewCard(hsm), kit.NewCard(vault))
}

func targetCard(k report.Target) fyne.CanvasObject {
	body := kit.NewColumn(1.5, kit.NewColumn(0.25, kit.NewText(k.Name, kit.Heading), kit.NewText(string(k.KeyType())+", target key", kit.Muted)))
	if k.Proof != "" {
		body.Add(kit.NewMarked(kit.Holds, "The vault answered a challenge that was made beside the HSM", k.Proof))
	} else {
		body.Add(kit.NewMarked(kit.NotChecked, "No challenge is recorded", "nothing proves that the vault's key is the one in the HSM"))
	}
	source := "generated in the ceremony"
	if k.Selected() {
		source = "was there before: it could have been wrapped before"
	}
	facts := known(kit.Fact{Label: "In the HSM", Value: source}, kit.Fact{Label: "Label", Value: k.Label}, kit.Fact{Label: "Id", Value: k.CKAID},
		kit.Fact{Label: "May", Value: join(k.Ops)}, kit.Fact{Label: "Afterwards", Value: k.Close}, kit.Fact{Label: "Check value", Value: k.KCV},
		kit.Fact{Label: "kid", Value: k.KID, Mono: true})
	if k.Public {
		facts = append(facts, kit.Fact{Label: "SHA-256 of the key", Value: k.SHA256.Groups(), Mono: true}, kit.Fact{Label: "Code", Value: k.SHA256.Code(), Mono: true})
	}
	if k.Wrapped {
		facts = append(facts, kit.Fact{Label: "SHA-256 of the blob", Value: k.Blob.Groups(), Mono: true})
	}
	body.Add(kit.NewFacts(facts))
	if rows := entryChecks(k.Checks); len(rows) > 0 {
		body.Add(kit.NewChecks(rows))
	}
	return kit.NewCard(body)
}
