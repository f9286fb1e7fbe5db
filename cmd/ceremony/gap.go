package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/steps"
	"github.com/keyceremony/ceremony/transfer/qr"
	"github.com/keyceremony/ceremony/transfer/receive"
)

// This file takes a bundle across the gap as codes where a ceremony is led in
// the terminal: for people and, in a rehearsal, from a file of answers.

// send shows what a step hands over, and answers with what was shown.
func (p *people) send(ctx context.Context, c *steps.Ceremony) (string, error) {
	show, m, err := toShow(c, os.Stdout)
	if err != nil {
		return "", err
	}
	if err := p.turnCodes(show); err != nil {
		return "", err
	}
	return m.Digest().String(), ctx.Err()
}

func (p *people) turnCodes(show *screenful) error {
	fmt.Fprintf(p.words, "  %s\n  Enter shows the next code; q when the other machine has them all.\n", strings.ReplaceAll(show.about, "\n", "\n  "))
	return show.step(p.in)
}

// toShow cuts a step's message into codes that fit the terminal.
func toShow(c *steps.Ceremony, out io.Writer) (*screenful, qr.Message, error) {
	m, err := c.Sending()
	if err != nil {
		return nil, m, err
	}
	show, err := onScreen(m, out)
	return show, m, err
}

func onScreen(m qr.Message, out io.Writer) (*screenful, error) {
	show := &screenful{out: out, level: qr.L}
	show.columns, show.rows = terminalSize(out)
	s, version, err := qr.Fit(m, show.version(), qr.L)
	show.frames, show.versionUsed, show.about = s, version, aboutMessage(m.Digest())
	return show, err
}

func aboutMessage(d digest.SHA256) string {
	return fmt.Sprintf("message %s\nwords   %s", d, strings.Join(qr.Words(d), " "))
}

// receive takes the codes of a step, from what people name, until all are
// there.
func (p *people) receive(ctx context.Context, c *steps.Ceremony) (string, error) {
	for {
		g, err := c.Receiving()
		if err != nil {
			return "", err
		}
		if g.Done() {
			return g.Digest().String(), nil
		}
		from, err := p.line("  Codes from (a picture, a film, a folder of these, a file of lines; camera; Enter: lines that a scanner types here; anew: forget what was received): ")
		if err != nil {
			return "", err
		}
		if from == "anew" {
			err = g.Anew()
		} else {
			err = take(ctx, g.Receiving, from, p.in, p.words)
		}
		if err != nil {
			fmt.Fprintf(p.words, "    not so: %s\n", visibleLines(err.Error()))
		}
	}
}

// take feeds the codes of a source, and says what came of each.
func take(ctx context.Context, g *receive.Receiving, from string, in *bufio.Reader, words io.Writer) error {
	r := &receiving{Receiving: g, in: in, words: words, cameras: machineCameras()}
	source, err := r.source(sourceOf(from))
	if err != nil {
		return err
	}
	err = r.From(ctx, source, r.see)
	if errors.Is(err, io.EOF) {
		p := g.Progress()
		err = fmt.Errorf("%d of %d parts are there, and are kept: %w", p.Have, p.Need, qr.ErrIncomplete)
	}
	if errors.Is(err, qr.ErrSpoiled) {
		err = errors.Join(err, g.Anew())
	}
	return errors.Join(err, source.Close())
}

// sourceOf finds what people named.
func sourceOf(from string) qrReceiveFlags {
	switch from {
	case "":
		return qrReceiveFlags{from: "-"}
	case "camera":
		return qrReceiveFlags{camera: lastCamera}
	}
	return qrReceiveFlags{from: from}
}

// send draws what a step hands over as pictures, which lie on the table for
// the other machine's camera.
func (s *script) send(c *steps.Ceremony, step, dir string) (string, error) {
	show, m, err := toShow(c, io.Discard)
	if err != nil {
		return "", err
	}
	s.sheet(step+".words", strings.Join(qr.Words(m.Digest()), " "))
	return m.Digest().String(), show.png(qrSendFlags{png: dir, scale: 3, format: formatOwn})
}

// receive takes the codes of a step from pictures.
func (s *script) receive(ctx context.Context, c *steps.Ceremony, from string) (string, error) {
	g, err := c.Receiving()
	if err != nil {
		return "", err
	}
	if err := take(ctx, g.Receiving, from, s.people.in, s.people.words); err != nil {
		return "", err
	}
	if !g.Done() {
		return "", fmt.Errorf("%s: %w", from, steps.ErrNotReceived)
	}
	return g.Digest().String(), nil
}
