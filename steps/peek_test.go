package steps

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
)

// torn leaves half a record at the end of a log, as a write that goes on.
func (h *hall) torn(log string) {
	h.t.Helper()
	f, err := os.OpenFile(filepath.Join(h.path("online"), log), os.O_WRONLY|os.O_APPEND, 0)
	if err == nil {
		_, err = f.WriteString(`{"v":1,"seq":`)
	}
	if err != nil || f.Close() != nil {
		h.t.Fatal(err)
	}
}

// sees holds a look from outside against the open ceremony.
func (h *hall) sees(c *Ceremony, sealed bool) {
	h.t.Helper()
	g, err := Peek(c.Path())
	if err != nil {
		h.t.Fatal(err)
	}
	now, seen := c.Now(), g.Now
	now.Fields, seen.Fields = nil, nil // they hold functions
	last := c.Journal()[len(c.Journal())-1]
	if !reflect.DeepEqual(now, seen) || g.Side != c.Side() || g.Head != c.Head() || g.Last != last.At || g.Sealed != sealed || g.Plan.ID != c.Plan().ID {
		h.t.Errorf("%+v\nis %+v", g, now)
	}
}

// TestPeek looks at folders that are led, were cut off, or are no ceremonies.
func TestPeek(t *testing.T) {
	h := newHall(t, nil, "P-256")
	for _, stage := range []Stage{Prepare, Wrap, Import} {
		c := h.reach(stage)
		for now := c.Now(); now.Phase != Done && now.Stage == stage; now = c.Now() {
			before := h.remember()
			h.sees(c, now.Phase == Sealing && now.Step == stepFinalSeal)
			if !maps.EqualFunc(before, h.remember(), slices.Equal) {
				t.Fatal("a look wrote something")
			}
			must(t, h.step(c))
		}
		h.sees(c, stage == Import)
		h.shut(c)
	}
	before, err := Peek(h.path("online"))
	must(t, err)
	h.torn("online.2.log")
	after, err := Peek(h.path("online"))
	if err != nil || after.Head != before.Head || after.Now.Phase != Done {
		t.Errorf("with a torn tail: %+v, %v", after, err)
	}
}

// reach begins or opens a stage's folder.
func (h *hall) reach(stage Stage) *Ceremony {
	h.t.Helper()
	if stage == Import {
		return h.open("online")
	}
	return h.begin(stage)
}

// TestPeekRefuses what is no ceremony, or a damaged one.
func TestPeekRefuses(t *testing.T) {
	h := newHall(t, nil, "P-256")
	h.shut(h.begin(Prepare))
	log := filepath.Join(h.path("online"), "online.log")
	whole, err := os.ReadFile(log)
	must(t, err)
	for _, v := range []struct {
		name string
		log  []byte
		none bool
	}{{"half a first record", whole[:20], true}, {"nothing", nil, true}, {"a wrong line", append(slices.Clone(whole), "{}\n"...), false}} {
		must(t, os.WriteFile(log, v.log, 0o600))
		if _, err := Peek(h.path("online")); err == nil || errors.Is(err, ErrNoCeremony) != v.none {
			t.Errorf("%s: %v", v.name, err)
		}
	}
	for _, path := range []string{h.path("usb-kek"), h.path("nowhere")} {
		if _, err := Peek(path); !errors.Is(err, ErrNoCeremony) {
			t.Errorf("%s: %v", path, err)
		}
	}
}
