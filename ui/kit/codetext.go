package kit

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// NewCodeText shows a code of 7 groups of 5 digits, huge, to be read out or
// written down. A group is never broken.
func NewCodeText(code string) fyne.CanvasObject {
	return container.New(&codeLayout{gap: 2, down: 0.5}, groupsOf(code, Digits)...)
}

// isCode tells whether a text is a code: seven groups of five digits.
func isCode(s string) bool {
	groups := strings.Split(s, " ")
	return len(groups) == 7 && !slices.ContainsFunc(groups, func(g string) bool {
		return len(g) != 5 || strings.Trim(g, "0123456789") != ""
	})
}

func groupsOf(code string, st Style) (groups []fyne.CanvasObject) {
	for g := range strings.FieldsSeq(code) {
		groups = append(groups, NewLine(g, st))
	}
	return groups
}

// A codeLayout breaks a code in half where it does not fit on one line, and
// again, so that it is read in parts of a kind.
type codeLayout struct {
	gap, down float32 // between groups and lines, in grid steps
	width     float32 // that it had the last time
}

// perLine tells how many groups stand on a line.
func (c *codeLayout) perLine(groups []fyne.CanvasObject) int {
	n := len(groups)
	for n > 1 && c.width > 0 && float32(n)*(wish(groups[0])+grid(c.gap))-grid(c.gap) > c.width {
		n = (n + 1) / 2
	}
	return max(n, 1)
}

func (c *codeLayout) MinSize(groups []fyne.CanvasObject) fyne.Size {
	if len(groups) == 0 {
		return fyne.Size{}
	}
	n, one := c.perLine(groups), groups[0].MinSize()
	lines := (len(groups) + n - 1) / n
	return fyne.NewSize(one.Width, float32(lines)*(one.Height+grid(c.down))-grid(c.down))
}

func (c *codeLayout) Layout(groups []fyne.CanvasObject, size fyne.Size) {
	c.width = size.Width
	n := c.perLine(groups)
	for i, g := range groups {
		w, h := wish(g), g.MinSize().Height
		place(g, float32(i%n)*(w+grid(c.gap)), float32(i/n)*(h+grid(c.down)), min(w, size.Width), h)
	}
}
