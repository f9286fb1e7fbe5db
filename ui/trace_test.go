package ui

import (
	"encoding/json"
	"strings"
	"testing"

	"fyne.io/fyne/v2/test"

	"github.com/keyceremony/ceremony/steps"
)

// traced leads to a step in a window whose traces are kept. Look paints it,
// and gives what was told since the last look.
func traced(t *testing.T, step string) (h *hall, w *Window, look func() []Trace) {
	t.Helper()
	h = newHall(t, nil)
	var told []Trace
	host := h.host()
	host.Trace = func(one Trace) { told = append(told, one) }
	w = New(test.NewTempApp(t), host)
	w.Rehearse("", false)
	h.until(w, step)
	return h, w, func() []Trace {
		told = nil
		for range 2 { // what is found while it is painted is told by the next painting
			w.win.Canvas().Capture()
		}
		return told
	}
}

// TestTraceTellsWhatIsPainted: a line for what changed, and none for what did
// not.
func TestTraceTellsWhatIsPainted(t *testing.T) {
	_, w, look := traced(t, "ceremony.open")
	first := look()
	if len(first) != 1 || first[0].Step != "ceremony.open" || first[0].Focus != "code.op1" || first[0].Boxes["primary"][2] == 0 {
		t.Fatalf("the page is told as %+v", first)
	}
	if again := look(); len(again) != 0 {
		t.Errorf("nothing changed, and this was told: %+v", again)
	}
	w.win.Canvas().FocusNext()
	if moved := look(); len(moved) != 1 || moved[0].Focus != "code.op2" {
		t.Errorf("another focus is told as %+v", moved)
	}
	w.notice("Mind this", "words")
	if up := look(); len(up) != 1 || up[0].Sheet != "Mind this" || up[0].Focus != "Close" || up[0].Boxes["Close"][2] == 0 {
		t.Errorf("a sheet is told as %+v", up)
	}
	w.keys.Sheet().Hide()
	if down := look(); len(down) != 1 || down[0].Sheet != "" || down[0].Focus != "code.op2" {
		t.Errorf("that the sheet is gone is told as %+v", down)
	}
}

// TestTraceTellsNothingEntered looks for codes and a PIN in what is told.
func TestTraceTellsNothingEntered(t *testing.T) {
	h, w, look := traced(t, "hsm.login")
	w.focus(page_(t, w).now.(*step).form.rows[0].focus())
	look()
	typed(w, string(h.store.PIN))
	said := look()
	if len(said) != 1 || !said[0].Asked[0].Done {
		t.Fatalf("that the PIN is there is told as %+v", said)
	}
	nothingOf(t, said, string(h.store.PIN))

	h, w, look = traced(t, "ceremony.open")
	code := h.plan.SHA256().Code()
	said = look()
	for _, group := range strings.Fields(code) {
		typed(w, group)
		said = append(said, look()...)
	}
	if last := said[len(said)-1]; len(said) != 2 || last.Asked[0].Kind != steps.Code || !last.Asked[0].Done {
		t.Errorf("a code is told as %+v", said)
	}
	nothingOf(t, said, strings.Fields(code)...)
}

func nothingOf(t *testing.T, said []Trace, words ...string) {
	t.Helper()
	for _, one := range said {
		line, err := json.Marshal(one)
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range words {
			if strings.Contains(string(line), word) {
				t.Errorf("%q is told: %s", word, line)
			}
		}
	}
}
