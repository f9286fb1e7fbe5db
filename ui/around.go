package ui

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"fyne.io/fyne/v2"

	"github.com/keyceremony/ceremony/steps"
	"github.com/keyceremony/ceremony/ui/kit"
)

// This file keeps what stands around the step: the rail with the script, the
// transcript, and the buttons that turn away from the script.

// around brings rail, transcript and buttons up to date. It is called when no
// work is under way: the ceremony is one's own then.
func (p *ceremony) around() {
	p.journal = p.c.Journal()
	p.records.SetTitle("Transcript · " + count(len(p.journal), "record"))
	p.head = p.c.Head()
	p.known.SetText(p.c.Clock())
	p.records.SetHead(p.headCode())
	p.records.Refresh()
	p.rail.Set(p.items())
	p.turns.Objects = p.turnButtons()
	p.turns.Refresh()
	p.tick()
	p.changed()
}

// headCode is the code of the log's head, but while it is to be typed from a
// sheet.
func (p *ceremony) headCode() string {
	if p.c.Paused() {
		return ""
	}
	return p.head.SHA256.Code()
}

// items are the lines of the rail: the steps of this sitting.
func (p *ceremony) items() []kit.RailItem {
	var out []kit.RailItem
	for _, it := range p.c.Outline() {
		if it.Stage != p.stage {
			continue
		}
		one := kit.RailItem{Head: it.Step.Act, Title: it.Step.Title, State: railStates[it.State]}
		if !it.At.IsZero() {
			one.Note = it.At.Local().Format("15:04")
			if it.By != "" {
				one.Note += " " + p.short(it.By)
			}
		}
		if it.Of > 1 && it.Done < it.Of && it.Done > 0 {
			one.Note = fmt.Sprintf("%d of %d", it.Done, it.Of)
		}
		if it.State != steps.ItemToCome {
			one.Tapped = func() { p.showStep(it) }
		}
		out = append(out, one)
	}
	return out
}

// short is what a person is called where there is little room: initials, or
// the first name where somebody else has the same.
func (p *ceremony) short(id string) string {
	name := p.c.Person(id).Name
	for _, other := range p.c.Plan().People {
		if other.ID != id && initials(other.Name) == initials(name) {
			first, _, _ := strings.Cut(name, " ")
			return first
		}
	}
	return initials(name)
}

// initials are those of a name: "Olga Operator" gives "OO".
func initials(name string) string {
	out := ""
	for _, word := range strings.Fields(name) {
		r, _ := utf8.DecodeRuneInString(word)
		out += string(r)
	}
	return out
}

var railStates = map[steps.ItemState]kit.RailState{
	steps.ItemDone: kit.Done, steps.ItemCurrent: kit.Now, steps.ItemFailed: kit.Failed,
	steps.ItemNoted: kit.Flawed, steps.ItemExcepted: kit.Exception, steps.ItemToCome: kit.ToCome,
}

// turnButtons lead to the steps that may come at any time, and back.
func (p *ceremony) turnButtons() []fyne.CanvasObject {
	if p.c.Turned() {
		return []fyne.CanvasObject{kit.NewButton("Back to the script", kit.Plain, func() { p.turnTo("") })}
	}
	var out []fyne.CanvasObject
	for _, t := range p.c.Turns() {
		out = append(out, kit.NewButton(t.Label+"…", kit.Plain, func() { p.turnTo(t.ID) }))
	}
	return out
}

func (p *ceremony) row(i int) kit.JournalRow {
	b := p.journal[i]
	return kit.JournalRow{Time: b.At.Local().Format("15:04"), Text: b.Text, Loud: b.Loud}
}
