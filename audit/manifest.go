package audit

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"sort"
	"strings"

	"github.com/keyceremony/ceremony/digest"
)

// The seals, by the name of their manifest.
const (
	SealPrepare = "PREPARE.sha256"
	SealOffline = "OFFLINE.sha256"
	SealFinal   = "MANIFEST.sha256"
)

// Files that are drawn from the record and can be drawn again by anybody. They
// stand outside every seal, and prove nothing.
const (
	ReportName = "transcript.html"
	CardName   = "auditor-card.txt"
)

// Derived says whether a file of the folder is drawn from the record: no
// manifest has to list it, and it is checked by drawing it again.
func Derived(name string) bool { return name == ReportName || name == CardName }

// maxManifest bounds a manifest: 10,000 files with long names.
const maxManifest = 4 << 20

// A Manifest lists files as sha256sum does and sha256sum -c checks. Bytes of
// its files are 0: the format has no place for them.
type Manifest []File

// Encode returns the manifest's bytes: "HEX  NAME\n", sorted by name.
func (m Manifest) Encode() []byte {
	sorted := append(Manifest(nil), m...)
	sort.Slice(sorted, func(i, j int) bool { return sorted[i].Name < sorted[j].Name })
	var b bytes.Buffer
	for _, f := range sorted {
		b.WriteString(f.SHA256.String() + "  " + f.Name + "\n")
	}
	return b.Bytes()
}

// Find returns the digest of a file.
func (m Manifest) Find(name string) (digest.SHA256, bool) {
	i := sort.Search(len(m), func(i int) bool { return m[i].Name >= name })
	if i < len(m) && m[i].Name == name {
		return m[i].SHA256, true
	}
	return digest.SHA256{}, false
}

var flatName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]{0,199}$`)

// ParseManifest reads a manifest strictly: flat names of letters, digits and
// . _ -, sorted, none twice; encoding the result gives the same bytes.
func ParseManifest(b []byte) (Manifest, error) {
	if len(b) == 0 || len(b) > maxManifest {
		return nil, fmt.Errorf("manifest has %d bytes, not 1 to %d", len(b), maxManifest)
	}
	var m Manifest
	for i, line := range strings.Split(strings.TrimSuffix(string(b), "\n"), "\n") {
		hex, name, ok := strings.Cut(line, "  ")
		d, err := digest.Parse(hex)
		if !ok || err != nil || !flatName.MatchString(name) {
			return nil, fmt.Errorf("line %d of the manifest is not a SHA-256, two spaces and a flat name", i+1)
		}
		if len(m) > 0 && m[len(m)-1].Name >= name {
			return nil, fmt.Errorf("line %d of the manifest is not in order", i+1)
		}
		m = append(m, File{Name: name, SHA256: d})
	}
	if !bytes.Equal(m.Encode(), b) {
		return nil, errors.New("manifest is not written as the program writes it")
	}
	return m, nil
}
