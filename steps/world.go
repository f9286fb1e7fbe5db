package steps

import (
	"context"
	"io"
	"time"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/hsm"
	"github.com/keyceremony/ceremony/keyvault"
	"github.com/keyceremony/ceremony/machine"
	"github.com/keyceremony/ceremony/plan"
)

// World is all that the ceremony needs of the machine that it runs on. The
// core knows no clock, no network and no module: they are handed down.
type World struct {
	Stamp     func() audit.Stamp // the clocks of this machine, for each record
	Rand      io.Reader
	Program   audit.Tool // this program; its digest must stand in the plan
	Machine   func() machine.Report
	OpenVault func(context.Context, plan.Vault, SignIn) (keyvault.Vault, error)
	OpenToken func(context.Context, plan.HSM) (hsm.Token, error)
	AskTime   func(ctx context.Context, address string, request []byte) ([]byte, error) // sends a request of RFC 3161; nil where there is no way
	FileSum   func(path string) (digest.SHA256, error)
	Progress  func(what string) // what is awaited, for people; may be nil
}

// now is the local clock; the transcript says how far to believe it.
func (w World) now() time.Time { return w.Stamp().Wall.UTC() }

func (w World) tell(what string) {
	if w.Progress != nil {
		w.Progress(what)
	}
}

// SignIn says how to sign in to Azure.
type SignIn struct {
	Method   string // browser, device code, azure cli, managed identity, certificate, secret, environment
	ClientID string
	Secret   []byte // secret, or PEM with certificate and key; wiped by the caller
}

// SignInMethods are the ways to sign in, as people choose them.
var SignInMethods = []string{"browser", "device code", "azure cli", "managed identity", "certificate", "secret", "environment"}
