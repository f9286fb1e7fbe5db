package pkcs11

import (
	"sync"
	"time"

	"github.com/keyceremony/ceremony/hsm"
)

// beat calls progress each second, with the seconds since, until the function
// that it returns is called; never afterwards. The calls come from another
// goroutine than the operation's.
func beat(progress hsm.Progress, what string) (stop func()) {
	if progress == nil {
		return func() {}
	}
	b := &heart{progress: progress, what: what}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.timer = time.AfterFunc(time.Second, b.tick)
	return b.stop
}

type heart struct {
	mu       sync.Mutex
	timer    *time.Timer
	progress hsm.Progress
	what     string
	elapsed  time.Duration
	stopped  bool
}

func (h *heart) tick() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.stopped {
		return
	}
	h.elapsed += time.Second
	h.progress(h.what, h.elapsed)
	h.timer.Reset(time.Second)
}

func (h *heart) stop() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.stopped = true
	h.timer.Stop()
}
