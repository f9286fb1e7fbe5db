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
	"time"

	"github.com/keyceremony/ceremony/attacks"
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

// TestHostileMedium: what no ceremony writes is refused before it is read, in
// words, and leaves nothing. What each kind of medium is refused for is in the
// table of the transfer package.
func TestHostileMedium(t *testing.T) {
	s := onTheWay(t)
	for _, m := range []struct {
		name string
		err  error
		do   func(*stand)
	}{
		{"a pipe", transfer.ErrShape, hostile(func(s *stand, dir string) {
			must(t, os.Remove(inBundle(s, dir, "kek.json")))
			must(t, mkfifo(inBundle(s, dir, "kek.json")))
		})},
		{"an exchanged file", transfer.ErrDigest, hostile(func(s *stand, dir string) {
			must(t, os.WriteFile(inBundle(s, dir, "kek.json"), []byte("{}"), 0o600))
		})},
		{"an edited list", transfer.ErrHeader, hostile(func(s *stand, dir string) {
			must(t, os.WriteFile(inBundle(s, dir, "BUNDLE.sha256"), []byte("# keyceremony bundle 0\n"), 0o600))
		})},
		{"two bundles", transfer.ErrSeveral, hostile(func(s *stand, dir string) {
			m := s.medium("usb-kek")
			m.header.Attempt = 2
			_, err := transfer.Write(dir, m.header, m.files)
			must(t, err)
		})},
		{"no bundle", transfer.ErrNoBundle, hostile(func(_ *stand, dir string) {
			must(t, os.RemoveAll(dir))
			must(t, os.Mkdir(dir, 0o700))
		})},
		{"no medium", fs.ErrNotExist, hostile(func(_ *stand, dir string) { must(t, os.RemoveAll(dir)) })},
		{"a bundle of a production", transfer.ErrOther, bundle("usb-kek", func(m *medium) { m.header.Mode = audit.Production })},
	} {
		t.Run(m.name, func(t *testing.T) {
			s.back(t)
			m.do(s)
			c := s.reopen()
			defer s.shut(c)
			before := s.remember()
			err := s.step(c)
			if p := Explain(err); !errors.Is(err, m.err) || p.Meaning == "" || p.Remedy == "" {
				t.Errorf("%v, want %v", err, m.err)
			}
			s.nothingBut(t, before)
			s.goesOn(t, c, attack{})
		})
	}
}

// TestAttackMedium: a bundle in perfect form, with other things in it than
// were sealed; and mistakes with media.
func TestAttackMedium(t *testing.T) {
	s := onTheWay(t)
	s.holds(t, []attack{
		{
			Row: attacks.New("medium/file-added", "adds a file and lists it", attacks.At("kek.receive", "bundle.files")),
			do:  bundle("usb-kek", func(m *medium) { m.files["extra.json"] = []byte("{}") }),
		},
		{
			Row: attacks.New("medium/file-lost", "leaves a file out and does not list it", attacks.At("kek.receive", "bundle.files")),
			do:  bundle("usb-kek", func(m *medium) { delete(m.files, "kek.json") }),
		},
		{
			Row: attacks.New("medium/log-lost", "leaves the log out", attacks.At("kek.receive", "bundle.log", "bundle.files", "bundle.head", "bundle.run", "bundle.kek", "attest.present")),
			do:  bundle("usb-kek", func(m *medium) { delete(m.files, "online.log") }),
		},
		{
			Row: attacks.New("medium/log-open", "cuts the last record off the log", attacks.At("kek.receive", "bundle.log", "bundle.files", "bundle.head")),
			do: bundle("usb-kek", func(m *medium) {
				log := m.files["online.log"]
				m.files["online.log"] = log[:bytes.LastIndexByte(log[:len(log)-1], '\n')+1]
			}),
		},
		{
			Row: attacks.New("medium/log-reordered", "exchanges two lines of the log", attacks.At("kek.receive", "bundle.log", "bundle.files", "bundle.head", "bundle.kek", "attest.present")),
			do: bundle("usb-kek", func(m *medium) {
				l := bytes.SplitAfter(m.files["online.log"], []byte("\n"))
				l[3], l[4] = l[4], l[3]
				m.files["online.log"] = bytes.Join(l, nil)
			}),
		},
		{
			Row: attacks.New("medium/answer-edited", "edits an answer in the log and chains it anew", attacks.At("kek.receive", "bundle.files", "bundle.head")),
			do:  bundle("usb-kek", func(m *medium) { m.rechain(`"identity":"SEEN"`, `"identity":"SEEM"`) }),
		},
		{
			Row: attacks.New("medium/answer-sealed", "edits an answer, with everybody's keys to seal it", attacks.At("kek.receive", "bundle.head")),
			do: bundle("usb-kek", func(m *medium) {
				m.rechain(`"identity":"SEEN"`, `"identity":"SEEM"`)
				m.list()
				m.sign("online", everyoneOf()...)
			}),
		},
		{
			Row: attacks.New("medium/other-plan", "an older version of the plan, sealed by everybody", attacks.At("kek.receive", "bundle.plan"), attacks.At("kek.receive", "durable.ErrExists")), blind: overwrites,
			do: bundle("usb-kek", func(m *medium) {
				m.files["plan.toml"] = append(m.files["plan.toml"], "# an older version\n"...)
				m.list()
				m.sign("online", everyoneOf()...)
			}),
		},
		{
			Row: attacks.New("medium/facts-left-out", "a log that describes no KEK, sealed by everybody", attacks.At("kek.receive", "bundle.head", "bundle.kek", "attest.present")),
			do: bundle("usb-kek", func(m *medium) {
				m.rechain(`"kek.sha256":`, `"kek.sha257":`)
				m.list()
				m.sign("online", everyoneOf()...)
			}),
		},
		{
			Row: attacks.New("medium/facts-at-odds", "a log with the KEK of one key and the digest of another, sealed by everybody", attacks.At("kek.receive", "bundle.head", "bundle.kek", "attest.present")),
			do: bundle("usb-kek", func(m *medium) {
				own, err := byok.ParseKEK(m.files["kek.publickey.pem"])
				must(m.s.hall.t, err)
				other, _ := attackersKEK(m.s.hall.t)
				m.files["kek.publickey.pem"] = other.PEM()
				m.rechain(`"kek.sha256":"`+own.SHA256().String(), `"kek.sha256":"`+other.SHA256().String())
				m.list()
				m.sign("online", everyoneOf()...)
			}),
		},
		{
			Row: attacks.New("medium/seal-spoiled", "puts another's signature in the place of one that the quorum does not need", attacks.At("kek.receive", "bundle.seal")),
			do: bundle("usb-kek", func(m *medium) {
				m.files["PREPARE.sha256.admin.sig"] = m.files["PREPARE.sha256.guest.sig"]
			}),
		},
		{
			Row: attacks.New("medium/head-mistyped", "the witness types another code than the sheet has", attacks.At("kek.receive", "bundle.head")),
			do:  func(s *stand) { s.answers = func(_ Now, a *Answers) { a.Text["head"] = s.plan.SHA256().Code() } },
		},
		{
			Row: attacks.New("medium/foreign", "another file lies beside the bundle", attacks.At("kek.receive", "bundle.foreign")),
			do: func(s *stand) {
				must(s.hall.t, os.WriteFile(filepath.Join(s.path("usb-kek"), "holiday.exe"), []byte("MZ"), 0o600))
			},
		},
		{
			Row: attacks.New("medium/own-folder", "the ceremony's own folder is named as the medium", attacks.At("kek.receive", "steps.ErrOwnFolder")), stuck: true,
			do: func(s *stand) {
				must(s.hall.t, os.CopyFS(filepath.Join(s.path("offline"), "usb"), os.DirFS(s.path("usb-kek"))))
				s.answers = func(_ Now, a *Answers) { a.Text["medium"] = filepath.Join(s.path("offline"), "usb") }
			},
		},
	})
}

// TestAttackFreshMedium: what goes across the gap goes alone.
func TestAttackFreshMedium(t *testing.T) {
	newHall(t, nil, "P-256").stand("online", "kek.export").holds(t, []attack{
		{Row: attacks.New("medium/not-fresh", "takes a used medium", attacks.At("kek.export", "medium.fresh")), do: func(s *stand) {
			must(s.hall.t, os.WriteFile(filepath.Join(s.path("usb-kek"), "holiday.jpg"), []byte("x"), 0o600))
		}},
	})
}

// overwrites lets a bundle replace files of the folder, which is refused
// otherwise: those that it would replace are taken away.
var overwrites = map[string]blind{"durable.ErrExists": func(s *stand, _ *Ceremony) func() {
	return s.clears(s.medium(map[string]string{"offline": "usb-kek", "online": "usb-blob"}[s.side]).files)
}}

// clears takes away what these files would replace.
func (s *stand) clears(files map[string][]byte) func() {
	for name, b := range files {
		path := filepath.Join(s.path(s.side), name)
		if have, err := os.ReadFile(path); err == nil && !bytes.Equal(have, b) {
			must(s.hall.t, os.Remove(path))
		}
	}
	return nil
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
	h.goOn(c, audit.OutcomeExceptions)
}

// TestAttackReplayedRun presents what an earlier run of the same plan had sealed,
// with the same keys and in perfect form.
func TestAttackReplayedRun(t *testing.T) {
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
		{
			Row: attacks.New("replay/kek-bundle", "brings the sealed KEK bundle of an earlier run of this plan", attacks.At("kek.receive", "bundle.head"), attacks.At("kek.confirm", "kek.confirm")),
			do:  func(s *stand) { oldMedia(s, "usb-kek") },
		},
	})
	c = h.open("offline")
	h.run(c, Wrap)
	h.shut(c)
	s = h.stand("online", "blob.receive")
	s.holds(t, []attack{
		{
			Row: attacks.New("replay/blob-bundle", "brings the sealed blob bundle of an earlier run", attacks.At("blob.receive", "bundle.head", "bundle.run", "bundle.lint"), attacks.At("blob.receive", "durable.ErrExists")), blind: overwrites,
			do: func(s *stand) { oldMedia(s, "usb-blob") },
		},
		{Row: attacks.New("replay/blob-bundle-and-sheet", "brings it with that run's sheet, which has its head", attacks.At("blob.receive", "bundle.run", "bundle.lint"), attacks.At("blob.receive", "durable.ErrExists")), blind: overwrites, do: func(s *stand) {
			oldMedia(s, "usb-blob")
			s.hall.sheets["offline.head"] = oldSheets["offline.head"]
		}},
	})
}

// TestAttackBlobs tampers with blobs between the HSM room and the vault.
func TestAttackBlobs(t *testing.T) {
	s := imports(t, "blob.receive", nil, "P-256", "P-256")
	blob := func(m *medium, change func(*byok.Blob)) {
		b, _, err := byok.Decode(m.files["key-1.byok"])
		must(t, err)
		change(&b)
		m.files["key-1.byok"], err = b.Encode()
		must(t, err)
	}
	// sealed makes the offline side say that this is what it wrapped.
	sealed := func(change func(*medium)) func(*stand) {
		return bundle("usb-blob", func(m *medium) {
			old := m.files["key-1.byok"]
			change(m)
			m.sealedAs(sum(old), sum(m.files["key-1.byok"]))
		})
	}
	inBlob := func(old, changed string) func(*medium) {
		return func(m *medium) {
			edited := bytes.Replace(m.files["key-1.byok"], []byte(old), []byte(changed), 1)
			if bytes.Equal(edited, m.files["key-1.byok"]) {
				m.s.hall.t.Fatalf("the blob has no %s", old)
			}
			m.files["key-1.byok"] = edited
		}
	}
	s.holds(t, []attack{
		{
			Row: attacks.New("blob/lost", "leaves a blob out", attacks.At("blob.receive", "bundle.files", "bundle.keys", "bundle.lint")),
			do:  bundle("usb-blob", func(m *medium) { delete(m.files, "key-1.byok") }),
		},
		{
			Row: attacks.New("blob/two-exchanged", "exchanges two blobs for each other", attacks.At("blob.receive", "bundle.files", "bundle.keys")),
			do: bundle("usb-blob", func(m *medium) {
				m.files["key-1.byok"], m.files["key-2.byok"] = m.files["key-2.byok"], m.files["key-1.byok"]
			}),
		},
		{
			Row: attacks.New("blob/one-more", "adds a blob of no key of the plan", attacks.At("blob.receive", "bundle.files")),
			do:  bundle("usb-blob", func(m *medium) { m.files["key-3.byok"] = m.files["key-2.byok"] }),
		},
		{
			Row: attacks.New("blob/one-bit", "flips a bit of a blob", attacks.At("blob.receive", "bundle.files", "bundle.keys")),
			do:  bundle("usb-blob", func(m *medium) { blob(m, func(b *byok.Blob) { b.Ciphertext[7] ^= 1 }) }),
		},
		{
			Row: attacks.New("blob/truncated", "cuts a blob short", attacks.At("blob.receive", "bundle.files", "bundle.keys", "bundle.lint")),
			do: bundle("usb-blob", func(m *medium) {
				blob(m, func(b *byok.Blob) { b.Ciphertext = b.Ciphertext[:len(b.Ciphertext)-8] })
			}),
		},
		{
			Row: attacks.New("blob/half-sealed", "half a blob, recorded and sealed so", attacks.At("blob.receive", "bundle.lint")),
			do:  sealed(func(m *medium) { blob(m, func(b *byok.Blob) { b.Ciphertext = b.Ciphertext[:256+24] }) }),
		},
		{
			Row: attacks.New("blob/other-kek", "a blob for another version of the KEK, recorded and sealed so", attacks.At("blob.receive", "bundle.lint")),
			do: sealed(func(m *medium) {
				blob(m, func(b *byok.Blob) { b.KID = b.KID[:len(b.KID)-1] + flip(b.KID[len(b.KID)-1]) })
			}),
		},
		{
			Row: attacks.New("blob/schema-downgrade", "a blob of an older schema_version, recorded and sealed so", attacks.At("blob.receive", "bundle.lint")),
			do:  sealed(inBlob(`"1.0.0"`, `"0.9.0"`)),
		},
		{
			Row: attacks.New("blob/weaker-wrap", "a blob that names another way of wrapping, recorded and sealed so", attacks.At("blob.receive", "bundle.lint")),
			do:  sealed(inBlob("CKM_RSA_AES_KEY_WRAP", "CKM_RSA_PKCS")),
		},
		{
			Row: attacks.New("blob/member-twice", "a blob that names its KEK twice, recorded and sealed so", attacks.At("blob.receive", "bundle.lint")),
			do:  sealed(inBlob(`"alg":`, `"alg": "none", "alg":`)),
		},
		{
			Row: attacks.New("blob/production", "the blob of a production in a rehearsal, recorded and sealed so", attacks.At("blob.receive", "bundle.lint")),
			do: sealed(func(m *medium) {
				blob(m, func(b *byok.Blob) { b.Generator = strings.TrimPrefix(b.Generator, rehearsalMark) })
			}),
		},
		{
			Row: attacks.New("blob/other-run", "the answer of an offline machine that had received another head", attacks.At("blob.receive", "bundle.run")),
			do:  bundle("usb-blob", func(m *medium) { m.sealedAs(m.s.hall.headOf("online.log"), strings.Repeat("0", 64)) }),
		},
		{
			Row: attacks.New("blob/online-keys", "seals the offline record with everybody's online keys", attacks.At("blob.receive", "bundle.seal")),
			do:  bundle("usb-blob", func(m *medium) { m.sign("online", everyoneOf()...) }),
		},
		{
			Row: attacks.New("blob/too-few", "one operator alone seals the offline record", attacks.At("blob.receive", "bundle.seal")),
			do:  bundle("usb-blob", func(m *medium) { m.sign("offline", "op1", "officer", "witness", "guest", "admin") }),
		},
		{
			Row: attacks.New("blob/late", "the KEK has expired by the clock that people read", attacks.At("blob.receive", "kek.life")),
			do:  func(s *stand) { s.clock = 8 * 24 * time.Hour },
		},
	})
}

// sealedAs puts another text into the sealed log, and has everybody seal it
// and write its head on the sheets.
func (m *medium) sealedAs(old, changed string) {
	head := m.rechain(old, changed)
	m.list()
	m.sign(m.side, everyoneOf()...)
	m.s.hall.sheets[map[string]string{"online": "prepare.head", "offline": "offline.head"}[m.side]] = head.SHA256.Code()
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

// TestAttackAfterReceipt: the blob in the folder is exchanged after it was
// received and before it is imported.
func TestAttackAfterReceipt(t *testing.T) {
	s := imports(t, "target.import", nil, "P-256", "P-256")
	s.holds(t, []attack{
		{Row: attacks.New("blob/in-the-folder", "exchanges a received blob for that of another key, in the folder",
			attacks.At("target.import", "target.blob"), attacks.At("target.readback", "target.same-public", "target.proof")), stuck: true, do: func(s *stand) {
			b, err := os.ReadFile(filepath.Join(s.path("online"), "key-2.byok"))
			must(t, err)
			must(t, os.WriteFile(filepath.Join(s.path("online"), "key-1.byok"), b, 0o600))
		}},
	})
	c := s.again(t)
	defer s.shut(c)
	must(t, os.Remove(filepath.Join(s.path("online"), "key-1.byok")))
	s.refuses(t, c, "target.blob")
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
