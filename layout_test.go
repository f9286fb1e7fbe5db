// Package ceremony_test holds the rules of the repository that are tests:
// which package may import which, and what no source may do.
package ceremony_test

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/keyceremony/ceremony"

// layers lists, for every package, what it may import: packages of ours by
// their path, modules of others by the beginning of theirs. The standard
// library is free but for the rules further down. A new package needs a row.
var layers = map[string][]string{
	"digest":    {},
	"vectors":   {}, // for tests alone
	"attacks":   {}, // for tests alone
	"assets":    {},
	"durable":   {"github.com/gofrs/flock", "golang.org/x/sys"},
	"machine":   {"digest", "golang.org/x/sys"},
	"byok":      {"digest", "github.com/decred/dcrd/dcrec/secp256k1/v4", "github.com/go-json-experiment/json"},
	"timestamp": {"digest", "golang.org/x/crypto/cryptobyte"},
	"audit":     {"digest", "durable", "timestamp", "golang.org/x/crypto", "github.com/hiddeco/sshsig", "github.com/go-json-experiment/json"},
	"plan":      {"digest", "byok", "timestamp", "audit", "github.com/pelletier/go-toml/v2", "golang.org/x/crypto/ssh"},

	"transfer":                     {"digest", "byok", "audit", "durable"},
	"transfer/qr":                  {"digest", "durable", "github.com/skip2/go-qrcode", "golang.org/x/crypto/cryptobyte", "golang.org/x/crypto/scrypt"},
	"transfer/qr/scan":             {"github.com/makiuchi-d/gozxing"},
	"transfer/qr/scantest":         {"github.com/skip2/go-qrcode"},
	"transfer/camera":              {"transfer/qr/scan"},
	"transfer/camera/mediadevices": {"transfer/qr/scan", "transfer/camera", "github.com/pion/mediadevices/pkg"},
	"transfer/camera/driver":       {"transfer/camera", "transfer/camera/mediadevices", "github.com/blackjack/webcam", "github.com/pion/mediadevices/pkg", "golang.org/x/sys"},
	"transfer/receive":             {"durable", "transfer/qr", "transfer/qr/scan", "transfer/camera"},

	"timestamp/ask":     {"timestamp"},
	"timestamp/tsatest": {}, // for tests alone

	"hsm":         {"byok"},
	"hsm/pkcs11":  {"digest", "byok", "hsm", "github.com/miekg/pkcs11", "golang.org/x/sys"},
	"hsm/hsmtest": {"digest", "byok", "hsm"},

	"keyvault":           {"byok"},
	"keyvault/attest":    {"digest", "byok", "keyvault", "github.com/go-json-experiment/json"},
	"keyvault/azure":     {"byok", "keyvault", "github.com/Azure/azure-sdk-for-go", "github.com/AzureAD/microsoft-authentication-library-for-go"},
	"keyvault/rehearsal": {"digest", "byok", "keyvault", "keyvault/attest", "github.com/gofrs/flock"},
	"keyvault/vaulttest": {"byok", "keyvault", "keyvault/azure", "keyvault/rehearsal"},

	"inspect": {
		"digest", "byok", "audit", "plan", "transfer", "keyvault", "keyvault/attest",
		"golang.org/x/crypto/ssh", "github.com/hiddeco/sshsig", "github.com/go-json-experiment/json",
	},
	"steps": {
		"digest", "byok", "durable", "timestamp", "audit", "plan", "transfer", "transfer/qr", "transfer/receive", "machine", "hsm", "keyvault", "keyvault/attest",
		"golang.org/x/crypto/ssh", "github.com/go-json-experiment/json",
	},
	"report":            {"digest", "durable", "audit", "plan", "steps", "golang.org/x/crypto/ssh", "github.com/go-json-experiment/json"},
	"report/reporttest": {"digest", "durable", "audit", "plan", "golang.org/x/crypto/ssh", "github.com/go-json-experiment/json"},
	"ui/kit":            {"assets", "fyne.io/"},
	"ui/editor":         {"digest", "plan", "ui/kit", "fyne.io/"},
	"ui": {
		"digest", "byok", "audit", "plan", "steps", "transfer", "transfer/qr", "transfer/camera", "transfer/receive", "assets", "inspect", "report", "ui/kit", "ui/editor", "fyne.io/",
	},
	"cmd/ceremony": {""}, // everything
}

// http may be imported below these.
var http = []string{"timestamp/ask", "timestamp/tsatest", "keyvault/azure", "keyvault/rehearsal", "keyvault/vaulttest"}

// linksHTTP lists who may depend, at the end of the chain, on net/http:
// those, the program, and what draws the window (Fyne links it).
var linksHTTP = append([]string{"cmd/ceremony", "ui", "ui/kit", "ui/editor"}, http...)

// cgo of ours is here alone.
var cgo = []string{"hsm/pkcs11"}

// A pkg is what go list says of a package of ours.
type pkg struct {
	ImportPath    string
	Imports, Deps []string
	CgoFiles      []string
	TestImports   []string
	XTestImports  []string
}

func (p pkg) name() string { return strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/") }

// packages lists ours, for one set of build tags.
func packages(t *testing.T, tags string) (list []pkg) {
	t.Helper()
	cmd := exec.Command("go", "list", "-e", "-tags", tags, "-json=ImportPath,Imports,Deps,CgoFiles,TestImports,XTestImports", "./...")
	cmd.Env = append(cmd.Environ(), "CGO_ENABLED=1")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal("go list: ", err)
	}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if p.ImportPath != module { // this package: tests alone
			list = append(list, p)
		}
	}
	if len(list) < 10 {
		t.Fatalf("go list found %d packages, wanted all", len(list))
	}
	return list
}

// eachBuild runs a rule over the packages as each build sees them.
func eachBuild(t *testing.T, rule func(t *testing.T, p pkg)) {
	for _, tags := range []string{"nogui", "nogui,airgap", ""} {
		t.Run("tags="+tags, func(t *testing.T) {
			for _, p := range packages(t, tags) {
				rule(t, p)
			}
		})
	}
}

func standard(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".")
}

// allows tells whether a row of layers covers an import.
func allows(row []string, path string) bool {
	if ours, ok := strings.CutPrefix(path, module+"/"); ok {
		return slices.Contains(row, ours) || slices.Contains(row, "")
	}
	return standard(path) || slices.ContainsFunc(row, func(may string) bool {
		return !standard(may) && strings.HasPrefix(path, may) || may == ""
	})
}

func TestLayers(t *testing.T) {
	eachBuild(t, func(t *testing.T, p pkg) {
		row, ok := layers[p.name()]
		if !ok {
			t.Errorf("package %s has no row in layers", p.name())
		}
		for _, path := range p.Imports {
			if path != "C" && !allows(row, path) {
				t.Errorf("%s imports %s, which its layer does not allow", p.name(), path)
			}
		}
	})
}

// TestAllows keeps the rule itself honest.
func TestAllows(t *testing.T) {
	for _, c := range []struct {
		from, path string
		want       bool
	}{
		{"digest", "crypto/sha256", true},
		{"digest", module + "/byok", false},
		{"digest", "github.com/gofrs/flock", false},
		{"audit", "golang.org/x/crypto/ssh/agent", true},
		{"audit", module + "/byok", false},
		{"steps", module + "/keyvault/azure", false},
		{"steps", module + "/hsm/pkcs11", false},
		{"plan", "github.com/pelletier/go-toml/v2/unstable", true},
		{"cmd/ceremony", "github.com/spf13/cobra", true},
		{"cmd/ceremony", module + "/steps", true},
	} {
		if got := allows(layers[c.from], c.path); got != c.want {
			t.Errorf("%s imports %s: %v, wanted %v", c.from, c.path, got, c.want)
		}
	}
}

func TestNobodyImportsTheProgram(t *testing.T) {
	eachBuild(t, func(t *testing.T, p pkg) {
		for _, path := range slices.Concat(p.Imports, p.TestImports, p.XTestImports) {
			if strings.HasPrefix(path, module+"/cmd") {
				t.Errorf("%s imports %s", p.name(), path)
			}
		}
	})
}

func TestHTTPBelowKeyvault(t *testing.T) {
	eachBuild(t, func(t *testing.T, p pkg) {
		if slices.Contains(p.Imports, "net/http") && !slices.Contains(http, p.name()) {
			t.Errorf("%s imports net/http", p.name())
		}
		if slices.Contains(p.Deps, "net/http") && !slices.Contains(linksHTTP, p.name()) {
			t.Errorf("%s depends on net/http", p.name())
		}
	})
}

func TestCgo(t *testing.T) {
	eachBuild(t, func(t *testing.T, p pkg) {
		if len(p.CgoFiles) > 0 && !slices.Contains(cgo, p.name()) {
			t.Errorf("%s uses cgo in %v", p.name(), p.CgoFiles)
		}
	})
}

func TestNoDrawerForOddments(t *testing.T) {
	for _, p := range packages(t, "nogui") {
		for part := range strings.SplitSeq(p.name(), "/") {
			if slices.Contains([]string{"util", "utils", "common", "models", "core", "pkg", "helpers"}, part) {
				t.Errorf("%s: %q says nothing", p.name(), part)
			}
		}
	}
}

// TestClock: the clock is handed down from cmd/ceremony, so that records and
// tests have the time that they are given. Tests wait for nothing.
func TestClock(t *testing.T) {
	eachSource(t, func(name string, file *ast.File) {
		isTest := strings.HasSuffix(name, "_test.go")
		for _, call := range calls(file, "time") {
			switch call {
			case "Now", "Since", "Until":
				if !isTest && !strings.HasPrefix(name, "cmd/ceremony/") {
					t.Errorf("%s uses time.%s: take a clock", name, call)
				}
			case "Sleep":
				if isTest {
					t.Errorf("%s uses time.Sleep: wait for what is awaited", name)
				}
			}
		}
	})
}

// eachSource parses every Go file of the repository, whatever its build tags.
func eachSource(t *testing.T, look func(name string, file *ast.File)) {
	t.Helper()
	fset := token.NewFileSet()
	err := filepath.WalkDir(".", func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() && (e.Name() == "testdata" || len(e.Name()) > 1 && e.Name()[0] == '.') {
			return filepath.SkipDir
		}
		if e.IsDir() || filepath.Ext(name) != ".go" {
			return nil
		}
		file, err := parser.ParseFile(fset, name, nil, parser.SkipObjectResolution)
		if err == nil {
			look(filepath.ToSlash(name), file)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// calls lists what a file uses of a package of the standard library, by
// whatever name it imports it.
func calls(file *ast.File, path string) (names []string) {
	local := ""
	for _, i := range file.Imports {
		if p, _ := strconv.Unquote(i.Path.Value); p == path {
			local = filepath.Base(path)
			if i.Name != nil {
				local = i.Name.Name
			}
		}
	}
	if local == "" {
		return nil
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok && x.Name == local {
				names = append(names, s.Sel.Name)
			}
		}
		return true
	})
	return names
}

func TestCalls(t *testing.T) {
	const source = `package p
import clock "time"
var now = clock.Now
func f() { clock.Sleep(1) }`
	file, err := parser.ParseFile(token.NewFileSet(), "p.go", source, 0)
	if err != nil {
		t.Fatal(err)
	}
	if got := calls(file, "time"); !slices.Equal(got, []string{"Now", "Sleep"}) {
		t.Errorf("calls are %q", got)
	}
}
