package editor

import (
	"flag"
	"fmt"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"fyne.io/fyne/v2"

	"github.com/keyceremony/ceremony/plan"
	"github.com/keyceremony/ceremony/ui/kit"
)

// With -shots DIR the pages are written there to be looked at.
var shots = flag.String("shots", "", "write pictures of the editor into this folder")

// views are states of the page worth a look, with or without gaps.
var views = []struct {
	name     string
	finished bool
	show     func(k *desk)
}{
	{"template", false, func(k *desk) { k.chord(fyne.KeyE) }},
	{"vault", false, func(k *desk) {
		k.goTo("vault.url")
		k.fillIn("vault.url", "https://contoso.example")
		k.focus("vault.tenant")
	}},
	{"keys", true, func(k *desk) { k.goTo("key[1].ops") }},
	{"people", true, func(k *desk) { k.goTo("person[2].key"); k.fillIn("person[2].key", "ssh-rsa no key") }},
	{"saved", true, func(k *desk) { k.fillIn("name", "x"); k.chord(fyne.KeyS); k.press(fyne.KeyReturn) }},
	{"notes", true, func(k *desk) { k.showNotes() }},
	{"save", false, func(k *desk) { k.fillIn("name", "x"); k.chord(fyne.KeyS) }},
	{"file", true, func(k *desk) { k.goTo("time.not_after"); k.chord(fyne.KeyT) }},
}

func TestShots(t *testing.T) {
	for i, view := range views {
		for n, look := range kit.Looks {
			for _, width := range []float32{1440, 1024} {
				if *shots == "" && (i+n)%len(kit.Looks) > 0 {
					continue // one look of each is enough where nobody looks
				}
				t.Run(fmt.Sprintf("%s-%s-%g", view.name, look, width), func(t *testing.T) {
					d := plan.NewDraft(plan.New())
					if view.finished {
						d = finished(t)
					}
					k := newDesk(t, d, look, 1, width, width*5/8)
					view.show(k)
					k.shoot()
				})
			}
		}
	}
}

// shoot takes a picture, which must not be empty in the middle.
func (k *desk) shoot() {
	k.t.Helper()
	img := k.w.Canvas().Capture()
	first, uniform := img.At(0, 0), true
	for x := range img.Bounds().Dx() {
		uniform = uniform && img.At(x, img.Bounds().Dy()/2) == first
	}
	if uniform {
		k.t.Error("there is nothing in the middle of the picture")
	}
	if *shots == "" {
		return
	}
	f, err := os.Create(filepath.Join(*shots, filepath.Base(k.t.Name())+".png"))
	if err != nil {
		k.t.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, img); err != nil {
		k.t.Fatal(err)
	}
}
