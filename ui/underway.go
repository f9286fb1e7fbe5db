package ui

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/keyceremony/ceremony/ui/kit"
)

// underway stands in the middle while the HSM or the vault works.
type underway struct {
	title    *kit.Text
	progress *kit.Progress
	box      fyne.CanvasObject
}

func newUnderway(w *Window) *underway {
	u := &underway{title: kit.NewText("", kit.Title), progress: kit.NewProgress()}
	off := kit.NewButton("Break off…", kit.Plain, func() {
		kit.Confirm(w.win, w.keys, "Break this off?",
			"What was begun may still come to its end. The program looks for it before it is done again.",
			"Break off", "Go on waiting", func(yes bool) {
				if yes {
					w.work.breakOff()
				}
			})
	})
	u.box = kit.NewColumn(1, kit.NewText("Under way", kit.Overline), u.title, u.progress, container.NewHBox(off))
	return u
}

func (u *underway) tell(what, said string, elapsed time.Duration) {
	u.title.SetText(what)
	if said == "" {
		said = "The program works. Nothing is awaited from you."
	}
	u.progress.SetText(said)
	u.progress.SetElapsed(elapsed.String())
}
