package kit

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// This file has scenes that only show: nothing is entered in them.

const aDigest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

func checkRows() []CheckRow {
	return []CheckRow{
		{"Serial number", "hsm.serial", "7000-42-118", "7000-42-118", "", Holds},
		{"Firmware", "hsm.firmware", "7.4.2", "7.4 or newer", "", Holds},
		{"Digest of the KEK", "kek.digest", aDigest, aDigest, "", Holds},
		{"Policy of wrapping", "hsm.policy.wrap", "off", "on", "", Fails},
		{"Attestation", "hsm.attestation", "not offered", "", "", NotChecked},
		{"Clock of this machine", "machine.clock", "184 s off", "", "accepted", Noted},
	}
}

func pageScene() fyne.CanvasObject {
	return NewColumn(0, NewBand("Rehearsal — nothing here counts"), NewPage(760, NewColumn(3,
		NewFlow(1, Badge("online"), Badge("offline")),
		NewColumn(1, NewText("Step 6 of 14 · hsm.connect", OverlineBlue), NewText("Choose the HSM", Title)),
		NewFlow(1, NewChip("Acts", "Operator 1"), NewChip("Approves", "Crypto officer 1"), NewChip("Watches", "Witness 1")),
		NewText("The token was found and tried with a throw-away key. This is what it can do for the three keys of this plan.", Body),
		NewChecks(checkRows()),
		NewPanel("This partition does not let private keys be wrapped", []string{"Policy 1 “Allow private key wrapping” is off, so the HSM will refuse to export the target keys.", "The partition’s security officer can turn it on; cloning (policy 0) must then be off. Nothing has been changed."}, "hsm.policy.wrap", PanelError),
		NewPanel("The clock is off", []string{"184 s, accepted by both operators."}, "", PanelWarning),
		NewPanel("All 9 checks hold", nil, "", PanelGood),
		NewPanel("Before you begin", []string{"Have both sheets at hand."}, "", PanelPlain),
	)))
}

// wholeScene is a page as the window puts it together.
func wholeScene() fyne.CanvasObject {
	middle := NewPage(760, NewColumn(2.5,
		NewColumn(0.5, NewText("Step 6 of 14 · hsm.connect", OverlineBlue), NewText("Choose the HSM", Title)),
		NewFlow(1, NewChip("Acts", "Operator 1"), NewChip("Approves", "Crypto officer 1")),
		NewText("The token was found and tried with a throw-away key. This is what it can do for the three keys of this plan.", Body),
		NewChecks(checkRows()[:2]),
		NewPanel("This partition does not let private keys be wrapped", []string{"Policy 1 “Allow private key wrapping” is off, so the HSM will refuse to export the target keys."}, "hsm.policy.wrap", PanelError),
	))
	return container.NewBorder(NewBand("Rehearsal — nothing here counts"), nil,
		sized{300}.box(railScene()), sized{330}.box(journalScene()), NewScroll(middle))
}

// A sized box has a width of its own.
type sized struct{ width float32 }

func (s sized) box(o fyne.CanvasObject) fyne.CanvasObject { return container.New(s, o) }

func (s sized) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(s.width, 0) }

func (s sized) Layout(o []fyne.CanvasObject, size fyne.Size) { o[0].Resize(size) }

func railItems() []RailItem {
	var items []RailItem
	add := func(head string, s RailState, note string, titles ...string) {
		for _, t := range titles {
			items = append(items, RailItem{Head: head, Title: t, Note: note, State: s})
		}
	}
	add("Open", Done, "09:02", "Check this machine", "Sign in the people")
	add("Open", Exception, "09:10 OO", "Check the clock")
	add("Open", Flawed, "09:12 OO", "Look at the machine")
	add("The KEK", Done, "09:17", "Receive the KEK")
	add("The KEK", Failed, "09:21", "Confirm the KEK")
	add("The HSM", Now, "", "Choose the HSM")
	add("The HSM", ToCome, "", "Log in to the HSM", "Create the target keys", "Load the KEK", "Wrap the keys", "Prove the keys", "Clean the HSM")
	add("Hand back", ToCome, "", "Export the blobs", "Seal the offline side")
	return items
}

func railScene() fyne.CanvasObject {
	r := NewRail()
	r.Set(railItems())
	return r
}

func journalRows() []JournalRow {
	return []JournalRow{
		{"09:10", "Exception 1: clock 184 s off, accepted by both operators", true},
		{"09:12", "Medium KEK-TRANSFER (serial 3A1F-90C2, bag A1042877) read", false},
		{"09:13", "Bundle from online record 22 verified; nothing else on the medium, and a good deal more that does not fit on two lines at all", false},
		{"09:13", "Signatures: Operator 1, Operator 2", false},
		{"09:16", "Attestation holds: 9 of 9 checks", false},
		{"09:17", "KEK received: RSA 4096, expires 2026-11-24", false},
		{"09:18", "Operator 2 typed the KEK code: equal", false},
	}
}

const aCode = "40213 88174 09265 51902 73310 64477 20958"

func journalScene() fyne.CanvasObject {
	rows := journalRows()
	j := NewJournal(func() int { return 3 * len(rows) }, func(i int) JournalRow { return rows[i%len(rows)] })
	j.SetTitle("Transcript · offline · 31 records")
	j.SetHead(aCode)
	return j
}

func factsScene() fyne.CanvasObject {
	p := NewProgress()
	p.SetText("Wrapping the keys: touch the PIN pad")
	p.SetElapsed("for 1 min 12 s")
	return NewPage(900, NewColumn(3,
		NewFacts([]Fact{
			{Label: "Vault", Value: "kv-payments-prod"},
			{Label: "Key encryption key", Value: "RSA 4096, expires 2026-11-24"},
			{Label: "Command", Value: "az keyvault key show --vault-name kv-payments-prod --name kek-2026 --query key " + strings.Repeat("x", 20), Mono: true, Copy: true},
			{Label: "SHA-256", Value: aDigest, Mono: true},
			{Label: "KEK code", Value: aCode, Write: true},
		}),
		NewCard(NewColumn(2, NewCodeText(aCode), NewHRule(), p)),
		NewColumn(2,
			NewTile("Start a ceremony", "Open an approved plan, or write one. The script is printed from it.", Icon("key"), nil),
			NewTile("Verify a transcript", "For auditors: one verdict, every check by name.", nil, nil)),
	))
}
