package steps

import (
	"testing"
	"time"
)

func TestWording(t *testing.T) {
	for want, got := range map[string]string{
		"1 version":            counting(1, "version"),
		"0 versions":           counting(0, "version"),
		"2 internal witnesses": counting(2, internalWitness),
		"2 minutes":            spell(2 * time.Minute),
		"1 minute 5 seconds":   spell(65 * time.Second),
		"1 second":             spell(time.Second),
		"0 seconds":            spell(0),
		"1 hour 30 minutes":    spell(90 * time.Minute),
		"6 days 23 hours":      spell(7*24*time.Hour - 8*time.Second),
	} {
		if got != want {
			t.Errorf("it says %q, wanted %q", got, want)
		}
	}
}
