package audit

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/keyceremony/ceremony/digest"
)

// sortedLogs lists the logs by name: offline before online.
func (c *checker) sortedLogs() []*logFacts {
	var out []*logFacts
	for _, name := range slices.Sorted(maps.Keys(c.logs)) {
		out = append(out, c.logs[name])
	}
	return out
}

// unread are the doubts of logs that cannot be read to their end.
func (c *checker) unread() (out []Finding) {
	for _, l := range c.sortedLogs() {
		if l.err != nil {
			out = append(out, Finding{fmt.Sprintf("of %s %d records are known", l.name, l.head.Seq+1), l.unread()})
		}
	}
	return out
}

// unread is on what something rests that a log should say.
func (l *logFacts) unread() string { return l.name + ", which cannot be read: see log.form" }

// absent is on what something rests that a file should say which is not there.
func (c *checker) absent(name string) string {
	if slices.Contains(c.large, name) {
		return name + ", which was not read: see folder.sizes"
	}
	return name + ", which is not there: see folder.files"
}

// logForm wants every log readable in its only form, with its chain, and with
// records of its own stages alone.
func (c *checker) logForm(f *finding) {
	for _, l := range c.sortedLogs() {
		if l.err != nil {
			f.bad("%s: %v", l.name, l.err)
		}
		for _, at := range l.strays {
			f.bad("%s, record %d: the stage %s is not led there", l.name, at.seq, Visible(at.stage))
		}
	}
}

// logClosed wants log.close at the end of every log.
func (c *checker) logClosed(f *finding) {
	for _, l := range c.sortedLogs() {
		if l.err == nil && l.close == nil {
			f.lack("%s has no log.close", l.name)
		}
	}
}

// logLinks wants every head that a log names to be one of the log that it is
// said to be of, and each sitting to have received the seal of the one before.
func (c *checker) logLinks(f *finding) {
	for _, l := range c.sortedLogs() {
		if l.begun() {
			c.openLink(f, l)
		}
		for _, link := range l.links {
			c.link(f, l, link)
		}
	}
	c.received(f, "offline.log", "online.log")
	c.received(f, "online.2.log", "offline.log")
}

// link wants a head that a record names to be one that its log had.
func (c *checker) link(f *finding, l *logFacts, link recordLink) {
	other := c.logs[link.Log]
	if other == nil && !slices.Contains(needed, link.Log) {
		f.bad("%s, record %d names a head of %s, which is not there", l.name, link.seq, Visible(link.Log))
		return
	}
	if on := c.missed(link.Log, &link.Head); on != "" {
		f.rest(on, "%s, record %d names a head of %s that cannot be compared", l.name, link.seq, link.Log)
		return
	}
	if d, ok := other.headAt(link.Seq); !ok || d != link.SHA256 {
		f.bad("%s, record %d names a head of %s that it never had", l.name, link.seq, other.name)
	}
}

// openLink checks what log.open says of the log before.
func (c *checker) openLink(f *finding, l *logFacts) {
	link, name := l.open.Link, l.side+".log"
	if l.name == name {
		if (link != nil) != (l.open.Attempt > 1) {
			f.bad("%s is attempt %d, and only a further attempt continues a log", l.name, l.open.Attempt)
		}
		return // The attempt before is in a folder of its own.
	}
	if on := c.missed(name, link); on != "" {
		f.rest(on, "%s continues %s, as it says", l.name, name)
		return
	}
	if before := c.logs[name]; link == nil || before == nil || !before.closed() || *link != before.head {
		f.bad("%s does not continue the sealed %s", l.name, name)
	}
}

// received wants a closed log to name the sealed head of the log before it.
func (c *checker) received(f *finding, name, from string) {
	l, before := c.logs[name], c.logs[from]
	if l == nil || !l.closed() || l.stopped {
		return
	}
	for _, link := range l.links {
		if on := c.missed(from, &link.Head); on != "" {
			f.rest(on, "%s has received %s, as it says", name, from)
			return
		}
	}
	if before == nil || !before.closed() ||
		!slices.ContainsFunc(l.links, func(link recordLink) bool { return link.Head == before.head }) {
		f.bad("%s has not received the sealed %s", name, from)
	}
}

// missed is on what it rests whether a head is the sealed one of a log that is
// not there, or that cannot be read so far; "" if that is known. What comes
// before other records is no sealed head.
func (c *checker) missed(name string, head *Head) string {
	switch l := c.logs[name]; {
	case head == nil || head.Log != name:
		return ""
	case l == nil:
		return c.absent(name)
	case l.err != nil && head.Seq > l.head.Seq:
		return l.unread()
	}
	return ""
}

// filesRecorded wants each file of which a record speaks to be as it was then.
// A blob may be missing from the folder; one that is there must be recorded, and
// all records must speak of the same: who may not have it has nothing else.
func (c *checker) filesRecorded(f *finding) {
	recorded, found := map[string]digest.SHA256{}, places{}
	for _, l := range c.sortedLogs() {
		for _, file := range l.files {
			d, there := c.files[file.Name]
			at := fmt.Sprintf("record %d of %s", file.seq, l.name)
			if there && d != file.SHA256 && l.err != nil && file.seq == l.head.Seq && c.vouched(l.name, file.Name, d) {
				// No later line vouches for this one, and others for the file.
				f.rest(l.unread(), "%s has another digest of %s than is vouched for", at, file.Name)
				continue
			}
			before, again := recorded[file.Name]
			recorded[file.Name] = file.SHA256
			switch {
			case again && before != file.SHA256:
				f.bad("%s, record %d: %s is not the file of another record", l.name, file.seq, Visible(file.Name))
			case !there && !isBlob(file.Name):
				found.add(Visible(file.Name)+" is not there, and was at", at)
			case there && d != file.SHA256:
				found.add(file.Name+" is not the file of then, by", at)
			}
		}
	}
	none := "no record names"
	if len(c.doubts) > 0 {
		none = "no record that can be read names"
	}
	for _, e := range c.entries {
		if _, ok := recorded[e.Name]; isBlob(e.Name) && !ok {
			found.add(none, e.Name)
		}
	}
	found.tell(f)
}

// checksStop wants no step to have ended over a check of class stop.
func (c *checker) checksStop(f *finding) {
	for _, l := range c.sortedLogs() {
		for _, check := range l.checks {
			if check.Class != ClassException && check.Class != ClassNote {
				f.bad("%s, record %d: %s ended and %s %s", l.name, check.seq, Visible(check.step), Visible(check.ID), Visible(check.Result))
			}
		}
	}
}

func (c *checker) exceptions() int {
	n := 0
	for _, l := range c.logs {
		n += len(l.excepted)
	}
	return n
}

// notChecked lists the checks that were not made, as records and last words of
// all logs have them.
func (c *checker) notChecked() []string {
	all := map[string]bool{}
	for _, l := range c.logs {
		if l.close != nil {
			for _, id := range l.close.NotChecked {
				all[Visible(id)] = true
			}
		}
		for _, id := range l.notMade() {
			all[Visible(id)] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// notMade lists the checks of a log that were not made.
func (l *logFacts) notMade() (ids []string) {
	for _, check := range l.checks {
		if check.Result == ResultNotChecked {
			ids = append(ids, check.ID)
		}
	}
	return ids
}

// keptQuiet lists the checks that were not made and of which a closed log says
// nothing. It speaks for itself; the last one, after no stop, for both seals too.
func (c *checker) keptQuiet(l *logFacts) (ids []string) {
	about := []*logFacts{l}
	if l.name == "online.2.log" && !l.stopped {
		about = append(about, c.logs["online.log"], c.logs["offline.log"])
	}
	for _, of := range about {
		if of == nil {
			continue
		}
		for _, id := range of.notMade() {
			if !slices.Contains(l.close.NotChecked, id) {
				ids = append(ids, Visible(id))
			}
		}
	}
	return ids
}

// outcomeRule wants the last word of the logs to be what the rules give.
func (c *checker) outcomeRule(f *finding) {
	want := OutcomeComplete
	if c.exceptions() > 0 {
		want = OutcomeExceptions
	}
	for _, l := range c.sortedLogs() {
		if !l.closed() {
			continue
		}
		if quiet := c.keptQuiet(l); len(quiet) > 0 {
			f.bad("%s does not say that %s was not checked", l.name, strings.Join(quiet, ", "))
		}
		said := l.close.Outcome
		final := l.name == "online.2.log"
		switch {
		case l.stopped && said != OutcomeIncomplete:
			f.bad("%s says %q after the ceremony was stopped", l.name, Visible(said))
		case said == OutcomeIncomplete:
			f.lack("%s says that the ceremony was not completed", l.name)
		case !final && said != "":
			f.bad("%s says %q, and an outcome belongs into the last log", l.name, Visible(said))
		case final && said != want:
			f.bad("%s says %q, not %q", l.name, Visible(said), want)
		}
	}
}
