package attest

import (
	"bytes"
	"crypto/x509"
	"fmt"
	"math/big"
	"regexp"
	"strings"

	"github.com/keyceremony/ceremony/byok"
	"github.com/keyceremony/ceremony/keyvault"
)

// Attributes of PKCS #11 v2.40 that are read.
const (
	ckaClass       = 0x000
	ckaKeyType     = 0x100
	ckaID          = 0x102
	ckaSensitive   = 0x103
	ckaModulus     = 0x120
	ckaExponent    = 0x122
	ckaExtractable = 0x162
	ckaLocal       = 0x163
	ckaNever       = 0x164
	ckaAlways      = 0x165
)

const (
	classPublic  = 2
	classPrivate = 3
	classSecret  = 4
	typeRSA      = 0
)

var classes = map[byte]string{classPublic: "public key", classPrivate: "private key", classSecret: "secret key"}

var keyTypes = map[byte]string{typeRSA: "RSA", 3: "EC", 0x1f: "AES", 0x10: "generic secret"}

// number is the value of an attribute of one byte.
func (o object) number(id uint32) (byte, bool) {
	if v := o[id]; len(v) == 1 {
		return v[0], true
	}
	return 0, false
}

func (o object) is(class byte) bool {
	c, ok := o.number(ckaClass)
	return ok && c == class
}

// objects reads both halves. public is nil for a secret key.
func (v *verifier) objects(partition *x509.Certificate, a *keyvault.Attestation) (private, public object, ok bool) {
	const wanted = "attributes of a key in one of the two known forms"
	sig := partition.PublicKey.(interface{ Size() int }).Size()
	private, form, err := half(a.Private, sig, classPrivate, classSecret)
	if err == nil && len(a.Public) > 0 {
		public, _, err = half(a.Public, sig, classPublic)
	}
	if err != nil {
		v.check(CheckForm, false, err.Error(), wanted, "An HSM signed it, and this program does not understand it. Use a newer version of the program.")
		return nil, nil, false
	}
	v.check(CheckForm, true, fmt.Sprintf("%s, %d attributes of the private half and %d of the public", form, len(private), len(public)), wanted, "")
	return private, public, true
}

// half takes the object of a class out of a blob.
func half(blob []byte, sig int, classes ...byte) (object, string, error) {
	list, form, err := parseBlob(blob, sig)
	if err != nil {
		return nil, "", err
	}
	for _, class := range classes {
		for _, o := range list {
			if o.is(class) {
				return o, form, nil
			}
		}
	}
	return nil, "", fmt.Errorf("no key of the wanted class: %w", errForm)
}

func (o object) String() string {
	class, _ := o.number(ckaClass)
	kind, _ := o.number(ckaKeyType)
	return keyTypes[kind] + " " + classes[class]
}

func (v *verifier) kind(private, public object) {
	kind, ok := private.number(ckaKeyType)
	isRSA := ok && kind == typeRSA && private.is(classPrivate) && public != nil
	found := private.String()
	if public != nil {
		found += " and " + public.String()
	}
	v.check(CheckKind, isRSA, found, "RSA private key and RSA public key", "A KEK is a pair of RSA keys; this is the attestation of another key.")
	if v.want.Imported {
		v.note() // a target key may be anything
	}
}

// pair: one swapped half would attest the attributes of another key.
func (v *verifier) pair(private, public object) {
	const wanted = "one modulus, exponent and identifier in both halves"
	if public == nil {
		v.skip(CheckPair, wanted, "a secret key has no public half")
		return
	}
	same := true
	var differ []string
	for _, a := range []struct {
		id   uint32
		name string
	}{{ckaModulus, "modulus"}, {ckaExponent, "exponent"}, {ckaID, "identifier"}, {ckaKeyType, "type"}} {
		if !bytes.Equal(private[a.id], public[a.id]) {
			same, differ = false, append(differ, a.name)
		}
	}
	found := "the same in both"
	if !same {
		found = "the halves differ in " + strings.Join(differ, ", ")
	}
	v.check(CheckPair, same, found, wanted, "The two halves are of different keys. Do not use the key.")
}

// key binds the attestation to the public key in hand: what the file says of
// itself would bind it to nothing.
func (v *verifier) key(private object) {
	const wanted = "the public key in hand"
	if v.want.Key == nil {
		v.skip(CheckKey, wanted, "no public key was given to compare it with")
		return
	}
	n, e := new(big.Int).SetBytes(private[ckaModulus]), new(big.Int).SetBytes(private[ckaExponent])
	same := n.Cmp(v.want.Key.N) == 0 && e.IsInt64() && e.Int64() == int64(v.want.Key.E)
	v.check(CheckKey, same, modulus(n), modulus(v.want.Key.N),
		"The attestation is of another key than the public key in hand. One of them was exchanged: stop, and find out which.")
}

// modulus shows the ends of a modulus.
func modulus(n *big.Int) string {
	h := fmt.Sprintf("%x", n)
	if len(h) > 24 {
		h = h[:12] + "..." + h[len(h)-12:] // ASCII: it stands in records
	}
	return fmt.Sprintf("RSA-%d, modulus %s", n.BitLen(), h)
}

var attestedID = regexp.MustCompile(`^/keys/([0-9A-Za-z-]{1,127})/([0-9a-f]{32})$`)

// identifier is what the HSM signed as name and version of the key.
func (o object) identifier() (name, version string) {
	if m := attestedID.FindSubmatch(bytes.TrimRight(o[ckaID], "\x00")); m != nil {
		return string(m[1]), string(m[2])
	}
	return "", ""
}

// kid compares name and version. The vault's host is in no attestation.
func (v *verifier) kid(private object) {
	name, version := private.identifier()
	found := "/keys/" + name + "/" + version
	if version == "" {
		v.check(CheckKID, false, shown(string(bytes.TrimRight(private[ckaID], "\x00"))), "/keys/NAME/VERSION", "The HSM's identifier of the key has no known form.")
		return
	}
	if v.want.KID == "" {
		v.skip(CheckKID, "the key's name and version", "they were not given. The HSM signed "+found)
		return
	}
	kid, err := byok.ParseKID(v.want.KID)
	v.check(CheckKID, err == nil && kid.Name == name && kid.Version == version, found, "/keys/"+kid.Name+"/"+kid.Version,
		"The attestation is of another key, or of another version of this one. Fetch that of the version that is used.")
}

// attributes reads what the HSM says that can and could be done with the
// private half.
func (v *verifier) attributes(o object) {
	v.flag(o, CheckNotExtractable, false, "The private half can leave the HSM. Do not use the key.", ckaExtractable)
	v.flag(o, CheckSensitive, true, "The private half can be read from the HSM. Do not use the key.", ckaSensitive)
	v.flag(o, CheckLocal, true, "The key was not made in this HSM. Whoever made it may have it still.", ckaLocal)
	if v.want.Imported {
		v.note()
	}
	v.flag(o, CheckNever, true, "The private half could leave the HSM, or be read, at some time. Copies may be anywhere.", ckaNever, ckaAlways)
	if v.want.Imported {
		v.note()
	}
	v.ops(o)
}

var attributeNames = map[uint32]string{
	ckaExtractable: "CKA_EXTRACTABLE", ckaSensitive: "CKA_SENSITIVE", ckaLocal: "CKA_LOCAL",
	ckaNever: "CKA_NEVER_EXTRACTABLE", ckaAlways: "CKA_ALWAYS_SENSITIVE",
}

func (v *verifier) flag(o object, id string, wanted bool, meaning string, attrs ...uint32) {
	ok := true
	var found, want []string
	for _, a := range attrs {
		value, is := o.number(a)
		words := map[bool]string{true: "true", false: "false"}
		switch {
		case !is || value > 1:
			found, ok = append(found, attributeNames[a]+" missing"), false
		default:
			found, ok = append(found, attributeNames[a]+" "+words[value == 1]), ok && (value == 1) == wanted
		}
		want = append(want, attributeNames[a]+" "+words[wanted])
	}
	v.check(id, ok, strings.Join(found, ", "), strings.Join(want, ", "), meaning)
}

// usages are the attributes that allow the private half to be used. What a KEK
// of Azure shows here is nowhere documented: the check is a note.
var usages = []struct {
	id   uint32
	name string
}{{0x104, "encrypt"}, {0x105, "decrypt"}, {0x106, "wrap"}, {0x107, "unwrap"}, {0x108, "sign"}, {0x109, "sign recover"}, {0x10c, "derive"}}

func (v *verifier) ops(o object) {
	var may []string
	for _, u := range usages {
		if value, ok := o.number(u.id); ok && value != 0 {
			may = append(may, u.name)
		}
	}
	found, wanted := strings.Join(may, ", "), "unwrap"
	if v.want.Imported {
		wanted = "any"
	}
	v.check(CheckOps, v.want.Imported || found == wanted, "the HSM lets it "+found, "the HSM lets it "+wanted,
		"Of a KEK one would expect that it may only unwrap. The vault's own list of operations decides what it does.")
	v.note()
}
