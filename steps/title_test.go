package steps

import "testing"

// TestTitles: every step, and every field that it asks, is found by the name
// that the records have.
func TestTitles(t *testing.T) {
	n := 0
	for _, stage := range []Stage{Prepare, Wrap, Import} {
		for _, s := range Steps(stage) {
			if Title(s.ID) != s.Title {
				t.Errorf("the title of %s is %q", s.ID, Title(s.ID))
			}
			for _, f := range s.Ask {
				n++
				if Question(s.ID, f.Name) == "" {
					t.Errorf("%s asks %s, and no words are found", s.ID, f.Name)
				}
			}
		}
	}
	if n < 15 {
		t.Errorf("%d fields", n)
	}
	if Title("pause") != stepPause.Title || Title("nothing") != "" || Question("pause", "reason") != "Why" || Question("pause", "x") != "" {
		t.Error("steps at any time, or steps that do not exist")
	}
}
