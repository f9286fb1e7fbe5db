package inspect

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/keyceremony/ceremony/byok"
)

// has tells whether the text has one of several words, in any case.
func (s *subject) has(words ...string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(s.text, strings.ToLower(w)) })
}

// hasAll tells whether the text has all of them.
func (s *subject) hasAll(words ...string) bool {
	return !slices.ContainsFunc(words, func(w string) bool { return !s.has(w) })
}

// failed is the finding of a check of the blob that does not hold, as text.
func (s *subject) failed(id string) string {
	f := s.finding(id)
	if f.OK || f.NotChecked {
		return ""
	}
	return f.Found + ". " + f.Meaning
}

func seenRaw(s *subject) sight {
	whole, length := s.failed(byok.CheckJSON), s.failed(byok.CheckLength)
	return when(strings.Contains(whole, "length of a ciphertext") || strings.Contains(length, "PKCS#1") || strings.Contains(length, "SEC 1") ||
		s.has("-----begin rsa private key", "-----begin ec private key"))
}

func seenEncoding(s *subject) sight {
	f := s.failed(byok.CheckCiphertext)
	return when(strings.Contains(f, "BASE64URL(") || strings.Contains(f, "standard base64"))
}

func seenECFlags(s *subject) sight {
	az := s.hasAll("key import", "az ") && s.has("--kty ec-hsm", "--kty=ec-hsm", "--curve-name") ||
		s.hasAll("key import", "--curve p-") && !s.has("--kty ec")
	shell := s.hasAll("add-azkeyvaultkey", "-curvename") && !s.has("-keytype ec")
	return when(az || shell)
}

func seenOct(s *subject) sight {
	answered := s.has("invalid kty value: oct", "keytypenotsupported")
	typed := s.hasAll("key import", "--vault-name", "--kty oct")
	return when(answered || typed || aesForVault(s))
}

func aesForVault(s *subject) bool {
	return s.holdsOnly(byok.KindAES) && strings.Contains(s.host(), ".vault.")
}

var all = []string{"decrypt", "encrypt", "sign", "unwrapKey", "verify", "wrapKey"}

func seenOps(s *subject) sight {
	if s.has("unsupported key operation") {
		return wrong
	}
	if s.bundle == nil {
		return absent
	}
	ops := s.bundle.ops()
	if strings.HasPrefix(s.bundle.Key.Kty, "EC") && slices.ContainsFunc(ops, func(op string) bool { return op != "sign" && op != "verify" }) {
		return wrong
	}
	slices.Sort(ops)
	return whenWorth(strings.Contains(s.bundle.Key.KID, ".managedhsm.") && slices.Equal(ops, all))
}

func seenTerraform(s *subject) sight {
	return when(s.has("azurerm_key_vault_key", "azurerm_key_vault_managed_hardware_security_module_key") && s.has(`"import"`))
}

func seenGo(s *subject) sight { return whenWorth(s.hasAll("package ", "azkeys", "importkey")) }

func seenWebKey(s *subject) sight {
	b := s.bundle
	return when(s.has("valid jsonwebkey") || b != nil && strings.HasPrefix(b.Key.Kty, "EC") && b.Key.Crv == "")
}

func seenRoles(s *subject) sight {
	return when(s.has("not authorized to access microsoft.keyvault/managedhsm", "forbiddenbyrbac", "caller is not authorized to perform action"))
}

// version is a version number in a text; its first two parts.
var version = regexp.MustCompile(`(?:^|[^.\d])(\d{1,3})\.(\d{1,3})`)

func seenLuna(s *subject) sight {
	is4096 := slices.ContainsFunc(s.fits, func(f fit) bool { return f.key == byok.RSA4096 })
	return when(s.blob != nil && is4096 && oldLuna(s.blob.Generator))
}

// oldLuna reads the last version that stands behind the name of the HSM.
func oldLuna(generator string) bool {
	lower := strings.ToLower(generator)
	at := max(strings.LastIndex(lower, "luna"), strings.LastIndex(lower, "safenet"))
	if at < 0 {
		return false
	}
	list := version.FindAllStringSubmatch(lower[at:], -1)
	if len(list) == 0 {
		return false
	}
	last := list[len(list)-1]
	major, _ := strconv.Atoi(last[1]) // digits alone
	minor, _ := strconv.Atoi(last[2])
	return major < 7 || major == 7 && minor < 4
}

func seenPlain(s *subject) sight {
	inBlob := strings.Contains(s.failed(byok.CheckCiphertext)+s.failed(byok.CheckJSON), "not encrypted")
	return when(inBlob || s.bundle != nil && s.bundle.secret() || s.has("-----begin private key", "-----begin rsa private key", "-----begin ec private key"))
}

// seenKEKSize: P-256 under 2048 bits is as long as AES-128 under 3072, which a
// Key Vault does not take; both are then named.
func seenKEKSize(s *subject) sight {
	if s.lint == nil || s.failed(byok.CheckLength) == "" && !aesForVault(s) {
		return absent
	}
	return when(slices.ContainsFunc(fitting(s.file, 0), func(f fit) bool { return !slices.Contains(s.fits, f) }))
}

func seenLegacy(s *subject) sight {
	return when(strings.Contains(s.failed(byok.CheckJSON), "nCipher") && strings.Contains(s.failed(byok.CheckJSON), "package") ||
		s.has("keytransferremote", "keytransferpackage"))
}

func seenKID(s *subject) sight {
	b := s.bundle
	short := false
	if b != nil && b.Key.KID != "" {
		_, err := byok.ParseKID(b.Key.KID)
		short = err != nil
	}
	return when(s.failed(byok.CheckKID) != "" || s.failed(byok.CheckKEK) != "" || short)
}

func seenNeverLeaves(s *subject) sight {
	return whenWorth(s.moved || s.has("never leaves the hsm", "never leaves an hsm", "never leave the hsm"))
}
