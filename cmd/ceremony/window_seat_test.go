//go:build linux

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/keyceremony/ceremony/ui"
)

// A seat is one start of the program, and somebody in front of it who sees
// what was painted and has a keyboard and a mouse. Nothing here waits for a
// time to pass: the next line of the trace is what is awaited.
type seat struct {
	t      testing.TB
	d      *desktop
	cmd    *exec.Cmd
	lines  chan ui.Trace
	now    map[string]ui.Trace // the last line of each window
	count  map[string]int      // lines of each window
	ids    map[string]string   // of X, for each window
	at     string              // the window that has the keyboard
	traces *bytes.Buffer       // all lines, of all seats
	words  bytes.Buffer        // what the program prints
}

// classes are what X knows the windows by: the titles that they were made with.
var classes = map[string]string{"main": "Key ceremony", "table": "On the table", "offline": "Offline machine"}

// sit starts the program.
func (d *desktop) sit(traces *bytes.Buffer, exe string, args ...string) *seat {
	d.t.Helper()
	s := &seat{t: d.t, d: d, lines: make(chan ui.Trace, 1<<16), now: map[string]ui.Trace{}, count: map[string]int{}, ids: map[string]string{}, traces: traces}
	r, w, err := os.Pipe()
	if err != nil {
		d.t.Fatal(err)
	}
	s.cmd = d.command(exe, append(args, "--trace-fd", "3")...)
	s.cmd.ExtraFiles, s.cmd.Stdout, s.cmd.Stderr = []*os.File{w}, &s.words, &s.words
	start(d.t, s.cmd)
	w.Close()
	go s.read(r)
	return s
}

func (s *seat) read(r *os.File) {
	defer r.Close()
	defer close(s.lines)
	for lines := bufio.NewReader(r); ; {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		s.traces.Write(line)
		var t ui.Trace
		if err := json.Unmarshal(line, &t); err != nil {
			s.t.Errorf("a trace is no JSON: %v\n%s", err, line)
			return
		}
		s.lines <- t
	}
}

// errOver says that the program has ended.
var errOver = errors.New("the program has ended")

// next waits for the next line.
func (s *seat) next() error {
	select {
	case t, ok := <-s.lines:
		if !ok {
			return errOver
		}
		s.now[t.Window] = t
		s.count[t.Window]++
		return nil
	case <-s.d.ctx.Done():
		return s.d.ctx.Err()
	}
}

// until waits for what a window shows.
func (s *seat) until(window, what string, holds func(ui.Trace) bool) ui.Trace {
	s.t.Helper()
	for s.count[window] == 0 || !holds(s.now[window]) {
		if err := s.next(); err != nil {
			s.fail("%v, and %s was awaited", err, what)
		}
	}
	return s.now[window]
}

// after does something and waits for what the window with the keyboard shows
// then; what it shows before does not count.
func (s *seat) after(what string, do func(), holds func(ui.Trace) bool) ui.Trace {
	s.t.Helper()
	before := s.count[s.at]
	do()
	return s.until(s.at, what, func(t ui.Trace) bool { return s.count[s.at] > before && holds(t) })
}

// fail ends the test with all that helps to understand why.
func (s *seat) fail(format string, args ...any) {
	s.t.Helper()
	picture := filepath.Join(s.t.ArtifactDir(), "failed.png")
	s.d.shot(picture)
	var last strings.Builder
	for name := range s.now {
		line, _ := json.Marshal(s.now[name])
		fmt.Fprintf(&last, "%s\n", line)
	}
	s.t.Fatalf("%s\nwindow %s has the keyboard; last traces:\n%s\npicture: %s\nprinted:\n%s", fmt.Sprintf(format, args...), s.at, &last, picture, s.words.String())
}

// turnTo gives a window the keyboard. It is asked for even if it has it: a new
// window may be about to take it.
func (s *seat) turnTo(window string) {
	s.t.Helper()
	s.until(window, "the window "+window, func(ui.Trace) bool { return true })
	if s.ids[window] == "" {
		pid := strconv.Itoa(s.cmd.Process.Pid) // another machine of the test has windows of the same names
		s.ids[window] = s.d.xdo("", "search", "--sync", "--onlyvisible", "--all", "--pid", pid, "--class", "^"+classes[window]+"$")
	}
	s.d.xdo("", "windowactivate", "--sync", s.ids[window])
	s.at = window
}

// key presses keys by their X names.
func (s *seat) key(names ...string) {
	s.t.Helper()
	s.d.xdo("", append([]string{"key", "--delay", "8"}, names...)...)
}

// type_ types text; it is no argument, for others could see it there.
func (s *seat) type_(text string) {
	s.t.Helper()
	s.d.xdo(text, "type", "--delay", "8", "--file", "-")
}

// click presses the mouse where a button is.
func (s *seat) click(name string) {
	s.t.Helper()
	box, ok := s.now[s.at].Boxes[name]
	if !ok {
		s.fail("there is no button %q to click", name)
	}
	x, y := strconv.Itoa(box[0]+box[2]/2), strconv.Itoa(box[1]+box[3]/2)
	s.d.xdo("", "mousemove", "--window", s.ids[s.at], x, y, "click", "1")
}

// focus moves with Tab to what has a name.
func (s *seat) focus(name string) {
	s.t.Helper()
	for range 80 {
		has := s.now[s.at].Focus
		if has == name {
			return
		}
		s.after("another focus than "+has, func() { s.key("Tab") }, func(t ui.Trace) bool { return t.Focus != has })
	}
	s.fail("Tab does not come to %q", name)
}

// kill ends the program as a power cut would.
func (s *seat) kill() {
	s.t.Helper()
	if err := s.cmd.Process.Kill(); err != nil {
		s.fail("it cannot be killed: %v", err)
	}
	s.end()
}

// end waits for the end of the program.
func (s *seat) end() {
	s.t.Helper()
	for s.next() == nil {
	}
	if err := s.d.ctx.Err(); err != nil {
		s.fail("the program does not end: %v", err)
	}
	_ = s.cmd.Wait()
}

// closed closes the window as its user does, and wants it to end well.
func (s *seat) closed() {
	s.t.Helper()
	s.key("alt+F4")
	s.end()
	if code := s.cmd.ProcessState.ExitCode(); code != 0 {
		s.fail("the window ended with exit code %d", code)
	}
}

// workers are the processes that the program started, which hold the HSM's
// library.
func (s *seat) workers() (out []int) {
	s.t.Helper()
	lists, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", s.cmd.Process.Pid))
	if err != nil {
		s.t.Fatal(err)
	}
	for _, list := range lists {
		b, err := os.ReadFile(list)
		if err != nil {
			continue // the thread has ended
		}
		for _, field := range strings.Fields(string(b)) {
			pid, err := strconv.Atoi(field)
			if err != nil {
				s.t.Fatal(err)
			}
			out = append(out, pid)
		}
	}
	return out
}

// stall makes the HSM take its time until goOn is called.
func (s *seat) stall() (goOn func()) {
	s.t.Helper()
	pids := s.workers()
	if len(pids) == 0 {
		s.fail("no worker holds the HSM's library")
	}
	for _, pid := range pids {
		if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
			s.t.Fatal(err)
		}
	}
	return func() {
		for _, pid := range pids {
			_ = syscall.Kill(pid, syscall.SIGCONT) // it may be gone with the program
		}
	}
}
