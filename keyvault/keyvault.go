// Package keyvault says what a key ceremony asks of Azure Key Vault and Azure
// Managed HSM.
//
// keyvault/azure implements Vault over the Azure SDK; keyvault/rehearsal is a
// service that answers that SDK over real HTTPS, for rehearsals and tests.
package keyvault

import (
	"context"
	"time"

	"github.com/keyceremony/ceremony/byok"
)

// A Vault is one Key Vault or Managed HSM that somebody is signed in to.
// Errors are *Problem.
type Vault interface {
	// Info tells which vault this is, and as whom we speak to it.
	Info(ctx context.Context) (Info, error)

	// CreateKEK makes an RSA-HSM key whose only operation is import.
	CreateKEK(ctx context.Context, name string, p KEKParams) (Key, error)

	// Import sends a key transfer blob (the bytes of the .byok file).
	Import(ctx context.Context, name string, p ImportParams) (Key, error)

	// Get reads one version of a key; an empty version is the latest.
	Get(ctx context.Context, name, version string) (Key, error)

	// Attestation fetches what a Managed HSM attests of one version of a key;
	// nil where the service attests nothing, as every Key Vault does.
	Attestation(ctx context.Context, name, version string) (*Attestation, error)

	// Versions lists all versions of a live key, newest first; a name that
	// does not exist has none.
	Versions(ctx context.Context, name string) ([]Version, error)

	// Deleted reports a deleted key that still reserves its name, or nil.
	Deleted(ctx context.Context, name string) (*Deleted, error)

	// Disable sets enabled to false on one version and reads it back.
	Disable(ctx context.Context, name, version string) (Key, error)

	// Delete deletes all versions of a key and waits until the deleted key
	// can be seen.
	Delete(ctx context.Context, name string) (*Deleted, error)

	// Purge removes a deleted key for good; it fails with Forbidden where
	// purge protection is on.
	Purge(ctx context.Context, name string) error

	Sign(ctx context.Context, name, version, alg string, digest []byte) ([]byte, error)
	Verify(ctx context.Context, name, version, alg string, digest, signature []byte) (bool, error)
	Encrypt(ctx context.Context, name, version string, op CryptoParams) ([]byte, error)
	Decrypt(ctx context.Context, name, version string, op CryptoParams) ([]byte, error)
	Wrap(ctx context.Context, name, version string, op CryptoParams) ([]byte, error)
	Unwrap(ctx context.Context, name, version string, op CryptoParams) ([]byte, error)
}

// Kind tells Key Vault from Managed HSM.
type Kind string

// The two kinds of vault.
const (
	KeyVault   Kind = "Key Vault"
	ManagedHSM Kind = "Managed HSM"
)

// Info is what is known of a vault and of who is signed in.
type Info struct {
	URL       string `json:"url"`  // https://HOST, without path
	Host      string `json:"host"` // HOST[:PORT]
	Kind      Kind   `json:"kind"`
	Cloud     string `json:"cloud"`     // public, usgov, china, rehearsal
	Tenant    string `json:"tenant"`    // GUID, as the token says
	Account   string `json:"account"`   // upn, app name or app id of the token
	ObjectID  string `json:"object_id"` // oid of the token
	Method    string `json:"method"`    // how we signed in
	API       string `json:"api"`       // API version
	Rehearsal bool   `json:"rehearsal"` // the service marks itself as a rehearsal
}

// KEKParams asks for a KEK.
type KEKParams struct {
	Bits    int
	Expires time.Time
	Tags    map[string]string
}

// ImportParams asks for the import of a target key.
type ImportParams struct {
	Type byok.KeyType
	Ops  []string // JSON Web Key operations: sign, verify, encrypt, decrypt, wrapKey, unwrapKey
	Blob []byte   // the whole .byok file
	Tags map[string]string
}

// A Key is a key bundle as the vault returned it.
type Key struct {
	KID         string            `json:"kid"`
	Name        string            `json:"name"`
	Version     string            `json:"version"`
	Kty         string            `json:"kty"`
	Crv         string            `json:"crv,omitempty"`
	Ops         []string          `json:"ops"`              // sorted; the service varies the order
	Public      *byok.PublicKey   `json:"public,omitempty"` // nil for oct-HSM
	Enabled     bool              `json:"enabled"`
	NotBefore   *time.Time        `json:"not_before,omitempty"`
	Expires     *time.Time        `json:"expires,omitempty"`
	Created     *time.Time        `json:"created,omitempty"`
	Exportable  bool              `json:"exportable"`
	Release     bool              `json:"release_policy"` // has a release policy
	HSMPlatform string            `json:"hsm_platform,omitempty"`
	Recovery    string            `json:"recovery_level,omitempty"`
	Tags        map[string]string `json:"tags,omitempty"`

	// Findings are what a rehearsal vault accepted at an import although the
	// real service may refuse it, as "pkcs8.trailing-zeros=3".
	Findings []string `json:"findings,omitempty"`
}

// Attestation is a Managed HSM's attestation of a key, as it was returned:
// nothing of it is verified here.
type Attestation struct {
	Version      string `json:"version"`      // MRVL-1
	Certificates []byte `json:"certificates"` // PEM
	Private      []byte `json:"private"`      // the signed attributes of the private or secret key
	Public       []byte `json:"public,omitempty"`
}

// A Version is one line of a key's version list.
type Version struct {
	Version string            `json:"version"`
	Enabled bool              `json:"enabled"`
	Created *time.Time        `json:"created,omitempty"`
	Tags    map[string]string `json:"tags,omitempty"`
}

// A Deleted key reserves its name until it is purged.
type Deleted struct {
	KID     string     `json:"kid"`
	Deleted *time.Time `json:"deleted,omitempty"`
	Purge   *time.Time `json:"scheduled_purge,omitempty"`
}

// CryptoParams are the inputs of an operation on data.
type CryptoParams struct {
	Alg  string // RSA-OAEP, RSA-OAEP-256, A256CBC, A256KW, …
	IV   []byte
	Data []byte
}

// Progress tells a person what a long operation awaits.
type Progress func(what string, elapsed time.Duration)
