package report

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"regexp"
	"strconv"
	"strings"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/durable"
)

// Rendered is the rule report.rendered: the page and the card that lie in the
// folder are those that its record gives. They are drawn again and compared
// byte for byte as they are read. V is the verdict over the folder. The page has
// the verdict on it: of a record that does not hold it cannot be the same, and
// what was drawn of it before nobody knows.
func Rendered(dir string, v audit.Verdict) audit.Rule {
	rule := func(result, detail string) audit.Rule {
		return audit.Rule{ID: "report.rendered", Result: result, Detail: detail}
	}
	var same []string
	holds := inside(v).Outcome != audit.OutcomeBroken
	var rests []audit.Finding
	for _, f := range []struct {
		name string
		draw func(io.Writer) error
	}{
		{audit.ReportName, func(w io.Writer) error { return Write(w, dir, v) }},
		{audit.CardName, func(w io.Writer) error { return WriteCard(w, dir) }},
	} {
		switch err := compare(dir, f.name, f.draw); {
		case errors.Is(err, fs.ErrNotExist):
		case errors.Is(err, errDiffers) && older(dir, f.name):
			return rule(audit.ResultNotChecked, f.name+" was drawn in an older form, which this program does not draw any more: draw your own")
		case errors.Is(err, errDiffers) && f.name == audit.ReportName && !holds:
			rests = append(rests, audit.Finding{Text: f.name + " is not what this record gives as it is now", RestsOn: broken(v)})
		case errors.Is(err, errDiffers):
			return rule(audit.ResultFails, f.name+" is not what this record gives: it was changed, or drawn before the last signature, or by another version of the program")
		case err != nil && !holds:
			rests = append(rests, audit.Finding{Text: f.name + " cannot be compared: " + err.Error(), RestsOn: broken(v)})
		case err != nil:
			return rule(audit.ResultFails, f.name+" cannot be compared: "+err.Error())
		default:
			same = append(same, f.name)
		}
	}
	if len(rests) > 0 {
		return audit.Rule{ID: "report.rendered", Result: audit.ResultFails, Findings: rests}
	}
	if len(same) == 0 {
		return rule(audit.ResultNotChecked, "neither "+audit.ReportName+" nor "+audit.CardName+" is in the folder")
	}
	return rule(audit.ResultHolds, strings.Join(same, " and ")+" drawn again: the same bytes")
}

// broken is on what a page rests that was drawn while the record held.
func broken(v audit.Verdict) string {
	cause, _ := inside(v).Cause()
	return "the record, which does not hold: see " + cause.ID
}

// older says whether a page says that it has a form from before Version. Other
// forms could be anything: they differ.
func older(dir, name string) bool {
	d, err := durable.Open(dir)
	if err != nil {
		return false
	}
	defer d.Close()
	f, _, err := d.OpenFile(name)
	if err != nil {
		return false
	}
	defer f.Close()
	head, err := io.ReadAll(io.LimitReader(f, 1<<10))
	m := generator.FindSubmatch(head)
	if err != nil || m == nil {
		return false
	}
	n, err := strconv.Atoi(string(m[1]))
	return err == nil && 1 <= n && n < Version
}

var generator = regexp.MustCompile(`<meta name="generator" content="ceremony report ([0-9]{1,4})">`)

var errDiffers = errors.New("the file differs")

// compare draws a file and holds it against the one in the folder.
func compare(dir, name string, draw func(io.Writer) error) error {
	d, err := durable.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	f, _, err := d.OpenFile(name)
	if err != nil {
		return err
	}
	defer f.Close()
	c := &comparer{from: f}
	w := bufio.NewWriterSize(c, chunk)
	if err := draw(w); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if n, err := f.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		return errDiffers
	}
	return nil
}

const chunk = 32 << 10 // bytes compared at once

// A comparer is a writer that wants the bytes of a reader.
type comparer struct {
	from io.Reader
	have [chunk]byte
}

func (c *comparer) Write(b []byte) (int, error) {
	for done := 0; done < len(b); {
		part := b[done:min(done+chunk, len(b))]
		n, err := io.ReadFull(c.from, c.have[:len(part)])
		if n < len(part) || err != nil || !bytes.Equal(part, c.have[:n]) {
			return done, errDiffers
		}
		done += n
	}
	return len(b), nil
}
