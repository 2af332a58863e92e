package main

import (
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
	english, chinese := sections(readFile(t, "README.md")), sections(readFile(t, "README.zh-CN.md"))
	if len(english) != len(chinese) {
		t.Fatalf("%d sections in README.md, %d in README.zh-CN.md", len(english), len(chinese))
	}
	for i := range english {
		title, _, _ := strings.Cut(english[i], "\n")
		if d := cmp.Diff(outline(english[i]), outline(chinese[i])); d != "" {
			t.Errorf("README.zh-CN.md differs in section %q (-README.md +README.zh-CN.md):\n%s", title, d)
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
	Links  []string // sorted
}

func outline(text string) section {
	s := section{Blocks: doctest.Fence.FindAllString(text, -1)}
	prose := doctest.Fence.ReplaceAllString(text, "")
	if m := headingLevel.FindStringSubmatch(prose); m != nil {
		s.Level = m[1]
	}
	s.Rows = strings.Count(prose, "\n|")
	s.Code = inCode.FindAllString(prose, -1)
	for _, m := range linkTarget.FindAllStringSubmatch(prose, -1) {
		if !strings.HasPrefix(m[1], "README") {
			s.Links = append(s.Links, m[1])
		}
	}
	slices.Sort(s.Code)
	slices.Sort(s.Links)
	return s
}
