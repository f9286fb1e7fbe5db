//go:build linux

package main

import (
	"bytes"
	"image"
	"image/jpeg"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/ui"
)

// TestWindowByCodes holds a whole rehearsal on two machines that have no folder
// in common: each is a process of its own, with a window. The one shows codes,
// and a camera before its screen, which stands askew, is out of focus and
// noisy, gives the other its pictures through a pipe; and the other way round.
// Beside this people carry nothing but paper.
func TestWindowByCodes(t *testing.T) {
	ctx, cancel := inTime(t)
	defer cancel()
	exe, d := windowProgram(t), newDesktop(t, ctx)
	films := [2]string{pipe(t), pipe(t)}
	on := newLeader(t, d, exe, "--transfer", "qr", "--machine", "online", "--camera-film", films[0])
	off := leadIn(t, d.another(t), exe, on.copied(), "--machine", "offline", "--camera-film", films[1])
	on.stand(0)
	off.stand(1120)

	on.turnTo("main")
	on.lead("kek.export")
	on.showCodes()
	on.carry(off)
	off.turnTo("main")
	off.lead("kek.receive")
	off.takeCodes(films[1], on)
	off.do()
	on.turnTo("main")
	on.otherHasIt()
	on.goOn()

	off.turnTo("main")
	off.lead("blob.export")
	off.showCodes()
	off.otherHasIt()
	off.showAgain()
	off.carry(on)
	on.turnTo("main")
	on.lead("blob.receive")
	on.takeCodes(films[0], off)
	on.do()
	if t := on.lead(""); t.Phase != audit.OutcomeComplete {
		on.fail("the verdict is %q, wanted %q", t.Phase, audit.OutcomeComplete)
	}
	crossedAlone(t, on.scene, off.scene)
}

// pipe is what plays a camera.
func pipe(t testing.TB) string {
	t.Helper()
	film := filepath.Join(t.TempDir(), "film")
	if err := syscall.Mkfifo(film, 0o600); err != nil {
		t.Fatal(err)
	}
	return film
}

// crossedAlone wants the record to hold, and nothing of either machine to have
// come to the other by another way than as codes.
func crossedAlone(t *testing.T, on, off *scene) {
	t.Helper()
	for _, pattern := range []string{on.path("usb", "*", "*"), on.path("offline"), off.path("usb"), off.path("online"), off.path("vault")} {
		if found, err := filepath.Glob(pattern); err != nil || len(found) > 0 {
			t.Errorf("there are %v (%v)", found, err)
		}
	}
	if out, err := on.command(on.anchored(t)...).CombinedOutput(); err != nil || !bytes.Contains(out, []byte("(rehearsal): complete.")) {
		t.Errorf("verify: %v\n%s", err, out)
	}
	pythonAgrees(t, on)
}

// copied is what is copied to the other machine before the day: the plan, the
// HSM, people's keys and their papers; nothing that the day makes.
func (l *leader) copied() string {
	l.t.Helper()
	args, dir := []string{"-a"}, l.t.TempDir()
	all, err := filepath.Glob(l.scene.path("*"))
	if err != nil {
		l.t.Fatal(err)
	}
	for _, path := range all {
		if !slices.Contains([]string{"online", "vault", "usb"}, filepath.Base(path)) {
			args = append(args, path)
		}
	}
	if out, err := exec.Command("cp", append(args, dir)...).CombinedOutput(); err != nil {
		l.t.Fatalf("%v\n%s", err, out)
	}
	return dir
}

// carry brings the papers that people have written here to another table.
func (l *leader) carry(to *leader) {
	l.t.Helper()
	papers, err := os.ReadDir(l.scene.path("table"))
	if err != nil {
		l.t.Fatal(err)
	}
	for _, p := range papers {
		b, err := os.ReadFile(l.scene.path("table", p.Name()))
		if _, there := os.Stat(to.scene.path("table", p.Name())); err == nil && there != nil {
			err = to.scene.put("table/"+p.Name(), b)
		}
		if err != nil {
			l.t.Fatal(err)
		}
	}
}

// stand puts the window of a machine where no other covers it, and its table
// aside.
func (l *leader) stand(left int) {
	l.t.Helper()
	for window, place := range map[string][4]int{"table": {2240, 20, 540, 900}, "main": {left, 20, 1100, 900}} {
		l.turnTo(window)
		l.d.xdo("", "windowsize", "--sync", l.ids[window], strconv.Itoa(place[2]), strconv.Itoa(place[3]))
		l.d.xdo("", "windowmove", "--sync", l.ids[window], strconv.Itoa(place[0]), strconv.Itoa(place[1]))
	}
}

// showCodes opens the page with the codes, and lets them run.
func (l *leader) showCodes() {
	l.t.Helper()
	l.focus("codes")
	l.after("the codes", func() { l.key("Return") }, func(t ui.Trace) bool { return t.Page == "send" && t.Focus == "code" })
	if l.now[l.at].Running {
		l.fail("the codes run before anybody let them")
	}
	l.after("the codes to run", func() { l.key("space") }, func(t ui.Trace) bool { return t.Running })
}

// otherHasIt ends the page with the codes, and does the step.
func (l *leader) otherHasIt() {
	l.t.Helper()
	l.until(l.at, "all codes to be shown", func(t ui.Trace) bool { return t.Ready })
	l.after("the step", func() { l.key("Return") }, func(t ui.Trace) bool { return t.Page == "ceremony" && t.Ready })
	l.do()
}

// sitting ends it, and wants to be at its end.
func (l *leader) sitting() {
	l.t.Helper()
	if t := l.lead("over"); t.Phase != "over" {
		l.fail("the sitting is not over")
	}
}

// goOn goes from the end of the first sitting to the import, which waits for
// the other machine.
func (l *leader) goOn() {
	l.t.Helper()
	l.sitting()
	l.pass("the import", func(t ui.Trace) bool { return t.Stage == "import" && t.Busy == "" && t.Step != "" })
}

// showAgain shows the codes once more, from the page on which a sitting ends.
func (l *leader) showAgain() {
	l.t.Helper()
	l.sitting()
	l.focus("Show the codes again…")
	l.after("the codes", func() { l.key("Return") }, func(t ui.Trace) bool { return t.Page == "send" && t.Focus == "code" })
	l.after("the codes to run", func() { l.key("space") }, func(t ui.Trace) bool { return t.Running })
}

// takeCodes chooses the camera, and has it see what another machine shows until
// all parts are there.
func (l *leader) takeCodes(film string, from *leader) {
	l.t.Helper()
	l.focus("codes")
	l.key("Home", "space")
	pipe, err := os.OpenFile(film, os.O_WRONLY, 0) // waits for the program to open the camera
	if err != nil {
		l.t.Fatal(err)
	}
	defer pipe.Close()
	at, shot := l.at, false
	for n := 1; ; n++ {
		if _, err := pipe.Write(from.picture("main", uint64(n))); err != nil {
			l.fail("the camera is not looked through any more: %v", err)
		}
		t := l.until(at, "the picture to be looked at", func(t ui.Trace) bool { return t.Frames >= n || allThere(t) })
		if allThere(t) {
			return
		}
		if !shot && t.Have*2 > t.Parts {
			l.d.shot(filepath.Join(l.t.ArtifactDir(), t.Step+".png"))
			shot = true
		}
		if n > 400 {
			l.fail("%d of %d parts after %d pictures", t.Have, t.Parts, n)
		}
	}
}

// allThere tells whether the words are asked, for all parts came.
func allThere(t ui.Trace) bool {
	for _, f := range t.Asked {
		if strings.HasPrefix(f.Name, "screen.") {
			return true
		}
	}
	return false
}

// picture is what a camera sees of the codes in a window.
func (l *leader) picture(window string, seed uint64) []byte {
	l.t.Helper()
	c := l.d.command("import", "-window", l.ids[window], "-depth", "8", "pgm:-")
	var out, words bytes.Buffer
	c.Stdout, c.Stderr = &out, &words
	if err := c.Run(); err != nil {
		l.fail("no picture of the window: %v\n%s", err, &words)
	}
	seen := askew(l.pgm(out.Bytes()), l.now[window].Boxes["code"], seed)
	var file bytes.Buffer
	if err := jpeg.Encode(&file, seen, &jpeg.Options{Quality: 70}); err != nil {
		l.t.Fatal(err)
	}
	return file.Bytes()
}

// pgm reads a picture as ImageMagick writes it.
func (l *leader) pgm(b []byte) *image.Gray {
	l.t.Helper()
	var head [4]string
	for i := range head {
		b = bytes.TrimLeft(b, " \n")
		n := bytes.IndexAny(b, " \n")
		if n < 0 {
			l.fail("no picture of the window")
		}
		head[i], b = string(b[:n]), b[n:]
	}
	b = b[1:]
	w, _ := strconv.Atoi(head[1])
	h, _ := strconv.Atoi(head[2])
	if head[0] != "P5" || len(b) < w*h || w*h == 0 {
		l.fail("a picture of the form %q with %d bytes", head, len(b))
	}
	return &image.Gray{Pix: b[:w*h], Stride: w, Rect: image.Rect(0, 0, w, h)}
}

// askew is a camera that stands at the side, turned a little, out of focus and
// with noise: each of its pixels is the mean of what lies around where it looks.
func askew(screen *image.Gray, box ui.Box, seed uint64) *image.Gray {
	const width, height = 1280, 720
	random := rand.New(rand.NewPCG(seed, 7))
	out := image.NewGray(image.Rect(0, 0, width, height))
	turn := 0.06 + 0.02*random.Float64()
	sin, cos := math.Sincos(turn)
	side := float64(max(box[2], box[3]))
	scale := side / (height * 0.95)
	for y := range height {
		for x := range width {
			u, v := float64(x-width/2), float64(y-height/2)
			far := 1 + 0.00018*u + 0.0001*v
			px := float64(box[0]) + float64(box[2])/2 + scale*far*(cos*u-sin*v)
			py := float64(box[1]) + float64(box[3])/2 + scale*far*(sin*u+cos*v)
			light := 40 + 0.75*blurred(screen, px, py) - 0.02*float64(x) + random.NormFloat64()*4
			out.Pix[y*out.Stride+x] = uint8(max(0, min(255, light)))
		}
	}
	return out
}

// blurred is the light around a place.
func blurred(screen *image.Gray, x, y float64) float64 {
	sum, n := 0.0, 0.0
	for dy := -0.7; dy <= 0.7; dy += 0.7 {
		for dx := -0.7; dx <= 0.7; dx += 0.7 {
			at := image.Pt(int(math.Round(x+dx)), int(math.Round(y+dy)))
			if at.In(screen.Rect) {
				sum += float64(screen.GrayAt(at.X, at.Y).Y)
			}
			n++
		}
	}
	return sum / n
}
