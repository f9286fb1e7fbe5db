package scantest_test

import (
	"image"
	"testing"

	"github.com/keyceremony/ceremony/transfer/qr/scantest"
)

// film has a small picture without noise, so that it can be compared.
func film() (scantest.Film, []scantest.Code) {
	shot := scantest.Shot{Width: 96, Height: 96, Fill: 0.7, White: 1}
	f := scantest.Film{Shot: shot, Shown: 10, Exposure: 10, Readout: 20}
	return f, []scantest.Code{scantest.NewCode(1, 1), scantest.NewCode(1, 2), scantest.NewCode(1, 3)}
}

func TestFilmShowsEachCode(t *testing.T) {
	f, codes := film()
	whole, torn := map[int]bool{}, 0
	for i := range f.Pictures(len(codes)) {
		if code, ok := shows(f, f.Take(i, codes), codes); ok {
			whole[code] = true
		} else {
			torn++
		}
	}
	if len(whole) != 3 {
		t.Errorf("%d of 3 codes are seen whole", len(whole))
	}
	if torn == 0 {
		t.Error("no picture has parts of two codes")
	}
	if n := f.Pictures(len(codes)); n != 8 {
		t.Errorf("%d pictures in 300 ms", n)
	}
}

// shows tells which code is in a picture, if it is one alone.
func shows(f scantest.Film, img *image.Gray, codes []scantest.Code) (int, bool) {
	for i, code := range codes {
		if sum(f.Shot.Take(code)) == sum(img) {
			return i, true
		}
	}
	return 0, false
}

func TestFilmIsTheSame(t *testing.T) {
	f, codes := film()
	f.Shot.Noise, f.Unsteady = 5, 1
	first, second := f.Take(1, codes), f.Take(2, codes)
	if sum(first) == sum(second) {
		t.Error("noise is the same in two pictures")
	}
	if sum(first) != sum(f.Take(1, codes)) {
		t.Error("a picture is not the same when it is taken again")
	}
}
