package steps

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"

	"github.com/keyceremony/ceremony/audit"
)

// Records reads back what this side's logs hold of a step, oldest first. It
// may be called while Do goes on elsewhere.
func (c *Ceremony) Records(stage Stage, step string) ([]audit.Record, error) {
	var out []audit.Record
	for _, name := range c.logNames() {
		_, err := readWhole(c.dir, name, func(r audit.Record, _ []byte) error {
			if r.Stage == string(stage) && r.Step == step {
				r.Data = bytes.Clone(r.Data)
				out = append(out, r)
			}
			return nil
		})
		if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, audit.ErrNoRecords) {
			return nil, err
		}
	}
	return out, nil
}

// Record reads back one record of a log in this folder, and its line without
// the line feed. It may be called while Do goes on elsewhere.
func (c *Ceremony) Record(log string, seq int) (audit.Record, []byte, error) {
	var rec audit.Record
	var line []byte
	if audit.LogSide(log) == "" {
		return rec, nil, fmt.Errorf("%q is not the name of a log", log)
	}
	_, err := readWhole(c.dir, log, func(r audit.Record, raw []byte) error {
		if r.Seq == seq {
			rec, line = r, bytes.Clone(raw)
			rec.Data = bytes.Clone(r.Data)
		}
		return nil
	})
	if err == nil && line == nil {
		err = fmt.Errorf("%s has no record %d", log, seq)
	}
	return rec, line, err
}
