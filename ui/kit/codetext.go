package kit

import (
	"strings"

	"fyne.io/fyne/v2"
)

// NewCodeText shows a code of 7 groups of 5 digits, huge, to be read out or
// written down. A group is never broken.
func NewCodeText(code string) fyne.CanvasObject {
	groups := NewFlow(2)
	for g := range strings.FieldsSeq(code) {
		groups.Add(NewLine(g, Digits))
	}
	return groups
}
