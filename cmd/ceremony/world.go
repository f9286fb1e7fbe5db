package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/hsm"
	"github.com/keyceremony/ceremony/hsm/pkcs11"
	"github.com/keyceremony/ceremony/keyvault"
	"github.com/keyceremony/ceremony/keyvault/azure"
	"github.com/keyceremony/ceremony/machine"
	"github.com/keyceremony/ceremony/plan"
	"github.com/keyceremony/ceremony/steps"
	"github.com/keyceremony/ceremony/timestamp/ask"
)

// version is set by the linker for releases.
var version = "0.1.0-dev"

// revision is the commit that was built. The linker sets it: builds of ours do
// not look for it themselves, so that they are the same in every folder.
var revision string

// world wires the ceremony to this machine: the only place that knows a clock,
// a network and a module.
func world(say func(string)) (steps.World, error) {
	tool, err := program()
	if err != nil {
		return steps.World{}, err
	}
	return steps.World{
		Stamp: stamp, Rand: rand.Reader, Program: tool, Machine: machine.Look, FileSum: fileSum, Progress: say, AskTime: ask.Ask,
		OpenVault: func(ctx context.Context, v plan.Vault, s steps.SignIn) (keyvault.Vault, error) {
			return openVault(ctx, v, s, say)
		},
		OpenToken: func(ctx context.Context, h plan.HSM) (hsm.Token, error) { return openToken(ctx, h, say) },
	}, nil
}

// program says which program this is. Its digest must stand in the plan. It is
// taken once: a quarter of the work until a folder was shown went into it.
var program = sync.OnceValues(func() (audit.Tool, error) {
	path, err := os.Executable()
	if err != nil {
		return audit.Tool{}, err
	}
	sum, err := fileSum(path)
	return audit.Tool{Name: "ceremony", Version: version, Commit: commit(), SHA256: sum}, err
})

// commit is what the build knows of its source.
func commit() string {
	if revision != "" {
		return revision
	}
	info, ok := debug.ReadBuildInfo()
	if ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				return s.Value
			}
		}
	}
	return "unknown"
}

// started anchors the monotonic clock of records.
var started = time.Now()

// stamp reads this machine's clocks. The wall clock is a claim: nothing here
// has checked it.
func stamp() audit.Stamp {
	now := time.Now()
	boot, mono := machine.Boot()
	if boot == "" {
		boot, mono = "unknown", now.Sub(started).Nanoseconds()
	}
	return audit.Stamp{Boot: boot, MonoNS: mono, Wall: now.UTC(), Src: "local"}
}

func openVault(ctx context.Context, v plan.Vault, s steps.SignIn, say func(string)) (keyvault.Vault, error) {
	return azure.Open(ctx, azure.Config{
		URL: v.URL, Cloud: v.Cloud, Tenant: v.Tenant, API: v.API, Authority: v.Authority, CA: []byte(v.CA),
		SignIn:   signIn(s),
		Progress: func(what string, d time.Duration) { say(fmt.Sprintf("%s (%s)", what, d.Round(time.Second))) },
		Prompt:   say,
	})
}

func signIn(s steps.SignIn) azure.SignIn {
	out := azure.SignIn{Method: s.Method, ClientID: s.ClientID}
	if s.Method == azure.Certificate {
		out.Certificate = s.Secret
	} else {
		out.Secret = s.Secret
	}
	return out
}

func openToken(ctx context.Context, h plan.HSM, say func(string)) (hsm.Token, error) {
	return pkcs11.Open(ctx, pkcs11.Options{
		Module: h.Module, SHA256: h.ModuleSHA256, Serial: h.Serial,
		Progress: func(what string, d time.Duration) { say(fmt.Sprintf("%s (%s)", what, d.Round(time.Second))) },
	})
}
