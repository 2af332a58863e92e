package bridge

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"workbell/dispatch"
	"workbell/sandbox"
	"workbell/secret"
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
	w.run()
	return w
}

// run runs the bridge until the test ends.
func (w *watched) run() {
	t := w.T
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
}

func (w *watched) rules(rule string) string {
	return fmt.Sprintf(strings.Replace(watchedRules, "agent_id: 7", "agent_id: 7, app_key: k, app_secret: s", 1), filepath.Join(w.dir, "token"), rule)
}

// write writes a file in one step: however slow this machine, the bridge never sees
// half of it.
func (w *watched) write(name, text string) {
	w.Helper()
	path, unfinished := filepath.Join(w.dir, name), filepath.Join(w.dir, "unfinished")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		w.Fatal(err)
	}
	if err := os.WriteFile(unfinished, []byte(text), 0o600); err != nil {
		w.Fatal(err)
	}
	if err := os.Rename(unfinished, path); err != nil {
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

// TestMediaIsWatched adds, changes and removes files of media_dir; what begins
// with a dot does not count.
func TestMediaIsWatched(t *testing.T) {
	t.Parallel()
	w := &watched{T: t, dir: t.TempDir()}
	w.write("media/logo.png", "a picture")
	w.write("rules.yaml", "dingtalk: {apps: [{name: a, agent_id: 7, app_key: k, app_secret: s}]}\nmedia_dir: "+filepath.Join(w.dir, "media")+"\n")
	b := &Bridge{o: Options{Log: slog.New(slog.DiscardHandler), Files: Files{Config: filepath.Join(w.dir, "rules.yaml"), Embedded: os.DirFS("..")}}}
	for _, step := range []struct {
		what string
		do   func()
		want bool
	}{
		{"nothing", func() {}, false},
		{"a hidden file", func() { w.write("media/.upload", "half of it") }, false},
		{"other content", func() { w.write("media/logo.png", "another picture") }, true},
		{"another file", func() { w.write("media/map.png", "a map") }, true},
		{"one file less", func() { _ = os.Remove(filepath.Join(w.dir, "media/map.png")) }, true},
	} {
		if plan, faults := b.load(); plan == nil || len(plan.Media) == 0 {
			t.Fatal(step.what, plan, faults)
		}
		step.do()
		if _, changed := b.changed(); changed != step.want {
			t.Errorf("%s counts as a change: %t", step.what, changed)
		}
	}
}

// TestNewTicketEndsPause writes the right suite ticket while the app pauses for
// want of it.
func TestNewTicketEndsPause(t *testing.T) {
	t.Parallel()
	dingtalk := sandbox.New(sandbox.Options{AdoptUnknown: true, Apps: []sandbox.App{
		{Key: "suite", Secret: secret.New("s"), AgentID: 7, ThirdParty: true, SuiteTicket: "right", CorpID: "c"},
	}})
	server := httptest.NewServer(dingtalk.Handler())
	t.Cleanup(func() { dingtalk.Close(); server.Close() })
	dir := t.TempDir()
	w := &watched{T: t, dir: dir}
	w.write("ticket", "wrong")
	w.write("token", "a-token")
	w.write("templates/own.tmpl", `{{ define "template.data.title" }}one{{ end }}`)
	w.write("rules.yaml", strings.NewReplacer("dingtalk: {", "dingtalk: {base_url: "+server.URL+", ", "agent_id: 7, app_key: k, app_secret: s",
		"type: third_party, agent_id: 7, suite_key: suite, suite_secret: s, suite_ticket_file: "+filepath.Join(dir, "ticket")+", auth_corp_id: c", "msgtype: text", "msgtype: template, template_id: t").Replace(w.rules("all")))
	w.run()
	if code := w.post("a-token"); code != http.StatusAccepted {
		t.Fatal(code)
	}
	paused := func() bool {
		s := w.dispatcher.Status()
		return len(s) == 1 && s[0].Reason == dispatch.Misconfigured
	}
	w.until("the app pauses for its ticket", paused)
	loads := w.loads("ok")
	w.write("ticket", "right")
	w.until("a load for the new ticket", func() bool { return w.loads("ok") == loads+1 })
	w.until("the notification", func() bool { return len(dingtalk.Calls()) == 1 })
	w.write("ticket", "another, while all is well")
	w.write("templates/own.tmpl", `{{ define "template.data.title" }}two{{ end }}`)
	w.until("a load for the template", func() bool { return w.loads("ok") == loads+2 })
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
