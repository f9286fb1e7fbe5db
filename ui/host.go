package ui

import (
	"time"

	"fyne.io/fyne/v2"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/inspect"
	"github.com/keyceremony/ceremony/steps"
	"github.com/keyceremony/ceremony/transfer/camera"
	"github.com/keyceremony/ceremony/transfer/qr"
	"github.com/keyceremony/ceremony/ui/kit"
)

// A Host is what the window asks of the program that it is part of. A
// function that is nil says that this machine or build has no such thing.
type Host struct {
	About    func() (audit.Tool, error)                                   // which program this is; its digest takes a moment
	Airgap   bool                                                         // this machine is the one beside the HSM
	Now      func() time.Time                                             // the local clock
	Patience time.Duration                                                // for how long a result is shown before anybody can go on
	Every    func(d time.Duration, f func()) (stop func())                // calls f now and then, on any thread
	Go       func(f func())                                               // runs f in the background; nil: on a goroutine
	Open     func(dir string, say func(string)) (*steps.Ceremony, error)  // continues a folder; say is called on any thread
	Begin    func(b Beginning, say func(string)) (*steps.Ceremony, error) // begins one
	Sign     Signers
	Media    func() []kit.Place                                          // removable media that are mounted now
	Recent   func() []string                                             // ceremony folders, the newest first
	Remember func(dir string)                                            // puts a folder first on that list
	Taste    Taste                                                       // how the window looked the last time
	SetTaste func(Taste)                                                 // keeps how the window looks
	Read     func(path string) ([]byte, error)                           // a file that a person named, bounded
	Secret   func(path string) ([]byte, error)                           // a file with a secret, which only its owner may read
	WriteNew func(path string, b []byte) error                           // never overwrites
	Show     func(path string) error                                     // shows a file with this machine's program for it
	Verify   func(dir string, from audit.Anchors) (audit.Verdict, error) // every rule over a folder
	Inspect  func(path string) (inspect.Report, error)                   // what a file is, and whether it holds
	Rehearse func(dir string, say func(string)) (*Rehearsal, error)      // sets a rehearsal up in a new folder, or goes on with one; "" = a temporary folder
	Scene    func(dir string) string                                     // the rehearsal that a ceremony folder belongs to, or ""
	Cameras  camera.Cameras                                              // of this machine
	Keep     func(dir string, m qr.Message) error                        // writes files that were received, and never overwrites
	Trace    func(Trace)                                                 // is told what was painted; may be nil
}

// A Beginning is what begins a folder.
type Beginning struct {
	Dir   string
	Stage steps.Stage
	Plan  string // path; the signatures on it lie beside it
	After string // folder of the attempt before, or ""
}

// A Taste is how somebody likes the window.
type Taste struct {
	Look  kit.Look `json:"look"`
	Scale float32  `json:"scale"`
}

// Signers are the ways to sign that this machine has.
type Signers struct {
	File  func(path string, passphrase []byte, mode string, s steps.Signing) ([]byte, error) // an OpenSSH key file
	Agent func(s steps.Signing) ([]byte, error)                                              // ssh-agent
	Card  func(c Card, pin []byte, s steps.Signing) ([]byte, error)                          // a PKCS#11 card
}

// A Card is where a person's key is.
type Card struct{ Module, Serial, Label string }

// A Rehearsal is a scene in a folder: a vault that is served, a token, people
// with keys, and papers on the table.
type Rehearsal struct {
	Dir     string
	Machine string                           // the only one that is led here, online or offline; "": both
	Online  Beginning                        // begins the stage prepare
	Offline Beginning                        // begins the stage wrap
	Papers  func() []Paper                   // what lies on the table now
	Sheet   func(name, value string)         // people wrote this down
	Fetch   func(name string) error          // somebody goes and gets this sheet, on an own machine; slow
	KeyFile func(person, side string) string // where a person's key for this side lies
	Close   func() error
}

// A Paper lies on the table in a rehearsal: a card in somebody's hand, a sheet
// in an envelope, a stick in a bag.
type Paper struct {
	Title string // "Olga Operator"
	Note  string // "operator · has an own machine and account"
	Facts []kit.Fact
	Fetch []Errand
}

// An Errand is what somebody goes and gets on an own machine, and what it
// brought; it is nothing before.
type Errand struct {
	Label, Sheet string
	Brought      []kit.Fact
}

// A Trace is one painted page, for tests that drive the window from outside. It
// says what is asked and where, never what was entered.
type Trace struct {
	Window  string         `json:"window"`
	Page    string         `json:"page"`
	Stage   string         `json:"stage,omitempty"`
	Step    string         `json:"step,omitempty"`
	Phase   string         `json:"phase,omitempty"`
	Sheet   string         `json:"sheet,omitempty"`   // title of the sheet on top
	Asked   []TraceField   `json:"asked,omitempty"`   // in reading order
	Focus   string         `json:"focus,omitempty"`   // name of the field, or the text of the button
	Primary string         `json:"primary,omitempty"` // text of the primary button
	Ready   bool           `json:"ready"`             // it can be pressed
	Busy    string         `json:"busy,omitempty"`    // what is awaited
	Problem string         `json:"problem,omitempty"` // code of the error shown
	Found   int            `json:"found,omitempty"`   // results of an act that was interrupted
	Acts    int            `json:"acts"`              // how many came to their end in this window, well or not
	Boxes   map[string]Box `json:"boxes,omitempty"`   // where buttons are, in pixels of the window
	Head    int            `json:"head"`              // number of the last record
	Code    int            `json:"code,omitempty"`    // which code is shown, from 1
	Parts   int            `json:"parts,omitempty"`   // how many codes are needed
	Have    int            `json:"have,omitempty"`    // how many of them were received
	Frames  int            `json:"frames,omitempty"`  // pictures of a camera that were looked at
	Late    int            `json:"late,omitempty"`    // codes that were shown later than their time
	Running bool           `json:"running,omitempty"` // one code is shown after the other

	focused map[fyne.Focusable]string // the fields by name
}

// A TraceField is a field that is asked.
type TraceField struct {
	Name    string     `json:"name"`
	Kind    steps.Kind `json:"kind"`
	Options []string   `json:"options,omitempty"` // among which one is chosen, in their order
	Done    bool       `json:"done"`              // what it holds can be taken
}

// A Box is a place in the window: left, top, width, height.
type Box [4]int
