package attest

import (
	"crypto/x509"
	_ "embed" // the roots
	"encoding/pem"
	"fmt"

	"github.com/keyceremony/ceremony/digest"
)

// A Root is a root certificate of the manufacturer.
type Root struct {
	Name   string // for people
	SHA256 digest.SHA256
	cert   *x509.Certificate
}

// The two roots of Marvell, as Microsoft's own verifier of attestations has
// them (github.com/Azure/azure-managed-hsm-key-attestation). Marvell shows
// them on its pages on LiquidSecurity; compare the fingerprints there.
var (
	//go:embed roots/ls1.pem
	ls1 []byte
	//go:embed roots/ls2.pem
	ls2 []byte
)

// The fingerprints are here a second time, so that a changed file is noticed
// by whoever reads this one.
var manufacturer = []Root{
	mustRoot("Marvell LiquidSecurity", ls1, "230143df00e0b452743e068a5b3fc08df8f06cefc4854ea627aeb7ebd70ee2f4"),
	mustRoot("Marvell LiquidSecurity 2", ls2, "17644de0d33bc73b2f4ef4c20a11f6c8cc1f723a4cd83ee600361cbb24d8d2e5"),
}

// Roots lists the manufacturer's roots that are accepted in production.
func Roots() []Root { return append([]Root(nil), manufacturer...) }

func mustRoot(name string, file []byte, sum string) Root {
	r, err := newRoot(name, file)
	if err != nil || r.SHA256.String() != sum {
		panic(fmt.Sprintf("attest: internal error: root %s: SHA-256 %s, %v", name, r.SHA256, err))
	}
	return r
}

func newRoot(name string, file []byte) (Root, error) {
	block, rest := pem.Decode(file)
	if block == nil || block.Type != "CERTIFICATE" || len(rest) > 0 {
		return Root{}, fmt.Errorf("wanted one certificate in PEM")
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return Root{}, fmt.Errorf("certificate: %w", err)
	}
	return Root{name, digest.Of(cert.Raw), cert}, nil
}

// roots are the accepted ones: the manufacturer's, or in a rehearsal the one
// of the rehearsal vault and no other.
func (v *verifier) roots() ([]Root, error) {
	if len(v.want.RehearsalCA) == 0 {
		return manufacturer, nil
	}
	r, err := newRoot("REHEARSAL", v.want.RehearsalCA)
	return []Root{r}, err
}
