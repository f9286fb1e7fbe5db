package kit

import (
	"image"
	"testing"

	"fyne.io/fyne/v2"
)

// A page that is up when the look or the text size changes must look like one
// that was built afterwards.
func TestThemeChangesWhatIsUp(t *testing.T) {
	for _, name := range []string{"words", "buttons", "inputs", "codes", "confirm", "page", "rail", "journal", "facts"} {
		t.Run(name, func(t *testing.T) {
			changed := captured(t, scenes[name], NewTheme(Light, 1), NewTheme(Dark, 1.5))
			fresh := captured(t, scenes[name], NewTheme(Dark, 1.5))

			if different := differ(changed, fresh); different > 0 {
				t.Errorf("%d pixels are not as in a page that was built in the new theme", different)
			}
		})
	}
}

func captured(t *testing.T, s scene, themes ...fyne.Theme) image.Image {
	t.Helper()
	w, k := window(t, themes[0])
	w.Resize(fyne.NewSize(1024, 900))
	s.build(t, w, k)
	for _, th := range themes[1:] {
		fyne.CurrentApp().Settings().SetTheme(th)
	}
	w.Resize(fyne.NewSize(1023, 900))
	w.Resize(fyne.NewSize(1024, 900))
	return w.Canvas().Capture()
}

func differ(a, b image.Image) (n int) {
	for x := range a.Bounds().Dx() {
		for y := range a.Bounds().Dy() {
			if a.At(x, y) != b.At(x, y) {
				n++
			}
		}
	}
	return n
}
