package rehearsal

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"strconv"
)

// identity is what a rehearsal vault keeps for its whole life, in server.json.
type identity struct {
	Format     int    `json:"format"`
	Name       string `json:"name"`
	ManagedHSM bool   `json:"managed_hsm"`
	Port       int    `json:"port"` // 0 until it first listened
	Tenant     string `json:"tenant"`
	ClientID   string `json:"client_id"`
	ObjectID   string `json:"object_id"`
}

var vaultName = regexp.MustCompile(`^[a-z][a-z0-9-]{1,22}[a-z0-9]$`)

const defaultName = "rehearsal"

// openIdentity reads server.json and the credentials, or makes them.
func (s *Server) openIdentity() error {
	err := readJSON(s.path("server.json"), &s.id)
	if errors.Is(err, ErrNoKey) {
		err = s.newIdentity()
	}
	if err != nil {
		return err
	}
	if s.id.Format != 1 {
		return fmt.Errorf("rehearsal vault: server.json has format %d, this program reads 1", s.id.Format)
	}
	if s.opts.ManagedHSM && !s.id.ManagedHSM {
		return errors.New("rehearsal vault: the folder has a Key Vault, not a Managed HSM")
	}
	s.setHost()
	s.creds, err = s.openCredentials()
	return err
}

func (s *Server) newIdentity() error {
	name := s.opts.Name
	if name == "" {
		name = defaultName
	}
	if !vaultName.MatchString(name) {
		return fmt.Errorf("rehearsal vault: the name %q is not 3 to 24 of a-z, 0-9 and -, beginning with a letter", name)
	}
	s.id = identity{
		Format: 1, Name: name, ManagedHSM: s.opts.ManagedHSM,
		Tenant: s.randomID(), ClientID: s.randomID(), ObjectID: s.randomID(),
	}
	return s.saveIdentity()
}

func (s *Server) saveIdentity() error { return writeJSON(s.path("server.json"), s.id) }

func (s *Server) path(name string) string { return filepath.Join(s.dir, name) }

// setHost derives the host names from name, kind and port.
func (s *Server) setHost() { s.host = s.id.Name + "." + s.resourceHost() }

// resourceHost is the domain of the vault with the port: azkeys requires that
// the challenge's resource is the end of the vault's host.
func (s *Server) resourceHost() string { return s.domain() + s.port() }

func (s *Server) domain() string {
	if s.id.ManagedHSM {
		return "managedhsm.rehearsal.test"
	}
	return "vault.rehearsal.test"
}

const loginName = "login.rehearsal.test"

func (s *Server) loginHost() string { return loginName + s.port() }

func (s *Server) port() string { return ":" + strconv.Itoa(s.id.Port) }

// URL is the address of the vault.
func (s *Server) URL() string { return "https://" + s.host }

// Authority is the address of the token endpoint's host.
func (s *Server) Authority() string { return "https://" + s.loginHost() }

// Tenant is the id of the rehearsal's tenant.
func (s *Server) Tenant() string { return s.id.Tenant }

// ClientID is the one application that may sign in.
func (s *Server) ClientID() string { return s.id.ClientID }

// Secret is the client secret, which also lies in SecretFile.
func (s *Server) Secret() []byte { return []byte(s.creds.secret) }

// CA is the certificate authority, PEM, which also lies in CAFile.
func (s *Server) CA() []byte { return s.creds.caPEM }

// CAFile is the path of the certificate authority.
func (s *Server) CAFile() string { return s.path(caFile) }

// SecretFile is the path of the client secret.
func (s *Server) SecretFile() string { return s.path(secretFile) }

// ClientCertFile is the path of the certificate, with its private key, with
// which the client may sign in instead.
func (s *Server) ClientCertFile() string { return s.path(clientFile) }

// randomHex gives n random bytes as hex digits.
func (s *Server) randomHex(n int) string {
	b := make([]byte, n)
	if _, err := io.ReadFull(s.opts.Rand, b); err != nil {
		panic("internal error: no randomness: " + err.Error())
	}
	return hex.EncodeToString(b)
}

// randomID gives a GUID of version 4.
func (s *Server) randomID() string {
	h := []byte(s.randomHex(16))
	h[12], h[16] = '4', '8'
	return fmt.Sprintf("%s-%s-%s-%s-%s", h[:8], h[8:12], h[12:16], h[16:20], h[20:])
}
