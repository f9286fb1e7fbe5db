package pkcs11

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/keyceremony/ceremony/hsm"
)

const (
	workerArg = "pkcs11-worker"             // first argument of a worker process
	workerEnv = "KEYCEREMONY_PKCS11_WORKER" // set in a worker, which must not start another
	killWait  = 5 * time.Second             // for the remains of a killed worker
)

// IsWorker reports whether the program was started as a PKCS#11 worker; args
// is os.Args.
func IsWorker(args []string) bool {
	return len(args) > 1 && args[1] == workerArg
}

// A client is the near end of a worker process. It is not safe for concurrent
// use: Token has the lock.
type client struct {
	cmd      *exec.Cmd
	words    *lastWords
	to       io.WriteCloser
	from     io.ReadCloser
	progress hsm.Progress
	dead     error // why the worker is gone, once that is known
}

// A call is one operation asked of the worker.
type call struct {
	op     string        // its name on the wire
	what   string        // its name for people, as "wrap the target key"
	limit  time.Duration // for a context without a deadline
	args   any           // JSON, may be nil
	body   []byte        // secret argument, wiped by its owner
	result any           // pointer to decode the result into, may be nil
}

// moduleEnv is the environment that a vendor's module gets: everything that its
// own settings may be in, and none of the secrets and sockets of others.
func moduleEnv(all []string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(entry string) bool {
		name, _, _ := strings.Cut(strings.ToUpper(entry), "=")
		for _, part := range []string{"AZURE_", "SSH_", "TOKEN", "SECRET", "PASSWORD", "PASSPHRASE", "CREDENTIAL"} {
			if strings.Contains(name, part) {
				return true
			}
		}
		return false
	})
}

// start runs the program again as a worker.
func start(o Options) (*client, error) {
	if os.Getenv(workerEnv) != "" {
		return nil, errors.New("internal error: a PKCS#11 worker would start another: main or TestMain does not dispatch pkcs11.WorkerMain")
	}
	program, err := o.executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(program, workerArg)
	cmd.Args[0] = os.Args[0] // for people who list processes
	// A module's crash is reported in words, without the stack of the worker.
	cmd.Env = append(moduleEnv(os.Environ()), workerEnv+"=1", "GOTRACEBACK=none")
	words := &lastWords{to: o.stderr()}
	cmd.Stderr = words
	cmd.WaitDelay = killWait
	to, from, err := spawn(cmd)
	if err != nil {
		return nil, fmt.Errorf("start the PKCS#11 worker: %w", err)
	}
	return &client{cmd: cmd, words: words, to: to, from: from, progress: o.Progress}, nil
}

// do sends one call and waits for its reply. A worker that dies, or does not
// answer until the context or the limit ends, is killed: the token must then
// be opened anew.
func (c *client) do(ctx context.Context, k call) ([]byte, error) {
	if c.dead != nil {
		return nil, fmt.Errorf("%s: %w", k.what, c.dead)
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", k.what, err) // nothing has begun
	}
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, k.limit)
		defer cancel()
	}
	header, err := encodeRequest(k)
	if err != nil {
		return nil, err
	}
	if err := writeFrame(c.to, frame{header: header, body: k.body}); err != nil {
		return nil, fmt.Errorf("%s: %w", k.what, c.bury())
	}
	f, err := c.await(ctx, k.what)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", k.what, err)
	}
	return decodeReply(k, f)
}

// await reads one frame. It starts no goroutine: at the end of the context
// the worker is killed, and the read ends with its pipe.
func (c *client) await(ctx context.Context, what string) (frame, error) {
	stop := context.AfterFunc(ctx, c.kill)
	done := beat(c.progress, what)
	f, err := readFrame(c.from)
	done()
	switch {
	case !stop(): // killed, perhaps behind a reply that was already there
		return frame{}, c.giveUp(ctx)
	case err != nil:
		return frame{}, c.bury()
	}
	return f, nil
}

// kill ends the process, and the read of a pipe whose other end a child of
// the module may hold.
func (c *client) kill() {
	_ = c.cmd.Process.Kill()
	c.from.Close()
}

// giveUp collects a worker that did not answer in time.
func (c *client) giveUp(ctx context.Context) error {
	c.reap()
	if errors.Is(ctx.Err(), context.Canceled) {
		c.dead = fmt.Errorf("%w: it was stopped in the middle of an operation that was given up", hsm.ErrWorkerDied)
		return fmt.Errorf("%w: the PKCS#11 module was stopped; connect to the token again", ctx.Err())
	}
	c.dead = fmt.Errorf("%w and was stopped: connect to the token again", hsm.ErrWorkerHung)
	return fmt.Errorf("%w (%w)", c.dead, ctx.Err())
}

// bury collects a worker that ended by itself, and says how it ended.
func (c *client) bury() error {
	if c.dead != nil {
		return c.dead
	}
	c.reap()
	how := "its process cannot be found"
	if s := c.cmd.ProcessState; s != nil {
		how = s.String()
		if s.ExitCode() == 0 {
			how = "it ended the process as if all were well (exit status 0)"
		}
	}
	if c.words.signal != "" {
		how = c.words.signal
	}
	c.dead = fmt.Errorf("%w: %s: connect to the token again", hsm.ErrWorkerDied, how)
	return c.dead
}

// reap waits for the process to end, and kills one that only closed its pipe.
func (c *client) reap() {
	c.to.Close()
	late := time.AfterFunc(killWait/10, func() { _ = c.cmd.Process.Kill() })
	defer late.Stop()
	_ = c.cmd.Wait()
	c.from.Close()
}

// close asks the worker to finalise the module and end.
func (c *client) close(limit time.Duration) error {
	if c.dead != nil {
		return nil // the operation that found it dead has said so
	}
	_, err := c.do(context.Background(), call{op: "close", what: "close the token", limit: limit})
	if c.dead == nil {
		c.reap()
		c.dead = errors.New("the token is closed")
	}
	return err
}

func encodeRequest(k call) ([]byte, error) {
	r := request{Op: k.op}
	if k.args != nil {
		args, err := json.Marshal(k.args)
		if err != nil {
			return nil, fmt.Errorf("internal error: encode %s: %w", k.op, err)
		}
		r.Args = args
	}
	return json.Marshal(r)
}

func decodeReply(k call, f frame) ([]byte, error) {
	var r reply
	if err := json.Unmarshal(f.header, &r); err != nil {
		return nil, fmt.Errorf("%s: internal error: the worker's reply: %w", k.what, err)
	}
	if r.Err != nil {
		return nil, r.Err.decode()
	}
	if k.result == nil {
		return f.body, nil
	}
	if err := json.Unmarshal(r.Result, k.result); err != nil {
		return nil, fmt.Errorf("%s: internal error: the worker's result: %w", k.what, err)
	}
	return f.body, nil
}
