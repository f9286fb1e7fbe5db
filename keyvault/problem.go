package keyvault

import "time"

// Code names a problem of the service in the ceremony's own words.
type Code string

// The problems that people can do something about.
const (
	Unauthorized   Code = "vault.unauthorized"    // 401: not signed in, or the token is not accepted
	MissingRole    Code = "vault.missing-role"    // 403: RBAC; Problem.Role names the role
	Firewall       Code = "vault.firewall"        // 403: this address is not allowed
	Forbidden      Code = "vault.forbidden"       // 403: anything else
	NotFound       Code = "vault.not-found"       // 404
	NameDeleted    Code = "vault.name-deleted"    // 409: the name belongs to a deleted key
	Conflict       Code = "vault.conflict"        // 409: anything else
	Throttled      Code = "vault.throttled"       // 429: Problem.RetryAfter
	KeyTypeOps     Code = "vault.key-type-ops"    // 400: kty, crv or key_ops do not go together
	BadBlob        Code = "vault.bad-blob"        // 400: the key transfer blob is refused
	BadRequest     Code = "vault.bad-request"     // 400: anything else
	Unreachable    Code = "vault.unreachable"     // no answer: DNS, TLS, proxy, timeout
	ServiceFault   Code = "vault.service-fault"   // 5xx
	SignInFailed   Code = "vault.sign-in-failed"  // the identity service refused
	HostileAnswer  Code = "vault.hostile-answer"  // the answer is malformed or names another authority
	AnswerTooLarge Code = "vault.answer-too-long" // the answer is larger than any real one
	Cancelled      Code = "vault.cancelled"       // the program or a person broke the request off
	Configuration  Code = "vault.configuration"   // the plan or the way to sign in cannot be used
)

// A Problem is an error of the service, with its cause and what to do. It
// never holds a token, a key or a blob.
type Problem struct {
	Code       Code
	Title      string // what is the case, one sentence
	Meaning    string // what it means for the ceremony
	Remedy     string // what to do
	Status     int    // HTTP status, 0 if none
	Service    string // error code of the service, as "ForbiddenByRbac"
	Role       string // for MissingRole: the role that allows it
	RetryAfter time.Duration
	RequestID  string // x-ms-request-id, for a support case
	Unknown    bool   // a write whose outcome is not known: look before repeating it
	Err        error  // the cause, in words alone: no request, no answer
}

// Error gives the title and, where there is one, the service's own code.
func (p *Problem) Error() string {
	if p.Service == "" {
		return p.Title
	}
	return p.Title + " (" + p.Service + ")"
}

// Unwrap returns the cause, as context.Canceled.
func (p *Problem) Unwrap() error { return p.Err }
