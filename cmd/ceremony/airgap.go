//go:build airgap && !nogui && cgo

package main

// airgap says that this build is for the machine beside the HSM.
const airgap = true
