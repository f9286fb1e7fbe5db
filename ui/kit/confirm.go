package kit

import "fyne.io/fyne/v2"

// Confirm asks a question and calls done once, with the answer. The safe
// answer, no, has the focus and is what Escape gives.
func Confirm(w fyne.Window, k *Keys, title, body, yes, no string, done func(bool)) {
	var s *Sheet
	answer := func(ok bool) func() {
		return func() {
			s.Hide()
			done(ok)
		}
	}
	safe := NewButton(no, Plain, answer(false))
	s = NewSheet(w, k, title, NewText(body, Body), safe, NewButton(yes, Danger, answer(true)))
	s.First, s.OnEscape = safe, answer(false)
	s.Show()
}
