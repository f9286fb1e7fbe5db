package qr

import (
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
	"slices"
)

// What follows is the part of MUR (BCR-2024-001) that both sides must compute
// alike: which fragments a part is the sum of. Floating point must be exactly
// that of the reference, so that no product is fused with a sum.

// A xoshiro is the generator xoshiro256**, seeded by a SHA-256.
type xoshiro [4]uint64

func newXoshiro(seed []byte) *xoshiro {
	h := sha256.Sum256(seed)
	var x xoshiro
	for i := range x {
		x[i] = binary.BigEndian.Uint64(h[8*i:])
	}
	return &x
}

func (x *xoshiro) next() uint64 {
	result := bits.RotateLeft64(x[1]*5, 7) * 9
	t := x[1] << 17
	x[2] ^= x[0]
	x[3] ^= x[1]
	x[1] ^= x[2]
	x[0] ^= x[3]
	x[2] ^= t
	x[3] = bits.RotateLeft64(x[3], 45)
	return result
}

// double draws from 0 to 1. The end is possible, though nobody has seen it.
func (x *xoshiro) double() float64 { return float64(x.next()) / (1 << 64) }

// below draws an index of n.
func (x *xoshiro) below(n int) int { return min(int(x.double()*float64(n)), n-1) }

// A sampler draws indices with given odds, by Walker's alias method in the
// order of the reference.
type sampler struct {
	odds  []float64
	alias []int
}

func newSampler(odds []float64) sampler {
	n, sum := len(odds), 0.0
	for _, p := range odds {
		sum += p
	}
	s := sampler{odds: make([]float64, n), alias: make([]int, n)}
	p := make([]float64, n)
	var small, large []int
	for i := n - 1; i >= 0; i-- {
		if p[i] = odds[i] * float64(n) / sum; p[i] < 1 {
			small = append(small, i)
		} else {
			large = append(large, i)
		}
	}
	for len(small) > 0 && len(large) > 0 {
		a, g := small[len(small)-1], large[len(large)-1]
		small, large = small[:len(small)-1], large[:len(large)-1]
		s.odds[a], s.alias[a] = p[a], g
		if p[g] += p[a] - 1; p[g] < 1 {
			small = append(small, g)
		} else {
			large = append(large, g)
		}
	}
	for _, i := range append(large, small...) {
		s.odds[i] = 1
	}
	return s
}

func (s sampler) next(x *xoshiro) int {
	r1, r2 := x.double(), x.double()
	i := min(int(float64(len(s.odds))*r1), len(s.odds)-1)
	if r2 < s.odds[i] {
		return i
	}
	return s.alias[i]
}

// degreeSampler has the odds 1, 1/2, 1/3 … of the degrees 1 to n.
func degreeSampler(n int) sampler {
	odds := make([]float64, n)
	for i := range odds {
		odds[i] = 1 / float64(i+1)
	}
	return newSampler(odds)
}

// fragments says which of n fragments part number (from 1 on) is the sum of.
func fragments(number uint32, n int, checksum uint32, degrees sampler) []int {
	if number <= uint32(n) {
		return []int{int(number) - 1}
	}
	x := newXoshiro(binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, number), checksum))
	return shuffled(x, n, degrees.next(x)+1)
}

// shuffled draws the first most of a random order of n.
func shuffled(x *xoshiro, n, most int) []int {
	left := make([]int, n)
	for i := range left {
		left[i] = i
	}
	var order []int
	for range most {
		at := x.below(len(left))
		order = append(order, left[at])
		left = slices.Delete(left, at, at+1)
	}
	return order
}
