package scan

import (
	"fmt"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode/decoder"
)

// bytewise makes gozxing return each byte as one character.
var bytewise = map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_CHARACTER_SET: "ISO-8859-1"}

// sharpenings are tried one after the other: by how much the grey of a module
// is drawn away from that of its four neighbours, whose light blur has mixed in.
var sharpenings = [3]float64{0.8, 2.4, 0}

// read reads the code with these three corners.
func (r *reader) read(s shape) (Code, bool) {
	for _, g := range r.grids(s) {
		grey := r.pic.sample(&g)
		for _, by := range sharpenings {
			if r.ctx.Err() != nil {
				return Code{}, false
			}
			if text, err := decode(matrix(sharpenModules(grey, g.n, by), g.n)); err == nil {
				return Code{text, (g.n - 17) / 4, g.corners()}, true
			}
		}
		r.unreadable = r.unreadable || g.certain()
	}
	return Code{}, false
}

// corners of the code, clockwise from the top left.
func (g *grid) corners() (list [4][2]float64) {
	n := float64(g.n)
	for i, c := range [4]point{{0, 0}, {n, 0}, {n, n}, {0, n}} {
		p := g.homography.at(c.x, c.y)
		list[i] = [2]float64{p.x, p.y}
	}
	return list
}

// sharpenModules undoes some of the blur, where a module is the unit.
func sharpenModules(grey []float64, n int, by float64) []float64 {
	if by == 0 {
		return grey
	}
	out := make([]float64, len(grey))
	for j := range n {
		up, down := max(j-1, 0)*n, min(j+1, n-1)*n
		for i := range n {
			v := grey[j*n+i]
			around := grey[j*n+max(i-1, 0)] + grey[j*n+min(i+1, n-1)] + grey[up+i] + grey[down+i]
			out[j*n+i] = v + by*(v-around/4)
		}
	}
	return out
}

// matrix calls a module dark when it is below the mean of the 11 x 11 around.
func matrix(grey []float64, n int) *gozxing.BitMatrix {
	const reach = 5
	bits, err := gozxing.NewSquareBitMatrix(n)
	if err != nil {
		panic("scan: internal error: " + err.Error())
	}
	sums := integral(grey, n)
	for j := range n {
		top, bottom := max(0, j-reach), min(n, j+reach+1)
		for i := range n {
			left, right := max(0, i-reach), min(n, i+reach+1)
			sum := sums[bottom*(n+1)+right] - sums[top*(n+1)+right] - sums[bottom*(n+1)+left] + sums[top*(n+1)+left]
			if grey[j*n+i]*float64((right-left)*(bottom-top)) < sum {
				bits.Set(i, j)
			}
		}
	}
	return bits
}

// integral has the sums over all that is above and to the left.
func integral(grey []float64, n int) []float64 {
	sums := make([]float64, (n+1)*(n+1))
	for j := range n {
		row := 0.0
		for i := range n {
			row += grey[j*n+i]
			sums[(j+1)*(n+1)+i+1] = sums[j*(n+1)+i+1] + row
		}
	}
	return sums
}

// decode corrects errors and reads the text. What panics in gozxing is no code.
func decode(bits *gozxing.BitMatrix) (text []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("decoder of the code failed: %v", p)
		}
	}()
	result, err := decoder.NewDecoder().Decode(bits, bytewise)
	if err != nil {
		return nil, err
	}
	return latin1(result.GetText()), nil
}

// latin1 turns characters back into the bytes that they stand for. A text with
// others, which a code says by kanji or ECI, stays in UTF-8.
func latin1(text string) []byte {
	out := make([]byte, 0, len(text))
	for _, c := range text {
		if c > 0xff {
			return []byte(text)
		}
		out = append(out, byte(c))
	}
	return out
}
