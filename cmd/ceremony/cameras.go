package main

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/keyceremony/ceremony/transfer/camera"
	"github.com/keyceremony/ceremony/transfer/camera/driver"
)

// machineCameras are the cameras of this machine. The choice is kept in a file
// of its own, beside what the window remembers.
func machineCameras() camera.Cameras {
	path := ""
	if dir, err := os.UserConfigDir(); err == nil {
		path = filepath.Join(dir, "keyceremony", "camera")
	}
	return camera.Cameras{
		List: driver.List, Open: driver.Open,
		Chosen: func() string { return keptChoice(path) },
		Choose: func(id string) { keepChoice(path, id) },
	}
}

// maxChoice is far more than the name of a camera needs, in bytes.
const maxChoice = 1 << 12

func keptChoice(path string) string {
	b, err := readUpTo(path, maxChoice)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

// keepChoice writes the choice down; what cannot be kept is only forgotten.
func keepChoice(path, id string) {
	if path == "" || keptChoice(path) == id || os.MkdirAll(filepath.Dir(path), 0o700) != nil {
		return
	}
	_ = replaceFile(path, []byte(id+"\n"))
}
