package bridge

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
)

// watched is a running bridge that looks at its files.
type watched struct {
	*testing.T
	*Bridge
	dir string // rules.yaml, templates/ and token are in it
}

const watchedRules = `dingtalk: {apps: [{name: ops, agent_id: 7}]}
sources: [{name: j, type: json, auth: {bearer_token_file: %s}}]
groups: {sre: {users: [u1]}}
rules: [{name: %s, to: sre, msgtype: text, template: own}]
`

func newWatched(t *testing.T) *watched {
	t.Helper()
	w := &watched{T: t, dir: t.TempDir()}
	w.write("token", "old-token")
	w.write("rules.yaml", w.rules("first"))
	w.write("templates/own.tmpl", `{{ define "text.content" }}one{{ end }}`)
	b, err := Start(t.Context(), Options{
		Files:   Files{Config: filepath.Join(w.dir, "rules.yaml"), Templates: filepath.Join(w.dir, "templates"), Embedded: os.DirFS("..")},
		Storage: "sqlite:" + filepath.Join(w.dir, "workbell.db"), MaxBacklog: 100, AutoReload: time.Millisecond,
		HooksAddress: "127.0.0.1:0", AdminAddress: "127.0.0.1:0", Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	w.Bridge = b
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return w
}

func (w *watched) rules(rule string) string {
	return fmt.Sprintf(strings.Replace(watchedRules, "agent_id: 7", "agent_id: 7, app_key: k, app_secret: s", 1), filepath.Join(w.dir, "token"), rule)
}

func (w *watched) write(name, text string) {
	w.Helper()
	path := filepath.Join(w.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		w.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		w.Fatal(err)
	}
}

// until waits until something is so.
func (w *watched) until(what string, so func() bool) {
	w.Helper()
	for range 4000 {
		if so() {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	w.Fatalf("never: %s", what)
}

func (w *watched) loads(result string) int {
	return int(testutil.ToFloat64(w.metrics.reloads.WithLabelValues(result)))
}

func (w *watched) inForce(rule string) func() bool {
	return func() bool { return w.plan.Load().Config.Rules[0].Name == rule }
}

// post posts a webhook with a token.
func (w *watched) post(token string) int {
	w.Helper()
	req, err := http.NewRequestWithContext(w.Context(), http.MethodPost, w.URL("hooks")+"/hooks/j", strings.NewReader(`{"title": "x"}`))
	if err != nil {
		w.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		w.Fatal(err)
	}
	_ = res.Body.Close()
	return res.StatusCode
}

// TestFilesAreWatched changes each kind of file, and takes a fault back.
func TestFilesAreWatched(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	w.write("rules.yaml", w.rules("second"))
	w.until("the rules of rules.yaml", w.inForce("second"))

	w.write("token", "a-new-token")
	w.until("the new token", func() bool { return w.post("a-new-token") == http.StatusAccepted })
	if code := w.post("old-token"); code != http.StatusUnauthorized {
		t.Errorf("the old token: %d", code)
	}

	before := w.plan.Load()
	w.write("templates/another.tmpl", `{{ define "text.content" }}two{{ end }}`)
	w.until("another template", func() bool { return w.plan.Load() != before })

	w.write("rules.yaml", "rules: [{name: broken")
	w.until("a load that fails", func() bool { return w.loads("failed") == 1 })
	if !w.inForce("second")() || w.post("a-new-token") != http.StatusAccepted {
		t.Error("the old rules are not in force after a load that failed")
	}
	w.write("rules.yaml", w.rules("third"))
	w.until("the rules once the fault is gone", w.inForce("third"))
	if n := w.loads("failed"); n != 1 {
		t.Errorf("%d loads failed, for one fault", n)
	}
}

// TestSymlinksAreWatched exchanges the folder behind the files, as Kubernetes
// does with a ConfigMap's.
func TestSymlinksAreWatched(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	w.write("v1/rules.yaml", w.rules("linked-1"))
	w.write("v2/rules.yaml", w.rules("linked-2"))
	link := func(to, name string) {
		t.Helper()
		if err := os.Symlink(to, filepath.Join(w.dir, name+".new")); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(filepath.Join(w.dir, name+".new"), filepath.Join(w.dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	link("v1", "..data")
	link("..data/rules.yaml", "rules.yaml")
	w.until("the rules behind the link", w.inForce("linked-1"))
	link("v2", "..data")
	w.until("the rules behind the other link", w.inForce("linked-2"))
}

// TestTicketsAreNotWatched: a new suite ticket, which is read at each request for
// a token, changes nothing that is loaded; a new secret does.
func TestTicketsAreNotWatched(t *testing.T) {
	t.Parallel()
	w := &watched{T: t, dir: t.TempDir()}
	w.write("ticket", "one")
	w.write("secret", "one")
	w.write("rules.yaml", fmt.Sprintf(`dingtalk: {apps: [{name: v, type: third_party, agent_id: 7, suite_key: k, suite_secret_file: %[1]s/secret, suite_ticket_file: %[1]s/ticket, auth_corp_id: c}]}
`, w.dir))
	b := &Bridge{o: Options{Log: slog.New(slog.DiscardHandler), Files: Files{Config: filepath.Join(w.dir, "rules.yaml"), Embedded: os.DirFS("..")}}}
	if plan, faults := b.load(); plan == nil {
		t.Fatal(faults)
	}
	w.write("ticket", "another")
	if _, changed := b.changed(); changed {
		t.Error("a new ticket counts as a change")
	}
	w.write("secret", "another")
	if _, changed := b.changed(); !changed {
		t.Error("a new secret does not")
	}
}
