package kit

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// A code has 35 digits in 7 groups of 5.
const (
	codeGroups = 7
	groupSize  = 5
	codeSize   = codeGroups * groupSize
)

// A Code takes a code that a person reads from paper and types: 7 groups of 5
// digits. A digit is put in at the cursor, as in any text; where all 35 are
// there it replaces the one under the cursor. Pasting is refused, and what is
// no digit counts for nothing.
//
// A Blind code shows the group that is being typed, and dots for the groups
// that are complete. What was typed before the focus left stays dots for good:
// the next person must not read what the last one typed. Typing goes on behind
// it or, where all was typed, begins anew.
type Code struct {
	widget.DisableableWidget
	Held
	Blind       bool
	OnChanged   func()
	OnSubmitted func()            // Enter; nil: Enter goes to the page
	OnRefused   func(word string) // something was pasted

	keys    *Keys
	digits  []byte
	cursor  int // 0 … len(digits)
	focused bool
	shut    int // blind: how many digits were typed before the focus left
}

// NewCode makes an empty one.
func NewCode(k *Keys) *Code {
	c := &Code{keys: k, digits: make([]byte, 0, codeSize)}
	c.ExtendBaseWidget(c)
	return c
}

// Value gives the digits so far, in groups with a space between.
func (c *Code) Value() string {
	var b strings.Builder
	for i, d := range c.digits {
		if i > 0 && i%groupSize == 0 {
			b.WriteByte(' ')
		}
		b.WriteByte(d)
	}
	return b.String()
}

// Missing counts the digits that are still to be typed.
func (c *Code) Missing() int { return codeSize - len(c.digits) }

// Clear empties it.
func (c *Code) Clear() {
	c.digits, c.cursor, c.shut = c.digits[:0], 0, 0
	c.changed()
}

func (c *Code) changed() {
	call(c.OnChanged)
	c.Refresh()
}

// TypedRune is for Fyne.
func (c *Code) TypedRune(r rune) {
	if r < '0' || r > '9' || c.Disabled() {
		return
	}
	if c.shut == codeSize {
		c.digits, c.cursor, c.shut = c.digits[:0], 0, 0
	}
	switch {
	case len(c.digits) < codeSize:
		c.digits = append(c.digits, 0)
		copy(c.digits[c.cursor+1:], c.digits[c.cursor:])
		c.digits[c.cursor] = byte(r)
	case c.cursor < codeSize:
		c.digits[c.cursor] = byte(r)
	default:
		return
	}
	c.cursor++
	c.changed()
}

// TypedKey is for Fyne.
func (c *Code) TypedKey(ev *fyne.KeyEvent) {
	if Repeats(ev) {
		return
	}
	if isEnter(ev) && c.OnSubmitted != nil {
		c.OnSubmitted()
		return
	}
	if c.Disabled() || !c.edit(ev.Name) {
		PassKey(c, ev)
	}
}

// edit moves the cursor or takes digits away.
func (c *Code) edit(key fyne.KeyName) bool {
	switch key {
	case fyne.KeyBackspace:
		if c.shut > 0 && c.cursor <= c.shut {
			c.Clear()
		} else {
			c.remove(c.cursor - 1)
		}
	case fyne.KeyDelete:
		c.remove(c.cursor)
	case fyne.KeyLeft:
		c.moveTo(c.cursor - 1)
	case fyne.KeyRight:
		c.moveTo(c.cursor + 1)
	case fyne.KeyHome, fyne.KeyUp:
		c.moveTo(0)
	case fyne.KeyEnd, fyne.KeyDown:
		c.moveTo(len(c.digits))
	default:
		return false
	}
	return true
}

func (c *Code) remove(i int) {
	if i < c.shut || i >= len(c.digits) {
		return
	}
	c.digits = append(c.digits[:i], c.digits[i+1:]...)
	c.cursor = i
	c.changed()
}

func (c *Code) moveTo(i int) {
	c.cursor = max(c.shut, min(len(c.digits), i))
	c.Refresh()
}

// TypedShortcut is for Fyne. Those of the page run, all others do nothing.
func (c *Code) TypedShortcut(s fyne.Shortcut) {
	if c.keys.Shortcut(s) {
		return
	}
	if _, ok := s.(*fyne.ShortcutPaste); ok && c.OnRefused != nil {
		c.OnRefused("A code is typed from paper, not pasted: that two people read it is what makes it worth something.")
	}
}

// FocusGained is for Fyne.
func (c *Code) FocusGained() {
	c.focused = true
	c.Refresh()
	Reveal(c)
}

// FocusLost is for Fyne.
func (c *Code) FocusLost() {
	c.focused = false
	if c.Blind {
		c.cursor, c.shut = len(c.digits), len(c.digits)
	}
	c.Refresh()
}

// Cursor is for Fyne.
func (c *Code) Cursor() desktop.Cursor { return desktop.TextCursor }

// group is what stands in one of the boxes.
func (c *Code) group(g int) string {
	first, last := g*groupSize, min((g+1)*groupSize, len(c.digits))
	if first >= last {
		return ""
	}
	hidden := max(0, min(c.shut, last)-first)
	if c.Blind && last-first == groupSize && g != c.current() {
		hidden = groupSize
	}
	return strings.Repeat("•", hidden) + string(c.digits[first+hidden:last])
}

// current is the group that the cursor is in.
func (c *Code) current() int { return min(c.cursor/groupSize, codeGroups-1) }
