//go:build !windows

package main

import "io/fs"

// openToOthers reports whether a file of secrets can be read by other users.
func openToOthers(m fs.FileMode) bool { return m.Perm()&0o077 != 0 }
