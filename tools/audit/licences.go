package main

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/google/licensecheck"
)

// allowed are the licences, by SPDX's names, under which others' code may be in the
// binary: those that ask for no more than their text beside it, and MPL-2.0, which
// asks for the source of its own files alone.
var allowed = []string{"0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSD-2-Clause-Views", "ISC", "MIT", "MIT-0", "MPL-2.0", "Unlicense", "CC0-1.0", "Zlib"}

const (
	standardLibrary = "std"           // as govulncheck and CycloneDX call it
	publicDomain    = "Public domain" // which is no licence of SPDX's list
)

// enough is how much of a licence's file, in percent, has to be known text.
const enough = 75

var (
	licenceFile = regexp.MustCompile(`(?i)^(un)?licen[cs]e|^copying`)
	noticeFile  = regexp.MustCompile(`(?i)^(notice|patents|copyright)\b`)
)

// read are the files that a person has read, since no program knows all of their
// text, by the first 16 digits of their SHA-256: a changed one has to be read again.
var read = map[string][]string{
	"f597097efe3d9702": {"BSD-2-Clause", "BSD-3-Clause", "MIT"}, // modernc.org/libc LICENSE-3RD-PARTY.md: Go, musl and what is in it
	"f4a00ade8f4057ab": {"BSD-3-Clause", "MIT", publicDomain},   // modernc.org/sqlite LICENSE-3RD-PARTY.md: its section 1 is what is linked, SQLite itself among it
	"8438c9c89b849131": {publicDomain},                          // modernc.org/sqlite LICENSE-SQLITE
	"5ae5bee3072a8413": nil,                                     // modernc.org/memory LICENSE-LOGO: where a picture is from, which is not linked
}

// holder is whose code is linked, and the files that say under which conditions.
type holder struct {
	name  string // the module with its version
	files []string
}

// licences checks the licence of all that is linked, of the standard library and
// of what is embedded, and writes all texts to target, if that is not empty.
func licences(target string) error {
	holders, err := holders()
	if err != nil {
		return err
	}
	var faults []error
	var notices bytes.Buffer
	for _, h := range holders {
		ids, err := h.licences()
		if err != nil {
			faults = append(faults, err)
			continue
		}
		fmt.Printf("%-70s %s\n", h.name, strings.Join(ids, ", "))
		fmt.Fprintf(&notices, "%s\n%s (%s)\n\n", strings.Repeat("=", 80), h.name, strings.Join(ids, ", "))
		for _, file := range h.files {
			text, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			fmt.Fprintf(&notices, "%s\n\n", bytes.TrimSpace(text))
		}
	}
	if len(faults) > 0 || target == "" {
		return errors.Join(faults...)
	}
	return os.WriteFile(target, notices.Bytes(), 0o644) //nolint:gosec // for all to read
}

// licences returns what the files of h allow, or why that will not do.
func (h holder) licences() ([]string, error) {
	ids := map[string]bool{}
	for _, file := range h.files {
		if !licenceFile.MatchString(filepath.Base(file)) && filepath.Ext(file) != ".LICENSE" {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		if known, ok := read[fmt.Sprintf("%x", sha256.Sum256(text))[:16]]; ok {
			for _, id := range known {
				ids[id] = true
			}
			continue
		}
		found := licensecheck.Scan(text)
		if found.Percent < enough {
			return nil, fmt.Errorf("%s: only %.0f%% of %s is the text of a licence that is known: read it, then say in tools/audit/licences.go what it is", h.name, found.Percent, file)
		}
		for _, m := range found.Match {
			if !slices.Contains(allowed, m.ID) {
				return nil, fmt.Errorf("%s: %s has %s, which is not among those that are allowed (tools/audit/licences.go): do without it", h.name, file, m.ID)
			}
			ids[m.ID] = true
		}
	}
	if len(ids) == 0 {
		return nil, fmt.Errorf("%s: it has no licence: do without it", h.name)
	}
	return slices.Sorted(maps.Keys(ids)), nil
}

// holders returns all whose code is in the binary, by name.
func holders() ([]holder, error) {
	packages, err := linked()
	if err != nil {
		return nil, err
	}
	files := map[string][]string{}
	for _, p := range packages {
		name := p.Module.Path + " " + p.Module.Version
		files[name] = append(files[name], above(p.Dir, p.Module.Dir)...)
	}
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return nil, fmt.Errorf("asking go for GOROOT: %w", err)
	}
	standard := strings.TrimSpace(string(root))
	files[standardLibrary] = above(standard, standard)
	err = filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err == nil && d.IsDir() && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && path != "."):
			return filepath.SkipDir
		case filepath.Ext(path) == ".LICENSE": // of an embedded script, beside it
			name := strings.TrimSuffix(path, ".LICENSE")
			files[name] = append(files[name], path)
		}
		return err
	})
	var all []holder
	for _, name := range slices.Sorted(maps.Keys(files)) {
		slices.Sort(files[name])
		all = append(all, holder{name, slices.Compact(files[name])})
	}
	return all, err
}

// above finds the files of licences and notices in dir and the folders above it, up
// to top.
func above(dir, top string) (files []string) {
	for {
		entries, _ := os.ReadDir(dir) // go list has just read it
		for _, e := range entries {
			if name := e.Name(); !e.IsDir() && filepath.Ext(name) != ".go" && (licenceFile.MatchString(name) || noticeFile.MatchString(name)) {
				files = append(files, filepath.Join(dir, name))
			}
		}
		if dir == top || len(dir) <= len(top) {
			return files
		}
		dir = filepath.Dir(dir)
	}
}
