package kit

import (
	"strings"

	"fyne.io/fyne/v2"
)

// NewCodeText shows a code of 7 groups of 5 digits, huge, to be read out or
// written down. A group is never broken.
func NewCodeText(code string) fyne.CanvasObject {
	var groups []fyne.CanvasObject
	for g := range strings.FieldsSeq(code) {
		groups = append(groups, NewLine(g, Digits))
	}
	return NewFlow(2, groups...)
}
