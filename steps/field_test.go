package steps

import "testing"

func TestHints(t *testing.T) {
	for _, v := range []struct {
		field Field
		hint  string
	}{
		{stepOpen.Ask[0], "35 digits in 7 groups, typed blind"},
		{stepKEKCreate.Ask[0], "type CREATE exactly"},
		{stepClock.Ask[0], "as 2026-11-22T09:14:03Z"},
		{stepClock.Ask[1], "type INSIST exactly; may be left out"},
		{stepConnect.Ask[0], "read it off: this screen does not show it"},
		{stepLogin.Ask[0], "not shown, never recorded"},
		{stepException.Ask[1], "as: it is 3 minutes late"},
		{stepSignIn.Ask[0], ""},
		{stepPeople.Ask[0], "may be left out"},
	} {
		if got := v.field.Hint(); got != v.hint {
			t.Errorf("%s: %q, want %q", v.field.Label, got, v.hint)
		}
	}
}
