// Package doctest is what the tests of documents share.
//
// In come Markdown files and what the code says a page should hold; out go the
// fenced blocks of the one and the differences to the other. It knows nothing
// of what the pages are about.
package doctest

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Fence matches a fenced block with its indentation, language, what else its
// first line says, and text.
var Fence = regexp.MustCompile("(?ms)^( *)```(\\w*)([^\\n]*)\\n(.*?)^ *```$")

// Block is a fenced block of a document, without its indentation.
type Block struct {
	At       string // file:line
	Language string
	// Unrun is why no test loads or runs the block, said in its first line:
	// ```js not run: needs Zabbix.
	Unrun string
	Text  string
}

// Blocks returns the fenced blocks of a file.
func Blocks(t testing.TB, file string) (list []Block) {
	t.Helper()
	doc := read(t, file)
	for _, m := range Fence.FindAllStringSubmatchIndex(doc, -1) {
		indent, language, rest, text := doc[m[2]:m[3]], doc[m[4]:m[5]], doc[m[6]:m[7]], doc[m[8]:m[9]]
		at := fmt.Sprintf("%s:%d", file, 1+strings.Count(doc[:m[0]], "\n"))
		why, unrun := strings.CutPrefix(rest, " not run: ")
		if !unrun && rest != "" {
			t.Errorf("%s: %q is not understood; write the language alone, or LANGUAGE not run: REASON", at, rest)
		}
		list = append(list, Block{at, language, why, strings.ReplaceAll("\n"+text, "\n"+indent, "\n")[1:]})
	}
	return list
}

// Documents returns the files that people read, from the repository's root,
// whose path from the working directory is root. Those of others than
// workbell's users come last.
func Documents(t testing.TB, root string) (list []string) {
	t.Helper()
	for _, pattern := range []string{"README*.md", "docs/guides/*.md", "docs/guides/*/*.md", "docs/reference/*.md", "docs/*.md", "deploy/README.md", "[CS]*.md"} {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil || len(found) == 0 {
			t.Fatalf("no documents %s: %v", pattern, err)
		}
		for _, file := range found {
			if !slices.Contains(list, file) {
				list = append(list, file)
			}
		}
	}
	return list
}

// Hold fails where a file is not as the code says; where update is set it
// writes the file instead.
func Hold(t testing.TB, update bool, file, want string) {
	t.Helper()
	if update {
		if err := os.WriteFile(file, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(strings.Split(read(t, file), "\n"), strings.Split(want, "\n")); diff != "" {
		t.Errorf("%s is not what the code says (-it, +the code); make reference writes it anew:\n%s", file, diff)
	}
}

// Table returns rows as a table of Markdown, the first of them as its head.
func Table(rows [][]string) string {
	var b strings.Builder
	for i, row := range rows {
		for _, cell := range row {
			cell = strings.Join(strings.Fields(cell), " ")
			b.WriteString("| " + strings.ReplaceAll(strings.ReplaceAll(cell, `\|`, "|"), "|", `\|`) + " ")
		}
		b.WriteString("|\n")
		if i == 0 {
			b.WriteString(strings.Repeat("|---", len(row)) + "|\n")
		}
	}
	return b.String()
}

// Code is a text in Markdown's code, or nothing.
func Code(text string) string {
	switch {
	case text == "":
		return ""
	case strings.Contains(text, "`"):
		return "`` " + text + " ``"
	}
	return "`" + text + "`"
}

func read(t testing.TB, file string) string {
	t.Helper()
	text, err := os.ReadFile(file) //nolint:gosec // a test's own
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
