package inspect

const noText = "It refuses the import with 400; the text of its error is published nowhere."

// problems are what users of Azure BYOK reported in public, in the order of
// their numbers.
var problems = []Problem{
	{
		Number: 1, ID: "raw-ciphertext", Title: "The ciphertext was brought without the blob around it, or the key was not PKCS#8 before it was wrapped.",
		Azure: noText,
		Why:   "The service takes the JSON of the BYOK specification alone, and inside the ciphertext PKCS#8 (raw bytes for AES): OpenSSL makes neither by itself.",
		Do:    "Convert the key with openssl pkcs8 -topk8 -nocrypt before wrapping it. Wrap with RSA-OAEP (SHA-1, MGF1 with SHA-1), a 32-byte AES key, and AES key wrap with padding (RFC 5649, which begins with A65959A6). Put both parts, one after the other, into the JSON as base64url.",
		seen:  seenRaw,
	},
	{
		Number: 2, ID: "encoding", Title: "The ciphertext is written as documents write it, BASE64URL(…), or in standard base64.",
		Azure: noText,
		Why:   "The word and the brackets are a description. And base64url has - and _ where base64 has + and /.",
		Do:    "Put the encoded bytes alone between the quotes, in base64url.",
		seen:  seenEncoding,
	},
	{
		Number: 3, ID: "ec-flags", Title: "An EC key is imported with the flags for RSA, or with flags that do not exist.",
		Azure: "The command refuses the flags, or the service refuses the blob, because an EC key is inside and an RSA key was announced.",
		Why:   "The blob does not say what key it holds, so the caller must. Documents name --kty EC-HSM and --curve-name, which the Azure CLI does not have; the portal cannot import EC keys from a blob.",
		Do:    "az keyvault key import --kty EC --curve P-256 --byok-file FILE; in PowerShell Add-AzKeyVaultKey -KeyType EC -CurveName P-256.",
		seen:  seenECFlags,
	},
	{
		Number: 4, ID: "oct", Title: "An AES key is sent to a Key Vault.",
		Azure: "400 BadParameter, \"Invalid kty value: oct\" (KeyTypeNotSupported).",
		Why:   "Documents allow AES keys from a blob in a Managed HSM alone.",
		Do:    "Use a Managed HSM: its own KEK, and az keyvault key import --hsm-name HSM --kty oct.",
		seen:  seenOct,
	},
	{
		Number: 5, ID: "operations", Title: "The key has other operations than were asked for, or ones that its type does not have.",
		Azure: "For an EC key: \"Unsupported key operation(s) … Supported values are sign, verify\". For a Managed HSM some versions of PowerShell drop -KeyOps without a word.",
		Why:   "Where no operations arrive the service gives the key all of them. An EC key signs and verifies, and nothing else: it cannot wrap, and so is no key for disk or database encryption.",
		Do:    "Name the operations, and read them back after the import: az keyvault key show --query key.keyOps. Change them with az keyvault key set-attributes --ops.",
		seen:  seenOps,
	},
	{
		Number: 6, ID: "terraform", Title: "Terraform shall make the KEK.",
		Azure: "Nothing: Terraform refuses before it asks. Its resources know no operation import.",
		Why:   "The provider azurerm has a fixed list of operations for azurerm_key_vault_key and for the keys of a Managed HSM.",
		Do:    "Make the KEK in the ceremony, or with az keyvault key create --kty RSA-HSM --ops import. Keep it out of Terraform: it lives for a day.",
		seen:  seenTerraform,
	},
	{
		Number: 7, ID: "go-client", Title: "A Go program imports a blob, and there is no example of it.",
		Azure: "It takes the key if the program sends the bytes of the whole .byok file.",
		Why:   "In azkeys the field is JSONWebKey.T (key_hsm): the raw bytes of the file. The client encodes them; kty, and crv for EC, must be set beside it.",
		Do:    "client.ImportKey(ctx, name, azkeys.ImportKeyParameters{Key: &azkeys.JSONWebKey{Kty: to.Ptr(azkeys.KeyTypeRSAHSM), T: file}}, nil)",
		seen:  seenGo,
	},
	{
		Number: 8, ID: "jsonwebkey", Title: "\"The property key must be a valid JsonWebKey object\": a member of the request is missing.",
		Azure: "400 BadParameter with just these words, whatever is missing.",
		Why:   "Mostly crv of an EC key is empty: Go's own curves have no name for P-256K. Or kty is missing, or key_hsm is there together with a plain key.",
		Do:    "Send kty with -HSM at its end, crv for EC, key_hsm, and no n, d, x or k.",
		seen:  seenWebKey,
	},
	{
		Number: 9, ID: "roles", Title: "The account has a role, but not the right one.",
		Azure: "403, \"Not authorized to access Microsoft.KeyVault/managedHsm/…\" or ForbiddenByRbac.",
		Why:   "In a Managed HSM the Administrator and the Crypto Officer make no keys: Managed HSM Crypto User does, as a local role. In a Key Vault it is Key Vault Crypto Officer. New assignments need minutes.",
		Do:    "Assign that role for this vault, wait some minutes, and try again.",
		seen:  seenRoles,
	},
	{
		Number: 10, ID: "luna-4096", Title: "An RSA key of 4096 bits was wrapped by a Luna HSM with firmware before 7.4.0.",
		Azure: noText,
		Why:   "Thales names this a known issue: such a blob is not good.",
		Do:    "Update the HSM's firmware to 7.4.0 or later and wrap the key again.",
		seen:  seenLuna,
	},
	{
		Number: 11, ID: "plain-key", Title: "A key in the clear is sent where an HSM key is wanted.",
		Azure: "It refuses a plain key of kty EC-HSM, RSA-HSM or oct-HSM; a plain key of kty RSA or EC becomes a software key.",
		Why:   "An HSM key comes in a key transfer blob alone.",
		Do:    "Treat the key as disclosed. Make a new one in an HSM and wrap it there.",
		seen:  seenPlain,
	},
	{
		Number: 12, ID: "kek-size", Title: "The blob was made for a KEK of another size.",
		Azure: noText,
		Why:   "Tools and examples take 2048 bits for granted. The first part of the ciphertext is as long as the KEK: 256, 384 or 512 bytes.",
		Do:    "Tell the tool the size of the KEK, and wrap the key again under this one.",
		seen:  seenKEKSize,
	},
	{
		Number: 13, ID: "legacy", Title: "The package is of the earlier nCipher method.",
		Azure: "It refuses it: the method has been switched off since 2021.",
		Why:   "Files of KeyTransferRemote.exe end in .byok too, but are no key transfer blobs.",
		Do:    "Make a KEK in the vault and wrap the key under it by the present method.",
		seen:  seenLegacy,
	},
	{
		Number: 14, ID: "kid", Title: "The kid names no version, another vault, or another KEK.",
		Azure: noText,
		Why:   "The vault unwraps with the one key that the kid names. Without a version that is whichever is the latest; in another vault there is no such key.",
		Do:    "Take the whole kid from az keyvault key show --query key.kid, and wrap the key again if it was wrapped under another one.",
		seen:  seenKID,
	},
	{
		Number: 15, ID: "never-leaves", Title: "\"The key never leaves the HSM\" is said of a key that came in a blob.",
		Azure: "Nothing. In an attestation such a key has CKA_LOCAL false.",
		Why:   "A target key leaves its HSM once, wrapped. From then on it is in two HSMs, and the vault's cannot give it out. What was before, no attestation tells.",
		Do:    "Say it as it is: it was wrapped in one HSM for another one, under a KEK whose private half never left that other one.",
		seen:  seenNeverLeaves,
	},
}
