package plan

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"

	"github.com/keyceremony/ceremony/audit"
)

// How a person keeps the key.
const (
	Card   = "card"   // a smart card
	FIDO   = "fido"   // a FIDO key with touch and PIN
	Laptop = "laptop" // on a laptop that only this person uses
	File   = "file"   // a key file, one for each machine
)

var personForm = regexp.MustCompile(`^[a-z0-9]{2,16}$`)

func (c *checker) people() {
	ids, names, seen, keys := unique{audit.SealKeyID: "the HSM's seal key"}, unique{}, unique{}, unique{}
	if key, err := parseKey(c.plan.HSM.SealKey); err == nil {
		keys[string(key.Marshal())] = "hsm.seal_key"
	}
	for i, p := range c.plan.People {
		path := element("person", i)
		if !personForm.MatchString(p.ID) {
			c.bad(path+".id", "is %q, wanted 2 to 16 lower-case letters and digits", p.ID)
		}
		ids.add(c, path+".id", p.ID, "id")
		c.text(path+".name", p.Name, 80)
		names.add(c, path+".name", strings.ToLower(p.Name), "name")
		seen.add(c, path+".name", looksLike(p.Name), "name to the eye")
		c.choice(path+".role", p.Role, Roles...)
		c.choice(path+".kept", p.Kept, Card, FIDO, Laptop, File)
		c.personKeys(path, p, keys)
	}
	if len(c.plan.People) > maxList {
		c.bad(element("person", maxList), "is one too many, wanted at most %d people", maxList)
	}
}

func (c *checker) personKeys(path string, p Person, keys unique) {
	c.personKey(path+".key", p.Key, p.Kept, keys)
	switch {
	case p.Kept == File && p.KeyOffline == "":
		c.bad(path+".key_offline", "is missing, wanted a separate key for the offline machine, for kept is file")
	case p.Kept == File:
		c.personKey(path+".key_offline", p.KeyOffline, p.Kept, keys)
	case p.KeyOffline != "" && c.fine(path+".kept"):
		c.bad(path+".key_offline", "is there, but kept is %s, wanted no such key", p.Kept)
	}
}

func (c *checker) personKey(path, line, kept string, keys unique) {
	key := c.sshKey(path, line)
	if key == nil {
		return
	}
	keys.add(c, path, string(key.Marshal()), "key")
	if kept == FIDO && !strings.HasPrefix(key.Type(), "sk-") {
		c.bad(path, "is an %s key, wanted the sk- key of a FIDO device, for kept is fido", key.Type())
	}
}

// sshKey reads an OpenSSH public key and refuses, in production, the keys
// that a rehearsal makes: their passphrases lie on the table.
func (c *checker) sshKey(path, line string) ssh.PublicKey {
	key, err := parseKey(line)
	if err != nil {
		c.bad(path, "%v", err)
		return nil
	}
	if !c.plan.Rehearsal && strings.Contains(line, audit.RehearsalComment) {
		c.bad(path, "is the key of a rehearsal, wanted one that was made for this person")
		return nil
	}
	return key
}

// leastRSA is more than a signature needs to be taken (audit.VerifySig): who is
// named now can have a key of today.
const leastRSA = 3072

// leastExponent is that of every RSA key of ssh-keygen (FIPS 186-5, A.1.1).
const leastExponent = 65537

// parseKey reads one line as ssh-keygen writes it: type, base64, comment.
func parseKey(line string) (ssh.PublicKey, error) {
	if strings.Contains(line, "PRIVATE KEY") {
		return nil, errors.New("is a private key, wanted the line of its .pub file")
	}
	fields := strings.Fields(line)
	if len(fields) < 2 || strings.ContainsRune(line, '\n') {
		return nil, errors.New("is not a public key, wanted one line as in a .pub file of OpenSSH")
	}
	if !slices.Contains(audit.KeyTypes, fields[0]) {
		return nil, fmt.Errorf("begins with %q, wanted %s", shorten(fields[0]), oneOf(audit.KeyTypes))
	}
	b, err := base64.StdEncoding.Strict().DecodeString(fields[1])
	if err != nil {
		return nil, errors.New("has a damaged second part, wanted the line of a .pub file unchanged")
	}
	key, err := ssh.ParsePublicKey(b)
	if err != nil || key.Type() != fields[0] || !bytes.Equal(key.Marshal(), b) {
		return nil, errors.New("holds no key of the type that it names, wanted the line of a .pub file unchanged")
	}
	if public, ok := key.(ssh.CryptoPublicKey); ok {
		switch k := public.CryptoPublicKey().(type) {
		case *rsa.PublicKey:
			if k.N.BitLen() < leastRSA {
				return nil, fmt.Errorf("is an RSA key of %d bits, wanted at least %d", k.N.BitLen(), leastRSA)
			}
			if k.E < leastExponent || k.N.Bit(0) == 0 {
				return nil, fmt.Errorf("is a weak RSA key, wanted an odd modulus and an exponent of at least %d", leastExponent)
			}
		case ed25519.PublicKey:
			if smallOrder(k) {
				return nil, errors.New("is a key under which anybody can sign anything, wanted one that ssh-keygen or a card made")
			}
		}
	}
	return key, nil
}

// smallOrder says whether an Ed25519 key is one of the points of small order, in
// any of the forms in which verifiers take them: there is no private half, and
// signatures that verify are easily found (Chalkias et al., Taming the many
// EdDSAs, 2020). The sign bit does not matter.
func smallOrder(k ed25519.PublicKey) bool {
	y := bytes.Clone(k)
	y[len(y)-1] &= 0x7f
	return slices.Contains(pointsOfSmallOrder, hex.EncodeToString(y))
}

var pointsOfSmallOrder = []string{
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0100000000000000000000000000000000000000000000000000000000000000",
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
}

// shorten cuts what a message repeats.
func shorten(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}

// A need is one line of the quorum.
type need struct {
	key, role    string
	number, most int
	least        int
}

// needs lists the quorum with the number of people there are.
func (p *Plan) needs() []need {
	q := p.Quorum
	list := []need{
		{key: "operators", role: Operator, number: q.Operators, least: 2},
		{key: "crypto_officers", role: CryptoOfficer, number: q.CryptoOfficers, least: 1},
		{key: "internal_witnesses", role: InternalWitness, number: q.InternalWitnesses, least: 1},
		{key: "external_witnesses", role: ExternalWitness, number: q.ExternalWitnesses},
	}
	for i := range list {
		for _, person := range p.People {
			if person.Role == list[i].role {
				list[i].most++
			}
		}
	}
	return list
}

func (c *checker) quorum() {
	for _, n := range c.plan.needs() {
		path := "quorum." + n.key
		switch {
		case n.number < n.least:
			c.bad(path, "is %d, wanted at least %d", n.number, n.least)
		case n.number > n.most && len(c.plan.People) > 0:
			c.bad(path, "is %d, but the plan names %s with the role %s, wanted no more than that", n.number, count(n.most), n.role)
		}
	}
}

func count(n int) string {
	switch n {
	case 0:
		return "nobody"
	case 1:
		return "1 person"
	default:
		return fmt.Sprintf("%d people", n)
	}
}
