package azure

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/keyceremony/ceremony/keyvault"
)

// byStatus finds code and words for an answer of the service. Error codes of
// the service are compared first; its sentences only where it has no code.
func (v *vault) byStatus(a action, status int, body answer) *keyvault.Problem {
	switch {
	case status == http.StatusUnauthorized:
		return &keyvault.Problem{
			Code:    keyvault.Unauthorized,
			Title:   "The vault does not accept the sign-in.",
			Meaning: "The token is missing, expired or revoked, or the account was signed in elsewhere.",
			Remedy:  "Sign in again (vault.signin), then repeat the step.",
		}
	case status == http.StatusForbidden:
		return v.forbidden(a, body)
	case status == http.StatusNotFound:
		return &keyvault.Problem{
			Code:    keyvault.NotFound,
			Title:   fmt.Sprintf("The vault has no key %s.", a.object()),
			Meaning: "It was never there, it was deleted, or this version does not exist.",
			Remedy:  "Compare name and version with the plan; look among the deleted keys.",
		}
	case status == http.StatusConflict:
		return conflict(a, body)
	case status == http.StatusTooManyRequests:
		return &keyvault.Problem{
			Code:    keyvault.Throttled,
			Title:   "The vault has too many requests.",
			Meaning: "It did nothing, and asks to wait. Others may be using it heavily.",
			Remedy:  "Wait a minute, then repeat the step.",
		}
	case status == http.StatusBadRequest:
		return badRequest(a, body)
	case status >= 500, status == http.StatusRequestTimeout:
		p := &keyvault.Problem{
			Code:    keyvault.ServiceFault,
			Title:   "The vault has a fault of its own.",
			Meaning: "The service failed; this program did nothing wrong.",
			Remedy:  "Wait some minutes and look at the status page of Azure, then repeat the step.",
		}
		if a.write {
			markUnknown(p)
		}
		return p
	}
	return &keyvault.Problem{
		Code:    keyvault.BadRequest,
		Title:   fmt.Sprintf("The vault refuses to %s (status %d).", a.verb(), status),
		Meaning: "The service does not know the request in this form.",
		Remedy:  "Check the API version in the plan.",
	}
}

func (a action) object() string {
	if a.version == "" {
		return a.key
	}
	return a.key + " in version " + a.version
}

// verb names the action in a sentence.
func (a action) verb() string {
	return a.name + " the key " + a.key
}

func conflict(a action, body answer) *keyvault.Problem {
	m := strings.ToLower(body.Error.Message)
	if body.Error.Inner.Code == "ObjectIsDeletedButRecoverable" || strings.Contains(m, "deleted but recoverable") {
		return &keyvault.Problem{
			Code:    keyvault.NameDeleted,
			Title:   fmt.Sprintf("The name %s belongs to a deleted key.", a.key),
			Meaning: "A deleted key keeps its name until it is purged, by a person or after the retention time.",
			Remedy:  "Purge the deleted key where nobody needs it any more, or plan another name.",
		}
	}
	return &keyvault.Problem{
		Code:    keyvault.Conflict,
		Title:   fmt.Sprintf("The vault is still busy with the key %s.", a.key),
		Meaning: "It is being deleted, recovered or changed by somebody else.",
		Remedy:  "Find out who works on this key; wait a minute, then repeat the step.",
	}
}

// badRequest tells a request that cannot be right from a blob that is not.
func badRequest(a action, body answer) *keyvault.Problem {
	m := strings.ToLower(body.Error.Message)
	typed := body.Error.Inner.Code == "KeyTypeNotSupported"
	for _, word := range []string{"kty", "crv", "curve", "key operation", "key_ops", "key size"} {
		typed = typed || strings.Contains(m, word)
	}
	switch {
	case typed:
		return &keyvault.Problem{
			Code:    keyvault.KeyTypeOps,
			Title:   fmt.Sprintf("Type, curve and operations of the key %s do not go together.", a.key),
			Meaning: "EC keys only sign and verify; AES keys exist on Managed HSM only; import excludes all other operations; the key in the blob must be of the type that the plan says.",
			Remedy:  "Compare type, curve and ops of this key in the plan with the key in the HSM.",
		}
	case a.name == "import":
		return &keyvault.Problem{
			Code:    keyvault.BadBlob,
			Title:   "The vault refuses the key transfer blob.",
			Meaning: "It is malformed, or was not wrapped with the KEK that its kid names, or this KEK may not import any more.",
			Remedy:  "Run ceremony inspect on the blob; read the KEK back (enabled, expiry, only import). A wrong blob is wrapped again in a further attempt.",
		}
	}
	return &keyvault.Problem{
		Code:    keyvault.BadRequest,
		Title:   fmt.Sprintf("The vault refuses to %s: the request is not valid.", a.verb()),
		Meaning: "A value of the plan does not suit this vault.",
		Remedy:  "Compare the [[key]] and [vault] tables of the plan with what this vault can do.",
	}
}

// forbidden tells a missing role from a firewall and from a key that may not
// be used so.
func (v *vault) forbidden(a action, body answer) *keyvault.Problem {
	inner, m := body.Error.Inner.Code, body.Error.Message
	switch {
	case inner == "ForbiddenByFirewall", inner == "ForbiddenByConnection",
		strings.Contains(m, "caller is not a trusted service"), strings.Contains(m, "Public network access is disabled"):
		return &keyvault.Problem{
			Code:    keyvault.Firewall,
			Title:   "The firewall of the vault does not let this machine in.",
			Meaning: "The vault accepts requests from certain addresses or from its private endpoint only.",
			Remedy:  "Use the network that the vault allows, or let its owner add this address (Networking).",
		}
	case strings.Contains(m, "does not have keys"):
		return v.missingPolicy(a)
	case inner == "ForbiddenByRbac", strings.Contains(m, "Caller is not authorized to perform action on resource"),
		strings.Contains(m, "Not authorized to access Microsoft.KeyVault/managedHsm"):
		return v.missingRole(a)
	case strings.HasPrefix(inner, "Key"):
		return &keyvault.Problem{
			Code:    keyvault.Forbidden,
			Title:   fmt.Sprintf("A key does not allow to %s (%s).", a.name, printable(inner, 40)),
			Meaning: "The key is disabled, outside its time, or this operation is not among its operations. At an import the key is the KEK.",
			Remedy:  "Read the key back and compare it with the plan.",
		}
	case a.name == "purge":
		return &keyvault.Problem{
			Code:    keyvault.Forbidden,
			Title:   "The vault does not allow to purge keys.",
			Meaning: "Purge protection is on, or the account lacks the purge permission. The deleted key stays recoverable until the date that is shown.",
			Remedy:  "Record the date when the vault purges the key by itself.",
		}
	}
	return &keyvault.Problem{
		Code:    keyvault.Forbidden,
		Title:   fmt.Sprintf("The vault does not allow to %s.", a.verb()),
		Meaning: "A policy of the vault or of its subscription forbids it.",
		Remedy:  "Show the service's error code and request id to the vault's owner.",
	}
}

// role is the least built-in role that allows an action. (Key Vault: "RBAC
// guide"; Managed HSM: "built-in roles", where the Crypto Officer can not
// create or import, and only he can recover and purge.)
func (v *vault) role(a action) string {
	purge := a.name == "purge" || a.name == "recover"
	switch {
	case v.kind == keyvault.ManagedHSM && purge:
		return "Managed HSM Crypto Officer"
	case v.kind == keyvault.ManagedHSM:
		return "Managed HSM Crypto User"
	case a.crypto():
		return "Key Vault Crypto User"
	}
	return "Key Vault Crypto Officer"
}

func (a action) crypto() bool {
	switch a.name {
	case "sign", "verify", "encrypt", "decrypt", "wrap", "unwrap":
		return true
	}
	return false
}

func (v *vault) missingRole(a action) *keyvault.Problem {
	role := v.role(a)
	where := "the vault (Access control (IAM))"
	if v.kind == keyvault.ManagedHSM {
		where = "the Managed HSM's local RBAC, scope /keys (az keyvault role assignment create)"
	}
	return &keyvault.Problem{
		Code:    keyvault.MissingRole,
		Role:    role,
		Title:   fmt.Sprintf("The account may not %s: it lacks the role %s.", a.verb(), role),
		Meaning: "Nothing was done. Roles of the subscription, also Owner and Administrator, do not allow to use keys.",
		Remedy:  fmt.Sprintf("Let the vault's administrator assign %s to this account in %s. It takes effect within about ten minutes.", role, where),
	}
}

// missingPolicy is for vaults with the older access policies.
func (v *vault) missingPolicy(a action) *keyvault.Problem {
	permission := map[string]string{"wrap": "wrapKey", "unwrap": "unwrapKey", "read": "get"}[a.name]
	if permission == "" {
		permission = a.name
	}
	return &keyvault.Problem{
		Code:    keyvault.MissingRole,
		Role:    "access policy: keys/" + permission,
		Title:   fmt.Sprintf("The account may not %s: the vault's access policy does not give it the key permission %s.", a.verb(), permission),
		Meaning: "Nothing was done. This vault uses access policies, not roles.",
		Remedy:  "Let the vault's administrator add get, list, create, import, update, delete and purge (for keys) to the access policy of this account.",
	}
}
