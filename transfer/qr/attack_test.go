package qr

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/keyceremony/ceremony/attacks"
	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/durable"
)

// This file shows codes to a receiver that no honest sender shows. What stands
// in no list is tested elsewhere, and in no row: that a code of another kind is
// none (TestEvents), the limits of what is unpacked (TestBombs), and names that
// lead out of a folder (TestNames), which the folder itself refuses too.

// errorsOf are the errors that notice attacks, by their names.
var errorsOf = map[string]error{
	"qr.ErrForeign": ErrForeign, "qr.ErrSpoiled": ErrSpoiled, "qr.ErrDamaged": ErrDamaged, "qr.ErrMessage": ErrMessage, "qr.ErrSecret": ErrSecret,
	"durable.ErrExists": durable.ErrExists, "transfer.words": errOtherWords,
}

var errOtherWords = errors.New("the words are not those of what was received")

// without takes a rule off its list; the result puts it back.
func without[R any](list *[]R, is func(R) bool) func() func() {
	return func() func() {
		all := *list
		*list = slices.DeleteFunc(slices.Clone(all), is)
		if len(*list) != len(all)-1 {
			panic("the list has no such rule")
		}
		return func() { *list = all }
	}
}

// An attack is carried out by do, which returns what notices it, and looks at
// what the attacker has where nothing does.
type attack struct {
	attacks.Row
	without []func() func() // takes away what notices it, in the order of the walls
	do      func(t *testing.T) error
}

// TestAttackReceiver: codes that no honest screen shows, and files that do not
// go as codes.
func TestAttackReceiver(t *testing.T) {
	checksum := without(&frameRules, func(r frameRule) bool { return r.id == "checksum" })
	limits := without(&frameRules, func(r frameRule) bool { return r.id == "limits" })
	sameID := without(&transferRules, func(r transferRule) bool { return r.id == "id" })
	fitsID := without(&wholeRules, func(r wholeRule) bool { return r.id == "id" })
	ending := without(&nameRules, func(r nameRule) bool { return r.id == "ending" })
	pem := without(&secretForms, func(f secretForm) bool { return f.id == "PEM" })
	r := seeded(40)
	ours, theirs := blocksOf(t, r, 4, 40), blocksOf(t, r, 4, 40)
	if !ours.shape.sameCut(theirs.shape) {
		t.Fatal("the two transfers are not cut alike")
	}
	copied := func(s *Stream, i int) string {
		return reseal(t, s.Frame(i), func(b []byte) []byte { id := ours.ID(); return append(id[:], b[len(id):]...) })
	}
	forged := reseal(t, ours.Frame(1), func(b []byte) []byte { b[headSize] ^= 1; return b })
	for _, a := range []attack{
		{
			attacks.New("screen/mixed", "shows a code of another transfer in the place of one of the true", attacks.At("kek.receive", "qr.ErrForeign"), attacks.At("kek.receive", "qr.ErrSpoiled")),
			[]func() func(){sameID, fitsID},
			sees(nobodys(ours, theirs), ours.Frame(0), theirs.Frame(1), ours.Frame(2), ours.Frame(3)),
		},
		{
			attacks.New("screen/forged-part", "forges one code under the id of the true transfer", attacks.At("kek.receive", "qr.ErrSpoiled")),
			[]func() func(){fitsID},
			sees(nobodys(ours, theirs), ours.Frame(0), forged, ours.Frame(2), ours.Frame(3)),
		},
		{
			attacks.New("screen/copied-id", "shows a whole other message under the id of the true transfer", attacks.At("kek.receive", "qr.ErrSpoiled")),
			[]func() func(){fitsID},
			sees(func(d digest.SHA256) bool { return d == theirs.Digest() }, copied(theirs, 0), copied(theirs, 1), copied(theirs, 2), copied(theirs, 3)),
		},
		{
			attacks.New("screen/ground", "grinds a message until it has half of the words that the true one would have without scrypt, and is asked for two of these", attacks.At("kek.receive", "transfer.words")),
			nil, nil,
		},
		{
			attacks.New("screen/one-bit", "a bit of a code is read wrong", attacks.At("kek.receive", "qr.ErrDamaged"), attacks.At("kek.receive", "qr.ErrSpoiled")),
			[]func() func(){checksum, fitsID},
			sees(nobodys(ours, theirs), ours.Frame(0), misread(t, ours.Frame(1)), ours.Frame(2), ours.Frame(3)),
		},
		{
			attacks.New("screen/huge", "promises more parts than any transfer has", attacks.At("kek.receive", "qr.ErrDamaged")),
			[]func() func(){limits},
			promises(forge(ID{1}, 65535, 0, 1<<24-1, make([]byte, 1000)), 65535),
		},
		{
			attacks.New("screen/page", "sends a page that a click would open in the browser", attacks.At("qr receive", "qr.ErrMessage")),
			[]func() func(){ending},
			keeps("kek.json", "kek.html"),
		},
		{
			attacks.New("screen/overwrite", "sends another file under a name that is taken", attacks.At("qr receive", "durable.ErrExists")),
			nil, nil, // a folder for each try
		},
		{
			attacks.New("screen/secret", "shows a private key by mistake", attacks.At("qr send", "qr.ErrSecret")),
			[]func() func(){pem},
			func(t *testing.T) error {
				return message(t, map[string][]byte{"op1.txt": []byte("-----BEGIN OPENSSH PRIVATE KEY-----\n")}).RefuseSecrets()
			},
		},
	} {
		a.Try(t, func(t *testing.T, gone int) {
			without, do := a.without, a.do
			switch a.ID {
			case "screen/overwrite":
				without, do = overwrites(t)
			case "screen/ground":
				without, do = grinds(t)
			}
			for i := range gone {
				defer without[i]()()
			}
			switch err := do(t); {
			case gone < len(a.Walls) && !errors.Is(err, errorsOf[a.Walls[gone].By[0]]):
				t.Errorf("%v, wanted %s", err, a.Walls[gone].By)
			case gone == len(a.Walls) && err != nil:
				t.Errorf("still noticed: %v", err)
			}
		})
	}
}

// sees has a receiver see codes, and wants it to be done with what the
// attacker wants it to have.
func sees(wanted func(digest.SHA256) bool, texts ...string) func(*testing.T) error {
	return func(t *testing.T) error {
		var in Receiver
		for _, text := range texts {
			if _, err := in.Add(text); err != nil {
				return err
			}
		}
		m, err := in.Message()
		if err == nil && !wanted(m.Digest()) {
			t.Error("the attacker gains nothing")
		}
		return err
	}
}

// grinds has two messages whose digests share four of the first eight bytes:
// the second was found among five million within a second. What is taken away is
// scrypt.
func grinds(t *testing.T) ([]func() func(), func(*testing.T) error) {
	ours := message(t, map[string][]byte{"wrap.txt": []byte("subject: KEK of the vault\nnonce: 0123456789\n")}).Digest()
	theirs := message(t, map[string][]byte{"wrap.txt": []byte("subject: KEK of the attacker\nnonce: 0005001473\n")}).Digest()
	passes := func(c Challenge) bool { return c.Holds(theirs, Words(ours)[c.First-1], Words(ours)[c.Second-1]) }
	gone := func() func() {
		was := passes
		passes = func(c Challenge) bool {
			return ours[c.First-1] == theirs[c.First-1] && ours[c.Second-1] == theirs[c.Second-1]
		}
		return func() { passes = was }
	}
	return []func() func(){gone}, func(t *testing.T) error {
		passed := 0
		for _, c := range []Challenge{{1, 2}, {1, 3}, {1, 8}, {2, 3}, {2, 8}, {3, 8}} {
			if passes(c) {
				passed++
			}
		}
		if passed == 0 {
			return errOtherWords
		}
		if passed < 6 {
			t.Errorf("%d of 6 pass", passed)
		}
		return nil
	}
}

// nobodys is the digest of a message that nobody sent.
func nobodys(sent ...*Stream) func(digest.SHA256) bool {
	return func(d digest.SHA256) bool {
		return !slices.ContainsFunc(sent, func(s *Stream) bool { return s.Digest() == d })
	}
}

// misread is a frame with one bit changed, under the checksum that it had.
func misread(t *testing.T, text string) string {
	t.Helper()
	b, err := base32Text.DecodeString(text[len(Prefix):])
	if err != nil {
		t.Fatal(err)
	}
	b[headSize] ^= 1
	return Prefix + base32Text.EncodeToString(b)
}

// promises has a receiver wait for so many parts.
func promises(text string, parts int) func(*testing.T) error {
	return func(t *testing.T) error {
		var in Receiver
		_, err := in.Add(text)
		if err == nil && in.Progress().Need != parts {
			t.Errorf("%d parts are awaited", in.Progress().Need)
		}
		return err
	}
}

// keeps sends a file under a name that a sender of ours would not send, and has
// the receiver keep it.
func keeps(name, other string) func(*testing.T) error {
	return func(t *testing.T) error {
		plain := message(t, map[string][]byte{name: []byte("<script>")}).plain
		s := stream(t, Message{plain: bytes.Replace(plain, []byte(name), []byte(other), 1)}, MaxText)
		var in Receiver
		if _, err := in.Add(s.Frame(0)); err != nil {
			return err
		}
		m, err := in.Message()
		if err != nil {
			return err
		}
		dir := t.TempDir()
		if err := write(t, m, dir); err != nil {
			return err
		}
		_, err = os.Stat(filepath.Join(dir, other))
		return err
	}
}

func write(t *testing.T, m Message, dir string) error {
	t.Helper()
	d, err := durable.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	return m.Write(d)
}

// overwrites keeps a file where another of its name lies. What is taken away is
// that file.
func overwrites(t *testing.T) ([]func() func(), func(*testing.T) error) {
	dir := t.TempDir()
	path := filepath.Join(dir, "plan.toml")
	if err := os.WriteFile(path, []byte("ours"), 0o600); err != nil {
		t.Fatal(err)
	}
	gone := func() func() {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		return func() {}
	}
	return []func() func(){gone}, func(t *testing.T) error {
		err := write(t, message(t, map[string][]byte{"plan.toml": []byte("theirs")}), dir)
		if b, _ := os.ReadFile(path); err == nil && string(b) != "theirs" {
			t.Error("the attacker gains nothing")
		}
		return err
	}
}
