package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// acceptance says why a hole does not matter here, and what that rests on.
type acceptance struct {
	id, why string
	// unlinked is a package that must not be linked, unused a word that must not be
	// in our own source; empty: nothing.
	unlinked, unused string
}

// accepted are the holes without a cure that our code does not have.
var accepted = []acceptance{
	{id: "GO-2026-6875", why: "echo's reverse proxy is not used; v4 gets no cure", unlinked: "github.com/labstack/echo/v4/middleware"},
	{id: "GO-2026-6872", why: "nobody's address is taken from a header; v4 gets no cure", unlinked: "github.com/labstack/echo/v4/middleware", unused: "RealIP("},
}

// hole is a finding of govulncheck: OSV's id, and the way to it, the end first.
type hole struct {
	OSV   string
	Fixed string `json:"fixed_version"`
	Trace []struct{ Module, Version, Package, Function string }
}

// reached says whether our code may come to the hole; otherwise it merely has the
// module.
func (h hole) reached() bool { return h.Trace[0].Function != "" }

// holes fails if a hole is known that our code may come to. Those of the standard
// library are the builder's to close, with a newer Go: they fail when strict, for
// a release, and are told otherwise.
func holes(database string, strict bool) error {
	found, summaries, err := govulncheck(database)
	if err != nil {
		return err
	}
	packages, err := linked()
	if err != nil {
		return err
	}
	var faults []error
	said := map[string]bool{}
	for _, h := range found {
		if !h.reached() || said[h.OSV] {
			continue
		}
		said[h.OSV] = true
		at := h.Trace[0]
		line := fmt.Sprintf("%s in %s %s: %s (better: %s; https://pkg.go.dev/vuln/%s)", h.OSV, at.Module, at.Version, summaries[h.OSV], or(h.Fixed, "nothing yet"), h.OSV)
		why, err := excuse(h.OSV, packages)
		switch {
		case err != nil:
			faults = append(faults, fmt.Errorf("%s: %w", line, err))
		case why != "":
			fmt.Println("accepted:", line+":", why)
		case at.Module == "stdlib" && !strict:
			fmt.Println("build releases with a newer Go:", line)
		default:
			faults = append(faults, errors.New(line))
		}
	}
	return errors.Join(faults...)
}

func or(text, other string) string {
	if text == "" {
		return other
	}
	return text
}

// excuse returns why the hole id is accepted, empty if it is not; the error says
// that it was, but that what that rests on is no longer so.
func excuse(id string, packages map[string]pkg) (string, error) {
	i := slices.IndexFunc(accepted, func(a acceptance) bool { return a.id == id })
	if i < 0 {
		return "", nil
	}
	a := accepted[i]
	if _, is := packages[a.unlinked]; is {
		return "", fmt.Errorf("accepted while %s is not linked, but now it is", a.unlinked)
	}
	if a.unused != "" {
		out, err := exec.Command("git", "grep", "--fixed-strings", "--name-only", a.unused, "--", "*.go", ":!*_test.go", ":!tools").Output() //nolint:gosec // a word of the table above
		if len(out) > 0 || err == nil {
			return "", fmt.Errorf("accepted while nothing calls %s, but now there is %s", a.unused, out)
		}
	}
	return a.why, nil
}

// govulncheck asks the database of vuln.go.dev or, where that cannot be reached,
// the one in a folder, and says which.
func govulncheck(database string) ([]hole, map[string]string, error) {
	out, complaint, err := ask()
	if err != nil && strings.Contains(complaint, "fetching vulnerabilities") {
		fmt.Printf("NOT ASKED: vuln.go.dev, which cannot be reached (%s)\ninstead: what was known at the date of golang.org/x/vulndb in tools/audit/go.mod; newer holes are not found\n", strings.TrimSpace(complaint))
		out, complaint, err = ask("-db", "file://"+database)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("running govulncheck: %w\n%s", err, complaint)
	}
	var found []hole
	summaries := map[string]string{}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var m struct {
			OSV     *struct{ ID, Summary string }
			Finding *hole
		}
		if err := d.Decode(&m); errors.Is(err, io.EOF) {
			return found, summaries, nil
		} else if err != nil {
			return nil, nil, fmt.Errorf("reading what govulncheck says: %w", err)
		}
		if m.OSV != nil {
			summaries[m.OSV.ID] = m.OSV.Summary
		}
		if m.Finding != nil {
			found = append(found, *m.Finding)
		}
	}
}

func ask(args ...string) (out []byte, complaint string, err error) {
	var stdout, stderr bytes.Buffer
	cmd := exec.Command("govulncheck", append(args, "-format", "json", ".")...) //nolint:gosec // no shell
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err = cmd.Run()
	return stdout.Bytes(), stderr.String(), err
}
