package main

import (
	"context"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/byok"
	"github.com/keyceremony/ceremony/hsm"
	"github.com/keyceremony/ceremony/hsm/pkcs11"
	"github.com/keyceremony/ceremony/plan"
)

type hsmFlags struct {
	plan, module, uri, pinFile, initArgs, hints string
	bits                                        int
	types                                       []string
	asJSON                                      bool
}

func hsmCommand() *cobra.Command {
	var f hsmFlags
	c := &cobra.Command{
		Use: "hsm", Short: "What an HSM can do, and what to change",
		Long: "hsm lists the tokens of a PKCS#11 module with their mechanisms. With a PIN it makes throw-away keys,\n" +
			"wraps them, unwraps them in this program, and gives a verdict: can this HSM do BYOK, and what to change\n" +
			"if not. Without a PIN the verdict is: not probed.\n\n" +
			"With --plan it asks what the plan needs, before people assemble: module, token, every type of key under\n" +
			"a KEK of the plan's size, trusted wrapping, and what is on the token under the labels and ids of the keys.\n" +
			"Nothing is left on the token. Hints are those for the vendor that is recognised; --hints all has every vendor's,\n" +
			"each marked as documented or measured. Exit code 1 says that the HSM, as it is, cannot.",
		Example: "  ceremony hsm --plan plan.toml --pin-file -\n  ceremony hsm --module /usr/lib/vendor/lib.so --token pkcs11:serial=1234 --pin-file - --keys RSA-3072,P-256",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if f.plan != "" && (c.Flags().Changed("keys") || c.Flags().Changed("kek-bits")) {
				return misuse("--plan says which keys and which KEK: leave out --keys and --kek-bits")
			}
			return showHSM(c.Context(), f, c.OutOrStdout())
		},
	}
	c.Flags().StringVar(&f.plan, "plan", "", "ask for what this plan needs")
	c.Flags().StringVar(&f.module, "module", "", "the PKCS#11 library (default: the plan's)")
	c.Flags().StringVar(&f.uri, "token", "", "the token, as an RFC 7512 URI: pkcs11:serial=… (default: the plan's)")
	c.Flags().StringVar(&f.pinFile, "pin-file", "", "read the PIN from this file (mode 0600); - asks for it")
	c.Flags().StringVar(&f.initArgs, "init-args", "", "parameter of C_Initialize, for NSS")
	c.Flags().IntVar(&f.bits, "kek-bits", 4096, "size of the KEK")
	c.Flags().StringSliceVar(&f.types, "keys", []string{"P-256", "RSA-3072", "AES-256"}, "types of key to probe")
	c.Flags().StringVar(&f.hints, "hints", "", "all: the hints for every vendor")
	c.Flags().BoolVar(&f.asJSON, "json", false, "for machines")
	return c
}

// An hsmQuestion is what is asked of an HSM.
type hsmQuestion struct {
	plan    *plan.Plan // nil: no plan
	options pkcs11.Options
	bits    int
	types   []byok.KeyType
	trusted bool
}

// An hsmReport is what came of it.
type hsmReport struct {
	Plan       *hsmPlan        `json:"plan,omitempty"`
	Token      hsm.Info        `json:"token"`
	Capability hsm.Capability  `json:"capability"`
	Assessment *hsm.Assessment `json:"assessment"`
	Hints      []hsm.Hint      `json:"hints"`
}

func showHSM(ctx context.Context, f hsmFlags, out io.Writer) error {
	switch {
	case f.hints != "" && f.hints != "all":
		return misuse("--hints %s: it takes all; without it the hints are those for the HSM's vendor", f.hints)
	case f.hints != "" && f.module == "" && f.plan == "":
		return showHints(hsm.AllHints(), f.asJSON, out)
	case f.module == "" && f.plan == "":
		return misuse("--plan PLAN says what is needed, or --module SO names the HSM's PKCS#11 library")
	}
	q, err := f.question()
	if err != nil {
		return err
	}
	if f.pinFile == "" {
		return listTokens(ctx, q, f, out)
	}
	r, err := probeHSM(ctx, q, f.pinFile)
	if err != nil {
		return err
	}
	if r.Hints = hsm.Hints(r.Token); f.hints != "" {
		r.Hints = hsm.AllHints()
	}
	if f.asJSON {
		err = printJSON(out, r)
	} else {
		r.print(out)
	}
	if err == nil && r.cannot() {
		err = &exit{code: exitNot}
	}
	return err
}

// question is what the flags, or the plan, ask for.
func (f hsmFlags) question() (hsmQuestion, error) {
	q := hsmQuestion{options: pkcs11.Options{Module: f.module, URI: f.uri, InitArgs: f.initArgs}, bits: f.bits}
	if f.plan != "" {
		p, err := readPlan(f.plan)
		if err != nil {
			return q, err
		}
		return q.of(p), nil
	}
	for _, name := range f.types {
		t, err := byok.ParseKeyType(name)
		if err != nil {
			return q, misuse("--keys: %w", err)
		}
		q.types = append(q.types, t)
	}
	return q, nil
}

func probeHSM(ctx context.Context, q hsmQuestion, pinFile string) (hsmReport, error) {
	if pinFile == "-" {
		pinFile = ""
	}
	pin, err := newPeople(audit.Production, os.Stderr).secretFrom(pinFile, "PIN: ")
	if err != nil {
		return hsmReport{}, err
	}
	defer clear(pin)
	token, err := pkcs11.Open(ctx, q.options)
	if err != nil {
		return hsmReport{}, err
	}
	defer token.Close()
	if err := token.Login(ctx, pin, false); err != nil {
		return hsmReport{}, err
	}
	return q.ask(ctx, token)
}

// ask probes a token that somebody is logged in to.
func (q hsmQuestion) ask(ctx context.Context, token hsm.Token) (r hsmReport, err error) {
	if r.Token, err = token.Info(ctx); err != nil {
		return r, err
	}
	if r.Capability, err = token.Probe(ctx, q.bits, q.types, q.trusted); err != nil {
		return r, err
	}
	a := hsm.Assess(r.Token, r.Capability, q.bits)
	r.Assessment = &a
	if q.plan != nil {
		r.Plan, err = lookAtPlan(ctx, q, token, r.Token)
	}
	return r, err
}

// cannot reports whether a ceremony could not be held with this HSM as it is.
func (r hsmReport) cannot() bool {
	return r.Assessment.Outcome == hsm.Cannot || r.Plan != nil && r.Plan.outcome() == hsm.Cannot
}
