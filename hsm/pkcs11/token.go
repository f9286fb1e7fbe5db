package pkcs11

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/keyceremony/ceremony/byok"
	"github.com/keyceremony/ceremony/hsm"
)

// closeLimit is how long a module may take to end before it is killed.
const closeLimit = 10 * time.Second

// A token is an hsm.Token in a worker process.
type token struct {
	mu     sync.Mutex
	client *client
	o      Options
	info   hsm.Info

	way    hsm.Way               // what Probe found; "" if nothing
	probed map[byok.KeyType]bool // for these types
	kek    *byok.KEK             // as read back by LoadKEK
}

var _ hsm.Token = (*token)(nil)

// Open starts a worker, loads the module into it and opens a session with the
// one token that matches; hsm.ErrNoToken and hsm.ErrManyTokens name those that
// are there.
func Open(ctx context.Context, o Options) (hsm.Token, error) {
	u, err := o.selector()
	if err != nil {
		return nil, err
	}
	if len(u.ID) > 0 || u.Object != "" {
		return nil, errors.New("PKCS#11 URI: id and object name a key, not a token: leave them out")
	}
	return open(ctx, o)
}

func open(ctx context.Context, o Options) (*token, error) {
	t := &token{o: o}
	args, err := o.openArgs()
	if err != nil {
		return nil, err
	}
	if t.client, err = startWorker(o); err != nil {
		return nil, err
	}
	if err := t.ask(ctx, "open", "connect to the token", args, &t.info); err != nil {
		_ = t.client.close(closeLimit)
		return nil, err
	}
	return t, nil
}

// List tells of all tokens that a module shows, without a login.
func List(ctx context.Context, o Options) ([]hsm.Info, error) {
	args, err := o.openArgs()
	if err != nil {
		return nil, err
	}
	c, err := startWorker(o)
	if err != nil {
		return nil, err
	}
	defer c.close(closeLimit)
	var infos []hsm.Info
	_, err = c.do(ctx, call{op: "list", what: "list the tokens", limit: o.timeout(), args: args, result: &infos})
	return infos, err
}

func startWorker(o Options) (*client, error) {
	if !canLoad {
		return nil, ErrNoCgo
	}
	return start(o)
}

func (o Options) openArgs() (openArgs, error) {
	if o.Module == "" {
		return openArgs{}, fmt.Errorf("%w: no path is given", hsm.ErrNoModule)
	}
	want, err := o.selector()
	return openArgs{Module: o.Module, SHA256: o.SHA256, InitArgs: o.InitArgs, Token: want, ReadOnly: o.readOnly}, err
}

// ask runs an operation within the usual time.
func (t *token) ask(ctx context.Context, op, what string, args, result any) error {
	_, err := t.client.do(ctx, call{op: op, what: what, limit: t.o.timeout(), args: args, result: result})
	return err
}

func (t *token) Info(ctx context.Context) (hsm.Info, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	var info hsm.Info
	err := t.ask(ctx, "info", "ask the token who it is", nil, &info)
	if err == nil {
		t.info = info
	}
	return info, err
}

// Login hands the PIN to the worker and wipes every copy but the caller's.
func (t *token) Login(ctx context.Context, pin []byte, insist bool) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	limit, what := t.o.timeout(), "log in"
	if len(pin) == 0 {
		limit, what = t.o.patience(), "log in at the PIN pad"
	}
	_, err := t.client.do(ctx, call{op: "login", what: what, limit: limit, args: loginArgs{Insist: insist}, body: pin})
	return err
}

func (t *token) Logout(ctx context.Context) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kek = nil
	return t.ask(ctx, "logout", "log out", nil, nil)
}

func (t *token) Generate(ctx context.Context, r hsm.Request) (hsm.Key, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	var k hsm.Key
	what := fmt.Sprintf("generate %q, a key of type %s", r.Label, r.Type)
	if _, err := byok.ParseKeyType(string(r.Type)); err != nil {
		return k, fmt.Errorf("generate %q: %w", r.Label, err)
	}
	_, err := t.client.do(ctx, call{op: "generate", what: what, limit: t.o.patience(), args: r, result: &k})
	return k, err
}

func (t *token) Find(ctx context.Context, q hsm.Query) ([]hsm.Key, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	var keys []hsm.Key
	err := t.ask(ctx, "find", "look for keys", q, &keys)
	return keys, err
}

func (t *token) LoadKEK(ctx context.Context, kek *byok.KEK) (*byok.KEK, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	read := new(byok.KEK)
	t.kek = nil
	if err := t.ask(ctx, "kek", "load the KEK", kekArgs{KEK: kek}, read); err != nil {
		return nil, err
	}
	t.kek = read
	return read, nil
}

func (t *token) Trust(ctx context.Context, pin []byte, kek *byok.KEK, insist bool) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	limit, what := t.o.timeout(), "make the KEK a trusted object"
	if len(pin) == 0 {
		limit, what = t.o.patience(), "log the security officer in at the PIN pad"
	}
	_, err := t.client.do(ctx, call{op: "trust", what: what, limit: limit, args: trustArgs{kek, insist}, body: pin})
	return err
}

// Trusted goes by the way that Probe found once there is one, before that by
// the mechanisms that the token lists.
func (t *token) Trusted(ctx context.Context, kek *byok.KEK) (hsm.Trusted, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	var found hsm.Trusted
	err := t.ask(ctx, "trusted", "read back what is trusted", kekArgs{KEK: kek}, &found)
	if w, ok := wayNamed(t.way); ok {
		found.TwoSteps = w.kwp != 0
	}
	return found, err
}

func (t *token) Wrap(ctx context.Context, id []byte) ([]byte, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.way == "" {
		return nil, hsm.ErrNotProbed
	}
	if t.kek == nil {
		return nil, hsm.ErrNoKEK
	}
	var kind byok.KeyType
	k := call{op: "wrap", what: "wrap the target key", limit: t.o.timeout(), args: wrapArgs{id, t.way}, result: &kind}
	ciphertext, err := t.client.do(ctx, k)
	if err != nil {
		return nil, err
	}
	if !t.probed[kind] {
		return nil, fmt.Errorf("%w for keys of type %s", hsm.ErrNotProbed, kind)
	}
	if least, most := byok.CiphertextLengths(kind, t.kek.Bits()); len(ciphertext) < least || len(ciphertext) > most {
		return nil, fmt.Errorf("%w: the ciphertext of a key of type %s under a KEK of %d bits has %d bytes, not %d to %d",
			hsm.ErrCannotWrap, kind, t.kek.Bits(), len(ciphertext), least, most)
	}
	return ciphertext, nil
}

func (t *token) Sign(ctx context.Context, id []byte, hash hsm.Hash, digest []byte) ([]byte, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	var sig []byte
	err := t.ask(ctx, "sign", "sign", signArgs{id, hash, digest}, &sig)
	return sig, err
}

func (t *token) Decrypt(ctx context.Context, id, ciphertext []byte) ([]byte, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.client.do(ctx, call{op: "decrypt", what: "decrypt", limit: t.o.timeout(), args: keyArgs{id}, body: ciphertext})
}

func (t *token) Encrypt(ctx context.Context, id []byte, mode hsm.Mode, iv, plaintext []byte) ([]byte, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	var out []byte
	err := t.ask(ctx, "encrypt", "encrypt", encryptArgs{id, mode, iv, plaintext}, &out)
	return out, err
}

func (t *token) Settle(ctx context.Context, id []byte, fate hsm.Fate) (hsm.Key, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	var k hsm.Key
	err := t.ask(ctx, "settle", "settle the target key", settleArgs{id, fate}, &k)
	return k, err
}

func (t *token) Clean(ctx context.Context) (hsm.Cleaned, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kek = nil
	var c hsm.Cleaned
	err := t.ask(ctx, "clean", "destroy the session objects", nil, &c)
	return c, err
}

// Close ends the session and the worker. The progress of Close is nobody's
// concern, and a module that hangs in it is killed.
func (t *token) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.client.close(closeLimit)
}
