package azure

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/keyceremony/ceremony/keyvault"
)

// RehearsalMark is the header by which a service says that it is a rehearsal.
const RehearsalMark = "X-Ceremony-Rehearsal"

// findingHeader is what a rehearsal vault accepted in spite of something.
const findingHeader = "X-Ceremony-Finding"

// A guard sees every answer before azkeys does. It refuses a challenge that
// would send us to sign in anywhere but at the plan's authority, or that
// azkeys 1.5.0 cannot parse (it panics on an authorization without a path).
type guard struct {
	hosts    []string // of the authority
	tenant   string   // "" is any
	resource string
	mark     atomic.Bool
}

// Do passes the request on and looks at the answer.
func (g *guard) Do(req *policy.Request) (*http.Response, error) {
	resp, err := req.Next()
	if err != nil {
		return resp, err
	}
	if resp.StatusCode == http.StatusUnauthorized {
		if err := g.check(resp.Header.Values("WWW-Authenticate")); err != nil {
			return nil, err
		}
	}
	if resp.Header.Get(RehearsalMark) != "" {
		g.mark.Store(true)
	}
	return resp, nil
}

// rehearsal tells whether any answer had the mark.
func (g *guard) rehearsal() bool { return g.mark.Load() }

// check takes the WWW-Authenticate headers of a 401. azkeys reads the first.
// None at all is a plain refusal, which nobody answers with a token.
func (g *guard) check(headers []string) error {
	if len(headers) == 0 {
		return nil
	}
	params, err := parseChallenge(headers[0])
	if err != nil {
		return err
	}
	if params["error"] == "insufficient_claims" && params["claims"] != "" {
		return nil // continuous access evaluation: azcore takes the claims alone to our own authority
	}
	if err := g.checkAuthority(params["authorization"]); err != nil {
		return err
	}
	resource := params["resource"]
	if scope, ok := params["scope"]; ok { // azkeys prefers it
		resource = strings.TrimSuffix(scope, "/.default")
	}
	if resource != g.resource {
		return hostile("a challenge asks for a token for another service than " + g.resource)
	}
	return nil
}

var authorizationForm = regexp.MustCompile(`^https://([0-9A-Za-z.:-]+)/(` + guidPattern + `)$`)

// checkAuthority takes https://HOST/TENANT with our authority and tenant.
func (g *guard) checkAuthority(authorization string) error {
	m := authorizationForm.FindStringSubmatch(authorization)
	if m == nil {
		return hostile("a challenge names a place to sign in that is not https://HOST/TENANT")
	}
	if !slices.Contains(g.hosts, strings.ToLower(m[1])) {
		return hostile("a challenge names another authority than " + g.hosts[0])
	}
	if g.tenant != "" && !strings.EqualFold(g.tenant, m[2]) {
		return wrongTenant(m[2], g.tenant)
	}
	return nil
}

var (
	challengeForm  = regexp.MustCompile(`^Bearer +[a-z_]+="[^"\\]*"(?:,? +[a-z_]+="[^"\\]*")*,?$`)
	challengeParam = regexp.MustCompile(`([a-z_]+)="([^"\\]*)"`)
)

// maxChallenge is longer than any real one, with claims.
const maxChallenge = 4096

// parseChallenge reads one Bearer challenge (RFC 6750, 3) of the narrow form
// that the services send, in which azkeys' own parser sees the same.
func parseChallenge(header string) (map[string]string, error) {
	if len(header) > maxChallenge || !challengeForm.MatchString(header) {
		return nil, hostile("a challenge is malformed")
	}
	params := map[string]string{}
	for _, m := range challengeParam.FindAllStringSubmatch(header, -1) {
		if _, twice := params[m[1]]; twice {
			return nil, hostile("a challenge names " + m[1] + " twice")
		}
		if strings.ContainsAny(m[2], " \t") || m[1] != "claims" && strings.ContainsAny(m[2], "=,") {
			return nil, hostile("a challenge is malformed")
		}
		params[m[1]] = m[2]
	}
	return params, nil
}

// hostile is an error that must not be retried.
func hostile(what string) error {
	return &keyvault.Problem{
		Code:    keyvault.HostileAnswer,
		Title:   "The answer is not one of the vault in the plan: " + what + ".",
		Meaning: "Something between here and the vault answers in its place, or the plan names another cloud. Nothing was sent to it but the request; no token.",
		Remedy:  "Stop. Find out what answers (proxy, DNS, hosts file) before going on.",
	}
}

func wrongTenant(found, wanted string) error {
	return &keyvault.Problem{
		Code:    keyvault.HostileAnswer,
		Title:   fmt.Sprintf("The vault belongs to tenant %s, the plan says %s.", found, wanted),
		Meaning: "This is not the vault that was planned, or the plan names the wrong tenant.",
		Remedy:  "Compare the tenant with the vault's owner. A wrong plan is corrected and signed again, not bypassed.",
	}
}
