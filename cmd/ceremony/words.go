package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/keyceremony/ceremony/steps"
)

// tell shows an error to people: what is the case, what it means, what to do.
func tell(w io.Writer, err error) {
	var use *useError
	if errors.As(err, &use) {
		fmt.Fprintln(w, "ceremony:", visible(err.Error()))
		return
	}
	p := steps.Explain(err)
	fmt.Fprintln(w)
	for i, line := range strings.Split("STOP  "+p.Title, "\n") { // a plan's errors: one a line
		wrap(w, "  "+strings.Repeat(" ", 6*min(i, 1)), line)
	}
	if p.Meaning != "" {
		wrap(w, "        ", "It means: "+p.Meaning)
	}
	if p.Remedy != "" {
		wrap(w, "        ", "Do: "+p.Remedy)
	}
	fmt.Fprintf(w, "        (%s)\n\n", p.Code)
}

// maxSmall bounds what is read from files that people name, in bytes.
const maxSmall = 16 << 20

// readSmall reads a file that a person named.
func readSmall(path string) ([]byte, error) {
	// A pipe would wait for a writer that never comes.
	if st, err := os.Stat(path); err == nil && !st.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", path)
	}
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, misuse("%w", err)
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if st, err := f.Stat(); err != nil || !st.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", path)
	}
	b, err := io.ReadAll(io.LimitReader(f, maxSmall+1))
	if err == nil && len(b) > maxSmall {
		err = fmt.Errorf("%s is larger than %d bytes", path, maxSmall)
	}
	return b, err
}
