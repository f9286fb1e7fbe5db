package audit

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// wallLayout is how a wall clock is written: UTC, to the second.
const wallLayout = "2006-01-02T15:04:05Z"

// encode returns the line of a record, with its line feed. The result is not
// believed: Append gives it to the strict reader before it writes it.
func encode(r Record, data any) ([]byte, error) {
	if err := r.Stamp.check(); err != nil {
		return nil, err
	}
	body, err := json.Marshal(data, json.Deterministic(true), jsontext.AllowInvalidUTF8(true))
	if err != nil {
		return nil, fmt.Errorf("data of %s: %w", r.Ev, err)
	}
	b := append(make([]byte, 0, 512+len(body)), `{"v":`...)
	b = strconv.AppendInt(b, int64(r.V), 10)
	b = strconv.AppendInt(append(b, `,"seq":`...), int64(r.Seq), 10)
	b = append(append(append(b, `,"prev":"`...), r.Prev.String()...), '"')
	b = member(b, "side", r.Side)
	b = member(b, "cer", r.Cer)
	b = member(b, "stage", r.Stage)
	b = member(b, "boot", r.Boot)
	b = strconv.AppendInt(append(b, `,"mono_ns":`...), r.MonoNS, 10)
	b = member(b, "wall", r.Wall.UTC().Format(wallLayout))
	b = appendClock(b, r.Stamp)
	b = appendActors(b, r.Actor)
	b = member(b, "ev", r.Ev)
	b = member(b, "step", r.Step)
	b = member(b, "key", r.Key)
	b = append(append(append(b, `,"data":`...), body...), "}\n"...)
	return asciiOnly(b), nil
}

// check refuses what the form cannot hold, with a way out for people.
func (s Stamp) check() error {
	if s.MonoNS < 0 || s.MonoNS > MaxInt {
		return fmt.Errorf("the machine has run for %d days, at most 104 can be written: restart it",
			time.Duration(s.MonoNS)/(24*time.Hour))
	}
	if y := s.Wall.UTC().Year(); y < 1 || y > 9999 {
		return errors.New("the machine's clock shows a year that cannot be written: set it")
	}
	return nil
}

func appendClock(b []byte, s Stamp) []byte {
	b = quote(append(b, `,"clk":{"src":`...), s.Src)
	b = append(b, `,"err_s":`...)
	if s.ErrS == nil {
		return append(b, "null}"...)
	}
	return append(strconv.AppendInt(b, *s.ErrS, 10), '}')
}

func appendActors(b []byte, actors []string) []byte {
	b = append(b, `,"actor":[`...)
	for i, a := range actors {
		if i > 0 {
			b = append(b, ',')
		}
		b = quote(b, a)
	}
	return append(b, ']')
}

func member(b []byte, name, value string) []byte {
	b = append(append(append(b, `,"`...), name...), `":`...)
	return quote(b, value)
}

func quote(b []byte, s string) []byte {
	out, err := jsontext.AppendQuote(b, strings.ToValidUTF8(s, "\ufffd"))
	if err != nil {
		panic("audit: internal error: valid UTF-8 cannot be quoted")
	}
	return out
}

// asciiOnly writes every character beyond printable ASCII as \uXXXX. Such
// characters stand inside strings only.
func asciiOnly(b []byte) []byte {
	i := 0
	for i < len(b) && b[i] < 0x7f {
		i++
	}
	if i == len(b) {
		return b
	}
	out := append(make([]byte, 0, len(b)+64), b[:i]...)
	for i < len(b) {
		r, n := utf8.DecodeRune(b[i:])
		switch {
		case r < 0x7f:
			out = append(out, byte(r))
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
		i += n
	}
	return out
}
