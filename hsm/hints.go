package hsm

import (
	"regexp"
	"slices"
	"strings"
)

// Basis says where a hint comes from.
type Basis string

// Nothing of a vendor's hardware was measured: only software that behaves as
// an HSM.
const (
	Documented Basis = "documented" // by the vendor, or in the source of the vendor's client; not tried here
	Measured   Basis = "measured"   // here, with that software
)

// A Hint is what is known of one vendor's way to wrap keys out.
type Hint struct {
	Vendor string `json:"vendor"`
	Basis  Basis  `json:"basis"`
	Text   string `json:"text"` // one or two sentences: what is the case, what to do
}

// A vendor is recognised by a word that begins with one of these, in what its
// token says of itself: manufacturer, model, or the library's manufacturer and
// description.
type vendor struct {
	name  string
	words []string
	hints []Hint // without the vendor
}

func documented(text string) Hint { return Hint{Basis: Documented, Text: text} }
func measured(text string) Hint   { return Hint{Basis: Measured, Text: text} }

var vendors = []vendor{
	{"Thales Luna", []string{"safenet", "gemalto", "luna", "chrystoki", "thales"}, []Hint{
		documented("Partition policy 1 “Allow private key wrapping” is off by default, and excludes policy 0 (cloning): CKR_CONFIG_FAILS_DEPENDENCIES. The Partition SO sets it; it needs firmware 7.1."),
		documented("For Azure: Luna 7 with firmware 7.3 or later, U700, or Cloud HSM. An RSA-4096 target needs firmware 7.4.0."),
		documented("CKM_AES_KW takes symmetric keys alone; private keys need CKM_AES_KWP (0x80000171). Without an IV some calls append one to the ciphertext: the probe sees extra bytes."),
		documented("In FIPS mode RSA keys are made by the mechanisms of FIPS 186-3: set RSAKeyGenMechRemap=1 in the client."),
	}},
	{"Entrust nShield", []string{"ncipher", "nshield", "entrust"}, []Hint{
		documented("Making token keys that can be wrapped out wants CKNFAST_OVERRIDE_SECURITY_ASSURANCES=tokenkeys; without it the making is refused."),
		documented("Softcards and operator card sets are shown with CKNFAST_LOADSHARING=1."),
		documented("CKM_AES_KEY_WRAP_PAD (0x210A) is KWP there; others have shown that on a live unit."),
		documented("Settings are read when the module is loaded, from the environment or /opt/nfast/cknfastrc: set them before this program starts."),
	}},
	{"AWS CloudHSM", []string{"cloudhsm", "cavium", "marvell"}, []Hint{
		documented("Use client SDK 5: it has CKM_RSA_AES_KEY_WRAP, and CKM_AES_KEY_WRAP_ZERO_PAD as 0x8000216F; SDK 3 has other numbers. The PIN is user:password."),
		documented("Attributes cannot be changed afterwards: close = \"unextractable\" cannot be done, plan keep or destroy. A CKA_ID is taken once."),
	}},
	{"Marvell LiquidSecurity", []string{"liquidsecurity"}, []Hint{
		documented("For Azure: firmware 2.0.4 or 3.2, or later. Nothing is known here of its settings: the probe decides."),
	}},
	{"YubiHSM 2", []string{"yubico", "yubihsm"}, []Hint{
		documented("CKM_RSA_AES_KEY_WRAP came with SDK 2.6.0. The KEK must be a public wrap key with export-wrapped, the target exportable-under-wrap; there is no way in two steps."),
		documented("The PIN is the authentication key's id as 4 hex digits, and then its password. There is no security officer: trusted wrapping is not possible."),
	}},
	{"IBM CCA", []string{"cca"}, []Hint{
		documented("CKM_RSA_AES_KEY_WRAP is for AES CIPHER keys alone, from CCA 8.2, with the access control points 03B8 and 03CD, which are off by default. There is no AES key wrap: RSA and EC keys cannot go to Azure."),
	}},
	{"IBM EP11", []string{"ep11"}, []Hint{
		documented("Its token in openCryptoki has neither CKM_RSA_AES_KEY_WRAP nor AES key wrap."),
	}},
	{"openCryptoki", []string{"opencryptoki"}, []Hint{
		measured("The software token of 3.27 wraps by CKM_RSA_AES_KEY_WRAP (there since 3.25), and by CKM_AES_KEY_WRAP_KWP (0x210B); CKM_AES_KEY_WRAP_PAD (0x210A) pads in another way. 3.8, as in Debian 12, wraps nothing for Azure and makes no EC keys."),
		measured("Trusted wrapping works in one call."),
	}},
	{"SoftHSM", []string{"softhsm"}, []Hint{
		measured("2.6.1, as in Debian 12, wraps in two steps and leaves up to 7 zero bytes behind a PKCS#8; 2.7 wraps exactly, in one call."),
		measured("Trusted wrapping works in 2.6.1: the security officer makes the wrapping key between the two steps too."),
	}},
	{"NSS softokn", []string{"nss ", "mozilla"}, []Hint{
		measured("It wraps in two steps, has no P-256K, and ignores CKA_EXTRACTABLE and CKA_WRAP_WITH_TRUSTED: no trusted wrapping, and a closed key can be wrapped again."),
	}},
	{"TPM 2.0", []string{"tpm"}, []Hint{
		measured("tpm2-pkcs11 1.9 has no mechanism that wraps: a TPM moves no key to Azure."),
	}},
	{"Kryoptic", []string{"kryoptic"}, []Hint{
		documented("Nobody can set CKA_TRUSTED (1.5.2): a key with CKA_WRAP_WITH_TRUSTED can never leave."),
	}},
	{"p11-kit", []string{"p11-kit"}, []Hint{
		measured("p11-kit-client (0.24.1) hides the mechanisms that wrap, and p11-kit-proxy shows them: name the vendor's own module."),
	}},
	{"Utimaco", []string{"utimaco"}, []Hint{
		documented("Its library reads its settings from the file that CS_PKCS11_R3_CFG names (R2: CS_PKCS11_R2_CFG). Nothing is known here of its ways of wrapping: the probe decides."),
	}},
	{"Securosys Primus", []string{"securosys", "primus"}, []Hint{
		documented("The vendor publishes a key transfer blob that Azure took. Nothing is known here of its settings: the probe decides."),
	}},
}

var notWord = regexp.MustCompile(`[^a-z0-9-]+`)

// Hints are those for the vendor of a token, by what it says of itself; nil
// where it is not recognised.
func Hints(i Info) []Hint {
	said := " " + notWord.ReplaceAllString(strings.ToLower(strings.Join([]string{i.Manufacturer, i.Model, i.Library}, " ")), " ")
	var out []Hint
	for _, v := range vendors {
		if slices.ContainsFunc(v.words, func(w string) bool { return strings.Contains(said, " "+w) }) {
			out = append(out, v.named()...)
		}
	}
	return out
}

// AllHints are those of every vendor.
func AllHints() []Hint {
	var out []Hint
	for _, v := range vendors {
		out = append(out, v.named()...)
	}
	return out
}

func (v vendor) named() []Hint {
	out := slices.Clone(v.hints)
	for i := range out {
		out[i].Vendor = v.name
	}
	return out
}
