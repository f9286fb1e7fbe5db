package ui

import (
	"slices"
	"testing"
	"time"

	"github.com/keyceremony/ceremony/steps"
)

// BenchmarkKeyPress types a digit of a code where the transcript has 10,000
// records, and where it has 10, in turns, and has the window drawn each time.
// It reports medians:
//
//	ratio       10,000 / 10, from the key to the picture; goal: no slower
//	key-ratio   the same for what is done before it is drawn
//	low, high   between which nine of ten rounds lie
func BenchmarkKeyPress(b *testing.B) {
	few, many := typist(b, 10), typist(b, 10000)
	var key, whole [2][]time.Duration
	for b.Loop() {
		for i, w := range []*Window{few, many} {
			k, all := w.press5()
			key[i], whole[i] = append(key[i], k), append(whole[i], all)
		}
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(middle(whole[1]).Seconds()*1000, "ms")
	b.ReportMetric(float64(middle(whole[1]))/float64(middle(whole[0])), "ratio")
	b.ReportMetric(float64(middle(key[1]))/float64(middle(key[0])), "key-ratio")
	each := make([]float64, len(whole[0]))
	for i := range each {
		each[i] = float64(whole[1][i]) / float64(whole[0][i])
	}
	slices.Sort(each)
	b.ReportMetric(each[len(each)/20], "low")
	b.ReportMetric(each[len(each)-1-len(each)/20], "high")
}

func middle(d []time.Duration) time.Duration {
	d = slices.Sorted(slices.Values(d))
	return d[len(d)/2]
}

// press5 types a digit and takes it away again, and tells how long the digit
// took until it could be seen.
func (w *Window) press5() (key, whole time.Duration) {
	began := time.Now()
	w.win.Canvas().Focused().TypedRune('5')
	key = time.Since(began)
	w.win.Canvas().Capture()
	whole = time.Since(began)
	page := w.page.(*ceremony).now.(*step)
	page.form.rows[0].clear()
	return key, whole
}

// typist opens a window on a ceremony with so many records, at a code.
func typist(b *testing.B, records int) *Window {
	b.Helper()
	h := newHall(b, nil)
	c, err := h.begin(Beginning{Dir: h.path("online"), Stage: steps.Prepare, Plan: h.path("plan.toml")}, func(string) {})
	if err != nil {
		b.Fatal(err)
	}
	const wrong = "00000 00000 00000 00000 00000 00000 00001"
	for c.Head().Seq < records {
		if c.Do(b.Context(), steps.Answers{Text: map[string]string{"code.op1": wrong, "code.op2": wrong}}) == nil {
			b.Fatal("a wrong code was taken")
		}
	}
	if err := c.Close(); err != nil {
		b.Fatal(err)
	}
	w := h.window()
	w.Ceremony(h.path("online"))
	w.focus(w.page.(*ceremony).now.(*step).form.rows[0].focus())
	return w
}
