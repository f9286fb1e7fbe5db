package machine

import (
	"path/filepath"
	"slices"
	"strings"
)

// Media lists the removable media that are mounted now, sorted by where: what
// the kernel calls removable, and what is mounted where desktops and people
// mount media. It is a suggestion to people, no statement about the machine.
func Media() []Volume { return system.media() }

// mediaFolders are where media are mounted.
var mediaFolders = []string{"/media", "/run/media", "/mnt"}

func (t tree) media() []Volume {
	all, _ := t.mountinfo() // what cannot be read is not suggested
	removable := t.removable()
	at := map[string]Volume{} // the last of two mounts at one point is seen
	for _, m := range all {
		delete(at, m.Point)
		foreign := slices.Contains(kernelTypes, m.Type) || slices.Contains(networkTypes, m.Type)
		if !foreign && (removable[m.device] || inMediaFolder(m.Point)) {
			at[m.Point] = t.udev(m)
		}
	}
	var list []Volume
	for _, v := range at {
		list = append(list, v)
	}
	slices.SortFunc(list, func(a, b Volume) int { return strings.Compare(a.Mount.Point, b.Mount.Point) })
	return list
}

func inMediaFolder(point string) bool {
	return slices.ContainsFunc(mediaFolders, func(folder string) bool { return below(point, folder) })
}

// removable lists the numbers of disks, and of their partitions, that the
// kernel calls removable.
func (t tree) removable() map[string]bool {
	out := map[string]bool{}
	disks, _ := filepath.Glob(filepath.Join(string(t), "sys/block/*"))
	for _, disk := range disks {
		name := filepath.Join("sys/block", filepath.Base(disk))
		if yes, err := t.word(filepath.Join(name, "removable")); err != nil || yes != "1" {
			continue
		}
		parts, _ := filepath.Glob(filepath.Join(disk, "*", "dev"))
		for _, dev := range append(parts, filepath.Join(disk, "dev")) {
			rel, _ := filepath.Rel(string(t), dev)
			if number, err := t.word(rel); err == nil {
				out[number] = true
			}
		}
	}
	return out
}
