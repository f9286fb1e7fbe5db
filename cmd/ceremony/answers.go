package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"
	"golang.org/x/crypto/ssh"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/steps"
)

// This file answers from a file, for unattended rehearsals. The rules:
//
//   - one table per step id, one key per field;
//   - a value is text, {file = …}, {path = …} or {fd = …}, or, in a rehearsal, {table = …}:
//     what would lie on the table on paper;
//   - codes, typed words and signatures come from it in a rehearsal only;
//   - what it does not answer, people at the terminal do.

// script answers from a file.
type script struct {
	file   string // the answers file
	dir    string // paths are relative to the answers file
	steps  map[string]map[string]any
	people *people
	table  *table // nil in production
	keys   map[string]ssh.Signer
}

// errUnanswered ends an unattended run whose file has no answer.
var errUnanswered = errors.New("the answers file has no answer")

// openRoom chooses who answers.
func openRoom(c *steps.Ceremony, answers string, words io.Writer) (room, error) {
	p := newPeople(c.Plan().Mode(), words)
	if answers == "" {
		return p, nil
	}
	b, err := readSmall(answers)
	if err != nil {
		return nil, err
	}
	s := &script{file: answers, dir: filepath.Dir(answers), people: p, keys: map[string]ssh.Signer{}}
	if err := toml.Unmarshal(b, &s.steps); err != nil {
		return nil, misuse("%s: %w", answers, err)
	}
	if c.Plan().Rehearsal {
		s.table, err = openTable(c.Plan(), s.dir, s.steps["table"])
	}
	return s, err
}

func (s *script) answer(ctx context.Context, c *steps.Ceremony, now steps.Now) (steps.Answers, error) {
	a := steps.Answers{Text: map[string]string{}, Secret: map[string][]byte{}}
	return a, eachField(c, now, a, func(f steps.Field) error { return s.field(ctx, c, now, f, a) })
}

func (s *script) field(ctx context.Context, c *steps.Ceremony, now steps.Now, f steps.Field, a steps.Answers) error {
	if now.Phase == steps.Interrupted && f.Name == "resume" && s.table != nil {
		return s.resume(c, f, a)
	}
	v, ok := s.steps[now.Step.ID][f.Name]
	if !ok {
		v, ok = s.steps[now.Step.ID][family(f.Name)]
	}
	if !ok || !s.mayAnswer(f) {
		return s.ask(ctx, c, now, f, a)
	}
	b, err := s.value(v)
	switch {
	case err != nil:
	case f.Kind == steps.Send:
		a.Text[f.Name], err = s.send(c, now.Step.ID, string(b))
	case f.Kind == steps.Receive:
		a.Text[f.Name], err = s.receive(ctx, c, string(b))
	case family(f.Name) == "screen":
		a.Text[f.Name], err = wordAt(string(b), f.Name)
	case f.Kind == steps.Secret:
		a.Secret[f.Name] = b
	case f.Kind == steps.Time && string(b) == "now":
		a.Text[f.Name] = time.Now().UTC().Format(time.RFC3339)
	default:
		a.Text[f.Name] = string(b)
	}
	if err != nil {
		return fmt.Errorf("%s, %s: %w", now.Step.ID, f.Name, err)
	}
	return nil
}

// family is a field's name without the person, the key or the place.
func family(name string) string {
	base, _, _ := strings.Cut(name, ".")
	return base
}

// wordAt reads one of the words of a sheet that has all eight: screen.3 is the
// third.
func wordAt(sheet, field string) (string, error) {
	_, place, _ := strings.Cut(field, ".")
	words := strings.Fields(sheet)
	n, err := strconv.Atoi(place)
	if err != nil || n < 1 || n > len(words) {
		return "", misuse("the sheet has %d words, and word %s is asked", len(words), place)
	}
	return words[n-1], nil
}

// mayAnswer keeps what people must do themselves out of files in production.
func (s *script) mayAnswer(f steps.Field) bool {
	return s.table != nil || (f.Kind != steps.Code && f.Kind != steps.Word && f.Kind != steps.Time && !f.Blind)
}

// ask turns to the people at the terminal, if there are any.
func (s *script) ask(ctx context.Context, c *steps.Ceremony, now steps.Now, f steps.Field, a steps.Answers) (err error) {
	if f.Optional {
		return nil
	}
	if !s.people.tty {
		return s.unanswered(now, f)
	}
	return s.people.ask(ctx, c, f, a)
}

// resume decides on an interrupted act as people would who look first.
func (s *script) resume(c *steps.Ceremony, f steps.Field, a steps.Answers) error {
	found, err := c.Look(context.Background())
	if err != nil {
		return err
	}
	a.Text[f.Name] = f.Options[1]
	if found == 1 {
		a.Text[f.Name] = f.Options[0]
	}
	return nil
}

// value resolves an answer.
func (s *script) value(v any) ([]byte, error) {
	switch v := v.(type) {
	case string:
		return []byte(v), nil
	case map[string]any:
		for how, of := range v {
			return s.from(how, of)
		}
	}
	return nil, misuse("an answer is text, {file = …}, {fd = …} or {table = …}")
}

func (s *script) from(how string, of any) ([]byte, error) {
	name, isText := of.(string)
	fd, isNumber := of.(int64)
	switch {
	case how == "file" && isText:
		return secretFile(s.abs(name))
	case how == "path" && isText:
		return []byte(s.abs(name)), nil
	case how == "fd" && isNumber:
		b, err := io.ReadAll(io.LimitReader(os.NewFile(uintptr(fd), "fd"), maxSmall))
		return bytes.TrimRight(b, "\r\n"), err
	case how == "table" && isText && s.table != nil:
		return s.table.read(name)
	}
	return nil, misuse("there is no answer of the form {%s = %v}", how, of)
}

// abs makes a path relative to the answers file absolute.
func (s *script) abs(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(s.dir, name)
}

// sign signs for those whose keys the file names; in production people sign.
func (s *script) sign(ctx context.Context, now steps.Now, texts []steps.Signing) (map[string][]byte, error) {
	if s.table == nil {
		return s.people.sign(ctx, now, texts)
	}
	sigs := map[string][]byte{}
	for _, t := range texts {
		signer, err := s.signer(t.Person)
		if err != nil {
			return nil, err
		}
		if signer == nil {
			continue
		}
		if sigs[t.Person], err = audit.Sign(signer, rand.Reader, t.Namespace, t.Text); err != nil {
			return nil, err
		}
		if now.Needed == "one of them" {
			break
		}
	}
	return sigs, nil
}

// signer unlocks a person's key once.
func (s *script) signer(who string) (ssh.Signer, error) {
	if k, ok := s.keys[who]; ok {
		return k, nil
	}
	t, ok := s.steps["sign"][who].(map[string]any)
	if !ok {
		return nil, nil
	}
	path, _ := t["key"].(string)
	key, err := secretFile(s.abs(path))
	if err != nil {
		return nil, err
	}
	pass, err := s.value(t["passphrase"])
	if err != nil {
		return nil, err
	}
	defer clear(pass)
	signer, err := unlock(append(key, '\n'), pass, audit.Rehearsal)
	s.keys[who] = signer
	return signer, err
}

func (s *script) sheet(name, value string) {
	if s.table != nil {
		s.table.write(name, value)
	}
}
