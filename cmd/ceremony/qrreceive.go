package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/durable"
	"github.com/keyceremony/ceremony/transfer/qr"
	"github.com/keyceremony/ceremony/transfer/qr/scan"
)

type qrReceiveFlags struct {
	out, from, format, name, state, digest string
}

func qrReceiveCommand() *cobra.Command {
	var f qrReceiveFlags
	c := &cobra.Command{
		Use:   "receive --out DIR",
		Short: "Receive files from QR codes: pictures, or lines of text",
		Long: "receive takes the codes that send shows, in any order: lines that a scanner types or that are pasted, a\n" +
			"file of such lines, a picture (PNG, JPEG), or a folder of these. When all is there it asks for two of the\n" +
			"eight words on the sender's screen, and only then writes the files. Nothing is overwritten.\n\n" +
			"ur and bbqr, from devices of others, carry no name and no digest: compare the SHA-256 by other means.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return qrReceive(c, f) },
	}
	c.Flags().StringVar(&f.out, "out", "", "folder for the files; it is made if it is not there")
	c.Flags().StringVar(&f.from, "from", "-", "a picture, a file of lines, a folder of these, or - for standard input")
	c.Flags().StringVar(&f.format, "format", formatOwn, "kq1, ur or bbqr")
	c.Flags().StringVar(&f.name, "name", "", "name of the file, for ur and bbqr")
	c.Flags().StringVar(&f.state, "state", "", "keep what was received in this file, and go on with it")
	c.Flags().StringVar(&f.digest, "digest", "", "SHA-256 that the sender shows, instead of typing two words")
	return c
}

func (f qrReceiveFlags) check() (want digest.SHA256, err error) {
	if err = checkFormat(f.format); err != nil {
		return want, err
	}
	if f.digest != "" {
		if want, err = digest.Parse(f.digest); err != nil {
			return want, misuse("--digest: %w", err)
		}
	}
	own := f.format == formatOwn
	switch {
	case f.out == "":
		return want, misuse("--out DIR says where the files are written")
	case own && f.name != "":
		return want, misuse("--name is for ur and bbqr: a message has the names of its files")
	case !own && f.state != "":
		return want, misuse("--state is for kq1")
	case !own && qr.CheckName(f.name) != nil:
		return want, misuse("--name %w", qr.CheckName(f.name))
	}
	return want, nil
}

func qrReceive(c *cobra.Command, f qrReceiveFlags) error {
	want, err := f.check()
	if err != nil {
		return err
	}
	r := &receiving{collector: newCollector(f.format), in: bufio.NewReader(c.InOrStdin()), words: c.ErrOrStderr()}
	defer r.close()
	if err := r.resume(f.state); err != nil {
		return err
	}
	if err := r.collect(c.Context(), f.from); err != nil {
		return err
	}
	m, err := r.message(f, want)
	if err != nil {
		return err
	}
	if err := r.keep(m, f.out); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(m.Files())) {
		fmt.Fprintf(c.OutOrStdout(), "%s\n", name)
	}
	return nil
}

// receiving is one run of the command.
type receiving struct {
	collector collector
	in        *bufio.Reader
	words     io.Writer
	folder    *durable.Dir      // of kept
	kept      *durable.Appender // what was received; nil if nobody asked for it
	done      bool
}

// collect feeds the texts of a source until nothing more is needed.
func (r *receiving) collect(ctx context.Context, from string) error {
	if !r.done {
		if err := r.source(ctx, from); err != nil {
			return err
		}
	}
	if r.done {
		return nil
	}
	p := r.collector.Progress()
	if p.Need == 0 {
		return r.ends(exitNot, fmt.Errorf("no frame was seen; %d codes were something else, %d were damaged", p.Foreign, p.Damaged))
	}
	return r.ends(exitStopped, fmt.Errorf("%d of %d frames are there: %w", p.Have, p.Need, qr.ErrIncomplete))
}

func (r *receiving) source(ctx context.Context, from string) error {
	if from == "-" {
		fmt.Fprintln(r.words, "Waiting for lines, one code each.")
		return r.lines(ctx, r.in)
	}
	st, err := os.Stat(from)
	if err != nil {
		return misuse("--from: %w", err)
	}
	if !st.IsDir() {
		return r.file(ctx, from)
	}
	entries, err := os.ReadDir(from)
	for _, e := range entries {
		if r.done || err != nil || ctx.Err() != nil {
			break
		}
		if e.Type().IsRegular() {
			err = r.file(ctx, filepath.Join(from, e.Name()))
		}
	}
	return errors.Join(err, ctx.Err())
}

func (r *receiving) file(ctx context.Context, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	switch strings.ToLower(filepath.Ext(path)) {
	case ".png", ".jpg", ".jpeg":
		texts, err := pictureTexts(ctx, f)
		if err != nil {
			fmt.Fprintf(r.words, "%s: %v\n", filepath.Base(path), err)
		}
		for _, text := range texts {
			if err := r.add(text); err != nil || r.done {
				return err
			}
		}
		return nil
	}
	return r.lines(ctx, bufio.NewReader(f))
}

// pictureTexts reads the codes in a picture.
func pictureTexts(ctx context.Context, file io.Reader) (texts []string, err error) {
	img, err := scan.Image(file, scan.Options{})
	if err != nil {
		return nil, err
	}
	codes, err := scan.Decode(ctx, img, scan.Options{})
	for _, code := range codes {
		texts = append(texts, string(code.Text))
	}
	return texts, err
}

// lines takes each line as the text of a code. A line longer than any code is
// passed over in pieces.
func (r *receiving) lines(ctx context.Context, in *bufio.Reader) error {
	for ctx.Err() == nil {
		line, err := readLine(in)
		if strings.TrimSpace(line) != "" {
			if err := r.add(line); err != nil || r.done {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}

// readLine reads up to a line's end, or as much as no code can have.
func readLine(in *bufio.Reader) (string, error) {
	var line []byte
	for len(line) <= qr.MaxText+16 {
		b, err := in.ReadByte()
		if err != nil || b == '\n' {
			return string(line), err
		}
		line = append(line, b)
	}
	return string(line), nil
}

// add takes one text and says what it was for.
func (r *receiving) add(text string) error {
	e, err := r.collector.Add(text)
	p := r.collector.Progress()
	switch e {
	case qr.New, qr.Done:
		fmt.Fprintf(r.words, "%d of %d\n", p.Have, p.Need)
		if err := r.note(text); err != nil {
			return err
		}
	case qr.Spoiled:
		return r.ends(exitNot, err)
	case qr.Foreign, qr.Damaged:
		fmt.Fprintf(r.words, "not taken: %v\n", err)
	}
	r.done = r.done || e == qr.Done
	return nil
}

// resume goes on with what an earlier run received.
func (r *receiving) resume(path string) error {
	own, ok := r.collector.(*qr.Receiver)
	if path == "" || !ok {
		return nil
	}
	var err error
	if r.folder, err = durable.Open(filepath.Dir(path)); err != nil {
		return err
	}
	name := filepath.Base(path)
	text, err := r.folder.Read(name, qr.MaxState)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	// A line without its end was being written when the program stopped.
	whole := text[:bytes.LastIndexByte(text, '\n')+1]
	if err := own.UnmarshalText(whole); err != nil {
		return misuse("%s: %w; remove it to begin anew", path, err)
	}
	if len(whole) < len(text) {
		if err := r.folder.Truncate(name, int64(len(whole))); err != nil {
			return err
		}
	}
	_, err = own.Message()
	if r.done = err == nil; errors.Is(err, qr.ErrSpoiled) {
		return r.ends(exitNot, fmt.Errorf("%s: %w; remove it", path, err))
	}
	r.kept, err = r.folder.Append(name)
	return err
}

// note keeps a text that told something.
func (r *receiving) note(text string) error {
	if r.kept == nil {
		return nil
	}
	return r.kept.Append([]byte(qr.Canonical(text) + "\n"))
}

// ends says why nothing was written.
func (r *receiving) ends(code int, err error) error {
	fmt.Fprintln(r.words, "ceremony:", visible(err.Error()))
	return &exit{code: code}
}

func (r *receiving) close() {
	if r.kept != nil {
		_ = r.kept.Close() // every line is synced already
	}
	if r.folder != nil {
		_ = r.folder.Close()
	}
}

// message is what was received, once somebody has compared it.
func (r *receiving) message(f qrReceiveFlags, want digest.SHA256) (qr.Message, error) {
	own, ok := r.collector.(*qr.Receiver)
	if !ok {
		return r.foreign(f, want)
	}
	m, err := own.Message()
	if err != nil {
		return m, err
	}
	if want.IsZero() {
		return m, r.ask(m.Digest())
	}
	return m, r.same(m.Digest(), want)
}

// errCompared says that the two sides do not have the same message.
var errCompared = errors.New("this is not what the sender shows; nothing was written")

func (r *receiving) same(found, want digest.SHA256) error {
	if found != want {
		return r.ends(exitNot, fmt.Errorf("the SHA-256 is %s, wanted %s: %w", found, want, errCompared))
	}
	return nil
}

// ask wants two words from the sender's screen. They are not shown here
// before, or they would be typed from here.
func (r *receiving) ask(message digest.SHA256) error {
	c, err := qr.NewChallenge(rand.Reader)
	if err != nil {
		return err
	}
	fmt.Fprintln(r.words, "All frames are there. The sender's screen shows eight words.")
	first, err := r.word(c.First)
	if err != nil {
		return err
	}
	second, err := r.word(c.Second)
	if err != nil {
		return err
	}
	if !c.Holds(message, first, second) {
		return r.ends(exitNot, fmt.Errorf("words %d and %d differ: %w", c.First, c.Second, errCompared))
	}
	fmt.Fprintf(r.words, "message %s\nwords   %s\n", message, strings.Join(qr.Words(message), " "))
	return nil
}

// word reads what somebody typed. A scanner may still be typing frames.
func (r *receiving) word(n int) (string, error) {
	fmt.Fprintf(r.words, "Word %d: ", n)
	for {
		line, err := readLine(r.in)
		if err != nil && line == "" {
			return "", fmt.Errorf("%w; nothing was written", errEnded)
		}
		if !strings.HasPrefix(qr.Canonical(line), qr.Prefix) {
			return line, nil
		}
	}
}

// foreign names the one file of a UR or BBQr.
func (r *receiving) foreign(f qrReceiveFlags, want digest.SHA256) (m qr.Message, err error) {
	var payload []byte
	switch c := r.collector.(type) {
	case *qr.URReceiver:
		payload, err = c.Payload()
	case *qr.BBQrReceiver:
		payload, err = c.Payload()
	}
	if err != nil {
		return m, err
	}
	if !want.IsZero() {
		if err := r.same(digest.Of(payload), want); err != nil {
			return m, err
		}
	} else {
		fmt.Fprintf(r.words, "NOT COMPARED: %s has no digest. The SHA-256 of the file, to compare by other means:\n%s\n", f.format, digest.Of(payload))
	}
	return qr.NewMessage(map[string][]byte{f.name: payload})
}

// keep writes the files.
func (r *receiving) keep(m qr.Message, out string) error {
	dir, err := openOrCreate(out)
	if err != nil {
		return err
	}
	defer dir.Close()
	return m.Write(dir)
}
