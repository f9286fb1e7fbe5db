package machine

import "golang.org/x/sys/windows"

// Media lists the drives that Windows calls removable and that have a medium.
// It is a suggestion to people, no statement about the machine.
func Media() []Volume {
	drives, err := windows.GetLogicalDrives()
	if err != nil {
		return nil
	}
	var list []Volume
	for i := range 26 {
		root := string(rune('A'+i)) + `:\`
		if drives&(1<<i) == 0 || windows.GetDriveType(windows.StringToUTF16Ptr(root)) != windows.DRIVE_REMOVABLE {
			continue
		}
		if v, err := VolumeOf(root); err == nil {
			list = append(list, v)
		}
	}
	return list
}
