package hsm

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
	"testing"
)

// TestSentinelsIsComplete: every exported Err… of the package is listed.
func TestSentinelsIsComplete(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "errors.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	declared := 0
	ast.Inspect(file, func(n ast.Node) bool {
		if v, ok := n.(*ast.ValueSpec); ok && strings.HasPrefix(v.Names[0].Name, "Err") {
			declared++
		}
		return true
	})
	if listed := len(Sentinels()); declared == 0 || listed != declared {
		t.Errorf("%d errors are declared and %d listed", declared, listed)
	}
	seen := map[string]bool{}
	for _, err := range Sentinels() {
		if seen[err.Error()] {
			t.Errorf("two errors say %q: a driver tells them apart by their text", err)
		}
		seen[err.Error()] = true
	}
}

func TestKind(t *testing.T) {
	if got := Kind(fmt.Errorf("x: %w", fmt.Errorf("y: %w", ErrNoKey))); got != ErrNoKey {
		t.Errorf("%v, wanted %v", got, ErrNoKey)
	}
	if got := Kind(errors.New("x")); got != nil {
		t.Errorf("%v, wanted none", got)
	}
	if got := Kind(nil); got != nil {
		t.Errorf("%v, wanted none", got)
	}
}

func TestError(t *testing.T) {
	e := &Error{
		Op: "wrap the target key", Code: 0x6A, Name: "CKR_KEY_UNEXTRACTABLE",
		Meaning: "the key is not extractable", Remedy: "Make another.", Kind: ErrNotExtractable,
	}
	if got, want := e.Error(), "wrap the target key: the key is not extractable (CKR_KEY_UNEXTRACTABLE, 0x6A)"; got != want {
		t.Errorf("%q, wanted %q", got, want)
	}
	wrapped := fmt.Errorf("x: %w", e)
	if !errors.Is(wrapped, ErrNotExtractable) || Remedy(wrapped) != "Make another." {
		t.Errorf("kind %v, remedy %q", Kind(wrapped), Remedy(wrapped))
	}
	e.Name, e.Code = "", 0x80000123
	if got, want := e.Error(), "wrap the target key: the key is not extractable (0x80000123)"; got != want {
		t.Errorf("%q, wanted %q", got, want)
	}
	if Remedy(ErrNoKey) != "" {
		t.Error("a sentinel has a remedy")
	}
}
