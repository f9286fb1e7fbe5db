package kit

import (
	"math"
	"regexp"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// A Mark is how a check came out.
type Mark int

// A check that was not made is told as loudly as one that fails.
const (
	Holds Mark = iota
	Fails
	NotChecked
	Noted
)

// A CheckRow is one check: what was found and what was wanted. Name says in
// words what it is about, and ID, small below it, what records call it; "" if
// the name is that. Result is what is said of it; "" says it by the mark.
type CheckRow struct {
	Name, ID, Found, Wanted, Result string
	Mark                            Mark
}

type markDress struct {
	icon, say  string
	ink, words fyne.ThemeColorName
}

var markDresses = map[Mark]markDress{
	Holds:      {"check", "holds", ColorGreen, ColorGreen},
	Fails:      {"cross", "does not hold", ColorRed, ColorRed},
	NotChecked: {"dot", "not checked", ColorOrange, ColorOrangeText},
	Noted:      {"dash", "noted", ColorMuted, ColorMuted},
}

// NewChecks is a table of checks: name, found, wanted, result. Values wrap and
// are never cut; where there is little room, found and wanted stand below the
// name. If nothing was wanted in any row there is no such column.
func NewChecks(rows []CheckRow) fyne.CanvasObject {
	t := &checks{width: new(float32), bare: bare(rows)}
	t.add(newBox(ColorSurface, ColorLine, 1, 0.5))
	for _, s := range []string{"CHECK", "FOUND", "WANTED", "RESULT"} {
		t.heads = append(t.heads, t.text(s, Overline))
	}
	for _, r := range rows {
		t.rows = append(t.rows, t.row(r))
	}
	return container.New(t, t.all...)
}

func bare(rows []CheckRow) bool {
	return !slices.ContainsFunc(rows, func(r CheckRow) bool { return r.Wanted != "" })
}

// Checks lays the table out: as columns, or as blocks where it is narrow.
type checks struct {
	all   []fyne.CanvasObject
	heads []*Text
	rows  []checkCells
	bare  bool     // without the column of what was wanted
	width *float32 // that it had the last time
}

type checkCells struct {
	rule, name    fyne.CanvasObject
	found, wanted *Text
	labels        [2]*Text // "found", "wanted", where there are no columns
	result        fyne.CanvasObject
}

func (t *checks) add(o fyne.CanvasObject) { t.all = append(t.all, o) }

func (t *checks) text(s string, st Style) *Text {
	text := NewText(s, st)
	t.add(text)
	return text
}

func (t *checks) row(r CheckRow) (c checkCells) {
	d := markDresses[r.Mark]
	c.rule = NewHRule()
	t.add(c.rule)
	c.name = nameOf(r)
	t.add(c.name)
	c.found, c.wanted = t.value(r.Found), t.value(r.Wanted)
	if t.bare && r.Found == "" {
		c.found.SetText("")
	}
	c.labels = [2]*Text{t.text("found", SmallMuted), t.text("wanted", SmallMuted)}
	words := r.Result
	if words == "" {
		words = d.say
	}
	result := NewText(words, Strong)
	result.SetColor(d.words)
	c.result = container.New(row{gap: 0.75, stretch: 1, top: true}, newMark(d.icon, d.ink, 3), result)
	t.add(c.result)
	return c
}

// nameOf is how a check is called.
func nameOf(r CheckRow) fyne.CanvasObject {
	if r.ID == "" {
		return NewText(r.Name, SmallMono)
	}
	id := NewText(r.ID, SmallMono)
	id.SetColor(ColorMuted)
	return container.New(named{}, NewText(r.Name, Small), id)
}

// A named check has its id below its name.
type named struct{ column }

func (named) wish(o []fyne.CanvasObject) float32 { return max(wish(o[0]), wish(o[1])) }

// value is what was found or wanted; digests and codes are compared in the
// monospaced face.
func (t *checks) value(s string) *Text {
	if isCode(s) || len(s) >= 32 && (!strings.Contains(s, " ") || hexGroups.MatchString(s)) {
		return t.text(s, SmallMono)
	}
	return t.text(dashed(s), Body)
}

var hexGroups = regexp.MustCompile(`^([0-9a-f]{4} )+[0-9a-f]{4}$`)

// dashed shows that a value is empty.
func dashed(s string) string {
	if s == "" {
		return "—"
	}
	return s
}

// narrow is below 560 pixels at scale 1.
func (t *checks) narrow(width float32) bool { return width > 0 && width < grid(70) }

func (t *checks) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(grid(36), t.arrange(*t.width, false))
}

func (t *checks) Layout(o []fyne.CanvasObject, size fyne.Size) {
	*t.width = size.Width
	o[0].Resize(fyne.NewSize(size.Width, t.arrange(size.Width, true)))
}

func (t *checks) arrange(width float32, show bool) float32 {
	if width == 0 {
		width = grid(80)
	}
	narrow := t.narrow(width)
	if show {
		t.show(narrow)
	}
	if narrow {
		return t.blocks(width)
	}
	return t.columns(width)
}

func (t *checks) show(narrow bool) {
	for i, h := range t.heads {
		visible(h, !narrow && !(t.bare && i == 2))
	}
	for i, r := range t.rows {
		visible(r.labels[0], narrow && !t.bare)
		visible(r.labels[1], narrow && !t.bare)
		visible(r.wanted, !t.bare)
		visible(r.rule, !narrow || i > 0)
	}
}

func visible(o fyne.CanvasObject, yes bool) {
	if o.Visible() == yes {
		return
	}
	if yes {
		o.Show()
	} else {
		o.Hide()
	}
}

// widths shares the room: a column has what it likes where that is little,
// and found and wanted share what is left by what they like.
func (t *checks) widths(room float32) (w [4]float32) {
	for i, h := range t.heads {
		w[i] = wish(h)
	}
	for _, r := range t.rows {
		for i, o := range []fyne.CanvasObject{r.name, r.found, r.wanted, r.result} {
			w[i] = max(w[i], wish(o))
		}
	}
	w[3] = min(w[3], room*0.3)
	w[0] = min(w[0], room*0.3)
	rest := room - w[0] - w[3]
	if t.bare {
		w[1], w[2] = rest+grid(2), 0 // and the gap between the two
		return w
	}
	if sum := w[1] + w[2]; sum > rest {
		w[1], w[2] = share(rest, w[1], w[2])
	} else {
		spare := (rest - sum) / 3
		w[0], w[1], w[2] = w[0]+spare, w[1]+spare, w[2]+spare
	}
	return w
}

// share parts a width between two that want more. The longer one gets more, but
// not by as much as it is longer: it wraps, and the short one need not.
func share(width, a, b float32) (x, y float32) {
	one, two := math.Sqrt(float64(a)), math.Sqrt(float64(b))
	x = width * float32(one/(one+two))
	x = max(min(x, a), width-b)
	return x, width - x
}

func (t *checks) columns(width float32) float32 {
	gap, side := grid(2), grid(2)
	w := t.widths(width - 3*gap - 2*side)
	line := func(y float32, cells ...fyne.CanvasObject) (bottom float32) {
		x, base := side, tallest(cells)
		for i, o := range cells {
			if t.bare && i == 2 {
				continue
			}
			h, down := settle(o, w[i]), grid(1.25)+(base-firstLine(o))/2
			o.Move(fyne.NewPos(x, y+down))
			x, bottom = x+w[i]+gap, max(bottom, y+down+h+grid(1.25))
		}
		return bottom
	}
	y := line(0, t.heads[0], t.heads[1], t.heads[2], t.heads[3])
	for _, r := range t.rows {
		place(r.rule, 0, y, width, 1)
		y = line(y, r.name, r.found, r.wanted, r.result)
	}
	return y
}

func (t *checks) blocks(width float32) float32 {
	side, y := grid(2), float32(0)
	room := width - 2*side
	label := grid(8.5)
	for _, r := range t.rows {
		place(r.rule, 0, y, width, 1)
		y += grid(1.25)
		y += t.top(r, side, y, room) + grid(0.5)
		for i, value := range []*Text{r.found, r.wanted} {
			if t.bare && value.Value() == "" || t.bare && i == 1 {
				continue
			}
			settle(r.labels[i], label)
			h := settle(value, room-label)
			base := tallest([]fyne.CanvasObject{r.labels[i], value})
			r.labels[i].Move(fyne.NewPos(side, y+(base-firstLine(r.labels[i]))/2))
			value.Move(fyne.NewPos(side+label, y+(base-firstLine(value))/2))
			y += max(h, base)
		}
		y += grid(1.25)
	}
	return y
}

// top sets the name, and the result at its right or, where both do not fit,
// below it.
func (t *checks) top(r checkCells, x, y, room float32) (height float32) {
	result := min(wish(r.result), room)
	if wish(r.name)+grid(2)+result > room {
		a, b := settle(r.name, room), settle(r.result, room)
		r.name.Move(fyne.NewPos(x, y))
		r.result.Move(fyne.NewPos(x, y+a))
		return a + b
	}
	a, b := settle(r.name, room-result), settle(r.result, result)
	down := (firstLine(r.result) - firstLine(r.name)) / 2
	r.name.Move(fyne.NewPos(x, y+down))
	r.result.Move(fyne.NewPos(x+room-result, y))
	return max(down+a, b)
}
