package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/keyceremony/ceremony/steps"
	"github.com/keyceremony/ceremony/transfer/camera"
	"github.com/keyceremony/ceremony/transfer/qr"
	"github.com/keyceremony/ceremony/transfer/receive"
)

// listCameras prints a camera on each line.
func listCameras(out io.Writer, cameras camera.Cameras) error {
	list, err := cameras.List()
	if err != nil {
		return misuse("%w", err)
	}
	if len(list) == 0 {
		return misuse("%w", camera.ErrNone)
	}
	chosen := cameras.Chosen()
	for _, d := range list {
		mark := ""
		if d.ID == chosen {
			mark = "\tchosen last"
		}
		fmt.Fprintf(out, "%s\t%s%s\n", steps.OneLine(d.Name), steps.OneLine(d.ID), mark)
	}
	return nil
}

// keptWrong is the exit code for what cannot be gone on with.
func keptWrong(err error) int {
	switch {
	case errors.Is(err, qr.ErrSpoiled):
		return exitNot
	case errors.Is(err, qr.ErrDamaged), errors.Is(err, qr.ErrForeign), errors.Is(err, qr.ErrTooLarge), errors.Is(err, qr.ErrNotFrame), errors.Is(err, qr.ErrConflict):
		return exitUse
	}
	return exitFault
}

// collect feeds the frames of a source until nothing more is needed.
func (r *receiving) collect(ctx context.Context, f qrReceiveFlags) error {
	if r.Done() {
		return nil
	}
	source, err := r.source(f)
	if err != nil {
		return err
	}
	err = errors.Join(r.From(ctx, source, r.see), source.Close())
	p := r.Progress()
	switch {
	case r.Done():
		return nil
	case errors.Is(err, qr.ErrSpoiled):
		return r.ends(exitNot, err)
	case err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, context.Canceled):
		return r.ends(exitFault, fmt.Errorf("%w; %d of %d frames are there%s", err, p.Have, p.Need, f.kept()))
	case p.Need == 0:
		return r.ends(exitNot, fmt.Errorf("no frame was seen; %d codes were something else, %d were damaged\n%s", p.Foreign, p.Damaged, f.wanted(p)))
	}
	return r.ends(exitStopped, fmt.Errorf("%d of %d frames are there: %w%s", p.Have, p.Need, qr.ErrIncomplete, f.kept()))
}

// wanted says what to do where a source had no code of a transfer.
func (f qrReceiveFlags) wanted(p qr.Progress) string {
	const whole = "in which the whole code with its white edge fills most of the picture"
	switch {
	case f.camera != "":
		return "Hold the camera before the sender's screen, for a picture " + whole
	case p.Foreign > 0:
		return "These are no codes of " + f.format + ": " + fromWhat + " " + whole + "; what devices of others show comes with --format ur or bbqr"
	}
	return fromWhat + " " + whole
}

// fromWhat is for a file that has no codes.
const fromWhat = "Name with --from the folder that 'ceremony qr send --png' wrote, a file with the lines that a scanner typed, or pictures or a film of the sender's screen"

// kept says whether they are there the next time.
func (f qrReceiveFlags) kept() string {
	if f.state == "" {
		return ", and nothing is kept: --state keeps them"
	}
	return ", and are kept in " + f.state
}

func (r *receiving) source(f qrReceiveFlags) (s camera.Source, err error) {
	switch {
	case f.camera != "":
		return r.camera(f.camera)
	case f.video == "-":
		s, err = camera.FromReader(r.in)
	case f.video != "":
		s, err = camera.OpenFile(f.video)
	case f.from == "-":
		fmt.Fprintln(r.words, "Waiting for lines, one code each.")
		return camera.Lines(r.in), nil
	default:
		s, err = camera.OpenFile(f.from)
	}
	switch {
	case errors.Is(err, camera.ErrFormat):
		return nil, misuse("%w\n%s", err, fromWhat)
	case err != nil:
		return nil, misuse("%w", absent(cmp.Or(f.video, f.from), err))
	}
	return s, nil
}

// camera opens a camera, and keeps the choice.
func (r *receiving) camera(name string) (camera.Source, error) {
	list, err := r.cameras.List()
	if err != nil {
		return nil, misuse("%w", err)
	}
	asked := name
	if name == lastCamera {
		asked = r.cameras.Chosen()
	}
	d, err := camera.Find(list, asked)
	if errors.Is(err, camera.ErrUnknown) && name == lastCamera {
		fmt.Fprintln(r.words, "The camera that was chosen last is not there.")
		d, err = camera.Find(list, "")
	}
	if err != nil {
		return nil, misuse("%w", err)
	}
	s, err := r.cameras.Open(d.ID)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", d.Name, err)
	}
	r.cameras.Choose(d.ID)
	fmt.Fprintf(r.words, "Camera: %s. Hold it before the sender's screen; Ctrl-C ends.\n", steps.OneLine(d.Name))
	return s, nil
}

// see says what a frame was for: what it told, or why it was not taken.
func (r *receiving) see(s receive.Seen) {
	if s.Problem != nil {
		fmt.Fprintln(r.words, visibleLines(s.Problem.Error()))
	}
	for _, c := range s.Codes {
		switch {
		case c.Event == qr.New || c.Event == qr.Done:
			fmt.Fprintf(r.words, "%d of %d\n", s.Progress.Have, s.Progress.Need)
		case c.Err != nil && c.Event != qr.Spoiled && s.Frame.Image == nil:
			fmt.Fprintf(r.words, "not taken: %s\n", visibleLines(c.Err.Error()))
		}
	}
	if s.Advice != r.advice && s.Advice.String() != "" {
		fmt.Fprintln(r.words, s.Advice)
	}
	r.advice = s.Advice
}

// ends says why nothing was written.
func (r *receiving) ends(code int, err error) error {
	fmt.Fprintln(r.words, "ceremony:", visibleLines(err.Error()))
	return &exit{code: code}
}
