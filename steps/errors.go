package steps

import (
	"errors"
	"fmt"
	"strings"

	"github.com/keyceremony/ceremony/audit"
)

// The errors of the engine.
var (
	ErrNoCeremony     = errors.New("no ceremony is in this folder")
	ErrRehearsalOpen  = errors.New("this rehearsal is open elsewhere")
	ErrOtherPlan      = errors.New("the plan is not the one this ceremony was begun with")
	ErrOtherProgram   = errors.New("this program is not one that the plan names")
	ErrNotRecorded    = errors.New("the transcript could not be written")
	ErrLogChanged     = errors.New("the log is not what this program wrote")
	ErrNotReadable    = errors.New("a file of the ceremony cannot be read")
	ErrNothingAwaited = errors.New("nothing is awaited at this machine")
	ErrNotAsked       = errors.New("this person is not asked to sign here")
	ErrSignature      = errors.New("the signature does not verify")
	ErrTooFew         = errors.New("not everybody signed who must")
	ErrOwnFolder      = errors.New("this is the ceremony's own folder, not a medium")
	ErrNotSealed      = errors.New("this side's log is not sealed yet")
	ErrNotSignedIn    = errors.New("whoever comes must sign in")
	ErrNoApproval     = errors.New("nobody approved")
	ErrQuorum         = errors.New("too few people signed")
	ErrOneFound       = errors.New("the act did happen before the interruption: adopt what was found")
	ErrNoneFound      = errors.New("the act left nothing: there is nothing to adopt")
	ErrManyFound      = errors.New("more than one result of this act was found")
	ErrOtherHead      = errors.New("the code is not that of this log's head")
	ErrSealKey        = errors.New("the key on the HSM is not the seal key of the plan")
	ErrNoSuchStep     = errors.New("no such step")
	ErrNotShown       = errors.New("not every code was shown yet")
	ErrNotReceived    = errors.New("not every code was received yet")
	ErrNotKept        = errors.New("what comes as codes cannot be kept")
	ErrNoSignature    = errors.New("wanted one signature")
	ErrKeyShown       = errors.New("a private key came as codes")
	ErrNotNow         = errors.New("this is not possible now")
)

// Refused says that checks of class stop did not hold.
type Refused struct {
	Step   *Step
	Key    string
	Checks []audit.Check

	meanings map[string]string // what the findings themselves say, by check
}

func (e *Refused) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s stopped:", e.Step.ID)
	for _, c := range e.Checks {
		fmt.Fprintf(&b, " %s found %s, wanted %s;", c.ID, c.Found, c.Wanted)
	}
	return strings.TrimSuffix(b.String(), ";")
}

// Failed says that an act did not come to its end.
type Failed struct {
	Step *Step
	Key  string
	Err  error
}

func (e *Failed) Error() string { return e.Step.ID + ": " + e.Err.Error() }
func (e *Failed) Unwrap() error { return e.Err }
