package bridge

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"workbell/outbox"
	"workbell/outbox/pgtest"
)

const beatingRules = `dingtalk: {apps: [{name: ops, agent_id: 7, app_key: k, app_secret: s}]}
sources:
  - {name: cron, type: heartbeat, auth: {bearer_token: topsecret}, every: %s, grace: 100ms}
  - {name: backup, type: heartbeat, auth: {hmac: {header: X-Signature, secrets: [k]}}, every: 1h}
groups: {sre: {users: [u1]}}
rules: [{name: all, to: sre, msgtype: text}]
`

// pounding is a running bridge that is beaten at over HTTP.
type pounding struct {
	*testing.T
	*Bridge
}

func newPounding(t *testing.T, rules, storage string) *pounding {
	t.Helper()
	file := filepath.Join(t.TempDir(), "rules.yaml")
	if err := os.WriteFile(file, []byte(rules), 0o600); err != nil {
		t.Fatal(err)
	}
	b, err := Start(t.Context(), Options{
		Files: Files{Config: file, Embedded: os.DirFS(".."), Sandbox: true}, Storage: storage, MaxBacklog: 100,
		HooksAddress: "127.0.0.1:0", AdminAddress: "127.0.0.1:0", SandboxAddress: "127.0.0.1:0", Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return &pounding{t, b}
}

// ask sends a request, with headers in the form "Name: value".
func (p *pounding) ask(method, url, body string, headers ...string) (code int, answer string) {
	p.Helper()
	req, err := http.NewRequestWithContext(p.Context(), method, url, strings.NewReader(body))
	if err != nil {
		p.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		p.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		p.Fatal(err)
	}
	return res.StatusCode, string(text)
}

// until waits until something is so.
func (p *pounding) until(what string, so func() bool) {
	p.Helper()
	for range 4000 {
		if so() {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	p.Fatalf("never: %s", what)
}

func (p *pounding) metric(line string) func() bool {
	return func() bool {
		_, text := p.ask(http.MethodGet, p.URL("admin")+"/metrics", "")
		return strings.Contains(text, "\n"+line)
	}
}

const (
	watchdogFires = `{"version": "4", "groupKey": "{}:{alertname=\"Watchdog\"}", "status": "firing", "receiver": "heartbeat", "alerts": [{"status": "firing", "labels": {"alertname": "Watchdog"}}]}`
	token         = "Authorization: Bearer topsecret"
	isJSON        = "Content-Type: application/json"
)

// TestHeartbeatOverHTTP: whatever is posted with the right credentials is a beat,
// but what Alertmanager sends once its alert has ended.
func TestHeartbeatOverHTTP(t *testing.T) {
	t.Parallel()
	p := newPounding(t, fmt.Sprintf(beatingRules, "1h"), "sqlite:"+filepath.Join(t.TempDir(), "workbell.db"))
	hook := p.URL("hooks") + "/hooks/cron"
	if !p.metric(`workbell_heartbeat_away{source="cron"} 0`)() || p.metric(`workbell_heartbeat_last_timestamp_seconds`)() {
		t.Error("before the first beat there is one")
	}
	for _, c := range []struct {
		name, method, body string
		headers            []string
		code               int
	}{
		{"no credentials", "POST", "", nil, 401},
		{"others", "POST", "", []string{"Authorization: Bearer wrong"}, 401},
		{"not a POST", "GET", "", []string{token}, 405},
		{"too much", "POST", strings.Repeat("x", 6<<20), []string{token}, 413},
		{"an alert that has ended", "POST", strings.ReplaceAll(watchdogFires, "firing", "resolved"), []string{token, isJSON}, 202},
	} {
		if code, answer := p.ask(c.method, hook, c.body, c.headers...); code != c.code {
			t.Errorf("%s: %d %s", c.name, code, answer)
		}
	}
	if p.metric(`workbell_heartbeat_last_timestamp_seconds`)() {
		t.Error("what is no beat counts as one")
	}
	for _, c := range []struct {
		name, body string
		headers    []string
	}{
		{"nothing", "", []string{token}},
		{"a form, as curl -d sends it", "x=1", []string{token, "Content-Type: application/x-www-form-urlencoded"}},
		{"text", "done", []string{token, "Content-Type: text/plain", "Content-Encoding: gzip"}},
		{"JSON", `{"status": "resolved"}`, []string{token, isJSON}},
		{"half a JSON", `{"status"`, []string{token, isJSON}},
		{"an absence", `{"status": "away"}`, []string{token, isJSON}},
		{"Watchdog", watchdogFires, []string{token, isJSON}},
	} {
		p.overdue(now()) // so that the next is written, however soon
		if err := p.store.Forget(t.Context(), beatKey("cron")); err != nil {
			t.Fatal(err)
		}
		if code, answer := p.ask(http.MethodPost, hook, c.body, c.headers...); code != 202 || answer != `{"events":[],"duplicate":false,"deliveries":[]}`+"\n" {
			t.Errorf("%s: %d %s", c.name, code, answer)
		}
		if !p.metric(`workbell_heartbeat_last_timestamp_seconds{source="cron"}`)() {
			t.Errorf("%s is no beat", c.name)
		}
	}
	if code, _ := p.ask(http.MethodPost, p.URL("hooks")+"/hooks/backup", "x", "X-Signature: 0000"); code != 401 {
		t.Errorf("a wrong signature: %d", code)
	}
	signature := "X-Signature: sha256=c38edc8815c8489f64738978f44008f8596345545f0baa68ef6fcf5c53e57189" // of x, by k
	if code, answer := p.ask(http.MethodPost, p.URL("hooks")+"/hooks/backup", "x", signature); code != 202 {
		t.Errorf("a signature: %d %s", code, answer)
	}
	broken := &breakable{Store: p.store}
	broken.failsAll.Store(true)
	p.overdue(now())
	p.heartbeats.store = broken
	if code, answer := p.ask(http.MethodPost, hook, "", token); code != 503 {
		t.Errorf("with a store that fails: %d %s", code, answer)
	}
}

// overdue has the heartbeat cron have beaten last at the time given, and this
// bridge have heard it then.
func (p *pounding) overdue(at time.Time) {
	p.Helper()
	pulse, _, release, err := p.heartbeats.hold(p.Context(), "cron")
	if err != nil {
		p.Fatal(err)
	}
	defer release()
	pulse.heard.Store(&at)
	pulse.kept = time.Time{}
	if _, err := p.heartbeats.learn(p.Context(), beatKey("cron"), mark{At: at}, false); err != nil {
		p.Fatal(err)
	}
}

// TestHeartbeatsShareADatabase: of two bridges one is heard when a heartbeat
// stays away, and when both of them hear it again.
func TestHeartbeatsShareADatabase(t *testing.T) {
	t.Parallel()
	server, err := pgtest.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	storage, err := server.Create("workbell", "template1")
	if err != nil {
		t.Fatal(err)
	}
	rules := fmt.Sprintf(beatingRules, "1h")
	both := []*pounding{newPounding(t, rules, storage), newPounding(t, rules, storage)}
	sent := func() int {
		list, err := both[0].store.List(t.Context(), outbox.Filter{GroupKey: "cron", States: []outbox.State{outbox.Sent}})
		if err != nil {
			t.Error(err)
		}
		return len(list)
	}
	const rounds = 5
	for round := range rounds {
		var all sync.WaitGroup
		for _, p := range both {
			p.overdue(now().Add(-3*time.Hour + time.Duration(round)*time.Minute).Truncate(time.Minute))
		}
		for _, p := range both {
			all.Go(func() {
				if _, err := p.heartbeats.lookAt(t.Context(), "cron"); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		both[0].until("it is told", func() bool { return sent() == 2*round+1 })
		for _, p := range both {
			all.Go(func() {
				if code, answer := p.ask(http.MethodPost, p.URL("hooks")+"/hooks/cron", "", token); code != 202 {
					t.Errorf("the beat that ends it: %d %s", code, answer)
				}
			})
		}
		all.Wait()
		both[0].until("the end is told", func() bool { return sent() == 2*round+2 })
	}
	rings := int64(0)
	for _, p := range both {
		rings += p.Sandbox().Rings("u1")
	}
	if rings != 2*rounds {
		t.Errorf("u1 was rung %d times for %d absences and their ends", rings, rounds)
	}
}

// TestMetricsWhileTheDatabaseIsAway: what does not come from it is there, so that
// alerts can tell what is the matter.
func TestMetricsWhileTheDatabaseIsAway(t *testing.T) {
	t.Parallel()
	server, err := pgtest.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	storage, err := server.Create("workbell", "template1")
	if err != nil {
		t.Fatal(err)
	}
	p := newPounding(t, fmt.Sprintf(beatingRules, "1h"), storage)
	if err := server.Stop(); err != nil {
		t.Fatal(err)
	}
	if code, _ := p.ask(http.MethodPost, p.URL("hooks")+"/hooks/cron", "", token); code != 503 {
		t.Errorf("a beat without the database: %d", code)
	}
	code, text := p.ask(http.MethodGet, p.URL("admin")+"/metrics", "")
	if code != 200 || !strings.Contains(text, "\nworkbell_webhooks_total{code=\"503\",source=\"cron\"} 1\n") || strings.Contains(text, "\nworkbell_queue_deliveries") {
		t.Errorf("metrics without the database: %d %.500s", code, text)
	}
	if err := server.Run(); err != nil {
		t.Fatal(err)
	}
	p.until("the database is back", p.metric("workbell_queue_deliveries 0"))
}
