package report

import (
	"strings"
	"testing"
	"time"

	"github.com/keyceremony/ceremony/audit"
)

// TestClock: a clock that was set, and a machine that was started anew, are
// told; a clock that runs a little wrong is not.
func TestClock(t *testing.T) {
	begin := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		boot string
		wall time.Duration // after 100 seconds of the machine's own
		want string
	}{
		{"a", 100 * time.Second, ""},
		{"a", 102 * time.Second, ""},
		{"a", 90 * time.Second, "was set by -10 seconds"},
		{"a", time.Hour, "was set by +3500 seconds"},
		{"b", 100 * time.Second, "started anew"},
	} {
		w := &drawer{clocks: map[string]clock{}}
		stamp := func(boot string, mono int64, wall time.Time) string {
			return w.clock("online.log", audit.Record{Stamp: audit.Stamp{Boot: boot, MonoNS: mono, Wall: wall}})
		}
		if first := stamp("a", 5e9, begin); first != "" {
			t.Errorf("of the first record it says %q", first)
		}
		got := stamp(c.boot, 105e9, begin.Add(c.wall))
		if (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("boot %s, %s later: %q, wanted %q", c.boot, c.wall, got, c.want)
		}
	}
}
