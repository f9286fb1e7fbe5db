//go:build !windows

package transfer

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestReadRefuses changes a good medium in one way each.
func TestReadRefuses(t *testing.T) {
	inFolder := func(f func(t *testing.T, folder string)) func(*testing.T, string, string) {
		return func(t *testing.T, _, folder string) { f(t, folder) }
	}
	must := func(t *testing.T, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name string
		edit func(t *testing.T, medium, folder string)
		is   error
		says string
	}{
		{
			"extra file", inFolder(func(t *testing.T, dir string) { put(t, filepath.Join(dir, "more.txt"), nil) }),
			ErrShape, `"more.txt" is there, but BUNDLE.sha256 does not list it`,
		},
		{
			"extra file of a desktop", inFolder(func(t *testing.T, dir string) { put(t, filepath.Join(dir, ".DS_Store"), nil) }),
			ErrShape, `the name ".DS_Store" is none that a bundle may hold`,
		},
		{
			"sub-folder", inFolder(func(t *testing.T, dir string) { must(t, os.Mkdir(filepath.Join(dir, "sub.txt"), 0o700)) }),
			ErrShape, `"sub.txt" is a folder, wanted a file`,
		},
		{"symlink instead of a file", inFolder(func(t *testing.T, dir string) {
			must(t, os.Rename(filepath.Join(dir, "plan.toml"), filepath.Join(filepath.Dir(dir), "plan.toml")))
			must(t, os.Symlink("../plan.toml", filepath.Join(dir, "plan.toml")))
		}), ErrShape, `"plan.toml" is a symbolic link, wanted a file`},
		{"pipe", inFolder(func(t *testing.T, dir string) {
			must(t, os.Remove(filepath.Join(dir, "plan.toml")))
			must(t, syscall.Mkfifo(filepath.Join(dir, "plan.toml"), 0o600))
		}), ErrShape, `"plan.toml" is a pipe, wanted a file`},
		{"pipe as list", inFolder(func(t *testing.T, dir string) {
			must(t, os.Remove(filepath.Join(dir, ListName)))
			must(t, syscall.Mkfifo(filepath.Join(dir, ListName), 0o600))
		}), ErrShape, `"BUNDLE.sha256" is a pipe, wanted a file`},
		{
			"10 GB file", inFolder(func(t *testing.T, dir string) { must(t, os.Truncate(filepath.Join(dir, "plan.toml"), 10<<30)) }),
			ErrShape, `"plan.toml" has 10737418240 bytes, wanted at most 16777216 in one file and 33554432 in all`,
		},
		{
			"10 GB list", inFolder(func(t *testing.T, dir string) { must(t, os.Truncate(filepath.Join(dir, ListName), 10<<30)) }),
			ErrShape, `"BUNDLE.sha256" has 10737418240 bytes`,
		},
		{
			"large list", inFolder(func(t *testing.T, dir string) { must(t, os.Truncate(filepath.Join(dir, ListName), MaxList+1)) }),
			ErrShape, fmt.Sprintf(`"BUNDLE.sha256" has %d bytes`, MaxList+1),
		},
		{"too large in all", inFolder(func(t *testing.T, dir string) {
			for i := range 9 {
				path := filepath.Join(dir, fmt.Sprintf("%d.txt", i))
				put(t, path, nil)
				must(t, os.Truncate(path, MaxFile))
			}
		}), ErrShape, `wanted at most 16777216 in one file and 33554432 in all`},
		{"too many files", inFolder(func(t *testing.T, dir string) {
			for i := range MaxFiles {
				put(t, filepath.Join(dir, fmt.Sprintf("%d.txt", i)), nil)
			}
		}), ErrShape, "more than 1024 files"},
		{
			"missing file", inFolder(func(t *testing.T, dir string) { must(t, os.Remove(filepath.Join(dir, "plan.toml"))) }),
			ErrShape, `"plan.toml" is missing, wanted every file that BUNDLE.sha256 lists`,
		},
		{
			"missing list", inFolder(func(t *testing.T, dir string) { must(t, os.Remove(filepath.Join(dir, ListName))) }),
			ErrShape, "BUNDLE.sha256 is missing",
		},
		{
			"other content", inFolder(func(t *testing.T, dir string) { put(t, filepath.Join(dir, "plan.toml"), []byte("format = 2\n")) }),
			ErrDigest, `"plan.toml" has the SHA-256 `,
		},
		{
			"shorter file", inFolder(func(t *testing.T, dir string) { must(t, os.Truncate(filepath.Join(dir, "online.log"), 2999)) }),
			ErrDigest, `"online.log" has the SHA-256 `,
		},
		{"two files exchanged", inFolder(func(t *testing.T, dir string) {
			must(t, os.Rename(filepath.Join(dir, "plan.toml"), filepath.Join(dir, "x.txt")))
			must(t, os.Rename(filepath.Join(dir, "allowed_signers"), filepath.Join(dir, "plan.toml")))
			must(t, os.Rename(filepath.Join(dir, "x.txt"), filepath.Join(dir, "allowed_signers")))
		}), ErrDigest, `"allowed_signers" has the SHA-256 `},
		{"folder is a link", func(t *testing.T, medium, folder string) {
			must(t, os.Rename(folder, filepath.Join(medium, "x")))
			must(t, os.Symlink("x", folder))
		}, ErrShape, "is a symbolic link, wanted a folder"},
		{"folder is a file", func(t *testing.T, _, folder string) {
			must(t, os.RemoveAll(folder))
			put(t, folder, nil)
		}, ErrShape, "wanted a folder"},
		{"folder renamed to another attempt", func(t *testing.T, _, folder string) {
			must(t, os.Rename(folder, strings.TrimSuffix(folder, "1")+"2"))
		}, ErrHeader, "the folder is keyceremony-contoso-2026-11-prepare-2, but its list says keyceremony-contoso-2026-11-prepare-1"},
		{"several attempts", func(t *testing.T, medium, _ string) {
			h := header()
			h.Attempt = 2
			_, err := Write(medium, h, contents())
			must(t, err)
		}, ErrSeveral, "found keyceremony-contoso-2026-11-prepare-1, keyceremony-contoso-2026-11-prepare-2, wanted one"},
		{
			"empty medium", func(t *testing.T, _, folder string) { must(t, os.RemoveAll(folder)) },
			ErrNoBundle, "wanted a folder keyceremony-contoso-2026-11-prepare-",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			medium, folder := written(t)
			c.edit(t, medium, folder)
			b, err := Read(medium, want())
			if !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("error is\n%v\nwanted\n%s", err, c.says)
			}
			if len(b.Files) > 0 {
				t.Error("files came back with the error")
			}
		})
	}
}

func TestReadRefusesOtherBundles(t *testing.T) {
	medium, _ := written(t)
	for says, w := range map[string]Want{
		`found "keyceremony-contoso-2026-11-prepare-1", wanted one of ceremony contoso from prepare`:                    {Ceremony: "contoso", From: FromPrepare},
		`found "keyceremony-contoso-2026-11-prepare-1", wanted one of ceremony contoso-2026-11 from wrap`:               {Ceremony: "contoso-2026-11", From: FromWrap},
		`found "keyceremony-contoso-2026-11-prepare-1", wanted one of ceremony contoso-2026-11 from prepare, attempt 2`: {Ceremony: "contoso-2026-11", From: FromPrepare, Attempt: 2},
		"the bundle's run is 8e4c01, wanted ffff":                                                                       {Ceremony: "contoso-2026-11", From: FromPrepare, Run: "ffff"},
		"the bundle's mode is production, wanted rehearsal":                                                             {Ceremony: "contoso-2026-11", From: FromPrepare, Mode: "rehearsal"},
	} {
		if _, err := Read(medium, w); !errors.Is(err, ErrOther) || !strings.Contains(err.Error(), says) {
			t.Errorf("error is\n%v\nwanted\n%s", err, says)
		}
	}
}

func TestFits(t *testing.T) {
	for says, w := range map[string]Want{
		"the bundle's ceremony is contoso-2026-11, wanted x: another bundle": {Ceremony: "x", From: FromPrepare},
		"the bundle's stage is prepare, wanted wrap: another bundle":         {Ceremony: "contoso-2026-11", From: FromWrap},
		"the bundle's attempt is 1, wanted 3: another bundle":                {Ceremony: "contoso-2026-11", From: FromPrepare, Attempt: 3},
	} {
		if err := header().fits(w); err == nil || err.Error() != says {
			t.Errorf("error is %v, wanted %s", err, says)
		}
	}
}

// TestEveryTruncationIsNoticed cuts BUNDLE.sha256 at every byte.
func TestEveryTruncationIsNoticed(t *testing.T) {
	medium, folder := written(t)
	path := filepath.Join(folder, ListName)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for n := range whole {
		put(t, path, whole[:n])
		if _, err := Read(medium, want()); !errors.Is(err, ErrHeader) {
			t.Errorf("cut at byte %d: %v", n, err)
		}
	}
}

// TestEveryBitIsNoticed flips every bit of BUNDLE.sha256 and of one file.
func TestEveryBitIsNoticed(t *testing.T) {
	medium, folder := written(t)
	for name, wanted := range map[string]error{ListName: ErrHeader, "kek.publickey.pem": ErrDigest} {
		path := filepath.Join(folder, name)
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for bit := range 8 * len(whole) {
			flipped := bytes.Clone(whole)
			flipped[bit/8] ^= 1 << (bit % 8)
			put(t, path, flipped)
			if _, err := Read(medium, want()); !errors.Is(err, wanted) {
				t.Errorf("%s, bit %d: %v", name, bit, err)
			}
		}
		put(t, path, whole)
	}
	if _, err := Read(medium, want()); err != nil {
		t.Errorf("as it was: %v", err)
	}
}

// TestStockTools checks a bundle as an auditor without this program does.
func TestStockTools(t *testing.T) {
	_, folder := written(t)
	cmd := exec.Command("sha256sum", "--check", "--strict", ListName)
	cmd.Dir = folder
	if out, err := cmd.CombinedOutput(); err != nil || bytes.Count(out, []byte(": OK\n")) != len(contents()) {
		t.Errorf("sha256sum: %v\n%s", err, out)
	}
}

func TestForeignNamesAreSafeToPrint(t *testing.T) {
	medium, _ := written(t)
	put(t, filepath.Join(medium, "a\x1b[2J\u202etxt.exe"), nil)
	put(t, filepath.Join(medium, strings.Repeat("x", 200)), nil)
	if err := os.Mkdir(filepath.Join(medium, "photos"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(medium, "z")); err != nil {
		t.Fatal(err)
	}
	b, err := Read(medium, want())
	if err != nil {
		t.Fatal(err)
	}
	wanted := []string{
		`"a\x1b[2J\u202etxt.exe"`, `"photos" (folder)`, `"` + strings.Repeat("x", 80) + `\u2026"`, `"z" (symbolic link)`,
	}
	if strings.Join(b.Foreign, "\n") != strings.Join(wanted, "\n") {
		t.Errorf("foreign is %q, wanted %q", b.Foreign, wanted)
	}
	for i := range maxEntries {
		put(t, filepath.Join(medium, fmt.Sprintf("zz%d", i)), nil)
	}
	if root, err := os.OpenRoot(medium); err != nil {
		t.Fatal(err)
	} else if entries, more, err := list(root, maxEntries); err != nil || !more || len(entries) != maxEntries {
		t.Errorf("listing gives %d entries, more is %v, %v", len(entries), more, err)
	} else if names := foreign(entries, more, ""); names[len(names)-1] != "and more" {
		t.Errorf("the last name is %q, wanted a word that there are more", names[len(names)-1])
	}
}
