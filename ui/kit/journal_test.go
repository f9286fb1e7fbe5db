package kit

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

// records is a journal of n numbered records, some on two lines.
func records(n *int) (j *Journal, asked *int) {
	asked = new(int)
	j = NewJournal(func() int { return *n }, func(i int) JournalRow {
		*asked++
		return JournalRow{"09:10", fmt.Sprintf("record %d%s", i, strings.Repeat(" and more", i%5*4)), i%7 == 0}
	})
	j.SetTitle("Transcript")
	j.SetHead(aCode)
	return j, asked
}

// firstLast are the numbers of the records in sight.
func firstLast(t *testing.T, j *Journal) (first, last int) {
	t.Helper()
	first = -1
	for _, l := range j.view.lines {
		if !l.Visible() || l.Position().Y >= j.view.Size().Height {
			continue
		}
		if last = max(last, l.index); first < 0 || l.index < first {
			first = l.index
		}
	}
	return first, last
}

func TestJournalShowsTheNewest(t *testing.T) {
	themed(t, Light, 1)
	n := 100
	j, _ := records(&n)
	show(t, j, 320, 600)
	if _, last := firstLast(t, j); last != 99 {
		t.Errorf("the last in sight is %d", last)
	}
	n = 140
	j.Refresh()
	if _, last := firstLast(t, j); last != 139 {
		t.Errorf("after new ones the last in sight is %d", last)
	}
	foot := j.view.lines[0]
	if y := foot.Position().Y + foot.Size().Height; abs(y-j.view.Size().Height) > 0.1 {
		t.Errorf("the newest ends at %g of %g", y, j.view.Size().Height)
	}
}

func TestJournalBeginsAtTheTop(t *testing.T) {
	themed(t, Light, 1)
	n := 2
	j, _ := records(&n)
	show(t, j, 320, 600)
	oldest := j.view.lines[1]
	if oldest.index != 0 || oldest.Position().Y != 0 {
		t.Errorf("record %d stands at %g", oldest.index, oldest.Position().Y)
	}
	if j.view.thumb.Visible() {
		t.Error("there is a scroll bar for two records")
	}
}

// TestJournalStaysWhereSomebodyReads: new records do not move what is read.
func TestJournalStaysWhereSomebodyReads(t *testing.T) {
	themed(t, Light, 1)
	n := 100
	j, _ := records(&n)
	show(t, j, 320, 600)
	j.view.Scrolled(&fyne.ScrollEvent{Scrolled: fyne.NewDelta(0, 900)})
	before, last := firstLast(t, j)
	if last >= 99 {
		t.Fatalf("scrolled up, the last in sight is %d", last)
	}
	n = 150
	j.Refresh()
	if first, now := firstLast(t, j); first != before || now != last {
		t.Errorf("in sight are %d to %d, they were %d to %d", first, now, before, last)
	}
	j.view.Scrolled(&fyne.ScrollEvent{Scrolled: fyne.NewDelta(0, -1e6)})
	if _, now := firstLast(t, j); now != 149 {
		t.Errorf("scrolled down, the last in sight is %d", now)
	}
	n = 151
	j.Refresh()
	if _, now := firstLast(t, j); now != 150 {
		t.Errorf("it does not follow again: %d", now)
	}
	j.view.Scrolled(&fyne.ScrollEvent{Scrolled: fyne.NewDelta(0, 1e6)})
	if first, _ := firstLast(t, j); first != 0 {
		t.Errorf("scrolled up all the way, the first in sight is %d", first)
	}
	for _, l := range j.view.lines {
		if l.Visible() && l.index == 0 && abs(l.Position().Y) > 0.1 {
			t.Errorf("the first record stands at %g", l.Position().Y)
		}
	}
}

// TestJournalScrollsWithoutJumps: up and down again by the same ends where it
// began.
func TestJournalScrollsWithoutJumps(t *testing.T) {
	themed(t, Light, 1)
	n := 100
	j, _ := records(&n)
	show(t, j, 320, 600)
	at := func() map[int]float32 {
		m := map[int]float32{}
		for _, l := range j.view.lines {
			if l.Visible() {
				m[l.index] = l.Position().Y
			}
		}
		return m
	}
	for _, by := range []float32{7, 40, 333, 1200} {
		before := at()
		j.view.Scrolled(&fyne.ScrollEvent{Scrolled: fyne.NewDelta(0, by)})
		for i, y := range at() {
			if old, ok := before[i]; ok && abs(y-old-by) > 0.1 {
				t.Fatalf("scrolled by %g, record %d went from %g to %g", by, i, old, y)
			}
		}
	}
	before := at()
	j.view.Scrolled(&fyne.ScrollEvent{Scrolled: fyne.NewDelta(0, 250)})
	j.view.Scrolled(&fyne.ScrollEvent{Scrolled: fyne.NewDelta(0, -250)})
	for i, y := range at() {
		if abs(y-before[i]) > 0.1 {
			t.Errorf("record %d stands at %g, it stood at %g", i, y, before[i])
		}
	}
}

func abs(f float32) float32 { return max(f, -f) }

func TestJournalCutsAtTwoLines(t *testing.T) {
	themed(t, Light, 1)
	rows := []JournalRow{{"09:10", "short", false}, {"09:11", strings.Repeat("many words ", 40), false}, {"09:12", strings.Repeat("x", 400), false}}
	j := NewJournal(func() int { return len(rows) }, func(i int) JournalRow { return rows[i] })
	show(t, j, 320, 600)
	for _, l := range j.view.lines {
		lines := linesOf(l.text)
		whole := strings.HasSuffix(rows[l.index].Text, strings.Join(lines, ""))
		if len(lines) > 2 || !whole && !strings.HasSuffix(lines[len(lines)-1], "…") {
			t.Errorf("record %d is shown as %q", l.index, lines)
		}
	}
}

func TestJournalTapped(t *testing.T) {
	themed(t, Light, 1)
	n := 100
	j, _ := records(&n)
	var tapped []int
	j.OnTapped = func(i int) { tapped = append(tapped, i) }
	w := show(t, j, 320, 600)
	test.Tap(j.view.lines[1])
	w.Canvas().FocusNext()
	for _, k := range []fyne.KeyName{
		fyne.KeyEnd, fyne.KeyReturn, fyne.KeyUp, fyne.KeyUp, fyne.KeySpace, fyne.KeyHome, fyne.KeyEnter,
		fyne.KeyDown, fyne.KeyReturn,
	} {
		w.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: k})
	}
	if want := []int{98, 99, 97, 0, 1}; !slices.Equal(tapped, want) {
		t.Errorf("tapped %v, wanted %v", tapped, want)
	}
}

// TestJournalKeysStayInSight: the record that keys are about is in sight.
func TestJournalKeysStayInSight(t *testing.T) {
	themed(t, Light, 1)
	n := 300
	j, _ := records(&n)
	w := show(t, j, 320, 600)
	w.Canvas().Focus(j.Focusable())
	step := func(k fyne.KeyName, times int) {
		for range times {
			j.view.TypedKey(&fyne.KeyEvent{Name: k})
			var at *journalLine
			for _, l := range j.view.lines {
				if l.Visible() && l.index == j.view.at {
					at = l
				}
			}
			if at == nil || at.Position().Y < -0.1 || at.Position().Y+at.Size().Height > j.view.Size().Height+0.1 {
				t.Fatalf("%s: record %d is not in sight", k, j.view.at)
			}
		}
	}
	step(fyne.KeyUp, 60)
	step(fyne.KeyDown, 30)
	step(fyne.KeyPageUp, 9)
	step(fyne.KeyPageDown, 4)
	step(fyne.KeyHome, 1)
	step(fyne.KeyDown, 40)
	step(fyne.KeyEnd, 1)
}

// TestJournalAsksForWhatIsInSight alone, however many records there are.
func TestJournalAsksForWhatIsInSight(t *testing.T) {
	themed(t, Light, 1)
	var asked [2]int
	for i, n := range []int{100, 10_000} {
		j, count := records(&n)
		show(t, j, 320, 600)
		*count = 0
		j.Refresh()
		asked[i] = *count
	}
	if asked[1] > asked[0]+3 || asked[0] == 0 {
		t.Errorf("asked for %d rows of 100, for %d of 10,000", asked[0], asked[1])
	}
}

func BenchmarkJournal(b *testing.B) {
	for _, n := range []int{10, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			test.NewTempApp(b).Settings().SetTheme(NewTheme(Light, 1))
			j, _ := records(&n)
			w := test.NewTempWindow(b, j)
			w.Resize(fyne.NewSize(320, 600))
			for b.Loop() {
				j.Refresh()
				w.Canvas().Capture()
			}
		})
	}
}
