package assets

import (
	"bytes"
	"encoding/xml"
	"image/png"
	"io/fs"
	"testing"
)

func TestIcon(t *testing.T) {
	c, err := png.DecodeConfig(bytes.NewReader(IconPNG))
	if err != nil || c.Width != 512 || c.Height != 512 {
		t.Errorf("icon.png is %d by %d (%v), wanted 512 by 512", c.Width, c.Height, err)
	}
	if err := xml.Unmarshal(IconSVG, new(struct{})); err != nil {
		t.Error("icon.svg: ", err)
	}
}

// TestIcons: the renderer of the window does not scale strokes, so that an
// icon is made of filled paths alone, in the two colours that are replaced.
func TestIcons(t *testing.T) {
	names, err := fs.Glob(Icons, "icons/*.svg")
	if err != nil || len(names) < 15 {
		t.Fatalf("found %d icons (%v)", len(names), err)
	}
	for _, name := range names {
		b, err := Icons.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, bad := range iconFaults(b) {
			t.Errorf("%s: %s", name, bad)
		}
	}
}

func TestIconFaults(t *testing.T) {
	const bad = `<svg viewBox="0 0 24 24"><path stroke="red" d="M0 0"/></svg>`
	if got := iconFaults([]byte(bad)); len(got) != 2 {
		t.Errorf("faults are %q, wanted one for the stroke and one for the fill", got)
	}
}

func iconFaults(svg []byte) (faults []string) {
	var icon struct {
		ViewBox string `xml:"viewBox,attr"`
		Paths   []struct {
			Fill   string `xml:"fill,attr"`
			Stroke string `xml:"stroke,attr"`
		} `xml:"path"`
	}
	if err := xml.Unmarshal(svg, &icon); err != nil {
		return []string{err.Error()}
	}
	if icon.ViewBox != "0 0 24 24" || len(icon.Paths) == 0 {
		faults = append(faults, "is not made of paths on 24 by 24")
	}
	for _, p := range icon.Paths {
		if p.Stroke != "" {
			faults = append(faults, "has a stroke")
		}
		if p.Fill != "currentColor" && p.Fill != "paper" {
			faults = append(faults, "is filled with "+p.Fill)
		}
	}
	return faults
}
