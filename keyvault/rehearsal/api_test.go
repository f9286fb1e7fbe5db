package rehearsal

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestRequests(t *testing.T) {
	kv, hsm := newServer(t, Options{}), newServer(t, Options{ManagedHSM: true})
	const ec = `{"kty":"EC-HSM","crv":"P-256"`
	past := testNow.Add(-time.Hour).Unix()
	for _, c := range []struct {
		s            *Server
		method, path string
		body         string
		status       int
		inner        string // of the error, or ""
	}{
		{kv, "POST", "/keys/k/create", ec + `}`, 200, ""},
		{kv, "POST", "/keys/k/create?api-version=6.0", ec + `}`, 400, ""},
		{kv, "POST", "/keys/k_k/create", ec + `}`, 400, ""},
		{kv, "POST", "/keys/" + strings.Repeat("k", 128) + "/create", ec + `}`, 400, ""},
		{kv, "POST", "/keys/k/create", `{`, 400, ""},
		{kv, "POST", "/keys/k/create", `{"kty":"oct"}`, 400, "KeyTypeNotSupported"},
		{kv, "POST", "/keys/k/create", `{"kty":"oct-HSM"}`, 400, "KeyTypeNotSupported"},
		{kv, "POST", "/keys/k/create", `{"kty":"DSA"}`, 400, "KeyTypeNotSupported"},
		{hsm, "POST", "/keys/k/create", `{"kty":"oct","key_size":192}`, 200, ""},
		{hsm, "POST", "/keys/k/create", `{"kty":"oct-HSM","key_size":100}`, 400, ""},
		{kv, "POST", "/keys/k/create", `{"kty":"RSA","key_size":2048}`, 200, ""},
		{kv, "POST", "/keys/k/create", `{"kty":"RSA","key_size":1024}`, 400, ""},
		{kv, "POST", "/keys/k/create", `{"kty":"RSA","public_exponent":3}`, 400, ""},
		{kv, "POST", "/keys/k/create", `{"kty":"RSA","crv":"P-256"}`, 400, ""},
		{kv, "POST", "/keys/k/create", `{"kty":"EC"}`, 400, ""},
		{kv, "POST", "/keys/k/create", `{"kty":"EC","crv":"P-999"}`, 400, ""},
		{kv, "POST", "/keys/k/create", `{"kty":"EC","crv":"P-256K"}`, 200, ""},
		{kv, "POST", "/keys/k/create", ec + `,"key_ops":["wrapKey","unwrapKey"]}`, 400, ""},
		{kv, "POST", "/keys/k/create", ec + `,"key_ops":["import"]}`, 400, ""},
		{kv, "POST", "/keys/k/create", `{"kty":"RSA","key_ops":["import"]}`, 400, ""},
		{kv, "POST", "/keys/k/create", `{"kty":"RSA-HSM","key_ops":["import","sign"]}`, 400, ""},
		{kv, "POST", "/keys/k/create", `{"kty":"RSA-HSM","key_ops":["import"]}`, 200, ""},
		{kv, "POST", "/keys/k/create", ec + `,"release_policy":{"data":"e30"}}`, 400, ""},
		{kv, "POST", "/keys/k/create", ec + `,"attributes":{"exportable":true}}`, 400, ""},
		{kv, "POST", "/keys/k/create", fmt.Sprintf(ec+`,"attributes":{"exp":%d}}`, past), 400, ""},
		{kv, "POST", "/keys/k/create", ec + `,"tags":{` + manyTags(16) + `}}`, 400, ""},
		{kv, "POST", "/keys/k/create", ec + `,"tags":{` + manyTags(15) + `}}`, 200, ""},
		{kv, "PUT", "/keys/k", `{"key":{"kty":"EC-HSM","crv":"P-256","x":"AQ","y":"AQ","d":"AQ"}}`, 400, ""},
		{kv, "PUT", "/keys/k", `{"key":{"kty":"oct-HSM","k":"AQ"}}`, 400, ""},
		{kv, "PUT", "/keys/k", `{"key":{"kty":"EC-HSM","crv":"P-256","key_hsm":"!"}}`, 400, ""},
		{kv, "PUT", "/keys/k", `{"key":{"kty":"EC-HSM","crv":"P-256","key_hsm":"e30"},"attributes":{"exportable":true}}`, 400, ""},
		{kv, "POST", "/keys/k/import", `{"key":{"kty":"EC-HSM","crv":"P-256","key_hsm":"e30="}}`, 400, ""},
		{kv, "POST", "/keys/k/sign", `{"alg":"ES256","value":"AQ"}`, 403, "KeyOperationForbidden"}, // the latest k is EC now
		{kv, "POST", "/keys/k/rotate", `{}`, 404, ""},
		{kv, "POST", "/keys/none/sign", `{"alg":"ES256","value":"AQ"}`, 404, ""},
		{kv, "DELETE", "/keys/none", ``, 404, ""},
		{kv, "GET", "/deletedkeys/none", ``, 404, ""},
		{kv, "DELETE", "/deletedkeys/none", ``, 404, ""},
		{kv, "POST", "/deletedkeys/none/recover", ``, 404, ""},
		{kv, "PATCH", "/keys/none", `{}`, 404, ""},
		{kv, "GET", "/secrets/none", ``, 404, ""},
		{kv, "GET", "/", ``, 404, ""},
		{kv, "PUT", "/deletedkeys/none", ``, 404, ""},
		{kv, "GET", "/keys/none/versions", ``, 200, ""},
		{hsm, "GET", "/keys/none/versions", ``, 404, ""},
		{kv, "GET", "/keys/k/versions?api-version=7.6&maxresults=26", ``, 400, ""},
		{kv, "GET", "/keys/k/versions?api-version=7.6&$skiptoken=999999", ``, 200, ""},
	} {
		if c.path == "/keys/k/sign" {
			c.s.ask(t, "POST", "/keys/k/create", ec+`,"key_ops":["verify"]}`)
		}
		status, out := c.s.ask(t, c.method, c.path, c.body)
		if status != c.status || innerCode(out) != c.inner {
			t.Errorf("%s %s %s: %d %v, want %d %s", c.method, c.path, c.body, status, out, c.status, c.inner)
		}
	}
}

func manyTags(n int) string {
	var tags []string
	for i := range n {
		tags = append(tags, fmt.Sprintf(`"t%d":"x"`, i))
	}
	return strings.Join(tags, ",")
}

func innerCode(out map[string]any) string {
	e, _ := out["error"].(map[string]any)
	inner, _ := e["innererror"].(map[string]any)
	code, _ := inner["code"].(string)
	return code
}

func TestManagedHSMNames(t *testing.T) {
	s := newServer(t, Options{ManagedHSM: true})
	_, out := s.ask(t, "POST", "/keys/k/create", `{"kty":"RSA"}`)
	if kty := out["key"].(map[string]any)["kty"]; kty != "RSA-HSM" {
		t.Errorf("a Managed HSM makes %v", kty)
	}
	if _, has := out["attributes"].(map[string]any)["hsmPlatform"]; has {
		t.Error("a Managed HSM names its platform")
	}
	_, out = newServer(t, Options{}).ask(t, "POST", "/keys/k/create", `{"kty":"RSA"}`)
	if kty := out["key"].(map[string]any)["kty"]; kty != "RSA" {
		t.Errorf("a Key Vault makes %v", kty)
	}
	if out["attributes"].(map[string]any)["hsmPlatform"] != "2" {
		t.Error("a Key Vault does not name its platform")
	}
}

func TestUpdateAndRecover(t *testing.T) {
	s := newServer(t, Options{})
	s.ask(t, "POST", "/keys/k/create", `{"kty":"RSA-HSM","key_ops":["import"]}`)
	for body, want := range map[string]int{
		`{"key_ops":["sign"]}`: 400, `{"key_ops":["import","sign"]}`: 400, `{"key_ops":["import"]}`: 200, `x`: 400,
		`{"attributes":{"enabled":false,"nbf":5,"exp":4000000000},"tags":{"a":"b"}}`: 200,
	} {
		if status, out := s.ask(t, "PATCH", "/keys/k", body); status != want {
			t.Errorf("%s: %d %v", body, status, out)
		}
	}
	s.ask(t, "DELETE", "/keys/k", "")
	if status, _ := s.ask(t, "POST", "/keys/k/create", `{"kty":"RSA"}`); status != 409 {
		t.Errorf("create under a deleted name: %d", status)
	}
	_, list := s.ask(t, "GET", "/deletedkeys", "")
	if n := len(list["value"].([]any)); n != 1 {
		t.Errorf("%d deleted keys", n)
	}
	if status, _ := s.ask(t, "POST", "/deletedkeys/k/recover", ""); status != 200 {
		t.Errorf("recover: %d", status)
	}
	k, err := s.Get("k", "")
	if err != nil || k.Enabled || k.NotBefore != 5 || k.Expires != 4000000000 || k.Tags["a"] != "b" {
		t.Errorf("%+v, %v", k, err)
	}
	if _, list := s.ask(t, "GET", "/keys", ""); len(list["value"].([]any)) != 1 {
		t.Errorf("live keys: %v", list)
	}
}

// TestTwoProcesses: what one process stores, another that has the folder open
// serves.
func TestTwoProcesses(t *testing.T) {
	dir := t.TempDir()
	a := openServer(t, dir, Options{})
	b := openServer(t, dir, Options{})
	done := make(chan error, 2)
	for _, s := range []*Server{a, b} {
		go func() {
			var err error
			for range 20 {
				err = errors.Join(err, s.Add(Key{Name: "k", Version: s.randomHex(16)}))
			}
			done <- err
		}()
	}
	if err := errors.Join(<-done, <-done); err != nil {
		t.Fatal(err)
	}
	keys, err := b.Versions("k")
	if err != nil || len(keys) != 40 {
		t.Fatalf("%d versions, %v", len(keys), err)
	}
	for i, k := range keys {
		if k.Seq != i+1 {
			t.Errorf("version %d has sequence %d", i, k.Seq)
		}
	}
}

func TestDamagedKey(t *testing.T) {
	s := newServer(t, Options{})
	s.ask(t, "POST", "/keys/k/create", `{"kty":"EC","crv":"P-256"}`)
	files, err := filepath.Glob(filepath.Join(s.live("k"), "*.json"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	if err := os.WriteFile(files[0], []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if status, _ := s.ask(t, "GET", "/keys/k", ""); status != 500 {
		t.Errorf("a damaged key: %d", status)
	}
	// The error does not show the file's content: it holds a private key.
	var k Key
	err = readJSON(files[0], &k)
	if err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Error(err)
	}
}

func TestData(t *testing.T) {
	for in, want := range map[string]string{`"-_8"`: "fbff", `"+/8="`: "fbff", `"+/8"`: "fbff", `""`: "", `"!"`: "error", `1`: "error"} {
		var d data
		got := "error"
		if err := json.Unmarshal([]byte(in), &d); err == nil {
			got = fmt.Sprintf("%x", []byte(d))
		}
		if got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

func TestGCM(t *testing.T) {
	s := newServer(t, Options{ManagedHSM: true})
	s.ask(t, "POST", "/keys/k/create", `{"kty":"oct-HSM"}`)
	_, sealed := s.ask(t, "POST", "/keys/k/encrypt", `{"alg":"A256GCM","value":"AQID","aad":"BA"}`)
	if sealed["iv"] == nil || sealed["tag"] == nil {
		t.Fatal(sealed)
	}
	body := fmt.Sprintf(`{"alg":"A256GCM","value":%q,"iv":%q,"tag":%q,"aad":"BA"}`, sealed["value"], sealed["iv"], sealed["tag"])
	if status, out := s.ask(t, "POST", "/keys/k/decrypt", body); status != 200 || out["value"] != "AQID" {
		t.Errorf("%d %v", status, out)
	}
	for _, edit := range [][2]string{{`"aad":"BA"`, `"aad":"BQ"`}, {`"iv":"`, `"iv":"AA`}, {"A256GCM", "A128GCM"}, {"A256GCM", "A256KW"}} {
		bad := strings.Replace(body, edit[0], edit[1], 1)
		if bad == body {
			t.Fatalf("%q changed nothing", edit)
		}
		if status, _ := s.ask(t, "POST", "/keys/k/decrypt", bad); status != 400 {
			t.Errorf("%q: %d", edit, status)
		}
	}
	for _, body := range []string{
		`{"alg":"A256CBC","value":"AQID","iv":"AAAAAAAAAAAAAAAAAAAAAA"}`, `{"alg":"A256CBCPAD","value":"AQID","iv":"AA"}`,
		`{"alg":"A256XTS","value":"AQID"}`, `{"alg":"","value":"AQID"}`,
	} {
		if status, _ := s.ask(t, "POST", "/keys/k/encrypt", body); status != 400 {
			t.Errorf("%s: %d", body, status)
		}
	}
	_, ct := s.ask(t, "POST", "/keys/k/encrypt", `{"alg":"A256CBCPAD","value":"AQID","iv":"AAAAAAAAAAAAAAAAAAAAAA"}`)
	_, pt := s.ask(t, "POST", "/keys/k/decrypt", fmt.Sprintf(`{"alg":"A256CBCPAD","value":%q,"iv":"AAAAAAAAAAAAAAAAAAAAAA"}`, ct["value"]))
	if pt["value"] != "AQID" {
		t.Errorf("CBCPAD: %v", pt)
	}
}
