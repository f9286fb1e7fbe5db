package azure

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/keyceremony/ceremony/keyvault"
)

// tokens asks the credential for tokens for our one resource, and remembers
// what the last one says of the account.
type tokens struct {
	inner    azcore.TokenCredential
	tenant   string // "" is any
	resource string

	mu  sync.Mutex
	who claims
	got bool
}

// GetToken implements azcore.TokenCredential. The guard has already refused
// other tenants and resources; this is the second lock on the same door.
func (t *tokens) GetToken(ctx context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	if !slices.Equal(o.Scopes, []string{t.resource + "/.default"}) {
		return azcore.AccessToken{}, hostile("a token was asked for another service than " + t.resource)
	}
	tok, err := t.inner.GetToken(ctx, o)
	if err != nil {
		return tok, signInFailure{err}
	}
	who := parseClaims(tok.Token)
	if t.tenant != "" && who.Tenant != "" && !strings.EqualFold(who.Tenant, t.tenant) {
		return azcore.AccessToken{}, &keyvault.Problem{
			Code:    keyvault.SignInFailed,
			Title:   fmt.Sprintf("You signed in to tenant %s, the plan says %s.", who.Tenant, t.tenant),
			Meaning: "The account or the tool with which you signed in belongs to another tenant.",
			Remedy:  "Sign out there, and sign in with the account that the plan expects.",
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.who, t.got = who, true
	return tok, nil
}

// claims are those of the last token; asked tells whether there was one.
func (t *tokens) claims() (who claims, asked bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.who, t.got
}

// claims are what an access token says of the account. Nobody verifies them
// here: they are shown and recorded, the service decides.
type claims struct {
	Tenant   string `json:"tid"`
	UPN      string `json:"upn"`
	Unique   string `json:"unique_name"`
	AppName  string `json:"app_displayname"`
	AppID    string `json:"appid"`
	ObjectID string `json:"oid"`
}

// account is the most telling name: of the person, of the application.
func (c claims) account() string {
	for _, s := range []string{c.UPN, c.Unique, c.AppName, c.AppID} {
		if s != "" {
			return s
		}
	}
	return ""
}

// maxToken is longer than any access token.
const maxToken = 64 << 10

// parseClaims reads the middle part of a JSON Web Token; what is not one has
// no claims.
func parseClaims(token string) claims {
	var c claims
	parts := strings.Split(token, ".")
	if len(parts) != 3 || len(token) > maxToken {
		return c
	}
	b, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil || json.Unmarshal(b, &c) != nil {
		return claims{}
	}
	for _, s := range []*string{&c.Tenant, &c.UPN, &c.Unique, &c.AppName, &c.AppID, &c.ObjectID} {
		*s = printable(*s, 200)
	}
	return c
}

// printable makes a server's words fit to be shown and recorded: printable
// ASCII and letters, one line, at most n bytes.
func printable(s string, n int) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\r', r == '\t':
			return ' '
		case r < ' ', r == 0x7f, r > 0x7e:
			return '?'
		}
		return r
	}, s)
	if len(s) > n {
		s = s[:n] + "..."
	}
	return strings.Join(strings.Fields(s), " ")
}
