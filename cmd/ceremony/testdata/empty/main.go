// Command empty is a window of Fyne with nothing in it: what every window
// costs. It writes a line to its trace when it is painted first.
//
// With -repaint it is painted anew so many times, twenty a second, and ends with
// a line that says how often that came late: not before the next was due. That
// is what a busy machine does to any window.
package main

import (
	"flag"
	"fmt"
	"image"
	"os"
	"sync"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"
	"fyne.io/fyne/v2/canvas"
)

func main() {
	width, height := flag.Float64("width", 800, "of the window"), flag.Float64("height", 600, "of the window")
	times := flag.Int("repaint", 0, "how often to paint it anew")
	traces := flag.Uint("trace-fd", 3, "descriptor of the trace")
	flag.Parse()
	app.SetMetadata(fyne.AppMetadata{ID: "io.github.keyceremony.empty", Name: "empty", Migrations: map[string]bool{"fyneDo": true}})
	w := app.NewWithID("io.github.keyceremony.empty").NewWindow("empty")
	trace := os.NewFile(uintptr(*traces), "trace")
	tell := sync.OnceFunc(func() { fmt.Fprintln(trace, `{"window":"main","page":"empty"}`) })
	painted := false
	pixel := canvas.NewRaster(func(int, int) image.Image {
		tell()
		painted = true
		return image.NewNRGBA(image.Rect(0, 0, 1, 1))
	})
	w.SetContent(pixel)
	w.Resize(fyne.NewSize(float32(*width), float32(*height)))
	if *times > 0 {
		go repaint(*times, pixel, &painted, func(late int) {
			fmt.Fprintf(trace, `{"window":"main","page":"over","late":%d}`+"\n", late)
			w.Close()
		})
	}
	w.ShowAndRun()
}

// repaint paints the pixel n times, and counts as the page with codes does.
func repaint(n int, pixel *canvas.Raster, painted *bool, over func(late int)) {
	const every = time.Second / 20
	time.Sleep(time.Second) // the window is there
	since, ticks, late, done := time.Now(), 0, 0, false
	for range time.Tick(every) {
		fyne.Do(func() {
			ticks++
			if passed := int(time.Since(since) / every); passed > ticks {
				late += passed - ticks
				ticks = passed
			}
			if ticks > 1 && !*painted {
				late++
			}
			if *painted = false; ticks > n && !done {
				done = true
				over(late)
			}
			pixel.Refresh()
		})
	}
}
