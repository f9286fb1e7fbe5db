package azure_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/keyceremony/ceremony/keyvault"
	"github.com/keyceremony/ceremony/keyvault/azure"
	"github.com/keyceremony/ceremony/keyvault/rehearsal"
	"github.com/keyceremony/ceremony/keyvault/vaulttest"
)

// between starts a rehearsal vault whose answers pass through f. It returns
// nil where the vault itself shall answer.
func between(t *testing.T, f func(r *http.Request) http.HandlerFunc) *rehearsal.Server {
	t.Helper()
	return vaulttest.Start(t, rehearsal.Options{Between: func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if h := f(r); h != nil {
				h(w, r)
				return
			}
			next.ServeHTTP(w, r)
		})
	}})
}

func respond(status int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// hangUp closes the connection without an answer.
func hangUp(w http.ResponseWriter, _ *http.Request) { panic(http.ErrAbortHandler) }

func isCreate(r *http.Request) bool {
	return strings.HasSuffix(r.URL.Path, "/create") && r.Header.Get("Authorization") != ""
}

func TestInfo(t *testing.T) {
	s := vaulttest.Start(t, rehearsal.Options{Name: "acme-kv"})
	info, err := vaulttest.Open(t, s).Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if info.URL != s.URL() || !strings.HasPrefix(info.Host, "acme-kv.vault.rehearsal.test:") || info.Kind != keyvault.KeyVault ||
		info.Cloud != "rehearsal" || info.Tenant != s.Tenant() || info.Account != "ceremony rehearsal" ||
		info.ObjectID == "" || info.Method != azure.Secret || info.API != azure.DefaultAPI || !info.Rehearsal {
		t.Errorf("%+v", info)
	}
}

func TestUnmarkedVault(t *testing.T) {
	s := vaulttest.Start(t, rehearsal.Options{Between: func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(unmarked{w}, r)
		})
	}})
	info, err := vaulttest.Open(t, s).Info(t.Context())
	if err != nil || info.Rehearsal {
		t.Errorf("a service without the mark: rehearsal %v, %v", info.Rehearsal, err)
	}
}

// unmarked drops the mark of the rehearsal.
type unmarked struct{ http.ResponseWriter }

func (u unmarked) WriteHeader(status int) {
	u.Header().Del(rehearsal.Mark)
	u.ResponseWriter.WriteHeader(status)
}

func TestAPIVersions(t *testing.T) {
	s := vaulttest.Start(t, rehearsal.Options{})
	for api, want := range map[string]keyvault.Code{"7.4": "", "7.6": "", "2025-07-01": "", "7.0": keyvault.BadRequest} {
		c := vaulttest.Config(s)
		c.API = api
		v, err := azure.Open(t.Context(), c)
		if vaulttest.CodeOf(err) != want || (err == nil) != (want == "") {
			t.Errorf("%s: %v", api, err)
			continue
		}
		if err == nil {
			if info, _ := v.Info(t.Context()); info.API != api {
				t.Errorf("%s: Info says %s", api, info.API)
			}
		}
	}
}

func TestThrottling(t *testing.T) {
	var calls atomic.Int32
	s := between(t, func(r *http.Request) http.HandlerFunc {
		if isCreate(r) && calls.Add(1) < 3 {
			return respond(429, `{"error":{"code":"Throttled","message":"slow down"}}`, "Retry-After", "7")
		}
		return nil
	})
	var slept time.Duration
	var told []string
	c := vaulttest.Config(s)
	c.Sleep = func(_ context.Context, d time.Duration) error { slept += d; return nil }
	c.Progress = func(what string, waited time.Duration) { told = append(told, fmt.Sprint(what, waited)) }
	v, err := azure.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.CreateKEK(t.Context(), "kek", keyvault.KEKParams{Bits: 2048}); err != nil {
		t.Fatal(vaulttest.Detail(err))
	}
	if slept != 14*time.Second || len(told) != 2 || !strings.Contains(told[0], "Waiting 7s") {
		t.Errorf("slept %s, told %q", slept, told)
	}
	if list, err := v.Versions(t.Context(), "kek"); len(list) != 1 || err != nil {
		t.Errorf("%d versions, %v", len(list), err)
	}
}

func TestThrottledForGood(t *testing.T) {
	var calls atomic.Int32
	for wait, want := range map[string]int32{"1": 4, "3600": 1} {
		calls.Store(0)
		s := between(t, func(r *http.Request) http.HandlerFunc {
			if isCreate(r) {
				calls.Add(1)
				return respond(429, ``, "Retry-After", wait)
			}
			return nil
		})
		_, err := vaulttest.Open(t, s).CreateKEK(t.Context(), "kek", keyvault.KEKParams{Bits: 2048})
		if vaulttest.CodeOf(err) != keyvault.Throttled || calls.Load() != want {
			t.Errorf("Retry-After %s: %d calls, %v", wait, calls.Load(), err)
		}
	}
}

// TestLostAnswer: the vault made the KEK, and the answer is lost. The client
// does not make a second one.
func TestLostAnswer(t *testing.T) {
	var server *rehearsal.Server
	for name, lose := range map[string]http.HandlerFunc{
		"connection closed": hangUp,
		"gateway timeout":   respond(504, "<html>"),
		"half an answer":    respond(200, `{"key":{"kid":`),
	} {
		var calls atomic.Int32
		server = between(t, func(r *http.Request) http.HandlerFunc {
			if !isCreate(r) {
				return nil
			}
			calls.Add(1)
			return func(w http.ResponseWriter, r *http.Request) {
				server.ServeHTTP(discard{header: http.Header{}}, r)
				lose(w, r)
			}
		})
		v := vaulttest.Open(t, server)
		_, err := v.CreateKEK(t.Context(), "kek", keyvault.KEKParams{Bits: 2048})
		var p *keyvault.Problem
		if !errors.As(err, &p) || !p.Unknown {
			t.Errorf("%s: %s, unknown not set", name, vaulttest.Detail(err))
		}
		list, err := v.Versions(t.Context(), "kek")
		if calls.Load() != 1 || len(list) != 1 || err != nil {
			t.Errorf("%s: %d calls made %d versions, %v", name, calls.Load(), len(list), err)
		}
	}
}

type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(b []byte) (int, error) { return len(b), nil }
func (d discard) WriteHeader(int)             {}

// TestReadsAreRepeated: a read whose answer is lost is asked again.
func TestReadsAreRepeated(t *testing.T) {
	var calls atomic.Int32
	s := between(t, func(r *http.Request) http.HandlerFunc {
		if r.URL.Path != "/keys/kek/" && r.URL.Path != "/keys/kek" {
			return nil
		}
		switch calls.Add(1) {
		case 1:
			return respond(503, "")
		case 2:
			return respond(500, "")
		}
		return nil
	})
	v := vaulttest.Open(t, s)
	if _, err := v.CreateKEK(t.Context(), "kek", keyvault.KEKParams{Bits: 2048}); err != nil {
		t.Fatal(vaulttest.Detail(err))
	}
	if _, err := v.Get(t.Context(), "kek", ""); err != nil || calls.Load() != 3 {
		t.Errorf("%d calls, %v", calls.Load(), err)
	}
}

func TestCancelled(t *testing.T) {
	s := between(t, func(r *http.Request) http.HandlerFunc {
		if isCreate(r) {
			return respond(429, "")
		}
		return nil
	})
	ctx, cancel := context.WithCancel(t.Context())
	c := vaulttest.Config(s)
	c.Sleep = func(ctx context.Context, _ time.Duration) error { cancel(); return ctx.Err() }
	v, err := azure.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	_, err = v.CreateKEK(ctx, "kek", keyvault.KEKParams{Bits: 2048})
	if vaulttest.CodeOf(err) != keyvault.Cancelled || !errors.Is(err, context.Canceled) {
		t.Errorf("while waiting: %v", err)
	}
	if _, err := v.Get(ctx, "kek", ""); vaulttest.CodeOf(err) != keyvault.Cancelled {
		t.Errorf("before asking: %v", err)
	}
	if _, err := azure.Open(ctx, vaulttest.Config(s)); vaulttest.CodeOf(err) != keyvault.Cancelled {
		t.Errorf("before signing in: %v", err)
	}
}

// TestSlowDeletion: the service shows a deleted key, and the end of a purge,
// only after a while.
func TestSlowDeletion(t *testing.T) {
	var deleted, purged atomic.Int32
	s := between(t, func(r *http.Request) http.HandlerFunc {
		if r.URL.Path != "/deletedkeys/kek" || r.Method != http.MethodGet || r.Header.Get("Authorization") == "" {
			return nil
		}
		if purged.Load() > 0 && purged.Add(1) < 4 {
			return respond(200, `{"key":{"kid":"https://`+r.Host+`/keys/kek/00000000000000000000000000000000"},"attributes":{}}`)
		}
		if deleted.Add(1) < 4 {
			return respond(404, `{"error":{"code":"KeyNotFound","message":"Deleted Key not found: kek"}}`)
		}
		return nil
	})
	var told []string
	c := vaulttest.Config(s)
	c.Progress = func(what string, _ time.Duration) { told = append(told, what) }
	v, err := azure.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.CreateKEK(t.Context(), "kek", keyvault.KEKParams{Bits: 2048}); err != nil {
		t.Fatal(err)
	}
	if d, err := v.Delete(t.Context(), "kek"); err != nil || d == nil || len(told) != 3 {
		t.Errorf("delete: %v, %v, told %q", d, err, told)
	}
	told = nil
	purged.Store(1)
	if err := v.Purge(t.Context(), "kek"); err != nil || len(told) != 2 {
		t.Errorf("purge: %v, told %q", err, told)
	}
}

func TestDeletionThatNeverShows(t *testing.T) {
	s := between(t, func(r *http.Request) http.HandlerFunc {
		if strings.HasPrefix(r.URL.Path, "/deletedkeys/") && r.Header.Get("Authorization") != "" {
			return respond(404, `{"error":{"code":"KeyNotFound"}}`)
		}
		return nil
	})
	v := vaulttest.Open(t, s)
	if _, err := v.CreateKEK(t.Context(), "kek", keyvault.KEKParams{Bits: 2048}); err != nil {
		t.Fatal(err)
	}
	_, err := v.Delete(t.Context(), "kek")
	var p *keyvault.Problem
	if !errors.As(err, &p) || p.Code != keyvault.ServiceFault || !p.Unknown {
		t.Errorf("%v", err)
	}
}

func TestPurgeProtection(t *testing.T) {
	s := vaulttest.Start(t, rehearsal.Options{PurgeProtection: true})
	v := vaulttest.Open(t, s)
	k, err := v.CreateKEK(t.Context(), "kek", keyvault.KEKParams{Bits: 2048})
	if err != nil || k.Recovery != "Recoverable" {
		t.Fatalf("%q, %v", k.Recovery, err)
	}
	if _, err := v.Delete(t.Context(), "kek"); err != nil {
		t.Fatal(err)
	}
	if err := v.Purge(t.Context(), "kek"); vaulttest.CodeOf(err) != keyvault.Forbidden {
		t.Errorf("purge: %v", err)
	}
}

// TestManyVersions reads a list of several pages, in whatever order.
func TestManyVersions(t *testing.T) {
	clock := vaulttest.Now()
	s := vaulttest.Start(t, rehearsal.Options{Now: func() time.Time { return clock }})
	v := vaulttest.Open(t, s)
	var last string
	for range 60 {
		k, err := v.CreateKEK(t.Context(), "kek", keyvault.KEKParams{Bits: 2048})
		if err != nil {
			t.Fatal(err)
		}
		last, clock = k.Version, clock.Add(time.Second)
	}
	list, err := v.Versions(t.Context(), "kek")
	if err != nil || len(list) != 60 || list[0].Version != last {
		t.Errorf("%d versions, %v", len(list), err)
	}
	for i := 1; i < len(list); i++ {
		if list[i].Created.After(*list[i-1].Created) {
			t.Errorf("version %d is newer than the one before", i)
		}
	}
}
