package azure

import (
	"context"

	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azkeys"

	"github.com/keyceremony/ceremony/keyvault"
)

// Sign signs a digest with one version of a key; alg is of RFC 7518.
func (v *vault) Sign(ctx context.Context, name, version, alg string, digest []byte) ([]byte, error) {
	return v.operate(ctx, action{name: "sign", key: name, version: version}, func(ctx context.Context) (azkeys.KeyOperationResult, error) {
		r, err := v.client.Sign(ctx, name, version, azkeys.SignParameters{
			Algorithm: new(azkeys.SignatureAlgorithm(alg)), Value: digest,
		}, nil)
		return r.KeyOperationResult, err
	})
}

// Verify lets the vault verify a signature over a digest.
func (v *vault) Verify(ctx context.Context, name, version, alg string, digest, signature []byte) (valid bool, err error) {
	if err := checkName(name, version); err != nil {
		return false, err
	}
	err = v.attempt(ctx, action{name: "verify", key: name, version: version}, func(ctx context.Context) error {
		r, err := v.client.Verify(ctx, name, version, azkeys.VerifyParameters{
			Algorithm: new(azkeys.SignatureAlgorithm(alg)), Digest: digest, Signature: signature,
		}, nil)
		valid = isTrue(r.Value)
		return err
	})
	return valid, err
}

// Encrypt encrypts with one version of a key.
func (v *vault) Encrypt(ctx context.Context, name, version string, op keyvault.CryptoParams) ([]byte, error) {
	return v.operate(ctx, action{name: "encrypt", key: name, version: version}, func(ctx context.Context) (azkeys.KeyOperationResult, error) {
		r, err := v.client.Encrypt(ctx, name, version, params(op), nil)
		return r.KeyOperationResult, err
	})
}

// Decrypt decrypts with one version of a key.
func (v *vault) Decrypt(ctx context.Context, name, version string, op keyvault.CryptoParams) ([]byte, error) {
	return v.operate(ctx, action{name: "decrypt", key: name, version: version}, func(ctx context.Context) (azkeys.KeyOperationResult, error) {
		r, err := v.client.Decrypt(ctx, name, version, params(op), nil)
		return r.KeyOperationResult, err
	})
}

// Wrap wraps a key with one version of a key.
func (v *vault) Wrap(ctx context.Context, name, version string, op keyvault.CryptoParams) ([]byte, error) {
	return v.operate(ctx, action{name: "wrap", key: name, version: version}, func(ctx context.Context) (azkeys.KeyOperationResult, error) {
		r, err := v.client.WrapKey(ctx, name, version, params(op), nil)
		return r.KeyOperationResult, err
	})
}

// Unwrap unwraps a key with one version of a key.
func (v *vault) Unwrap(ctx context.Context, name, version string, op keyvault.CryptoParams) ([]byte, error) {
	return v.operate(ctx, action{name: "unwrap", key: name, version: version}, func(ctx context.Context) (azkeys.KeyOperationResult, error) {
		r, err := v.client.UnwrapKey(ctx, name, version, params(op), nil)
		return r.KeyOperationResult, err
	})
}

func params(op keyvault.CryptoParams) azkeys.KeyOperationParameters {
	return azkeys.KeyOperationParameters{
		Algorithm: new(azkeys.EncryptionAlgorithm(op.Alg)), IV: op.IV, Value: op.Data,
	}
}

// operate makes an operation on data, and checks which key performed it.
func (v *vault) operate(ctx context.Context, a action, do func(context.Context) (azkeys.KeyOperationResult, error)) (out []byte, err error) {
	if err := checkName(a.key, a.version); err != nil {
		return nil, err
	}
	err = v.attempt(ctx, a, func(ctx context.Context) error {
		r, err := do(ctx)
		if err != nil {
			return err
		}
		if r.KID == nil {
			return hostile("a result does not say by which key")
		}
		out = r.Result
		_, err = v.kid(a, string(*r.KID))
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}
