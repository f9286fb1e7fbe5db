package steps

import (
	"strings"

	"github.com/keyceremony/ceremony/byok"
	"github.com/keyceremony/ceremony/keyvault"
	"github.com/keyceremony/ceremony/plan"
)

// This file has the commands with which people get the KEK, and the evidence
// of its origin, without this program. None needs more than stock tools.

// kekCommands are shown in the room: where the KEK is, and the shortest way.
func kekCommands(r *Run) []Line {
	id, err := byok.ParseKID(factKID.Get(r))
	if err != nil {
		return nil
	}
	lines := []Line{{Label: "Vault host", Value: id.Host}, {Label: "KEK version", Value: id.Version}}
	lines = append(lines, cliPath(r.c.plan, id.Host, id.Name, id.Version)...)
	if !r.c.plan.Rehearsal {
		lines = append(lines, Line{Label: "Another way", Value: "REST" + orPortal(r.c.plan) + ": the commands are in the printed script"})
	}
	return lines
}

// kekPaths are printed: every way to the KEK's code, so that two operators can
// take two. Nobody knows the version yet; the name has one alone.
func kekPaths(p *plan.Plan) []Line {
	host, name := p.Vault.Host(), p.KEK.Name
	lines := append([]Line{{Label: "Vault host", Value: host}}, cliPath(p, host, name, "")...)
	if p.Rehearsal {
		return lines
	}
	_, service, _ := strings.Cut(host, ".")
	lines = append(lines,
		Line{Label: "By REST, a token (or from PowerShell, or an SDK)", Value: "TOKEN=$(az account get-access-token --resource https://" + service + " --query accessToken -o tsv)", Mono: true},
		Line{Label: "By REST, get it", Value: `curl -sSf -H "Authorization: Bearer $TOKEN" "https://` + host + "/keys/" + name + "?api-version=" + p.Vault.API + `" > kek.json`, Mono: true},
		Line{Label: "By REST, its code", Value: webKeyCommand, Mono: true},
	)
	if orPortal(p) != "" {
		lines = append(lines, Line{Label: "By the portal", Value: "Key vaults, " + vaultName(host) + ", Objects, Keys, " + name + ", the version, Download public key; then the code as with az"})
	}
	return append(lines, Line{Label: "Who takes which", Value: "each operator another one, on an own machine, account and network"})
}

// orPortal is the portal where it shows the vault's keys.
func orPortal(p *plan.Plan) string {
	if vaultKind(p) == keyvault.ManagedHSM {
		return ""
	}
	return " or the portal"
}

func vaultName(host string) string {
	name, _, _ := strings.Cut(host, ".")
	return name
}

// vaultFlag names the vault to the Azure CLI.
func vaultFlag(p *plan.Plan, host string) string {
	if vaultKind(p) == keyvault.ManagedHSM {
		return "--hsm-name " + vaultName(host)
	}
	return "--vault-name " + vaultName(host)
}

// cliPath is the way of the Azure CLI; without a version it gets the latest.
func cliPath(p *plan.Plan, host, name, version string) []Line {
	get := "az keyvault key download " + vaultFlag(p, host) + " --name " + name
	if version != "" {
		get += " --version " + version
	}
	get += " --encoding PEM --file kek.pem"
	label := "By az, get it"
	if p.Rehearsal {
		label, get = "Get it", "ceremony rehearsal-vault --dir VAULT --key "+name+" > kek.pem"
	}
	return []Line{{Label: label, Value: get, Mono: true}, {Label: "Its code", Value: codeCommand, Mono: true}}
}

// evidencePaths are printed: how somebody else gets the evidence.
func evidencePaths(p *plan.Plan) []Line {
	lines := evidenceLines(p)
	if p.Rehearsal {
		return lines
	}
	host := p.Vault.Host()
	if vaultKind(p) == keyvault.ManagedHSM {
		return append(lines,
			Line{Label: "Get it alone", Value: "az keyvault key get-attestation " + vaultFlag(p, host) + " --name " + p.KEK.Name + " --file attestation.json", Mono: true},
			Line{Label: "Check it alone", Value: "ceremony inspect attestation.json --kek kek.pem --plan plan.toml", Mono: true})
	}
	if p.Evidence.AuditLog == "none" {
		return lines
	}
	return append(lines,
		Line{Label: "The log is", Value: "in the storage account of the vault's diagnostic setting (AuditEvent), container insights-logs-auditevent, resourceId=/SUBSCRIPTIONS/…/VAULTS/" + strings.ToUpper(vaultName(host)) + "/y=…/m=…/d=…/h=…/m=00/PT1H.json: the hour, in UTC, in which the KEK was created"},
		Line{Label: "Get it", Value: "az storage blob download --auth-mode login --account-name ACCOUNT --container-name insights-logs-auditevent --name PATH --file PT1H.json", Mono: true},
		Line{Label: "Check it alone", Value: "ceremony inspect PT1H.json --kid KID", Mono: true})
}

// codeCommand computes a code with stock tools.
const codeCommand = `openssl pkey -pubin -in kek.pem -outform DER | python3 -c 'import sys,hashlib as h;d=sys.stdin.buffer.read() or sys.exit("no key");c="%035d"%(int(h.sha256(d).hexdigest(),16)%10**35);print(*[c[i:i+5] for i in range(0,35,5)])'`

// webKeyCommand computes the same code from the answer of the vault's REST
// interface: it writes the SubjectPublicKeyInfo of n and e (RFC 3279, 2.3.1).
const webKeyCommand = `python3 -c 'import sys,json,base64,hashlib as h;k=json.load(sys.stdin)["key"];t=lambda g,v:bytes([g])+(bytes([len(v)]) if len(v)<128 else b"\x82"+len(v).to_bytes(2,"big"))+v;n=lambda s:(lambda x:t(2,x.to_bytes(x.bit_length()//8+1,"big")))(int.from_bytes(base64.urlsafe_b64decode(s+"=="),"big"));d=t(48,bytes.fromhex("300d06092a864886f70d0101010500")+t(3,b"\0"+t(48,n(k["n"])+n(k["e"]))));c="%035d"%(int(h.sha256(d).hexdigest(),16)%10**35);print(*[c[i:i+5] for i in range(0,35,5)])' < kek.json`
