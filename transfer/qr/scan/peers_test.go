//go:build unix

package scan_test

import (
	"fmt"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
)

// A peer is another reader, for the same frames.
type peer struct {
	name string
	read func(*image.Gray) string
}

// peers lists those that are here: gozxing in this process, and two programs of
// Debian, called for each frame with a file in PGM:
//
//	ZXingReader -format QRCode -bytes FILE     package zxing-cpp-tools
//	zbarimg --quiet --raw -Sbinary FILE        package zbar-tools
func peers(b *testing.B) []peer {
	list := []peer{{"gozxing", gozxingReads}}
	for _, p := range []struct{ name, pack, command string }{
		{"zxing-cpp", "zxing-cpp-tools", "ZXingReader -format QRCode -bytes"},
		{"zbar", "zbar-tools", "zbarimg --quiet --raw -Sbinary"},
	} {
		words := strings.Fields(p.command)
		if _, err := exec.LookPath(words[0]); err != nil {
			b.Logf("%s is not compared: install %s", p.name, p.pack)
			continue
		}
		file := filepath.Join(b.TempDir(), "frame.pgm")
		words = append(words, file)
		list = append(list, peer{p.name, func(img *image.Gray) string {
			writePGM(b, file, img)
			out, _ := exec.Command(words[0], words[1:]...).Output() // fails where there is no code
			return strings.TrimRight(string(out), "\n")
		}})
	}
	return list
}

func writePGM(b *testing.B, file string, img *image.Gray) {
	head := fmt.Appendf(nil, "P5\n%d %d\n255\n", img.Rect.Dx(), img.Rect.Dy())
	if err := os.WriteFile(file, append(head, img.Pix...), 0o600); err != nil {
		b.Fatal(err)
	}
}

// gozxingReads is the stock reader of gozxing, trying hard.
func gozxingReads(img *image.Gray) string {
	bits, err := gozxing.NewBinaryBitmap(gozxing.NewHybridBinarizer(gozxing.NewLuminanceSourceFromImage(img)))
	if err != nil {
		return ""
	}
	result, err := qrcode.NewQRCodeReader().Decode(bits, map[gozxing.DecodeHintType]any{
		gozxing.DecodeHintType_TRY_HARDER:    true,
		gozxing.DecodeHintType_CHARACTER_SET: "ISO-8859-1",
	})
	if err != nil {
		return ""
	}
	return result.GetText()
}
