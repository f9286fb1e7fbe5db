package rehearsal

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// tokenLife is how long an access token is valid, as in Entra.
const tokenLife = time.Hour

// claims of an access token, as far as we set or read them.
type claims struct {
	Audience string `json:"aud"`
	Issuer   string `json:"iss"`
	IssuedAt int64  `json:"iat"`
	NotAfter int64  `json:"exp"`
	AppID    string `json:"appid"`
	AppName  string `json:"app_displayname"`
	ObjectID string `json:"oid"`
	Tenant   string `json:"tid"`
	Version  string `json:"ver"`
}

// resource names the vault service in challenges, scopes and audiences.
func (s *Server) resource() string { return "https://" + s.resourceHost() }

func (s *Server) serveLogin(w http.ResponseWriter, r *http.Request) {
	tenant, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	switch {
	case tenant != s.id.Tenant:
		s.refuseLogin(w, "invalid_request", "AADSTS90002", "Tenant '"+tenant+"' not found.")
	case rest == "v2.0/.well-known/openid-configuration" && r.Method == http.MethodGet:
		s.serveDiscovery(w)
	case rest == "oauth2/v2.0/token" && r.Method == http.MethodPost:
		s.serveToken(w, r)
	default:
		http.NotFound(w, r)
	}
}

func (s *Server) serveDiscovery(w http.ResponseWriter) {
	base := s.Authority() + "/" + s.id.Tenant
	reply(w, http.StatusOK, map[string]any{
		"issuer":                 base + "/v2.0",
		"authorization_endpoint": base + "/oauth2/v2.0/authorize",
		"token_endpoint":         s.tokenEndpoint(),
		"jwks_uri":               base + "/discovery/v2.0/keys",
	})
}

func (s *Server) tokenEndpoint() string {
	return s.Authority() + "/" + s.id.Tenant + "/oauth2/v2.0/token"
}

// serveToken grants client credentials (RFC 6749, 4.4) by secret or by
// assertion (RFC 7523, 2.2).
func (s *Server) serveToken(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		s.refuseLogin(w, "invalid_request", "AADSTS900144", "The request body cannot be read.")
		return
	}
	switch form := r.PostForm; {
	case form.Get("grant_type") != "client_credentials":
		s.refuseLogin(w, "unsupported_grant_type", "AADSTS70003", "The rehearsal vault knows client credentials only.")
	case form.Get("client_id") != s.id.ClientID:
		s.refuseLogin(w, "unauthorized_client", "AADSTS700016", "Application with identifier '"+form.Get("client_id")+"' was not found in the directory.")
	case !hasScope(form.Get("scope"), s.resource()+"/.default"):
		s.refuseLogin(w, "invalid_resource", "AADSTS500011", "The resource principal named in the scope was not found.")
	case form.Get("client_assertion") != "" && !s.goodAssertion(form):
		s.refuseLogin(w, "invalid_client", "AADSTS700027", "The certificate with identifier used to sign the client assertion is not registered on application.")
	case form.Get("client_assertion") == "" && !s.goodSecret(form.Get("client_secret")):
		s.refuseLogin(w, "invalid_client", "AADSTS7000215", "Invalid client secret provided.")
	default:
		s.grant(w)
	}
}

func hasScope(scopes, wanted string) bool {
	for _, f := range strings.Fields(scopes) {
		if f == wanted {
			return true
		}
	}
	return false
}

func (s *Server) goodSecret(given string) bool {
	return subtle.ConstantTimeCompare([]byte(given), []byte(s.creds.secret)) == 1
}

func (s *Server) goodAssertion(form url.Values) bool {
	var c struct {
		Audience string `json:"aud"`
		Issuer   string `json:"iss"`
		Subject  string `json:"sub"`
	}
	assertion := form.Get("client_assertion")
	if openJWS(assertion, s.creds.client.PublicKey, &c) != nil || !namesCertificate(assertion, s.creds.client.Raw) {
		return false
	}
	// The assertion's times are the client's, and a rehearsal may run under
	// another clock than the server's: they are not checked.
	return c.Audience == s.tokenEndpoint() && c.Issuer == s.id.ClientID && c.Subject == s.id.ClientID
}

// namesCertificate tells whether the header of a JWS names this certificate
// by thumbprint (RFC 7515, 4.1.8; the SDK writes standard base64).
func namesCertificate(jws string, der []byte) bool {
	var header struct {
		Thumbprint data `json:"x5t#S256"`
	}
	part, _, _ := strings.Cut(jws, ".")
	sum := sha256.Sum256(der)
	return decodePart(part, &header) == nil && bytes.Equal(header.Thumbprint, sum[:])
}

func (s *Server) grant(w http.ResponseWriter) {
	now := s.opts.Now()
	token, err := signJWS(s.creds.token, claims{
		Audience: s.resource(),
		Issuer:   s.Authority() + "/" + s.id.Tenant + "/",
		IssuedAt: now.Unix(),
		NotAfter: now.Add(tokenLife).Unix(),
		AppID:    s.id.ClientID,
		AppName:  "ceremony rehearsal",
		ObjectID: s.id.ObjectID,
		Tenant:   s.id.Tenant,
		Version:  "1.0",
	})
	if err != nil {
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	reply(w, http.StatusOK, map[string]any{
		"token_type": "Bearer", "expires_in": int(tokenLife.Seconds()), "access_token": token,
	})
}

func (s *Server) refuseLogin(w http.ResponseWriter, code, aadsts, text string) {
	reply(w, http.StatusBadRequest, map[string]any{
		"error": code, "error_description": aadsts + ": " + text, "trace_id": s.randomID(),
	})
}

// authorized verifies the bearer token of a request to the vault: signature,
// audience, tenant, and life.
func (s *Server) authorized(r *http.Request) bool {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return false
	}
	var c claims
	if openJWS(token, &s.creds.token.PublicKey, &c) != nil {
		return false
	}
	now := s.opts.Now().Unix()
	return c.Audience == s.resource() && c.Tenant == s.id.Tenant && now < c.NotAfter && c.IssuedAt <= now
}

// challenge tells the client where to get a token, as both services do: Key
// Vault with a body, Managed HSM without.
func (s *Server) challenge(w http.ResponseWriter) {
	w.Header().Set("WWW-Authenticate", `Bearer authorization="`+s.Authority()+"/"+s.id.Tenant+
		`", resource="`+s.resource()+`"`)
	if s.id.ManagedHSM {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	refuse(w, errUnauthorized)
}
