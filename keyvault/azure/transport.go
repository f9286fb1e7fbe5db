package azure

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Limits of an answer; real ones are a tenth of it.
const (
	maxAnswer  = 1 << 20
	maxHeaders = 64 << 10
	// maxWait bounds one request with its answer; a Managed HSM takes seconds.
	maxWait = 2 * time.Minute
)

var errTooLarge = errors.New("the answer is larger than any real one")

// A transport sends requests to the named hosts and to no other: azkeys
// follows the next page of a list to whatever host an answer names, with the
// token.
type transport struct {
	client *http.Client
	hosts  []string
}

func newTransport(c Config, hosts ...string) (*transport, error) {
	t := &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dialer.DialContext,
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           10,
		IdleConnTimeout:        90 * time.Second,
		TLSHandshakeTimeout:    10 * time.Second,
		MaxResponseHeaderBytes: maxHeaders,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
	}
	if c.Cloud == Rehearsal {
		roots := x509.NewCertPool()
		if !roots.AppendCertsFromPEM(c.CA) {
			return nil, configProblem("the certificate authority of the rehearsal is not PEM", nil)
		}
		t.TLSClientConfig.RootCAs = roots
		t.Proxy = nil
		t.DialContext = dialLoopback
	}
	return &transport{hosts: hosts, client: &http.Client{
		Transport: t, Timeout: maxWait,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

var dialer = &net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second}

// dialLoopback connects to this machine whatever the name, so that a
// rehearsal needs no entry in a hosts file, and can reach nothing else.
func dialLoopback(ctx context.Context, network, address string) (net.Conn, error) {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	conn, err := dialer.DialContext(ctx, network, net.JoinHostPort("127.0.0.1", port))
	if err != nil {
		if six, err6 := dialer.DialContext(ctx, network, net.JoinHostPort("::1", port)); err6 == nil {
			return six, nil
		}
	}
	return conn, err
}

// Do implements policy.Transporter.
func (t *transport) Do(req *http.Request) (*http.Response, error) {
	if req.URL.Scheme != "https" || !slices.Contains(t.hosts, strings.ToLower(req.URL.Host)) {
		return nil, hostile("an answer leads to another host than " + t.hosts[0])
	}
	resp, err := t.client.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode >= 300 && resp.StatusCode < 400 {
		resp.Body.Close()
		return nil, hostile(fmt.Sprintf("it redirects elsewhere (%d)", resp.StatusCode))
	}
	resp.Body = &capped{ReadCloser: resp.Body, left: maxAnswer}
	return resp, nil
}

// capped fails when more than left bytes are read.
type capped struct {
	io.ReadCloser
	left int
}

func (c *capped) Read(p []byte) (int, error) {
	if len(p) > c.left+1 {
		p = p[:c.left+1]
	}
	n, err := c.ReadCloser.Read(p)
	if c.left -= n; c.left < 0 {
		return 0, errTooLarge
	}
	return n, err
}
