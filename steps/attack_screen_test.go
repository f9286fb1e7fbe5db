package steps

import (
	"crypto/rsa"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/keyceremony/ceremony/attacks"
	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/plan"
	"github.com/keyceremony/ceremony/transfer/qr"
)

// This file shows other codes than the other machine sent.

// second shows another bundle on a second screen, which the camera sees. People
// read the words off the true one.
func second(change func(*medium)) func(*stand) {
	return func(s *stand) {
		m := s.onScreen("online")
		change(m)
		codes := s.codes(m.changed())
		s.frames = func(string) []string { return codes }
	}
}

// sender shows another bundle on the sender's own screen, with its words.
func sender(change func(*medium)) func(*stand) {
	return func(s *stand) {
		m := s.onScreen("online")
		change(m)
		s.screens["online"] = m.changed()
	}
}

// changed is what is shown, and differs from what was.
func (m *medium) changed() qr.Message {
	m.s.hall.t.Helper()
	out := m.shown()
	if out.Digest() == m.s.screens[m.side].Digest() {
		m.s.hall.t.Fatal("the attack changed nothing")
	}
	return out
}

// TestAttackScreen: other bundles are shown, people mistake words, and what was
// received is exchanged on the disk. That codes of other kinds, UR and BBQr, are
// not taken is in no list: TestForeignCodes.
func TestAttackScreen(t *testing.T) {
	kek, private := attackersKEK(t)
	sealedByAll := func(m *medium) {
		m.swapRecorded(kek)
		m.list()
		m.sign("online", everyoneOf()...)
	}
	receivingStand(t).holds(t, []attack{
		{
			Row: attacks.New("screen/second", "shows an exchanged KEK on a second screen, sealed with everybody's keys",
				attacks.At("kek.receive", "transfer.words", "bundle.head", "attest.key"), attacks.At("kek.confirm", "kek.confirm")),
			do: second(sealedByAll), gains: theKey(private),
		},
		{
			Row: attacks.New("screen/second-list", "shows an exchanged KEK there, and a list that fits",
				attacks.At("kek.receive", "transfer.words", "bundle.files", "bundle.kek")),
			do: second(func(m *medium) { m.swapKEK(kek) }),
		},
		{
			Row: attacks.New("screen/second-forged", "shows it with a log and seals of the own keys",
				attacks.At("kek.receive", "transfer.words", "bundle.seal", "bundle.head", "attest.key"), attacks.At("kek.confirm", "kek.confirm")),
			do: second(func(m *medium) {
				m.swapRecorded(kek)
				m.list()
				m.forge(everyoneOf()...)
			}),
		},
		{
			Row: attacks.New("screen/sender", "owns the sender's screen, and so its words, with everybody's keys",
				attacks.At("kek.receive", "bundle.head", "attest.key"), attacks.At("kek.confirm", "kek.confirm")),
			do: sender(sealedByAll),
		},
		{
			Row: attacks.New("screen/file-lost", "leaves a file out and does not list it, on the sender's screen", attacks.At("kek.receive", "bundle.files")),
			do:  sender(func(m *medium) { delete(m.files, "kek.json") }),
		},
		{
			Row: attacks.New("screen/file-edited", "edits a file that people sealed, on the sender's screen", attacks.At("kek.receive", "bundle.files")),
			do:  sender(func(m *medium) { m.files["kek.json"] = append(slices.Clone(m.files["kek.json"]), '\n') }),
		},
		{
			Row: attacks.New("screen/kept", "exchanges the codes that the receiver keeps on its disk for those of an exchanged KEK, sealed with everybody's keys",
				attacks.At("kek.receive", "transfer.words", "bundle.head", "attest.key"), attacks.At("kek.confirm", "kek.confirm")),
			do: func(s *stand) {
				m := s.onScreen("online")
				sealedByAll(m)
				s.keep(m.changed())
			},
		},
		{
			Row: attacks.New("screen/word-mistyped", "types one of the two words wrong", attacks.At("kek.receive", "transfer.words")),
			do:  func(s *stand) { s.answers = func(_ Now, a *Answers) { otherWords(a, 1) } },
		},
		{
			Row: attacks.New("screen/other-words", "reads the words off another screen", attacks.At("kek.receive", "transfer.words")),
			do:  func(s *stand) { s.answers = func(_ Now, a *Answers) { otherWords(a, 2) } },
		},
		shownAgain(sealedByAll, private),
	})
}

// shownAgain has the camera see an exchanged KEK again and again after a wrong
// word, of which the seven others are those of the true screen: two of these
// would pass.
func shownAgain(change func(*medium), private *rsa.PrivateKey) attack {
	var theirs []string
	return attack{
		Row: attacks.New("screen/shown-again", "shows an exchanged KEK again after a wrong word, sealed with everybody's keys, with seven of the eight true words",
			attacks.At("kek.receive", "transfer.words", "bundle.head", "attest.key"), attacks.At("kek.confirm", "kek.confirm")),
		do: func(s *stand) {
			m := s.onScreen("online")
			change(m)
			shown := m.changed()
			codes := s.codes(shown)
			theirs, s.frames = qr.Words(shown.Digest()), func(string) []string { return codes }
		},
		act: func(s *stand, c *Ceremony) (err error) {
			var first []string // what is asked at the first try, which meets the one word that differs
			s.answers = func(_ Now, a *Answers) {
				if first == nil {
					first = asked(c)
					return
				}
				for _, name := range asked(c) {
					if name != first[0] {
						a.Text[name] = theirs[name[len(name)-1]-'1'] // a word that both screens show
					}
				}
			}
			for range 12 {
				if err = s.step(c); err == nil {
					break
				}
			}
			return err
		},
		gains: theKey(private),
	}
}

// keep puts a message onto the receiver's disk, as if it had come.
func (s *stand) keep(m qr.Message) {
	s.hall.t.Helper()
	var in qr.Receiver
	for _, text := range s.codes(m) {
		_, err := in.Add(text)
		must(s.hall.t, err)
	}
	b, err := in.MarshalText()
	must(s.hall.t, err)
	must(s.hall.t, os.WriteFile(filepath.Join(s.path(s.side), codesFile(stepNamed(s.hall.t, s.id))), b, 0o600))
}

// otherWords puts words of another message in the place of the first n.
func otherWords(a *Answers, n int) {
	for _, name := range slices.Sorted(maps.Keys(a.Text)) {
		place, ok := strings.CutPrefix(name, wordField.Name+".")
		if !ok || n == 0 {
			continue
		}
		n--
		for was, i := a.Text[name], byte(0); a.Text[name] == was; i++ {
			a.Text[name] = qr.Words(digest.Of([]byte{i}))[place[0]-'1']
		}
	}
}

// TestAttackOtherWay: the bundle goes another way than planned. People must
// decide.
func TestAttackOtherWay(t *testing.T) {
	newHall(t, byQR, "P-256").stand("online", "kek.export").holds(t, []attack{{
		Row: attacks.New("screen/medium-instead", "hands over a medium where codes are planned", attacks.At("kek.export", "transfer.way")),
		act: func(s *stand, c *Ceremony) error {
			s.answers = insteadOf(s.hall, c, plan.QR)
			return s.step(c)
		},
	}})
	onTheWay(t).holds(t, []attack{{
		Row: attacks.New("screen/codes-instead", "takes codes where a medium is planned, which they say cannot be read", attacks.At("kek.receive", "transfer.way")),
		act: func(s *stand, c *Ceremony) error {
			s.answers = func(_ Now, a *Answers) { a.Text["medium"] = s.path("nowhere") }
			if err := s.step(c); err == nil {
				s.hall.t.Error("there was a medium")
			}
			s.screens["online"] = s.medium("usb-kek").shown()
			s.answers = insteadOf(s.hall, c, plan.USB)
			return s.step(c)
		},
	}})
}

// TestAttackOlderCodes shows what an earlier run of the same plan had shown, on
// the sender's screen: everything in it is genuine.
func TestAttackOlderCodes(t *testing.T) {
	h := newHall(t, byQR, "P-256")
	start := h.remember()
	wrapped := func() {
		c := h.open("offline")
		h.run(c, Wrap)
		h.shut(c)
	}
	h.stand("online", "blob.receive").stand("offline", "kek.receive")
	wrapped()
	old := maps.Clone(h.screens)
	older := func(side string) func(*stand) {
		return func(s *stand) {
			if s.screens[side].Digest() == old[side].Digest() {
				s.hall.t.Fatal("two runs show the same")
			}
			s.screens[side] = old[side]
		}
	}
	h.restore(start)
	h.sheets = map[string]string{}
	h.stand("online", "blob.receive").stand("offline", "kek.receive").holds(t, []attack{{
		Row: attacks.New("screen/older-kek", "shows the codes of the KEK of an earlier run of this plan", attacks.At("kek.receive", "bundle.head"), attacks.At("kek.confirm", "kek.confirm")),
		do:  older("online"),
	}})
	wrapped()
	h.stand("online", "blob.receive").holds(t, []attack{{
		Row:   attacks.New("screen/older-blobs", "shows the codes of the blobs of an earlier run", attacks.At("blob.receive", "bundle.head", "bundle.run", "bundle.lint"), attacks.At("blob.receive", "durable.ErrExists")),
		do:    older("offline"),
		blind: map[string]blind{"durable.ErrExists": func(s *stand, _ *Ceremony) func() { return s.clears(s.onScreen("offline").files) }},
	}})
}
