package rehearsal

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strconv"
	"time"
)

// ErrNotLoopback refuses to offer a vault without protection to a network.
var ErrNotLoopback = errors.New("a rehearsal vault listens on this machine only")

type listener struct {
	http *http.Server
	done chan error
}

// Start listens on address, "" for the port of the last time on 127.0.0.1.
// The address must be of this machine alone: ErrNotLoopback.
func (s *Server) Start(address string) error { return s.start(address, false) }

func (s *Server) start(address string, network bool) error {
	if address == "" {
		address = "127.0.0.1" + s.port()
	}
	if err := checkLoopback(address); err != nil && !network {
		return err
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("rehearsal vault: %w", err)
	}
	s.id.Port = l.Addr().(*net.TCPAddr).Port
	if err := s.saveIdentity(); err != nil {
		return errors.Join(fmt.Errorf("rehearsal vault: %w", err), l.Close())
	}
	s.setHost()
	s.serve(l)
	return nil
}

func (s *Server) serve(l net.Listener) {
	var handler http.Handler = s
	if s.opts.Between != nil {
		handler = s.opts.Between(s)
	}
	web := &http.Server{
		Handler:           handler,
		ErrorLog:          log.New(io.Discard, "", 0), // clients that do not know the CA
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute,
		MaxHeaderBytes:    64 << 10,
		TLSConfig: &tls.Config{
			MinVersion:   tls.VersionTLS12,
			Certificates: []tls.Certificate{s.creds.tls},
			Time:         s.opts.Now,
		},
	}
	s.web = &listener{http: web, done: make(chan error, 1)}
	done := s.web.done
	go func() { done <- web.ServeTLS(l, "", "") }()
}

// Close stops listening; the state stays.
func (s *Server) Close() error {
	if s.web == nil {
		return nil
	}
	err := s.web.http.Close()
	<-s.web.done
	s.web = nil
	return err
}

// checkLoopback takes an address whose host is a loopback IP or localhost.
func checkLoopback(address string) error {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("rehearsal vault: listen address: %w", err)
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return fmt.Errorf("rehearsal vault: listen address: the port %q is not a number", port)
	}
	if ip := net.ParseIP(host); host == "localhost" || ip != nil && ip.IsLoopback() {
		return nil
	}
	return fmt.Errorf("%w: %q is not a loopback address", ErrNotLoopback, host)
}

// ServeOptions are the choices of the command.
type ServeOptions struct {
	Options
	Listen  string // "" for the port of the last time, or any
	Network bool   // allow an address that other machines reach
}

// Serve opens the vault in dir, says on out how to reach it, and answers
// until ctx ends. A folder that has a vault keeps port and identity.
func Serve(ctx context.Context, dir string, o ServeOptions, out io.Writer) error {
	s, err := New(dir, o.Options)
	if err != nil {
		return err
	}
	if err := s.start(o.Listen, o.Network); err != nil {
		return err
	}
	if _, err := fmt.Fprint(out, s.Describe()); err != nil {
		return errors.Join(err, s.Close())
	}
	select {
	case <-ctx.Done():
		return s.Close()
	case err := <-s.web.done:
		return fmt.Errorf("rehearsal vault: %w", err)
	}
}

// Describe says how clients reach the vault.
func (s *Server) Describe() string {
	kind := "Key Vault"
	if s.id.ManagedHSM {
		kind = "Managed HSM"
	}
	return fmt.Sprintf(`REHEARSAL vault: it holds no real key, and protects none.
kind         %s
url          %s
authority    %s
tenant       %s
client id    %s
secret file  %s
certificate  %s
ca file      %s
other clients need this line in their hosts file:
127.0.0.1 %s.%s %s
`, kind, s.URL(), s.Authority(), s.Tenant(), s.ClientID(), s.SecretFile(), s.ClientCertFile(), s.CAFile(),
		s.id.Name, s.domain(), loginName)
}
