package kit

import (
	"flag"
	"fmt"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
)

// With -shots DIR the galleries are written there to be looked at.
var shots = flag.String("shots", "", "write pictures of the widgets into this folder")

// A scene fills a window; it may show a sheet, and give something the focus.
type scene struct {
	build        func(t *testing.T, w fyne.Window, k *Keys)
	wide, narrow float32
	high         float32 // where it is wide, at scale 1
}

func still(build func() fyne.CanvasObject, wide, narrow, high float32) scene {
	return scene{func(_ *testing.T, w fyne.Window, _ *Keys) { w.SetContent(build()) }, wide, narrow, high}
}

func moving(build func(t *testing.T, w fyne.Window, k *Keys)) scene {
	return scene{build, 1024, 1024, 768}
}

var scenes = map[string]scene{
	"words":   moving(sceneWords),
	"buttons": moving(sceneButtons),
	"inputs":  moving(sceneInputs),
	"codes":   moving(sceneCodes),
	"sheet":   moving(sceneSheet),
	"confirm": moving(sceneConfirm),
	"picker":  moving(scenePicker),
	"whole":   still(wholeScene, 1440, 1024, 900),
	"page":    still(pageScene, 1100, 480, 1250),
	"rail":    still(railScene, 300, 240, 700),
	"journal": still(journalScene, 340, 240, 700),
	"facts":   still(factsScene, 1000, 480, 900),
}

// A cut is a way to draw a scene.
type cut struct{ scale, width float32 }

// cuts are as it is, and large text where it is narrow; with -shots every scale
// at every width.
func (s scene) cuts() []cut {
	switch one := (cut{1, s.wide}); {
	case *shots != "" && s.wide == s.narrow:
		return []cut{one, {1.5, s.wide}}
	case *shots != "":
		return []cut{one, {1.5, s.wide}, {1, s.narrow}, {1.5, s.narrow}}
	case s.wide == s.narrow:
		return []cut{one}
	default:
		return []cut{one, {1.5, s.narrow}}
	}
}

// TestShots draws all scenes in every look.
func TestShots(t *testing.T) {
	for name, s := range scenes {
		for _, look := range Looks {
			for _, c := range s.cuts() {
				t.Run(fmt.Sprintf("%s-%s-%g-%g", name, look, c.scale, c.width), func(t *testing.T) { s.shoot(t, look, c) })
			}
		}
	}
}

func (s scene) shoot(t *testing.T, look Look, c cut) {
	w, k := window(t, NewTheme(look, c.scale))
	high := s.high
	if s.wide != s.narrow && (c.width == s.narrow || c.scale > 1) {
		high *= 1.45
	}
	w.Resize(fyne.NewSize(c.width, high))
	s.build(t, w, k)
	shoot(t, w)
}

// window is an empty window with a theme and a keyboard map.
func window(t *testing.T, th fyne.Theme) (fyne.Window, *Keys) {
	t.Helper()
	a := test.NewTempApp(t)
	a.Settings().SetTheme(th)
	w := a.NewWindow("")
	t.Cleanup(w.Close)
	w.SetPadded(false)
	w.Resize(fyne.NewSize(900, 700))
	return w, NewKeys(w)
}

func shoot(t *testing.T, w fyne.Window) {
	t.Helper()
	img := w.Canvas().Capture()
	seen := map[color.Color]bool{}
	for x := range img.Bounds().Dx() {
		for y := 0; y < img.Bounds().Dy(); y += 3 {
			seen[img.At(x, y)] = true
		}
	}
	if len(seen) < 10 {
		t.Errorf("the picture has %d colours: hardly anything is drawn", len(seen))
	}
	if *shots == "" {
		return
	}
	name := strings.TrimPrefix(t.Name(), "TestShots/") + ".png"
	f, err := os.Create(filepath.Join(*shots, name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, img); err != nil {
		t.Fatal(err)
	}
}

// onGround stands content on the window's ground with a margin.
func onGround(w fyne.Window, content ...fyne.CanvasObject) {
	w.SetContent(container.New(frame{5, 4}, NewColumn(2.5, content...)))
}

const longText = "Type the code of the KEK from your own sheet. You got it on another machine than the one " +
	"that wrote the USB stick. If somebody has swapped the KEK on its way, the two will differ and the ceremony stops here."

func sceneWords(_ *testing.T, w fyne.Window, _ *Keys) {
	onGround(w,
		NewColumn(0.5, NewText("Step 5 of 14 · kek.confirm", OverlineBlue), NewText("Confirm the KEK", Title)),
		NewText(longText, Body), NewText(longText, Muted), NewText(longText, SmallMuted),
		NewText("A heading of second rank", Heading), NewText("Strong words", Strong), NewText("What went wrong", Alert),
		NewText("Transcript · offline · 31 records", Overline),
		NewText("58120 33947 90216 74851 40213 88174 09265", Digits),
		NewText("/media/KEK-TRANSFER/2026-11-24/"+strings.Repeat("0123456789abcdef", 8), Mono),
		NewText("A name with \u202e bidi, a tab\t and a p\u0430ypal of two scripts", Body),
	)
}

func sceneButtons(_ *testing.T, w fyne.Window, _ *Keys) {
	var rows []fyne.CanvasObject
	for i, state := range []string{"", "focus", "hover", "disabled"} {
		var row []fyne.CanvasObject
		for _, k := range []Kind{Plain, Primary, Quiet, Danger} {
			b := NewButton([]string{"Exception…", "Wrap 3 keys", "Show the record", "Stop the ceremony"}[k], k, nil)
			b.focused, b.hovered = i == 1, i == 2
			if i == 3 {
				b.Disable()
			}
			row = append(row, b)
		}
		rows = append(rows, NewText("state "+state, SmallMuted), NewFlow(2, row...))
	}
	onGround(w, rows...)
}

func sceneInputs(_ *testing.T, w fyne.Window, k *Keys) {
	name, empty, pin := NewEntry(k), NewEntry(k), NewSecret(k)
	name.SetValue("payments-root-2026")
	empty.SetExample("contoso-payments")
	wrong := NewField("KEK name", "", name)
	wrong.SetError("A key of this name is there already. Choose another name.")
	for range 8 {
		pin.TypedRune('4')
	}
	c := NewChoice(k, []Option{
		{"usb", "By USB stick", "The medium is sealed in a bag between the machines."},
		{"qr", "By QR codes", ""},
	})
	c.Select("usb")
	onGround(w, wrong, NewField("Vault", "The name alone, without vault.azure.net.", empty),
		NewField("PIN of the HSM", "Not kept anywhere.", pin), c)
	w.Canvas().Focus(pin)
}

func sceneCodes(_ *testing.T, w fyne.Window, k *Keys) {
	part, blind := NewCode(k), NewCode(k)
	blind.Blind = true
	onGround(w, NewField("KEK code, from the sheet of Operator 1", "35 digits.", part),
		NewField("The same, typed blind", "The groups that are complete are not shown.", blind))
	w.Canvas().Focus(blind)
	typeInto(w, "581203394790216")
	w.Canvas().Focus(part)
	typeInto(w, "58120339479021674")
}

func sceneSheet(_ *testing.T, w fyne.Window, k *Keys) {
	sceneInputs(nil, w, k)
	reason := NewEntry(k)
	reason.SetExample("What happened, and why the ceremony goes on")
	NewSheet(w, k, "Record an exception", NewColumn(3,
		NewText("An exception is signed by both operators and stands in the verdict. It heals nothing.", Body),
		NewField("What happened", "In one or two sentences.", reason)),
		NewButton("Cancel", Plain, nil), NewButton("Record it", Primary, nil)).Show()
}

func sceneConfirm(_ *testing.T, w fyne.Window, k *Keys) {
	sceneInputs(nil, w, k)
	Confirm(w, k, "Stop the ceremony?", "What is done stays done and is kept. The ceremony can be taken up again on this machine.",
		"Stop", "Go on", func(bool) {})
}

func scenePicker(t *testing.T, w fyne.Window, k *Keys) {
	sceneInputs(nil, w, k)
	dir := t.TempDir()
	for _, name := range []string{"Payments root 2026", "HR database 2026", "old"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"plan.toml", "transcript.jsonl", "in\u202egnp.exe", "kek.pem"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	PickFile(w, k, "Choose the plan", dir, []Place{{Name: "KEK-TRANSFER", Path: dir}, {Name: "A medium with a very long label", Path: dir}}, func(string) {})
	press(w, fyne.KeyDown, fyne.KeyDown, fyne.KeyDown, fyne.KeyDown)
}
