package steps

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/keyceremony/ceremony/keyvault"
	"github.com/keyceremony/ceremony/plan"
)

// This file has the sign-in to Azure, which the stages prepare and import
// share.

var stepVault = &Step{
	ID: "vault.signin", Title: "Sign in to Azure", Act: "The vault", Session: true,
	Say: "Somebody signs in to the vault of the plan. " +
		"The program shows and records the tenant, the account, the kind of vault and the host, as the service names them. " +
		"The host must belong to the cloud of the plan.",
	Acts: []Role{operator}, Watches: []Role{internalWitness},
	Ask: []Field{
		{Name: "method", Label: "How to sign in", Kind: Choice, Options: SignInMethods},
		{Name: "client", Label: "Client (application) id", Kind: Text, Only: byMethod("certificate", "secret")},
		{Name: "client", Label: "Client id of the managed identity, where the machine has several", Kind: Text, Optional: true, Only: byMethod("managed identity")},
		{Name: "secret", Label: "Client secret or certificate with key (PEM)", Kind: Secret, FromFile: true, Only: byMethod("certificate", "secret")},
	},
	Gives: []Key{sessionVault, factVault.Key},
	Do: func(ctx context.Context, r *Run) error {
		v, err := r.c.world.OpenVault(ctx, r.c.plan.Vault, SignIn{
			Method: r.Answer("method"), ClientID: r.Answer("client"), Secret: r.secret["secret"],
		})
		if err != nil {
			return err
		}
		info, err := v.Info(ctx)
		if err != nil {
			return err
		}
		r.c.vault, r.saw.vault = v, info
		factVault.Put(r, info)
		return nil
	},
	Checks: []Check{
		{ID: "vault.host", Class: Stop, See: func(_ context.Context, r *Run) Finding {
			return want(r.saw.vault.URL, strings.TrimSuffix(r.c.plan.Vault.URL, "/"))
		}},
		{ID: "vault.cloud", Class: Stop, See: func(_ context.Context, r *Run) Finding {
			return want(r.saw.vault.Cloud, r.c.plan.Vault.Cloud)
		}},
		{ID: "vault.tenant", Class: Stop, See: func(_ context.Context, r *Run) Finding {
			return want(strings.ToLower(r.saw.vault.Tenant), strings.ToLower(r.c.plan.Vault.Tenant))
		}},
		{ID: "vault.account", Class: Note, See: func(_ context.Context, r *Run) Finding {
			v := r.saw.vault
			return holds(v.Account != "" || v.ObjectID != "", fmt.Sprintf("%s (object %s), by %s", v.Account, v.ObjectID, v.Method), "an account that the service names")
		}},
		{ID: "vault.mode", Class: Stop, See: func(_ context.Context, r *Run) Finding {
			name := map[bool]string{true: "a vault of rehearsals", false: "a vault that does not mark itself as a rehearsal"}
			return want(name[r.saw.vault.Rehearsal], name[r.c.plan.Rehearsal])
		}},
	},
}

// byMethod asks a field for some ways to sign in alone.
func byMethod(methods ...string) func(string, map[string]string) bool {
	return func(_ string, soFar map[string]string) bool { return in(soFar["method"], methods) }
}

// nameFree looks whether a key's name is free among live and deleted keys.
func nameFree(ctx context.Context, r *Run, name string) Finding {
	versions, err := r.vault().Versions(ctx, name)
	if err != nil {
		return unseen(Explain(err).Title, "the name is free")
	}
	deleted, err := r.vault().Deleted(ctx, name)
	switch {
	case err != nil:
		return unseen(Explain(err).Title, "the name is free")
	case len(versions) > 0:
		return holds(false, "a key named "+name+" exists", "the name is free")
	case deleted != nil:
		return holds(false, "a deleted key still reserves the name "+name, "the name is free")
	}
	return holds(true, name+" is free", "the name is free")
}

// marked lists the versions of a key that carry this act's mark.
func marked(ctx context.Context, r *Run, name string) (versions []string, all int, err error) {
	list, err := r.vault().Versions(ctx, name)
	for _, v := range list {
		if v.Tags[tagName] == r.Mark {
			versions = append(versions, v.Version)
		}
	}
	return versions, len(list), err
}

// adopted is the one version that carries this act's mark. The vault is asked
// again after Look, and may answer otherwise.
func adopted(ctx context.Context, r *Run, name string) (version string, err error) {
	versions, _, err := marked(ctx, r, name)
	switch {
	case err != nil:
		return "", err
	case len(versions) == 0:
		return "", ErrNoneFound
	case len(versions) > 1:
		return "", fmt.Errorf("%w: %d were found", ErrManyFound, len(versions))
	}
	return versions[0], nil
}

// sameOps compares operations as sets: the service varies their order.
func sameOps(found, wanted []string) Finding {
	f, w := slices.Sorted(slices.Values(found)), slices.Sorted(slices.Values(wanted))
	return want(strings.Join(f, " "), strings.Join(w, " "))
}

// vaultKind tells Key Vault from Managed HSM by the plan's URL.
func vaultKind(p *plan.Plan) keyvault.Kind {
	if p.Vault.ManagedHSM() {
		return keyvault.ManagedHSM
	}
	return keyvault.KeyVault
}

func createsKEK(p *plan.Plan) bool { return p.KEK.Use == "" }
