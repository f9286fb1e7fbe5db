package machine

import (
	"reflect"
	"testing"
)

func TestMedia(t *testing.T) {
	const mounts = `22 1 8:2 / / rw - ext4 /dev/sda2 rw
23 22 8:17 / /stick rw - vfat /dev/sdb1 rw
24 22 8:32 / /srv/disk ro - ext4 /dev/sdc ro
25 22 253:1 / /run/media/ada/SAFE\0401 ro - ext4 /dev/mapper/luks ro
26 22 0:40 / /media/nas rw - nfs4 nas:/x rw
27 22 0:41 / /mnt rw - autofs systemd-1 rw
28 22 8:33 / /media/first rw - vfat /dev/sdd1 rw
29 22 8:34 / /media/first rw - vfat /dev/sdd2 rw
30 22 8:35 / /media-not rw - ext4 /dev/sda3 rw
`
	got := fake(t, map[string]string{
		"proc/self/mountinfo":      mounts,
		"sys/block/sda/removable":  "0\n",
		"sys/block/sda/sda2/dev":   "8:2\n",
		"sys/block/sdb/removable":  "1\n",
		"sys/block/sdb/dev":        "8:16\n",
		"sys/block/sdb/sdb1/dev":   "8:17\n",
		"sys/block/sdb/queue/size": "x\n",
		"sys/block/sdc/removable":  "1\n",
		"sys/block/sdc/dev":        "8:32\n",
		"run/udev/data/b8:17":      "E:ID_FS_LABEL=KEYS\nE:ID_SERIAL_SHORT=60A44C\n",
	}).media()
	want := []Volume{
		{Mount: Mount{Point: "/media/first", Source: "/dev/sdd2", Type: "vfat"}},
		{Mount: Mount{Point: "/run/media/ada/SAFE 1", Source: "/dev/mapper/luks", Type: "ext4", ReadOnly: true}},
		{Mount: Mount{Point: "/srv/disk", Source: "/dev/sdc", Type: "ext4", ReadOnly: true}},
		{Mount: Mount{Point: "/stick", Source: "/dev/sdb1", Type: "vfat"}, Label: "KEYS", Serial: "60A44C"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("media are\n%+v\nwanted\n%+v", got, want)
	}
}

// A machine that tells nothing suggests nothing.
func TestNoMedia(t *testing.T) {
	if got := fake(t, nil).media(); len(got) != 0 {
		t.Errorf("media are %+v", got)
	}
}
