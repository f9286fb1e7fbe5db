//go:build !airgap && !nogui && cgo

package main

// airgap says that this build is for any machine.
const airgap = false
