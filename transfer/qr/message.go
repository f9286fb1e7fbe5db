package qr

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/durable"
)

// Each hash of this package has its own beginning, so that none can stand for
// another.
const messageDomain = "keyceremony qr message 1\x00"

// A Message is a set of named files: what one transfer carries. It has one
// form as bytes, whatever the order in which files were given:
//
//	number of files        2 bytes, big-endian as all numbers
//	for each, by name:     length of the name 1, name, size 4
//	for each, by name:     its bytes
type Message struct {
	files map[string][]byte
	plain []byte
}

// NewMessage checks names and sizes. What a receiver would refuse cannot be
// sent.
func NewMessage(files map[string][]byte) (Message, error) {
	if len(files) == 0 || len(files) > MaxFiles {
		return Message{}, fmt.Errorf("%d files, wanted 1 to %d: %w", len(files), MaxFiles, ErrMessage)
	}
	names := slices.Sorted(maps.Keys(files))
	if err := checkNames(names); err != nil {
		return Message{}, err
	}
	total := 2
	for _, name := range names {
		total += 1 + len(name) + 4 + len(files[name])
		if len(files[name]) > MaxPlain || total > MaxPlain {
			return Message{}, fmt.Errorf("the files have more than %d bytes: %w", MaxPlain, ErrTooLarge)
		}
	}
	plain := make([]byte, 0, total)
	plain = binary.BigEndian.AppendUint16(plain, uint16(len(names)))
	for _, name := range names {
		plain = append(append(plain, byte(len(name))), name...)
		plain = binary.BigEndian.AppendUint32(plain, uint32(len(files[name])))
	}
	for _, name := range names {
		plain = append(plain, files[name]...)
	}
	return parseMessage(plain)
}

// Files returns the files by name. Their bytes are the message's own.
func (m Message) Files() map[string][]byte { return maps.Clone(m.files) }

// Digest is the SHA-256 of the whole message, names included.
func (m Message) Digest() digest.SHA256 {
	h := sha256.New()
	h.Write([]byte(messageDomain))
	h.Write(m.plain)
	return digest.SHA256(h.Sum(nil))
}

// Write keeps every file in a folder, sorted by name. Nothing is replaced: a
// file that is there already with the same bytes is taken as written, any
// other of its name is refused before anything is written.
func (m Message) Write(d *durable.Dir) error {
	there, err := d.Names()
	if err != nil {
		return err
	}
	for _, e := range there {
		b, ours := m.files[e.Name]
		if !ours {
			continue
		}
		old, err := d.Read(e.Name, MaxPlain)
		if err != nil || !bytes.Equal(old, b) {
			return fmt.Errorf("%s: %w, nothing was written", e.Name, durable.ErrExists)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(m.files)) {
		if err := d.WriteNew(name, m.files[name]); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// parseMessage reads the one form of a message, and takes no other.
func parseMessage(b []byte) (Message, error) {
	bad := func(what string) (Message, error) {
		return Message{}, fmt.Errorf("the list of files %s: %w", what, ErrMessage)
	}
	if len(b) < 2 {
		return bad("is missing")
	}
	n := int(binary.BigEndian.Uint16(b))
	if n == 0 || n > MaxFiles {
		return bad(fmt.Sprintf("says %d files", n))
	}
	names, sizes, rest, ok := parseList(b[2:], n)
	if !ok {
		return bad("is cut off")
	}
	if err := checkNames(names); err != nil {
		return Message{}, err
	}
	m := Message{files: make(map[string][]byte, n), plain: b}
	for i, size := range sizes {
		if size > len(rest) {
			return bad("says more bytes than there are")
		}
		m.files[names[i]], rest = rest[:size:size], rest[size:]
	}
	if len(rest) > 0 {
		return bad("says fewer bytes than there are")
	}
	return m, nil
}

func parseList(b []byte, n int) (names []string, sizes []int, rest []byte, ok bool) {
	for range n {
		if len(b) < 1 || len(b) < 1+int(b[0])+4 {
			return nil, nil, nil, false
		}
		end := 1 + int(b[0])
		names = append(names, string(b[1:end]))
		sizes = append(sizes, int(binary.BigEndian.Uint32(b[end:])))
		b = b[end+4:]
	}
	return names, sizes, b, true
}

// suffixes are the endings of the files that may be sent. Nothing that a
// desktop would start or render is among them.
var suffixes = []string{
	".asc", ".bin", ".byok", ".cer", ".crt", ".csr", ".csv", ".der", ".json", ".kcv",
	".log", ".md", ".pem", ".pub", ".sha256", ".sig", ".toml", ".tsr", ".txt",
}

var (
	nameForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,159}$`)
	// reserved are names that Windows gives to devices, with any ending.
	reserved = regexp.MustCompile(`(?i)^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)`)
)

// checkNames allows flat names in their order, none twice. FAT and Windows
// know no case.
func checkNames(names []string) error {
	folded := map[string]bool{}
	for i, name := range names {
		if err := CheckName(name); err != nil {
			return err
		}
		if i > 0 && names[i-1] >= name || folded[strings.ToLower(name)] {
			return fmt.Errorf("%s is there twice, or not in its place: %w", name, ErrMessage)
		}
		folded[strings.ToLower(name)] = true
	}
	return nil
}

// CheckName allows the names that files of a message may have: flat, plain,
// with an ending that is on the list.
func CheckName(name string) error {
	if name == "allowed_signers" {
		return nil
	}
	for _, r := range nameRules {
		if err := r.see(name); err != nil {
			return fmt.Errorf("the name %s %w: %w", show(name), err, ErrMessage)
		}
	}
	return nil
}

// A nameRule is something that must hold of each name.
type nameRule struct {
	id  string
	see func(name string) error
}

var nameRules = []nameRule{{"form", plainName}, {"ending", plainEnding}}

func plainName(name string) error {
	if !nameForm.MatchString(name) || strings.Contains(name, "..") || reserved.MatchString(name) {
		return errors.New("is none that a message may hold; wanted letters, digits, . _ and -")
	}
	return nil
}

func plainEnding(name string) error {
	if !slices.Contains(suffixes, path.Ext(name)) {
		return fmt.Errorf("ends in none of %s", strings.Join(suffixes, " "))
	}
	return nil
}

// show makes what others sent safe to print: ASCII, visible, short.
func show(s string) string {
	const most = 80
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return strconv.QuoteToASCII(s)
}
