package rehearsal

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"os"
	"slices"

	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/keyvault"
	"github.com/keyceremony/ceremony/keyvault/attest"
)

// attestFile has what a Managed HSM attests with: four certificates, as the
// service shows them, and the private key of the partition. Only the vault's
// own authority stands behind them, where Azure's have Marvell's root: nothing
// but a rehearsal accepts them.
const attestFile = "attestation.pem"

// partition signs attestations.
type partition struct {
	certs []byte // PEM: adapter, partition, owner's root, partition by the owner
	key   *rsa.PrivateKey
	owner digest.SHA256 // of the owner's root certificate
}

// makePartition makes the chain of a Managed HSM. A Key Vault has none.
func (s *Server) makePartition(ca *x509.Certificate, caKey crypto.Signer) error {
	if !s.id.ManagedHSM {
		return nil
	}
	key, err := s.opts.GenerateRSA(2048)
	if err != nil {
		return err
	}
	adapterKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	ownerKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	adapter, part, owner := s.template("REHEARSAL adapter"), s.template("REHEARSAL partition"), s.template(s.id.Name)
	owner.Subject = pkix.Name{Organization: []string{"REHEARSAL"}, CommonName: s.id.Name}
	owner.IsCA, owner.BasicConstraintsValid, owner.KeyUsage = true, true, x509.KeyUsageCertSign
	var file bytes.Buffer
	for _, c := range []struct {
		cert, issuer *x509.Certificate
		key, by      crypto.Signer
	}{
		{adapter, ca, adapterKey, caKey}, {part, adapter, key, adapterKey}, {owner, owner, ownerKey, ownerKey}, {part, owner, key, ownerKey},
	} {
		der, err := x509.CreateCertificate(rand.Reader, c.cert, c.issuer, c.key.Public(), c.by)
		if err != nil {
			return err
		}
		file.Write(certPEM(der))
	}
	return writeFile(s.path(attestFile), append(file.Bytes(), keyPEM(key)...))
}

// readPartition reads it; nil where a folder has none.
func (s *Server) readPartition() (*partition, error) {
	file, err := os.ReadFile(s.path(attestFile))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	at := bytes.Index(file, []byte("-----BEGIN PRIVATE KEY"))
	if at < 0 {
		return nil, fmt.Errorf("%s has no private key", attestFile)
	}
	p := &partition{certs: file[:at]}
	block, _ := pem.Decode(file[at:])
	if block == nil {
		return nil, fmt.Errorf("%s: the private key is damaged", attestFile)
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", attestFile, err)
	}
	var ok bool
	if p.key, ok = key.(*rsa.PrivateKey); !ok {
		return nil, fmt.Errorf("%s: the private key is not RSA", attestFile)
	}
	p.owner = ownerOf(p.certs)
	return p, nil
}

// ownerOf gives the digest of the third certificate.
func ownerOf(certs []byte) digest.SHA256 {
	var block *pem.Block
	for range 3 {
		if block, certs = pem.Decode(certs); block == nil {
			return digest.SHA256{}
		}
	}
	return digest.Of(block.Bytes)
}

// OwnerRoot is the SHA-256 of the root certificate of the owner of this
// Managed HSM, as a plan pins it; zero for a Key Vault.
func (s *Server) OwnerRoot() digest.SHA256 {
	if s.creds.partition == nil {
		return digest.SHA256{}
	}
	return s.creds.partition.owner
}

// attest says of a key what an HSM would: of the material that it holds, which
// need not be what the vault shows. It is nil where nothing is attested.
func (s *Server) attest(k Key) (*keyvault.Attestation, error) {
	p := s.creds.partition
	if k.Attestation != nil || p == nil {
		return k.Attestation, nil
	}
	private, public, err := halves(k)
	if err != nil {
		return nil, err
	}
	a := &keyvault.Attestation{Version: attest.Version, Certificates: p.certs}
	if a.Private, err = p.sign(private); err == nil && public != nil {
		a.Public, err = p.sign(public)
	}
	return a, err
}

// sign writes a blob as firmware 2.x does: four words of zero, the size, the
// object, 264 zeros, and a signature on the bare digest.
func (p *partition) sign(o []attribute) ([]byte, error) {
	var in bytes.Buffer
	for _, a := range o {
		in.Write(binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, a.id), uint32(len(a.value))))
		in.Write(a.value)
	}
	var b []byte
	for _, word := range []int{0, 0, 0, 0, 12 + in.Len(), 1, len(o), in.Len()} {
		b = binary.BigEndian.AppendUint32(b, uint32(word))
	}
	b = append(append(b, in.Bytes()...), make([]byte, 264)...)
	sum := sha256.Sum256(b)
	sig, err := rsa.SignPKCS1v15(nil, p.key, crypto.Hash(0), sum[:])
	return append(b, sig...), err
}

// attribute is one of PKCS #11.
type attribute struct {
	id    uint32
	value []byte
}

func flag(id uint32, on bool) attribute {
	if on {
		return attribute{id, []byte{1}}
	}
	return attribute{id, []byte{0}}
}

// halves gives the attributes of the private and the public half; of an oct
// key there is one object.
func halves(k Key) (private, public []attribute, err error) {
	kind, values, err := publicValues(k)
	if err != nil {
		return nil, nil, err
	}
	class := byte(3)
	if kind == 0x1f {
		class = 4
	}
	may := func(ops ...string) bool {
		return slices.ContainsFunc(ops, func(op string) bool { return slices.Contains(k.Ops, op) })
	}
	id := attribute{0x102, append([]byte("/keys/"+k.Name+"/"+k.Version), make([]byte, 16)...)}
	private = append([]attribute{
		{0x000, []byte{class}},
		{0x100, []byte{kind}},
		id,
		flag(0x105, may("decrypt")), flag(0x107, may("unwrapKey", "import")), flag(0x108, may("sign")),
		flag(0x162, false), flag(0x103, true), flag(0x163, !k.Imported), flag(0x164, !k.Imported), flag(0x165, !k.Imported),
	}, values...)
	if class == 4 {
		return private, nil, nil
	}
	public = append([]attribute{
		{0x000, []byte{2}},
		{0x100, []byte{kind}},
		id,
		flag(0x104, may("encrypt")), flag(0x106, may("wrapKey")), flag(0x10a, may("verify")),
		flag(0x162, true), flag(0x103, false), flag(0x163, !k.Imported),
	}, values...)
	return private, public, nil
}

// publicValues gives the type and the public values of the key that is held.
func publicValues(k Key) (kind byte, list []attribute, err error) {
	if k.Kty == "oct-HSM" {
		return 0x1f, []attribute{{0x161, big.NewInt(int64(len(k.Private))).Bytes()}}, nil
	}
	key, err := x509.ParsePKCS8PrivateKey(k.Private)
	if pub, ok := key.(*rsa.PrivateKey); err == nil && ok {
		return 0, []attribute{{0x120, pub.N.Bytes()}, {0x122, big.NewInt(int64(pub.E)).Bytes()}}, nil
	}
	return 3, []attribute{{0x181, k.Public}}, nil // an EC key: its SPKI; nobody reads it yet
}
