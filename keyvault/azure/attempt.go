package azure

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/keyceremony/ceremony/keyvault"
)

// action is one request, as far as retries and explanations depend on it.
type action struct {
	name    string // create, import, read, list, update, delete, purge, sign, …
	key     string
	version string
	write   bool // changes the vault: not repeated unless it surely was not done
}

// Bounds of the retries of one request.
const (
	maxAttempts = 4
	firstWait   = 2 * time.Second
	longestWait = time.Minute // a longer Retry-After is left to people
)

// attempt makes a request, and again after a while where that can help: when
// the service asked to wait it did nothing, so anything is repeated; when
// the answer is lost or the service failed, only what changes nothing.
func (v *vault) attempt(ctx context.Context, a action, do func(context.Context) error) error {
	var waited time.Duration
	wait := firstWait
	for n := 1; ; n++ {
		p, again := v.once(ctx, a, do)
		if p == nil {
			return nil
		}
		if !again || n == maxAttempts || p.RetryAfter > longestWait {
			return p
		}
		pause := max(p.RetryAfter, wait)
		v.progress(fmt.Sprintf("%s Waiting %s, attempt %d of %d.", p.Title, pause, n+1, maxAttempts), waited)
		if err := v.conf.Sleep(ctx, pause); err != nil {
			return cancelled(a, err)
		}
		waited += pause
		wait = min(2*wait, longestWait)
	}
}

// once makes a request and explains its error; again tells whether to repeat
// it. A panic of the SDK over an answer is an answer that is not the
// service's: azkeys 1.5.0 has such, the guard refuses those that we know of.
func (v *vault) once(ctx context.Context, a action, do func(context.Context) error) (p *keyvault.Problem, again bool) {
	defer func() {
		if r := recover(); r != nil {
			p, again = asProblem(hostile("the client cannot digest it")), false
		}
	}()
	err := do(ctx)
	switch {
	case err == nil:
		return nil, false
	case ctx.Err() != nil && errors.Is(err, ctx.Err()): // the client's own time limit looks the same
		return cancelled(a, ctx.Err()), false
	}
	return v.explain(a, err)
}

func (v *vault) progress(what string, waited time.Duration) {
	if v.conf.Progress != nil {
		v.conf.Progress(what, waited)
	}
}
