package ui

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/steps"
	"github.com/keyceremony/ceremony/ui/kit"
)

// signing is the part of a step in which people sign, each with a key of
// their own: one row for each person.
type signing struct {
	p       *ceremony
	texts   []steps.Signing
	text    map[string]string // the answers that they are about
	now     steps.Now
	taken   map[string]taken // by person
	box     *fyne.Container
	buttons map[string]*kit.Button
	open    *signer // the last sheet
	refused string  // code of why the last try to sign failed; "" = it did not
	changed func()
}

// taken is a signature, and the text that it is under.
type taken struct{ text, sig []byte }

func newSigning(p *ceremony, changed func()) *signing {
	return &signing{p: p, taken: map[string]taken{}, box: kit.NewColumn(1), changed: changed}
}

func (s *signing) object() fyne.CanvasObject { return s.box }

// clear offers nothing: the answers that people would sign are not whole.
func (s *signing) clear() {
	s.texts = nil
	s.draw()
}

// offer shows who may sign what. A signature stays as long as its text does,
// also while that cannot be signed because an answer is being changed.
func (s *signing) offer(texts []steps.Signing, text map[string]string, now steps.Now) {
	for _, t := range texts {
		if !bytes.Equal(t.Text, s.taken[t.Person].text) {
			delete(s.taken, t.Person)
		}
	}
	s.texts, s.text, s.now = texts, text, now
	s.draw()
}

func (s *signing) draw() {
	fillWith(s.box)
	s.buttons = map[string]*kit.Button{}
	if len(s.texts) == 0 {
		return
	}
	s.box.Show()
	s.box.Add(kit.NewText(fmt.Sprintf("Signatures: %s · %d of %d signed", s.now.Needed, len(s.taken), len(s.texts)), kit.Strong))
	var rows []fyne.CanvasObject
	for _, t := range s.texts {
		rows = append(rows, s.row(t))
	}
	s.box.Add(kit.NewCard(kit.NewColumn(1.5, rows...)))
	s.box.Refresh()
}

func (s *signing) row(t steps.Signing) fyne.CanvasObject {
	name := kit.NewColumn(0.25, kit.NewText(t.Name, kit.Strong), kit.NewText(t.Role, kit.SmallMuted))
	if s.has(t.Person) {
		return container.NewBorder(nil, nil, nil, kit.NewSigned("signed"), name)
	}
	b := kit.NewButton("Sign…", kit.Plain, func() { newSigner(s, t).sheet() })
	s.buttons[t.Person] = b
	return container.NewBorder(nil, nil, nil, container.NewCenter(b), name)
}

// missing says whose signature is awaited, or "". How many are enough the
// engine decides; with none it need not be asked.
func (s *signing) missing() string {
	if len(s.texts) == 0 || len(s.taken) == len(s.texts) {
		return ""
	}
	if len(s.taken) > 0 && s.p.c.Enough(s.text, s.signed()) {
		return ""
	}
	return fmt.Sprintf("Waiting for signatures: %s (%d of %d signed)", s.p.needed(s.now), len(s.taken), len(s.texts))
}

// needed says whose signatures a step wants, where those who may sign are not
// named beside it.
func (p *ceremony) needed(now steps.Now) string {
	number, ofThem := strings.CutSuffix(now.Needed, " of them") // "one of them", "each of them"
	if !ofThem {
		return now.Needed
	}
	var roles []string
	for _, id := range now.Sign {
		if role := p.c.Person(id).Role; !slices.Contains(roles, role) {
			roles = append(roles, role)
		}
	}
	if len(roles) == 0 {
		return now.Needed
	}
	last := roles[len(roles)-1]
	if before := roles[:len(roles)-1]; len(before) > 0 {
		last = strings.Join(before, ", ") + map[bool]string{true: " or ", false: " and "}[number == "one"] + last
	}
	return number + " " + last
}

func (s *signing) signed() []string {
	var out []string
	for _, t := range s.texts {
		if s.has(t.Person) {
			out = append(out, t.Person)
		}
	}
	return out
}

func (s *signing) has(person string) bool { return s.taken[person].sig != nil }

func (s *signing) sigs() map[string][]byte {
	out := map[string][]byte{}
	for person, one := range s.taken {
		out[person] = one.sig
	}
	return out
}

// take keeps a signature, and goes on to the next person.
func (s *signing) take(t steps.Signing, sig []byte) {
	s.taken[t.Person] = taken{t.Text, sig}
	s.draw()
	s.changed()
	s.p.lay(s.p.now)
}

// first is the button of the first person who has not signed, as long as
// signatures are awaited.
func (s *signing) first() fyne.Focusable {
	if s.missing() == "" {
		return nil
	}
	for _, t := range s.texts {
		if b := s.buttons[t.Person]; b != nil {
			return b
		}
	}
	return nil
}

// files takes a signature that was made elsewhere and dropped: it is of the
// person whose key verifies it.
func (s *signing) files(paths []string) bool {
	if len(s.texts) == 0 || filepath.Ext(paths[0]) != ".sig" {
		return false
	}
	sig, err := s.p.w.host.Read(paths[0])
	if err != nil {
		s.p.w.tell(err)
		return true
	}
	for _, t := range s.texts {
		if err = t.Verify(sig); err == nil {
			if s.open != nil && s.open.t.Person == t.Person {
				s.open.hide() // nothing more is asked on it
			}
			s.take(t, sig)
			return true
		}
	}
	if !errors.Is(err, audit.ErrNamespace) {
		err = steps.ErrSignature // why it is not the last person's says nothing of the others
	}
	s.p.w.tell(fmt.Errorf("%s: %w", filepath.Base(paths[0]), err))
	return true
}

func (s *signing) mark(t *Trace) {
	if s.refused != "" {
		t.Problem = s.refused
	}
	for _, one := range s.texts {
		f := TraceField{Name: "sign." + one.Person, Kind: "signature", Done: s.has(one.Person)}
		t.Asked = append(t.Asked, f)
		if b := s.buttons[one.Person]; b != nil {
			t.focused[b] = f.Name
			t.box(s.p.w, f.Name, b)
		}
	}
}

// whatIsSigned shows a statement whole but for codes, or of a list of files its
// digest.
func whatIsSigned(t steps.Signing) fyne.CanvasObject {
	if t.Shown != "" {
		return kit.NewText(t.Shown, kit.SmallMono)
	}
	return kit.NewFacts([]kit.Fact{
		{Label: "A list of files", Value: t.File + ", " + count(bytes.Count(t.Text, []byte("\n")), "file")},
		{Label: "Its SHA-256", Value: digest.Of(t.Text).Groups(), Mono: true},
	})
}
