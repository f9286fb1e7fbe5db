package ui

import (
	"cmp"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"github.com/keyceremony/ceremony/ui/kit"
)

// `make screenshots` gives a folder: every page that a test comes by is then
// kept as a picture, in every look and on two screens.
var (
	shots = flag.String("shots", "", "folder for pictures of the pages")
	only  = flag.String("only", "", "pictures whose name has this, instead of those of the album")
)

// album are the pages of docs/screenshots.
var album = strings.Fields(`
	start.recent inspect begin editor editor.new table view help picker
	verdict verdict.paper verdict.exceptions verdict.timeline verdict.people verdict.keys verdict.files verdict.standards verdict.print
	ceremony.open.act signing sign.sheet sign.elsewhere sign.codes sign.bring clock.check.act.ready kek.create.act.ready kek.code.act result.kek.readback
	prepare.seal.sealing send.kek.export over.prepare take.kek.receive.part kek.confirm.act.ready kek.trust.act.ready hsm.login.act result.hsm.probe target.wrap.act.ready underway
	close.refused interrupted problem exception.ready pause paused resume turn.people.change record.step record.raw
`)

func kept(name string) bool {
	if *only != "" {
		return strings.Contains(name, *only)
	}
	return slices.Contains(album, name)
}

// screens are a small projector and a large one.
var screens = []fyne.Size{{Width: 1024, Height: 768}, {Width: 1920, Height: 1080}}

// shot keeps the window as pictures, where the flag asks for them.
func (h *hall) shot(w *Window, name string) {
	h.t.Helper()
	if *shots == "" || !kept(name) {
		return
	}
	before, taste := w.win.Canvas().Size(), w.host.Taste
	for _, look := range kit.Looks {
		for _, screen := range screens {
			w.setTaste(Taste{Look: look, Scale: 1})
			if w.name == "table" {
				w.win.Resize(fyne.NewSize(560, screen.Height)) // it stands beside the other
			} else {
				w.win.Resize(screen)
			}
			dir := filepath.Join(*shots, fmt.Sprintf("%s-%.0fx%.0f", look, screen.Width, screen.Height))
			if err := os.MkdirAll(dir, 0o755); err != nil {
				h.t.Fatal(err)
			}
			save(h.t, filepath.Join(dir, name+".png"), w.win.Canvas().Capture())
		}
	}
	w.setTaste(taste)
	w.win.Resize(before)
}

func save(t testing.TB, path string, img image.Image) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := encoder.Encode(f, small(img)); err != nil {
		t.Fatal(err)
	}
}

// small takes the 64 colours that a picture has most of: a page has few, and a
// fifth of the bytes is enough for it.
func small(img image.Image) image.Image {
	count := map[color.RGBA]int{}
	b := img.Bounds()
	at := func(x, y int) color.RGBA { return color.RGBAModel.Convert(img.At(x, y)).(color.RGBA) }
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			count[at(x, y)]++
		}
	}
	most := slices.SortedFunc(maps.Keys(count), func(a, b color.RGBA) int { return cmp.Compare(count[b], count[a]) })
	var palette color.Palette
	for _, c := range most[:min(64, len(most))] {
		palette = append(palette, c)
	}
	nearest := map[color.RGBA]uint8{}
	out := image.NewPaletted(b, palette)
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			c := at(x, y)
			i, ok := nearest[c]
			if !ok {
				i = uint8(palette.Index(c))
				nearest[c] = i
			}
			out.SetColorIndex(x, y, i)
		}
	}
	return out
}
