package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/steps"
	"github.com/keyceremony/ceremony/transfer/qr"
	"github.com/keyceremony/ceremony/transfer/receive"
)

// This file has people at the terminal sign on a machine of their own: text and
// signature go as files or as codes.

// signElsewhere hands the text over, and takes the signature that was made over
// it with ssh-keygen.
func (p *people) signElsewhere(ctx context.Context, s steps.Signing) ([]byte, error) {
	to, err := p.line("    Write the text to (a new file; codes: it is shown here for ceremony qr receive there; Enter: it is there): ")
	if err != nil {
		return nil, err
	}
	file := s.File
	switch to {
	case "":
	case "codes":
		err = p.showAsCodes(s)
	default:
		file, err = to, writeNew(to, s.Text)
	}
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(p.words, "    Sign it there: %s\n", s.Command(file))
	return p.bringBack(ctx, s)
}

// bringBack takes the signature. Codes that are missing are asked for again;
// whatever else is wrong leads back to the ways to sign.
func (p *people) bringBack(ctx context.Context, s steps.Signing) ([]byte, error) {
	got, err := receive.New(receive.KQ1, receive.Keep{})
	if err != nil {
		return nil, err
	}
	for {
		from, err := p.line("    The signature's file, or where its codes come from, which ceremony qr send shows there (camera; a picture, a film, a folder of these, a file of lines; Enter: lines that a scanner types here): ")
		if err != nil {
			return nil, err
		}
		sig, err := p.broughtBack(ctx, s, got, from)
		if !errors.Is(err, qr.ErrIncomplete) {
			return sig, err
		}
		fmt.Fprintf(p.words, "    not so: %s\n", visibleLines(err.Error()))
	}
}

// broughtBack takes a signature as its file, or from codes of whatever source.
func (p *people) broughtBack(ctx context.Context, s steps.Signing, got *receive.Receiving, from string) ([]byte, error) {
	if b, err := readSmall(from); err == nil && (audit.IsSig(b) || filepath.Ext(from) == ".sig") {
		return b, nil
	}
	if err := take(ctx, got, from, p.in, p.words); err != nil {
		return nil, err
	}
	m, err := got.Message()
	if err != nil {
		return nil, err
	}
	return s.FromCodes(m)
}

func (p *people) showAsCodes(s steps.Signing) error {
	m, err := s.Message()
	if err != nil {
		return err
	}
	show, err := onScreen(m, os.Stdout)
	if err != nil {
		return err
	}
	return p.turnCodes(show)
}
