//go:build cgo

package pkcs11

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/keyceremony/ceremony/byok"
	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/hsm"
	"github.com/keyceremony/ceremony/hsm/hsmtest"
)

// ready opens a token through the interposer and logs in.
func ready(t *testing.T, d hsmtest.Device, o Options) *token {
	t.Helper()
	token := mustOpen(t, o)
	if err := token.Login(t.Context(), d.PIN, false); err != nil {
		t.Fatal(err)
	}
	return token
}

// TestModuleFaults: whatever a module does in the middle of an operation, the
// program goes on with an error that says what happened.
func TestModuleFaults(t *testing.T) {
	for _, f := range []struct {
		fault string
		want  error
		text  string
	}{
		{"segv", hsm.ErrWorkerDied, "segmentation"},
		{"abort", hsm.ErrWorkerDied, "abort"},
		{"exit", hsm.ErrWorkerDied, "exit status 0"},
		{"hang", hsm.ErrWorkerHung, "did not answer in time"},
		{"spin", hsm.ErrWorkerHung, "did not answer in time"},
		{"rv=0x30", hsm.ErrTokenGone, "CKR_DEVICE_ERROR"},
		{"rv=0x8000006A", hsm.ErrCannotWrap, "CKR_KEY_NOT_KEKABLE"},
		{"rv=0x80000123", nil, "0x80000123"},
	} {
		t.Run(f.fault, func(t *testing.T) {
			d := interpose(t, "INTERPOSER_FAULT=C_GenerateKeyPair:1:"+f.fault)
			o := options(d)
			o.Stderr = new(bytes.Buffer)
			if errors.Is(f.want, hsm.ErrWorkerHung) {
				o.Patience = 500 * time.Millisecond
			}
			token := ready(t, d, o)
			_, err := token.Generate(t.Context(), hsm.Request{Type: "P-256", Label: "x", ID: []byte("x")})
			if err == nil || (f.want != nil && !errors.Is(err, f.want)) || !strings.Contains(err.Error(), f.text) {
				t.Fatalf("%v, wanted %v with %q", err, f.want, f.text)
			}
			_, again := token.Info(t.Context())
			alive := !errors.Is(f.want, hsm.ErrWorkerDied) && !errors.Is(f.want, hsm.ErrWorkerHung)
			if (again == nil) != alive {
				t.Errorf("the operation after it: %v", again)
			}
			if err := token.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
		})
	}
}

// TestModuleFaultsAtStart: the same while the module is loaded.
func TestModuleFaultsAtStart(t *testing.T) {
	for _, f := range []struct {
		fault string
		want  error
		text  string
	}{
		{"C_GetFunctionList:1:rv=5", hsm.ErrNoModule, "CKR_GENERAL_ERROR"},
		{"C_GetFunctionList:2:rv=5", hsm.ErrWorkerDied, "segmentation"}, // the binding goes on with no list
		{"C_Initialize:1:rv=0x1B7", hsm.ErrNoModule, "CKR_LIBRARY_LOAD_FAILED"},
		{"C_Initialize:1:hang", hsm.ErrWorkerHung, "connect to the token"},
		{"C_OpenSession:1:rv=0xB1", nil, "CKR_SESSION_COUNT"},
		{"C_GetSlotList:1:exit", hsm.ErrWorkerDied, "exit status 0"},
		{"C_GetTokenInfo:1:rv=0xE1", hsm.ErrNoToken, "no initialised token"},
	} {
		t.Run(f.fault, func(t *testing.T) {
			d := interpose(t, "INTERPOSER_FAULT="+f.fault)
			o := options(d)
			o.Stderr = new(bytes.Buffer)
			if errors.Is(f.want, hsm.ErrWorkerHung) {
				o.Timeout = 500 * time.Millisecond
			}
			_, err := Open(t.Context(), o)
			if err == nil || (f.want != nil && !errors.Is(err, f.want)) || !strings.Contains(err.Error(), f.text) {
				t.Errorf("%v, wanted %v with %q", err, f.want, f.text)
			}
		})
	}
}

// TestFinalizeCrashes: a module that crashes on its way out is told of.
func TestFinalizeCrashes(t *testing.T) {
	d := interpose(t, "INTERPOSER_FAULT=C_Finalize:1:segv")
	o := options(d)
	o.Stderr = new(bytes.Buffer)
	token := mustOpen(t, o)
	if err := token.Close(); !errors.Is(err, hsm.ErrWorkerDied) {
		t.Errorf("%v, wanted %v", err, hsm.ErrWorkerDied)
	}
}

// TestBanner: what a module prints goes to the standard error and disturbs
// neither the protocol nor this program's output.
func TestBanner(t *testing.T) {
	d := interpose(t, "INTERPOSER_FAULT=C_Initialize:1:banner,C_Login:1:banner")
	var stderr bytes.Buffer
	o := options(d)
	o.Stderr = &stderr
	token := ready(t, d, o)
	if err := token.Close(); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(stderr.String(), "evaluation licence"); n != 2 {
		t.Errorf("the banner came %d times to the standard error, wanted 2", n)
	}
}

// TestChatter: what a library of this program prints as it is loaded, before
// the worker has begun, goes to the standard error too.
func TestChatter(t *testing.T) {
	d := hsmtest.SoftHSM(t)
	t.Setenv("WORKER_CHATTER", "Failed to list camera\n")
	var stderr bytes.Buffer
	o := options(d)
	o.Stderr = &stderr
	if err := ready(t, d, o).Close(); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(stderr.String(), "Failed to list camera") {
		t.Errorf("the standard error has %q", stderr.String())
	}
}

// TestGivenUp: a cancelled operation ends at once, and says so.
func TestGivenUp(t *testing.T) {
	d := interpose(t, "INTERPOSER_FAULT=C_GenerateKeyPair:1:hang")
	ctx, cancel := context.WithCancel(t.Context())
	o := options(d)
	o.Stderr = new(bytes.Buffer)
	o.Progress = func(what string, elapsed time.Duration) {
		// Called from another goroutine, but never after Generate's return.
		if elapsed != time.Second || !strings.Contains(what, `"x"`) {
			t.Errorf("progress %q after %v", what, elapsed)
		}
		cancel() // a person gives up after a second
	}
	token := ready(t, d, o)
	_, err := token.Generate(ctx, hsm.Request{Type: "P-256", Label: "x", ID: []byte("x")})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("%v, wanted %v", err, context.Canceled)
	}
	if _, err := token.Info(t.Context()); !errors.Is(err, hsm.ErrWorkerDied) {
		t.Errorf("the operation after it: %v, wanted %v", err, hsm.ErrWorkerDied)
	}
}

// TestBeforeItBegins: a context that has ended costs nothing.
func TestBeforeItBegins(t *testing.T) {
	d := hsmtest.SoftHSM(t)
	token := mustOpen(t, options(d))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := token.Info(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, wanted %v", err, context.Canceled)
	}
	if _, err := token.Info(t.Context()); err != nil {
		t.Errorf("the operation after it: %v", err)
	}
}

// TestModuleDigest: another file than the plan's is not loaded.
func TestModuleDigest(t *testing.T) {
	// Were it loaded, it would crash.
	d := interpose(t, "INTERPOSER_FAULT=C_GetFunctionList:1:segv")
	o := options(d)
	o.SHA256 = digest.Of([]byte("another file"))
	if _, err := Open(t.Context(), o); !errors.Is(err, hsm.ErrModuleChanged) || !strings.Contains(err.Error(), o.SHA256.String()) {
		t.Errorf("%v, wanted %v with the digest", err, hsm.ErrModuleChanged)
	}
}

func TestNoModule(t *testing.T) {
	for name, o := range map[string]Options{
		"no path":     {},
		"no file":     {Module: "/nonexistent/module.so"},
		"no file sum": {Module: "/nonexistent/module.so", SHA256: digest.Of(nil)},
		"no module":   {Module: hsmtest.CLibrary(t)},
	} {
		if _, err := Open(t.Context(), o); !errors.Is(err, hsm.ErrNoModule) {
			t.Errorf("%s: %v, wanted %v", name, err, hsm.ErrNoModule)
		}
	}
}

// TestWrapBuffer: a module may want a larger buffer, and may lie about what it
// wrote.
func TestWrapBuffer(t *testing.T) {
	for _, f := range []struct {
		setting string
		ok      bool
	}{{"INTERPOSER_SMALL=20000", true}, {"INTERPOSER_SMALL=99000000", false}, {"INTERPOSER_LONG=1", false}} {
		t.Run(f.setting, func(t *testing.T) {
			d := interpose(t, f.setting, "INTERPOSER_SINGLE=1")
			token := ready(t, d, options(d))
			c, err := token.Probe(t.Context(), 2048, []byok.KeyType{"P-256"}, false)
			if err != nil || (c.Way != "") != f.ok {
				t.Errorf("%+v, %v", c, err)
			}
		})
	}
}

// TestWrappingKeyIsDestroyed: whichever call of the wrap fails, nothing of it
// stays on the token.
func TestWrappingKeyIsDestroyed(t *testing.T) {
	// The probe's two calls of C_WrapKey for P-256, once to scout and once to
	// complete, then those of the target.
	for _, fault := range []string{"C_WrapKey:5:rv=0x6", "C_WrapKey:6:rv=0x6", "C_GenerateKey:3:rv=0x6"} {
		t.Run(fault, func(t *testing.T) {
			d := interpose(t, "INTERPOSER_FAULT="+fault)
			token := ready(t, d, options(d))
			k := wrappable(t, token)
			if _, err := token.Wrap(t.Context(), k.ID); err == nil || !strings.Contains(err.Error(), "CKR_FUNCTION_FAILED") {
				t.Fatalf("%v, wanted CKR_FUNCTION_FAILED", err)
			}
			c, err := token.Clean(t.Context())
			if err != nil || c.Left != 0 || len(c.Destroyed) != 1 {
				t.Errorf("clean: %+v, %v", c, err)
			}
		})
	}
	t.Run("destruction fails", func(t *testing.T) {
		// The probe destroys 2 wrapping keys, 2 halves and its KEK; Wrap's is next.
		d := interpose(t, "INTERPOSER_FAULT=C_DestroyObject:6:rv=0x6")
		token := ready(t, d, options(d))
		k := wrappable(t, token)
		if _, err := token.Wrap(t.Context(), k.ID); err == nil {
			t.Fatal("the blob was handed out though its wrapping key stayed")
		}
		c, err := token.Clean(t.Context())
		if err != nil || c.Left != 0 || strings.Join(c.Destroyed, ", ") != "KEK, wrapping key" {
			t.Errorf("clean: %+v, %v", c, err)
		}
	})
}

// wrappable makes a P-256 target and readies the token to wrap it.
func wrappable(t *testing.T, token *token) hsm.Key {
	t.Helper()
	k, err := token.Generate(t.Context(), hsm.Request{Type: "P-256", Label: "target", ID: []byte("target")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := token.Probe(t.Context(), 2048, []byok.KeyType{"P-256"}, false); err != nil {
		t.Fatal(err)
	}
	kek, _ := hsmtest.KEK(t, 2048)
	if _, err := token.LoadKEK(t.Context(), kek); err != nil {
		t.Fatal(err)
	}
	return k
}
