package steps

import (
	"fmt"
	"strings"
	"time"
)

// counting says how many: "1 version", "2 internal witnesses".
func counting(n int, what string) string {
	switch {
	case n == 1:
	case strings.HasSuffix(what, "s"):
		what += "es"
	default:
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

// spell says how long, in the two largest units that there are: "2 minutes",
// "6 days 23 hours", "0 seconds".
func spell(d time.Duration) string {
	var parts []string
	for _, unit := range []struct {
		name string
		is   time.Duration
	}{{"day", 24 * time.Hour}, {"hour", time.Hour}, {"minute", time.Minute}, {"second", time.Second}} {
		if n := int(d / unit.is); n > 0 && len(parts) < 2 {
			parts = append(parts, counting(n, unit.name))
		}
		d %= unit.is
	}
	if len(parts) == 0 {
		return counting(0, "second")
	}
	return strings.Join(parts, " ")
}
