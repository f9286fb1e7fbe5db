package steps

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/durable"
	"github.com/keyceremony/ceremony/hsm"
	"github.com/keyceremony/ceremony/keyvault"
	"github.com/keyceremony/ceremony/plan"
	"github.com/keyceremony/ceremony/transfer/qr"
)

// A Ceremony is one side's folder, open for writing. It is passive: it does
// what it is told, one call at a time, and starts nothing by itself.
type Ceremony struct {
	dir    *durable.Dir
	unlock func()
	world  World
	plan   *plan.Plan
	side   string
	list   []entry
	log    *audit.Log
	state  state

	live     map[Key]bool // what Session steps gave in this process
	vault    keyvault.Vault
	token    hsm.Token
	nonces   map[string][32]byte            // of statements shown and not yet signed
	gap      *Receiving                     // what is being received as codes
	messages map[*Carry]qr.Message          // what was sealed, as codes carry it
	drawn    map[digest.SHA256]qr.Challenge // which words of a message that came as codes are asked
	nothing  bool                           // the last look found nothing of an interrupted act
	asked    *Step                          // a step at any time that somebody asked for
	behind   time.Duration                  // how far the clock was before the last record when the folder was taken up
	back     bool                           // the folder was taken up again, and nobody has signed in since
	seen     []Seen                         // by the last Do
	briefs   []Brief                        // one for each record folded in
	dead     error                          // a write failed: the folder must be opened anew
}

// entry is a step at its place in a side's list.
type entry struct {
	stage Stage
	step  *Step
}

// A Start begins a folder.
type Start struct {
	Stage      Stage // Prepare or Wrap
	Plan       []byte
	Signatures map[string][]byte // person → plan.toml.WHO.sig
	Previous   string            // folder of the attempt before, "" for the first
}

// Begin makes the folder of one side and writes its first record. The folder
// must not exist, or be empty.
func Begin(path string, s Start, w World) (*Ceremony, error) {
	p, err := plan.Parse(s.Plan)
	if err != nil {
		return nil, err
	}
	dir, err := createDir(path, s.Stage.Side()+".log")
	if err != nil {
		return nil, err
	}
	c, err := newCeremony(dir, p, s.Stage.Side(), w)
	if err != nil {
		return nil, err
	}
	if err := c.begin(s); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// createDir makes the folder, or takes one in which a beginning was cut off
// before the first record, so that no ceremony ever was there. What differs
// from what was to be written there is found when it is written.
func createDir(path, log string) (*durable.Dir, error) {
	dir, err := durable.Create(path)
	if !errors.Is(err, durable.ErrExists) {
		return dir, err
	}
	left, openErr := durable.Open(path)
	if openErr != nil {
		return nil, err
	}
	entries, listErr := left.Names()
	for _, e := range entries {
		begun := in(e.Name, []string{"allowed_signers", "plan.toml", log}) || e.Name[0] == '.' ||
			strings.HasPrefix(e.Name, "plan.toml.") && strings.HasSuffix(e.Name, ".sig")
		if !begun {
			return nil, errors.Join(err, left.Close())
		}
	}
	if listErr != nil {
		return nil, errors.Join(listErr, left.Close())
	}
	return left, left.Sweep()
}

func (c *Ceremony) begin(s Start) error {
	old, link := newState(), (*audit.Head)(nil)
	old.attempt = 0
	if s.Previous != "" {
		var err error
		if old, link, err = previous(s.Previous, c.side, c.plan); err != nil {
			return err
		}
	}
	for who, sig := range s.Signatures {
		if err := c.dir.WriteNew(audit.SignedName("plan.toml", who), sig); err != nil {
			return err
		}
	}
	if err := c.dir.WriteNew("allowed_signers", c.plan.Policy().AllowedSigners()); err != nil {
		return err
	}
	if err := c.dir.WriteNew("plan.toml", s.Plan); err != nil {
		return err
	}
	if err := c.openLog(c.side+".log", old.attempt+1, link); err != nil || link == nil {
		return err
	}
	return c.carry(s.Stage, old)
}

// Open continues a folder: it replays the log, repairs what a crash left, and
// comes back to the same step. In the middle of a sitting people sign in first.
func Open(path string, w World) (*Ceremony, error) {
	dir, p, err := openDir(path)
	if err != nil {
		return nil, err
	}
	if !p.Rehearsal && !slices.Contains(p.Program.SHA256, w.Program.SHA256) {
		return nil, errors.Join(fmt.Errorf("%w: its SHA-256 is %s", ErrOtherProgram, w.Program.SHA256), dir.Close())
	}
	c, err := newCeremony(dir, p, sideOf(dir), w)
	if err != nil {
		return nil, err
	}
	if err := c.replay(); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	c.back, c.behind = true, c.lastRecord().At.Sub(w.now())
	c.forgetCodes()
	return c, nil
}

// openDir opens a folder that has a plan.
func openDir(path string) (*durable.Dir, *plan.Plan, error) {
	dir, err := durable.Open(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil, fmt.Errorf("%w: %s does not exist", ErrNoCeremony, path)
	case errors.Is(err, syscall.ENOTDIR):
		return nil, nil, fmt.Errorf("%w: %s is no folder", ErrNoCeremony, path)
	case err != nil:
		return nil, nil, err
	}
	b, err := dir.Read("plan.toml", plan.MaxBytes)
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("%w: %s has no plan.toml", ErrNoCeremony, path), dir.Close())
	}
	p, err := plan.Parse(b)
	if err != nil {
		return nil, nil, errors.Join(err, dir.Close())
	}
	return dir, p, nil
}

func newCeremony(dir *durable.Dir, p *plan.Plan, side string, w World) (*Ceremony, error) {
	unlock, err := dir.Lock()
	if err != nil {
		return nil, errors.Join(err, dir.Close())
	}
	return &Ceremony{
		dir: dir, unlock: unlock, world: w, plan: p, side: side, list: planned(side, p), state: newState(),
		live: map[Key]bool{}, nonces: map[string][32]byte{}, messages: map[*Carry]qr.Message{}, drawn: map[digest.SHA256]qr.Challenge{},
	}, nil
}

// planned is a side's list without the steps that this plan has not.
func planned(side string, p *plan.Plan) []entry {
	return slices.DeleteFunc(listOf(side), func(e entry) bool { return e.step.When != nil && !e.step.When(p) })
}

// sideOf tells a folder's side by its first log.
func sideOf(dir *durable.Dir) string {
	if _, err := dir.Read("offline.log", audit.MaxFile); err == nil {
		if _, err := dir.Read("online.2.log", audit.MaxFile); err != nil {
			return "offline"
		}
	}
	return "online"
}

// Close ends what the process holds: the HSM session, the log, the lock. The
// ceremony goes on when the folder is opened again.
func (c *Ceremony) Close() error {
	var errs []error
	if c.token != nil {
		errs = append(errs, c.token.Close())
	}
	if c.log != nil {
		errs = append(errs, c.log.Close())
	}
	errs = append(errs, c.closeGap())
	c.unlock()
	return errors.Join(append(errs, c.dir.Close())...)
}

// Plan is the ceremony's plan.
func (c *Ceremony) Plan() *plan.Plan { return c.plan }

// Head is the position of the transcript.
func (c *Ceremony) Head() audit.Head { return c.log.Head() }

// Path is the ceremony folder.
func (c *Ceremony) Path() string { return c.dir.Path() }

// Side is the machine that this folder is of: online or offline.
func (c *Ceremony) Side() string { return c.side }

// Keyboard is who has the keyboard, by id: "" before people signed in, while
// the ceremony is paused, and after a crash before they signed in again.
func (c *Ceremony) Keyboard() string {
	if c.here() == nil {
		return ""
	}
	return c.state.keys[c.stage()]
}

// Person finds somebody in the plan. Of somebody unknown it knows the id alone.
func (c *Ceremony) Person(id string) plan.Person {
	for _, p := range c.plan.People {
		if p.ID == id {
			return p
		}
	}
	return plan.Person{ID: id, Name: id}
}

// ids lists the people of these roles who are here: those who signed in at
// this stage, or before that everybody in the plan. No role means all.
func (c *Ceremony) ids(roles ...Role) []string {
	var out []string
	here := c.here()
	for _, p := range c.plan.People {
		if (here == nil || here[p.ID]) && (len(roles) == 0 || in(p.Role, roles)) {
			out = append(out, p.ID)
		}
	}
	return out
}

func in(s string, list []string) bool {
	for _, v := range list {
		if s == v {
			return true
		}
	}
	return false
}

// hasPublic reports whether a key has a public half.
func hasPublic(k plan.Key) bool { return !strings.EqualFold(k.Type, "AES") }
