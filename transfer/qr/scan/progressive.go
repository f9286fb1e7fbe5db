package scan

import "fmt"

// maxProgressive is the largest JPEG that is read where it is not surely
// baseline. A decoder keeps all numbers of a progressive one until its end, up to
// 16 bytes for each pixel and 270 MB for the largest picture. No camera makes
// them: they come from what people send through the web, which is smaller.
const maxProgressive = 1 << 22

// checkProgressive refuses what takes too much memory, by the head of a JPEG.
func checkProgressive(head []byte, width, height int) error {
	if int64(width)*int64(height) <= maxProgressive || isSequential(head) {
		return nil
	}
	return fmt.Errorf("%w: a progressive JPEG of %d x %d pixels, at most %d are read of one; take the camera's own picture, or save it as PNG or as a JPEG that is not progressive",
		ErrTooLarge, width, height, maxProgressive)
}

// isSequential reports whether the head of a JPEG surely says that each scan is
// final, by its first frame header (ITU-T T.81, table B.1). A decoder passes over
// bytes between segments; here they count as unsure.
func isSequential(head []byte) bool {
	const sof0, sof1, app0, app15, dqt, dht, dri, com = 0xc0, 0xc1, 0xe0, 0xef, 0xdb, 0xc4, 0xdd, 0xfe
	for at := 2; at+4 <= len(head) && head[at] == 0xff; {
		switch mark := head[at+1]; {
		case mark == 0xff: // a fill byte
			at++
			continue
		case mark == sof0 || mark == sof1:
			return true
		case mark >= app0 && mark <= app15, mark == dqt, mark == dht, mark == dri, mark == com:
		default:
			return false
		}
		at += 2 + int(head[at+2])<<8 + int(head[at+3])
	}
	return false
}
