// Package byok is the core of a key transfer: the Key Exchange Key (KEK), the
// target key, and the key transfer blob (.byok) that carries one under the
// other into Azure Key Vault or Managed HSM.
//
// A ceremony reads the KEK with ParseKEK, has an HSM wrap the target key,
// writes the result with Blob.Encode and checks it with Lint. Unwrap and
// PrivateKey are for keys that may be known to software: probes of an HSM with
// throw-away keys, the rehearsal vault, and tests.
//
// The package is pure: no files, no clock, no network. What it refuses it
// explains as found and wanted (FormatError, Finding), and no error holds a
// key, a plaintext or the contents of a file.
//
// The blob is Microsoft's "Bring your own key specification", version 1.0.0.
package byok
