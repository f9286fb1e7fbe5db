package transfer

import "os"

const openNonblock = 0

// syncFolder does nothing: Windows has no call to sync a folder.
func syncFolder(*os.File) error { return nil }
