package azure

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"github.com/keyceremony/ceremony/keyvault"
)

// explain gives an error of the SDK its code and its words; again tells
// whether the same request may help a little later.
func (v *vault) explain(a action, err error) (p *keyvault.Problem, again bool) {
	var resp *azcore.ResponseError
	var failed signInFailure
	switch {
	case errors.As(err, &p):
		return p, false
	case errors.Is(err, context.Canceled):
		return cancelled(a, err), false
	case errors.As(err, &failed):
		return signInProblem(failed.error), false
	case errors.As(err, &resp):
		p = v.refusal(a, resp)
		return p, p.Code == keyvault.Throttled || !a.write && p.Code == keyvault.ServiceFault
	case errors.Is(err, errTooLarge):
		p = &keyvault.Problem{
			Code: keyvault.AnswerTooLarge, Title: "The answer is larger than any real one.",
			Meaning: "What answers is not the vault, or it is broken.", Remedy: "Stop, and find out what answers.",
		}
	default:
		p, again = network(v.base.Host, err)
	}
	p.Err = cause(err)
	if a.write {
		markUnknown(p)
		again = false
	}
	return p, again
}

// markUnknown says of a write that its answer is missing.
func markUnknown(p *keyvault.Problem) {
	p.Unknown = true
	p.Meaning += " Whether the vault did it is not known; the step looks for it before it is repeated."
}

func cancelled(a action, err error) *keyvault.Problem {
	p := &keyvault.Problem{
		Code: keyvault.Cancelled, Title: "The request was broken off.",
		Meaning: "A person stopped it, or its time was over.", Remedy: "Repeat the step.",
		Err: context.Canceled,
	}
	if errors.Is(err, context.DeadlineExceeded) {
		p.Err = context.DeadlineExceeded
	}
	if a.write {
		markUnknown(p)
	}
	return p
}

func asProblem(err error) *keyvault.Problem {
	var p *keyvault.Problem
	errors.As(err, &p)
	return p
}

// configProblem is an error of the plan or of the way to sign in.
func configProblem(what string, err error) error {
	return &keyvault.Problem{
		Code:    keyvault.Configuration,
		Title:   "The vault cannot be opened: " + what + ".",
		Meaning: "Nothing was sent.",
		Remedy:  "Correct the [vault] table of the plan, or choose another way to sign in.",
		Err:     cause(err),
	}
}

var longWord = regexp.MustCompile(`[0-9A-Za-z_\-+/=.]{80,}`)

// cause keeps the words of an error and drops what hangs on it: requests with
// tokens, answers. Long runs of base64 are dropped from the words too.
func cause(err error) error {
	if err == nil {
		return nil
	}
	return errors.New(scrub(err.Error()))
}

func scrub(s string) string {
	return printable(longWord.ReplaceAllString(s, "(left out)"), 600)
}

func isTimeout(err error) bool {
	var n net.Error
	return errors.As(err, &n) && n.Timeout() && !errors.Is(err, context.Canceled)
}

// network explains why there was no answer.
func network(host string, err error) (p *keyvault.Problem, again bool) {
	p = &keyvault.Problem{
		Code:    keyvault.Unreachable,
		Meaning: "The vault did not answer.",
		Remedy:  "Check the network, and that the vault's name in the plan is right; then repeat the step.",
	}
	var dns *net.DNSError
	var cert *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var unknown x509.UnknownAuthorityError
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &dns):
		p.Title = "The name " + host + " is not known to the DNS."
		p.Remedy = "Check the vault's name. Behind a private endpoint, this machine must use the DNS that knows it."
	case errors.As(err, &cert), errors.As(err, &unknown), errors.As(err, &record):
		p.Title = "The TLS certificate of " + host + " is not valid here."
		p.Meaning = "Something between here and the vault opens the connection (a proxy that inspects TLS), or the clock of this machine is wrong."
		p.Remedy = "Use a network without inspection. Never add an exception for it."
	case strings.Contains(err.Error(), "proxyconnect"):
		p.Title = "The proxy refuses or does not answer."
		p.Remedy = "Check the environment variables HTTPS_PROXY and NO_PROXY."
	case isTimeout(err):
		p.Title, again = "The vault did not answer in time.", true
	case errors.As(err, &syntax), !isNetwork(err):
		p.Code, p.Title = keyvault.HostileAnswer, "The answer cannot be read."
		p.Meaning = "What answers is not the vault, or it is a version of it that this program does not know."
		p.Remedy = "Stop, and find out what answers."
	default:
		p.Title, again = "There is no connection to "+host+".", true
	}
	return p, again
}

func isNetwork(err error) bool {
	var op *net.OpError
	var n net.Error
	return errors.As(err, &op) || errors.As(err, &n) || strings.Contains(err.Error(), "EOF") ||
		strings.Contains(err.Error(), "connection") || strings.Contains(err.Error(), "tls:")
}

// answer is what the body of an error answer says.
type answer struct {
	Error struct {
		Code    string `json:"code"`
		Message string `json:"message"`
		Inner   struct {
			Code string `json:"code"`
		} `json:"innererror"`
	} `json:"error"`
}

// refusal explains an answer of the service that is not a success.
func (v *vault) refusal(a action, e *azcore.ResponseError) *keyvault.Problem {
	var body answer
	if raw, err := runtime.Payload(e.RawResponse); err == nil {
		_ = json.Unmarshal(raw, &body) // an answer without a body is explained by its status
	}
	p := v.byStatus(a, e.StatusCode, body)
	p.Status = e.StatusCode
	p.Service = printable(body.Error.Inner.Code, 80)
	if p.Service == "" {
		p.Service = printable(e.ErrorCode, 80)
	}
	p.RequestID = printable(e.RawResponse.Header.Get("X-Ms-Request-Id"), 80)
	p.RetryAfter = retryAfter(e.RawResponse)
	if body.Error.Message != "" {
		p.Err = errors.New(scrub(body.Error.Message))
	} else {
		p.Err = fmt.Errorf("status %d without explanation", e.StatusCode)
	}
	return p
}

// retryAfter reads the header in its form of seconds, and in its form of a
// date relative to the answer's own date (RFC 9110, 10.2.3).
func retryAfter(resp *http.Response) time.Duration {
	h := resp.Header.Get("Retry-After")
	if n, err := strconv.Atoi(h); err == nil && n > 0 && n < 1<<20 {
		return time.Duration(n) * time.Second
	}
	at, err := http.ParseTime(h)
	now, err2 := http.ParseTime(resp.Header.Get("Date"))
	if err != nil || err2 != nil {
		return 0
	}
	return max(0, at.Sub(now))
}
