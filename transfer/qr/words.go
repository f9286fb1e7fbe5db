package qr

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"golang.org/x/crypto/scrypt"

	"github.com/keyceremony/ceremony/digest"
)

// WordCount is how many PGP words people compare: 64 bits.
const WordCount = 8

// Words returns the words that both sides of a transfer show. They are drawn
// from the message's digest by scrypt, or whoever sees them could make another
// message within seconds that has half of them. Lists for even and odd places
// make a swap or an omission heard.
//
// It takes a tenth of a second and 32 MiB, once for each message.
func Words(message digest.SHA256) []string {
	drawn := drawnOnce(message)
	return digest.Words(drawn[:])
}

// wordsSalt, and the cost of one message's words: N, r and p of RFC 7914.
const (
	wordsSalt              = "keyceremony qr words 1"
	wordsN, wordsR, wordsP = 1 << 15, 8, 1
)

func draw(message digest.SHA256) [WordCount]byte {
	b, err := scrypt.Key(message[:], []byte(wordsSalt), wordsN, wordsR, wordsP, WordCount)
	if err != nil {
		panic("qr: internal error: " + err.Error())
	}
	return [WordCount]byte(b)
}

// drawn has what was drawn of late: a page shows the words again and again.
var drawn = struct {
	sync.Mutex
	of map[digest.SHA256][WordCount]byte
}{of: map[digest.SHA256][WordCount]byte{}}

// maxDrawn is more messages than any ceremony has at once.
const maxDrawn = 64

func drawnOnce(message digest.SHA256) [WordCount]byte {
	drawn.Lock()
	defer drawn.Unlock()
	b, there := drawn.of[message]
	if !there {
		if len(drawn.of) == maxDrawn {
			clear(drawn.of)
		}
		b = draw(message)
		drawn.of[message] = b
	}
	return b
}

// A Challenge is two places of the eight words, counted from 1. The receiver
// types what the sender's screen shows there: who only compares two lists at a
// glance overlooks much.
type Challenge struct{ First, Second int }

// NewChallenge draws two different places, in their order.
func NewChallenge(random io.Reader) (Challenge, error) {
	first, err := below(random, WordCount)
	if err != nil {
		return Challenge{}, err
	}
	second, err := below(random, WordCount-1)
	if err != nil {
		return Challenge{}, err
	}
	if second >= first {
		second++
	}
	return Challenge{min(first, second) + 1, max(first, second) + 1}, nil
}

// below draws a number below n, which divides into a byte without favour.
func below(random io.Reader, n int) (int, error) {
	var b [1]byte
	for {
		if _, err := io.ReadFull(random, b[:]); err != nil {
			return 0, fmt.Errorf("drawing a place: %w", err)
		}
		if int(b[0]) < 256/n*n {
			return int(b[0]) % n, nil
		}
	}
}

// Holds tells whether both words are right. Case and spaces around them do not
// matter.
func (c Challenge) Holds(message digest.SHA256, first, second string) bool {
	words := Words(message)
	return c.valid() && sameWord(words[c.First-1], first) && sameWord(words[c.Second-1], second)
}

func (c Challenge) valid() bool {
	return 1 <= c.First && c.First < c.Second && c.Second <= WordCount
}

// IsWord tells whether a word can stand at a place of the eight, counted from
// 1: what cannot was misread.
func IsWord(place int, typed string) bool {
	return slices.ContainsFunc(wordsAt(place), func(word string) bool { return sameWord(word, typed) })
}

// BeginsWord tells whether such a word begins like this.
func BeginsWord(place int, typed string) bool {
	return slices.ContainsFunc(wordsAt(place), func(word string) bool {
		return len(typed) <= len(word) && strings.EqualFold(word[:len(typed)], typed)
	})
}

// wordsAt are all words that can stand at a place.
func wordsAt(place int) []string {
	out := make([]string, 0, 256)
	for b := range 256 {
		out = append(out, digest.Words([]byte{byte(b), byte(b)})[(place-1)%2])
	}
	return out
}

func sameWord(word, typed string) bool { return strings.EqualFold(word, strings.TrimSpace(typed)) }
