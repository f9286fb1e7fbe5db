package vaulttest

import (
	"errors"
	"fmt"

	"github.com/keyceremony/ceremony/keyvault"
)

// Detail shows a problem with its cause, which Error leaves to the details.
func Detail(err error) string {
	var p *keyvault.Problem
	if !errors.As(err, &p) {
		return fmt.Sprint(err)
	}
	return fmt.Sprintf("%s: %v: %v", p.Code, p, p.Err)
}

// CodeOf gives the code of a problem, "" of anything else.
func CodeOf(err error) keyvault.Code {
	var p *keyvault.Problem
	if !errors.As(err, &p) {
		return ""
	}
	return p.Code
}
