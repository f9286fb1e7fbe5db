package scan

import "testing"

// TestDecoderFails: where gozxing's decoder panics, that is no code, and no end
// of the program. Of no matrix at all it does.
func TestDecoderFails(t *testing.T) {
	if text, err := decode(nil); err == nil || text != nil {
		t.Errorf("%q, %v", text, err)
	}
}
