package machine

import (
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// fake writes a tree of /proc and /sys.
func fake(t *testing.T, files map[string]string) tree {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return tree(root)
}

// laptop is a machine with everything that a ceremony does not want.
var laptop = map[string]string{
	"proc/sys/kernel/osrelease":       "6.1.0-28-amd64\n",
	"sys/class/net/wlan0/wireless/x":  "",
	"sys/class/net/wlan1/phy80211/x":  "",
	"sys/class/net/eth0/operstate":    "up\n",
	"sys/class/rfkill/rfkill0/name":   "phy0\n",
	"sys/class/rfkill/rfkill0/type":   "wlan\n",
	"sys/class/rfkill/rfkill0/soft":   "0\n",
	"sys/class/rfkill/rfkill0/hard":   "0\n",
	"sys/class/rfkill/rfkill1/name":   "hci0\n",
	"sys/class/rfkill/rfkill1/type":   "bluetooth\n",
	"sys/class/rfkill/rfkill1/soft":   "1\n",
	"sys/class/rfkill/rfkill1/hard":   "0\n",
	"sys/class/rfkill/rfkill2/name":   "tpacpi\n",
	"sys/class/rfkill/rfkill2/type":   "wwan\n",
	"sys/class/rfkill/rfkill2/soft":   "0\n",
	"sys/class/rfkill/rfkill2/hard":   "1\n",
	"proc/swaps":                      "Filename\tType\tSize\tUsed\tPriority\n/dev/dm-1  partition\t1048572\t0\t-2\n/swap\\040file file 8 0 -3\n",
	"proc/self/status":                "Name:\tceremony\nTracerPid:\t4711\n",
	"proc/sys/kernel/random/boot_id":  "00000000-0000-4000-8000-000000000000\n",
	"run/udev/data/b8:17":             "S:disk/by-label/KEYS\nE:ID_FS_LABEL=KEYS 1\nE:ID_SERIAL=Kingston_DT\nE:ID_SERIAL_SHORT=60A44C\nE:ID_FS_UUID=1234-ABCD\n",
	"run/udev/data/b253:0":            "E:ID_FS_UUID=77\n",
	"proc/net/route":                  "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\neth0\t00000000\t010200C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\neth0\t000200C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0\neth0\t00FFA8C0\t00000000\t0200\t0\t0\t100\t00FFFFFF\t0\t0\t0\n",
	"proc/net/ipv6_route":             ipv6,
	"proc/self/mountinfo":             mountinfo,
	"proc/sys/kernel/core_pattern":    "|/usr/share/apport/apport\n",
	"proc/self/net/not/looked/at/all": "",
}

const (
	ipv6 = `fe800000000000000000000000000000 40 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000001 00000000 00000001     eth0
ff000000000000000000000000000000 08 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000001 00000000 00000001     eth0
00000000000000000000000000000001 80 00000000000000000000000000000000 00 00000000000000000000000000000000 00000000 00000001 00000000 80200001       lo
00000000000000000000000000000000 00 00000000000000000000000000000000 00 00000000000000000000000000000000 ffffffff 00000001 00000000 00200200       lo
20010db8000000000000000000000000 20 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000001 00000000 00000001     eth0
00000000000000000000000000000000 00 00000000000000000000000000000000 00 fe800000000000000000000000000001 00000400 00000001 00000000 00000003     eth0
`
	mountinfo = `22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 253:0 / / rw,relatime shared:1 - ext4 /dev/mapper/root rw
30 27 8:17 / /media/usb\040stick ro,nosuid,nodev,noexec - vfat /dev/sdb1 rw,uid=1000
31 27 0:40 / /home rw - nfs4 server:/home rw,vers=4.2
32 27 0:41 / /cd rw - iso9660 /dev/sr0 ro
`
)

func TestFakeTree(t *testing.T) {
	r := Report{Interfaces: []Interface{{Name: "wlan0"}, {Name: "wlan1"}, {Name: "eth0"}}}
	fake(t, laptop).look(&r)
	want := Report{
		Kernel:     "6.1.0-28-amd64",
		Interfaces: []Interface{{Name: "wlan0", Wireless: true}, {Name: "wlan1", Wireless: true}, {Name: "eth0"}},
		Routes: []string{
			"default via 192.0.2.1 dev eth0", "192.0.2.0/24 dev eth0",
			"2001:db8::/32 dev eth0", "default via fe80::1 dev eth0",
		},
		Radios: []Radio{{"phy0", "wlan", false}, {"hci0", "bluetooth", true}, {"tpacpi", "wwan", true}},
		Swap:   []Swap{{"/dev/dm-1", 1073737728}, {"/swap file", 8192}},
		Mounts: []Mount{
			{"/", "/dev/mapper/root", "ext4", false},
			{"/media/usb stick", "/dev/sdb1", "vfat", true},
			{"/home", "server:/home", "nfs4", false},
			{"/cd", "/dev/sr0", "iso9660", true},
		},
		Traced: true,
	}
	if !reflect.DeepEqual(r, want) {
		t.Errorf("report is\n%+v\nwanted\n%+v", r, want)
	}
}

func TestEmptyTreeIsUnknown(t *testing.T) {
	var r Report
	fake(t, nil).look(&r)
	var names []string
	for _, u := range r.Unknown {
		name, _, _ := strings.Cut(u, ":")
		names = append(names, name)
	}
	if got := strings.Join(names, ", "); got != "kernel, IPv4 routes, swap, mounts, tracer" {
		t.Errorf("unknown is %q", r.Unknown)
	}
	if len(r.Swap) != 1 {
		t.Error("swap that is unknown counts as none")
	}
}

func TestMangledTreeIsUnknown(t *testing.T) {
	for name, text := range map[string]string{
		"proc/net/route":               "Iface\neth0\tZZ\t00000000\t0001\t0\t0\t0\t00000000\n",
		"proc/net/ipv6_route":          "short line\n",
		"proc/self/mountinfo":          "22 27 0:21 / /proc rw\n",
		"proc/self/status":             "Name: x\n",
		"sys/class/rfkill/rfkill0/foo": "",
	} {
		files := map[string]string{}
		for k, v := range laptop {
			files[k] = v
		}
		files[name] = text
		if strings.Contains(name, "rfkill") {
			delete(files, "sys/class/rfkill/rfkill0/type")
		}
		var r Report
		fake(t, files).look(&r)
		if len(r.Unknown) != 1 {
			t.Errorf("%s: unknown is %q, wanted one entry", name, r.Unknown)
		}
	}
}

func TestVolume(t *testing.T) {
	tr := fake(t, laptop)
	for path, want := range map[string]Volume{
		"/media/usb stick/keyceremony-x": {Mount{"/media/usb stick", "/dev/sdb1", "vfat", true}, "KEYS 1", "60A44C"},
		"/media/usb":                     {Mount{"/", "/dev/mapper/root", "ext4", false}, "", "77"},
		"/home/a":                        {Mount{"/home", "server:/home", "nfs4", false}, "", ""},
	} {
		if v, err := tr.volume(path); err != nil || v != want {
			t.Errorf("%s is on %+v, wanted %+v (%v)", path, v, want, err)
		}
	}
	if _, err := fake(t, nil).volume("/"); err == nil {
		t.Error("a volume without mountinfo")
	}
	// Inside a chroot the root is no mount point, and the volume is unknown.
	v, err := VolumeOf(t.TempDir())
	if mounts, readErr := os.ReadFile("/proc/self/mountinfo"); readErr != nil || !strings.Contains(string(mounts), " / / ") {
		return
	}
	if err != nil || v.Mount.Point == "" {
		t.Errorf("this machine: %+v, %v", v, err)
	}
}

func TestDumped(t *testing.T) {
	for _, c := range []struct {
		limit   uint64
		pattern string
		want    bool
	}{{0, "core", false}, {1, "core", true}, {0, "|/usr/bin/x", true}, {0, "", false}, {^uint64(0), "", true}} {
		if got := dumped(c.limit, c.pattern); got != c.want {
			t.Errorf("limit %d, pattern %q: %v, wanted %v", c.limit, c.pattern, got, c.want)
		}
	}
}

func TestUnescape(t *testing.T) {
	for in, want := range map[string]string{`a\040b`: "a b", `a\134`: `a\`, `a\`: `a\`, `a\9zz`: `a\9zz`, "": ""} {
		if got := unescape(in); got != want {
			t.Errorf("%q becomes %q, wanted %q", in, got, want)
		}
	}
}

// TestMain lets the test binary be the process that hardens itself.
func TestMain(m *testing.M) {
	if os.Getenv("MACHINE_TEST_HARDEN") != "" {
		h := Harden()
		r := Look()
		if h.NoCoreDumps && h.NotDumpable && len(h.Failed) == 0 && !r.CoreDumps && len(r.Unknown) == 0 {
			os.Stdout.WriteString("hardened\n")
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func TestHarden(t *testing.T) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "MACHINE_TEST_HARDEN=1")
	out, err := cmd.CombinedOutput()
	if err != nil || string(out) != "hardened\n" {
		t.Errorf("the hardened process says %q, %v", out, err)
	}
}
