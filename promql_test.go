//go:build heavy

package main

import (
	"fmt"
	"testing"

	"gopkg.in/yaml.v3"

	"workbell/docs/doctest"
)

// TestPromtoolReadsDocuments has promtool read the documents' expressions, as
// rules.
func TestPromtoolReadsDocuments(t *testing.T) {
	t.Parallel()
	type rule struct{ Record, Expr string }
	var rules []rule
	for _, doc := range doctest.Documents(t, ".") {
		for _, b := range doctest.Blocks(t, doc) {
			if b.Language == "promql" && b.Unrun == "" {
				rules = append(rules, rule{fmt.Sprintf("documented:%d", len(rules)), b.Text})
			}
		}
	}
	if len(rules) < 3 {
		t.Errorf("fewer expressions than there were: %d", len(rules))
	}
	text, err := yaml.Marshal(map[string]any{"groups": []any{map[string]any{"name": "documents", "rules": rules}}})
	if err != nil {
		t.Fatal(err)
	}
	promtool(t, "check", "rules", "--lint=none", writeFile(t, t.TempDir(), "rules.yaml", string(text)))
}
