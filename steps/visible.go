package steps

import (
	"fmt"
	"unicode"
	"unicode/utf8"
)

// visible refuses characters that a reader of the transcript could not see, as
// control characters, those that change the direction of writing, and fillers.
func visible(v string) error {
	if len(v) > 4096 {
		return fmt.Errorf("it has %d bytes; at most 4096 are kept", len(v))
	}
	if !utf8.ValidString(v) {
		return fmt.Errorf("it is not UTF-8 text")
	}
	for _, r := range v {
		if !unicode.IsPrint(r) || unicode.Is(unicode.Variation_Selector, r) || unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) || r == 0x2800 {
			return fmt.Errorf("it holds the invisible character %U", r)
		}
	}
	return nil
}
