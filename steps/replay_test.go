package steps

import (
	"bytes"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/byok"
	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/durable"
	"github.com/keyceremony/ceremony/transfer"
)

// This file replays bundles and puts onto media what does not belong there.

// hostile has the receiving step read a folder that do fills.
func hostile(do func(s *stand, dir string)) func(*stand) {
	return func(s *stand) {
		dir := filepath.Join(s.hall.t.TempDir(), "medium")
		if err := os.CopyFS(dir, os.DirFS(s.path("usb-kek"))); err != nil {
			s.hall.t.Fatal(err)
		}
		do(s, dir)
		s.answers = func(_ Now, a *Answers) { a.Text["medium"] = dir }
	}
}

// inBundle is a path inside the one bundle of a copied medium.
func inBundle(s *stand, dir, name string) string {
	return filepath.Join(dir, s.medium("usb-kek").header.Folder(), name)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestHostileMedium: what no ceremony writes is refused before it is read.
func TestHostileMedium(t *testing.T) {
	s := newHall(t, nil, "P-256").stand("online", "blob.receive").stand("offline", "kek.receive")
	s.holds(t, []attack{
		{name: "an extra file", err: transfer.ErrShape, do: hostile(func(s *stand, dir string) {
			must(t, os.WriteFile(inBundle(s, dir, "extra.json"), []byte("{}"), 0o600))
		})},
		{name: "a symbolic link for a file", err: transfer.ErrShape, do: hostile(func(s *stand, dir string) {
			name := inBundle(s, dir, "kek.publickey.pem")
			must(t, os.Rename(name, filepath.Join(dir, "kek.pem")))
			must(t, os.Symlink("../kek.pem", name))
		})},
		{name: "a symbolic link for the bundle", err: transfer.ErrShape, do: hostile(func(s *stand, dir string) {
			must(t, os.Rename(inBundle(s, dir, ""), filepath.Join(dir, "elsewhere")))
			must(t, os.Symlink("elsewhere", strings.TrimSuffix(inBundle(s, dir, ""), "/")))
		})},
		{name: "a pipe", err: transfer.ErrShape, do: hostile(func(s *stand, dir string) {
			must(t, os.Remove(inBundle(s, dir, "kek.json")))
			must(t, mkfifo(inBundle(s, dir, "kek.json")))
		})},
		{name: "a folder in the bundle", err: transfer.ErrShape, do: hostile(func(s *stand, dir string) {
			must(t, os.Mkdir(inBundle(s, dir, "more.json"), 0o700))
		})},
		{name: "a sparse file of 10 GB", err: transfer.ErrShape, do: hostile(func(s *stand, dir string) {
			must(t, os.Truncate(inBundle(s, dir, "kek.json"), 10<<30))
		})},
		{name: "a file with a name that leads out", err: transfer.ErrHeader, do: hostile(func(s *stand, dir string) {
			name := inBundle(s, dir, "BUNDLE.sha256")
			b, err := os.ReadFile(name)
			must(t, err)
			edited := bytes.Replace(b, []byte("  kek.json"), []byte("  ../kek.json"), 1)
			if bytes.Equal(b, edited) {
				t.Fatal("nothing was edited")
			}
			must(t, os.WriteFile(name, edited, 0o600))
		})},
		{name: "a file with an escape sequence for a name", err: transfer.ErrShape, do: hostile(func(s *stand, dir string) {
			must(t, os.WriteFile(inBundle(s, dir, "\x1b[2J\u202ekek.json"), nil, 0o600))
		})},
		{name: "two bundles", err: transfer.ErrSeveral, do: hostile(func(s *stand, dir string) {
			m := s.medium("usb-kek")
			m.header.Attempt = 2
			_, err := transfer.Write(dir, m.header, m.files)
			must(t, err)
		})},
		{name: "no bundle", err: transfer.ErrNoBundle, do: hostile(func(_ *stand, dir string) {
			must(t, os.RemoveAll(dir))
			must(t, os.Mkdir(dir, 0o700))
		})},
		{name: "no medium", err: fs.ErrNotExist, do: hostile(func(_ *stand, dir string) { must(t, os.RemoveAll(dir)) })},
		{name: "a bundle of another ceremony", err: transfer.ErrOther, do: func(s *stand) {
			m := s.medium("usb-kek")
			m.header.Ceremony = "other-2026"
			m.write()
		}},
		{name: "a bundle of a production", err: transfer.ErrOther, do: func(s *stand) {
			m := s.medium("usb-kek")
			m.header.Mode = audit.Production
			m.write()
		}},
		{name: "a bundle of the other direction", err: transfer.ErrOther, do: func(s *stand) {
			m := s.medium("usb-kek")
			m.header.From = transfer.FromWrap
			m.write()
		}},
		{name: "a missing file", checks: []string{"bundle.files"}, do: func(s *stand) {
			m := s.medium("usb-kek")
			delete(m.files, "kek.json")
			m.write()
		}},
		{name: "no log", checks: []string{"bundle.log", "bundle.files", "bundle.head", "bundle.run", "bundle.kek", "attest.present"}, deeper: true, do: func(s *stand) {
			m := s.medium("usb-kek")
			delete(m.files, "online.log")
			m.write()
		}},
		{name: "a log that is not closed", checks: []string{"bundle.log", "bundle.files", "bundle.head"}, do: func(s *stand) {
			m := s.medium("usb-kek")
			log := m.files["online.log"]
			m.files["online.log"] = log[:bytes.LastIndexByte(log[:len(log)-1], '\n')+1]
			m.write()
		}},
		{name: "another plan, sealed by everybody", checks: []string{"bundle.plan"}, deeper: true, do: func(s *stand) {
			m := s.medium("usb-kek")
			m.files["plan.toml"] = append(m.files["plan.toml"], "# an older version\n"...)
			m.list()
			m.sign("online", everyoneOf()...)
			m.write()
		}},
		{name: "a head typed wrongly", checks: []string{"bundle.head"}, do: func(s *stand) {
			s.answers = func(_ Now, a *Answers) { a.Text["head"] = s.plan.SHA256().Code() }
		}},
	})
}

// TestForeignFiles: what else lies on the medium is named, and people decide.
func TestForeignFiles(t *testing.T) {
	h := newHall(t, nil, "P-256")
	s := h.stand("online", "blob.receive").stand("offline", "kek.receive")
	must(t, os.WriteFile(filepath.Join(s.path("usb-kek"), "holiday\u202egpj.exe"), []byte("MZ"), 0o600))
	c := s.reopen()
	must(t, s.step(c))
	now := c.Now()
	if now.Step.ID != "exception" {
		t.Fatalf("%s is current, want exception", now.Step.ID)
	}
	lines := c.Show()
	if len(lines) != 1 || lines[0].Label != "bundle.foreign" || !strings.Contains(lines[0].Value, `holiday\u202egpj.exe`) {
		t.Errorf("shown: %v", lines)
	}
	for _, only := range []string{"op1", "witness", ""} {
		s.signer = func(_ Now, who string) (string, bool) { return who, who == only }
		if err := s.step(c); !errors.Is(err, ErrQuorum) || c.Now().Step.ID != "exception" {
			t.Errorf("an exception signed by %q alone: %v", only, err)
		}
	}
	s.honest()
	must(t, s.step(c))
	h.run(c, Wrap)
	h.shut(c)
	c = h.open("online")
	h.run(c, Import)
	h.shut(c)
	h.complete(audit.OutcomeExceptions)
}

// TestReplayedRun presents what an earlier run of the same plan had sealed,
// with the same keys and in perfect form.
func TestReplayedRun(t *testing.T) {
	h := newHall(t, nil, "P-256")
	start := h.remember()
	h.stand("online", "blob.receive").stand("offline", "kek.receive")
	c := h.open("offline")
	h.run(c, Wrap)
	h.shut(c)
	old, oldSheets := h.remember(), maps.Clone(h.sheets)
	oldMedia := func(s *stand, name string) {
		m := moment{}
		for path, b := range s.remember() {
			if !strings.HasPrefix(path, s.path(name)+"/") {
				m[path] = b
			}
		}
		for path, b := range old {
			if strings.HasPrefix(path, s.path(name)+"/") {
				m[path] = b
			}
		}
		s.restore(m)
	}
	h.restore(start)
	h.sheets = map[string]string{}
	h.stand("online", "blob.receive")
	s := h.stand("offline", "kek.receive")
	s.holds(t, []attack{
		{name: "the KEK's bundle", checks: []string{"bundle.head"}, do: func(s *stand) { oldMedia(s, "usb-kek") }},
	})
	c = h.open("offline")
	h.run(c, Wrap)
	h.shut(c)
	s = h.stand("online", "blob.receive")
	s.holds(t, []attack{
		{name: "the blobs' bundle", checks: []string{"bundle.head", "bundle.run", "bundle.lint"}, deeper: true, do: func(s *stand) { oldMedia(s, "usb-blob") }},
		{name: "the blobs' bundle, and its sheet", checks: []string{"bundle.run", "bundle.lint"}, deeper: true, do: func(s *stand) {
			oldMedia(s, "usb-blob")
			s.hall.sheets["offline.head"] = oldSheets["offline.head"]
		}},
	})
}

// TestHostileBlobs tampers with blobs between the HSM room and the vault.
func TestHostileBlobs(t *testing.T) {
	h := newHall(t, nil, "P-256", "P-256")
	h.stand("online", "blob.receive").stand("offline", "kek.receive")
	c := h.open("offline")
	h.run(c, Wrap)
	h.shut(c)
	s := h.stand("online", "blob.receive")
	blob := func(m *medium, change func(*byok.Blob)) {
		b, _, err := byok.Decode(m.files["key-1.byok"])
		must(t, err)
		change(&b)
		m.files["key-1.byok"], err = b.Encode()
		must(t, err)
	}
	// sealedBy makes the offline side say that this blob is what it wrapped.
	sealedBy := func(m *medium, old []byte) {
		head := m.rechain(sum(old), sum(m.files["key-1.byok"]))
		m.list()
		m.sign("offline", everyoneOf()...)
		m.s.hall.sheets["offline.head"] = head.SHA256.Code()
	}
	s.holds(t, []attack{
		{name: "missing", checks: []string{"bundle.files", "bundle.keys", "bundle.lint"}, deeper: true, do: func(s *stand) {
			m := s.medium("usb-blob")
			delete(m.files, "key-1.byok")
			m.write()
		}},
		{name: "two exchanged for each other", checks: []string{"bundle.files", "bundle.keys"}, do: func(s *stand) {
			m := s.medium("usb-blob")
			m.files["key-1.byok"], m.files["key-2.byok"] = m.files["key-2.byok"], m.files["key-1.byok"]
			m.write()
		}},
		{name: "one more", checks: []string{"bundle.files"}, do: func(s *stand) {
			m := s.medium("usb-blob")
			m.files["key-3.byok"] = m.files["key-2.byok"]
			m.write()
		}},
		{name: "one bit", checks: []string{"bundle.files", "bundle.keys"}, do: func(s *stand) {
			m := s.medium("usb-blob")
			blob(m, func(b *byok.Blob) { b.Ciphertext[7] ^= 1 })
			m.write()
		}},
		{name: "truncated", checks: []string{"bundle.files", "bundle.keys", "bundle.lint"}, do: func(s *stand) {
			m := s.medium("usb-blob")
			blob(m, func(b *byok.Blob) { b.Ciphertext = b.Ciphertext[:len(b.Ciphertext)-8] })
			m.write()
		}},
		{name: "truncated, and sealed so", checks: []string{"bundle.lint"}, do: func(s *stand) {
			m := s.medium("usb-blob")
			old := m.files["key-1.byok"]
			blob(m, func(b *byok.Blob) { b.Ciphertext = b.Ciphertext[:256+24] })
			sealedBy(m, old)
			m.write()
		}},
		{name: "for another KEK, and sealed so", checks: []string{"bundle.lint"}, do: func(s *stand) {
			m := s.medium("usb-blob")
			old := m.files["key-1.byok"]
			blob(m, func(b *byok.Blob) { b.KID = b.KID[:len(b.KID)-1] + flip(b.KID[len(b.KID)-1]) })
			sealedBy(m, old)
			m.write()
		}},
		{name: "an answer to another head", checks: []string{"bundle.run"}, do: func(s *stand) {
			m := s.medium("usb-blob")
			sent := s.hall.headOf("online.log")
			head := m.rechain(sent, strings.Repeat("0", 64))
			m.list()
			m.sign("offline", everyoneOf()...)
			s.hall.sheets["offline.head"] = head.SHA256.Code()
			m.write()
		}},
		{name: "sealed with the online keys", checks: []string{"bundle.seal"}, do: func(s *stand) {
			m := s.medium("usb-blob")
			m.sign("online", everyoneOf()...)
			m.write()
		}},
		{name: "sealed by one operator alone", checks: []string{"bundle.seal"}, do: func(s *stand) {
			m := s.medium("usb-blob")
			m.sign("offline", "op1", "officer", "witness", "guest", "admin")
			m.write()
		}},
		{name: "the bundle of the other direction", err: transfer.ErrOther, do: func(s *stand) {
			s.answers = func(_ Now, a *Answers) { a.Text["medium"] = s.path("usb-kek") }
		}},
		{name: "the KEK has expired", checks: []string{"kek.life"}, do: func(s *stand) { s.clock = 8 * 24 * 60 * 60 * 1e9 }},
	})
}

func sum(b []byte) string { return digest.Of(b).String() }

func flip(c byte) string {
	if c == '0' {
		return "1"
	}
	return "0"
}

// headOf is the head of a log of the online folder.
func (h *hall) headOf(name string) string {
	h.t.Helper()
	b, err := os.ReadFile(filepath.Join(h.path("online"), name))
	must(h.t, err)
	head, err := audit.ReadLog(b, name, func(audit.Record) error { return nil })
	must(h.t, err)
	return head.SHA256.String()
}

// TestExchangedAfterReceipt: the blob in the folder is exchanged after it was
// received and before it is imported.
func TestExchangedAfterReceipt(t *testing.T) {
	h := newHall(t, nil, "P-256", "P-256")
	h.stand("online", "blob.receive").stand("offline", "kek.receive")
	c := h.open("offline")
	h.run(c, Wrap)
	h.shut(c)
	s := h.stand("online", "target.import")
	s.holds(t, []attack{
		{name: "by the other key's", err: ErrOtherBlob, stuck: true, do: func(s *stand) {
			b, err := os.ReadFile(filepath.Join(s.path("online"), "key-2.byok"))
			must(t, err)
			must(t, os.WriteFile(filepath.Join(s.path("online"), "key-1.byok"), b, 0o600))
		}},
		{name: "taken away", err: ErrOtherBlob, stuck: true, do: func(s *stand) {
			must(t, os.Remove(filepath.Join(s.path("online"), "key-1.byok")))
		}},
	})
}

// TestNothingIsOverwritten: another KEK lies in the folder already.
func TestNothingIsOverwritten(t *testing.T) {
	s := newHall(t, nil, "P-256").stand("online", "blob.receive").stand("offline", "kek.receive")
	c := s.again(t)
	defer s.shut(c)
	kek, _ := attackersKEK(t)
	name := filepath.Join(s.path("offline"), "kek.publickey.pem")
	must(t, os.WriteFile(name, kek.PEM(), 0o600))
	if err := s.step(c); !errors.Is(err, durable.ErrExists) || c.Now().Step.ID != "kek.receive" {
		t.Errorf("%v, want %v", err, durable.ErrExists)
	}
	if b, err := os.ReadFile(name); err != nil || !bytes.Equal(b, kek.PEM()) {
		t.Errorf("the file was overwritten (%v)", err)
	}
	must(t, os.Remove(name))
	must(t, s.step(c))
}
