package editor

import (
	"crypto/ed25519"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	"golang.org/x/crypto/ssh"

	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/plan"
	"github.com/keyceremony/ceremony/ui/kit"
)

// A desk is an editor in a window, with the files that it reads and writes.
type desk struct {
	*Editor
	t       *testing.T
	w       fyne.Window
	files   map[string][]byte
	pick    string // the file that is picked
	printed map[string][]byte
	done    int
}

func newDesk(t *testing.T, d *plan.Draft, look kit.Look, scale, width, height float32) *desk {
	t.Helper()
	a := test.NewTempApp(t)
	a.Settings().SetTheme(kit.NewTheme(look, scale))
	w := a.NewWindow("")
	t.Cleanup(w.Close)
	w.SetPadded(false)
	k := &desk{t: t, w: w, files: map[string][]byte{}, printed: map[string][]byte{}}
	host := Host{
		Save: func(path string, b []byte) error {
			if _, there := k.files[path]; there {
				return fmt.Errorf("%s: %w", path, fs.ErrExist)
			}
			k.files[path] = b
			return nil
		},
		Print: func(name string, html []byte) error { k.printed[name] = html; return nil },
		Pick:  func(_ string, take func(string)) { take(k.pick) },
		Read: func(path string) ([]byte, error) {
			if b, ok := k.files[path]; ok {
				return b, nil
			}
			return nil, fs.ErrNotExist
		},
		Start: "folder", Done: func() { k.done++ },
	}
	k.Editor = New(w, kit.NewKeys(w), d, func(p *plan.Plan) []byte { return []byte("script of " + p.ID) }, host)
	w.SetContent(k.Content())
	w.Resize(fyne.NewSize(width, height))
	return k
}

func template(t *testing.T) *desk {
	return newDesk(t, plan.NewDraft(plan.New()), kit.Light, 1, 1440, 900)
}

// press types a key where the focus is, or at the window.
func (k *desk) press(name fyne.KeyName) {
	ev := &fyne.KeyEvent{Name: name}
	if f := k.w.Canvas().Focused(); f != nil {
		f.TypedKey(ev)
		return
	}
	k.w.Canvas().OnTypedKey()(ev)
}

// chord presses Ctrl and a key.
func (k *desk) chord(name fyne.KeyName) {
	s := &desktop.CustomShortcut{KeyName: name, Modifier: fyne.KeyModifierControl}
	if f, ok := k.w.Canvas().Focused().(fyne.Shortcutable); ok {
		f.TypedShortcut(s)
		return
	}
	k.keys.Shortcut(s)
}

// input is what a draft says of an input now.
func (k *desk) input(path string) plan.Input {
	k.t.Helper()
	for _, t := range k.draft.Tables() {
		for _, row := range t.Rows {
			for _, in := range row {
				if in.Path == path {
					return in
				}
			}
		}
	}
	k.t.Fatalf("no input %s", path)
	return plan.Input{}
}

// fillIn gives an input of the table that is open a value, by keys alone.
func (k *desk) fillIn(path, value string) {
	k.t.Helper()
	in := k.input(path)
	k.focus(path)
	if k.focused() != path {
		k.t.Fatalf("%s cannot have the focus", path)
	}
	switch c := k.controls[path].focus.(type) {
	case *pills:
		k.choose(c, value)
	case *entry:
		c.TypedShortcut(&fyne.ShortcutSelectAll{})
		if c.Value() != "" {
			k.press(fyne.KeyBackspace)
		}
		for i, line := range strings.Split(value, "\n") {
			if i > 0 {
				k.press(fyne.KeyReturn)
			}
			k.typeText(line)
		}
	}
	if got := k.input(path).Value; got != value {
		k.t.Fatalf("%s (%s) is %q, wanted %q", path, in.Kind, got, value)
	}
	if k.focused() != path {
		k.t.Fatalf("typing in %s lost the focus", path)
	}
}

// typeText types, or pastes what nobody types.
func (k *desk) typeText(text string) {
	if f := k.w.Canvas().Focused(); len(text) > 40 {
		clip := test.NewClipboard()
		clip.SetContent(text)
		f.(fyne.Shortcutable).TypedShortcut(&fyne.ShortcutPaste{Clipboard: clip})
		return
	}
	for _, r := range text {
		k.w.Canvas().Focused().TypedRune(r)
	}
}

// choose walks with the arrows and takes what is to be taken.
func (k *desk) choose(p *pills, value string) {
	k.t.Helper()
	wanted := map[string]bool{}
	for _, v := range strings.Split(value, "\n") {
		wanted[v] = true
	}
	k.press(fyne.KeyHome)
	for range p.options {
		o := p.options[p.at].value
		if p.many && p.taken[o] != wanted[o] || !p.many && wanted[o] {
			k.press(fyne.KeySpace)
		}
		if p.at == len(p.options)-1 {
			break
		}
		k.press(fyne.KeyRight)
	}
}

func keyLine(name string) string {
	seed := digest.Of([]byte(name))
	key, err := ssh.NewPublicKey(ed25519.NewKeyFromSeed(seed[:]).Public())
	if err != nil {
		panic(err)
	}
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key))) + " " + name
}

func hash(s string) string { return digest.Of([]byte(s)).String() }

// gaps are the values with which the template becomes a plan.
var gaps = []struct{ path, value string }{
	{"id", "contoso-2030-01"},
	{"name", "Contoso payments"},
	{"program.sha256", hash("linux") + "\n" + hash("windows")},
	{"vault.url", "https://contoso-keys.vault.azure.net"},
	{"vault.tenant", "72f988bf-86f1-41af-91ab-2d7cd011db47"},
	{"vault.purge", "true"},
	{"kek.name", "contoso-2030-kek"},
	{"kek.bits", "3072"},
	{"kek.days", "30"},
	{"hsm.module", "/usr/lib/softhsm/libsofthsm2.so"},
	{"hsm.module_sha256", hash("module")},
	{"hsm.serial", "0123456789abcdef"},
	{"hsm.seal_key", keyLine("hsm")},
	{"hsm.seal_key_label", "seal 2030"},
	{"key[1].name", "payments"},
	{"key[1].type", "EC"},
	{"key[1].curve", "P-384"},
	{"key[1].ops", "sign\nverify"},
	{"key[1].label", "payments 2030"},
	{"key[1].close", "keep"},
	{"person[1].name", "Ada Lovelace"},
	{"person[1].key", keyLine("ada")},
	{"person[2].name", "Bob"},
	{"person[2].kept", "file"},
	{"person[2].key", keyLine("bob")},
	{"person[2].key_offline", keyLine("bob offline")},
	{"person[3].name", "Cynthia"},
	{"person[3].key", keyLine("cyn")},
	{"person[4].name", "Dan"},
	{"person[4].role", "internal witness"},
	{"person[4].key", keyLine("dan")},
	{"person[5].name", "Eve"},
	{"person[5].key", keyLine("eve")},
	{"evidence.audit_log", "wanted"},
	{"time.not_before", "2030-01-07T08:00:00Z"},
	{"time.not_after", "2030-01-14T18:00:00+01:00"},
}

// complete fills the template in.
func (k *desk) complete() {
	k.t.Helper()
	for _, g := range gaps {
		for i, t := range k.tables {
			if t.Name == owner(k.tables, g.path) && i != k.current {
				k.open(i, true)
			}
		}
		k.fillIn(g.path, g.value)
	}
}

// finished is a draft without gaps.
func finished(t *testing.T) *plan.Draft {
	d := plan.NewDraft(plan.New())
	for _, g := range gaps {
		if err := d.Set(g.path, g.value); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

func ready(t *testing.T) *desk { return newDesk(t, finished(t), kit.Light, 1, 1440, 900) }
