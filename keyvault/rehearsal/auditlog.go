package rehearsal

import (
	"encoding/json"
	"net/http"
	"os"
	"strings"
)

// auditFile is the audit log of the vault, one record a line, as a storage
// account has the log of a Key Vault.
const auditFile = "audit.log"

// AuditLogFile is the path of the audit log. The service keeps it apart from
// the vault, and minutes late; here it lies beside the keys.
func (s *Server) AuditLogFile() string { return s.path(auditFile) }

// operationNames are those of Azure Key Vault logging, for what the last part
// of a path asks for.
var operationNames = map[string]string{
	"create": "KeyCreate", "import": "KeyImport", "versions": "KeyListVersions", "recover": "KeyRecover", "attestation": "KeyGetAttestation",
	"sign": "KeySign", "verify": "KeyVerify", "encrypt": "KeyEncrypt", "decrypt": "KeyDecrypt", "wrapkey": "KeyWrap", "unwrapkey": "KeyUnwrap",
}

func operationName(r *http.Request) string {
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	if name := operationNames[parts[len(parts)-1]]; name != "" && len(parts) > 2 {
		return name
	}
	deleted := parts[0] == "deletedkeys"
	switch {
	case r.Method == http.MethodPut:
		return "KeyImport"
	case r.Method == http.MethodPatch:
		return "KeyUpdate"
	case r.Method == http.MethodDelete && deleted:
		return "KeyPurge"
	case r.Method == http.MethodDelete:
		return "KeyDelete"
	case len(parts) == 1:
		return "KeyList"
	case deleted:
		return "KeyGetDeleted"
	}
	return "KeyGet"
}

// audit appends a record of one request. A rehearsal goes on without it where
// the disk is full: the check of the log then says so.
func (s *Server) audit(c *call, answer any, status int) {
	id, result := s.URL()+"/keys/"+c.name, "Success"
	if b, ok := answer.(*bundle); ok && b != nil && b.Key != nil {
		id = b.Key.KID
	}
	if status >= http.StatusBadRequest {
		result = "Failed"
	}
	line, err := json.Marshal(map[string]any{
		"time": s.opts.Now().UTC(), "resourceId": "/SUBSCRIPTIONS/REHEARSAL/VAULTS/" + strings.ToUpper(s.id.Name),
		"operationName": operationName(c.Request), "operationVersion": c.URL.Query().Get("api-version"),
		"category": "AuditEvent", "resultType": result, "callerIpAddress": "127.0.0.1",
		"identity":   map[string]any{"claim": map[string]string{"http://schemas.microsoft.com/identity/claims/objectidentifier": s.id.ObjectID, "appid": s.id.ClientID}},
		"properties": map[string]any{"id": id, "requestUri": s.URL() + c.URL.RequestURI(), "httpStatusCode": status},
	})
	if err != nil {
		panic("rehearsal: internal error: " + err.Error())
	}
	_ = s.locked(func() error { return appendLine(s.AuditLogFile(), line) })
}

func appendLine(path string, line []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(append(line, '\n'))
	if closed := f.Close(); err == nil {
		err = closed
	}
	return err
}
