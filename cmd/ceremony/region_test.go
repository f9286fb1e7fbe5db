//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"testing"

	"github.com/keyceremony/ceremony/transfer/camera"
	"github.com/keyceremony/ceremony/transfer/qr"
	"github.com/keyceremony/ceremony/transfer/qr/scan"
	"github.com/keyceremony/ceremony/transfer/receive"
)

// A region is a part of a desktop as a camera before it would see it.
type region struct {
	*desktop
	place  image.Rectangle
	number int
}

// Next takes a picture of what is shown now.
func (r *region) Next(ctx context.Context) (camera.Frame, error) {
	crop := fmt.Sprintf("%dx%d+%d+%d", r.place.Dx(), r.place.Dy(), r.place.Min.X, r.place.Min.Y)
	c := r.command("import", "-window", "root", "-crop", crop, "+repage", "-depth", "8", "png:-")
	var file, words bytes.Buffer
	c.Stdout, c.Stderr = &file, &words
	if err := c.Run(); err != nil {
		return camera.Frame{}, errors.Join(ctx.Err(), fmt.Errorf("%w: %s", err, &words))
	}
	img, err := scan.Image(&file, scan.Options{})
	if err != nil {
		return camera.Frame{}, fmt.Errorf("%w: %w", camera.ErrFrame, err)
	}
	r.number++
	return camera.Frame{Number: r.number - 1, Image: img}, nil
}

func (r *region) Close() error { return nil }

// TestRegion: codes on a real display, half as large as they were drawn, are
// read from a part of it.
func TestRegion(t *testing.T) {
	d := newDesktop(t, t.Context())
	m, s, version := several(t)
	r, err := receive.New(receive.KQ1, receive.Keep{})
	if err != nil {
		t.Fatal(err)
	}
	// The code is drawn as tiles: the region has one and parts of others.
	side := (qr.Modules(version) + 2*qr.QuietZone) * 6
	sees := &region{desktop: d, place: image.Rect(side, side, 2*side+side/3, 2*side+side/3)}
	show := func(i int) {
		code, err := qr.Bitmap(s.Frame(i), version, qr.L)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "code.png")
		if err := os.WriteFile(path, asPNG(t, code.Image(12)), 0o600); err != nil {
			t.Fatal(err)
		}
		// It says that it failed also where it did not: what is read counts.
		_ = d.command("display", "-resize", "50%", "-window", "root", path).Run()
	}
	for i := s.Blocks(); !r.Done(); i++ {
		show(i)
		frame, err := sees.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if seen, err := r.Take(t.Context(), frame); err != nil || len(seen.Codes) != 1 {
			d.shot(filepath.Join(os.TempDir(), "region.png"))
			t.Fatalf("%d codes, %v", len(seen.Codes), err)
		}
	}
	if got, err := r.Message(); err != nil || got.Digest() != m.Digest() {
		t.Errorf("another message: %v", err)
	}
}
