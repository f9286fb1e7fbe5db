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
	s = NewSheet(w, k, title, NewText(body, Body),
		NewButton(no, Plain, answer(false)), NewButton(yes, Danger, answer(true)))
	s.OnEscape = answer(false)
	s.Show()
}
