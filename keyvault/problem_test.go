package keyvault

import (
	"context"
	"errors"
	"regexp"
	"testing"
)

func TestCodes(t *testing.T) {
	form := regexp.MustCompile(`^vault\.[a-z]+(-[a-z]+)*$`)
	seen := map[Code]bool{}
	for _, c := range []Code{
		Unauthorized, MissingRole, Firewall, Forbidden, NotFound, NameDeleted, Conflict, Throttled,
		KeyTypeOps, BadBlob, BadRequest, Unreachable, ServiceFault, SignInFailed, HostileAnswer,
		AnswerTooLarge, Cancelled, Configuration,
	} {
		if !form.MatchString(string(c)) || seen[c] {
			t.Errorf("code %q is malformed or there twice", c)
		}
		seen[c] = true
	}
}

func TestProblem(t *testing.T) {
	p := &Problem{Title: "It is so.", Err: context.Canceled}
	if p.Error() != "It is so." || !errors.Is(p, context.Canceled) {
		t.Errorf("%q", p.Error())
	}
	p.Service = "ForbiddenByRbac"
	if p.Error() != "It is so. (ForbiddenByRbac)" {
		t.Errorf("%q", p.Error())
	}
}
