package digest

import (
	_ "embed" // for words.txt
	"strings"
)

// wordsFile has one line per byte value: the two-syllable word for even
// positions, the three-syllable word for odd ones (PGP word list, Juola and
// Zimmermann 1996). A swapped or doubled byte is therefore heard.
//
//go:embed words.txt
var wordsFile string

var wordList = strings.Fields(wordsFile)

// Words returns the PGP words of all 32 bytes.
func (d SHA256) Words() []string { return Words(d[:]) }

// Words returns the PGP words of b, one per byte.
func Words(b []byte) []string {
	words := make([]string, len(b))
	for i, v := range b {
		words[i] = wordList[2*int(v)+i%2]
	}
	return words
}
