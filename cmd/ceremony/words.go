package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/keyceremony/ceremony/steps"
)

// tell shows an error to people: what is the case, what it means, what to do.
func tell(w io.Writer, err error) {
	var use *useError
	if errors.As(err, &use) {
		fmt.Fprintln(w, "ceremony:", err)
		return
	}
	p := steps.Explain(err)
	fmt.Fprintf(w, "\n  STOP  %s\n", p.Title)
	if p.Meaning != "" {
		fmt.Fprintf(w, "        It means: %s\n", p.Meaning)
	}
	if p.Remedy != "" {
		fmt.Fprintf(w, "        Do:       %s\n", p.Remedy)
	}
	fmt.Fprintf(w, "        (%s)\n\n", p.Code)
}

// maxSmall bounds what is read from files that people name, in bytes.
const maxSmall = 16 << 20

// readSmall reads a file that a person named.
func readSmall(path string) ([]byte, error) {
	f, err := os.Open(path)
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
