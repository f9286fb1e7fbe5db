package inspect

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/plan"
	"github.com/keyceremony/ceremony/transfer"
)

// signature names who signed what, and verifies it where the signed file lies
// beside.
func (s *subject) signature() {
	s.is("a signature (SSHSIG)")
	const wanted = "the one form of an SSH signature"
	sig, err := sshsig.Unarmor(s.file)
	if err != nil {
		s.check("signature.form", false, "it cannot be read", wanted, "The file is cut or was edited.")
		return
	}
	keys := []ssh.PublicKey{sig.PublicKey}
	err = audit.VerifySig(s.file, keys, sig.Namespace, nil)
	form := err == nil || errors.Is(err, audit.ErrSignature)
	s.check("signature.form", form, map[bool]string{true: "the one form", false: fmt.Sprint(err)}[form], wanted, "")
	s.line("namespace", audit.Visible(sig.Namespace))
	s.line("key", sig.PublicKey.Type()+" "+ssh.FingerprintSHA256(sig.PublicKey))
	s.signer(sig.PublicKey)
	s.signed(keys, sig.Namespace)
}

// signer looks the key up in the plan.
func (s *subject) signer(key ssh.PublicKey) {
	const wanted = "a person of the plan"
	if s.Plan == nil {
		s.skip("signature.person", wanted, "no plan was given (--plan)")
		return
	}
	for _, p := range s.Plan.Roster() {
		for _, k := range p.Keys {
			if bytes.Equal(k.Marshal(), key.Marshal()) {
				s.check("signature.person", true, p.Name+", "+p.Role, wanted, "")
				return
			}
		}
	}
	s.check("signature.person", false, "nobody of the plan", wanted, "The key is not in this plan: the signature says nothing about this ceremony.")
}

// signed finds the file by the signature's name: NAME.sig or NAME.WHO.sig.
func (s *subject) signed(keys []ssh.PublicKey, namespace string) {
	const wanted = "a signature of the file beside it"
	name, ok := strings.CutSuffix(s.name, ".sig")
	if !ok || s.Beside == nil {
		s.skip("signature.file", wanted, "the signed file is not known")
		return
	}
	file, err := s.Beside(name)
	if err != nil {
		name = strings.TrimSuffix(name, filepath.Ext(name))
		file, err = s.Beside(name)
	}
	if err != nil {
		s.skip("signature.file", wanted, "the signed file does not lie beside it")
		return
	}
	err = audit.VerifySig(s.file, keys, namespace, file)
	s.check("signature.file", err == nil, map[bool]string{true: "signs " + name, false: fmt.Sprint(err)}[err == nil], wanted,
		"")
}

func (s *subject) statement() {
	s.is("a statement that a person signs")
	st, err := audit.ParseStatement(s.file)
	if err != nil {
		s.check("statement.form", false, err.Error(), "a statement in its one form", "It was edited, or written by another program.")
		return
	}
	s.check("statement.form", true, "its one form", "a statement in its one form", "")
	s.line("ceremony", st.Ceremony+" ("+st.Mode+"), stage "+st.Stage+", step "+st.Step)
	s.line("person", st.Person+", "+st.Role)
	s.line("action", st.Action)
	for _, about := range st.Subjects {
		s.line("subject", about)
	}
	s.line("head", fmt.Sprintf("%s up to record %d: %s", st.Head.Log, st.Head.Seq, st.Head.SHA256))
	s.skip("statement.signature", "a signature of the person", "inspect the file "+s.name+".sig")
}

// log reads every line, and lists the checks that did not hold.
func (s *subject) log() {
	s.is("a log of a ceremony")
	name := s.name
	if audit.LogSide(name) == "" {
		name = map[bool]string{true: "offline.log", false: "online.log"}[bytes.Contains(firstLine(s.file), []byte(`"side":"offline"`))]
	}
	n, closed := 0, false
	var bad []string
	head, err := audit.ReadLog(s.file, name, func(r audit.Record) error {
		if n++; n == 1 {
			s.line("ceremony", r.Cer)
			s.line("side", r.Side)
		}
		closed = r.Ev == audit.EvClose
		var end audit.End
		if r.Ev == audit.EvEnd && r.Decode(&end) == nil {
			for _, c := range end.Checks {
				if c.Result != audit.ResultHolds {
					bad = append(bad, r.Step+": "+c.ID+" "+c.Result)
				}
			}
		}
		return nil
	})
	if err != nil {
		s.check("log.form", false, err.Error(), "every line in its form, and chained to all before it", "The log was changed after it was written. Compare it with another copy.")
		return
	}
	s.check("log.form", true, fmt.Sprintf("%d records, each chained to all before it", n), "every line in its form, and chained to all before it", "")
	s.check("log.closed", closed, map[bool]string{true: "closed", false: "open"}[closed], "closed by its last record", "The ceremony goes on, or was left. Its end may also have been cut off.")
	s.Checks[len(s.Checks)-1].Note = true
	s.line("head", head.SHA256.String())
	s.line("head's code", head.SHA256.Code())
	for _, b := range bad {
		s.line("did not hold", b)
	}
	s.Do = "Compare the head's code with the sheet. Alone a log proves nothing: ceremony verify checks the folder."
}

func firstLine(b []byte) []byte {
	line, _, _ := bytes.Cut(b, []byte("\n"))
	return line
}

func isManifest(b []byte) bool {
	m, err := audit.ParseManifest(b)
	return err == nil && len(m) > 0
}

func (s *subject) manifest() {
	s.is("a manifest, as sha256sum writes it")
	m, err := audit.ParseManifest(s.file)
	s.files(m, err)
	s.Do = "Its signatures lie beside it, as " + s.name + ".WHO.sig: inspect them too."
}

// files compares the digests with what lies beside.
func (s *subject) files(m audit.Manifest, err error) {
	const wanted = "the files that it lists"
	if err != nil {
		s.check("manifest.form", false, err.Error(), "lines of digest and name, sorted", "It was edited.")
		return
	}
	s.check("manifest.form", true, fmt.Sprintf("%d files", len(m)), "lines of digest and name, sorted", "")
	if s.Beside == nil {
		s.skip("manifest.files", wanted, "the folder is not known")
		return
	}
	missing, other := []string{}, []string{}
	for _, f := range m {
		file, err := s.Beside(f.Name)
		if err != nil {
			missing = append(missing, f.Name)
		} else if digest.Of(file) != f.SHA256 {
			other = append(other, f.Name)
		}
	}
	switch {
	case len(other) > 0:
		s.check("manifest.files", false, "changed: "+strings.Join(other, ", "), wanted, "These are not the files that were listed.")
	case len(missing) > 0:
		s.skip("manifest.files", wanted, "not beside it: "+strings.Join(missing, ", "))
	default:
		s.check("manifest.files", true, "all, unchanged", wanted, "")
	}
}

// bundleHeader reads the lines before the digests, and the last one.
func bundleHeader(file []byte) (fields map[string]string, files []byte, whole bool) {
	fields = map[string]string{}
	at := bytes.LastIndex(file, []byte("# end: "))
	if at < 0 {
		return fields, nil, false
	}
	whole = string(file[at:]) == "# end: "+digest.Of(file[:at]).String()+"\n"
	for line := range bytes.Lines(file[:at]) {
		if name, value, ok := strings.Cut(strings.TrimSpace(strings.TrimPrefix(string(line), "# ")), ": "); ok && line[0] == '#' {
			fields[name] = value
		} else if line[0] != '#' {
			files = append(files, line...)
		}
	}
	return fields, files, whole
}

// list is BUNDLE.sha256.
func (s *subject) list() {
	s.is("the list of a bundle (BUNDLE.sha256)")
	fields, files, whole := bundleHeader(s.file)
	s.check("bundle.end", whole, map[bool]string{true: "the digest of all before it", false: "another digest, or none"}[whole],
		"a last line with the digest of all before it", "The list was changed or cut.")
	for _, name := range []string{"ceremony", "run", "mode", "from", "attempt", "log", "seq", "head"} {
		s.line(name, audit.Visible(fields[name]))
	}
	m, err := audit.ParseManifest(files)
	s.files(m, err)
	s.Do = "The list is not signed. The seal in the bundle is: the ceremony checks it at the next stage."
}

// Folder says what a folder is: a bundle, which is read as a ceremony would, or
// the folder of a ceremony.
func Folder(path string, c Context) Report {
	s := &subject{Context: c}
	s.Name, s.Checks, s.Azure = path, []Check{}, "Nothing: it never sees such a folder."
	if full, err := filepath.Abs(path); err == nil {
		path = full // "." has no name to compare
	}
	s.name = filepath.Base(path)
	head, err := readList(path)
	if inside, _ := fs.Glob(os.DirFS(path), "keyceremony-*/"+transfer.ListName); err != nil && len(inside) == 1 {
		return Folder(filepath.Join(path, filepath.Dir(inside[0])), c) // path is the medium
	}
	if err != nil {
		s.is("a folder that is no bundle")
		s.check("bundle.form", false, "no "+transfer.ListName, "a bundle", "")
		s.Do = "Inspect its files one by one."
		if _, err := os.Stat(filepath.Join(path, "plan.toml")); err == nil {
			s.is("the folder of a ceremony")
			s.Do = "ceremony verify checks all of it."
		}
		return s.Report
	}
	s.is("a bundle, which crosses the gap")
	fields, _, _ := bundleHeader(head)
	for _, name := range []string{"ceremony", "run", "mode", "from", "attempt"} {
		s.line(name, audit.Visible(fields[name]))
	}
	want := transfer.Want{Ceremony: fields["ceremony"], Run: fields["run"], Mode: fields["mode"], From: fields["from"]}
	_, _ = fmt.Sscan(fields["attempt"], &want.Attempt) // 0 fits any
	b, err := transfer.Read(filepath.Dir(path), want)
	if err == nil && b.Folder != s.name {
		err = fmt.Errorf("the folder is named %s", audit.Visible(s.name))
	}
	s.check("bundle.form", err == nil, map[bool]string{true: fmt.Sprintf("%d files, each as listed", len(b.Files)), false: fmt.Sprint(err)}[err == nil],
		"a whole bundle, each file as listed", "Copy it anew from the medium, or write it again: ceremony export.")
	s.planOf(b.Files["plan.toml"])
	s.Do = "That the people of the plan sealed it the ceremony checks at the next stage."
	return s.Report
}

// readList reads the list of a bundle. A pipe in its place would keep the
// reader waiting, and a file without end fill the memory.
func readList(folder string) ([]byte, error) {
	path := filepath.Join(folder, transfer.ListName)
	if st, err := os.Lstat(path); err != nil || !st.Mode().IsRegular() {
		return nil, errors.Join(err, fs.ErrNotExist)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, transfer.MaxList))
}

func (s *subject) planOf(file []byte) {
	if s.Plan == nil || file == nil {
		s.skip("bundle.plan", "the plan", "no plan was given (--plan), or there is none in it")
		return
	}
	same := digest.Of(file) == s.Plan.SHA256()
	s.check("bundle.plan", same, "code "+digest.Of(file).Code(), "code "+s.Plan.SHA256().Code(), "")
}

func (s *subject) plan() {
	s.is("a plan")
	p, err := plan.Parse(s.file)
	if err != nil {
		s.check("plan.form", false, err.Error(), "a plan in which everything is decided", "Correct the lines named: ceremony plan check.")
		return
	}
	s.check("plan.form", true, p.ID+" ("+p.Mode()+")", "a plan in which everything is decided", "")
	s.fingerprint(p.SHA256())
	for _, n := range p.Notes() {
		s.line("note", n)
	}
	s.Do = "Everybody named in it signs it."
}
