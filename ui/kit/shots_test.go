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
type scene func(t *testing.T, w fyne.Window, k *Keys)

var scenes = map[string]scene{
	"words":   sceneWords,
	"buttons": sceneButtons,
	"inputs":  sceneInputs,
	"codes":   sceneCodes,
	"sheet":   sceneSheet,
	"confirm": sceneConfirm,
	"picker":  scenePicker,
}

func TestShots(t *testing.T) {
	scales := []float32{1}
	if *shots != "" {
		scales = []float32{1, 1.5}
	}
	for name, build := range scenes {
		for _, look := range Looks {
			for _, scale := range scales {
				t.Run(fmt.Sprintf("%s-%s-%g", name, look, scale), func(t *testing.T) {
					w, k := window(t, NewTheme(look, scale))
					w.Resize(fyne.NewSize(1024, 768))
					build(t, w, k)
					shoot(t, w)
				})
			}
		}
	}
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
	name, empty, lines, pin := NewEntry(k), NewEntry(k), NewLines(k, 2), NewSecret(k)
	name.SetValue("payments-root-2026")
	empty.SetExample("contoso-payments")
	lines.SetValue("First line of a longer remark.\nAnd the second.")
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
		NewField("Remark", "", lines), NewField("PIN of the HSM", "Not kept anywhere.", pin), c)
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
	reason := NewLines(k, 3)
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
	PickFile(w, k, "Choose the plan", dir, []Place{{"KEK-TRANSFER", dir}, {"A medium with a very long label", dir}}, func(string) {})
	press(w, fyne.KeyDown, fyne.KeyDown, fyne.KeyDown, fyne.KeyDown)
}
