package durable

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// The lock is a file of its own, not a log: Windows would block the read-back.
// Who holds it stands beside it, because Windows blocks reading a locked file.
const (
	lockName   = ".lock"
	lockByName = ".lock.by"
)

// IsLock reports whether a name is one that Lock leaves in a folder.
func IsLock(name string) bool { return name == lockName || name == lockByName }

// Lock takes the folder for this process until unlock is called or the process
// ends. Where another process has it, the error wraps [ErrLocked] and says who:
// process id, host, and since when.
func (d *Dir) Lock() (unlock func(), err error) {
	if err := fault("lock", d.path); err != nil {
		return nil, err
	}
	for _, name := range []string{lockName, lockByName} {
		if err := d.ours(name); err != nil {
			return nil, fmt.Errorf("lock %s: %w", d.path, err)
		}
	}
	l := flock.New(filepath.Join(d.path, lockName))
	ok, err := l.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", d.path, err)
	}
	if !ok {
		return nil, fmt.Errorf("%s: %w by %s", d.path, ErrLocked, d.holder())
	}
	if err := d.writeHolder(); err != nil {
		_ = l.Unlock()
		return nil, fmt.Errorf("lock %s: %w", d.path, err)
	}
	return func() { _ = l.Unlock() }, nil
}

// ours refuses to lock with what is there and no plain file: a link leads out
// of the folder, and a pipe keeps whoever opens it waiting.
func (d *Dir) ours(name string) error {
	info, err := d.root.Lstat(name)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s: %w", name, ErrNotRegular)
	}
	return err
}

// writeHolder is the only file that is replaced: it is news, not evidence.
func (d *Dir) writeHolder() error {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown host"
	}
	return d.root.WriteFile(lockByName, []byte(fmt.Sprintf("process %d on %s", os.Getpid(), host)), 0o600)
}

// holder describes who has the lock; the time is that of the file, so that no
// clock of ours is needed.
func (d *Dir) holder() string {
	b, err := d.Read(lockByName, 1024)
	if err != nil {
		return "another process"
	}
	who := strings.Map(printable, string(b))
	info, err := d.root.Stat(lockByName)
	if err != nil {
		return who
	}
	return who + " since " + info.ModTime().UTC().Format(time.RFC3339)
}

func printable(r rune) rune {
	if r < ' ' || r > '~' {
		return '?'
	}
	return r
}
