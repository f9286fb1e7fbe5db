package scan

// A look is a way to prepare the picture for the search for finders. Modules
// are always measured in the picture as it came.
type look struct {
	radius, amount int  // of sharpening; 0 is none
	half           bool // at half the size: close codes, and the grid of the screen
	bias           int  // see levels
}

// looks are in the order in which they help: most codes are found at the first,
// and a picture without a code costs them all.
var looks = []look{
	{bias: 215},
	{radius: 4, amount: 2, bias: 215},
	{radius: 5, amount: 4, bias: 230},
	{radius: 3, amount: 4, bias: 230},
	{bias: 243},
	{half: true, bias: 230},
}

func (l look) finders(p *picture) []finder {
	if l.half {
		found := finders(p.half(), l.bias)
		for i := range found {
			found[i].point = found[i].point.times(2)
			found[i].module *= 2
		}
		return found
	}
	if l.radius > 0 {
		p = p.sharpened(l.radius, l.amount)
	}
	return finders(p, l.bias)
}

// half is the picture at half its size.
func (p *picture) half() *picture {
	q := &picture{make([]byte, (p.w/2)*(p.h/2)), p.w / 2, p.h / 2}
	for y := range q.h {
		upper, lower := p.grey[2*y*p.w:][:p.w], p.grey[(2*y+1)*p.w:][:p.w]
		row := q.grey[y*q.w:][:q.w]
		for x := range row {
			sum := int(upper[2*x]) + int(upper[2*x+1]) + int(lower[2*x]) + int(lower[2*x+1])
			row[x] = byte(sum / 4)
		}
	}
	return q
}

// sharpened adds to each pixel its difference to the mean of the square around
// it, an amount of times.
func (p *picture) sharpened(radius, amount int) *picture {
	q := &picture{make([]byte, len(p.grey)), p.w, p.h}
	n := (2*radius + 1) * (2*radius + 1)
	scale := amount << 16 / n
	columns := make([]int, p.w+2*radius) // sums over the rows around, ends repeated
	for y := -radius; y < p.h; y++ {
		p.slide(columns[radius:][:p.w], y, radius)
		if y < 0 {
			continue
		}
		for i := range radius {
			columns[i], columns[len(columns)-1-i] = columns[radius], columns[len(columns)-1-radius]
		}
		sharpenRow(q.grey[y*p.w:][:p.w], p.grey[y*p.w:][:p.w], columns, n, scale)
	}
	return q
}

// slide moves the sums of columns one row down: to the rows around y.
func (p *picture) slide(columns []int, y, radius int) {
	enter := p.grey[min(max(y+radius, 0), p.h-1)*p.w:][:p.w]
	if y <= 0 { // the window fills
		times := 1
		if y == -radius {
			times = radius + 1
		}
		for x, v := range enter {
			columns[x] += times * int(v)
		}
		return
	}
	leave := p.grey[max(y-radius-1, 0)*p.w:][:p.w]
	for x, v := range enter {
		columns[x] += int(v) - int(leave[x])
	}
}

func sharpenRow(to, from []byte, columns []int, n, scale int) {
	width := len(columns) - len(from)
	sum := 0
	for _, c := range columns[:width] {
		sum += c
	}
	for x, v := range from {
		sum += columns[x+width]
		g := int(v) + (int(v)*n-sum)*scale>>16
		to[x] = byte(min(max(g, 0), 255))
		sum -= columns[x]
	}
}
