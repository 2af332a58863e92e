package bridge

import (
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"workbell/console"
)

// TestAdminBeyondLoopback refuses to start with an admin listener that anybody
// could reach, unless told otherwise.
func TestAdminBeyondLoopback(t *testing.T) {
	t.Parallel()
	for address, refused := range map[string]bool{
		"127.0.0.1:0": false, "[::1]:0": false, "localhost:0": false, ":0": true, "0.0.0.0:0": true, "[::]:0": true, "10.0.0.1:0": true, "example.com:80": true,
	} {
		o := Options{AdminAddress: address}
		if err := o.insecure(); (err != nil) != refused || err != nil && !strings.Contains(err.Error(), "--admin.insecure") {
			t.Errorf("%s: %v", address, err)
		}
		o.AdminInsecure = true
		if err := o.insecure(); err != nil {
			t.Errorf("%s with --admin.insecure: %v", address, err)
		}
	}
	_, err := Start(t.Context(), Options{AdminAddress: ":0", Storage: "sqlite:" + filepath.Join(t.TempDir(), "x.db"), Log: slog.New(slog.DiscardHandler)})
	if err == nil || !strings.Contains(err.Error(), "--admin.insecure") {
		t.Errorf("started on :0: %v", err)
	}
}

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
