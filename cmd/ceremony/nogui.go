//go:build nogui || !cgo

package main

import "context"

// openWindow says that this build has no window.
func openWindow(_ context.Context, o opening) error {
	return misuse("%w: this build of the program has none%s", errNoWindow, o.otherwise())
}
