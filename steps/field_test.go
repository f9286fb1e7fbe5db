package steps

import (
	"testing"

	"github.com/keyceremony/ceremony/transfer/qr"
)

func TestHints(t *testing.T) {
	for _, v := range []struct {
		field Field
		hint  string
	}{
		{stepOpen.Ask[0], "35 digits in 7 groups, typed blind"},
		{stepKEKCreate.Ask[0], "whoever has the keyboard types CREATE, exactly so"},
		{stepClock.Ask[0], "as 2026-11-22 09:14:03"},
		{stepClock.Ask[1], "whoever has the keyboard types INSIST, exactly so; may be left out"},
		{stepConnect.Ask[0], "read it off: this screen does not show it"},
		{stepLogin.Ask[0], "not shown, never recorded"},
		{stepException.Ask[1], "as: it is 3 minutes late"},
		{stepSignIn.Ask[0], ""},
		{stepPeople.Ask[0], "may be left out"},
		{instead, "choosing it makes an exception, on which people decide; may be left out"},
	} {
		if got := v.field.Hint(); got != v.hint {
			t.Errorf("%s: %q, want %q", v.field.Label, got, v.hint)
		}
	}
}

func TestTimes(t *testing.T) {
	for typed, want := range map[string]string{
		"2026-11-22 09:14:03":       "2026-11-22T09:14:03Z",
		"2026-11-22T09:14:03Z":      "2026-11-22T09:14:03Z",
		"2026-11-22 10:14:03+01:00": "2026-11-22T09:14:03Z",
		"2026-11-22 09:14":          "",
		"09:14:03":                  "",
		"22.11.2026 09:14:03":       "",
	} {
		if got, err := (Field{Kind: Time}).check(typed); got != want || (err == nil) != (want != "") {
			t.Errorf("%q is %q, %v; want %q", typed, got, err, want)
		}
	}
}

// TestAsked: what an answer makes necessary is demanded, and what it rules out
// is refused.
func TestBegun(t *testing.T) {
	word, clock, other := Field{Kind: Word, Exact: "CLOSE"}, Field{Kind: Time}, Field{Kind: Text}
	words := Field{Kind: Text, Starts: func(v string) bool { return qr.BeginsWord(3, v) }}
	for _, c := range []struct {
		f    Field
		v    string
		want bool
	}{
		{word, "CLO", true},
		{word, "clo", false},
		{word, "CLOSED", false},
		{clock, "2026-11-3", true},
		{clock, "2026-11-22T09:1", true},
		{clock, "2026-11-22 09:14:03", false},
		{clock, "22.11.", false},
		{clock, "2026-11-22 09:14:03 or so", false},
		{words, "dread", true},
		{words, "DREAD", true},
		{words, "dredful", false},
		{words, "dreadfully", false},
		{other, "any", false},
	} {
		if got := c.f.Begun(c.v); got != c.want {
			t.Errorf("%q may become right: %v", c.v, got)
		}
	}
}

func TestAsked(t *testing.T) {
	for name, v := range map[string]struct {
		text map[string]string
		fine bool
	}{
		"all that a secret needs":     {map[string]string{"method": "secret", "client": "c"}, true},
		"no client":                   {map[string]string{"method": "secret"}, false},
		"the machine's own identity":  {map[string]string{"method": "managed identity"}, true},
		"one of several":              {map[string]string{"method": "managed identity", "client": "c"}, true},
		"a client that nobody needs":  {map[string]string{"method": "browser", "client": "c"}, false},
		"something that nobody asked": {map[string]string{"method": "browser", "colour": "blue"}, false},
	} {
		if _, err := validate("vault.signin", stepVault.Ask, Answers{Text: v.text}); (err == nil) != v.fine {
			t.Errorf("%s: %v", name, err)
		}
	}
}
