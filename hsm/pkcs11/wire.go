package pkcs11

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/keyceremony/ceremony/hsm"
)

// A frame is one message between a program and its worker: two big-endian
// 32-bit lengths, a JSON header, and a body of raw bytes. Secrets (PINs,
// plaintexts) travel in the body only, where no JSON codec copies them, and
// both ends wipe them.
type frame struct {
	header []byte
	body   []byte
}

// maxFrame bounds header and body each; a blob has 3 KiB, a token's list of
// mechanisms or keys perhaps 100 KiB.
const maxFrame = 4 << 20

const lengths = 8 // bytes before the header

// A request is the header of a frame to the worker.
type request struct {
	Op   string          `json:"op"`
	Args json.RawMessage `json:"args,omitempty"`
}

// A reply is the header of a frame from the worker.
type reply struct {
	Result json.RawMessage `json:"result,omitempty"`
	Err    *wireError      `json:"err,omitempty"`
}

// A wireError carries an error with its sentinel across the pipe.
type wireError struct {
	Text  string     `json:"text"`
	Kind  string     `json:"kind,omitempty"` // text of the sentinel
	Token *hsm.Error `json:"token,omitempty"`
}

// writeFrame writes a frame at once and wipes the copy that it makes for it.
func writeFrame(w io.Writer, f frame) error {
	if len(f.header) > maxFrame || len(f.body) > maxFrame {
		return fmt.Errorf("internal error: a message of %d bytes, more than %d", len(f.header)+len(f.body), maxFrame)
	}
	buf := make([]byte, lengths, lengths+len(f.header)+len(f.body))
	binary.BigEndian.PutUint32(buf, uint32(len(f.header)))
	binary.BigEndian.PutUint32(buf[4:], uint32(len(f.body)))
	buf = append(append(buf, f.header...), f.body...)
	defer clear(buf)
	_, err := w.Write(buf)
	return err
}

// readFrame reads a frame, mostly at once, and wipes what it read it into.
// Requests and replies alternate, so that nothing lies behind a frame.
func readFrame(r io.Reader) (frame, error) {
	buf := make([]byte, 4<<10)
	defer func() { clear(buf) }()
	n, err := io.ReadAtLeast(r, buf, lengths)
	if err != nil {
		return frame{}, err
	}
	header, body := binary.BigEndian.Uint32(buf), binary.BigEndian.Uint32(buf[4:])
	if header > maxFrame || body > maxFrame || n > lengths+int(header)+int(body) {
		return frame{}, errors.New("not a frame of the worker's protocol")
	}
	whole := make([]byte, header+body)
	copied := copy(whole, buf[lengths:n])
	if _, err := io.ReadFull(r, whole[copied:]); err != nil {
		clear(whole)
		return frame{}, err
	}
	return frame{header: whole[:header:header], body: whole[header:]}, nil
}

// encodeError prepares err for the pipe.
func encodeError(err error) *wireError {
	w := &wireError{Text: err.Error()}
	if kind := hsm.Kind(err); kind != nil {
		w.Kind = kind.Error()
	}
	var token *hsm.Error
	if errors.As(err, &token) {
		w.Token = token
	}
	return w
}

// decode returns the error as the worker had it: with its text, its sentinel
// and the token's return code.
func (w *wireError) decode() error {
	var kind error
	for _, s := range hsm.Sentinels() {
		if s.Error() == w.Kind {
			kind = s
		}
	}
	if w.Token == nil {
		return &remoteError{text: w.Text, cause: kind}
	}
	w.Token.Kind = kind
	if w.Token.Error() == w.Text {
		return w.Token
	}
	return &remoteError{text: w.Text, cause: w.Token}
}

// A remoteError is an error of the worker whose chain did not cross the pipe.
type remoteError struct {
	text  string
	cause error
}

func (e *remoteError) Error() string { return e.text }
func (e *remoteError) Unwrap() error { return e.cause }
