package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"

	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/transfer/camera"
	"github.com/keyceremony/ceremony/transfer/qr"
	"github.com/keyceremony/ceremony/transfer/receive"
)

// message is what was received, once somebody has compared it.
func (r *receiving) message(f qrReceiveFlags, want digest.SHA256) (qr.Message, error) {
	if r.Format() != receive.KQ1 {
		return r.foreign(f, want)
	}
	m, err := r.Message()
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

// errWords says the same of words. What was received is forgotten: another two
// words of the same message would be a second try for whoever made it.
var errWords = errors.New("one is mistyped, or the codes came from another screen; nothing was written, and what was received is forgotten. Look for a second screen, and take the codes of the sender's own screen again")

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
		return r.ends(exitNot, errors.Join(fmt.Errorf("words %d and %d are not those of what was received: %w", c.First, c.Second, errWords), r.Anew()))
	}
	fmt.Fprintf(r.words, "message %s\nwords   %s\n", message, strings.Join(qr.Words(message), " "))
	return nil
}

// word reads what somebody typed, until it can stand there: what cannot is no
// try. A scanner may still be typing frames.
func (r *receiving) word(n int) (string, error) {
	lines := camera.Lines(r.in)
	for {
		fmt.Fprintf(r.words, "Word %d: ", n)
		line, err := lines.Next(context.Background())
		if err != nil {
			return "", fmt.Errorf("%w; nothing was written", errEnded)
		}
		if qr.IsWord(n, line.Text) {
			return line.Text, nil
		}
		if !strings.HasPrefix(qr.Canonical(line.Text), qr.Prefix) {
			fmt.Fprintf(r.words, "It is none of the words that can stand at place %d: read it again.\n", n)
		}
	}
}

// foreign names the one file of a UR or BBQr.
func (r *receiving) foreign(f qrReceiveFlags, want digest.SHA256) (m qr.Message, err error) {
	payload, err := r.Payload()
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
