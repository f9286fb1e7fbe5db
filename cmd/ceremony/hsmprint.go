package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/keyceremony/ceremony/hsm"
	"github.com/keyceremony/ceremony/hsm/pkcs11"
)

// print tells a report to people: the verdict, a table of the types of key,
// what each means and what to do, and the vendor's hints.
func (r hsmReport) print(out io.Writer) {
	fmt.Fprintf(out, "Verdict: %s. %s%s\n", r.overall(), r.unplanned(), r.Assessment.Means)
	do(out, r.Assessment.Do)
	if r.Plan != nil {
		fmt.Fprintf(out, "Plan: %s, SHA-256 %s\n", r.Plan.ID, r.Plan.SHA256)
	}
	fmt.Fprintf(out, "PIN of the crypto officer: %s; of the security officer: %s\n\n", r.Token.PIN, r.Token.SOPIN)
	r.table(out)
	for _, g := range r.meanings() {
		fmt.Fprintf(out, "\n%s: %s\n", g.of, g.Means)
		do(out, g.Do)
	}
	printHints(out, r.Hints)
	if len(r.Hints) == 0 {
		fmt.Fprintln(out, "\nNo hints: the vendor is not recognised. --hints all shows those for every vendor.")
	}
}

// overall is the worse of HSM and plan.
func (r hsmReport) overall() hsm.Outcome {
	if r.cannot() {
		return hsm.Cannot
	}
	return r.Assessment.Outcome
}

// unplanned names what is not as the plan has it.
func (r hsmReport) unplanned() string {
	var parts []string
	if r.Plan != nil {
		for _, p := range r.Plan.Parts {
			if p.Outcome == hsm.Cannot {
				parts = append(parts, p.Of)
			}
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "Not as the plan needs it: " + strings.Join(parts, ", ") + ". "
}

func do(out io.Writer, text string) {
	if text != "" {
		fmt.Fprintln(out, "  Do:", text)
	}
}

func (r hsmReport) table(out io.Writer) {
	w := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(w, "type\tKEK\tmade\twrapped\tverdict")
	for _, k := range r.Assessment.Keys {
		fmt.Fprintf(w, "%s\t%d\t%s\t%s\t%s\n", k.Type, k.KEKBits, map[bool]string{true: "yes", false: "no"}[k.Generated], k.Wrapped, k.Outcome)
	}
	_ = w.Flush() // the writer below says
}

// hsmMeaning is one thing that is said of several parts.
type hsmMeaning struct {
	of string
	hsm.Judgement
}

// meanings says each thing once.
func (r hsmReport) meanings() (out []hsmMeaning) {
	add := func(of string, j hsm.Judgement) {
		i := slices.IndexFunc(out, func(m hsmMeaning) bool { return m.Judgement == j })
		if i < 0 {
			out = append(out, hsmMeaning{of, j})
			return
		}
		out[i].of += ", " + of
	}
	for _, k := range r.Assessment.Keys {
		add(string(k.Type), k.Judgement)
	}
	if t := r.Assessment.Trusted; t != nil {
		add("Trusted wrapping ("+string(t.Outcome)+")", *t)
	}
	if r.Plan != nil {
		for _, p := range r.Plan.Parts {
			add(p.Of, p.Judgement)
		}
	}
	return out
}

func showHints(hints []hsm.Hint, asJSON bool, out io.Writer) error {
	if asJSON {
		return printJSON(out, hints)
	}
	printHints(out, hints)
	return nil
}

// printHints lists hints under their vendors.
func printHints(out io.Writer, hints []hsm.Hint) {
	vendor := ""
	for _, h := range hints {
		if h.Vendor != vendor {
			fmt.Fprintf(out, "\nHints for %s:\n", h.Vendor)
			vendor = h.Vendor
		}
		fmt.Fprintf(out, "  %-10s  %s\n", h.Basis, h.Text)
	}
}

// listTokens tells what is there, without a PIN.
func listTokens(ctx context.Context, q hsmQuestion, f hsmFlags, out io.Writer) error {
	tokens, err := pkcs11.List(ctx, q.options)
	if err != nil {
		return err
	}
	if q.plan != nil {
		tokens = slices.DeleteFunc(tokens, func(t hsm.Info) bool { return f.uri == "" && t.Serial != q.plan.HSM.Serial })
		if len(tokens) == 0 {
			return fmt.Errorf("%w: the module shows no token with the plan's serial number %s", hsm.ErrNoToken, q.plan.HSM.Serial)
		}
	}
	if f.asJSON {
		return printJSON(out, tokens)
	}
	for _, t := range tokens {
		listToken(out, t)
	}
	if len(tokens) == 0 {
		fmt.Fprintln(out, "The module has no initialised token.")
	}
	if f.hints != "" {
		printHints(out, hsm.AllHints())
	}
	return nil
}

func listToken(out io.Writer, t hsm.Info) {
	if t.PIN == hsm.PINUnset && t.Serial == "" {
		fmt.Fprintf(out, "a slot whose token is not initialised: %s %s\n\n", t.Manufacturer, t.Model)
		return
	}
	fmt.Fprintf(out, "%s\n  serial %s, %s %s, firmware %s\n  PIN: %s\n", t.Label, t.Serial, t.Manufacturer, t.Model, t.Firmware, t.PIN)
	var wraps []string
	for _, m := range t.Mechanisms {
		if m.Wrap {
			wraps = append(wraps, m.Name)
		}
	}
	fmt.Fprintf(out, "  %d mechanisms; these wrap: %s\n  verdict: not probed (give a PIN: --pin-file)\n", len(t.Mechanisms), strings.Join(wraps, ", "))
	printHints(out, hsm.Hints(t))
	fmt.Fprintln(out)
}
