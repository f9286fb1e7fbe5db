package rehearsal

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// versions of the API that are answered.
var apiVersions = []string{"7.4", "7.5", "7.6", "2025-07-01"}

var (
	keyName    = regexp.MustCompile(`^[0-9A-Za-z-]{1,127}$`)
	keyVersion = regexp.MustCompile(`^[0-9a-f]{32}$`)
)

// call is one authorized request to the key API.
type call struct {
	*http.Request
	w             http.ResponseWriter
	name, version string
}

// serveVault answers the key API.
func (s *Server) serveVault(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Ms-Keyvault-Region", "rehearsal")
	if !s.authorized(r) {
		s.challenge(w)
		return
	}
	c := &call{Request: r, w: w}
	answer, err := s.dispatch(c)
	status := http.StatusOK
	if err != nil {
		status = toFault(err, c.name).status
	}
	s.audit(c, answer, status)
	switch {
	case err != nil:
		refuse(w, toFault(err, c.name))
	case answer == nil:
		w.WriteHeader(http.StatusNoContent)
	default:
		reply(w, http.StatusOK, answer)
	}
}

func (s *Server) dispatch(c *call) (any, error) {
	if v := c.URL.Query().Get("api-version"); !slices.Contains(apiVersions, v) {
		return nil, badParameter("The specified version (%s) is not recognized. Consider using the latest supported version.", v)
	}
	parts := strings.Split(strings.Trim(c.URL.Path, "/"), "/")
	if len(parts) > 1 {
		if c.name = parts[1]; !keyName.MatchString(c.name) {
			return nil, badParameter("The request URI contains an invalid name: %s", c.name)
		}
	}
	switch parts[0] {
	case "keys":
		return s.dispatchKeys(c, parts[1:])
	case "deletedkeys":
		return s.dispatchDeleted(c, parts[1:])
	}
	return nil, noRoute(c)
}

func noRoute(c *call) *fault {
	return &fault{http.StatusNotFound, "NotFound", "", "The rehearsal vault does not know " + c.Method + " " + c.URL.Path}
}

// dispatchKeys routes what follows /keys.
func (s *Server) dispatchKeys(c *call, path []string) (any, error) {
	last := ""
	if len(path) > 1 {
		last = path[len(path)-1]
	}
	if len(path) > 1 && keyVersion.MatchString(path[1]) {
		c.version = path[1]
	}
	wanted := len(path) == 1 || len(path) == 2 && c.version != "" // /keys/NAME[/VERSION]
	switch {
	case len(path) == 0 && c.Method == http.MethodGet:
		return s.listNames(c, false)
	case wanted && c.Method == http.MethodGet:
		return s.getKey(c)
	case wanted && c.Method == http.MethodPatch:
		return s.updateKey(c)
	case len(path) == 1 && c.Method == http.MethodPut:
		return s.importKey(c)
	case len(path) == 1 && c.Method == http.MethodDelete:
		return s.deleteKey(c)
	case len(path) == 2 && last == "versions" && c.Method == http.MethodGet:
		return s.listVersions(c)
	case len(path) == 2 && last == "create" && c.Method == http.MethodPost:
		return s.createKey(c)
	case len(path) == 2 && last == "import" && c.Method == http.MethodPost:
		return s.importKey(c)
	case s.id.ManagedHSM && last == "attestation" && c.Method == http.MethodGet && (len(path) == 2 || len(path) == 3 && c.version != ""):
		return s.getAttestation(c)
	case c.Method == http.MethodPost && (len(path) == 2 || len(path) == 3 && c.version != ""):
		return s.operate(c, last)
	}
	return nil, noRoute(c)
}

// dispatchDeleted routes what follows /deletedkeys.
func (s *Server) dispatchDeleted(c *call, path []string) (any, error) {
	switch {
	case len(path) == 0 && c.Method == http.MethodGet:
		return s.listNames(c, true)
	case len(path) == 1 && c.Method == http.MethodGet:
		return s.getDeleted(c)
	case len(path) == 1 && c.Method == http.MethodDelete:
		return s.purgeKey(c)
	case len(path) == 2 && path[1] == "recover" && c.Method == http.MethodPost:
		return s.recoverKey(c)
	}
	return nil, noRoute(c)
}

// read decodes the request's JSON.
func (c *call) read(v any) error {
	if err := json.NewDecoder(c.Body).Decode(v); err != nil {
		return badParameter("The request body is not valid JSON.")
	}
	return nil
}
