package ui

import (
	"context"
	"time"

	"fyne.io/fyne/v2"
)

// work is the one place that starts background work and comes back to Fyne's
// thread. One thing is done at a time: the ceremony is not for two hands.
type work struct {
	w      *Window
	what   string // what is being done; "" = nothing
	acts   int    // how many came to their end, well or not
	said   string // what is awaited
	since  time.Time
	cancel context.CancelFunc
	stop   func() // of the clock that shows the time passing
}

// do does f in the background, then calls done with its error on Fyne's
// thread. What is the name of it for people.
func (k *work) do(what string, f func(context.Context) error, done func(error)) {
	if k.what != "" {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	k.what, k.said, k.since, k.cancel = what, "", k.w.host.Now(), cancel
	k.stop = k.w.every(time.Second, k.changed)
	k.changed()
	k.w.host.background(func() {
		err := f(ctx)
		fyne.Do(func() {
			cancel()
			k.stop()
			k.what, k.said, k.acts = "", "", k.acts+1
			k.changed()
			done(err)
		})
	})
}

// say tells what is awaited, from any thread.
func (k *work) say(text string) {
	fyne.Do(func() {
		k.said = text
		k.changed()
	})
}

// busy tells what is being done, what is awaited, and for how long.
func (k *work) busy() (what, said string, elapsed time.Duration) {
	if k.what == "" {
		return "", "", 0
	}
	return k.what, k.said, k.w.host.Now().Sub(k.since).Truncate(time.Second)
}

// changed lets the page show what is under way.
func (k *work) changed() {
	if p, ok := k.w.page.(interface{ working() }); ok {
		p.working()
	}
	k.w.trace.touch()
}

// refuses says why the window cannot close or turn away, if so.
func (k *work) refuses() bool {
	if k.what == "" {
		return false
	}
	k.w.notice("Wait until this is done",
		k.what+" is under way. If the window closed now, nobody would know how it ended. "+
			"It can be broken off with the button beside the progress; what was begun is then recorded.")
	return true
}

// background starts f on a thread of its own.
func (h Host) background(f func()) {
	if h.Go != nil {
		h.Go(f)
		return
	}
	go f()
}

// every calls f on Fyne's thread now and then.
func (w *Window) every(d time.Duration, f func()) (stop func()) {
	if w.host.Every == nil {
		return func() {}
	}
	return w.host.Every(d, func() { fyne.Do(f) })
}

// breakOff asks what is under way to end; it may take its time.
func (k *work) breakOff() {
	if k.what == "" {
		return
	}
	k.said = "Breaking off …"
	k.cancel()
	k.changed()
}
