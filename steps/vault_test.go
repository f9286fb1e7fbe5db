package steps

import (
	"context"
	"errors"
	"testing"

	"github.com/keyceremony/ceremony/keyvault"
)

// A lister is a vault of which one list of versions is known.
type lister struct {
	keyvault.Vault
	list []keyvault.Version
	err  error
}

func (l lister) Versions(context.Context, string) ([]keyvault.Version, error) { return l.list, l.err }

// TestAdopted: the list may have changed since it was looked at, so what is
// adopted is one again, and of this act.
func TestAdopted(t *testing.T) {
	own, others := map[string]string{tagName: "p/1/1/kek.create"}, map[string]string{tagName: "p/1/2/kek.create"}
	away := errors.New("the vault is away")
	for name, c := range map[string]struct {
		vault lister
		want  string
		err   error
	}{
		"one":       {lister{list: []keyvault.Version{{Version: "a", Tags: others}, {Version: "b", Tags: own}}}, "b", nil},
		"none left": {lister{list: []keyvault.Version{{Version: "a", Tags: others}, {Version: "b"}}}, "", ErrNoneFound},
		"two":       {lister{list: []keyvault.Version{{Version: "a", Tags: own}, {Version: "b", Tags: own}}}, "", ErrManyFound},
		"away":      {lister{err: away}, "", away},
	} {
		r := &Run{c: &Ceremony{vault: c.vault}, Mark: own[tagName]}
		if got, err := adopted(t.Context(), r, "k"); got != c.want || !errors.Is(err, c.err) {
			t.Errorf("%s: %q, %v, wanted %q, %v", name, got, err, c.want, c.err)
		}
	}
}
