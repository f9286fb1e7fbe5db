package camera

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/keyceremony/ceremony/transfer/qr/scan"
)

// plain is a picture of one grey.
func plain(w, h int, grey byte) *image.Gray {
	img := image.NewGray(image.Rect(0, 0, w, h))
	for i := range img.Pix {
		img.Pix[i] = grey
	}
	return img
}

func asJPEG(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// bare is a picture in colour without its tables, as cameras send it.
func bare(t testing.TB, grey byte) []byte {
	t.Helper()
	img := image.NewYCbCr(image.Rect(0, 0, 32, 16), image.YCbCrSubsampleRatio420)
	for i := range img.Y {
		img.Y[i] = grey
	}
	b := asJPEG(t, img)
	cut := bytes.ReplaceAll(b, usualTables(), nil)
	if len(cut) >= len(b) {
		t.Fatal("the tables are not where they were looked for")
	}
	return cut
}

// film is a y4m of pictures in colour, each of one grey.
func film(w, h int, space string, greys ...byte) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "YUV4MPEG2 W%d H%d F30:1 Ip A1:1%s\n", w, h, space)
	for _, g := range greys {
		b.WriteString("FRAME\n")
		b.Write(plain(w, h, g).Pix)
		colour, err := colourBytes(strings.TrimPrefix(strings.TrimSpace(space)+"420", "C")[:3], w, h)
		if space == " Cmono" {
			colour, err = 0, nil
		}
		if err != nil {
			panic(err)
		}
		b.Write(make([]byte, colour))
	}
	return b.Bytes()
}

// greys reads all frames, and tells each by the grey in its middle; -1 is one
// that cannot be read, and the last is the end.
func greys(t testing.TB, s Source) (list []int, end error) {
	t.Helper()
	for range 100 {
		f, err := s.Next(context.Background())
		switch {
		case errors.Is(err, ErrFrame):
			list = append(list, -1)
		case err != nil:
			return list, err
		default:
			list = append(list, int(f.Image.GrayAt(f.Image.Rect.Dx()/2, f.Image.Rect.Dy()/2).Y))
		}
	}
	t.Fatal("the source has no end")
	return nil, nil
}

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// TestFilms: every form gives its pictures, and what is damaged is told.
func TestFilms(t *testing.T) {
	one, two := asJPEG(t, plain(32, 16, 10)), asJPEG(t, plain(32, 16, 200))
	thumb := join(one[:2], []byte{0xff, 0xe1, byte((len(two) + 2) >> 8), byte(len(two) + 2)}, two, one[2:])
	part := func(b []byte) []byte {
		return join([]byte("--frame\r\nContent-Type: image/jpeg\r\n\r\n"), b, []byte("\r\n"))
	}
	var still bytes.Buffer
	if err := png.Encode(&still, plain(9, 9, 50)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		film []byte
		want []int
		end  error
	}{
		{"PNG", still.Bytes(), []int{50}, io.EOF},
		{"JPEG", one, []int{10}, io.EOF},
		{"MJPEG", join(one, two, one), []int{10, 200, 10}, io.EOF},
		{"without tables", join(bare(t, 10), bare(t, 200)), []int{10, 200}, io.EOF},
		{"with a picture in its head", join(thumb, two), []int{10, 200}, io.EOF},
		{"of a network camera", join(part(one), part(two)), []int{10, 200}, io.EOF},
		{"filled", join(one, make([]byte, 1000), two), []int{10, 200}, io.EOF},
		{"a damaged one", join(one, []byte{0xff, markSOI, 0xff, 0xe0, 0, 1}, two), []int{10, -1, 200}, io.EOF},
		{"no marker", join(one, []byte{0xff, markSOI, 0, 0}, two), []int{10, -1, 200}, io.EOF},
		{"cut off", join(one, two[:len(two)-9]), []int{10, -1}, io.EOF},
		{"too much between", join(one, make([]byte, maxBetween+1), two), []int{10}, ErrFormat},
		{"y4m", film(33, 17, " C420jpeg", 10, 20, 30), []int{10, 20, 30}, io.EOF},
		{"y4m that says nothing of colours", film(33, 17, "", 10, 20), []int{10, 20}, io.EOF},
		{"y4m 422", film(33, 17, " C422", 10, 20), []int{10, 20}, io.EOF},
		{"y4m 444", film(33, 17, " C444", 10, 20), []int{10, 20}, io.EOF},
		{"y4m in grey", film(33, 17, " Cmono", 10, 20), []int{10, 20}, io.EOF},
		{"y4m cut off", film(33, 17, "", 10, 20)[:1500], []int{10}, io.ErrUnexpectedEOF},
		{"y4m with something between", join(film(33, 17, "", 10), []byte("NOISE\n")), []int{10}, io.ErrUnexpectedEOF},
		{"y4m with a long line", join(film(33, 17, "", 10), []byte("FRAME "), bytes.Repeat([]byte("X"), maxWords)), []int{10}, ErrFormat},
	} {
		s, err := FromReader(bytes.NewReader(c.film))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		got, end := greys(t, s)
		if !errors.Is(end, c.end) || !slices.EqualFunc(got, c.want, near) {
			t.Errorf("%s: %v and %v, wanted %v and %v", c.name, got, end, c.want, c.end)
		}
	}
}

// near leaves room for what JPEG does to a grey.
func near(a, b int) bool { return a-b <= 2 && b-a <= 2 }

// TestRefused: what is none of these, and sizes that are promised.
func TestRefused(t *testing.T) {
	for text, want := range map[string]error{
		"YUV4MPEG2 W100000 H100000\n":         scan.ErrTooLarge,
		"YUV4MPEG2 W4611686018427387904 H4\n": scan.ErrTooLarge,
		"YUV4MPEG2 W-5 H-5\n":                 scan.ErrTooLarge,
		"YUV4MPEG2 W10\n":                     scan.ErrTooLarge,
		"YUV4MPEG2 Wmany H10\n":               ErrFormat,
		"YUV4MPEG2 W10 H10 C420p10\n":         ErrFormat,
		"YUV4MPEG2 W10 H10":                   io.EOF,
		"RIFF\x00\x00\x01\x00AVI LIST":        ErrFormat,
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := FromReader(strings.NewReader(text))
		runtime.ReadMemStats(&after)
		if !errors.Is(err, want) {
			t.Errorf("%q: %v, wanted %v", text, err, want)
		}
		if taken := after.TotalAlloc - before.TotalAlloc; taken > 1<<20 {
			t.Errorf("%q: took %d bytes", text, taken)
		}
	}
}

// TestFolder takes files by name, whatever they are, and says which cannot be
// read.
func TestFolder(t *testing.T) {
	dir := t.TempDir()
	for name, b := range map[string][]byte{
		"1.jpg": asJPEG(t, plain(32, 16, 10)), "2.bin": {0, 1, 2}, "3.y4m": film(8, 8, "", 20, 30), "4.txt": []byte("A LINE\n\n  \nANOTHER"),
		"5.png": []byte("\x89PNG\r\n\x1a\nno more"),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "0"), 0o700); err != nil {
		t.Fatal(err)
	}
	s, err := OpenFile(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for i, want := range []string{"1.jpg", "2.bin: ", "3.y4m", "3.y4m", "4.txt A LINE", "4.txt ANOTHER", "5.png: "} {
		f, err := s.Next(context.Background())
		got := strings.TrimSpace(f.Name + " " + f.Text)
		if err != nil {
			got = err.Error()
		}
		if strings.HasSuffix(want, ": ") != errors.Is(err, ErrFrame) || !strings.Contains(got, strings.TrimSuffix(want, " ")) {
			t.Errorf("frame %d: %q, wanted %q", i, got, want)
		}
	}
	if _, err := s.Next(context.Background()); !errors.Is(err, io.EOF) {
		t.Errorf("after the last: %v", err)
	}
	if _, err := OpenFile(filepath.Join(dir, "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
}

// TestFolderGoesOn: a file that is cut off, or begins like a film and is none,
// does not end the folder.
func TestFolderGoesOn(t *testing.T) {
	dir := t.TempDir()
	for name, b := range map[string][]byte{
		"1.y4m": film(8, 8, "", 20, 30)[:150],
		"2.jpg": join([]byte{0xff, markSOI, 0xff}, make([]byte, 3*maxBetween)),
		"3.y4m": []byte("YUV4MPEG2 W8 H8\nNOISE\n"),
		"4.jpg": asJPEG(t, plain(32, 16, 200)),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, err := OpenFile(dir)
	if err != nil {
		t.Fatal(err)
	}
	got, end := greys(t, s)
	if want := []int{20, -1, -1, -1, -1, 200}; !errors.Is(end, io.EOF) || !slices.EqualFunc(got, want, near) {
		t.Errorf("%v and %v, wanted %v and the end", got, end, want)
	}
}

// TestFolderClosed: no file follows after Close, or when nobody waits any more.
func TestFolderClosed(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"1.jpg", "2.jpg"} {
		if err := os.WriteFile(filepath.Join(dir, name), asJPEG(t, plain(32, 16, 200)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, err := OpenFile(dir)
	if err != nil {
		t.Fatal(err)
	}
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := s.Next(gone); !errors.Is(err, context.Canceled) || errors.Is(err, ErrFrame) {
		t.Errorf("nobody waits: %v", err)
	}
	if f, err := s.Next(context.Background()); err != nil || f.Name != "1.jpg" {
		t.Errorf("%s, %v", f.Name, err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, err := s.Next(context.Background()); !errors.Is(err, ErrClosed) {
		t.Errorf("after it was closed: %v", err)
	}
}

// TestFullFolder: of a folder with too many names no more are read than it takes
// to know.
func TestFullFolder(t *testing.T) {
	dir := t.TempDir()
	for i := range maxNames + 1 {
		if err := os.Mkdir(filepath.Join(dir, fmt.Sprint(i)), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := OpenFile(dir); !errors.Is(err, errNames) {
		t.Errorf("%d names: %v", maxNames+1, err)
	}
	if err := os.Remove(filepath.Join(dir, "0")); err != nil {
		t.Fatal(err)
	}
	if s, err := OpenFile(dir); err != nil {
		t.Errorf("%d names: %v", maxNames, err)
	} else if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// TestLines: nothing is read ahead, and a line without end comes in pieces.
func TestLines(t *testing.T) {
	in := bufio.NewReader(strings.NewReader("one\n\n" + strings.Repeat("x", 2*maxLine) + "\ntwo\nrest\n"))
	s := Lines(in)
	for i, want := range []int{3, maxLine, maxLine, 3} {
		f, err := s.Next(context.Background())
		if err != nil || len(f.Text) != want || f.Number != i {
			t.Fatalf("line %d has %d characters, wanted %d: %v", f.Number, len(f.Text), want, err)
		}
	}
	if rest, _ := io.ReadAll(in); string(rest) != "rest\n" {
		t.Errorf("the rest is %q", rest)
	}
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := s.Next(gone); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// BenchmarkJPEG is what a picture of 1280 x 720 from a camera that compresses
// costs, before codes are looked for.
func BenchmarkJPEG(b *testing.B) {
	img := image.NewYCbCr(image.Rect(0, 0, 1280, 720), image.YCbCrSubsampleRatio422)
	for i := range img.Y { // modules of six pixels, dark and light without order
		x, y := i%1280/6, i/1280/6
		img.Y[i] = byte(40 + 170*((x*x*7+y*y*13+x*y*5)>>3&1))
	}
	file := asJPEG(b, img)
	b.SetBytes(int64(len(file)))
	for b.Loop() {
		if _, err := JPEG(file); err != nil {
			b.Fatal(err)
		}
	}
}

// FuzzFilm is any small file: its frames are within the limit, it ends, and it
// takes no more memory than its pictures need.
func FuzzFilm(f *testing.F) {
	one := asJPEG(f, plain(32, 16, 10))
	f.Add(join(one, one))
	f.Add(join([]byte("--b\r\nContent-Type: image/jpeg\r\n\r\n"), bare(f, 10)))
	f.Add(film(8, 8, " C422", 1, 2))
	f.Add([]byte("YUV4MPEG2 W65535 H65535\nFRAME\n"))
	f.Add([]byte("LINE\nLINE\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := FromReader(bytes.NewReader(b))
		if err != nil {
			return
		}
		for n := 0; ; n++ {
			frame, err := s.Next(context.Background())
			if err != nil && !errors.Is(err, ErrFrame) {
				return
			}
			if n > len(b) {
				t.Fatal("more frames than bytes")
			}
			if frame.Image != nil && frame.Image.Rect.Dx()*frame.Image.Rect.Dy() > scan.MaxPixels {
				t.Fatalf("a picture of %v", frame.Image.Rect)
			}
		}
	})
}
