package attest

import (
	"strings"
	"testing"
)

const (
	logKID = "https://contoso.vault.azure.net/keys/kek/0123456789abcdef0123456789abcdef"
	create = `{"time":"2026-11-22T09:00:00.1234567Z","resourceId":"/SUBSCRIPTIONS/X/VAULTS/CONTOSO","operationName":"KeyCreate","operationVersion":"7.6","category":"AuditEvent","resultType":"Success","resultSignature":"OK","durationMs":"78","callerIpAddress":"192.0.2.1","identity":{"claim":{"http://schemas.microsoft.com/identity/claims/objectidentifier":"d9da5048","appid":"x"}},"properties":{"id":"https://contoso.vault.azure.net/keys/kek/0123456789abcdef0123456789abcdef","requestUri":"https://contoso.vault.azure.net/keys/kek/create?api-version=7.6","httpStatusCode":200}}`
)

// TestAuditLog: the creation is found in each container; everything that is
// not just so is refused, or said not to be checked.
func TestAuditLog(t *testing.T) {
	edit := func(from, to string) string {
		out := strings.ReplaceAll(create, from, to)
		if out == create {
			t.Fatalf("%q is not in the record", from)
		}
		return out
	}
	imported := edit("KeyCreate", "KeyImport")
	for name, c := range map[string]struct{ file, form, created, imported string }{
		"object":           {`{"records":[` + create + `]}`, Holds, Holds, Holds},
		"lines":            {create + "\n" + edit("KeyCreate", "KeyGet") + "\n", Holds, Holds, Holds},
		"array":            {"[" + create + "]", Holds, Holds, Holds},
		"host in capitals": {edit("https://contoso", "https://CONTOSO"), Holds, Holds, Holds},
		"another version":  {edit("0123456789abcdef0123456789abcdef", "1123456789abcdef0123456789abcdef"), Holds, Fails, Holds},
		"another name":     {edit("/keys/kek", "/keys/kek2"), Holds, Fails, Holds},
		"name in part":     {edit("/keys/kek/", "/keys/kekulé/"), Holds, Fails, Holds},
		"failed":           {edit(`"Success"`, `"Failed"`), Holds, Fails, Holds},
		"twice":            {create + "\n" + create, Holds, Fails, Holds},
		"no version":       {edit(`/keys/kek/0123456789abcdef0123456789abcdef"`, `/keys/kek"`), Holds, NotChecked, Holds},
		"imported":         {imported, Holds, Fails, Fails},
		"both":             {create + "\n" + imported, Holds, Holds, Fails},
		"import failed":    {create + "\n" + strings.Replace(imported, "Success", "Failed", 1), Holds, Holds, Fails},
		"restored":         {create + "\n" + edit("KeyCreate", "KeyRestore"), Holds, Holds, Fails},
		"other import":     {create + "\n" + strings.ReplaceAll(imported, "/keys/kek", "/keys/target"), Holds, Holds, Holds},
		"another vault":    {edit("https://contoso", "https://fabrikam"), Fails, NotChecked, NotChecked},
		"empty":            {"", Fails, NotChecked, NotChecked},
		"no records":       {`{"records":[]}`, Fails, NotChecked, NotChecked},
		"cut":              {create[:300], Fails, NotChecked, NotChecked},
		"cut at its end":   {create + "\n" + create[:200], Fails, NotChecked, NotChecked},
		"member twice":     {strings.Replace(create, `"category"`, `"operationName"`, 1), Fails, NotChecked, NotChecked},
		"something else":   {`{"colour":"red"}`, Fails, NotChecked, NotChecked},
	} {
		got := VerifyLog([]byte(c.file), logKID)
		if len(got) != 3 || got[0].Result != c.form || got[1].Result != c.created || got[2].Result != c.imported {
			t.Errorf("%s:\n%s", name, list(got))
		}
	}
	if got := VerifyLog([]byte(create), "kek"); len(got) != 3 || len(Missing(got)) != 3 {
		t.Error(list(got))
	}
}

// FuzzVerifyLog: always the same checks, with words; none holds for a file
// that does not have the version in it.
func FuzzVerifyLog(f *testing.F) {
	f.Add([]byte(create))
	f.Add([]byte(`{"records":[` + create + `]}`))
	f.Fuzz(func(t *testing.T, file []byte) {
		got := VerifyLog(file, logKID)
		if len(got) != len(LogChecks()) {
			t.Fatal(list(got))
		}
		for i, one := range got {
			if one.ID != LogChecks()[i] || one.Found == "" || one.Wanted == "" {
				t.Fatal(list(got))
			}
		}
		if got[1].Result == Holds && !strings.Contains(strings.ToLower(string(file)), "keycreate") && !strings.Contains(string(file), `\u`) {
			t.Fatal("a creation that is not there")
		}
	})
}
