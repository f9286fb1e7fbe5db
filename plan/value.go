package plan

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/keyceremony/ceremony/digest"
	"github.com/pelletier/go-toml/v2/unstable"
)

// maxList bounds the lists of a plan.
const maxList = 64

// set puts a value of the file into a field of a struct. It returns what is
// wrong with it, or "".
func set(field reflect.Value, n *unstable.Node, block bool) string {
	switch into := field.Addr().Interface().(type) {
	case *string:
		return setText(into, n, block)
	case *int:
		return setNumber(into, n)
	case *bool:
		return setFlag(into, n)
	case *digest.SHA256:
		return setDigest(into, n)
	case *time.Time:
		return setTime(into, n)
	case *[]string:
		return setList(into, n, func(s *string, n *unstable.Node) string { return setText(s, n, false) })
	case *[]digest.SHA256:
		return setList(into, n, setDigest)
	default:
		panic("plan: internal error: no way to read a " + field.Type().String())
	}
}

func setText(into *string, n *unstable.Node, block bool) string {
	if n.Kind != unstable.String {
		return "is " + kind(n) + `, wanted text in quotes`
	}
	s := string(n.Data)
	for _, r := range s {
		if !visible(r) && (!block || r != '\n') {
			return fmt.Sprintf("holds the invisible character %U, wanted printable text", r)
		}
	}
	if !block && s != strings.TrimSpace(s) {
		return "begins or ends with a space, wanted none there"
	}
	*into = s
	return ""
}

// setNumber takes plain decimal digits alone: TOML's other spellings (0x800,
// 2_048, +2048) are one more thing for a reviewer to get wrong.
func setNumber(into *int, n *unstable.Node) string {
	if n.Kind != unstable.Integer {
		return "is " + kind(n) + ", wanted a whole number without quotes"
	}
	i, err := strconv.ParseInt(string(n.Data), 10, 32)
	if err != nil || strconv.FormatInt(i, 10) != string(n.Data) {
		return "is written in another way than plain decimal digits, wanted these"
	}
	*into = int(i)
	return ""
}

func setFlag(into *bool, n *unstable.Node) string {
	if n.Kind != unstable.Bool {
		return "is " + kind(n) + ", wanted true or false without quotes"
	}
	*into = string(n.Data) == "true"
	return ""
}

func setDigest(into *digest.SHA256, n *unstable.Node) string {
	var s string
	if message := setText(&s, n, false); message != "" {
		return message
	}
	d, err := digest.Parse(s)
	if err != nil {
		return fmt.Sprintf("is %s, wanted a SHA-256 in 64 lower-case hex digits", length(s))
	}
	*into = d
	return ""
}

// setTime takes RFC 3339 with whole seconds and an offset; the plan keeps the
// moment in UTC.
func setTime(into *time.Time, n *unstable.Node) string {
	const wanted = ", wanted a date and time with offset such as 2026-11-22T09:00:00Z"
	if n.Kind != unstable.DateTime {
		return "is " + kind(n) + wanted
	}
	t, err := time.Parse(time.RFC3339, string(n.Data))
	if err != nil || t.Nanosecond() != 0 || strings.Contains(string(n.Data), ".") {
		return "is not a moment in whole seconds" + wanted
	}
	*into = t.UTC()
	return ""
}

func setList[T any](into *[]T, n *unstable.Node, one func(*T, *unstable.Node) string) string {
	if n.Kind != unstable.Array {
		return "is " + kind(n) + ", wanted a list in square brackets"
	}
	var list []T
	for it := n.Children(); it.Next(); {
		var v T
		if message := one(&v, it.Node()); message != "" {
			return fmt.Sprintf("entry %d %s", len(list)+1, message)
		}
		if list = append(list, v); len(list) > maxList {
			return fmt.Sprintf("has more than %d entries, wanted at most that", maxList)
		}
	}
	*into = list
	return ""
}

// kind names what a value is.
func kind(n *unstable.Node) string {
	switch n.Kind {
	case unstable.String:
		return "text in quotes"
	case unstable.Integer:
		return "a whole number"
	case unstable.Float:
		return "a number with a fraction"
	case unstable.Bool:
		return string(n.Data)
	case unstable.Array:
		return "a list"
	case unstable.InlineTable:
		return "a table in braces"
	case unstable.LocalDate:
		return "a date without time"
	case unstable.LocalTime:
		return "a time without date"
	case unstable.LocalDateTime:
		return "a date and time without offset"
	default:
		return "a date and time"
	}
}

// length says how long a text is, for messages that do not repeat it.
func length(s string) string {
	if s == "" {
		return "empty"
	}
	return fmt.Sprintf("other text of %d characters", len([]rune(s)))
}
