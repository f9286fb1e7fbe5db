package ask_test

import (
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/timestamp"
	"github.com/keyceremony/ceremony/timestamp/ask"
	"github.com/keyceremony/ceremony/timestamp/tsatest"
)

func TestAsk(t *testing.T) {
	a := tsatest.New(t)
	server := httptest.NewServer(a)
	defer server.Close()
	sum := digest.Of([]byte("a manifest"))
	q, err := timestamp.NewRequest(sum, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := ask.Ask(t.Context(), server.URL, q.DER())
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := q.Take(answer, a.Root); err != nil {
		t.Error(err)
	}
}

func TestAskRefuses(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a redirection was followed") }))
	defer elsewhere.Close()
	for what, answer := range map[string]http.HandlerFunc{
		"404": http.NotFound,
		"307": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
		},
		"too long": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, timestamp.MaxSize+1)) },
	} {
		server := httptest.NewServer(answer)
		if _, err := ask.Ask(t.Context(), server.URL, nil); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%s: %v", what, err)
		}
		server.Close()
	}
}
