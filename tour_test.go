package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"workbell/docs/doctest"
)

// tour is the document that TestTour walks through.
const tour = "docs/guides/tour.md"

// A walk is what a reader of the tour has: a folder, and a bridge that runs.
type walk struct {
	*testing.T
	dir    string
	bridge *process
	// there are the addresses of the document, and where they are here.
	there *strings.Replacer
}

// TestTour does what the tour says, block by block: saves the files, serves,
// runs the commands, and compares what they print, where … stands for anything.
func TestTour(t *testing.T) {
	t.Parallel()
	w := &walk{T: t, dir: t.TempDir()}
	self, err := filepath.Abs(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, w.dir, "bin/workbell", "#!/bin/sh\n"+actAsWorkbell+"=1 exec "+self+" \"$@\"\n")
	if err := os.Chmod(filepath.Join(w.dir, "bin/workbell"), 0o700); err != nil { //nolint:gosec // to be run
		t.Fatal(err)
	}
	blocks, compared := doctest.Blocks(t, tour), 0
	for i, b := range blocks {
		name := regexp.MustCompile(`^(?:# |\{\{/\* )([\w/.]+)`).FindStringSubmatch(b.Text)
		switch {
		case b.Language == "text": // with the commands above it
		case b.Language == "sh" && strings.HasPrefix(b.Text, "workbell serve"):
			w.serve(strings.Fields(b.Text)[2:])
		case b.Language == "sh":
			want := ""
			if i+1 < len(blocks) && blocks[i+1].Language == "text" {
				want = blocks[i+1].Text
				compared++
			}
			w.run(b, want)
		case name != nil:
			writeFile(t, w.dir, name[1], b.Text)
		default:
			t.Errorf("%s: what is it?", b.At)
		}
	}
	if compared < 8 {
		t.Errorf("%d answers compared, fewer than there were", compared)
	}
}

// serve starts a bridge, after the one before has stopped.
func (w *walk) serve(args []string) {
	w.Helper()
	if w.bridge != nil {
		if code := w.bridge.terminate(w.T); code != 0 {
			w.Errorf("exit code %d\n%s", code, w.bridge.log)
		}
	}
	w.bridge = startProcess(w.T, w.dir, append(args, "--sandbox.listen-address=127.0.0.1:0")...)
	w.there = strings.NewReplacer("http://127.0.0.1:8060", w.bridge.hooks, "http://127.0.0.1:8061", w.bridge.admin, "http://127.0.0.1:8062", w.bridge.listening(w.T, "sandbox"))
}

// run runs a block and compares what it prints. What only looks is run until it
// sees what it should.
func (w *walk) run(b doctest.Block, want string) {
	w.Helper()
	line := regexp.QuoteMeta(strings.TrimSpace(want))
	wanted := regexp.MustCompile(`(?s)\A\s*` + strings.ReplaceAll(line, "…", ".*") + `\s*\z`)
	for range 600 {
		out, err := w.shell(b.Text)
		if want == "" && err == nil || want != "" && wanted.MatchString(out) {
			return
		}
		if looks := regexp.MustCompile(`\A(workbell (show|deliveries)|curl \S+ \S+/metrics)`); !looks.MatchString(b.Text) || w.Context().Err() != nil {
			w.Fatalf("%s: %v\n%s\nwanted:\n%s\n%s", b.At, err, out, want, w.bridge.log)
		}
	}
	out, err := w.shell(b.Text)
	w.Fatalf("%s: still %v\n%s\nwanted:\n%s\n%s", b.At, err, out, want, w.bridge.log)
}

func (w *walk) shell(text string) (string, error) {
	cmd := exec.Command("sh", "-e", "-c", w.there.Replace(text))
	cmd.Dir = w.dir
	cmd.Env = append(os.Environ(), "PATH="+filepath.Join(w.dir, "bin")+":"+os.Getenv("PATH"), "WORKBELL_ADMIN_URL="+w.bridge.admin)
	out, err := cmd.CombinedOutput()
	return string(out), err
}
