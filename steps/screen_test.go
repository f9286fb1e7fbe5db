package steps

import (
	"strconv"

	"github.com/keyceremony/ceremony/transfer/camera"
	"github.com/keyceremony/ceremony/transfer/qr"
)

// This file has the screens and cameras of the hall.

// show is what a side shows as codes. It fails where the disk does.
func (h *hall) show(c *Ceremony) string {
	m, err := c.Sending()
	if err != nil {
		return ""
	}
	h.screens[c.side] = m
	return m.Digest().String()
}

// see has the camera of a side see what is shown there.
func (h *hall) see(c *Ceremony) string {
	g, err := c.Receiving()
	if err != nil {
		return ""
	}
	if h.anew {
		must(h.t, g.Anew())
		h.anew = false
	}
	for _, text := range h.inView(c.side) {
		if _, err := g.Take(h.t.Context(), camera.Frame{Text: text}); err != nil || g.Done() {
			break
		}
	}
	if !g.Done() {
		return ""
	}
	return g.Digest().String()
}

func (h *hall) inView(side string) []string {
	if h.frames != nil {
		return h.frames(side)
	}
	return h.codes(h.screens[map[string]string{"offline": "online", "online": "offline"}[side]])
}

// spare is how many frames more than needed a screen shows.
const spare = 8

// codes are the frames of a message, sums among them, and some more than are
// needed: now and then one of the sums tells nothing new.
func (h *hall) codes(m qr.Message) (out []string) {
	h.t.Helper()
	s, err := qr.NewStream(m, qr.Capacity(25, qr.L))
	if err != nil {
		h.t.Fatal(err)
	}
	for i := range s.Blocks() + spare {
		out = append(out, s.Frame(i+i%3*1000))
	}
	return out
}

// shown is a word on the other side's screen.
func (h *hall) shown(side, place string) string {
	n, _ := strconv.Atoi(place)
	return qr.Words(h.screens[map[string]string{"offline": "online", "online": "offline"}[side]].Digest())[n-1]
}
