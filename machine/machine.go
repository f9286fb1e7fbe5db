// Package machine asks the machine what could carry a secret away: networks,
// radios, swap, core dumps, mounted media.
//
// Call [Harden] first thing in main, in every process that may hold a secret,
// and [Look] where the ceremony checks the machine. What comes back is what
// the machine says of itself; a machine that was tampered with can lie, so it
// is recorded as claimed. What a system does not tell us is in Unknown, and
// counts against the machine where it matters.
package machine

import (
	"crypto/sha256"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"slices"

	"github.com/keyceremony/ceremony/digest"
)

// A Report is what the machine says of itself at one moment.
type Report struct {
	System     string         `json:"system"` // as "linux/amd64"
	Kernel     string         `json:"kernel"` // release, as the system names it
	BootID     string         `json:"boot_id"`
	MonoNS     int64          `json:"mono_ns"` // since the boot, including sleep
	Executable string         `json:"executable"`
	SHA256     *digest.SHA256 `json:"sha256"` // of the executable
	Interfaces []Interface    `json:"interfaces"`
	Routes     []string       `json:"routes"` // as "default via 192.0.2.1 dev eth0"
	Radios     []Radio        `json:"radios"`
	Swap       []Swap         `json:"swap"`       // unknown swap counts as swap
	CoreDumps  bool           `json:"core_dumps"` // a crash of this process can leave its memory behind
	Traced     bool           `json:"traced"`     // another process watches this one
	Mounts     []Mount        `json:"mounts"`     // without the kernel's own file systems
	FreeBytes  int64          `json:"free_bytes"` // in the working folder; -1 if unknown
	Unknown    []string       `json:"unknown"`    // what this system does not tell us
}

// An Interface is one network interface.
type Interface struct {
	Name      string   `json:"name"`
	Up        bool     `json:"up"`      // switched on
	Carrier   bool     `json:"carrier"` // and connected to something
	Loopback  bool     `json:"loopback"`
	Wireless  bool     `json:"wireless"`
	Addresses []string `json:"addresses"`
}

// A Radio is a transmitter that the system can switch off.
type Radio struct {
	Name    string `json:"name"`
	Type    string `json:"type"` // wlan, bluetooth, wwan, …
	Blocked bool   `json:"blocked"`
}

// A Swap is a place outside of memory to which memory may go.
type Swap struct {
	Name  string `json:"name"`
	Bytes int64  `json:"bytes"` // -1 if unknown
}

// A Mount is a mounted file system.
type Mount struct {
	Point    string `json:"point"`
	Source   string `json:"source"`
	Type     string `json:"type"`
	ReadOnly bool   `json:"read_only"`
}

// Live names what could carry packets, each with the reason: an interface
// that is connected or has an address, a route, a radio that is not blocked, a
// folder of another machine. Loopback is no network.
func (r Report) Live() []string {
	var live []string
	for _, i := range r.Interfaces {
		if why := i.live(); why != "" {
			live = append(live, "interface "+i.Name+" ("+why+")")
		}
	}
	for _, route := range r.Routes {
		live = append(live, "route "+route)
	}
	for _, radio := range r.Radios {
		if !radio.Blocked {
			live = append(live, fmt.Sprintf("radio %s (%s, not blocked)", radio.Name, radio.Type))
		}
	}
	for _, m := range r.Mounts {
		if slices.Contains(networkTypes, m.Type) {
			live = append(live, fmt.Sprintf("mount %s (%s)", m.Point, m.Type))
		}
	}
	return live
}

// networkTypes are file systems whose bytes come from another machine.
var networkTypes = []string{"nfs", "nfs4", "cifs", "smb3", "smbfs", "afpfs", "webdav", "9p", "ceph", "fuse.sshfs", "afs"}

// live says why an interface can carry packets, or "". One that is switched
// on with no cable and no address cannot.
func (i Interface) live() string {
	switch {
	case i.Loopback || !i.Up:
		return ""
	case i.Carrier && i.Wireless:
		return "wireless, connected"
	case i.Carrier:
		return "connected"
	case i.Wireless:
		return "wireless, switched on"
	case len(i.Addresses) > 0:
		return "has an address"
	}
	return ""
}

// Look asks this machine.
func Look() Report {
	r := Report{System: runtime.GOOS + "/" + runtime.GOARCH, FreeBytes: -1}
	r.BootID, r.MonoNS = Boot()
	r.interfaces(net.Interfaces())
	r.executable(os.Executable())
	if free, err := free("."); err == nil {
		r.FreeBytes = free
	} else {
		r.unknown("free disk space", err)
	}
	r.look()
	return r
}

// unknown notes what could not be found out.
func (r *Report) unknown(what string, err error) {
	r.Unknown = append(r.Unknown, fmt.Sprintf("%s: %v", what, err))
}

// interfaces takes what every system tells of its interfaces.
func (r *Report) interfaces(list []net.Interface, err error) {
	if err != nil {
		r.unknown("interfaces", err)
	}
	for _, n := range list {
		i := Interface{
			Name: n.Name, Up: n.Flags&net.FlagUp != 0, Carrier: n.Flags&net.FlagRunning != 0,
			Loopback: n.Flags&net.FlagLoopback != 0,
		}
		addresses, err := n.Addrs()
		if err != nil {
			r.unknown("addresses of "+n.Name, err)
		}
		for _, a := range addresses {
			i.Addresses = append(i.Addresses, a.String())
		}
		r.Interfaces = append(r.Interfaces, i)
	}
}

// executable takes the digest of the running program from its file.
func (r *Report) executable(path string, err error) {
	if err == nil {
		r.Executable = path
		r.SHA256, err = sum(path)
	}
	if err != nil {
		r.unknown("digest of the program", err)
	}
}

func sum(path string) (*digest.SHA256, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return nil, err
	}
	d := digest.SHA256(h.Sum(nil))
	return &d, nil
}

// A Volume is the medium on which a folder lies.
type Volume struct {
	Mount  Mount  `json:"mount"`
	Label  string `json:"label"`  // "" if unknown
	Serial string `json:"serial"` // of the device or, without one, of the file system; "" if unknown
}

// Hardening is what is in force in this process after Harden.
type Hardening struct {
	NoCoreDumps bool     `json:"no_core_dumps"`
	NotDumpable bool     `json:"not_dumpable"` // other processes of this user cannot read its memory
	Failed      []string `json:"failed"`       // what could not be set
}

func (h *Hardening) set(what string, err error) bool {
	if err != nil {
		h.Failed = append(h.Failed, fmt.Sprintf("%s: %v", what, err))
	}
	return err == nil
}
