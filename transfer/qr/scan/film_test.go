package scan_test

import (
	"testing"

	"github.com/keyceremony/ceremony/transfer/qr/scan"
	"github.com/keyceremony/ceremony/transfer/qr/scantest"
)

// shown is n codes of a version, one after the other.
func shown(version, n int) (codes []scantest.Code) {
	for i := range n {
		codes = append(codes, scantest.NewCode(version, uint64(1000+i)))
	}
	return codes
}

// TestFilm: while the screen changes, each code is read in some picture, and
// nothing is read that was not shown.
func TestFilm(t *testing.T) {
	film := scantest.Film{Shot: scantest.Typical(8), Shown: 15, Exposure: 12, Readout: 20, Unsteady: 1}
	codes := shown(20, 5)
	left := map[string]bool{}
	for _, c := range codes {
		left[c.Text] = true
	}
	read := map[string]bool{}
	for i := range film.Pictures(len(codes)) {
		for _, c := range decode(t, film.Take(i, codes), scan.Options{Version: 20}) {
			if text := string(c.Text); !left[text] && !read[text] {
				t.Errorf("picture %d: read what was not shown", i)
			} else {
				read[text] = true
				delete(left, text)
			}
		}
	}
	if len(left) > 0 {
		t.Errorf("%d of %d codes were never read", len(left), len(codes))
	}
}
