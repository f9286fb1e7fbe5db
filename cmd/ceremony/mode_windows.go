package main

import "io/fs"

// openToOthers cannot be told by mode bits on Windows; the folder's access
// list protects the file there.
func openToOthers(fs.FileMode) bool { return false }
