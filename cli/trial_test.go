package cli

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"workbell/bridge"
	"workbell/routes"
)

// Whose body does not tell its event can be told it.
func TestTrialNamesTheEvent(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "rules.yaml")
	rules := `dingtalk: {apps: [{name: ops, agent_id: 1}]}
sources: [{name: github, type: github, auth: none}, {name: gitea, type: gitea, auth: none}, {name: sentry, type: sentry, auth: none}]
groups: {sre: {users: [u1]}}
rules: [{name: all, to: sre}]
`
	if err := os.WriteFile(file, []byte(rules), 0o600); err != nil {
		t.Fatal(err)
	}
	plan, faults := bridge.LoadPlan(bridge.Files{Config: file, Embedded: os.DirFS(".."), Sandbox: true, Trusted: true})
	if plan == nil {
		t.Fatal(faults)
	}
	for _, name := range []string{"github", "gitea", "sentry"} {
		all, err := try(routes.Trial{Source: name, Event: "issue.opened", Payload: []byte(`{"action":"opened"}`), At: time.Now()}, plan)
		if err != nil || len(all) != 1 || all[0].Event.Name != "issue.opened" {
			t.Errorf("%s: %+v, %v", name, all, err)
		}
	}
}
