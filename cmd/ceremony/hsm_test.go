package main

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/keyceremony/ceremony/byok"
	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/hsm"
	"github.com/keyceremony/ceremony/hsm/hsmtest"
	"github.com/keyceremony/ceremony/plan"
)

// What a plan names and the HSM does not have as the plan needs it is said
// before the day, with the check that would stop then.
func TestHSMAgainstAPlan(t *testing.T) {
	module := filepath.Join(t.TempDir(), "module.so")
	if err := os.WriteFile(module, []byte("module"), 0o600); err != nil {
		t.Fatal(err)
	}
	store := hsmtest.Memory()
	token, err := store.Open("")
	if err != nil {
		t.Fatal(err)
	}
	if err := token.Login(t.Context(), store.PIN, false); err != nil {
		t.Fatal(err)
	}
	keys := map[string]hsm.Key{}
	for _, name := range []string{"open", "closed", "trusting"} {
		k, err := token.Generate(t.Context(), hsm.Request{Type: byok.P256, Label: name, ID: []byte(name), Trusted: name == "trusting"})
		if err != nil {
			t.Fatal(err)
		}
		keys[name] = k
	}
	if _, err := token.Settle(t.Context(), []byte("closed"), hsm.FateUnextractable); err != nil {
		t.Fatal(err)
	}
	selects := func(id, public string) plan.Key {
		k := plan.Key{Name: "k", Type: "EC", Curve: "P-256", Source: plan.Select, ID: hex.EncodeToString([]byte(id))}
		if public != "" {
			k.Public = string(keys[public].Public.PEM())
		}
		return k
	}
	for name, f := range map[string]struct {
		key     plan.Key
		trusted bool
		change  func(*plan.Plan)
		says    string // "" if all is as planned
	}{
		"as planned":              {key: selects("open", "open")},
		"as planned, and trusted": {key: selects("trusting", "trusting"), trusted: true},
		"a free label":            {key: plan.Key{Name: "k", Type: "EC", Curve: "P-256", Source: "generate", Label: "new"}},
		"a label in use":          {key: plan.Key{Name: "k", Type: "EC", Curve: "P-256", Source: "generate", Label: "open"}, says: "target.label-free"},
		"not there":               {key: selects("nothing", "open"), says: "target.select"},
		"another public half":     {key: selects("open", "closed"), says: "target.planned"},
		"closed":                  {key: selects("closed", "closed"), says: "target.extractable"},
		"for any KEK":             {key: selects("open", "open"), trusted: true, says: "target.trusted"},
		"another module":          {key: selects("open", "open"), change: func(p *plan.Plan) { p.HSM.ModuleSHA256 = digest.Of(nil) }, says: "hsm.module"},
		"another serial":          {key: selects("open", "open"), change: func(p *plan.Plan) { p.HSM.Serial = "1" }, says: "hsm.serial"},
	} {
		p := &plan.Plan{
			ID: "p", KEK: plan.KEK{Bits: 2048}, Keys: []plan.Key{f.key},
			HSM: plan.HSM{Module: module, ModuleSHA256: digest.Of([]byte("module")), Serial: store.Serial, Trusted: f.trusted},
		}
		if f.change != nil {
			f.change(p)
		}
		r, err := hsmQuestion{}.of(p).ask(t.Context(), token)
		if err != nil {
			t.Fatal(err)
		}
		var text strings.Builder
		r.print(&text)
		if r.cannot() != (f.says != "") || !strings.Contains(text.String(), f.says) || (r.Assessment.Trusted != nil) != f.trusted {
			t.Errorf("%s: wanted %q in\n%s", name, f.says, &text)
		}
	}
}
