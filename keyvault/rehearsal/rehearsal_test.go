package rehearsal

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

var testNow = time.Date(2026, 3, 14, 9, 26, 53, 0, time.UTC)

var oneRSA = sync.OnceValue(func() *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return k
})

func newServer(t *testing.T, o Options) *Server {
	t.Helper()
	return openServer(t, t.TempDir(), o)
}

func openServer(t *testing.T, dir string, o Options) *Server {
	t.Helper()
	if o.Now == nil {
		o.Now = func() time.Time { return testNow }
	}
	o.GenerateRSA = func(int) (*rsa.PrivateKey, error) { return oneRSA(), nil }
	s, err := New(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// goodClaims are those of a token that the server accepts.
func (s *Server) goodClaims() claims {
	return claims{Audience: s.resource(), Tenant: s.id.Tenant, IssuedAt: testNow.Unix(), NotAfter: testNow.Add(time.Hour).Unix()}
}

// ask sends a request with a good token.
func (s *Server) ask(t *testing.T, method, path, body string) (int, map[string]any) {
	t.Helper()
	token, err := signJWS(s.creds.token, s.goodClaims())
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(path, "api-version") {
		path += "?api-version=7.6"
	}
	r := httptest.NewRequest(method, s.URL()+path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+token)
	return send(t, s, r)
}

func send(t *testing.T, s *Server, r *http.Request) (int, map[string]any) {
	t.Helper()
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	if w.Header().Get(Mark) != "true" {
		t.Errorf("%s %s: the answer does not say that it is a rehearsal", r.Method, r.URL.Path)
	}
	var out map[string]any
	if w.Body.Len() > 0 && strings.HasPrefix(w.Header().Get("Content-Type"), "application/json") {
		if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
			t.Fatal(err)
		}
	}
	return w.Code, out
}

func TestReopen(t *testing.T) {
	dir := t.TempDir()
	a := openServer(t, dir, Options{Name: "acme-hsm", ManagedHSM: true})
	if err := a.Start("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	url := a.URL()
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	b := openServer(t, dir, Options{Name: "other"})
	if b.URL() != url || !strings.Contains(url, "acme-hsm.managedhsm.rehearsal.test:") {
		t.Errorf("reopened as %s, was %s", b.URL(), url)
	}
	if b.Tenant() != a.Tenant() || b.ClientID() != a.ClientID() || !bytes.Equal(b.Secret(), a.Secret()) || !bytes.Equal(b.CA(), a.CA()) {
		t.Error("the identity changed")
	}
	if err := b.Start(""); err != nil || b.URL() != url {
		t.Errorf("started again as %s: %v", b.URL(), err)
	}
	if err := errors.Join(b.Close(), b.Close()); err != nil {
		t.Error(err)
	}
}

func TestRefusedFolders(t *testing.T) {
	if _, err := New(t.TempDir(), Options{}); err == nil {
		t.Error("a vault without a clock")
	}
	for _, name := range []string{"ab", "Acme", "a_b", "-abc", "abc-", strings.Repeat("a", 25), "a.b"} {
		if _, err := New(t.TempDir(), Options{Now: time.Now, Name: name}); err == nil {
			t.Errorf("the name %q is accepted", name)
		}
	}
	dir := t.TempDir()
	openServer(t, dir, Options{})
	if _, err := New(dir, Options{Now: time.Now, ManagedHSM: true}); err == nil {
		t.Error("a Key Vault is opened as a Managed HSM")
	}
	for _, damage := range []struct{ file, text string }{
		{"server.json", `{"format":2}`},
		{"server.json", `{`},
		{tlsFile, "x"},
		{tokenFile, "x"},
		{clientFile, "x"},
	} {
		dir := t.TempDir()
		openServer(t, dir, Options{})
		if err := os.WriteFile(filepath.Join(dir, damage.file), []byte(damage.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := New(dir, Options{Now: time.Now}); err == nil {
			t.Errorf("%s with %q is accepted", damage.file, damage.text)
		}
	}
}

// TestInterruptedStart: the folder of a vault whose making was interrupted
// can be used.
func TestInterruptedStart(t *testing.T) {
	dir := t.TempDir()
	openServer(t, dir, Options{})
	if err := os.Remove(filepath.Join(dir, secretFile)); err != nil {
		t.Fatal(err)
	}
	if s := openServer(t, dir, Options{}); len(s.Secret()) != 48 {
		t.Errorf("the secret has %d digits", len(s.Secret()))
	}
}

func TestTokens(t *testing.T) {
	s := newServer(t, Options{})
	foreign, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	sign := func(key *ecdsa.PrivateKey, change func(*claims)) string {
		c := s.goodClaims()
		change(&c)
		token, err := signJWS(key, c)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	good := sign(s.creds.token, func(*claims) {})
	parts := strings.Split(good, ".")
	for name, c := range map[string]struct {
		header string
		ok     bool
	}{
		"good":           {"Bearer " + good, true},
		"none":           {"", false},
		"other scheme":   {"Basic " + good, false},
		"other key":      {"Bearer " + sign(foreign, func(*claims) {}), false},
		"other audience": {"Bearer " + sign(s.creds.token, func(c *claims) { c.Audience = "https://graph.rehearsal.test" }), false},
		"other tenant":   {"Bearer " + sign(s.creds.token, func(c *claims) { c.Tenant = "x" }), false},
		"expired":        {"Bearer " + sign(s.creds.token, func(c *claims) { c.NotAfter = testNow.Unix() }), false},
		"not yet":        {"Bearer " + sign(s.creds.token, func(c *claims) { c.IssuedAt = testNow.Unix() + 1 }), false},
		"alg none":       {"Bearer " + b64.EncodeToString([]byte(`{"alg":"none"}`)) + "." + parts[1] + ".", false},
		"alg HS256":      {"Bearer " + b64.EncodeToString([]byte(`{"alg":"HS256"}`)) + "." + parts[1] + "." + parts[2], false},
		"no signature":   {"Bearer " + parts[0] + "." + parts[1] + ".", false},
		"two parts":      {"Bearer " + parts[0] + "." + parts[1], false},
		"padding":        {"Bearer " + good + "=", false},
	} {
		r := httptest.NewRequest("GET", s.URL()+"/keys?api-version=7.6", nil)
		if c.header != "" {
			r.Header.Set("Authorization", c.header)
		}
		status, _ := send(t, s, r)
		if (status == 200) != c.ok || !c.ok && status != 401 {
			t.Errorf("%s: status %d", name, status)
		}
	}
}

func TestHosts(t *testing.T) {
	s := newServer(t, Options{})
	for host, want := range map[string]int{
		s.host: 401, s.loginHost(): 421, "127.0.0.1" + s.port(): 401, "evil.test": 421, "127.0.0.1:1": 421,
	} {
		r := httptest.NewRequest("GET", "https://"+host+"/keys?api-version=7.6", nil)
		if status, _ := send(t, s, r); status != want {
			t.Errorf("/keys at %s: %d, want %d", host, status, want)
		}
	}
	discovery := "/" + s.Tenant() + "/v2.0/.well-known/openid-configuration"
	for host, want := range map[string]int{s.loginHost(): 200, "127.0.0.1" + s.port(): 200, s.host: 421} {
		if status, _ := send(t, s, httptest.NewRequest("GET", "https://"+host+discovery, nil)); status != want {
			t.Errorf("discovery at %s: %d, want %d", host, status, want)
		}
	}
	r := httptest.NewRequest("GET", "https://"+s.loginHost()+"/common/v2.0/.well-known/openid-configuration", nil)
	if status, out := send(t, s, r); status != 400 || !strings.Contains(out["error_description"].(string), "AADSTS90002") {
		t.Errorf("another tenant: %d %v", status, out)
	}
}

func TestServe(t *testing.T) {
	for _, listen := range []string{"0.0.0.0:0", ":0", "192.0.2.1:0", "example.com:0", "[::]:0"} {
		err := Serve(t.Context(), t.TempDir(), ServeOptions{Options: Options{Now: time.Now}, Listen: listen}, &bytes.Buffer{})
		if !errors.Is(err, ErrNotLoopback) {
			t.Errorf("listens on %s: %v", listen, err)
		}
	}
	for _, listen := range []string{"127.0.0.1", "127.0.0.1:x", "127.0.0.1:70000"} {
		if err := Serve(t.Context(), t.TempDir(), ServeOptions{Options: Options{Now: time.Now}, Listen: listen}, &bytes.Buffer{}); err == nil {
			t.Errorf("listens on %s", listen)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	out := &announced{cancel: cancel}
	err := Serve(ctx, t.TempDir(), ServeOptions{Options: Options{Now: time.Now}, Listen: "0.0.0.0:0", Network: true}, out)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"REHEARSAL", "https://rehearsal.vault.rehearsal.test:", "https://login.rehearsal.test:", "127.0.0.1 rehearsal.vault.rehearsal.test login.rehearsal.test", caFile, secretFile} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the announcement does not say %q:\n%s", want, out)
		}
	}
}

// announced ends the service as soon as it said how to reach it.
type announced struct {
	bytes.Buffer
	cancel func()
}

func (a *announced) Write(b []byte) (int, error) {
	defer a.cancel()
	return a.Buffer.Write(b)
}
