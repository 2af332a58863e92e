package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// levels are the packages by how high they stand: each imports only lower
// levels, and siblings never import each other.
var levels = map[string]int{
	"secret": -1, "docs/doctest": -1, // imported by all, and by tests
	"source": 0, "message": 0, "config": 0, "media": 0,
	"transform": 1, "dingtalk": 1, "outbox": 1, "phone": 1,
	"outbox/sqlite": 2, "outbox/postgres": 2, "outbox/pgtest": 2, "outbox/outboxtest": 2, "dispatch": 2, "followup": 2, "routes": 2, "sandbox": 2, "console": 2,
	"bridge": 3,
	"cli":    4, "bench": 4, ".": 5,
}

// TestImportsPointDown holds every package's imports against levels. Tests may
// import what they need.
func TestImportsPointDown(t *testing.T) {
	t.Parallel()
	eachGoFile(t, func(path, pkg string) {
		if strings.HasSuffix(path, "_test.go") {
			return
		}
		level, known := levels[pkg]
		if !known {
			t.Errorf("%s: give package %s a level in layout_test.go", path, pkg)
			return
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range f.Imports {
			imported, ours := strings.CutPrefix(strings.Trim(i.Path.Value, `"`), "workbell/")
			if l, known := levels[imported]; ours && (!known || l >= level) {
				t.Errorf("%s imports %s, which is not below %s", path, imported, pkg)
			}
			if strings.Contains(i.Path.Value, "labstack/echo") && pkg != "routes" && pkg != "console" {
				t.Errorf("%s: echo is seen in routes and console alone", path)
			}
		}
	})
}

func eachGoFile(t *testing.T, visit func(path, pkg string)) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (path == "tools" || d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && path != "."):
			return filepath.SkipDir
		case !d.IsDir() && strings.HasSuffix(path, ".go"):
			visit(path, filepath.ToSlash(filepath.Dir(path)))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

var linked = regexp.MustCompile(`\]\(([^)#:]+)(?:#[^)]*)?\)|` + "`((?:[a-z]+/)+[a-zA-Z0-9_.-]+\\.[a-z]+)`")

// TestDocumentsNameWhatExists looks up every path that a document links to or
// names.
func TestDocumentsNameWhatExists(t *testing.T) {
	t.Parallel()
	docs, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, doc := range append(docs, "README.md", "SECURITY.md") {
		text, err := os.ReadFile(doc)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range linked.FindAllStringSubmatch(string(text), -1) {
			path := filepath.Join(filepath.Dir(doc), m[1])
			if m[1] == "" {
				path = m[2]
			}
			if _, err := os.Stat(path); err != nil {
				t.Errorf("%s names %s, which is not there", doc, path)
			}
		}
	}
}
