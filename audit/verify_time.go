package audit

import (
	"fmt"
	"slices"
	"time"

	"github.com/keyceremony/ceremony/timestamp"
)

// maxSkew is how far apart the clocks of one authority's servers may be.
const maxSkew = time.Minute

// TokenName is the name of the file with the time-stamp token over another
// file of the folder.
func TokenName(file string) string { return file + timestamp.Suffix }

// bounded says between which moments a log was closed, by the tokens of the
// authority that the plan names. The log came to its end after the token over
// one file, whose digest stands in its records or in those of a log that it
// goes on from, and before the token over the manifest that seals it. What no
// token bounds is not checked: it is only claimed.
func (c *checker) bounded(f *finding, log, after, before string) {
	begin, end := c.token(f, after), c.token(f, before)
	if begin != nil && !c.namesToken(log, TokenName(after)) {
		begin = nil // nothing says that the log came after it
	}
	claim := c.claimed(log)
	switch {
	case c.policy.TimeRoot == nil:
		f.note = "not available: the plan names no time-stamp authority" + claim
	case begin != nil && end != nil && contradict(*begin, *end):
		f.bad("the token over %s was made at %s, and the one over %s before that, at %s", after, moment(begin.At), before, moment(end.At))
	case begin != nil && end != nil:
		f.note = fmt.Sprintf("%s was closed between %s and %s%s", log, moment(begin.Earliest()), moment(end.Latest()), claim)
		return
	case end != nil:
		f.note = fmt.Sprintf("%s was closed before %s; not available: after what, for no record names a token%s", log, moment(end.Latest()), claim)
	case begin != nil:
		f.note = fmt.Sprintf("%s was closed after %s; not available: before what, for there is no token over %s%s", log, moment(begin.Earliest()), before, claim)
	default:
		f.note = "not available: no token" + claim
	}
	f.unchecked = true
}

// contradict says whether what came first has the later token.
func contradict(begin, end timestamp.Stamp) bool {
	return begin.At.Truncate(time.Second).After(end.At.Truncate(time.Second).Add(maxSkew))
}

func moment(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// claimed is when the machine's own clock closed the log.
func (c *checker) claimed(log string) string {
	l := c.logs[log]
	if l == nil || !l.closed() {
		return ""
	}
	return "; the machine's clock said " + moment(l.closedAt)
}

// token verifies the token over a file. It is nil where there is none, and
// where it does not hold, which is wrong.
func (c *checker) token(f *finding, file string) *timestamp.Stamp {
	name := TokenName(file)
	_, there := c.files[name]
	if !there {
		return nil
	}
	if c.policy.TimeRoot == nil {
		f.bad("%s is there, and the plan names no time-stamp authority", name)
		return nil
	}
	sum, sealed := c.files[file]
	if !sealed {
		f.bad("%s is there, and no %s", name, file)
		return nil
	}
	s, err := timestamp.Verify(c.texts[name], sum, c.policy.TimeRoot)
	if err != nil {
		f.bad("%s: %s", name, Visible(err.Error()))
		return nil
	}
	return &s
}

// namesToken wants a record of a log, or of the one of the same run before it,
// to name the token as it is: then that log was closed after it. Logs that are
// not linked are the matter of log.links.
func (c *checker) namesToken(log, token string) bool {
	logs := []string{log}
	if log == "offline.log" {
		logs = append(logs, "online.log")
	}
	return slices.ContainsFunc(logs, func(name string) bool {
		l := c.logs[name]
		return l != nil && l.err == nil && slices.ContainsFunc(l.files, func(r recordFile) bool {
			return r.Name == token && r.SHA256 == c.files[token]
		})
	})
}
