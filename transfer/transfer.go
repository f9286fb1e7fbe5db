// Package transfer carries a bundle of files across the gap, as a rule in a
// folder of a medium.
//
// Use [Write] on the machine that sends and [Read] on the one that receives, or
// [Pack] and [Unpack] where the files travel as QR codes.
// A bundle is one flat folder, keyceremony-CEREMONY-FROM-ATTEMPT, and in it
// BUNDLE.sha256, which sha256sum -c can check, lists every other file. Read
// takes what is listed, whole and unchanged, or nothing.
//
// This package knows the form of a bundle, not its truth: a medium that was
// made by an attacker can be in perfect form. Whether the seal in the bundle
// was signed by the people of the plan is for its caller to check.
package transfer

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/digest"
)

// Limits of a bundle. A medium can hold anything; what is larger than a
// ceremony's files can be is refused before it is read.
const (
	MaxFile   = 16 << 20 // bytes of one file: a log can have as many
	MaxBundle = 32 << 20 // bytes of all files
	MaxFiles  = 1024     // not counting BUNDLE.sha256
)

// The two stages that send a bundle.
const (
	FromPrepare = "prepare"
	FromWrap    = "wrap"
)

// Errors that callers tell apart. The text around them names the file, what
// was found, and what was wanted.
var (
	// ErrNoBundle says that the medium holds no bundle at all.
	ErrNoBundle = errors.New("no bundle on the medium")
	// ErrOther says that the bundle is one of another ceremony, stage, run
	// or attempt.
	ErrOther = errors.New("another bundle")
	// ErrSeveral says that more than one bundle fits.
	ErrSeveral = errors.New("several bundles")
	// ErrShape says that the folder holds what a bundle may not hold, or not
	// all that it must.
	ErrShape = errors.New("not the shape of a bundle")
	// ErrDigest says that a file is not the one that the sender wrote.
	ErrDigest = errors.New("a file differs from its digest")
	// ErrHeader says that BUNDLE.sha256 was not written by this program, or
	// was changed since.
	ErrHeader = errors.New("BUNDLE.sha256 is damaged")
	// ErrDiffers says that the medium holds another bundle under this name.
	ErrDiffers = errors.New("the medium holds another bundle of this name")
)

// A Header says what a bundle is and how far its sender had come.
type Header struct {
	Ceremony string     `json:"ceremony"`
	Run      string     `json:"run"`
	Mode     string     `json:"mode"` // production, rehearsal
	From     string     `json:"from"` // prepare, wrap
	Attempt  int        `json:"attempt"`
	Head     audit.Head `json:"head"` // of the sealed log that the bundle carries
}

// A Want is the bundle that a reader looks for. An empty Run and an Attempt
// of 0 fit any.
type Want struct {
	Ceremony, Run, Mode, From string
	Attempt                   int
}

// A Bundle is what Read took, in memory.
type Bundle struct {
	Header  Header
	SHA256  digest.SHA256     // of BUNDLE.sha256
	Folder  string            // name of its folder on the medium
	Files   map[string][]byte // without BUNDLE.sha256
	Foreign []string          // what else lies on the medium, made visible
}

// Written is what Write left on the medium.
type Written struct {
	SHA256  digest.SHA256 // of BUNDLE.sha256
	Folder  string
	Files   audit.Manifest // without BUNDLE.sha256
	Foreign []string
}

// ListName is the name of the list in a bundle's folder, and of no other file.
const ListName = "BUNDLE.sha256"

const folderPrefix = "keyceremony-"

// Folder returns the name of the bundle's folder.
func (h Header) Folder() string {
	return folderPrefix + h.Ceremony + "-" + h.From + "-" + strconv.Itoa(h.Attempt)
}

var (
	ceremonyForm = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	runForm      = regexp.MustCompile(`^[0-9a-z-]{1,64}$`)
	logForm      = regexp.MustCompile(`^[a-z]+(\.[1-9][0-9]?)?\.log$`)
	nameForm     = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,159}$`)
	folderForm   = regexp.MustCompile(`^keyceremony-(.+)-(prepare|wrap)-([1-9][0-9]?)$`)
)

// check wants every field of a header in its one form.
func (h Header) check() error {
	wrong := func(field, found, wanted string) error {
		return fmt.Errorf("%s is %s, wanted %s: %w", field, show(found), wanted, ErrHeader)
	}
	switch {
	case len(h.Ceremony) > 40 || !ceremonyForm.MatchString(h.Ceremony):
		return wrong("ceremony", h.Ceremony, "the id of a ceremony")
	case !runForm.MatchString(h.Run):
		return wrong("run", h.Run, "the id of a run")
	case h.Mode != "production" && h.Mode != "rehearsal":
		return wrong("mode", h.Mode, "production or rehearsal")
	case h.From != FromPrepare && h.From != FromWrap:
		return wrong("from", h.From, "prepare or wrap")
	case h.Attempt < 1 || h.Attempt > 99:
		return wrong("attempt", strconv.Itoa(h.Attempt), "1 to 99")
	case !logForm.MatchString(h.Head.Log):
		return wrong("log", h.Head.Log, "the name of a log")
	case h.Head.Seq < 0:
		return wrong("seq", strconv.Itoa(h.Head.Seq), "0 or more")
	}
	return nil
}

// fits holds a header against what the reader looks for.
func (h Header) fits(w Want) error {
	other := func(field, found, wanted string) error {
		return fmt.Errorf("the bundle's %s is %s, wanted %s: %w", field, found, wanted, ErrOther)
	}
	switch {
	case h.Ceremony != w.Ceremony:
		return other("ceremony", h.Ceremony, w.Ceremony)
	case h.From != w.From:
		return other("stage", h.From, w.From)
	case w.Mode != "" && h.Mode != w.Mode:
		return other("mode", h.Mode, w.Mode)
	case w.Run != "" && h.Run != w.Run:
		return other("run", h.Run, w.Run)
	case w.Attempt != 0 && h.Attempt != w.Attempt:
		return other("attempt", strconv.Itoa(h.Attempt), strconv.Itoa(w.Attempt))
	}
	return nil
}

// suffixes are the endings of the files that a ceremony sends. Nothing that a
// desktop would start or render is among them.
var suffixes = []string{".toml", ".sig", ".log", ".pem", ".json", ".byok", ".kcv", ".txt", ".sha256", ".pub", ".tsr"}

// reserved are names that Windows gives to devices, with any ending.
var reserved = regexp.MustCompile(`(?i)^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)`)

// checkName allows the flat names of a ceremony's files and no others.
func checkName(name string) error {
	switch {
	case name == "allowed_signers":
		return nil
	case !nameForm.MatchString(name), strings.Contains(name, ".."), reserved.MatchString(name),
		strings.EqualFold(name, ListName), !slices.Contains(suffixes, path.Ext(name)):
		return fmt.Errorf("the name %s is none that a bundle may hold: %w", show(name), ErrShape)
	}
	return nil
}

// show makes a name from a medium safe to print: ASCII, visible, short.
func show(name string) string {
	const most = 80
	if r := []rune(name); len(r) > most {
		name = string(r[:most]) + "…"
	}
	return strconv.QuoteToASCII(name)
}
