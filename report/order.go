package report

import (
	"errors"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/durable"
)

// This file puts the records of several logs into one order. Within a log it
// is that of its chain. Between logs only the links prove anything: a record
// that names a head of another log came after everything up to that head. What
// the links leave open follows the script: prepare, wrap, import.

// A point is a place in a log.
type point struct {
	log string
	seq int
}

// A stream is one log that is read, up to the record that is next.
type stream struct {
	name  string
	file  *os.File
	from  *audit.LogReader
	next  audit.Record
	links []audit.Head // of next
	done  bool
	bad   error // the line that cannot be read
	seen  int   // records taken so far
}

// A merge reads all logs side by side.
type merge struct {
	streams []*stream
	asked   map[point]bool
	heads   map[point]digest.SHA256 // of what was taken, where somebody asks for it
}

// openMerge opens logs; asked are the heads to keep.
func openMerge(d *durable.Dir, names []string, asked map[point]bool) (*merge, error) {
	m := &merge{asked: asked, heads: map[point]digest.SHA256{}}
	for _, name := range names {
		f, _, err := d.OpenFile(name)
		if err != nil {
			return nil, errors.Join(err, m.close())
		}
		s := &stream{name: name, file: f, from: audit.NewLogReader(f, name)}
		m.streams = append(m.streams, s)
		m.read(s)
	}
	return m, nil
}

func (m *merge) close() error {
	var errs []error
	for _, s := range m.streams {
		errs = append(errs, s.file.Close())
	}
	return errors.Join(errs...)
}

// read fetches the next record of a stream.
func (m *merge) read(s *stream) {
	rec, err := s.from.Next()
	at := point{s.name, s.seen - 1}
	switch asked := m.asked[at]; {
	case asked && err == nil:
		m.heads[at] = rec.Prev
	case asked && err == io.EOF:
		m.heads[at] = s.from.Head().SHA256
	}
	switch {
	case err == io.EOF:
		s.done = true
	case err != nil:
		s.done, s.bad = true, err
	default:
		s.next, s.links = rec, linksOf(s.name, rec)
	}
}

// linksOf are the heads of other logs of this folder that a record names. What
// the first record of a machine names is of the attempt before.
func linksOf(log string, r audit.Record) []audit.Head {
	var d struct {
		Link  *audit.Head  `json:"link"`
		Links []audit.Head `json:"links"`
	}
	// The log was read strictly; what is no such member has no links.
	_ = json.Unmarshal(r.Data, &d)
	if d.Link != nil && log != r.Side+".log" {
		d.Links = append(d.Links, *d.Link)
	}
	return d.Links
}

// pick chooses the stream whose next record comes now; nil at the end.
func (m *merge) pick() *stream {
	open := slices.DeleteFunc(slices.Clone(m.streams), func(s *stream) bool { return s.done })
	ready := slices.DeleteFunc(slices.Clone(open), func(s *stream) bool { return !m.ready(s) })
	if len(ready) == 0 {
		ready = open // links that cannot be: the rule log.links says so
	}
	if len(ready) == 0 {
		return nil
	}
	return slices.MinFunc(ready, func(a, b *stream) int { return stageNumber(a.next.Stage) - stageNumber(b.next.Stage) })
}

// had says whether a log had this head, as far as the logs were taken.
func (m *merge) had(h audit.Head) bool {
	have, known := m.heads[point{h.Log, h.Seq}]
	return known && have == h.SHA256
}

// ready says whether everything that a stream's next record names was taken.
func (m *merge) ready(s *stream) bool {
	return !slices.ContainsFunc(s.links, func(h audit.Head) bool {
		return slices.ContainsFunc(m.streams, func(o *stream) bool {
			return o != s && o.name == h.Log && !o.done && o.seen <= h.Seq
		})
	})
}

var stages = []string{"prepare", "wrap", "import"}

// stageNumber counts the stages from 0; what is none comes last.
func stageNumber(stage string) int {
	if i := slices.Index(stages, stage); i >= 0 {
		return i
	}
	return len(stages)
}

// logNames lists the logs of a folder: online.log, offline.log, online.2.log, …
func logNames(d *durable.Dir) ([]string, error) {
	entries, err := d.Names()
	var names []string
	for _, e := range entries {
		if e.Kind == durable.Regular && audit.LogSide(e.Name) != "" {
			names = append(names, e.Name)
		}
	}
	slices.SortFunc(names, func(a, b string) int { return strings.Compare(logRank(a), logRank(b)) })
	return names, err
}

// logRank sorts logs by number, and online before offline.
func logRank(name string) string {
	side, rest, _ := strings.Cut(strings.TrimSuffix(name, ".log"), ".")
	return strings.Repeat("0", max(0, 3-len(rest))) + rest + map[string]string{"online": "a", "offline": "b"}[side]
}
