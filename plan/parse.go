package plan

import (
	"bytes"

	"github.com/pelletier/go-toml/v2"
)

// Parse reads a plan. What is wrong with it comes back as Errors: all that
// can be found at once, in the order of the file. A plan without error is
// complete: what was left out has its default.
func Parse(b []byte) (*Plan, error) {
	if errs := checkSource(b); len(errs) > 0 {
		return nil, errs
	}
	r := newReader(bytes.Clone(b))
	if r.read() {
		r.missing()
		r.agree()
		r.plan.fill()
		c := &checker{plan: r.plan, skip: r.broken, fail: r.failAt}
		c.check()
	}
	if len(r.errs) > 0 {
		r.errs.sort()
		if r.more {
			r.errs = r.errs.cut()
		}
		return nil, r.errs
	}
	return r.plan, nil
}

// agree asks the library's decoder, which knows rules of TOML that its parser
// leaves to it, whether it takes the file too.
func (r *reader) agree() {
	if len(r.errs) > 0 {
		return // it would say the same in other words
	}
	var all map[string]any
	if err := toml.Unmarshal(r.file, &all); err != nil {
		r.fail(0, "", "this is not TOML: "+err.Error())
	}
}
