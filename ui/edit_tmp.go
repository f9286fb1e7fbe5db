package ui

import (
	"errors"

	"github.com/keyceremony/ceremony/plan"
)

var errTableStays = errors.New("the table stays as long as the rehearsal is led")

func (w *Window) edit(d *plan.Draft) {}
func (p *begin) edit()               {}
