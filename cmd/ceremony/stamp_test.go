package main

import (
	"bytes"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/keyvault/rehearsal"
	"github.com/keyceremony/ceremony/plan"
	"github.com/keyceremony/ceremony/timestamp"
	"github.com/keyceremony/ceremony/timestamp/tsatest"
)

// The last token is asked for once, over the seal, and by the authority of the
// plan alone.
func TestStamp(t *testing.T) {
	s, _ := newRehearsal(t, rehearsal.Options{}, "P-256")
	b, err := os.ReadFile(s.path("plan.toml"))
	if err != nil {
		t.Fatal(err)
	}
	p, err := plan.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	a := tsatest.New(t)
	server := httptest.NewServer(a)
	defer server.Close()
	dir := t.TempDir()
	write := func(name string, b []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	refused := func(why string) {
		t.Helper()
		if err := stampFolder(t.Context(), dir, new(bytes.Buffer)); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%v, not %q", err, why)
		}
	}
	refused("is no ceremony folder")
	write("plan.toml", b)
	refused("names no time-stamp authority")
	p.Time.Authority, p.Time.Root = server.URL, a.RootPEM
	write("plan.toml", p.Encode())
	refused("is not over")
	sealed := []byte("a manifest\n")
	write("MANIFEST.sha256", sealed)
	p.Time.Root = tsatest.New(t).RootPEM
	write("plan.toml", p.Encode())
	refused("does not descend")
	p.Time.Root = a.RootPEM
	write("plan.toml", p.Encode())
	var out bytes.Buffer
	if err := stampFolder(t.Context(), dir, &out); err != nil || !strings.HasPrefix(out.String(), "Wrote MANIFEST.sha256.tsr: ") {
		t.Fatalf("%v: %s", err, out.String())
	}
	token, err := os.ReadFile(filepath.Join(dir, "MANIFEST.sha256.tsr"))
	if err == nil {
		_, err = timestamp.Verify(token, digest.Of(sealed), a.Root)
	}
	if err != nil {
		t.Error(err)
	}
	refused("is there already")
}
