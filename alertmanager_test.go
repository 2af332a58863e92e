package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"workbell/docs/doctest"
	"workbell/sandbox"
)

// startAlertmanager runs a real Alertmanager that posts to url, and returns its
// own URL.
func startAlertmanager(t *testing.T, url string) string {
	t.Helper()
	return runAlertmanager(t, fmt.Sprintf(`route: {receiver: workbell, group_by: [alertname], group_wait: 100ms, group_interval: 200ms, repeat_interval: 1h}
receivers:
  - name: workbell
    webhook_configs:
      - url: %s/hooks/am
        send_resolved: true
        http_config: {authorization: {type: Bearer, credentials_file: token}}
`, url))
}

// runAlertmanager runs a real Alertmanager with the configuration given, beside
// which is a file token, and returns its URL.
func runAlertmanager(t *testing.T, config string) string {
	t.Helper()
	found, err := filepath.Glob(".bin/alertmanager-v*")
	if err != nil || len(found) == 0 {
		t.Fatal("no Alertmanager in .bin: run `make deps`")
	}
	binary, err := filepath.Abs(found[0])
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	writeFile(t, dir, "token", "topsecret-token")
	writeFile(t, dir, "alertmanager.yml", config)
	log := &syncBuffer{}
	cmd := exec.Command(binary, "--config.file=alertmanager.yml", "--storage.path=data", "--web.listen-address=127.0.0.1:0", "--cluster.listen-address=")
	cmd.Dir, cmd.Stderr, cmd.Stdout = dir, log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Signal(os.Interrupt); _ = cmd.Wait() })
	const mark = `msg="Listening on" address=`
	waitUntil(t, func() bool { return strings.Contains(log.String(), mark) }, "Alertmanager to listen", log)
	_, rest, _ := strings.Cut(log.String(), mark)
	return "http://" + strings.Fields(rest)[0]
}

// TestRealAlertmanager fires an alert at a real Alertmanager and resolves it:
// both reach the employee, in order, and say what they are.
func TestRealAlertmanager(t *testing.T) {
	t.Parallel()
	p, dingtalk, _ := served(t, tokenRules)
	am := startAlertmanager(t, p.hooks)
	began := time.Now().Add(-time.Minute)
	post := func(ends time.Time) { t.Helper(); postAlert(t, am, "db-1", began, ends) }
	post(time.Now().Add(time.Hour))
	waitUntil(t, func() bool { return len(dingtalk.Calls()) == 1 }, "the firing notification", p.log)
	post(time.Now())
	waitUntil(t, func() bool { return len(dingtalk.Calls()) == 2 }, "the resolved notification", p.log)
	for i, wants := range [][]string{{"FIRING", "DiskFull", "磁盘 95 % 已满"}, {"RESOLVED", "DiskFull"}} {
		call := dingtalk.Calls()[i]
		if call.Msgtype != "oa" || call.Recipients[0] != (sandbox.Recipient{UserID: "u1", Fate: sandbox.Unread}) {
			t.Errorf("notification %d: %s to %+v", i+1, call.Msgtype, call.Recipients)
		}
		for _, want := range wants {
			if !strings.Contains(strings.ToUpper(call.Msg), strings.ToUpper(want)) {
				t.Errorf("notification %d lacks %q: %s", i+1, want, call.Msg)
			}
		}
	}
}

// TestTwoAlertmanagers has two Alertmanagers, which do not know of each other as
// in a cluster that is torn, post the same notifications to a bridge each, and
// the bridges share one database: each notification arrives once.
func TestTwoAlertmanagers(t *testing.T) {
	t.Parallel()
	const groups = 12
	c := newChaos(t)
	c.onPostgres(2)
	ams := []string{startAlertmanager(t, c.bridge(0).hooks), startAlertmanager(t, c.bridge(1).hooks)}
	began := time.Now().Add(-time.Minute)
	for i, ends := range []time.Time{time.Now().Add(time.Hour), time.Now()} {
		var posts []map[string]any
		for n := range groups {
			posts = append(posts, map[string]any{"labels": map[string]string{"alertname": fmt.Sprintf("Serial-%07d", n)}, "startsAt": began, "endsAt": ends})
		}
		for _, am := range ams {
			postAlerts(t, am, posts)
		}
		for _, p := range c.bridges { // each has taken all of it
			taken := fmt.Sprintf(`workbell_webhooks_total{code="202",source="am"} %d`, groups*(i+1))
			waitUntil(t, func() bool { _, text := get(t, p.admin+"/metrics"); return strings.Contains(text, taken) }, taken, p.log)
		}
		waitUntil(t, func() bool { return queueDepth(t, c.bridge(0).admin) == 0 }, "the queue to empty", c.bridge(0).log)
	}
	arrived := map[string]int{}
	for _, d := range deliveries(t, c.bridge(1).admin) {
		arrived[fmt.Sprint(d.Status, " ", numberIn(t, string(d.Body)))]++
	}
	rings, calls := c.dingtalk.Rings("u1"), len(c.dingtalk.Calls())
	if len(arrived) != 2*groups || calls != 2*groups || rings != 2*groups {
		t.Errorf("%d notifications to each of two bridges: %d calls, %d rings, deliveries %v", 2*groups, calls, rings, arrived)
	}
	for what, times := range arrived {
		if times != 1 {
			t.Errorf("%d deliveries for %s", times, what)
		}
	}
	c.stop()
}

// postAlert has an alert of the group DiskFull fire at am until ends.
func postAlert(t *testing.T, am, instance string, began, ends time.Time) {
	t.Helper()
	postNamed(t, am, "DiskFull", instance, began, ends)
}

// postNamed has an alert fire at am until ends.
func postNamed(t *testing.T, am, name, instance string, began, ends time.Time) {
	t.Helper()
	postAlerts(t, am, []map[string]any{{
		"labels":      map[string]string{"alertname": name, "severity": "critical", "instance": instance},
		"annotations": map[string]string{"summary": "磁盘 95 % 已满"},
		"startsAt":    began, "endsAt": ends, "generatorURL": "http://prometheus.example/graph",
	}})
}

func postAlerts(t *testing.T, am string, alerts []map[string]any) {
	t.Helper()
	body, err := json.Marshal(alerts)
	if err != nil {
		t.Fatal(err)
	}
	if code, answer, err := postJSON(http.DefaultClient, am+"/api/v2/alerts", body); err != nil || code != 200 {
		t.Fatalf("Alertmanager: %d %s %v", code, answer, err)
	}
}

// TestWatchdogBeats runs a real Alertmanager as the guide says, but with seconds
// for minutes: its Watchdog is a beat every second, and once it stays away, and
// is due, somebody is told.
func TestWatchdogBeats(t *testing.T) {
	t.Parallel()
	const rules = `dingtalk:
  base_url: %s
  apps: [{name: ops, agent_id: 7, app_key: key, app_secret: secret}]
sources:
  - {name: alertmanager, type: alertmanager, auth: {bearer_token: topsecret-token}}
  - {name: watchdog, type: heartbeat, auth: {bearer_token: topsecret-token}, every: 1h, title: Prometheus does not alert}
groups: {sre: {users: [u1]}}
rules: [{name: all, to: sre}]
`
	p, dingtalk, dir := served(t, rules)
	every := func(from, to string) {
		t.Helper()
		writeFile(t, dir, "rules.yaml", strings.Replace(readFile(t, filepath.Join(dir, "rules.yaml")), "every: "+from, "every: "+to, 1))
		if code, answer, err := postJSON(http.DefaultClient, p.admin+"/-/reload", nil); err != nil || code != http.StatusOK {
			t.Fatalf("reload: %d, %s, %v", code, answer, err)
		}
	}
	var config string
	for _, b := range doctest.Blocks(t, "docs/guides/senders.md") {
		if strings.HasPrefix(b.Text, "route:") {
			config = strings.NewReplacer("http://workbell:8060", p.hooks, "/etc/alertmanager/workbell-token", "token", "1m", "1s", "50s", "800ms").Replace(b.Text)
		}
	}
	am := runAlertmanager(t, config)
	hour := time.Now().Add(time.Hour)
	postNamed(t, am, "Watchdog", "prometheus", time.Now(), hour)
	last := func() string {
		for line := range strings.Lines(second(get(t, p.admin+"/metrics"))) {
			if at, is := strings.CutPrefix(line, `workbell_heartbeat_last_timestamp_seconds{source="watchdog"} `); is {
				return at
			}
		}
		return ""
	}
	seen := map[string]bool{}
	waitUntil(t, func() bool {
		seen[last()] = true
		return len(seen) > 4 // none, and four beats
	}, "four beats", p.log)
	if calls := dingtalk.Calls(); len(calls) > 0 {
		t.Errorf("a Watchdog that beats is told: %s", calls[0].Msg)
	}
	postNamed(t, am, "Watchdog", "prometheus", time.Now(), time.Now())
	every("1h", "1s")
	waitUntil(t, func() bool { return len(dingtalk.Calls()) == 1 }, "the absence to be told", p.log)
	if msg := dingtalk.Calls()[0].Msg; !strings.Contains(msg, "Prometheus does not alert") || !strings.Contains(msg, "No beat since") {
		t.Error(msg)
	}
	every("1s", "1h")
	postNamed(t, am, "Watchdog", "prometheus", time.Now(), hour)
	waitUntil(t, func() bool { return len(dingtalk.Calls()) == 2 }, "the next beat to end it", p.log)
}

const barRules = `dingtalk:
  base_url: %s
  apps: [{name: ops, agent_id: 7, app_key: key, app_secret: secret}]
sources: [{name: am, type: alertmanager, auth: {bearer_token: topsecret-token}}]
groups: {sre: {users: [u1, u2, u3, u4, u5, u6, u7]}}
fallback_to: sre
rules: [{name: alerts, to: sre, msgtype: oa, on_resolve: status_bar}]
`

// TestStatusBarsFollowAlertmanager has a real Alertmanager fire, resolve, flap
// and resolve in part: the status bars end as the alerts did, and nobody gets a
// notification for what only ended.
func TestStatusBarsFollowAlertmanager(t *testing.T) {
	t.Parallel()
	p, dingtalk, _ := served(t, barRules)
	am := startAlertmanager(t, p.hooks)
	hour := time.Now().Add(time.Hour)
	// bars waits until that many calls were made, of which so many show that it
	// is resolved: each notification to seven people is two calls.
	bars := func(what string, calls, resolved int) {
		t.Helper()
		waitUntil(t, func() bool {
			all, turned := dingtalk.Calls(), 0
			for _, c := range all {
				if c.StatusBar != nil && strings.HasPrefix(c.StatusBar.Value, "Resolved") && c.StatusBar.Color == "0xFF78C06E" {
					turned++
				}
			}
			return len(all) == calls && turned == resolved
		}, fmt.Sprintf("%s: %d calls, %d of them resolved", what, calls, resolved), p.log)
	}
	first := time.Now().Add(-time.Minute)
	postAlert(t, am, "db-1", first, hour)
	bars("db-1 fires", 2, 0)
	postAlert(t, am, "db-1", first, time.Now())
	bars("db-1 resolves", 2, 2)

	second := time.Now()
	postAlert(t, am, "db-1", second, hour)
	bars("db-1 fires again", 4, 2)
	postAlert(t, am, "db-2", second, hour)
	bars("db-2 fires, too", 6, 2)
	postAlert(t, am, "db-1", second, time.Now())
	bars("db-1 resolves, db-2 fires still", 8, 2)
	postAlert(t, am, "db-2", second, time.Now())
	bars("all is resolved", 8, 8)
	for _, c := range dingtalk.Calls() {
		if len(c.Users) > 5 || c.StatusBar.Updates != 1 {
			t.Errorf("a call to %v, its bar turned %d times", c.Users, c.StatusBar.Updates)
		}
	}
}
