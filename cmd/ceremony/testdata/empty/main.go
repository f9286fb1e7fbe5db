// Command empty is a window of Fyne with nothing in it, of a given width and
// height: what every window costs. It writes a line to descriptor 3 when it is
// painted first.
package main

import (
	"fmt"
	"image"
	"os"
	"sync"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"
	"fyne.io/fyne/v2/canvas"
)

func main() {
	app.SetMetadata(fyne.AppMetadata{ID: "io.github.keyceremony.empty", Name: "empty", Migrations: map[string]bool{"fyneDo": true}})
	w := app.NewWithID("io.github.keyceremony.empty").NewWindow("empty")
	tell := sync.OnceFunc(func() { fmt.Fprintln(os.NewFile(3, "trace"), `{"window":"main","page":"empty"}`) })
	w.SetContent(canvas.NewRaster(func(int, int) image.Image {
		tell()
		return image.NewNRGBA(image.Rect(0, 0, 1, 1))
	}))
	var width, height float32
	if _, err := fmt.Sscan(os.Args[1], &width); err != nil {
		panic(err)
	}
	if _, err := fmt.Sscan(os.Args[2], &height); err != nil {
		panic(err)
	}
	w.Resize(fyne.NewSize(width, height))
	w.ShowAndRun()
}
