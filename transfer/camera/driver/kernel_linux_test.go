//go:build amd64 || arm64

package driver

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A kernel plays a V4L2 device below the library that asks for it: what a
// thread asks with ioctl comes here, as notifications of seccomp. Its device is a
// file, so that open, mmap, poll and close are those of the true kernel. Where
// its structures have what is from Linux' videodev2.h, on 64 bits.
//
// A file never makes poll wait, so that what takes time is not shown with it.
type kernel struct {
	t      *testing.T
	dev    string
	offers []offer
	size   [2]int // that is given, whatever is asked for; 0: what is asked
	frames [][]byte
	fails  map[uint32]unix.Errno // by the number of the call

	form, width, height uint32
	each                int // bytes of a buffer
	queue               []uint32
	streams             bool
	calls               []uint32
}

// An offer is a form of pictures; without a size it is any.
type offer struct {
	letters       string
	width, height uint32
	rate          uint32
}

// The calls of V4L2 that are answered, by number and size of what is passed.
const (
	queryCap, enumFmt, gFmt, sFmt, reqBufs, queryBuf = 0, 2, 4, 5, 8, 9
	qBuf, dqBuf, streamOn, streamOff                 = 15, 17, 18, 19
	frameSizes, frameIntervals                       = 74, 75
)

var passed = map[uint32]int{
	queryCap: 104, enumFmt: 64, gFmt: 208, sFmt: 208, reqBufs: 20, queryBuf: 88, qBuf: 88, dqBuf: 88,
	streamOn: 4, streamOff: 4, frameSizes: 44, frameIntervals: 52,
}

// run has do ask this kernel, on a thread of its own that ends with it.
func (k *kernel) run(do func(m machine)) {
	k.t.Helper()
	k.dev = k.t.TempDir()
	if err := os.WriteFile(filepath.Join(k.dev, "video0"), nil, 0o600); err != nil {
		k.t.Fatal(err)
	}
	over, working, err := os.Pipe()
	if err != nil {
		k.t.Fatal(err)
	}
	defer over.Close()
	listener := make(chan int)
	go func() {
		defer working.Close()
		runtime.LockOSThread() // never unlocked: no other goroutine may come onto this thread
		fd, err := notified()
		if err != nil {
			k.t.Errorf("seccomp: %v", err)
		}
		listener <- fd
		if err == nil {
			do(machine{k.dev, this.open})
		}
	}()
	fd := <-listener
	defer unix.Close(fd)
	for k.answer(fd, int(over.Fd())) {
	}
}

// notified has this thread's calls of V4L2 wait for an answer, which is given at
// the descriptor.
func notified() (int, error) {
	const load, and, equal, leave = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, unix.BPF_ALU | unix.BPF_AND | unix.BPF_K, unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, unix.BPF_RET | unix.BPF_K
	filter := []unix.SockFilter{
		{Code: load, K: 0}, // the call
		{Code: equal, K: unix.SYS_IOCTL, Jf: 4},
		{Code: load, K: 24}, // its second argument
		{Code: and, K: 0xff00},
		{Code: equal, K: 'V' << 8, Jf: 1},
		{Code: leave, K: unix.SECCOMP_RET_USER_NOTIF},
		{Code: leave, K: unix.SECCOMP_RET_ALLOW},
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return -1, err
	}
	prog := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	const flags = unix.SECCOMP_FILTER_FLAG_NEW_LISTENER | unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
	fd, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, flags, uintptr(unsafe.Pointer(&prog)))
	if errno != 0 {
		return -1, errno
	}
	return int(fd), nil
}

// answer waits for a call and answers it. It is false when all is over.
func (k *kernel) answer(fd, over int) bool {
	poll := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}, {Fd: int32(over), Events: unix.POLLIN}}
	if _, err := unix.Poll(poll, -1); errors.Is(err, unix.EINTR) {
		return true
	} else if err != nil || poll[0].Revents&unix.POLLIN == 0 {
		return false
	}
	var asked [80]byte
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.SECCOMP_IOCTL_NOTIF_RECV, uintptr(unsafe.Pointer(&asked))); errno != 0 {
		return errno == unix.EINTR || errno == unix.ENOENT
	}
	word := binary.NativeEndian.Uint64
	request, at := uint32(word(asked[40:])), uintptr(word(asked[48:]))
	errno := k.call(request, at)
	var said [24]byte
	copy(said[:], asked[:8])
	binary.NativeEndian.PutUint32(said[16:], uint32(-int32(errno)))
	_, _, sent := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.SECCOMP_IOCTL_NOTIF_SEND, uintptr(unsafe.Pointer(&said)))
	return sent == 0
}

// call answers one call, in the memory of who asks.
func (k *kernel) call(request uint32, at uintptr) unix.Errno {
	number, size := request&0xff, int(request>>16&0x3fff)
	k.calls = append(k.calls, number)
	if want, known := passed[number]; !known || size != want {
		return unix.ENOTTY
	}
	if errno := k.fails[number]; errno != 0 {
		return errno
	}
	b := make([]byte, size)
	there := []unix.RemoteIovec{{Base: at, Len: size}}
	here := []unix.Iovec{{Base: &b[0], Len: uint64(size)}}
	if _, err := unix.ProcessVMReadv(os.Getpid(), here, there, 0); err != nil {
		return unix.EFAULT
	}
	if errno := k.does(number, b); errno != 0 {
		return errno
	}
	if _, err := unix.ProcessVMWritev(os.Getpid(), here, there, 0); err != nil {
		return unix.EFAULT
	}
	return 0
}

var (
	get = binary.NativeEndian.Uint32
	put = binary.NativeEndian.PutUint32
)

func (k *kernel) does(number uint32, b []byte) unix.Errno {
	switch number {
	case queryCap:
		copy(b[16:], "Desk camera\x00")
		put(b[84:], 0x04000001) // captures and streams
	case enumFmt, frameSizes, frameIntervals:
		return k.lists(number, b)
	case sFmt:
		k.form, k.width, k.height = get(b[16:]), get(b[8:]), get(b[12:])
		if k.size[0] > 0 {
			k.width, k.height = uint32(k.size[0]), uint32(k.size[1])
		}
		fallthrough
	case gFmt:
		put(b[8:], k.width)
		put(b[12:], k.height)
		put(b[16:], k.form)
	case reqBufs:
		put(b, 3) // one less than is asked for
		return k.allocate(3)
	case queryBuf:
		put(b[64:], get(b)*uint32(k.each))
		put(b[72:], uint32(k.each))
	case qBuf:
		k.queue = append(k.queue, get(b))
	case dqBuf:
		return k.picture(b)
	case streamOn, streamOff:
		k.streams = number == streamOn
	}
	return 0
}

func (k *kernel) lists(number uint32, b []byte) unix.Errno {
	var list []offer
	for _, o := range k.offers {
		if number == enumFmt || uint32(code(o.letters)) == get(b[4:]) {
			list = append(list, o)
		}
	}
	at := int(get(b))
	if at >= len(list) || number == frameIntervals && list[at].rate == 0 {
		return unix.EINVAL
	}
	o := list[at]
	switch {
	case number == enumFmt:
		put(b[44:], uint32(code(o.letters)))
	case number == frameIntervals:
		put(b[16:], 1)
		put(b[20:], 1)
		put(b[24:], o.rate)
	case o.width == 0: // any size
		put(b[8:], 2)
	default:
		put(b[8:], 1)
		put(b[12:], o.width)
		put(b[16:], o.height)
	}
	return 0
}

// allocate makes buffers that hold any picture, at the ends of pages.
func (k *kernel) allocate(n int) unix.Errno {
	most := 0
	for _, f := range k.frames {
		most = max(most, len(f))
	}
	page := os.Getpagesize()
	k.each = (most + page - 1) / page * page
	if os.Truncate(filepath.Join(k.dev, "video0"), int64(n*k.each)) != nil {
		return unix.ENOMEM
	}
	return 0
}

// picture fills the next buffer. After the last picture the plug is pulled.
func (k *kernel) picture(b []byte) unix.Errno {
	switch {
	case len(k.frames) == 0:
		return unix.ENODEV
	case !k.streams:
		return unix.EINVAL
	case len(k.queue) == 0:
		return unix.EAGAIN
	}
	index, frame := k.queue[0], k.frames[0]
	k.queue, k.frames = k.queue[1:], k.frames[1:]
	f, err := os.OpenFile(filepath.Join(k.dev, "video0"), os.O_WRONLY, 0)
	if err != nil {
		return unix.EIO
	}
	defer f.Close()
	if _, err := f.WriteAt(frame, int64(index)*int64(k.each)); err != nil {
		return unix.EIO
	}
	put(b, index)
	put(b[8:], uint32(len(frame)))
	return 0
}

// did tells whether a call was made.
func (k *kernel) did(number uint32) bool { return slices.Contains(k.calls, number) }
