package steps

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/transfer"
	"github.com/keyceremony/ceremony/transfer/qr"
)

// This file is for people who sign at a machine of their own: the text goes
// there and the signature comes back, as files or as codes. A signature needs no
// words that are compared: it verifies over the whole text, with a key of the
// plan.

// Verify holds a signature against the text and the person's keys at once,
// while people are at the keyboard. Its error is [ErrSignature],
// [audit.ErrSignature], or [audit.ErrNamespace].
func (s Signing) Verify(sig []byte) error {
	err := audit.VerifySig(sig, s.Keys, s.Namespace, s.Text)
	if err != nil && !errors.Is(err, audit.ErrSignature) && !errors.Is(err, audit.ErrNamespace) {
		return fmt.Errorf("%w: %w", ErrSignature, err)
	}
	return err
}

// Command signs the text where it is kept in this file.
func (s Signing) Command(file string) string { return signCommand(s.Namespace, file) }

func signCommand(namespace, file string) string {
	return "ssh-keygen -Y sign -n " + namespace + " -f KEY " + Quoted(file)
}

// Message is the text as it goes elsewhere as codes.
func (s Signing) Message() (qr.Message, error) {
	m, err := qr.NewMessage(map[string][]byte{s.File: s.Text})
	if err == nil {
		err = m.RefuseSecrets()
	}
	return m, err
}

// FromCodes is the signature that came as codes: the one file of its message,
// and one that verifies. Its errors are [ErrNoSignature], [ErrKeyShown] and
// those of Verify.
func (s Signing) FromCodes(m qr.Message) ([]byte, error) {
	files := m.Files()
	names := slices.Sorted(maps.Keys(files))
	_, bundle := files[transfer.ListName]
	first := files[names[0]]
	switch {
	case m.RefuseSecrets() != nil:
		return nil, ErrKeyShown
	case bundle:
		return nil, fmt.Errorf("%w: a bundle of %s came", ErrNoSignature, counting(len(files)-1, "file"))
	case len(files) > 1:
		return nil, fmt.Errorf("%w: %d files came, %s", ErrNoSignature, len(files), strings.Join(names, ", "))
	case bytes.Equal(first, s.Text):
		return nil, fmt.Errorf("%w: %s is the text itself", ErrNoSignature, names[0])
	case !audit.IsSig(first):
		return nil, fmt.Errorf("%w: %s is something else", ErrNoSignature, names[0])
	}
	if err := s.Verify(first); err != nil {
		return nil, err
	}
	return first, nil
}

// ToSign tells somebody who received a file what to do with it: the command
// that signs it where it is kept, or "" where it is none that people sign.
func ToSign(name, kept string, file []byte) string {
	if st, err := audit.ParseStatement(file); err == nil {
		return signCommand(st.Namespace(), kept)
	}
	seals := []string{audit.SealPrepare, audit.SealOffline, audit.SealFinal}
	if _, err := audit.ParseManifest(file); err != nil || !slices.Contains(seals, name) {
		return ""
	}
	// A list of files does not say that it is of a rehearsal: the screen that
	// showed it does.
	return signCommand(audit.SealNamespace(name, audit.Production), kept)
}
