package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/steps"
	"github.com/keyceremony/ceremony/transfer/qr"
)

type qrSendFlags struct {
	format, fileType, level, png string
	version, scale, count        int
	fps                          float64
	loop, window, scanner        bool
	windowFlags
}

func qrSendCommand() *cobra.Command {
	var f qrSendFlags
	c := &cobra.Command{
		Use:   "send FILE...",
		Short: "Show files as QR codes in the terminal, or draw them as PNG files",
		Long: "send shows files as QR codes, one at a time: Enter shows the next, a number that frame, q ends. --loop\n" +
			"shows them one after the other. The receiver needs about as many frames as it says, whichever they are.\n" +
			"ur and bbqr are for devices of others: they take one file, carry no name and no digest, and bbqr needs\n" +
			"every frame.",
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return qrSend(c, f, args) },
	}
	c.Flags().StringVar(&f.format, "format", formatOwn, "kq1, ur or bbqr")
	c.Flags().StringVar(&f.fileType, "file-type", "B", "type of a BBQr: B any bytes, U text, J JSON, C CBOR, P, T")
	c.Flags().IntVar(&f.version, "version", 0, "largest version of the codes, 1 to 40 (default: what fits the terminal, 25 for PNG files)")
	c.Flags().StringVar(&f.level, "level", "L", "error correction: L, M, Q or H; more frames help more than a higher level")
	c.Flags().BoolVar(&f.loop, "loop", false, "show one frame after the other until Ctrl-C")
	c.Flags().Float64Var(&f.fps, "fps", 2, "frames a second with --loop, up to 30; more than 3 flash")
	c.Flags().BoolVar(&f.scanner, "scanner", false, "codes for a scanner that types on any Latin keyboard: smaller, and more of them")
	c.Flags().BoolVar(&f.window, "window", false, "show them in the window: larger, faster, with speed and density to choose")
	f.register(c)
	c.Flags().StringVar(&f.png, "png", "", "write the codes as PNG files into this folder")
	c.Flags().IntVar(&f.scale, "scale", 4, "pixels of a module in PNG files")
	c.Flags().IntVar(&f.count, "count", 0, "how many PNG files (default: what is needed and a quarter more)")
	return c
}

// safeFPS is how often a page may flash (WCAG 2.3.1).
const safeFPS = 3

func (f qrSendFlags) check() (level qr.Level, err error) {
	if err = checkFormat(f.format); err != nil {
		return 0, err
	}
	if level, err = qr.ParseLevel(f.level); err != nil {
		return 0, misuse("--level: %w", err)
	}
	switch {
	case f.version < 0 || f.version > qr.MaxVersion:
		return 0, misuse("--version %d, wanted 1 to %d", f.version, qr.MaxVersion)
	case f.fps <= 0 || f.fps > 30:
		return 0, misuse("--fps %g, wanted more than 0 and at most 30", f.fps)
	case f.scale < 1 || f.scale > 32:
		return 0, misuse("--scale %d, wanted 1 to 32", f.scale)
	case f.count < 0 || f.count > 10_000:
		return 0, misuse("--count %d, wanted up to 10000", f.count)
	case f.scanner && (f.format != formatOwn || f.loop || f.window):
		return 0, misuse("--scanner is for kq1, and its codes stand still: without --loop and --window")
	case len(f.fileType) != 1:
		return 0, misuse("--file-type %s, wanted one letter", f.fileType)
	}
	return level, nil
}

func qrSend(c *cobra.Command, f qrSendFlags, names []string) error {
	level, err := f.check()
	if err != nil {
		return err
	}
	if f.window {
		if err := windowUses(c); err != nil {
			return err
		}
	}
	files, err := filesToSend(names)
	if err != nil {
		return err
	}
	if f.window {
		return openWindow(c.Context(), opening{send: names, windowFlags: f.windowFlags})
	}
	show := screenful{out: c.OutOrStdout(), level: level}
	if f.png == "" {
		show.columns, show.rows = terminalSize(c.OutOrStdout())
	}
	most := f.version
	if most == 0 {
		most = show.version()
	}
	if show.frames, show.about, show.versionUsed, err = cut(f, files, most, level); err != nil {
		return explainSize(err, f)
	}
	if f.png != "" {
		return show.png(f)
	}
	return show.run(c.Context(), f, c.InOrStdin())
}

// filesToSend reads files that people named, by their names without folders.
func filesToSend(paths []string) (map[string][]byte, error) {
	files := map[string][]byte{}
	for _, path := range paths {
		name := filepath.Base(path)
		if _, twice := files[name]; twice {
			return nil, misuse("two files are called %s", name)
		}
		b, err := readSmall(path)
		if err != nil {
			return nil, err
		}
		files[name] = b
	}
	return files, nil
}

// explainSize adds what to do where codes are too small.
func explainSize(err error, f qrSendFlags) error {
	if errors.Is(err, qr.ErrTooLarge) && f.png == "" && f.version == 0 {
		return misuse("%w; make the terminal larger, or use --png", err)
	}
	return misuse("%w", err)
}

// cut makes frames of files in the format that was asked for.
func cut(f qrSendFlags, files map[string][]byte, most int, level qr.Level) (out frames, about string, version int, err error) {
	m, err := qr.NewMessage(files)
	if err != nil {
		return nil, "", 0, err
	}
	if err := m.RefuseSecrets(); err != nil {
		return nil, "", 0, err
	}
	if f.format == formatOwn {
		fit := qr.Fit
		if f.scanner {
			fit = qr.FitScanner
		}
		s, version, err := fit(m, most, level)
		if err != nil {
			return nil, "", 0, err
		}
		return s, aboutMessage(s.Digest()), version, nil
	}
	if len(files) != 1 {
		return nil, "", 0, fmt.Errorf("%s carries one file", f.format)
	}
	for name, b := range files {
		out, err = foreignFrames(f, b, qr.Capacity(most, level))
		about = fmt.Sprintf("file    %s\nsha256  %s", name, digest.Of(b))
	}
	return out, about, most, err
}

func foreignFrames(f qrSendFlags, b []byte, characters int) (frames, error) {
	if f.format == formatUR {
		return qr.NewUR(b, characters)
	}
	return qr.NewBBQr(b, f.fileType[0], characters)
}

// A screenful shows frames, in a terminal or as files.
type screenful struct {
	out           io.Writer
	columns, rows int // of a terminal; 0 if it is none
	level         qr.Level
	frames        frames
	versionUsed   int
	about         string
}

// textRows is the room for the words above a code, and for the prompt.
const textRows = 4

// version is the largest that can be seen at once.
func (s *screenful) version() int {
	const usual = 25
	if s.columns == 0 {
		return usual
	}
	side := min(s.columns, 2*(s.rows-textRows)) - 2*qr.QuietZone
	return max(1, min(usual, (side-17)/4))
}

// terminalSize is 0 by 0 where there is no terminal.
func terminalSize(out io.Writer) (columns, rows int) {
	if file, ok := out.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		columns, rows, _ = term.GetSize(int(file.Fd()))
	}
	return columns, rows
}

func (s *screenful) run(ctx context.Context, f qrSendFlags, in io.Reader) error {
	if f.loop && s.frames.Blocks() > 1 {
		return s.loop(ctx, f.fps)
	}
	return s.step(in)
}

// step shows a frame, and waits.
func (s *screenful) step(in io.Reader) error {
	lines := bufio.NewScanner(in)
	for i := 0; ; {
		page, err := s.page(i, "Enter: next   NUMBER: that frame   q: end ")
		if err != nil {
			return err
		}
		if _, err := io.WriteString(s.out, page); err != nil {
			return err
		}
		if !lines.Scan() {
			return lines.Err()
		}
		switch typed := strings.TrimSpace(lines.Text()); {
		case typed == "q":
			return nil
		case typed == "":
			i++
		default:
			if n, err := strconv.Atoi(typed); err == nil && n > 0 {
				i = n - 1
			}
		}
	}
}

// loop shows one frame after the other, each drawn while the one before is
// shown.
func (s *screenful) loop(ctx context.Context, fps float64) error {
	if fps > safeFPS {
		fmt.Fprintf(os.Stderr, "More than %d frames a second flash: they can harm people with photosensitive epilepsy.\n", safeFPS)
	}
	tick := time.NewTicker(time.Duration(float64(time.Second) / fps))
	defer tick.Stop()
	for i := 0; ; i++ {
		page, err := s.page(i, "Ctrl-C ends ")
		if err != nil {
			return err
		}
		if i > 0 {
			select {
			case <-ctx.Done():
				return nil
			case <-tick.C:
			}
		}
		if _, err := io.WriteString(s.out, page); err != nil {
			return err
		}
	}
}

// page is one frame with what is said about it: white blocks on black, whatever
// the colours of the terminal. It is written over the page before, which is not
// cleared, or the whole screen would flash.
func (s *screenful) page(i int, prompt string) (string, error) {
	code, err := qr.Bitmap(s.frames.Frame(i), s.versionUsed, s.level)
	if err != nil {
		return "", err
	}
	top, on, off, end := "", "", "\n", "\n"
	if s.columns > 0 {
		top, on, off, end = "\x1b[H", "\x1b[38;5;231;48;5;16m", "\x1b[0m\x1b[K\n", "\x1b[J"
	}
	var page strings.Builder
	page.WriteString(top)
	for line := range strings.SplitSeq(s.about+"\n"+place(i, s.frames.Blocks())+fmt.Sprintf(", version %d", s.versionUsed), "\n") {
		page.WriteString(line + strings.TrimPrefix(off, "\x1b[0m"))
	}
	for _, line := range code.Lines() {
		page.WriteString(on + line + off)
	}
	return page.String() + prompt + end, nil
}

// png writes the codes as files. Nothing is overwritten.
func (s *screenful) png(f qrSendFlags) error {
	count := f.count
	if count == 0 {
		if count = s.frames.Blocks(); count > 1 && f.format != formatBBQr {
			count += (count + 3) / 4
		}
	}
	dir, err := openOrCreate(f.png)
	if err != nil {
		return err
	}
	defer dir.Close()
	for i := range count {
		code, err := qr.Bitmap(s.frames.Frame(i), s.versionUsed, s.level)
		if err != nil {
			return err
		}
		var file bytes.Buffer
		if err := png.Encode(&file, code.Image(f.scale)); err != nil {
			return err
		}
		if err := dir.WriteNew(fmt.Sprintf("frame-%04d.png", i+1), file.Bytes()); err != nil {
			return err
		}
	}
	fmt.Fprintf(s.out, "%s\nCodes written to %s: %d, of version %d; needed: %d.\n", s.about, steps.OneLine(f.png), count, s.versionUsed, s.frames.Blocks())
	return nil
}
