package routes_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"workbell/bridge"
	"workbell/routes"
)

const previewRules = `dingtalk: {apps: [{name: ops, agent_id: 1}]}
sources:
  - {name: am, type: alertmanager, auth: {bearer_token: never-shown}}
  - {name: gh, type: github, auth: none}
groups: {sre: {users: [u1, u2]}}
rules:
  - {name: critical, when: 'labels.severity == "critical"', to: sre, msgtype: text, priority: high, expire: 2h}
  - {name: rest, to: [sre, user:u3], msgtype: markdown}
`

func previewAdmin(t *testing.T) http.Handler {
	t.Helper()
	file := filepath.Join(t.TempDir(), "rules.yaml")
	if err := os.WriteFile(file, []byte(previewRules), 0o600); err != nil {
		t.Fatal(err)
	}
	loaded, faults := bridge.LoadPlan(bridge.Files{Config: file, Embedded: os.DirFS(".."), Sandbox: true})
	if loaded == nil {
		t.Fatal(faults)
	}
	plan := &atomic.Pointer[routes.Plan]{}
	plan.Store(loaded)
	return routes.Admin(routes.Options{Plan: plan, Draining: &atomic.Bool{}, Log: slog.New(slog.DiscardHandler), Metrics: http.NotFoundHandler()})
}

func ask(admin http.Handler, method, path, body string) (int, string) {
	w := httptest.NewRecorder()
	admin.ServeHTTP(w, httptest.NewRequest(method, path, strings.NewReader(body)))
	return w.Code, w.Body.String()
}

// TestPreview asks what would become of payloads over HTTP.
func TestPreview(t *testing.T) {
	t.Parallel()
	admin := previewAdmin(t)
	const notification = `{"version":"4","groupKey":"g","status":"firing","commonLabels":{"alertname":"DiskFull","severity":"critical"},"alerts":[{"status":"firing","labels":{}}]}`
	code, body := ask(admin, http.MethodPost, "/api/v1/preview", `{"source":"am","payload":`+notification+`,"at":"2026-11-26T03:00:00+08:00"}`)
	var got struct{ Events []routes.Preview }
	if err := json.Unmarshal([]byte(body), &got); code != http.StatusOK || err != nil || len(got.Events) != 1 {
		t.Fatalf("%d %v: %s", code, err, body)
	}
	e := got.Events[0]
	rules := []routes.PreviewRule{
		{Rule: "critical", Matched: true, Why: `labels.severity == "critical" is true`},
		{Rule: "rest", Why: "not asked: critical matched and ended it"},
	}
	if d := cmp.Diff(rules, e.Rules); d != "" {
		t.Errorf("the rules (-want +got):\n%s", d)
	}
	if len(e.Messages) != 1 || e.Messages[0].Rule != "critical" || e.Messages[0].Bytes != len(e.Messages[0].Msg) || e.Messages[0].Calls != 1 {
		t.Fatalf("%s", body)
	}
	if d := cmp.Diff([]string{"user:u1", "user:u2"}, e.Messages[0].To); d != "" {
		t.Errorf("to (-want +got):\n%s", d)
	}
	for _, c := range []struct {
		ask  string
		code int
		says string
	}{
		{`{"source":"a","payload":{}}`, 400, `there is no source`},
		{`{"source":"am","payload":{}}`, 400, `is not a notification of Alertmanager`},
		{`{"source":"gh","payload":{}}`, 400, `name it in \"event\"`},
		{`{"source":"gh","event":"ping","payload":{}}`, 200, `"events":`},
		{`{"sauce":"am"}`, 400, `unknown field`},
		{`{"source":"am"}`, 400, `refuses the payload`},
		{`{"source":"gh","event":"ping","payload":{}} {}`, 400, `more after the object`},
		{`nonsense`, 400, `reading what is to be previewed`},
		{`{"source":"am","payload":"` + strings.Repeat("x", 27<<20) + `"}`, 413, `more than`},
	} {
		if code, body := ask(admin, http.MethodPost, "/api/v1/preview", c.ask); code != c.code || !strings.Contains(body, c.says) {
			t.Errorf("%.80s: %d %s, want %d %s", c.ask, code, body, c.code, c.says)
		}
	}
}

// TestRules shows what is in force, and no secret.
func TestRules(t *testing.T) {
	t.Parallel()
	code, body := ask(previewAdmin(t), http.MethodGet, "/api/v1/rules", "")
	const want = `{"rules":[{"rule":"critical","line":7,"when":"labels.severity == \"critical\"","to":["sre"],"msgtype":"text","app":"ops","priority":"high","on_resolve":"send","repeat":"distinct","track":"none","expire":"2h"},` +
		`{"rule":"rest","line":8,"to":["sre","user:u3"],"msgtype":"markdown","app":"ops","priority":"normal","on_resolve":"send","repeat":"distinct","track":"none","expire":"1d"}],` +
		`"sources":[{"source":"am","kind":"alertmanager","hook":"/hooks/am"},{"source":"gh","kind":"github","hook":"/hooks/gh"}]}`
	if code != http.StatusOK || strings.TrimSpace(body) != want {
		t.Errorf("%d:\n%s\nwant\n%s", code, body, want)
	}
}
