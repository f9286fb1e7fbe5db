package pkcs11

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"

	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/hsm"
)

// ErrNoCgo is returned by a program that was built without cgo, which cannot
// load a PKCS#11 module.
var ErrNoCgo = errors.New("this program was built without cgo and cannot load a PKCS#11 module: use the full program")

// Options says which module to load and which of its tokens to open.
type Options struct {
	Module string        // path of the PKCS#11 library
	SHA256 digest.SHA256 // of the module's file, checked before it is loaded; zero means unchecked

	// The token, by its serial number, its label, or an RFC 7512 URI; empty
	// members match all. Exactly one initialised token must match.
	Serial string
	Label  string
	URI    string

	// InitArgs is the parameter string that NSS wants at C_Initialize, as
	// "configdir='sql:/path'"; empty for every other module.
	InitArgs string

	Timeout  time.Duration // of an operation whose context has no deadline; 0 means a minute
	Patience time.Duration // the same for RSA key generation and PIN pads; 0 means fifteen minutes
	Progress hsm.Progress  // called each second of a long operation, from another goroutine; may be nil
	Stderr   io.Writer     // takes what the module prints; nil means os.Stderr

	program  string // the worker's program, os.Executable() if empty; for tests
	readOnly bool   // opens a read-only session: cards are often write protected
}

// selector returns what the token must match, from all of Serial, Label, URI.
func (o Options) selector() (URI, error) {
	u := URI{Token: o.Label, Serial: o.Serial}
	if o.URI == "" {
		return u, nil
	}
	if o.Serial != "" || o.Label != "" {
		return u, errors.New("the token is named twice: by a URI and by its serial or label")
	}
	return ParseURI(o.URI)
}

func (o Options) timeout() time.Duration {
	if o.Timeout > 0 {
		return o.Timeout
	}
	return time.Minute
}

func (o Options) patience() time.Duration {
	if o.Patience > 0 {
		return o.Patience
	}
	return 15 * time.Minute
}

func (o Options) stderr() io.Writer {
	if o.Stderr != nil {
		return o.Stderr
	}
	return os.Stderr
}

// executable is this very program: on Linux the file that runs, even if
// another was put in its place since.
func (o Options) executable() (string, error) {
	if o.program != "" {
		return o.program, nil
	}
	if _, err := os.Stat(selfLink); err == nil && runtime.GOOS == "linux" {
		return selfLink, nil
	}
	path, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("find this program, to start the PKCS#11 worker: %w", err)
	}
	return path, nil
}

const selfLink = "/proc/self/exe" // the child's own, which is still ours when it is opened
