package qr

// The field GF(2^8) with the polynomial of QR codes themselves, x^8 + x^4 +
// x^3 + x^2 + 1. UR's sums over GF(2) are the case in which every coefficient
// is 0 or 1.
const polynomial = 0x11d

var (
	product [256][256]byte
	inverse [256]byte
)

func init() {
	var power [2 * 255]byte
	var log [256]int
	for i, x := 0, 1; i < 255; i++ {
		power[i], power[i+255], log[x] = byte(x), byte(x), i
		if x <<= 1; x > 255 {
			x ^= polynomial
		}
	}
	for a := 1; a < 256; a++ {
		for b := 1; b < 256; b++ {
			product[a][b] = power[log[a]+log[b]]
		}
		inverse[a] = power[255-log[a]]
	}
}

// addTimes adds c times src to dst, which is at least as long.
func addTimes(dst, src []byte, c byte) {
	times := &product[c]
	dst = dst[:len(src)]
	for i, s := range src {
		dst[i] ^= times[s]
	}
}

func scale(row []byte, c byte) {
	times := &product[c]
	for i, v := range row {
		row[i] = times[v]
	}
}

// A solver finds k blocks from sums of them. A row is k coefficients and then
// the sum that they make. Rows are kept reduced: row i begins with a 1 in
// column i and has a 0 wherever another row begins, so that the work is spread
// over all frames, and the last one costs no more than any.
type solver struct {
	k      int
	rows   [][]byte // nil where there is none yet
	alone  []bool   // rows that are one block already
	rank   int
	solved int
}

func newSolver(k int) *solver {
	return &solver{k: k, rows: make([][]byte, k), alone: make([]bool, k)}
}

// add takes a row, which it owns from now on.
func (s *solver) add(row []byte) Event {
	for i, have := range s.rows {
		if c := row[i]; c != 0 && have != nil {
			addTimes(row, have, c)
		}
	}
	first := 0
	for first < s.k && row[first] == 0 {
		first++
	}
	if first == s.k {
		if !allZero(row[s.k:]) {
			return Damaged // no sum at all, and yet something
		}
		return Duplicate
	}
	scale(row, inverse[row[first]])
	for i, have := range s.rows {
		if have != nil && have[first] != 0 {
			addTimes(have, row, have[first])
			s.settle(i)
		}
	}
	s.rows[first] = row
	s.rank++
	s.settle(first)
	return New
}

// settle notes whether row i is one block by now.
func (s *solver) settle(i int) {
	row := s.rows[i]
	if !s.alone[i] && allZero(row[:i]) && allZero(row[i+1:s.k]) {
		s.alone[i] = true
		s.solved++
	}
}

// join returns the blocks, one after the other.
func (s *solver) join() []byte {
	all := make([]byte, 0, s.k*len(s.rows[0][s.k:]))
	for _, row := range s.rows {
		all = append(all, row[s.k:]...)
	}
	return all
}

func allZero(b []byte) bool {
	for _, v := range b {
		if v != 0 {
			return false
		}
	}
	return true
}
