package byok

import "slices"

// The checks of Lint, in their order.
const (
	CheckJSON       = "blob.json"       // the file is one JSON object
	CheckMembers    = "blob.members"    // it has each member once, and no other
	CheckSchema     = "blob.schema"     // schema_version
	CheckAlg        = "blob.alg"        // header.alg
	CheckEnc        = "blob.enc"        // header.enc
	CheckKID        = "blob.kid"        // header.kid is well-formed, with a version
	CheckKEK        = "blob.kek"        // header.kid is the KEK of this ceremony, or of its vault
	CheckCiphertext = "blob.ciphertext" // ciphertext is base64url of something that is no plain key
	CheckLength     = "blob.length"     // its length is that of the key under the KEK
	CheckGenerator  = "blob.generator"  // generator says what made it
)

// Checks lists the ids of the checks that Lint makes, in order.
func Checks() []string {
	return []string{
		CheckJSON, CheckMembers, CheckSchema, CheckAlg, CheckEnc,
		CheckKID, CheckKEK, CheckCiphertext, CheckLength, CheckGenerator,
	}
}

// Severity is what it means if a check does not hold.
type Severity string

// The severities of a check.
const (
	SeverityNote Severity = "note" // people should know; the blob may be imported
	SeverityStop Severity = "stop" // the blob must not be imported
)

// Finding is the result of one check of Lint.
type Finding struct {
	Check      string   `json:"check"`
	Severity   Severity `json:"severity"`
	OK         bool     `json:"ok"`          // the check holds
	NotChecked bool     `json:"not_checked"` // the check could not be made; OK is false
	Found      string   `json:"found"`
	Wanted     string   `json:"wanted"`
	Meaning    string   `json:"meaning,omitempty"` // what it means and what to do, in sentences; "" where nothing is to say
}

// Stops reports whether the finding forbids an import: a check that was made
// and does not hold.
func (f Finding) Stops() bool { return f.Severity == SeverityStop && !f.OK && !f.NotChecked }

// Holds reports whether no finding stops.
func Holds(findings []Finding) bool { return !slices.ContainsFunc(findings, Finding.Stops) }

// Expect is what is known of a blob before it is read. Empty fields are not
// compared.
type Expect struct {
	KID       string  // of the KEK, with version
	VaultHost string  // HOST or HOST:PORT
	KEKBits   int     // 2048, 3072, 4096
	Type      KeyType // of the target key
}

// Lint makes every check of Checks on a .byok file, each once and in order,
// whether it holds or not. A check that depends on one that fails is not
// checked, and says so.
func Lint(file []byte, e Expect) []Finding {
	_, findings := inspect(file, e)
	return findings
}

// inspect makes all checks and returns the blob as far as it was understood.
func inspect(file []byte, e Expect) (Blob, []Finding) {
	l := &linter{}
	m := l.structure(file)
	if m == nil {
		for _, id := range Checks()[len(l.findings):] {
			l.skip(id, "the file could not be read")
		}
		return Blob{}, l.findings
	}
	l.constant(CheckSchema, "schema_version", m.schema, SchemaVersion, "")
	l.constant(CheckAlg, "alg", m.alg, HeaderAlg, "")
	l.constant(CheckEnc, "enc", m.enc, HeaderEnc, explainEnc(m.enc))
	l.kid(m.kid, e)
	ciphertext := l.ciphertext(m.ciphertext)
	l.length(ciphertext, e)
	l.generator(m.generator)
	return Blob{KID: m.kid, Ciphertext: ciphertext, Generator: m.generator}, l.findings
}

// linter collects findings.
type linter struct{ findings []Finding }

func (l *linter) add(f Finding) {
	if f.Severity == "" {
		f.Severity = SeverityStop
	}
	l.findings = append(l.findings, f)
}

func (l *linter) ok(check, found, wanted, meaning string) {
	l.add(Finding{Check: check, OK: true, Found: found, Wanted: wanted, Meaning: meaning})
}

func (l *linter) stop(check, found, wanted, meaning string) {
	l.add(Finding{Check: check, Found: found, Wanted: wanted, Meaning: meaning})
}

func (l *linter) skip(check, why string) {
	f := Finding{Check: check, NotChecked: true, Found: "not checked", Wanted: "a check", Meaning: "Not checked: " + why + "."}
	if check == CheckGenerator {
		f.Severity = SeverityNote
	}
	l.add(f)
}

// constant checks a member that has one value.
func (l *linter) constant(check, name, found, wanted, meaning string) {
	switch {
	case found == wanted:
		l.ok(check, shown(found), shown(wanted), "")
	case meaning != "":
		l.stop(check, shown(found), shown(wanted), meaning)
	default:
		l.stop(check, shown(found), shown(wanted), "The vault takes no other value of "+name+". Make the blob again with a tool that follows the BYOK specification.")
	}
}

// explainEnc knows the values of enc that belong to releases, not to imports.
func explainEnc(enc string) string {
	switch enc {
	case "RSA_AES_KEY_WRAP_256", "RSA_AES_KEY_WRAP_384":
		return "This value is for keys that a vault releases, with OAEP over SHA-2. An import needs OAEP over SHA-1: wrap the key again."
	default:
		return ""
	}
}

// kid makes the checks blob.kid and blob.kek.
func (l *linter) kid(found string, e Expect) {
	kid, err := ParseKID(found)
	if err != nil {
		l.stop(CheckKID, shown(found), wantKID, explainKID(err))
		l.skip(CheckKEK, "the kid could not be read")
		return
	}
	l.ok(CheckKID, shown(found), wantKID, "")
	switch {
	case e.VaultHost != "" && kid.Host != e.VaultHost:
		l.stop(CheckKEK, "a KEK of "+kid.Host, "a KEK of "+e.VaultHost,
			"The key was wrapped for another vault. No other vault can unwrap it: wrap it again under the KEK of this vault.")
	case e.KID != "" && found == e.KID:
		l.ok(CheckKEK, shown(found), shown(e.KID), "")
	case e.KID != "":
		l.stop(CheckKEK, shown(found), shown(e.KID), explainOtherKEK(kid, e.KID))
	case e.VaultHost != "":
		l.ok(CheckKEK, "a KEK of "+kid.Host, "a KEK of "+e.VaultHost, "Which KEK of the vault it must be was not given.")
	default:
		l.skip(CheckKEK, "it is not known which KEK it must be")
	}
}

// explainKID says what to do about a kid that does not parse.
func explainKID(err error) string {
	e, ok := err.(*FormatError)
	if !ok {
		return ""
	}
	switch e.Code {
	case "version":
		return "A kid without its full version names whichever version is the latest when it is read. Take the kid from \"az keyvault key show\", with the version."
	case "scheme":
		return "Take the kid from \"az keyvault key show\" and paste all of it."
	default:
		return "The " + e.Code + " of the kid is wrong: " + e.Found + ", wanted " + e.Wanted + "."
	}
}

// explainOtherKEK says in which part two kids differ.
func explainOtherKEK(found KID, wanted string) string {
	w, err := ParseKID(wanted)
	const again = " The private half that fits is not there: wrap the key again under the KEK of this ceremony."
	switch {
	case err != nil:
		return "The kids differ."
	case found.Host != w.Host:
		return "The kids differ in the vault." + again
	case found.Name != w.Name:
		return "The kids differ in the key's name: the key was wrapped under another KEK." + again
	default:
		return "The kids differ in the version: the key was wrapped under another version of the KEK." + again
	}
}

const wantGenerator = "a printable text of up to 256 bytes"

// generator is a note: the vault ignores it, people do not.
func (l *linter) generator(s string) {
	f := Finding{Check: CheckGenerator, Severity: SeverityNote, OK: printable(s), Found: shown(s), Wanted: wantGenerator}
	if !f.OK {
		f.Meaning = "The generator names the tool and the HSM that made the blob, for support cases. The vault does not use it."
	}
	l.add(f)
}
