package attest

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/keyceremony/ceremony/byok"
)

// The checks of a Key Vault's audit log.
const (
	CheckLog         = "auditlog.form"         // it is an audit log of this vault
	CheckCreated     = "auditlog.create"       // it has the creation of this version
	CheckNotImported = "auditlog.not-imported" // and no import under this name
)

// LogChecks lists the ids of the checks of an audit log, in order.
func LogChecks() []string { return []string{CheckLog, CheckCreated, CheckNotImported} }

// Bounds of an audit log.
const (
	maxLog     = 64 << 20
	maxRecords = 200_000
)

// logRecord is what is read of a record of the category AuditEvent (Azure Key
// Vault logging). The service adds members from time to time, so others are
// passed over.
type logRecord struct {
	Time      time.Time `json:"time"`
	Operation string    `json:"operationName"`
	Result    string    `json:"resultType"`
	Caller    string    `json:"callerIpAddress"`
	Identity  struct {
		Claim map[string]jsontext.Value `json:"claim"`
	} `json:"identity"`
	Properties struct {
		ID  string `json:"id"` // the key's identifier
		URI string `json:"requestUri"`
	} `json:"properties"`
}

// VerifyLog looks in the audit log of a Key Vault for the creation of one
// version of a key, and for anything that brought a key under its name from
// elsewhere. It is for Key Vaults, which attest nothing.
//
// The log is signed by nobody. It convinces as far as whoever fetched it is
// somebody else than whoever made the KEK, and it says nothing of the time
// that it does not cover. That properties.id of a creation names the version
// is not documented: a log without it is told as not checked.
//
// The file is {"records": [...]}, one record a line as storage accounts have
// it, or an array of records.
func VerifyLog(file []byte, kid string) []Finding {
	v := &verifier{}
	want, err := byok.ParseKID(kid)
	if err != nil {
		v.skip(CheckLog, "the key's identifier", "it is not known")
		v.skipLog()
		return v.findings
	}
	const wanted = "records of the audit log of "
	list, err := parseLog(file)
	if err == nil {
		list = slices.DeleteFunc(list, func(r logRecord) bool { return !r.ofVault(want.Host) })
		if len(list) == 0 {
			err = errors.New("no record of this vault")
		}
	}
	if err != nil {
		v.check(CheckLog, false, err.Error(), wanted+want.Host, "Export it again from the storage account (container insights-logs-auditevent), for the hour of the creation.")
		v.skipLog()
		return v.findings
	}
	slices.SortStableFunc(list, func(a, b logRecord) int { return a.Time.Compare(b.Time) })
	v.check(CheckLog, true, fmt.Sprintf("%d records from %s to %s", len(list), stamp(list[0].Time), stamp(list[len(list)-1].Time)), wanted+want.Host, "")
	v.created(list, want)
	v.notImported(list, want)
	return v.findings
}

func (v *verifier) skipLog() {
	for _, id := range LogChecks()[1:] {
		v.skip(id, "a check", "the log could not be read")
	}
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// parseLog reads records in any of the three containers.
func parseLog(file []byte) (list []logRecord, err error) {
	if len(file) > maxLog {
		return nil, fmt.Errorf("%d bytes, wanted %d at most", len(file), maxLog)
	}
	d := jsontext.NewDecoder(bytes.NewReader(file))
	for d.PeekKind() != 0 && len(list) <= maxRecords {
		value, err := d.ReadValue()
		if err != nil {
			break
		}
		some, err := records(value)
		if err != nil {
			return nil, err
		}
		list = append(list, some...)
	}
	if d.PeekKind() != 0 || int(d.InputOffset()) < len(bytes.TrimRight(file, " \t\r\n")) {
		return nil, fmt.Errorf("no JSON, or too much of it, from byte %d on", d.InputOffset())
	}
	if len(list) == 0 {
		return nil, errors.New("no record")
	}
	return list, nil
}

func records(value jsontext.Value) (list []logRecord, err error) {
	var all struct {
		Records *[]logRecord `json:"records"`
	}
	switch {
	case value.Kind() == '[':
		err = json.Unmarshal(value, &list)
	case json.Unmarshal(value, &all) == nil && all.Records != nil:
		return *all.Records, nil
	default:
		var one logRecord
		if err = json.Unmarshal(value, &one); err == nil && one.Operation == "" {
			err = errors.New("no operation")
		}
		list = []logRecord{one}
	}
	if err != nil {
		return nil, errors.New("a record that is none of an audit log")
	}
	return list, nil
}

// ofVault compares the vault's host with that of the request, in any case.
func (r logRecord) ofVault(host string) bool {
	return r.under("https://"+host+"/", r.Properties.ID) || r.under("https://"+host+"/", r.Properties.URI)
}

func (logRecord) under(prefix, s string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// names tells whether a record is about a key, and about which version; ""
// where it names none.
func (r logRecord) names(want byok.KID) (version string, ok bool) {
	prefix := "https://" + want.Host + "/keys/" + want.Name
	for _, s := range []string{r.Properties.ID, r.Properties.URI} {
		if !r.under(prefix, s) {
			continue
		}
		rest, _, _ := strings.Cut(s[len(prefix):], "?")
		if rest == "" || rest[0] == '/' {
			version, _, _ = strings.Cut(strings.TrimPrefix(rest, "/"), "/")
			return strings.ToLower(version), true
		}
	}
	return "", false
}

func (r logRecord) succeeded() bool { return strings.EqualFold(r.Result, "Success") }

// created wants one creation of this version.
func (v *verifier) created(list []logRecord, want byok.KID) {
	wanted := "one KeyCreate of version " + want.Version
	var exact, other []logRecord
	unnamed := 0
	for _, r := range list {
		version, ok := r.names(want)
		switch {
		case !ok || r.Operation != "KeyCreate" || !r.succeeded():
		case version == want.Version:
			exact = append(exact, r)
		case len(version) == len(want.Version):
			other = append(other, r)
		default:
			unnamed++
		}
	}
	switch {
	case len(exact) == 1:
		v.check(CheckCreated, true, "KeyCreate at "+stamp(exact[0].Time)+" by "+exact[0].who()+" from "+shown(exact[0].Caller), wanted, "")
	case len(exact) > 1:
		v.check(CheckCreated, false, fmt.Sprintf("%d of them", len(exact)), wanted, "A version is created once. The log was put together by hand.")
	case unnamed > 0:
		v.skip(CheckCreated, wanted, "the log has a KeyCreate of this name, without the version")
	default:
		v.check(CheckCreated, false, fmt.Sprintf("none; %d of other versions", len(other)), wanted,
			"The log does not cover the creation, or the vault did not make this key. It is written minutes later: export it again; if it stays so, do not use the key.")
	}
}

// who gives the object id, or the application's, of the caller.
func (r logRecord) who() string {
	for _, claim := range []string{"http://schemas.microsoft.com/identity/claims/objectidentifier", "oid", "appid"} {
		var s string
		if json.Unmarshal(r.Identity.Claim[claim], &s) == nil && s != "" {
			return shown(s)
		}
	}
	return "somebody"
}

// brought are the operations that bring a key from elsewhere.
var brought = []string{"KeyImport", "KeyRestore"}

// notImported wants that nobody tried to bring a key under this name, whatever
// came of it and whatever version it became.
func (v *verifier) notImported(list []logRecord, want byok.KID) {
	wanted := "no " + strings.Join(brought, " or ") + " of " + want.Name
	for _, r := range list {
		if _, ok := r.names(want); ok && slices.Contains(brought, r.Operation) {
			v.check(CheckNotImported, false, r.Operation+" ("+shown(r.Result)+") at "+stamp(r.Time)+" by "+r.who(), wanted,
				"Somebody brought a key under the KEK's name, and may have its private half. Do not use the key; find out who.")
			return
		}
	}
	v.check(CheckNotImported, true, "none", wanted, "")
}
