package main

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"workbell/docs/doctest"
)

var (
	headingLevel = regexp.MustCompile(`(?m)^(#+) `)
	inCode       = regexp.MustCompile("`[^`\n]+`")
	linkTarget   = regexp.MustCompile(`\]\(([^)#]+)`)
)

// TestChineseReadme holds README.zh-CN.md against README.md: the same sections,
// the same blocks of code, tables with as many rows, and every name, command and
// link of the one in the same section of the other.
func TestChineseReadme(t *testing.T) {
	t.Parallel()
	sameOutline(t, "README.md", "README.zh-CN.md")
}

// TestChineseGuides holds each guide in Chinese against the English one in the
// same way. Each has to be there in both.
func TestChineseGuides(t *testing.T) {
	t.Parallel()
	pairs := map[string]string{}
	for _, pattern := range []string{"docs/guides/*.md", "docs/guides/zh-CN/*.md"} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			t.Fatal(pattern, err)
		}
		for _, file := range found {
			name := filepath.Base(file)
			pairs["docs/guides/"+name] = "docs/guides/zh-CN/" + name
		}
	}
	for english, chinese := range pairs {
		if !exists(english) || !exists(chinese) {
			t.Errorf("%s and %s: one of them is not there", english, chinese)
			continue
		}
		t.Run(english, func(t *testing.T) {
			t.Parallel()
			sameOutline(t, english, chinese)
		})
	}
}

func sameOutline(t *testing.T, english, chinese string) {
	t.Helper()
	en, zh := sections(readFile(t, english)), sections(readFile(t, chinese))
	if len(en) != len(zh) {
		t.Fatalf("%d sections in %s, %d in %s", len(en), english, len(zh), chinese)
	}
	for i := range en {
		title, _, _ := strings.Cut(en[i], "\n")
		if d := cmp.Diff(outline(en[i], english), outline(zh[i], chinese)); d != "" {
			t.Errorf("%s differs in section %q (-%s +it):\n%s", chinese, title, english, d)
		}
	}
}

// sections splits a document at its headings.
func sections(doc string) (list []string) {
	code := doctest.Fence.FindAllStringIndex(doc, -1)
	from := 0
	for _, m := range headingLevel.FindAllStringIndex(doc, -1) {
		if slices.ContainsFunc(code, func(c []int) bool { return c[0] <= m[0] && m[0] < c[1] }) {
			continue // a comment in a block of code
		}
		list = append(list, doc[from:m[0]])
		from = m[0]
	}
	return append(list, doc[from:])
}

// section is what of a section does not depend on the language.
type section struct {
	Level  string
	Blocks []string
	Rows   int
	Code   []string // sorted
	Links  []string // sorted, from the repository's root
}

func outline(text, file string) section {
	s := section{Blocks: doctest.Fence.FindAllString(text, -1)}
	prose := doctest.Fence.ReplaceAllString(text, "")
	if m := headingLevel.FindStringSubmatch(prose); m != nil {
		s.Level = m[1]
	}
	s.Rows = strings.Count(prose, "\n|")
	s.Code = inCode.FindAllString(prose, -1)
	for _, m := range linkTarget.FindAllStringSubmatch(prose, -1) {
		s.Links = append(s.Links, inEnglish(m[1], file))
	}
	slices.Sort(s.Code)
	slices.Sort(s.Links)
	return s
}

// inEnglish is where a link of a file leads, in the English documents.
func inEnglish(target, file string) string {
	if strings.Contains(target, "://") {
		return target
	}
	path := filepath.ToSlash(filepath.Join(filepath.Dir(file), target))
	return strings.Replace(strings.Replace(path, "/zh-CN/", "/", 1), ".zh-CN.md", ".md", 1)
}
