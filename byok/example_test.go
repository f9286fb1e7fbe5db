package byok_test

import (
	"fmt"

	"github.com/keyceremony/ceremony/byok"
)

// A person brings a file in which the placeholder of the documentation was
// left around the ciphertext.
func ExampleLint() {
	file := []byte(`{
	  "schema_version": "1.0.0",
	  "header": {
	    "kid": "https://contoso.vault.azure.net/keys/kek/0123456789abcdef0123456789abcdef",
	    "alg": "dir",
	    "enc": "CKM_RSA_AES_KEY_WRAP"
	  },
	  "ciphertext": "BASE64URL(AAAA)",
	  "generator": "by hand"
	}`)
	for _, f := range byok.Lint(file, byok.Expect{VaultHost: "contoso.vault.azure.net", KEKBits: 4096, Type: byok.RSA2048}) {
		switch {
		case f.OK:
			fmt.Println(f.Check, "holds")
		case f.NotChecked:
			fmt.Println(f.Check, "is not checked")
		default:
			fmt.Printf("%s fails: found %s, wanted %s\n", f.Check, f.Found, f.Wanted)
		}
	}
	// Output:
	// blob.json holds
	// blob.members holds
	// blob.schema holds
	// blob.alg holds
	// blob.enc holds
	// blob.kid holds
	// blob.kek holds
	// blob.ciphertext fails: found a text such as BASE64URL(…), wanted base64url (RFC 4648, 5) without padding
	// blob.length is not checked
	// blob.generator holds
}

func ExampleParseKEK() {
	_, err := byok.ParseKEK([]byte("-----BEGIN RSA PUBLIC KEY-----\n-----END RSA PUBLIC KEY-----\n"))
	fmt.Println(err)
	// Output:
	// KEK: found RSA PUBLIC KEY (PKCS#1), wanted one PEM block PUBLIC KEY and nothing else
}
