package machine

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// A tree is where /proc and /sys lie; tests put their own there.
type tree string

const system tree = "/"

func (r *Report) look() {
	system.look(r)
	core, err := coreDumps(system)
	if err != nil {
		r.unknown("core dumps", err)
	}
	r.CoreDumps = core || err != nil
}

// look fills in what /proc and /sys tell.
func (t tree) look(r *Report) {
	for _, part := range []struct {
		what string
		read func(*Report) error
	}{
		{"kernel", t.kernel},
		{"wireless interfaces", t.wireless},
		{"IPv4 routes", t.routes4},
		{"IPv6 routes", t.routes6},
		{"radios", t.radios},
		{"swap", t.swap},
		{"mounts", t.mounts},
		{"tracer", t.tracer},
	} {
		if err := part.read(r); err != nil {
			r.unknown(part.what, err)
		}
	}
}

// lines reads a file of the kernel.
func (t tree) lines(name string) ([]string, error) {
	b, err := os.ReadFile(filepath.Join(string(t), name))
	if err != nil {
		return nil, err
	}
	return strings.Split(strings.TrimSuffix(string(b), "\n"), "\n"), nil
}

// word reads a file with one value.
func (t tree) word(name string) (string, error) {
	l, err := t.lines(name)
	if err != nil {
		return "", err
	}
	return strings.TrimSpace(l[0]), nil
}

func (t tree) kernel(r *Report) (err error) {
	r.Kernel, err = t.word("proc/sys/kernel/osrelease")
	return err
}

// wireless marks the interfaces that have a radio: they have a folder
// "wireless" or "phy80211".
func (t tree) wireless(r *Report) error {
	for i := range r.Interfaces {
		for _, sign := range []string{"wireless", "phy80211"} {
			_, err := os.Stat(filepath.Join(string(t), "sys/class/net", r.Interfaces[i].Name, sign))
			if err == nil {
				r.Interfaces[i].Wireless = true
			} else if !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	return nil
}

// radios lists the switches of rfkill. A kernel without them has no such
// folder; then only what is an interface is known.
func (t tree) radios(r *Report) error {
	const folder = "sys/class/rfkill"
	entries, err := os.ReadDir(filepath.Join(string(t), folder))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		value := func(name string) string {
			v, verr := t.word(filepath.Join(folder, e.Name(), name))
			err = cmp.Or(err, verr)
			return v
		}
		radio := Radio{Name: cmp.Or(value("name"), e.Name()), Type: value("type")}
		soft, hard := value("soft"), value("hard")
		radio.Blocked = soft == "1" || hard == "1"
		r.Radios = append(r.Radios, radio)
	}
	return err
}

// swap lists /proc/swaps: a heading, then name, type, size in KiB, …
func (t tree) swap(r *Report) error {
	l, err := t.lines("proc/swaps")
	if err != nil {
		r.Swap = append(r.Swap, Swap{Name: "unknown", Bytes: -1})
		return err
	}
	for _, line := range l[1:] {
		f := strings.Fields(line)
		if len(f) < 3 {
			continue
		}
		size, err := strconv.ParseInt(f[2], 10, 53)
		if err != nil {
			size = -1
		} else {
			size <<= 10
		}
		r.Swap = append(r.Swap, Swap{Name: unescape(f[0]), Bytes: size})
	}
	return nil
}

// kernelTypes are file systems without a medium.
var kernelTypes = []string{
	"autofs", "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "debugfs", "devpts", "devtmpfs", "efivarfs",
	"fusectl", "hugetlbfs", "mqueue", "nsfs", "proc", "pstore", "ramfs", "rpc_pipefs", "securityfs", "sysfs", "tracefs",
}

func (t tree) mounts(r *Report) error {
	all, err := t.mountinfo()
	for _, m := range all {
		if !slices.Contains(kernelTypes, m.Type) {
			r.Mounts = append(r.Mounts, m.Mount)
		}
	}
	return err
}

// A mountLine is one line of mountinfo.
type mountLine struct {
	Mount
	device string // major:minor
}

// mountinfo reads /proc/self/mountinfo as in proc_pid_mountinfo(5): id,
// parent, major:minor, root, mount point, options, optional fields, a hyphen,
// type, source, options of the file system.
func (t tree) mountinfo() ([]mountLine, error) {
	l, err := t.lines("proc/self/mountinfo")
	if err != nil {
		return nil, err
	}
	var list []mountLine
	for _, line := range l {
		left, right, ok := strings.Cut(line, " - ")
		f, g := strings.Fields(left), strings.Fields(right)
		if !ok || len(f) < 6 || len(g) < 3 {
			return list, errors.New("a line of mountinfo that cannot be read")
		}
		readOnly := hasOption(f[5], "ro") || hasOption(g[2], "ro")
		list = append(list, mountLine{
			Mount:  Mount{Point: unescape(f[4]), Source: unescape(g[1]), Type: g[0], ReadOnly: readOnly},
			device: f[2],
		})
	}
	return list, nil
}

func hasOption(list, option string) bool { return slices.Contains(strings.Split(list, ","), option) }

// unescape resolves the octal escapes that the kernel writes for space, tab,
// line feed, backslash and #.
func unescape(s string) string {
	var w strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) {
			if c, err := strconv.ParseUint(s[i+1:i+4], 8, 8); err == nil {
				w.WriteByte(byte(c))
				i += 3
				continue
			}
		}
		w.WriteByte(s[i])
	}
	return w.String()
}

// tracer tells whether a debugger holds this process.
func (t tree) tracer(r *Report) error {
	l, err := t.lines("proc/self/status")
	if err != nil {
		return err
	}
	for _, line := range l {
		if pid, ok := strings.CutPrefix(line, "TracerPid:"); ok {
			r.Traced = strings.TrimSpace(pid) != "0"
			return nil
		}
	}
	return errors.New("no TracerPid in status")
}

// Boot returns the id of this boot, "" if the system has none, and the
// nanoseconds since then, including sleep.
func Boot() (id string, monoNS int64) {
	id, _ = system.word("proc/sys/kernel/random/boot_id")
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &now); err != nil {
		return "", 0
	}
	return id, now.Nano()
}

// free returns the bytes that this user may still write below a folder.
func free(folder string) (int64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(folder, &s); err != nil {
		return 0, &fs.PathError{Op: "statfs", Path: folder, Err: err}
	}
	return int64(s.Bavail) * s.Bsize, nil
}

// VolumeOf tells on which medium a folder lies. Label and serial come from
// udev's database; without udev they stay empty.
func VolumeOf(folder string) (Volume, error) {
	path, err := filepath.Abs(folder)
	if err == nil {
		path, err = filepath.EvalSymlinks(path)
	}
	if err != nil {
		return Volume{}, err
	}
	return system.volume(path)
}

func (t tree) volume(path string) (Volume, error) {
	all, err := t.mountinfo()
	if err != nil {
		return Volume{}, err
	}
	var best mountLine
	for _, m := range all {
		// The last of two mounts at one point is the one that is seen.
		if below(path, m.Point) && len(m.Point) >= len(best.Point) {
			best = m
		}
	}
	return t.udev(best), nil
}

// udev adds what udev's database knows of a mount's device; without udev the
// mount alone is known.
func (t tree) udev(m mountLine) Volume {
	v, values := Volume{Mount: m.Mount}, map[string]string{}
	l, _ := t.lines("run/udev/data/b" + m.device)
	for _, line := range l {
		if k, value, ok := strings.Cut(strings.TrimPrefix(line, "E:"), "="); ok {
			values[k] = value
		}
	}
	v.Label = values["ID_FS_LABEL"]
	v.Serial = cmp.Or(values["ID_SERIAL_SHORT"], values["ID_SERIAL"], values["ID_FS_UUID"])
	return v
}

func below(path, point string) bool {
	return point == "/" || path == point || strings.HasPrefix(path, point+"/")
}
