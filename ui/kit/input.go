package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
)

// paintInput gives a box the looks that all inputs share.
func paintInput(box *canvas.Rectangle, focused bool) {
	box.FillColor = Color(theme.ColorNameInputBackground)
	box.CornerRadius = Size(SizeRadius)
	box.StrokeColor, box.StrokeWidth = Color(theme.ColorNameInputBorder), Size(theme.SizeNameInputBorder)
	if focused {
		box.StrokeColor, box.StrokeWidth = Color(theme.ColorNamePrimary), Size(SizeRing)
	}
}

// takeFocus gives the focus to what was clicked.
func takeFocus(o interface {
	fyne.CanvasObject
	fyne.Focusable
},
) {
	if c := fyne.CurrentApp().Driver().CanvasForObject(o); c != nil {
		c.Focus(o)
	}
}

// typedOnly is what is said where pasting is refused.
const typedOnly = "This is typed, not pasted: the clipboard can be read, and changed, by any program on this machine."
