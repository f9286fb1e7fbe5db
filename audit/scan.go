package audit

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"
)

// A scanner goes over one line once and takes only the one way of writing each
// value that the log's writer uses (and that json.dumps of Python with
// separators "," and ":" writes): printable ASCII, no white space, the
// shortest escapes, plain integers. Whatever two JSON readers could read
// differently - duplicate members, floats, lone surrogates - is refused.
type scanner struct {
	b     []byte
	i     int
	depth int
}

func (s *scanner) fail(why string) error { return fmt.Errorf("%s at byte %d", why, s.i+1) }

// lit takes exactly the text.
func (s *scanner) lit(text string) error {
	if len(s.b)-s.i < len(text) || string(s.b[s.i:s.i+len(text)]) != text {
		return s.fail("wanted " + text)
	}
	s.i += len(text)
	return nil
}

func (s *scanner) peek() byte {
	if s.i < len(s.b) {
		return s.b[s.i]
	}
	return 0
}

// value takes a value of the shape.
func (s *scanner) value(sh *shape) error {
	switch sh.kind {
	case shapeString:
		_, err := s.str()
		return err
	case shapeInt:
		_, err := s.integer()
		return err
	case shapeBool:
		return s.boolean()
	case shapeDigest:
		_, err := s.hex64()
		return err
	case shapeObject:
		return s.object(sh.fields)
	case shapeList:
		return s.list(sh.elem)
	case shapeMap:
		return s.members(sh.elem)
	case shapeNull:
		if s.peek() == 'n' {
			return s.lit("null")
		}
		return s.value(sh.elem)
	}
	return s.any()
}

var anyShape = &shape{kind: shapeAny}

func (s *scanner) any() error {
	switch c := s.peek(); {
	case c == '"':
		_, err := s.str()
		return err
	case c == '{':
		return s.members(anyShape)
	case c == '[':
		return s.list(anyShape)
	case c == 't' || c == 'f':
		return s.boolean()
	case c == 'n':
		return s.lit("null")
	}
	_, err := s.integer()
	return err
}

func (s *scanner) boolean() error {
	if s.peek() == 't' {
		return s.lit("true")
	}
	return s.lit("false")
}

func (s *scanner) push() error {
	if s.depth++; s.depth > MaxDepth {
		return s.fail(fmt.Sprintf("nested deeper than %d", MaxDepth))
	}
	return nil
}

func (s *scanner) object(fields []field) error {
	if err := s.push(); err != nil {
		return err
	}
	sep := "{"
	for _, f := range fields {
		if f.later && s.peek() == '}' {
			break
		}
		if err := s.lit(sep); err != nil {
			return err
		}
		if err := s.lit(f.name); err != nil {
			return err
		}
		if err := s.value(f.shape); err != nil {
			return err
		}
		sep = ","
	}
	s.depth--
	return s.lit("}")
}

func (s *scanner) list(elem *shape) error {
	if err := s.push(); err != nil {
		return err
	}
	if err := s.lit("["); err != nil {
		return err
	}
	for first := true; s.peek() != ']'; first = false {
		if !first {
			if err := s.lit(","); err != nil {
				return err
			}
		}
		if err := s.value(elem); err != nil {
			return err
		}
	}
	s.depth--
	return s.lit("]")
}

// members takes an object of free names, none twice.
func (s *scanner) members(elem *shape) error {
	if err := s.push(); err != nil {
		return err
	}
	if err := s.lit("{"); err != nil {
		return err
	}
	var names nameSet
	for first := true; s.peek() != '}'; first = false {
		if !first {
			if err := s.lit(","); err != nil {
				return err
			}
		}
		name, err := s.str()
		if err != nil {
			return err
		}
		if !names.add(name) {
			return s.fail("a member comes twice")
		}
		if err := s.lit(":"); err != nil {
			return err
		}
		if err := s.value(elem); err != nil {
			return err
		}
	}
	s.depth--
	return s.lit("}")
}

// A nameSet finds duplicates; small sets, which are nearly all, without a map.
// As each string has one way of being written, raw bytes can be compared.
type nameSet struct {
	few  [16][]byte
	n    int
	many map[string]bool
}

func (s *nameSet) add(name []byte) bool {
	for _, old := range s.few[:min(s.n, len(s.few))] {
		if bytes.Equal(old, name) {
			return false
		}
	}
	if s.n < len(s.few) {
		s.few[s.n] = name
		s.n++
		return true
	}
	if s.many == nil {
		s.many = map[string]bool{}
	}
	if s.many[string(name)] {
		return false
	}
	s.many[string(name)] = true
	return true
}

// str takes a string and returns what is between the quotes, as it is written.
func (s *scanner) str() ([]byte, error) {
	if err := s.lit(`"`); err != nil {
		return nil, err
	}
	for start := s.i; s.i < len(s.b); {
		switch c := s.b[s.i]; {
		case c == '"':
			s.i++
			return s.b[start : s.i-1], nil
		case c == '\\':
			if err := s.escape(); err != nil {
				return nil, err
			}
		case c < ' ' || c > '~':
			return nil, s.fail("a byte that is not printable ASCII")
		default:
			s.i++
		}
	}
	return nil, s.fail("a string without end")
}

// escape takes an escape if it is the only way to write its character.
func (s *scanner) escape() error {
	if s.i+1 < len(s.b) && bytes.IndexByte([]byte(`"\bfnrt`), s.b[s.i+1]) >= 0 {
		s.i += 2
		return nil
	}
	r, ok := s.unit()
	if !ok {
		return s.fail("an escape that the writer does not use")
	}
	switch {
	case r >= 0xd800 && r < 0xdc00:
		if low, ok := s.unit(); !ok || low < 0xdc00 || low > 0xdfff {
			return s.fail("half a surrogate pair")
		}
		return nil
	case r >= 0xdc00 && r <= 0xdfff:
		return s.fail("half a surrogate pair")
	case r >= ' ' && r <= '~', r == '\b', r == '\t', r == '\n', r == '\f', r == '\r':
		return s.fail("an escape that the writer does not use")
	}
	return nil
}

// unit takes one \uXXXX with lower-case digits.
func (s *scanner) unit() (rune, bool) {
	if len(s.b)-s.i < 6 || s.b[s.i] != '\\' || s.b[s.i+1] != 'u' {
		return 0, false
	}
	var r rune
	for _, c := range s.b[s.i+2 : s.i+6] {
		switch {
		case c >= '0' && c <= '9':
			r = r<<4 | rune(c-'0')
		case c >= 'a' && c <= 'f':
			r = r<<4 | rune(c-'a'+10)
		default:
			return 0, false
		}
	}
	s.i += 6
	return r, true
}

// integer takes a decimal integer of at most MaxInt either way: no leading
// zeros, no minus zero, no fraction, no exponent.
func (s *scanner) integer() (int64, error) {
	neg := s.peek() == '-'
	if neg {
		s.i++
	}
	start, n := s.i, int64(0)
	for c := s.peek(); c >= '0' && c <= '9'; c = s.peek() {
		if n = n*10 + int64(c-'0'); n > MaxInt {
			return 0, s.fail("an integer beyond 2^53")
		}
		s.i++
	}
	digits := s.i - start
	if digits == 0 || (digits > 1 && s.b[start] == '0') || (neg && n == 0) {
		return 0, s.fail("wanted an integer")
	}
	if neg {
		n = -n
	}
	return n, nil
}

// hex64 takes a string of 64 lower-case hex digits and returns these.
func (s *scanner) hex64() ([]byte, error) {
	b, err := s.str()
	if err != nil {
		return nil, err
	}
	for _, c := range b {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return nil, s.fail("wanted lower-case hex digits")
		}
	}
	if len(b) != 64 {
		return nil, s.fail("wanted 64 hex digits")
	}
	return b, nil
}

// unquote decodes the inside of a string that str has taken.
func unquote(raw []byte) (string, error) {
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw), nil
	}
	quoted := append(append([]byte{'"'}, raw...), '"')
	b, err := jsontext.AppendUnquote(nil, quoted)
	if err != nil {
		return "", errors.New("a string that cannot be read")
	}
	return string(b), nil
}
