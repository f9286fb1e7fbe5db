//go:build !nogui && cgo

package main

import (
	"path/filepath"
	"sync"
	"time"

	"github.com/keyceremony/ceremony/keyvault/rehearsal"
	"github.com/keyceremony/ceremony/steps"
	"github.com/keyceremony/ceremony/ui"
)

// scenes are the rehearsals whose vaults this process serves.
type scenes struct {
	flags rehearseFlags // of those that are set up
	mu    sync.Mutex
	open  map[string]*scene // by folder
}

// enter serves a rehearsal's vault, once.
func (all *scenes) enter(dir string, say func(string)) (*scene, error) {
	all.mu.Lock()
	defer all.mu.Unlock()
	f := all.flags
	f.dir = dir
	if s := all.open[filepath.Clean(dir)]; s != nil && dir != "" {
		return s, nil
	}
	s, err := openScene(f, rehearsal.Options{ManagedHSM: f.managedHSM, Now: time.Now}, say)
	if err == nil {
		all.open[s.dir] = s
	}
	return s, err
}

func (all *scenes) leave(s *scene) error {
	all.mu.Lock()
	defer all.mu.Unlock()
	delete(all.open, s.dir)
	return s.Close()
}

// continued continues a ceremony folder.
func continued(dir string, say func(string)) (*steps.Ceremony, error) {
	w, err := world(say)
	if err != nil {
		return nil, err
	}
	return steps.Open(dir, w)
}

// sceneOf is the rehearsal that a ceremony folder belongs to, or "". What lies
// beside a folder says nothing of it: its own plan says that it is a rehearsal.
func sceneOf(dir string) string {
	full, err := filepath.Abs(dir)
	if err != nil || !isScene(filepath.Dir(full)) {
		return ""
	}
	if p, err := readPlan(filepath.Join(full, "plan.toml")); err != nil || !p.Rehearsal {
		return ""
	}
	return filepath.Dir(full)
}

// rehearse sets a rehearsal up, or goes on with one.
func (all *scenes) rehearse(dir string, say func(string)) (*ui.Rehearsal, error) {
	if dir != "" {
		var err error
		if dir, err = filepath.Abs(dir); err != nil {
			return nil, err
		}
	}
	s, err := all.enter(dir, say)
	if err != nil {
		return nil, err
	}
	t := s.table()
	return &ui.Rehearsal{
		Dir: s.dir, Machine: s.flags.machine,
		Online:  ui.Beginning{Dir: s.path("online"), Stage: steps.Prepare, Plan: s.path("plan.toml")},
		Offline: ui.Beginning{Dir: s.path("offline"), Stage: steps.Wrap, Plan: s.path("plan.toml")},
		Papers:  s.papers, Sheet: t.write,
		Fetch: func(name string) error {
			_, err := t.get(name)
			return err
		},
		KeyFile: func(person, side string) string { return s.path("people", person+"."+side) },
		Close:   func() error { return all.leave(s) },
	}, nil
}

// table is what people would have on paper, and the accounts with which they
// ask the vault themselves.
func (s *scene) table() *table {
	t := &table{dir: s.path("table"), plan: s.plan}
	if s.vault != nil {
		t.vault = ownAccount(s.plan, s.vault.ClientID(), s.vault.SecretFile())
	}
	return t
}
