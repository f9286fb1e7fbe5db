package rehearsal

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gofrs/flock"

	"github.com/keyceremony/ceremony/keyvault"
)

// Errors of the store.
var (
	ErrNoKey       = errors.New("no such key")
	ErrNameDeleted = errors.New("the name belongs to a deleted key")
)

// A Key is one version of a key as it lies on the disk of a rehearsal vault.
// Private is not protected by anything but the file's mode: a rehearsal vault
// holds no real key.
type Key struct {
	Name       string            `json:"name"`
	Version    string            `json:"version"` // 32 hex digits
	Seq        int               `json:"seq"`     // the latest version has the highest
	Kty        string            `json:"kty"`     // RSA, RSA-HSM, EC, EC-HSM, oct-HSM
	Crv        string            `json:"crv,omitempty"`
	Ops        []string          `json:"key_ops"`
	Enabled    bool              `json:"enabled"`
	NotBefore  int64             `json:"nbf,omitempty"` // seconds since 1970; 0 is none
	Expires    int64             `json:"exp,omitempty"`
	Created    int64             `json:"created"`
	Updated    int64             `json:"updated"`
	Exportable bool              `json:"exportable"`
	Tags       map[string]string `json:"tags,omitempty"`
	Imported   bool              `json:"imported"`         // came in a key transfer blob
	Private    []byte            `json:"private"`          // PKCS#8 DER; the raw bytes of an oct key
	Public     []byte            `json:"public,omitempty"` // the SPKI DER that is shown; none for oct

	// Attestation is shown by a Managed HSM in place of its own where a test
	// has put one. A Key Vault attests nothing.
	Attestation *keyvault.Attestation `json:"attestation,omitempty"`
}

// Deletion says when a key was deleted and when it will be purged, in seconds
// since 1970.
type Deletion struct {
	Deleted int64 `json:"deleted"`
	Purge   int64 `json:"purge"`
}

// A Store is the state of a rehearsal vault on disk: one folder for each
// name, one file for each version, shared by every process that opens it.
//
// Edit and Put make it the attacker of tests: exchange Private, and the vault
// holds another key than the one that was imported; exchange Public, and it
// shows another key than the one it holds.
type Store struct{ dir string }

// OpenStore opens the state below the folder of a rehearsal vault.
func OpenStore(dir string) (*Store, error) {
	s := &Store{dir: dir}
	for _, sub := range []string{s.live(""), s.deleted("")} {
		if err := os.MkdirAll(sub, 0o700); err != nil {
			return nil, fmt.Errorf("rehearsal vault: %w", err)
		}
	}
	return s, nil
}

func (s *Store) live(name string) string {
	return filepath.Join(s.dir, "keys", strings.ToLower(name))
}

func (s *Store) deleted(name string) string {
	return filepath.Join(s.dir, "deleted", strings.ToLower(name))
}

// locked runs f while no other process or request touches the store.
func (s *Store) locked(f func() error) error {
	l := flock.New(filepath.Join(s.dir, ".lock"), flock.SetPermissions(0o600))
	if err := l.Lock(); err != nil {
		return fmt.Errorf("rehearsal vault: lock: %w", err)
	}
	defer l.Close()
	return f()
}

// Names lists the live or the deleted keys, sorted.
func (s *Store) Names(deleted bool) ([]string, error) {
	folder := s.live("")
	if deleted {
		folder = s.deleted("")
	}
	var names []string
	err := s.locked(func() error {
		entries, err := os.ReadDir(folder)
		for _, e := range entries {
			names = append(names, e.Name())
		}
		return err
	})
	return names, err
}

// Versions lists the versions of a live key, oldest first; none is ErrNoKey.
func (s *Store) Versions(name string) (keys []Key, err error) {
	err = s.locked(func() error {
		keys, err = readVersions(s.live(name))
		return err
	})
	return keys, err
}

// Get reads one version; an empty version is the latest.
func (s *Store) Get(name, version string) (Key, error) {
	keys, err := s.Versions(name)
	if err != nil {
		return Key{}, err
	}
	return pick(keys, version)
}

// Add stores k as the newest version of its name.
func (s *Store) Add(k Key) error {
	return s.locked(func() error {
		if exists(s.deleted(k.Name)) {
			return ErrNameDeleted
		}
		keys, err := readVersions(s.live(k.Name))
		if err != nil && !errors.Is(err, ErrNoKey) {
			return err
		}
		k.Seq = 1
		if n := len(keys); n > 0 {
			k.Seq = keys[n-1].Seq + 1
		}
		if err := os.MkdirAll(s.live(k.Name), 0o700); err != nil {
			return err
		}
		return writeKey(s.live(k.Name), k)
	})
}

// Edit changes one version of a live key in place; an empty version is the
// latest. Name, version and sequence stay.
func (s *Store) Edit(name, version string, change func(*Key)) (out Key, err error) {
	err = s.locked(func() error {
		keys, err := readVersions(s.live(name))
		if err != nil {
			return err
		}
		k, err := pick(keys, version)
		if err != nil {
			return err
		}
		out = k
		change(&out)
		out.Name, out.Version, out.Seq = k.Name, k.Version, k.Seq
		return writeKey(s.live(name), out)
	})
	return out, err
}

// Delete moves all versions of a key to the deleted ones.
func (s *Store) Delete(name string, d Deletion) error {
	return s.locked(func() error {
		if _, err := readVersions(s.live(name)); err != nil {
			return err
		}
		if err := writeJSON(filepath.Join(s.live(name), deletionFile), d); err != nil {
			return err
		}
		return os.Rename(s.live(name), s.deleted(name))
	})
}

// Deleted reads the latest version of a deleted key, and its deletion.
func (s *Store) Deleted(name string) (k Key, d Deletion, err error) {
	err = s.locked(func() error {
		keys, err := readVersions(s.deleted(name))
		if err != nil {
			return err
		}
		k = keys[len(keys)-1]
		return readJSON(filepath.Join(s.deleted(name), deletionFile), &d)
	})
	return k, d, err
}

// Recover makes a deleted key live again.
func (s *Store) Recover(name string) error {
	return s.locked(func() error {
		if !exists(s.deleted(name)) {
			return ErrNoKey
		}
		if err := os.Rename(s.deleted(name), s.live(name)); err != nil {
			return err
		}
		return os.Remove(filepath.Join(s.live(name), deletionFile))
	})
}

// Purge removes a deleted key for good.
func (s *Store) Purge(name string) error {
	return s.locked(func() error {
		if !exists(s.deleted(name)) {
			return ErrNoKey
		}
		return os.RemoveAll(s.deleted(name))
	})
}

const deletionFile = "deletion"

func pick(keys []Key, version string) (Key, error) {
	if version == "" {
		return keys[len(keys)-1], nil
	}
	for _, k := range keys {
		if k.Version == version {
			return k, nil
		}
	}
	return Key{}, ErrNoKey
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

func readVersions(folder string) ([]Key, error) {
	files, err := fs.Glob(os.DirFS(folder), "*.json") // the folder's own name is no pattern
	if err != nil {
		return nil, err
	}
	var keys []Key
	for _, f := range files {
		var k Key
		if err := readJSON(filepath.Join(folder, f), &k); err != nil {
			return nil, err
		}
		keys = append(keys, k)
	}
	if len(keys) == 0 {
		return nil, ErrNoKey
	}
	slices.SortFunc(keys, func(a, b Key) int { return a.Seq - b.Seq })
	return keys, nil
}

func writeKey(folder string, k Key) error {
	return writeJSON(filepath.Join(folder, fmt.Sprintf("%06d-%s.json", k.Seq, k.Version)), k)
}

func readJSON(path string, v any) error {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return ErrNoKey
	}
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, v); err != nil {
		return fmt.Errorf("rehearsal vault: %s is damaged: %w", filepath.Base(path), err)
	}
	return nil
}

func writeJSON(path string, v any) error {
	b, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		return err
	}
	return writeFile(path, b)
}

// writeFile replaces path with b in one step, so that a reader sees the old
// bytes or the new ones, also after a loss of power.
func writeFile(path string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".tmp-*") // 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // fails once renamed
	_, err = f.Write(b)
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
