package azure_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/keyceremony/ceremony/keyvault"
	"github.com/keyceremony/ceremony/keyvault/azure"
	"github.com/keyceremony/ceremony/keyvault/rehearsal"
	"github.com/keyceremony/ceremony/keyvault/vaulttest"
)

const zeroTenant = "00000000-0000-0000-0000-000000000000"

// TestHostileChallenges: whatever a server answers to the first request, the
// client does not panic, and sends no secret anywhere.
func TestHostileChallenges(t *testing.T) {
	for name, header := range map[string]string{
		"no path (azkeys 1.5.0 panics)": `Bearer authorization="https://LOGIN", resource="https://RESOURCE"`,
		"a word (azkeys 1.5.0 panics)":  `Bearer authorization="x", resource="https://RESOURCE"`,
		"another authority":             `Bearer authorization="https://evil.rehearsal.test/TENANT", resource="https://RESOURCE"`,
		"another tenant":                `Bearer authorization="https://LOGIN/` + zeroTenant + `", resource="https://RESOURCE"`,
		"another resource":              `Bearer authorization="https://LOGIN/TENANT", resource="https://graph.rehearsal.test"`,
		"no resource":                   `Bearer authorization="https://LOGIN/TENANT"`,
		"plain http":                    `Bearer authorization="http://LOGIN/TENANT", resource="https://RESOURCE"`,
		"basic":                         `Basic realm="x"`,
		"nonsense":                      `"""`,
	} {
		var tokens atomic.Int32
		var s *rehearsal.Server
		s = between(t, func(r *http.Request) http.HandlerFunc {
			if strings.Contains(r.URL.Path, "/oauth2/") {
				tokens.Add(1)
			}
			if !strings.HasPrefix(r.URL.Path, "/keys") {
				return nil
			}
			_, resource, _ := strings.Cut(strings.TrimPrefix(s.URL(), "https://"), ".")
			h := strings.NewReplacer("LOGIN", strings.TrimPrefix(s.Authority(), "https://"), "TENANT", s.Tenant(), "RESOURCE", resource).Replace(header)
			return respond(401, "", "WWW-Authenticate", h)
		})
		_, err := azure.Open(t.Context(), vaulttest.Config(s))
		if vaulttest.CodeOf(err) != keyvault.HostileAnswer || tokens.Load() != 0 {
			t.Errorf("%s: %d tokens asked for, %s", name, tokens.Load(), vaulttest.Detail(err))
		}
	}
}

// TestHostileAnswers: answers to an authorized request that are not the
// vault's.
func TestHostileAnswers(t *testing.T) {
	const version = "/0123456789abcdef0123456789abcdef"
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		want   keyvault.Code
	}{
		"a redirect":     {respond(307, "", "Location", "https://evil.test/"), keyvault.HostileAnswer},
		"HTML":           {respond(200, "<html>"), keyvault.HostileAnswer},
		"null":           {respond(200, "null"), keyvault.HostileAnswer},
		"a number":       {respond(200, "1"), keyvault.HostileAnswer},
		"nothing":        {respond(200, ""), keyvault.HostileAnswer},
		"no attributes":  {respond(200, `{"key":{"kid":"https://x.test/keys/k`+version+`"}}`), keyvault.HostileAnswer},
		"another vault":  {respond(200, `{"key":{"kid":"https://x.test/keys/k`+version+`","kty":"oct-HSM"},"attributes":{}}`), keyvault.HostileAnswer},
		"a kid too many": {respond(200, `{"key":{"kid":"/"},"attributes":{}}`), keyvault.HostileAnswer},
		"types mixed up": {respond(200, `{"key":[],"attributes":7}`), keyvault.HostileAnswer},
		"a huge answer":  {respond(200, strings.Repeat("[", 3<<20)), keyvault.AnswerTooLarge},
		"a huge refusal": {respond(400, strings.Repeat("x", 3<<20)), keyvault.AnswerTooLarge},
	} {
		s := between(t, func(r *http.Request) http.HandlerFunc {
			if strings.HasPrefix(r.URL.Path, "/keys/k/") && r.Header.Get("Authorization") != "" {
				return c.answer
			}
			return nil
		})
		_, err := vaulttest.Open(t, s).Get(t.Context(), "k", "")
		if vaulttest.CodeOf(err) != c.want {
			t.Errorf("%s: %s, want %s", name, vaulttest.Detail(err), c.want)
		}
	}
}

// TestNextPageElsewhere: azkeys follows the next page of a list anywhere,
// with the token. The transport does not.
func TestNextPageElsewhere(t *testing.T) {
	for name, link := range map[string]string{
		"another host": "https://127.0.0.1:PORT/keys/k/versions?api-version=7.6", // the certificate is valid for it
		"plain http":   "http://SELF/keys/k/versions?api-version=7.6",
		"for ever":     "https://SELF/keys/k/versions?api-version=7.6",
	} {
		var leaked atomic.Int32
		s := between(t, func(r *http.Request) http.HandlerFunc {
			if !strings.HasSuffix(r.URL.Path, "/versions") || r.Header.Get("Authorization") == "" {
				return nil
			}
			if strings.HasPrefix(r.Host, "127.0.0.1") {
				leaked.Add(1)
			}
			_, port, _ := strings.Cut(r.Host, ":")
			return respond(200, `{"value":[],"nextLink":"`+strings.NewReplacer("SELF", r.Host, "PORT", port).Replace(link)+`"}`)
		})
		_, err := vaulttest.Open(t, s).Versions(t.Context(), "k")
		if vaulttest.CodeOf(err) != keyvault.HostileAnswer || leaked.Load() != 0 {
			t.Errorf("%s: %d requests with our token, %s", name, leaked.Load(), vaulttest.Detail(err))
		}
	}
}

// TestWithoutQuestion: a server that answers without asking for a token.
func TestWithoutQuestion(t *testing.T) {
	s := between(t, func(r *http.Request) http.HandlerFunc {
		return respond(404, `{"error":{"code":"KeyNotFound"}}`)
	})
	if _, err := azure.Open(t.Context(), vaulttest.Config(s)); vaulttest.CodeOf(err) != keyvault.HostileAnswer {
		t.Error(err)
	}
}

// TestUpdateWithoutEffect: the vault says it disabled the key, and did not.
func TestUpdateWithoutEffect(t *testing.T) {
	var s *rehearsal.Server
	s = between(t, func(r *http.Request) http.HandlerFunc {
		if r.Method != http.MethodPatch || r.Header.Get("Authorization") == "" {
			return nil
		}
		return func(w http.ResponseWriter, r *http.Request) {
			r.Method = http.MethodGet
			s.ServeHTTP(w, r)
		}
	})
	v := vaulttest.Open(t, s)
	k, err := v.CreateKEK(t.Context(), "kek", keyvault.KEKParams{Bits: 2048})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.Disable(t.Context(), "kek", k.Version); vaulttest.CodeOf(err) != keyvault.ServiceFault {
		t.Errorf("%v", err)
	}
}
