//go:build cgo

package pkcs11

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"

	"github.com/keyceremony/ceremony/hsm"
)

// canLoad says whether this program can be its own worker.
const canLoad = true

// farewell is how long a worker may finish its last call after the program
// that started it is gone.
const farewell = 10 * time.Second

// WorkerMain serves the program that started this one, and does not return.
func WorkerMain() {
	in, out, err := handOver()
	if err != nil {
		fmt.Fprintln(os.Stderr, "pkcs11 worker:", err)
		os.Exit(1)
	}
	go func() {
		awaitOrphan(in)
		// The program is gone; a hung module must not stay behind.
		time.AfterFunc(farewell, func() { os.Exit(1) })
	}()
	runtime.LockOSThread() // some modules want one thread for all calls
	serve(in, out)
	os.Exit(0)
}

// serve answers requests until the pipe ends or "close" is answered.
func serve(in io.Reader, out io.Writer) {
	w := &worker{}
	defer w.shut()
	for {
		f, err := readFrame(in)
		if err != nil {
			return // the program is gone
		}
		last := w.answer(f, out)
		clear(f.body)
		if last {
			return
		}
	}
}

// A worker holds the module and at most one session with one token.
type worker struct {
	module *module
	*session
}

// answer handles one request and reports whether it was the last.
func (w *worker) answer(f frame, out io.Writer) (last bool) {
	var q request
	var r reply
	result, body, err := any(nil), []byte(nil), json.Unmarshal(f.header, &q)
	if err == nil {
		result, body, err = w.handle(q, f.body)
	}
	defer clear(body)
	if err == nil && result != nil {
		r.Result, err = json.Marshal(result)
	}
	if err != nil {
		r, body = reply{Err: encodeError(err)}, nil
	}
	header, err := json.Marshal(r)
	if err != nil {
		return true
	}
	return writeFrame(out, frame{header, body}) != nil || q.Op == "close"
}

// handle runs one operation. Its arguments are JSON in q and raw bytes in body.
func (w *worker) handle(q request, body []byte) (result any, secret []byte, err error) {
	switch q.Op {
	case "open":
		return with(q, w.open)
	case "list":
		return with(q, w.list)
	case "close":
		return nil, nil, w.shut()
	}
	if w.session == nil {
		return nil, nil, fmt.Errorf("internal error: %s before open", q.Op)
	}
	return w.session.handle(q, body)
}

// handle runs one operation on the open session.
func (s *session) handle(q request, body []byte) (any, []byte, error) {
	switch q.Op {
	case "info":
		info, err := s.info()
		return info, nil, err
	case "login":
		return with(q, func(a loginArgs) (any, error) { return nil, s.login(a, body) })
	case "logout":
		return nil, nil, s.logout()
	case "generate":
		return with(q, s.generate)
	case "find":
		return with(q, s.find)
	case "kek":
		return with(q, s.loadKEK)
	case "trust":
		return with(q, func(a trustArgs) (any, error) { return nil, s.trust(a, body) })
	case "trusted":
		return with(q, func(a kekArgs) (hsm.Trusted, error) { return s.trusted(a.KEK) })
	case "wrap":
		var a wrapArgs
		if err := json.Unmarshal(q.Args, &a); err != nil {
			return nil, nil, err
		}
		return s.wrap(a)
	case "trial":
		return with(q, s.trial)
	case "trial.wrap":
		return with(q, s.trialWrap)
	case "trial.trust":
		return with(q, s.trialTrust)
	case "trial.end":
		return nil, nil, s.endTrial()
	case "sign":
		return with(q, s.sign)
	case "encrypt":
		return with(q, s.encrypt)
	case "decrypt":
		var a keyArgs
		if err := json.Unmarshal(q.Args, &a); err != nil {
			return nil, nil, err
		}
		plain, err := s.decrypt(a.ID, body)
		return nil, plain, err
	case "settle":
		return with(q, s.settle)
	case "clean":
		cleaned, err := s.cleanAll()
		return cleaned, nil, err
	}
	return nil, nil, fmt.Errorf("internal error: unknown operation %q", q.Op)
}

// with decodes the arguments of a request and calls f with them.
func with[A, R any](q request, f func(A) (R, error)) (any, []byte, error) {
	var args A
	if err := json.Unmarshal(q.Args, &args); err != nil {
		return nil, nil, fmt.Errorf("internal error: the arguments of %s: %w", q.Op, err)
	}
	result, err := f(args)
	return result, nil, err
}
