package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// A Field is a label, what is filled in, and below it a hint or, in its place,
// what is wrong with what was filled in.
type Field struct {
	widget.BaseWidget
	label, below *Text
	hint, wrong  string
	control      fyne.CanvasObject
}

// NewField makes one; label and hint may be "".
func NewField(label, hint string, control fyne.CanvasObject) *Field {
	f := &Field{label: NewText(label, Strong), below: NewText("", SmallMuted), control: control, hint: hint}
	f.ExtendBaseWidget(f)
	f.show()
	return f
}

// SetError says below the control what is wrong; "" brings the hint back.
func (f *Field) SetError(s string) {
	f.wrong = s
	f.show()
}

// SetHint changes the hint.
func (f *Field) SetHint(s string) {
	f.hint = s
	f.show()
}

// Error is what was set by SetError.
func (f *Field) Error() string { return f.wrong }

func (f *Field) show() {
	text, style := f.hint, SmallMuted
	if f.wrong != "" {
		text, style = f.wrong, Alert
	}
	f.below.SetStyle(style)
	f.below.SetText(text)
	f.label.Hidden, f.below.Hidden = f.label.Value() == "", text == ""
	f.Refresh()
}

// CreateRenderer is for Fyne.
func (f *Field) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(NewColumn(1, f.label, f.control, f.below))
}
