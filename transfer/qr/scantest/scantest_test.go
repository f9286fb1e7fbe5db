package scantest_test

import (
	"crypto/sha256"
	"encoding/hex"
	"image"
	"testing"

	"github.com/keyceremony/ceremony/transfer/qr/scantest"
)

func sum(img *image.Gray) string {
	digest := sha256.Sum256(img.Pix)
	return hex.EncodeToString(digest[:8])
}

// TestSamePictures: figures of the reader mean something only when everybody
// reads the same pictures.
func TestSamePictures(t *testing.T) {
	code := scantest.NewCode(25, 1)
	lens := scantest.Easy(4)
	lens.Lens = 0.1
	for _, c := range []struct {
		name, want string
		shot       scantest.Shot
	}{
		{"easy", "5eb7cff026333844", scantest.Easy(1)},
		{"typical", "b81032153265d7d9", scantest.Typical(2)},
		{"hard", "f14f00a59c4050ca", scantest.Hard(3)},
		{"lens", "3add8859b49c1d7b", lens},
	} {
		if got := sum(c.shot.Take(code)); got != c.want {
			t.Errorf("%s: picture is %s, wanted %s", c.name, got, c.want)
		}
	}
}
