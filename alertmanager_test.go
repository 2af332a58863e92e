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

	"workbell/sandbox"
)

// startAlertmanager runs a real Alertmanager that posts to url, and returns its
// own URL.
func startAlertmanager(t *testing.T, url string) string {
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
	writeFile(t, dir, "alertmanager.yml", fmt.Sprintf(`route: {receiver: workbell, group_by: [alertname], group_wait: 100ms, group_interval: 200ms, repeat_interval: 1h}
receivers:
  - name: workbell
    webhook_configs:
      - url: %s/hooks/am
        send_resolved: true
        http_config: {authorization: {type: Bearer, credentials_file: token}}
`, url))
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
	post := func(ends time.Time) {
		t.Helper()
		body, err := json.Marshal([]map[string]any{{
			"labels":      map[string]string{"alertname": "DiskFull", "severity": "critical", "instance": "db-1"},
			"annotations": map[string]string{"summary": "磁盘 95 % 已满"},
			"startsAt":    began, "endsAt": ends, "generatorURL": "http://prometheus.example/graph",
		}})
		if err != nil {
			t.Fatal(err)
		}
		if code, answer, err := postJSON(http.DefaultClient, am+"/api/v2/alerts", body); err != nil || code != 200 {
			t.Fatalf("Alertmanager: %d %s %v", code, answer, err)
		}
	}
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
