package bridge

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"workbell/console"
)

// TestTryReadsNothing compiles rules that name variables and files: what these
// hold does not come into it.
func TestTryReadsNothing(t *testing.T) {
	t.Setenv("WORKBELL_TEST_VARIABLE", "in-the-environment")
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte("in-the-file"), 0o600); err != nil {
		t.Fatal(err)
	}
	rules, faults := tryTexts(console.Texts{
		Rules: `dingtalk: {apps: [{name: ops, agent_id: 1, app_secret_file: ` + file + `}]}
sources: [{name: j, type: json, auth: {bearer_token_file: ` + file + `}}]
media_dir: /proc
rules: [{name: all, to: 'user("${WORKBELL_TEST_VARIABLE}")'}]
`,
		Templates: map[string]string{"json.tmpl": `{{ define "markdown.title" }}t{{ end }}{{ define "markdown.text" }}{{ .Title }}{{ end }}`},
	})
	if faults.Fatal() != nil {
		t.Fatal(faults)
	}
	events, err := rules.Sources["j"].Replay(nil, []byte(`{}`), time.Unix(0, 0))
	if err != nil || len(events) != 1 {
		t.Fatalf("%d events: %v", len(events), err)
	}
	got := rules.Transform.Explain(events[0], time.Unix(0, 0)).Messages
	if len(got) != 1 || !slices.Equal(got[0].To.Users, []string{standIn}) {
		t.Errorf("to %+v, not to %q alone", got, standIn)
	}
}
