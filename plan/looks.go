package plan

import (
	"fmt"
	"strings"
	"unicode"
)

// This file has names that look the same to people and are not. A name of the
// plan is read by people who then sign; letters of another alphabet in it would
// let one person, or key, stand for another.

// alphabets are those whose letters pass for each other's.
var alphabets = []struct {
	name  string
	table *unicode.RangeTable
}{
	{"Latin", unicode.Latin},
	{"Greek", unicode.Greek},
	{"Cyrillic", unicode.Cyrillic},
	{"Armenian", unicode.Armenian},
	{"Cherokee", unicode.Cherokee},
}

// looks are letters of Greek and Cyrillic, in lower case, that look like those
// of Latin: the rows of Unicode's confusables (UTS #39) for these.
var looks = strings.NewReplacer(
	"а", "a", "е", "e", "о", "o", "р", "p", "с", "c", "у", "y", "х", "x", "і", "i", "ј", "j", "ѕ", "s", "ԁ", "d",
	"һ", "h", "ԛ", "q", "ԝ", "w", "ѵ", "v", "ӏ", "l", "к", "k", "м", "m", "т", "t", "в", "b", "н", "h", "г", "r",
	"α", "a", "ε", "e", "ο", "o", "ρ", "p", "υ", "u", "ν", "v", "ι", "i", "κ", "k", "χ", "x", "τ", "t", "η", "n",
	"β", "b", "γ", "y", "ζ", "z", "μ", "m",
)

// looksLike is the same for names that people would take for each other.
func looksLike(name string) string {
	return looks.Replace(strings.Join(strings.Fields(strings.ToLower(name)), " "))
}

// mixed says which letter of a word belongs to another alphabet than its first
// one, "" if none does.
func mixed(s string) string {
	for _, word := range strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) }) {
		first := ""
		for _, r := range word {
			switch a := alphabet(r); {
			case a == "" || a == first:
			case first == "":
				first = a
			default:
				return fmt.Sprintf("has the %s letter %U among %s ones", a, r, first)
			}
		}
	}
	return ""
}

func alphabet(r rune) string {
	for _, a := range alphabets {
		if unicode.Is(a.table, r) {
			return a.name
		}
	}
	return ""
}
