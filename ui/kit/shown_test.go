package kit

import (
	"image/color"
	"math"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"
)

// walk calls f for all that is shown below o, with its place.
func walk(o fyne.CanvasObject, at fyne.Position, f func(o fyne.CanvasObject, at fyne.Position)) {
	if !o.Visible() {
		return
	}
	at = at.Add(o.Position())
	f(o, at)
	switch o := o.(type) {
	case *fyne.Container:
		for _, c := range o.Objects {
			walk(c, at, f)
		}
	case fyne.Widget:
		for _, c := range test.WidgetRenderer(o).Objects() {
			walk(c, at, f)
		}
	}
}

// linesOf lists the lines of text that are drawn, in the order of the tree.
func linesOf(o fyne.CanvasObject) (lines []string) {
	walk(o, fyne.Position{}, func(o fyne.CanvasObject, _ fyne.Position) {
		if t, ok := o.(*canvas.Text); ok {
			lines = append(lines, strings.ReplaceAll(t.Text, hair, ""))
		}
	})
	return lines
}

// outside lists lines that are drawn beyond the width of the window.
func outside(o fyne.CanvasObject, width float32) (lines []string) {
	walk(o, fyne.Position{}, func(o fyne.CanvasObject, at fyne.Position) {
		t, ok := o.(*canvas.Text)
		if ok && t.Alignment == fyne.TextAlignLeading && at.X+t.MinSize().Width > width+1 {
			lines = append(lines, t.Text)
		}
	})
	return lines
}

// themed begins a test: widgets are built in an app that has its theme.
func themed(t *testing.T, l Look, scale float32) {
	t.Helper()
	test.NewTempApp(t).Settings().SetTheme(NewTheme(l, scale))
}

// show puts content into a window of a size.
func show(t *testing.T, content fyne.CanvasObject, width, height float32) fyne.Window {
	t.Helper()
	w := test.NewTempWindow(t, content)
	w.SetPadded(false)
	w.Resize(fyne.NewSize(width, height))
	return w
}

// TestNothingIsCutOff: in no width and scale does a line leave its window.
func TestNothingIsCutOff(t *testing.T) {
	for _, scale := range []float32{1, 1.5, 2} {
		for _, width := range []float32{480, 560, 720, 1100} {
			test.NewTempApp(t).Settings().SetTheme(NewTheme(Light, scale))
			for name, build := range map[string]func() fyne.CanvasObject{"page": pageScene, "facts": factsScene} {
				o := build()
				show(t, o, width, 900)
				if lines := outside(o, width); len(lines) > 0 {
					t.Errorf("%s at %g wide and scale %g: cut off: %q", name, width, scale, lines)
				}
			}
		}
	}
}

// TestForeignText: all that comes from outside is shown visibly.
func TestForeignText(t *testing.T) {
	const bad, seen = "a\u202eb", "aU+202Eb"
	themed(t, Light, 1)
	rail, journal := NewRail(), NewJournal(func() int { return 1 }, func(int) JournalRow { return JournalRow{bad, bad, false} })
	rail.Set([]RailItem{{Head: bad, Title: bad, Note: bad}})
	journal.SetTitle(bad)
	journal.SetHead(bad)
	progress := NewProgress()
	progress.SetText(bad)
	for name, o := range map[string]fyne.CanvasObject{
		"band": NewBand(bad), "chip": NewChip(bad, bad), "panel": NewPanel(bad, []string{bad}, bad, PanelError),
		"checks": NewChecks([]CheckRow{{bad, bad, bad, bad, bad, Holds}}), "facts": NewFacts([]Fact{{Label: bad, Value: bad}, {Label: bad, Value: bad, Write: true}, {Label: bad, Value: bad, Mono: true}}),
		"code": NewCodeText(bad), "tile": NewTile(bad, bad, nil, nil), "rail": rail, "journal": journal, "progress": progress,
	} {
		show(t, o, 700, 500)
		all := strings.ToUpper(strings.Join(linesOf(o), " "))
		if !strings.Contains(all, strings.ToUpper(seen)) || strings.Contains(all, "\u202e") {
			t.Errorf("%s shows %q", name, all)
		}
	}
}

// TestContrastOfWhatIsShown: words at 4.5 to 1, icons and borders at 3 to 1.
func TestContrastOfWhatIsShown(t *testing.T) {
	fg, primary, ground := theme.ColorNameForeground, theme.ColorNamePrimary, theme.ColorNameBackground
	words := [][2]fyne.ThemeColorName{
		{ColorBandText, ColorBand},
		{ColorBandText, ColorBandStripe},
		{ColorOnlineText, ColorOnlineGround},
		{ColorOfflineText, ColorOfflineGround},
		{fg, ColorSurface},
		{fg, ColorPanel},
		{fg, ColorBox},
		{fg, ColorCurrent},
		{fg, ColorRedGround},
		{fg, ground},
		{ColorMuted, ColorSurface},
		{ColorMuted, ColorPanel},
		{ColorMuted, ColorBox},
		{ColorMuted, ColorCurrent},
		{ColorMuted, ground},
		{ColorRedText, ColorRedGround},
		{primary, ColorSurface},
		{primary, ColorBox},
	}
	for _, d := range markDresses {
		words = append(words, [2]fyne.ThemeColorName{d.words, ColorSurface})
	}
	drawn := [][2]fyne.ThemeColorName{{theme.ColorNameInputBorder, ground}, {primary, ColorCurrent}, {primary, ground}, {ColorOrange, ColorPanel}}
	for _, d := range railDresses {
		drawn = append(drawn, [2]fyne.ThemeColorName{d.ink, ColorSurface})
	}
	for kind, d := range panelDresses {
		if kind != PanelPlain { // which says nothing by its border
			drawn = append(drawn, [2]fyne.ThemeColorName{d.ink, d.ground}, [2]fyne.ThemeColorName{d.line, ground})
		}
	}
	for _, l := range Looks {
		wants(t, l, words, 4.5)
		wants(t, l, drawn, 3)
	}
}

func wants(t *testing.T, l Look, pairs [][2]fyne.ThemeColorName, least float64) {
	t.Helper()
	th := NewTheme(l, 1)
	for _, p := range pairs {
		if got := ratio(th.Color(p[0], 0), th.Color(p[1], 0)); got < least {
			t.Errorf("%s: %s on %s has a contrast of %.2f, wanted %.1f", l, p[0], p[1], got, least)
		}
	}
}

// ratio is the contrast of two colours as WCAG 2.2 defines it.
func ratio(a, b color.Color) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func luminance(c color.Color) float64 {
	r, g, b, _ := c.RGBA()
	lin := func(v uint32) float64 {
		s := float64(v) / 0xFFFF
		if s <= 0.04045 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	return 0.2126*lin(r) + 0.7152*lin(g) + 0.0722*lin(b)
}

func TestRatio(t *testing.T) {
	if got := ratio(color.White, color.Black); math.Abs(got-21) > 0.01 {
		t.Errorf("white on black is %.2f, wanted 21", got)
	}
}
