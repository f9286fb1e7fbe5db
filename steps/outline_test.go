package steps

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/keyceremony/ceremony/audit"
)

// standing is the state of each item, by step.
func standing(c *Ceremony) map[string]ItemState {
	out := map[string]ItemState{}
	for _, it := range c.Outline() {
		out[string(it.Stage)+" "+it.Step.ID] = it.State
	}
	return out
}

// insistOnce is people who type their times again, with INSIST.
func insistOnce(now Now, a *Answers) {
	if now.Step == stepClock && now.Failed != "" {
		a.Text["insist"] = "INSIST"
	}
}

// TestOutline follows the script of a side through an exception, a failure and
// a restart.
func TestOutline(t *testing.T) {
	h := newHall(t, nil, "P-256", "P-256")
	h.clock, h.answers = 184*time.Second, insistOnce
	c := h.begin(Prepare)
	if got := c.Outline(); got[0].State != ItemCurrent || got[len(got)-1].Step != stepFinalSeal || got[len(got)-1].State != ItemToCome {
		t.Fatalf("at the beginning: %v … %v", got[0], got[len(got)-1])
	}
	h.until(c, "clock.check")
	if err := h.step(c); err == nil {
		t.Fatal("a clock 184 s off passed without INSIST")
	}
	if got := standing(c)["prepare clock.check"]; got != ItemFailed {
		t.Errorf("after a failed try the step is %q", got)
	}
	h.until(c, "exception")
	got := standing(c)
	if got["prepare clock.check"] != ItemExcepted || got["prepare vault.signin"] != ItemCurrent {
		t.Errorf("while an exception is pending: %v", got)
	}
	h.until(c, "kek.create")
	before := c.Outline()
	it := before[slices.IndexFunc(before, func(i Item) bool { return i.Step == stepClock })]
	if it.State != ItemExcepted || it.At.IsZero() || it.By != "op1" {
		t.Errorf("after the exception: %+v", it)
	}
	if before[0].By != "" || before[0].State != ItemDone {
		t.Errorf("opened by %q, before anybody had the keyboard", before[0].By)
	}
	h.shut(c)
	c = h.open("online")
	defer h.shut(c)
	h.until(c, "kek.create") // sign in to the vault again
	after := c.Outline()
	for i := range before { // the time of a session step is that of the last sign-in
		if before[i].Step != stepVault && !reflect.DeepEqual(before[i], after[i]) {
			t.Errorf("after a restart %s is %+v, before %+v", after[i].Step.ID, after[i], before[i])
		}
	}
}

// TestOutlineOfKeys counts the keys of a step, and what a stop leaves.
func TestOutlineOfKeys(t *testing.T) {
	h := newHall(t, nil, "P-256", "AES-256")
	c := h.begin(Prepare)
	h.run(c, Prepare)
	h.shut(c)
	c = h.begin(Wrap)
	defer func() { h.shut(c) }()
	h.until(c, "target.wrap")
	if got := c.Now().Label(); got != "Wrap the target keys (2 keys)" {
		t.Errorf("the button says %q", got)
	}
	must(t, h.step(c))
	must(t, c.Turn("ceremony.stop"))
	if got := standing(c)["wrap target.challenge"]; got != ItemCurrent {
		t.Errorf("while a stop is asked for, the script stands at %q", got)
	}
	must(t, h.step(c))
	for _, it := range c.Outline() {
		switch it.Step {
		case stepSelect:
			t.Error("a step that no key has is in the outline")
		case stepWrap, stepGenerate:
			if it.State != ItemDone || it.Done != 2 || it.Of != 2 || it.At.IsZero() || it.By != "op1" {
				t.Errorf("%s: %+v", it.Step.ID, it)
			}
		case stepChallenge:
			if it.State != ItemToCome || it.Done != 0 || it.Of != 2 {
				t.Errorf("after a stop: %+v", it)
			}
		case stepWrapSeal:
			if it.State != ItemCurrent {
				t.Errorf("after a stop: %+v", it)
			}
		}
	}
	if got := c.Now().Label(); got != "Take the signatures and seal" {
		t.Errorf("the button says %q", got)
	}
	h.run(c, Wrap)
	if got := c.Now().Label(); got != "" || slices.ContainsFunc(c.Outline(), func(i Item) bool { return i.State == ItemCurrent }) {
		t.Errorf("at the end the button says %q", got)
	}
}

// TestLabelOfAnotherTry: after a failure, and after an interruption.
func TestLabelOfAnotherTry(t *testing.T) {
	for _, v := range []struct {
		now  Now
		want string
	}{
		{Now{Phase: Act, Step: stepClock, Failed: "check.clock.typed"}, "Check the clock again"},
		{Now{Phase: Act, Step: stepWrap, Keys: []string{"a"}, Failed: "unknown"}, "Wrap the target keys again (1 key)"},
		{Now{Phase: Interrupted, Step: stepWrap, Keys: []string{"a"}, Failed: "unknown"}, "Wrap the target keys"},
	} {
		if got := v.now.Label(); got != v.want {
			t.Errorf("%q, want %q", got, v.want)
		}
	}
}

// TestClockInWords: what is known of the clock, at each sitting anew.
func TestClockInWords(t *testing.T) {
	for ahead, want := range map[time.Duration]string{
		0: "checked: within 1 s", 2 * time.Second: "checked: within 2 s", -120 * time.Second: "checked: within 120 s",
		184 * time.Second: "local clock, 184 s ahead", -600 * time.Second: "local clock, 600 s behind",
	} {
		h := newHall(t, nil, "P-256")
		h.clock, h.answers = ahead, insistOnce
		c := h.begin(Prepare)
		if got := c.Clock(); got != "local clock, unverified" {
			t.Errorf("before the check: %q", got)
		}
		for c.Now().Step != stepVault {
			_ = h.step(c) // the first try may be taken for a mistake
		}
		if got := c.Clock(); got != want {
			t.Errorf("%v ahead: %q, want %q", ahead, got, want)
		}
		h.run(c, Prepare)
		if got := c.Clock(); got != "local clock, unverified" {
			t.Errorf("at the next sitting: %q", got)
		}
		h.shut(c)
	}
}

// TestWhoIsThere: side, people and keyboard.
func TestWhoIsThere(t *testing.T) {
	h := newHall(t, nil, "P-256")
	c := h.begin(Prepare)
	defer h.shut(c)
	if c.Side() != "online" || c.Keyboard() != "" || c.Person("op2").Name != "Person op2" || c.Person("eve").ID != "eve" {
		t.Errorf("%s, %q, %v", c.Side(), c.Keyboard(), c.Person("op2"))
	}
	h.until(c, "clock.check")
	if c.Keyboard() != "op1" {
		t.Errorf("%q has the keyboard", c.Keyboard())
	}
	if hint := stepKEKCreate.Ask[0].expand(c)[0].Hint(); hint != "Person op1 types CREATE, exactly so" {
		t.Errorf("it says %q", hint)
	}
	must(t, c.Turn("pause"))
	must(t, h.step(c))
	if c.Keyboard() != "" {
		t.Errorf("%q has the keyboard in a pause", c.Keyboard())
	}
}

// TestWhoseWord: a word is typed by whoever has the keyboard; who answers for
// it is said beside it.
func TestWhoseWord(t *testing.T) {
	h := newHall(t, nil, "P-256")
	c := h.begin(Prepare)
	defer h.shut(c)
	h.until(c, "people.signin")
	want := map[string]string{
		"identity": "when Person witness says so, whoever has the keyboard types SEEN, exactly so",
	}
	for _, f := range c.Now().Fields {
		if w := want[f.Name]; w != "" && f.Hint() != w {
			t.Errorf("%s: %q, want %q", f.Name, f.Hint(), w)
		}
		delete(want, f.Name)
	}
	if len(want) > 0 {
		t.Errorf("not asked: %v", want)
	}
	if hint := stepResume.Ask[0].expand(c)[0].Hint(); hint != "Person witness types 35 digits in 7 groups, blind" {
		t.Errorf("the head: %q", hint)
	}
}

// TestNamedBefore: before a KEK is made or retired the room sees which one, and
// in which vault; the commands at the end are to be read letter by letter.
func TestNamedBefore(t *testing.T) {
	h := newHall(t, nil, "P-256")
	c := h.begin(Prepare)
	h.until(c, "kek.create")
	kek := c.Plan().KEK
	want := []Line{{Label: "Name", Value: kek.Name}, {Label: "Vault", Value: c.Plan().Vault.URL}, {Label: "Type", Value: fmt.Sprintf("RSA-%d", kek.Bits)}}
	if got := c.Show(); len(got) != 4 || !slices.Equal(got[:3], want) {
		t.Errorf("the KEK that is made: %v", got)
	}
	h.run(c, Prepare)
	h.shut(c)
	c = h.begin(Wrap)
	h.run(c, Wrap)
	h.shut(c)
	c = h.open("online")
	defer h.shut(c)
	h.until(c, "target.code")
	for _, l := range c.Show() {
		if !l.Mono {
			t.Errorf("%s is no command", l.Label)
		}
	}
	h.until(c, "kek.retire")
	if got := c.Show(); len(got) != 2 || !strings.HasPrefix(got[0].Value, c.Plan().Vault.URL) || !strings.Contains(got[0].Value, "/"+kek.Name+"/") {
		t.Errorf("the KEK that is retired: %v", got)
	}
}

// TestActs: the steps of an act stand together, and each step has one.
func TestActs(t *testing.T) {
	for _, stage := range []Stage{Prepare, Wrap, Import} {
		must(t, validateActs(stage, Steps(stage)))
	}
	for _, s := range anytime {
		if s.Act == "" {
			t.Errorf("%s has no act", s.ID)
		}
	}
	for _, bad := range [][]*Step{{{Act: "A"}, {Act: "B"}, {Act: "A"}}, {{Act: "A"}, {}}} {
		if validateActs(Wrap, bad) == nil {
			t.Errorf("%q was taken", []string{bad[0].Act, bad[1].Act})
		}
	}
}

// TestMissingSignature: where too few signed, what the others signed stays
// good, and only the missing signature is asked for.
func TestMissingSignature(t *testing.T) {
	h := newHall(t, nil, "P-256")
	c := h.begin(Prepare)
	h.until(c, "people.signin")
	h.oneMissing(c, "witness", ErrQuorum)
	must(t, c.Turn("exception"))
	h.oneMissing(c, "witness", ErrQuorum)
	h.until(c, "prepare.seal")
	must(t, h.step(c))
	h.oneMissing(c, "officer", ErrQuorum)
	h.run(c, Prepare)
	h.shut(c)
	c = h.begin(Wrap)
	h.until(c, "kek.confirm")
	h.oneMissing(c, "op2", ErrTooFew)
	h.until(c, "target.wrap")
	h.oneMissing(c, "", ErrNoApproval)
	h.run(c, Wrap)
	h.shut(c)
	c = h.open("online")
	h.until(c, "final.seal")
	h.oneMissing(c, "guest", ErrTooFew)
	h.run(c, Import)
	h.shut(c)
	h.complete(audit.OutcomeExceptions)
}

// oneMissing does what is awaited without one signature (of the first who may,
// where one is enough), then adds it to the others, made before.
func (h *hall) oneMissing(c *Ceremony, who string, want error) {
	h.t.Helper()
	h.writeDown(c)
	now, a := c.Now(), h.answer(c, c.Now())
	texts := c.Statements(a.Text)
	var missing Signing
	for _, s := range texts {
		switch {
		case who == "" && missing.Person == "" || s.Person == who:
			missing = s
		case who != "":
			a.Sig[s.Person] = h.sign(s.Person, c.side, s.Namespace, s.Text)
		}
	}
	if err := c.Do(h.t.Context(), a); !errors.Is(err, want) {
		h.t.Fatalf("%s without %s: %v, want %v", now.Step.ID, missing.Person, err, want)
	}
	if again := c.Statements(a.Text); !reflect.DeepEqual(again, texts) {
		h.t.Errorf("%s: the statements have changed", now.Step.ID)
	}
	a.Sig[missing.Person] = h.sign(missing.Person, c.side, missing.Namespace, missing.Text)
	must(h.t, c.Do(h.t.Context(), a))
}

// TestWhatAStepLeavesOpen: a check that does not hold leaves its mark on the
// step, and a later one never takes a worse mark away.
func TestWhatAStepLeavesOpen(t *testing.T) {
	at, s := instance{Wrap, "hsm.probe", ""}, newState()
	s.done[at] = ending{as: ItemDone}
	for _, c := range []struct {
		class  Class
		result string
		want   ItemState
	}{
		{Note, audit.ResultHolds, ItemDone},
		{Note, audit.ResultNotChecked, ItemNoted},
		{Note, audit.ResultHolds, ItemNoted},
		{Exception, audit.ResultFails, ItemExcepted},
		{Note, audit.ResultFails, ItemExcepted},
	} {
		s.check(at, audit.Check{ID: "some", Class: string(c.class), Result: c.result})
		if got := s.done[at].as; got != c.want {
			t.Errorf("after a check of class %s that %s the step is %q, want %q", c.class, c.result, got, c.want)
		}
	}
}
