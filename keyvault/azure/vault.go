package azure

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azkeys"

	"github.com/keyceremony/ceremony/keyvault"
)

// CreateKEK makes an RSA-HSM key whose only operation is import.
func (v *vault) CreateKEK(ctx context.Context, name string, p keyvault.KEKParams) (keyvault.Key, error) {
	params := azkeys.CreateKeyParameters{
		Kty:           new(azkeys.KeyTypeRSAHSM),
		KeySize:       new(int32(p.Bits)),
		KeyOps:        []*azkeys.KeyOperation{new(azkeys.KeyOperationImport)},
		KeyAttributes: &azkeys.KeyAttributes{Enabled: new(true)},
		Tags:          tagsOut(p.Tags),
	}
	if !p.Expires.IsZero() {
		params.KeyAttributes.Expires = &p.Expires
	}
	return v.keyOf(ctx, action{name: "create", key: name, write: true}, func(ctx context.Context) (azkeys.KeyBundle, error) {
		r, err := v.client.CreateKey(ctx, name, params, nil)
		return r.KeyBundle, err
	})
}

// Import sends a key transfer blob.
func (v *vault) Import(ctx context.Context, name string, p keyvault.ImportParams) (keyvault.Key, error) {
	key := &azkeys.JSONWebKey{Kty: new(azkeys.KeyType(p.Type.Kty())), T: p.Blob}
	if crv := p.Type.Crv(); crv != "" {
		key.Crv = new(azkeys.CurveName(crv))
	}
	for _, op := range p.Ops {
		key.KeyOps = append(key.KeyOps, new(azkeys.KeyOperation(op)))
	}
	params := azkeys.ImportKeyParameters{
		Key: key, Tags: tagsOut(p.Tags), KeyAttributes: &azkeys.KeyAttributes{Enabled: new(true)},
	}
	var raw *http.Response
	ctx = policy.WithCaptureResponse(ctx, &raw)
	k, err := v.keyOf(ctx, action{name: "import", key: name, write: true}, func(ctx context.Context) (azkeys.KeyBundle, error) {
		r, err := v.client.ImportKey(ctx, name, params, nil)
		return r.KeyBundle, err
	})
	if err == nil && raw != nil && raw.Header.Get(findingHeader) != "" {
		k.Findings = []string{printable(raw.Header.Get(findingHeader), 200)}
	}
	return k, err
}

// Get reads one version of a key; an empty version is the latest.
func (v *vault) Get(ctx context.Context, name, version string) (keyvault.Key, error) {
	return v.keyOf(ctx, action{name: "read", key: name, version: version}, func(ctx context.Context) (azkeys.KeyBundle, error) {
		r, err := v.client.GetKey(ctx, name, version, nil)
		return r.KeyBundle, err
	})
}

// Attestation fetches what a Managed HSM attests of one version of a key; nil
// where the service attests nothing. A Key Vault is not even asked.
func (v *vault) Attestation(ctx context.Context, name, version string) (*keyvault.Attestation, error) {
	if v.kind == keyvault.KeyVault {
		return nil, checkName(name, version)
	}
	var out *keyvault.Attestation
	_, err := v.keyOf(ctx, action{name: "read", key: name, version: version}, func(ctx context.Context) (azkeys.KeyBundle, error) {
		r, err := v.client.GetKeyAttestation(ctx, name, version, nil)
		out = attestation(r.KeyBundle)
		return r.KeyBundle, err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// keyOf makes a request that is answered with a key, and checks that the
// answer is about the key that was asked for.
func (v *vault) keyOf(ctx context.Context, a action, do func(context.Context) (azkeys.KeyBundle, error)) (k keyvault.Key, err error) {
	if err := checkName(a.key, a.version); err != nil {
		return k, err
	}
	err = v.attempt(ctx, a, func(ctx context.Context) error {
		b, err := do(ctx)
		if err != nil {
			return err
		}
		k, err = v.key(a, b)
		return err
	})
	return k, err
}

// Limits of a version list: a Managed HSM has at most 100 versions of a key,
// a Key Vault has no such limit.
const (
	maxPages    = 400
	maxVersions = 10000
)

// Versions lists all versions of a live key, newest first.
func (v *vault) Versions(ctx context.Context, name string) ([]keyvault.Version, error) {
	if err := checkName(name, ""); err != nil {
		return nil, err
	}
	a := action{name: "list", key: name}
	var all []keyvault.Version
	pager := v.client.NewListKeyPropertiesVersionsPager(name, nil)
	for pages := 0; pager.More(); pages++ {
		var lines []*azkeys.KeyProperties
		err := v.attempt(ctx, a, func(ctx context.Context) error {
			page, err := pager.NextPage(ctx)
			lines = page.Value
			return err
		})
		if p := asProblem(err); p != nil && p.Code == keyvault.NotFound {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		for _, line := range lines {
			version, err := v.version(a, line)
			if err != nil {
				return nil, err
			}
			all = append(all, version)
		}
		if pages == maxPages || len(all) > maxVersions {
			return nil, hostile("a list of versions does not end")
		}
	}
	slices.SortStableFunc(all, newestFirst)
	return all, nil
}

// newestFirst sorts by time of creation; the service gives whole seconds, so
// versions of one second are put in the order of their ids.
func newestFirst(a, b keyvault.Version) int {
	at := func(v keyvault.Version) int64 {
		if v.Created == nil {
			return 0
		}
		return v.Created.Unix()
	}
	return cmp.Or(cmp.Compare(at(b), at(a)), cmp.Compare(a.Version, b.Version))
}

// Deleted reports a deleted key that still reserves its name, or nil.
func (v *vault) Deleted(ctx context.Context, name string) (*keyvault.Deleted, error) {
	if err := checkName(name, ""); err != nil {
		return nil, err
	}
	var d *keyvault.Deleted
	a := action{name: "read", key: name}
	err := v.attempt(ctx, a, func(ctx context.Context) error {
		r, err := v.client.GetDeletedKey(ctx, name, nil)
		if err != nil {
			return err
		}
		d, err = v.deleted(a, r.DeletedKey)
		return err
	})
	if p := asProblem(err); p != nil && p.Code == keyvault.NotFound {
		return nil, nil
	}
	return d, err
}

// Disable sets enabled to false on one version and reads it back.
func (v *vault) Disable(ctx context.Context, name, version string) (keyvault.Key, error) {
	a := action{name: "update", key: name, version: version, write: true}
	_, err := v.keyOf(ctx, a, func(ctx context.Context) (azkeys.KeyBundle, error) {
		r, err := v.client.UpdateKey(ctx, name, version, azkeys.UpdateKeyParameters{
			KeyAttributes: &azkeys.KeyAttributes{Enabled: new(false)},
		}, nil)
		return r.KeyBundle, err
	})
	if err != nil {
		return keyvault.Key{}, err
	}
	k, err := v.Get(ctx, name, version)
	if err == nil && k.Enabled {
		err = unchanged("The key " + a.object() + " is still enabled.")
	}
	return k, err
}

// How Delete and Purge wait for what they did to be seen.
const (
	pollEvery = 2 * time.Second
	pollLimit = 5 * time.Minute
)

// Delete deletes all versions of a key and waits until the deleted key can be
// seen.
func (v *vault) Delete(ctx context.Context, name string) (*keyvault.Deleted, error) {
	if err := checkName(name, ""); err != nil {
		return nil, err
	}
	err := v.attempt(ctx, action{name: "delete", key: name, write: true}, func(ctx context.Context) error {
		_, err := v.client.DeleteKey(ctx, name, nil)
		return err
	})
	if err != nil {
		return nil, err
	}
	var d *keyvault.Deleted
	err = v.poll(ctx, "The vault is deleting "+name+".", func() (done bool, err error) {
		d, err = v.Deleted(ctx, name)
		return d != nil, err
	})
	return d, err
}

// Purge removes a deleted key for good, and waits until it is gone.
func (v *vault) Purge(ctx context.Context, name string) error {
	if err := checkName(name, ""); err != nil {
		return err
	}
	err := v.attempt(ctx, action{name: "purge", key: name, write: true}, func(ctx context.Context) error {
		_, err := v.client.PurgeDeletedKey(ctx, name, nil)
		return err
	})
	if err != nil {
		return err
	}
	return v.poll(ctx, "The vault is purging "+name+".", func() (done bool, err error) {
		d, err := v.Deleted(ctx, name)
		return d == nil, err
	})
}

// poll asks again and again until what was done can be seen.
func (v *vault) poll(ctx context.Context, what string, seen func() (bool, error)) error {
	for waited := time.Duration(0); ; waited += pollEvery {
		done, err := seen()
		if done || err != nil {
			return err
		}
		if waited >= pollLimit {
			return unchanged(what + " It is not done yet.")
		}
		v.progress(what, waited)
		if err := v.conf.Sleep(ctx, pollEvery); err != nil {
			return cancelled(action{write: true}, err)
		}
	}
}

// unchanged says that the vault accepted something and does not show it.
func unchanged(title string) error {
	return &keyvault.Problem{
		Code: keyvault.ServiceFault, Title: title, Unknown: true,
		Meaning: "The vault accepted the request, and does not show its effect.",
		Remedy:  "Wait a few minutes, then repeat the step.",
		Err:     errors.New("read back: not as asked"),
	}
}

// checkName keeps slashes and the like out of addresses.
func checkName(name, version string) error {
	if !keyName.MatchString(name) {
		return configProblem(fmt.Sprintf("a key's name is 1 to 127 of 0-9, A-Z, a-z and -, not %q", printable(name, 140)), nil)
	}
	if version != "" && !keyVersion.MatchString(version) {
		return configProblem("a key's version is 32 hex digits", nil)
	}
	return nil
}
