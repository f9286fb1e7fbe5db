//go:build cgo && !linux && !windows

package pkcs11

// forbidDump: RLIMIT_CORE suffices on this system.
func forbidDump() {}
