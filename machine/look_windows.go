package machine

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
)

var errNotLooked = errors.New("this program does not look at it on Windows")

// look says what is known on Windows, and what is not.
func (r *Report) look() {
	v := windows.RtlGetVersion()
	r.Kernel = fmt.Sprintf("%d.%d.%d", v.MajorVersion, v.MinorVersion, v.BuildNumber)
	r.Swap = []Swap{{Name: "page file, unknown", Bytes: -1}}
	r.CoreDumps = true // Windows Error Reporting may keep a dump
	for _, what := range []string{"routes", "radios", "swap", "core dumps", "tracer", "mounts"} {
		r.unknown(what, errNotLooked)
	}
}

// Boot returns the number of this boot, which Windows counts for its
// prefetcher, and the nanoseconds since then. Without the number it is "".
func Boot() (id string, monoNS int64) {
	mono := windows.DurationSinceBoot().Nanoseconds()
	const path = `SYSTEM\CurrentControlSet\Control\Session Manager\Memory Management\PrefetchParameters`
	k, err := registry.OpenKey(registry.LOCAL_MACHINE, path, registry.QUERY_VALUE)
	if err != nil {
		return "", mono
	}
	defer k.Close()
	n, _, err := k.GetIntegerValue("BootId")
	if err != nil {
		return "", mono
	}
	return fmt.Sprintf("windows-%d", n), mono
}

// free returns the bytes that this user may still write below a folder.
func free(folder string) (int64, error) {
	path, err := windows.UTF16PtrFromString(folder)
	if err != nil {
		return 0, err
	}
	var free, total, all uint64
	if err := windows.GetDiskFreeSpaceEx(path, &free, &total, &all); err != nil {
		return 0, &fs.PathError{Op: "free space", Path: folder, Err: err}
	}
	return int64(free), nil
}

// VolumeOf tells on which medium a folder lies; the serial is that of the
// file system.
func VolumeOf(folder string) (Volume, error) {
	path, err := filepath.Abs(folder)
	if err != nil {
		return Volume{}, err
	}
	root := filepath.VolumeName(path) + `\`
	pointer, err := windows.UTF16PtrFromString(root)
	if err != nil {
		return Volume{}, err
	}
	var label, kind [windows.MAX_PATH + 1]uint16
	var serial, longest, flags uint32
	err = windows.GetVolumeInformation(pointer, &label[0], uint32(len(label)), &serial, &longest, &flags, &kind[0], uint32(len(kind)))
	if err != nil {
		return Volume{}, &fs.PathError{Op: "volume", Path: root, Err: err}
	}
	return Volume{
		Mount:  Mount{Point: root, Type: windows.UTF16ToString(kind[:]), ReadOnly: flags&windows.FILE_READ_ONLY_VOLUME != 0},
		Label:  windows.UTF16ToString(label[:]),
		Serial: fmt.Sprintf("%04X-%04X", serial>>16, serial&0xffff),
	}, nil
}

// Harden turns off the crash dialog. Windows Error Reporting belongs to the
// administrator, so that nothing is claimed of dumps.
func Harden() Hardening {
	windows.SetErrorMode(windows.SEM_FAILCRITICALERRORS | windows.SEM_NOGPFAULTERRORBOX)
	var h Hardening
	h.set("core dumps", errNotLooked)
	h.set("reading of memory", errNotLooked)
	return h
}
