//go:build !nogui && cgo

package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"
	"fyne.io/fyne/v2/driver"
	"github.com/go-gl/glfw/v3.4/glfw"
	"github.com/go-json-experiment/json"

	"github.com/keyceremony/ceremony/assets"
	"github.com/keyceremony/ceremony/ui"
)

// appID names the program to the desktop.
const appID = "io.github.keyceremony.ceremony"

// openWindow opens the window, and returns when it was closed. It must be
// called on the main goroutine: the desktop speaks to no other thread.
func openWindow(_ context.Context, o opening) error {
	if err := display(os.Getenv); err != nil {
		return misuse("%w: %w%s", errNoWindow, err, o.otherwise())
	}
	// The digest of so large a file is taken while the desktop makes the window.
	go func() { _, _ = program() }()
	app.SetMetadata(fyne.AppMetadata{
		ID: appID, Name: "Key ceremony", Version: version, Icon: fyne.NewStaticResource("icon.png", assets.IconPNG),
		Migrations: map[string]bool{"fyneDo": true}, // threads as Fyne wants them since 2.6
	})
	a := app.NewWithID(appID)
	noLastHook(a)
	w := ui.New(a, newHost(o))
	o.lead(w)
	w.Show()
	failed := false
	a.Lifecycle().SetOnStarted(func() {
		if failed = !opened(a.Driver().AllWindows()[0]); failed {
			a.Quit()
			return
		}
		ownConsoleNoMore()
		if m := glfw.GetPrimaryMonitor(); m != nil && m.GetVideoMode() != nil {
			mode, scale := m.GetVideoMode(), w.Scale()
			w.Fit(fyne.NewSize(float32(mode.Width)/scale, float32(mode.Height)/scale))
		}
		time.AfterFunc(time.Second, func() { closeOnSignal(w) })
	})
	a.Run()
	if failed {
		return misuse("%w: the display does not offer OpenGL 2.1, which the window needs%s", errNoWindow, o.otherwise())
	}
	return nil
}

// noLastHook takes off what Fyne does last, saving preferences, of which we
// have none. With it a program whose window was closed sometimes never ends:
// Fyne 2.8.1 waits for the hook in a queue that it may have emptied already.
func noLastHook(a fyne.App) {
	if l, ok := a.Lifecycle().(interface{ SetOnStoppedHookExecuted(f func()) }); ok {
		l.SetOnStoppedHookExecuted(nil)
	}
}

// lead leads to what the window was opened with. A folder is read while the
// desktop makes the window.
func (o opening) lead(w *ui.Window) {
	switch {
	case o.rehearse:
		w.Rehearse(o.rehearsal.dir, o.rehearsal.twoWindows)
	case o.dir != "":
		w.Ceremony(o.dir)
	case o.send != nil:
		w.Send(o.send)
	case o.receive:
		w.Receive(o.out)
	default:
		w.Start()
	}
}

// opened reports whether the desktop made a window: without OpenGL it does
// not, and Fyne goes on without one.
func opened(w fyne.Window) (yes bool) {
	native, ok := w.(driver.NativeWindow)
	if !ok {
		return true
	}
	native.RunNative(func(handle any) {
		switch handle {
		case driver.X11WindowContext{}, driver.WaylandWindowContext{}, driver.WindowsWindowContext{}, driver.MacWindowContext{}:
		default:
			yes = true
		}
	})
	return yes
}

// closeOnSignal has the first Ctrl-C close the window as its user would: not
// in the middle of an act. The second one ends the program at once. Fyne's own
// handler would quit whatever is under way; a second after the start it is
// there, and is taken off.
func closeOnSignal(w *ui.Window) {
	signal.Reset(os.Interrupt, syscall.SIGTERM)
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-c
		signal.Reset(os.Interrupt, syscall.SIGTERM)
		fmt.Fprintln(os.Stderr, "\nInterrupted: the window closes unless an act is under way. Press Ctrl-C again to leave at once; nothing is lost.")
		fyne.Do(w.Close)
	}()
}

// traceTo writes each painted page as a line of JSON to a file descriptor that
// who started us has opened; 0 traces nothing.
func traceTo(fd int) func(ui.Trace) {
	if fd == 0 {
		return nil
	}
	var mu sync.Mutex
	f := os.NewFile(uintptr(fd), "trace")
	return func(t ui.Trace) {
		var line bytes.Buffer
		if err := json.MarshalWrite(&line, t, json.Deterministic(true)); err != nil {
			panic("ceremony: internal error: a trace is no JSON: " + err.Error())
		}
		mu.Lock()
		defer mu.Unlock()
		_, _ = f.Write(append(line.Bytes(), '\n')) // nobody listens any more
	}
}
