// Package rehearsal is a vault to rehearse with: a service that answers as
// Azure Key Vault or Azure Managed HSM does, over real HTTPS, with its own
// certificate authority and token endpoint, and that really unwraps key
// transfer blobs.
//
// New makes or reopens one; Serve runs it until a context ends; Server.Start
// and Close do so in tests. The client is keyvault/azure, unchanged. The
// service marks every answer with the header Mark. Store edits the state on
// disk, also as an attacker would.
//
// Where the real service is documented or recorded, answers are as there.
// What it does elsewhere is a guess: the texts of errors that concern the
// key transfer blob are ours, and so is the answer to trailing zero bytes.
package rehearsal

import (
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"
)

// Headers by which the service says that it is a rehearsal.
const (
	Mark          = "X-Ceremony-Rehearsal" // on every answer: "true"
	FindingHeader = "X-Ceremony-Finding"   // on an import that was accepted in spite of something
)

// Options of a rehearsal vault.
type Options struct {
	Now             func() time.Time // required
	Name            string           // of the vault, "rehearsal" if empty; a reopened folder keeps its own
	ManagedHSM      bool             // a reopened folder keeps its own kind, and is refused as the other
	Strict          bool             // refuse zero bytes after the PKCS#8
	PurgeProtection bool             // refuse to purge
	Rand            io.Reader        // crypto/rand.Reader if nil

	// GenerateRSA makes the keys of create; tests give prepared ones. If nil,
	// they are generated.
	GenerateRSA func(bits int) (*rsa.PrivateKey, error)

	// Between is for tests alone: it stands between the network and the vault,
	// and can lose, falsify or delay what passes. nil passes everything.
	Between func(vault http.Handler) http.Handler
}

// A Server is a rehearsal vault. It is an http.Handler; Start makes it listen.
type Server struct {
	*Store
	opts  Options
	id    identity
	creds *credentials
	host  string // NAME.vault.rehearsal.test:PORT
	web   *listener
}

// New opens the vault in dir, or makes a new one there.
func New(dir string, o Options) (*Server, error) {
	if o.Now == nil {
		return nil, errors.New("rehearsal vault: Options.Now is missing")
	}
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	if o.GenerateRSA == nil {
		o.GenerateRSA = func(bits int) (*rsa.PrivateKey, error) { return rsa.GenerateKey(o.Rand, bits) }
	}
	store, err := OpenStore(dir)
	if err != nil {
		return nil, err
	}
	s := &Server{Store: store, opts: o}
	err = store.locked(func() error { return s.openIdentity() })
	return s, err
}

// maxBody is larger than any request: a blob of an RSA-4096 key is 6 KiB.
const maxBody = 256 << 10

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set(Mark, "true")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Ms-Request-Id", s.randomID())
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	login := strings.HasPrefix(r.URL.Path, "/"+s.id.Tenant+"/") || strings.Contains(r.URL.Path, "/v2.0/")
	switch own := s.ownAddress(r.Host); {
	case login && (own || r.Host == s.loginHost()):
		s.serveLogin(w, r)
	case !login && (own || r.Host == s.host):
		s.serveVault(w, r)
	default:
		http.Error(w, "the rehearsal vault is "+s.host, http.StatusMisdirectedRequest)
	}
}

// ownAddress tells whether a client without a hosts file reaches us by the
// address itself.
func (s *Server) ownAddress(host string) bool {
	return host == "127.0.0.1"+s.port() || host == "localhost"+s.port() || host == "[::1]"+s.port()
}
