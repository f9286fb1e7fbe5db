package main

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/spf13/cobra"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/durable"
	"github.com/keyceremony/ceremony/plan"
	"github.com/keyceremony/ceremony/timestamp"
	"github.com/keyceremony/ceremony/timestamp/ask"
)

func stampCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "stamp DIR",
		Short: "Ask for the last time-stamp token over a sealed ceremony folder",
		Long: "stamp asks the time-stamp authority that the plan names (RFC 3161) for a token over MANIFEST.sha256 in DIR,\n" +
			"and keeps it as MANIFEST.sha256.tsr: it proves that the sealed record was there before that moment. The\n" +
			"ceremony asks for it by itself when the last seal is made; this is for a machine that had no way to the\n" +
			"authority then. Do it soon, on any machine. Draw the transcript afterwards: it shows the time.",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return stampFolder(c.Context(), args[0], c.OutOrStdout()) },
	}
}

func stampFolder(ctx context.Context, path string, out io.Writer) error {
	d, err := durable.Open(path)
	if err != nil {
		return noCeremony(path, err)
	}
	defer d.Close()
	sealed, root, address, err := toStamp(d)
	if err != nil {
		return err
	}
	q, err := timestamp.NewRequest(digest.Of(sealed), rand.Reader)
	if err != nil {
		return err
	}
	answer, err := ask.Ask(ctx, address, q.DER())
	if err != nil {
		return fmt.Errorf("the time-stamp authority %s: %w", address, err)
	}
	token, s, err := q.Take(answer, root)
	if err != nil {
		return fmt.Errorf("the time-stamp authority %s: %w", address, err)
	}
	name := audit.TokenName(audit.SealFinal)
	if err := d.WriteNew(name, token); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "Wrote %s: the sealed record was there before %s.\n", name, s.Latest().Format("2006-01-02T15:04:05Z"))
	return err
}

// toStamp reads what a token is wanted over, and by whom it shall be.
func toStamp(d *durable.Dir) (sealed []byte, root *x509.Certificate, address string, err error) {
	b, err := d.Read("plan.toml", audit.MaxFile)
	if err != nil {
		return nil, nil, "", noCeremony(d.Path(), err)
	}
	p, err := plan.Parse(b)
	if err != nil {
		return nil, nil, "", &exit{exitNot, fmt.Errorf("plan.toml: %w", err)}
	}
	if p.Time.Authority == "" {
		return nil, nil, "", misuse("the plan in %s names no time-stamp authority: no token would count", d.Path())
	}
	if root, err = timestamp.ParseRoot(p.Time.Root); err != nil {
		return nil, nil, "", err
	}
	name := audit.TokenName(audit.SealFinal)
	if _, err := d.Read(name, timestamp.MaxSize); !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, "", misuse("%s is there already, and nothing is overwritten", name)
	}
	if sealed, err = d.Read(audit.SealFinal, audit.MaxFile); errors.Is(err, fs.ErrNotExist) {
		return nil, nil, "", misuse("the ceremony in %s is not over: it has no %s yet", d.Path(), audit.SealFinal)
	}
	return sealed, root, p.Time.Authority, err
}
