package machine

import (
	"encoding/json"
	"errors"
	"net"
	"os"
	"strings"
	"testing"

	"github.com/keyceremony/ceremony/digest"
)

func TestLive(t *testing.T) {
	quiet := Report{
		Interfaces: []Interface{
			{Name: "lo", Up: true, Carrier: true, Loopback: true, Addresses: []string{"127.0.0.1/8"}},
			{Name: "eth0", Up: true},
			{Name: "wlan0", Wireless: true},
			{Name: "eth1", Addresses: []string{"192.0.2.5/24"}},
		},
		Radios: []Radio{{Name: "hci0", Type: "bluetooth", Blocked: true}},
		Mounts: []Mount{{Point: "/", Type: "ext4"}},
	}
	if live := quiet.Live(); len(live) != 0 {
		t.Errorf("a quiet machine is live: %q", live)
	}
	for want, change := range map[string]func(*Report){
		"interface eth0 (connected)":              func(r *Report) { r.Interfaces[1].Carrier = true },
		"interface eth0 (has an address)":         func(r *Report) { r.Interfaces[1].Addresses = []string{"192.0.2.5/24"} },
		"interface wlan0 (wireless, switched on)": func(r *Report) { r.Interfaces[2].Up = true },
		"interface wlan0 (wireless, connected)": func(r *Report) {
			r.Interfaces[2].Up, r.Interfaces[2].Carrier = true, true
		},
		"route default dev eth0":              func(r *Report) { r.Routes = []string{"default dev eth0"} },
		"radio hci0 (bluetooth, not blocked)": func(r *Report) { r.Radios[0].Blocked = false },
		"mount /home (nfs4)":                  func(r *Report) { r.Mounts = append(r.Mounts, Mount{Point: "/home", Type: "nfs4"}) },
		"interface eth1 (has an address)":     func(r *Report) { r.Interfaces[3].Up = true },
		"interface lo2 (connected)":           func(r *Report) { r.Interfaces[0] = Interface{Name: "lo2", Up: true, Carrier: true} },
		"interface tun0 (connected), route x dev ": func(r *Report) {
			r.Interfaces[0], r.Routes = Interface{Name: "tun0", Up: true, Carrier: true}, []string{"x dev "}
		},
	} {
		r := quiet
		r.Interfaces = append([]Interface(nil), quiet.Interfaces...)
		r.Radios = append([]Radio(nil), quiet.Radios...)
		change(&r)
		if live := strings.Join(r.Live(), ", "); live != want {
			t.Errorf("live is %q, wanted %q", live, want)
		}
	}
}

// TestLook asks the machine that runs the test, and expects what every one
// has.
func TestLook(t *testing.T) {
	r := Look()
	if r.BootID == "" || r.MonoNS <= 0 || r.Kernel == "" || r.FreeBytes <= 0 {
		t.Errorf("report is %+v", r)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(exe)
	if err != nil {
		t.Fatal(err)
	}
	if r.SHA256 == nil || *r.SHA256 != digest.Of(b) {
		t.Errorf("digest of the program is %v, wanted %v", r.SHA256, digest.Of(b))
	}
	list, err := net.Interfaces()
	if err != nil || len(r.Interfaces) != len(list) {
		t.Errorf("%d interfaces, wanted %d (%v)", len(r.Interfaces), len(list), err)
	}
	text, err := json.Marshal(r)
	if err != nil || !strings.Contains(string(text), `"core_dumps":`) {
		t.Errorf("as JSON: %s, %v", text, err)
	}
}

func TestWhatFailsIsNamed(t *testing.T) {
	var r Report
	r.interfaces(nil, errors.New("no netlink"))
	r.executable("", errors.New("no path"))
	r.executable("/does/not/exist", nil)
	if text := strings.Join(r.Unknown, "; "); !strings.HasPrefix(text, "interfaces: no netlink; digest of the program: no path; digest of the program: open ") {
		t.Errorf("unknown is %q", text)
	}
}

func TestBootMoves(t *testing.T) {
	id, first := Boot()
	again, second := Boot()
	if id != again || second < first {
		t.Errorf("boot %s at %d, then %s at %d", id, first, again, second)
	}
}

func TestFreeNamesTheFolder(t *testing.T) {
	if _, err := free("/does/not/exist"); err == nil || !strings.Contains(err.Error(), "/does/not/exist") {
		t.Errorf("error is %v", err)
	}
}
