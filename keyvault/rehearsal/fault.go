package rehearsal

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// fault is an error answer of the service.
type fault struct {
	status int
	code   string
	inner  string // innererror.code, "" if none
	text   string
}

func (f *fault) Error() string { return f.text }

// The error answers that were recorded, or are documented, in the words of
// the service.
var errUnauthorized = &fault{http.StatusUnauthorized, "Unauthorized", "", "AKV10000: Request is missing a Bearer or PoP token."}

func badParameter(format string, args ...any) *fault {
	return &fault{http.StatusBadRequest, "BadParameter", "", fmt.Sprintf(format, args...)}
}

func kvNotFound(name string) *fault {
	return &fault{http.StatusNotFound, "KeyNotFound", "", "A key with (name/id) " + name + " was not found in this key vault. If you recently deleted this key you may be able to recover it using the correct recovery command."}
}

func deletedNotFound(name string) *fault {
	return &fault{http.StatusNotFound, "KeyNotFound", "", "Deleted Key not found: " + name}
}

func nameDeleted(name string) *fault {
	return &fault{http.StatusConflict, "Conflict", "ObjectIsDeletedButRecoverable", "Key " + name + " is currently in a deleted but recoverable state, and its name cannot be reused; in this state, the key can only be recovered or purged."}
}

func forbidden(inner, format string, args ...any) *fault {
	return &fault{http.StatusForbidden, "Forbidden", inner, fmt.Sprintf(format, args...)}
}

func ktyNotSupported(kty string) *fault {
	return &fault{http.StatusBadRequest, "BadParameter", "KeyTypeNotSupported", "Invalid kty value: " + kty}
}

// toFault gives errors of the store the service's form.
func toFault(err error, name string) *fault {
	var f *fault
	switch {
	case errors.As(err, &f):
		return f
	case errors.Is(err, ErrNoKey):
		return kvNotFound(name)
	case errors.Is(err, ErrNameDeleted):
		return nameDeleted(name)
	}
	return &fault{http.StatusInternalServerError, "InternalServerError", "", err.Error()}
}

// refuse writes an error answer.
func refuse(w http.ResponseWriter, f *fault) {
	e := map[string]any{"code": f.code, "message": f.text}
	if f.inner != "" {
		e["innererror"] = map[string]any{"code": f.inner}
	}
	reply(w, f.status, map[string]any{"error": e})
}

func reply(w http.ResponseWriter, status int, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b) // a client that went away needs no answer
}
