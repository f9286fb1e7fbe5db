package transfer

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/digest"
)

// BUNDLE.sha256 is text that sha256sum -c takes as it is, for it passes over
// lines that begin with #:
//
//	# keyceremony bundle 1
//	# ceremony: contoso-2026-11
//	# run: 8e4c…
//	# mode: production
//	# from: prepare
//	# attempt: 1
//	# log: online.log
//	# seq: 42
//	# head: HEX
//	HEX  NAME          one line per file, sorted by name
//	# end: HEX         SHA-256 of all bytes before this line
//
// The last line is there because sha256sum does not look at the comments: a
// medium that changed a bit of them, or lost the end of the list, is noticed.
const (
	firstLine = "# keyceremony bundle 1"
	endField  = "# end: "
)

// MaxList is in bytes the size of the longest possible list, generously.
const MaxList = MaxFiles*(64+2+160+1) + 4096

// encodeList writes BUNDLE.sha256.
func encodeList(h Header, files audit.Manifest) []byte {
	var w bytes.Buffer
	fmt.Fprintln(&w, firstLine)
	for _, f := range h.fields() {
		fmt.Fprintf(&w, "# %s: %s\n", f[0], f[1])
	}
	w.Write(files.Encode())
	fmt.Fprintf(&w, "%s%s\n", endField, digest.Of(w.Bytes()))
	return w.Bytes()
}

// fields lists the header's lines in their order.
func (h Header) fields() [][2]string {
	return [][2]string{
		{"ceremony", h.Ceremony},
		{"run", h.Run},
		{"mode", h.Mode},
		{"from", h.From},
		{"attempt", strconv.Itoa(h.Attempt)},
		{"log", h.Head.Log},
		{"seq", strconv.Itoa(h.Head.Seq)},
		{"head", h.Head.SHA256.String()},
	}
}

// parseList reads BUNDLE.sha256. Whatever it takes, encodeList writes back to
// the same bytes.
func parseList(b []byte) (Header, audit.Manifest, error) {
	bad := func(err error) (Header, audit.Manifest, error) {
		return Header{}, nil, fmt.Errorf("%s: %w: %w", ListName, err, ErrHeader)
	}
	body, err := cutEnd(b)
	if err != nil {
		return bad(err)
	}
	lines := bytes.SplitAfter(body, []byte("\n"))
	if string(lines[0]) != firstLine+"\n" {
		return bad(fmt.Errorf("begins with %s, wanted %q", show(string(lines[0])), firstLine))
	}
	h, rest, err := parseFields(lines[1:])
	if err != nil {
		return bad(err)
	}
	files, err := audit.ParseManifest(bytes.Join(rest, nil))
	if err != nil {
		return bad(err)
	}
	if err := h.check(); err != nil {
		return bad(err)
	}
	if !bytes.Equal(encodeList(h, files), b) {
		return bad(errors.New("is not written as this program writes it"))
	}
	return h, files, nil
}

// cutEnd checks the last line and returns what is before it.
func cutEnd(b []byte) ([]byte, error) {
	body, ok := bytes.CutSuffix(b, []byte("\n"))
	at := bytes.LastIndexByte(body, '\n') + 1
	last, isEnd := strings.CutPrefix(string(body[at:]), endField)
	if !ok || !isEnd || at == 0 {
		return nil, errors.New("has no end line, so that its end is missing")
	}
	if want := digest.Of(b[:at]); last != want.String() {
		return nil, errors.New("differs from the digest in its end line")
	}
	return b[:at], nil
}

// parseFields reads the header's lines, each once and in order.
func parseFields(lines [][]byte) (h Header, rest [][]byte, err error) {
	values := map[string]string{}
	fields := h.fields()
	if len(lines) < len(fields) {
		return h, nil, fmt.Errorf("has %d lines, wanted at least %d", len(lines), len(fields)+1)
	}
	for i, f := range fields {
		line := strings.TrimSuffix(string(lines[i]), "\n")
		value, ok := strings.CutPrefix(line, "# "+f[0]+": ")
		if !ok {
			return h, nil, fmt.Errorf("line %d is %s, wanted the field %s", i+2, show(line), f[0])
		}
		values[f[0]] = value
	}
	h = Header{Ceremony: values["ceremony"], Run: values["run"], Mode: values["mode"], From: values["from"]}
	h.Head.Log = values["log"]
	if h.Attempt, err = strconv.Atoi(values["attempt"]); err != nil {
		return h, nil, fmt.Errorf("attempt is %s, wanted a number", show(values["attempt"]))
	}
	if h.Head.Seq, err = strconv.Atoi(values["seq"]); err != nil {
		return h, nil, fmt.Errorf("seq is %s, wanted a number", show(values["seq"]))
	}
	if h.Head.SHA256, err = digest.Parse(values["head"]); err != nil {
		return h, nil, fmt.Errorf("head: %w", err)
	}
	return h, lines[len(fields):], nil
}
