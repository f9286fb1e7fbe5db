package scan

// levels tell dark from bright: a pixel is dark when it is below the mean of
// what is around it. The mean is taken over 5 x 5 blocks of pixels and is the
// same for a whole block, so that it costs little.
type levels struct {
	shift int // log2 of the side of a block
	w     int // blocks in a row
	below []byte
}

// bias is how much darker than the mean a pixel must be, so that noise on a
// plain ground makes no finders; in 1/256.
func newLevels(p *picture, bias int) *levels {
	l := &levels{shift: 3}
	for min(p.w, p.h)>>l.shift > 112 {
		l.shift++
	}
	side := 1 << l.shift
	l.w = (p.w + side - 1) / side
	sums := l.sums(p)
	l.below = make([]byte, len(sums))
	h := len(sums) / l.w
	for by := range h {
		for bx := range l.w {
			l.below[by*l.w+bx] = byte(l.around(sums, p, bx, by) * bias >> 8)
		}
	}
	return l
}

// sums adds up the pixels of each block.
func (l *levels) sums(p *picture) []int32 {
	side := 1 << l.shift
	sums := make([]int32, l.w*((p.h+side-1)/side))
	for y := range p.h {
		row := p.grey[y*p.w:][:p.w]
		of := sums[y>>l.shift*l.w:][:l.w]
		for bx := range of {
			sum := int32(0)
			for _, v := range row[bx*side : min(bx*side+side, p.w)] {
				sum += int32(v)
			}
			of[bx] += sum
		}
	}
	return sums
}

// around is the mean grey of the blocks around one.
func (l *levels) around(sums []int32, p *picture, bx, by int) int {
	h := len(sums) / l.w
	left, right := max(bx-2, 0), min(bx+3, l.w)
	top, bottom := max(by-2, 0), min(by+3, h)
	sum := 0
	for y := top; y < bottom; y++ {
		for _, s := range sums[y*l.w+left : y*l.w+right] {
			sum += int(s)
		}
	}
	wide := min(right<<l.shift, p.w) - left<<l.shift
	high := min(bottom<<l.shift, p.h) - top<<l.shift
	return sum / (wide * high)
}

// dark tells whether a pixel is.
func (l *levels) dark(p *picture, x, y int) bool {
	return p.grey[y*p.w+x] < l.below[y>>l.shift*l.w+x>>l.shift]
}
