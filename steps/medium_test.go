package steps

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// What crosses the gap must not lie in the transcript: the ceremony's own
// folder is no medium, nor is one inside it.
func TestOwnFolderIsNoMedium(t *testing.T) {
	h := newHall(t, nil, "P-256")
	c := h.begin(Prepare)
	h.until(c, "kek.export")
	inside := filepath.Join(h.path("online"), "medium")
	for _, path := range []string{h.path("online"), h.path("online") + "/.", inside} {
		h.answers = func(_ Now, a *Answers) { a.Text["medium"] = path }
		if err := h.step(c); !errors.Is(err, ErrOwnFolder) {
			t.Errorf("%s is taken as the medium: %v", path, err)
		}
	}
	if _, err := os.Stat(inside); err == nil {
		t.Error("something was written into the transcript")
	}
	h.answers = nil
	h.run(c, Prepare)
	h.shut(c)
}

// Who does not agree says why.
func TestDisagreementHasAReason(t *testing.T) {
	s := imports(t, "final.seal", nil, "P-256")
	c := s.again(t)
	defer s.shut(c)
	s.answers = func(now Now, a *Answers) {
		if now.Phase == Act {
			a.Text["agree.op2"] = disagrees
			delete(a.Text, "reason.op2")
		}
	}
	var wrong *AnswerError
	if err := s.step(c); !errors.As(err, &wrong) || wrong.Field != "reason.op2" {
		t.Errorf("disagreed without a reason: %v", err)
	}
}
