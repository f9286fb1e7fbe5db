//go:build linux

package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/keyvault/rehearsal"
)

var folders = flag.Int("folders", 1000, "how many folders BenchmarkFolders verifies")

// BenchmarkFolders verifies many folders, each by a process of the auditor's
// static program, and compares that with sha256sum over the same folders plus
// ssh-keygen -Y verify for each signature in them, in one shell for each. They
// take turns, and because stock tools take much longer they get each tenth.
//
//	ratio            verify / (sha256sum + ssh-keygen), for one folder; goal: at most 2, half their speed
//	ms/folder        of verify
//	stock-ms/folder  of the two
//	signatures       in a folder
func BenchmarkFolders(b *testing.B) {
	exe := staticProgram(b)
	dirs, check := manyFolders(b, *folders)
	var ours, theirs time.Duration
	n, tenth := 0, 0
	for b.Loop() {
		for i, dir := range dirs {
			ours += took(b, exec.Command(exe, "verify", dir))
			n++
			if i%10 > 0 {
				continue
			}
			stock := exec.Command("sh", "-e", "-c", check)
			stock.Dir = dir
			theirs += took(b, stock)
			tenth++
		}
	}
	mine, stock := ours.Seconds()*1000/float64(n), theirs.Seconds()*1000/float64(tenth)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(mine/stock, "ratio")
	b.ReportMetric(mine, "ms/folder")
	b.ReportMetric(stock, "stock-ms/folder")
	b.ReportMetric(float64(strings.Count(check, "ssh-keygen")), "signatures")
}

func took(b *testing.B, c *exec.Cmd) time.Duration {
	b.Helper()
	began := time.Now()
	if out, err := c.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	return time.Since(began)
}

// manyFolders holds one rehearsal and copies its folder; check is the shell
// script that checks one with stock tools.
func manyFolders(b *testing.B, n int) (dirs []string, check string) {
	b.Helper()
	s, _ := newRehearsal(b, rehearsal.Options{}, "P-256")
	for _, r := range stageRuns {
		if out, err := s.command(s.stageArgs(r)...).CombinedOutput(); err != nil {
			b.Fatalf("%v\n%s", err, out)
		}
	}
	root := b.TempDir()
	for i := range n {
		dir := filepath.Join(root, fmt.Sprint(i))
		if err := os.CopyFS(dir, os.DirFS(s.path("online"))); err != nil {
			b.Fatal(err)
		}
		dirs = append(dirs, dir)
	}
	return dirs, stockCheck(b, dirs[0])
}

// stockCheck is one command for the files and one for each signature.
func stockCheck(b *testing.B, dir string) string {
	b.Helper()
	var out strings.Builder
	out.WriteString("sha256sum -- *\n")
	sigs, err := filepath.Glob(filepath.Join(dir, "*.sig"))
	if err != nil || len(sigs) == 0 {
		b.Fatalf("%d signatures, %v", len(sigs), err)
	}
	for _, path := range sigs {
		sig := filepath.Base(path)
		who, namespace, over := signedAs(b, dir, sig)
		fmt.Fprintf(&out, "ssh-keygen -Y verify -f allowed_signers -I %s -n %s -s %s < %s\n", who, namespace, sig, over)
	}
	return out.String()
}

// signedAs says who signed what in which namespace, by a signature's name.
func signedAs(b *testing.B, dir, sig string) (who, namespace, over string) {
	b.Helper()
	name := strings.TrimSuffix(sig, ".sig")
	if strings.HasSuffix(name, ".txt") {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			b.Fatal(err)
		}
		s, err := audit.ParseStatement(text)
		if err != nil {
			b.Fatal(err)
		}
		return s.Person, s.Namespace(), name
	}
	i := strings.LastIndex(name, ".")
	over, who = name[:i], name[i+1:]
	if over == "plan.toml" {
		return who, audit.PlanNamespace(audit.Rehearsal), over
	}
	return who, audit.SealNamespace(over, audit.Rehearsal), over
}
