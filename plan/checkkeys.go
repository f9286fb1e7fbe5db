package plan

import (
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"github.com/keyceremony/ceremony/byok"
)

// How a target key is left in the HSM.
const (
	Unextractable = "unextractable"
	Keep          = "keep"
	Destroy       = "destroy"
)

// Where a target key comes from.
const (
	Generate = "generate"
	Select   = "select"
)

// opsOf lists what the service lets a key of each kind do. ("import" is for
// KEKs alone, and no operation exports.)
var opsOf = map[string][]string{
	"RSA": {"decrypt", "encrypt", "sign", "unwrapKey", "verify", "wrapKey"},
	"EC":  {"sign", "verify"},
	"AES": {"decrypt", "encrypt", "unwrapKey", "wrapKey"},
}

var (
	curves = []string{"P-256", "P-384", "P-521", "P-256K"}
	sizes  = map[string][]int{"RSA": {2048, 3072, 4096}, "AES": {128, 192, 256}}
)

// keyNames collects what must be different among the target keys.
type keyNames struct{ names, labels, looks, ids, publics unique }

func (c *checker) keys() {
	seen := keyNames{unique{}, unique{}, unique{}, unique{}, unique{}}
	// Key Vault's names do not know upper from lower case.
	seen.names[strings.ToLower(c.plan.KEK.Name)] = "kek.name"
	for i, k := range c.plan.Keys {
		path := element("key", i)
		c.keyName(path, k, seen)
		c.keyKind(path, k)
		c.ops(path+".ops", k)
		c.source(path, k, seen)
		if k.Rotate != "" {
			c.kid(path+".rotate", k.Rotate, path+".name", k.Name)
		}
		c.choice(path+".close", k.Close, Unextractable, Keep, Destroy)
	}
	if len(c.plan.Keys) > maxList {
		c.bad(element("key", maxList), "is one too many, wanted at most %d target keys", maxList)
	}
}

func (c *checker) keyName(path string, k Key, seen keyNames) {
	if !objectForm.MatchString(k.Name) {
		c.bad(path+".name", "is %q, wanted 1 to 127 of 0-9 A-Z a-z -", k.Name)
	}
	seen.names.add(c, path+".name", strings.ToLower(k.Name), "name")
	c.text(path+".label", k.Label, 64)
	seen.labels.add(c, path+".label", k.Label, "label")
	seen.looks.add(c, path+".label", looksLike(k.Label), "label to the eye")
}

// keyKind holds type, size and curve together.
func (c *checker) keyKind(path string, k Key) {
	c.choice(path+".type", k.Type, "RSA", "EC", "AES")
	switch {
	case !c.fine(path + ".type"):
	case k.Type == "EC" && k.Size != 0:
		c.bad(path+".size", "is there, but an EC key has a curve, wanted no such key")
	case k.Type == "EC" && k.Curve == "":
		c.bad(path+".curve", "is missing, wanted %s", oneOf(curves))
	case k.Type == "EC":
		c.choice(path+".curve", k.Curve, curves...)
	case k.Curve != "":
		c.bad(path+".curve", "is there, but only EC keys have a curve, wanted no such key")
	case k.Size == 0:
		c.bad(path+".size", "is missing, wanted %s", numbers(sizes[k.Type]))
	case !slices.Contains(sizes[k.Type], k.Size):
		c.bad(path+".size", "is %d, wanted %s", k.Size, numbers(sizes[k.Type]))
	}
}

func numbers(list []int) string {
	words := make([]string, len(list))
	for i, n := range list {
		words[i] = strconv.Itoa(n)
	}
	return oneOf(words)
}

func (c *checker) ops(path string, k Key) {
	may, ok := opsOf[k.Type]
	if !ok {
		return // the type is refused already
	}
	if len(k.Ops) == 0 {
		c.bad(path, "is empty, wanted at least one of %s", strings.Join(may, ", "))
	}
	for i, op := range k.Ops {
		switch {
		case !slices.Contains(may, op):
			c.bad(path, "has %q, wanted for an %s key only %s", op, k.Type, strings.Join(may, ", "))
		case slices.Contains(k.Ops[:i], op):
			c.bad(path, "has %q a second time, wanted each operation once", op)
		}
	}
}

// source holds id and public against where the key comes from.
func (c *checker) source(path string, k Key, seen keyNames) {
	c.choice(path+".source", k.Source, Generate, Select)
	switch k.Source {
	case Generate:
		if k.ID != "" {
			c.bad(path+".id", "is there, but a generated key gets its id in the ceremony, wanted no such key")
		}
		if k.Public != "" {
			c.bad(path+".public", "is there, but a generated key is not there yet, wanted no such key")
		}
	case Select:
		c.selectID(path+".id", k)
		seen.ids.add(c, path+".id", k.ID, "id")
		c.selectPublic(path+".public", k, c.fine(path+".type") && c.fine(path+".size") && c.fine(path+".curve"))
		seen.publics.add(c, path+".public", k.Public, "key")
	}
}

func (c *checker) selectID(path string, k Key) {
	b, err := hex.DecodeString(k.ID)
	switch {
	case k.ID == "":
		c.bad(path, "is missing, wanted the CKA_ID of the key that is selected")
	case err != nil || hex.EncodeToString(b) != k.ID || len(b) > 64:
		c.bad(path, "is %q, wanted 1 to 64 bytes in lower-case hex", k.ID)
	}
}

// selectPublic reads the public half; kindFine says that the key's type is
// known, so that it can be compared.
func (c *checker) selectPublic(path string, k Key, kindFine bool) {
	if k.Type == "AES" {
		if k.Public != "" {
			c.bad(path, "is there, but an AES key has no public half, wanted no such key")
		}
		return
	}
	if k.Public == "" {
		c.bad(path, "is missing, wanted the public half of the key that is selected")
		return
	}
	public, err := byok.ParsePublicKey([]byte(k.Public))
	switch {
	case err != nil:
		c.bad(path, "cannot be read: %v", err)
	case public.Type() != k.KeyType() && kindFine:
		c.bad(path, "has the type %s, wanted %s", public.Type(), k.KeyType())
	}
}
