package machine

import "strings"

// Media lists what is mounted where macOS mounts media. It is a suggestion to
// people, no statement about the machine.
func Media() []Volume {
	var r Report
	r.mounts()
	var list []Volume
	for _, m := range r.Mounts {
		if strings.HasPrefix(m.Point, "/Volumes/") {
			list = append(list, Volume{Mount: m})
		}
	}
	return list
}
