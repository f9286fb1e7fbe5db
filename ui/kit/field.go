package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// A Field is a label, what is filled in, and below it a hint or, in its place,
// what is wrong with what was filled in.
type Field struct {
	widget.BaseWidget
	label, below *Text
	sign         *mark // before what is wrong: colour is never the only one
	hint, wrong  string
	control      fyne.CanvasObject
	foot         *fyne.Container
}

// NewField makes one; label and hint may be "".
func NewField(label, hint string, control fyne.CanvasObject) *Field {
	f := &Field{label: NewText(label, Strong), below: NewText("", SmallMuted), control: control, hint: hint}
	f.sign = newMark("warning", ColorRedText, 3)
	f.foot = container.New(foot{}, f.sign, f.below)
	f.ExtendBaseWidget(f)
	f.show()
	return f
}

// SetError says below the control what is wrong; "" brings the hint back.
func (f *Field) SetError(s string) {
	f.wrong = s
	f.show()
}

// SetLabel changes the label.
func (f *Field) SetLabel(s string) {
	f.label.SetText(s)
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
	f.sign.Hidden = f.wrong == ""
	f.label.Hidden, f.foot.Hidden = f.label.Value() == "", text == ""
	f.Refresh()
}

// CreateRenderer is for Fyne.
func (f *Field) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(NewColumn(1, f.label, f.control, f.foot))
}

// A foot has words, and a sign before them where there is one.
type foot struct{}

func (foot) indent(o []fyne.CanvasObject) float32 {
	if !o[0].Visible() {
		return 0
	}
	return o[0].MinSize().Width + grid(1)
}

func (f foot) Layout(o []fyne.CanvasObject, s fyne.Size) {
	o[0].Resize(o[0].MinSize())
	o[1].Move(fyne.NewPos(f.indent(o), 0))
	settle(o[1], s.Width-f.indent(o))
}

func (f foot) MinSize(o []fyne.CanvasObject) fyne.Size {
	return o[1].MinSize().AddWidthHeight(f.indent(o), 0)
}
