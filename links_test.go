package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"workbell/docs/doctest"
)

// anchors finds the headings of a document as links name them.
func anchors(t *testing.T, file string) (list []string) {
	t.Helper()
	for _, m := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(doctest.Fence.ReplaceAllString(readFile(t, file), ""), -1) {
		name := regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(strings.ToLower(m[1]), "")
		list = append(list, strings.ReplaceAll(name, " ", "-"))
	}
	return list
}

var link = regexp.MustCompile(`\]\(([^)#:]*)(?:#([^)]*))?\)`)

// TestDocumentedLinks follows every link of a document to a file of this
// repository, and to the heading that it names.
func TestDocumentedLinks(t *testing.T) {
	t.Parallel()
	for _, doc := range doctest.Documents(t, ".") {
		for _, m := range link.FindAllStringSubmatch(doctest.Fence.ReplaceAllString(readFile(t, doc), ""), -1) {
			target := doc
			if m[1] != "" {
				target = filepath.Join(filepath.Dir(doc), m[1])
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s links to %s, which is not there", doc, m[1])
			} else if m[2] != "" && !slices.Contains(anchors(t, target), m[2]) {
				t.Errorf("%s links to %s#%s, and there is no such heading", doc, m[1], m[2])
			}
		}
	}
}
