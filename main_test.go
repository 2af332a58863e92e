package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"workbell/cli"
	"workbell/sandbox"
)

// workbell runs a command as a user would and returns what it printed.
func workbell(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	code = cli.Run(context.Background(), cli.Env{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs,
		Embedded: embedded, Version: cli.Version{Version: "test"}}, args)
	return out.String(), errs.String(), code
}

func writeFile(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestFirstCommand does what the README's reader does: serve --sandbox in an
// empty folder, and in one with this repository's own rules, the printed curl, a
// look at the phone.
func TestFirstCommand(t *testing.T) {
	t.Parallel()
	for _, rules := range []bool{false, true} {
		t.Run(fmt.Sprintf("rules.yaml there: %t", rules), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if rules {
				text, err := os.ReadFile("rules.yaml")
				if err != nil {
					t.Fatal(err)
				}
				writeFile(t, dir, "rules.yaml", string(text))
			}
			firstCommand(t, dir)
		})
	}
}

func firstCommand(t *testing.T, dir string) {
	t.Helper()
	before, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	p := startProcess(t, dir, "--sandbox", "--sandbox.listen-address=127.0.0.1:0")
	phone := p.listening(t, "sandbox")
	waitUntil(t, func() bool { return strings.Contains(p.log.String(), "Stop with Ctrl-C") }, "the greeting", p.log)
	_, rest, _ := strings.Cut(p.log.String(), "  curl ")
	command, _, _ := strings.Cut("curl "+rest, "Stop with")
	if out, err := exec.Command("sh", "-c", command).CombinedOutput(); err != nil || !strings.Contains(string(out), `"state":"queued"`) {
		t.Fatalf("the command that it prints does not work: %v\n%s\n%s", err, out, command)
	}
	var page string
	waitUntil(t, func() bool {
		_, page = get(t, phone+"/sandbox/ledger")
		return strings.Contains(page, "HighLatency")
	}, "the notification on the phone", p.log)
	if code := p.terminate(t); code != 0 {
		t.Errorf("exit code %d\n%s", code, p.log)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != len(before) {
		t.Errorf("the sandbox left files: %v %v", left, err)
	}
	if !strings.Contains(p.log.String(), "source without authentication") {
		t.Errorf("no warning about open sources:\n%s", p.log)
	}
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	res, err := http.Get(url) //nolint:gosec // loopback
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var b bytes.Buffer
	if _, err := b.ReadFrom(res.Body); err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, b.String()
}

// served starts a bridge whose rules are the text given, with %s as base_url.
func served(t *testing.T, rules string, args ...string) (*process, *sandbox.Sandbox, string) {
	t.Helper()
	s, base := newSandbox(t)
	dir := t.TempDir()
	writeFile(t, dir, "rules.yaml", fmt.Sprintf(rules, base))
	return startProcess(t, dir, args...), s, dir
}

const tokenRules = `dingtalk:
  base_url: %s
  apps: [{name: ops, agent_id: 7, app_key: key, app_secret: secret}]
sources:
  - {name: am, type: alertmanager, auth: {bearer_token: topsecret-token}}
  - {name: gh, type: github, auth: {secrets: [old-secret, new-secret]}}
  - {name: any, type: json, auth: none, max_body: 1MiB}
groups: {sre: {users: [u1]}}
fallback_to: sre
rules:
  - {name: broken, when: 'kind == "json" && payload.a.b.c == 1', to: sre}
  - {name: alerts, when: 'kind == "alertmanager"', to: sre, msgtype: oa}
  - {name: reviews, when: 'kind == "github"', to: sre}
`

// TestAnswers posts what senders and strangers post, and holds the answers to
// the contract; the process lives through all of it.
func TestAnswers(t *testing.T) {
	t.Parallel()
	p, _, _ := served(t, tokenRules)
	bearer := http.Header{"Authorization": {"Bearer topsecret-token"}, "Content-Type": {"application/json"}}
	plain := http.Header{"Content-Type": {"application/json"}}
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	for range 100 {
		_, _ = z.Write(make([]byte, 1<<20))
	}
	_ = z.Close()
	for name, c := range map[string]struct {
		method, path string
		header       http.Header
		body         string
		want         int
		says         string
	}{
		"good":              {"POST", "/hooks/am", bearer, string(alert(1, "firing")), 202, `"rule":"alerts","state":"queued"`},
		"no credentials":    {"POST", "/hooks/am", plain, string(alert(2, "firing")), 401, "credentials or signature are missing or wrong"},
		"wrong credentials": {"POST", "/hooks/am", http.Header{"Authorization": {"Bearer x"}, "Content-Type": {"application/json"}}, "{}", 401, ""},
		"wrong signature":   {"POST", "/hooks/gh", http.Header{"X-Hub-Signature-256": {"sha256=00"}, "X-GitHub-Event": {"push"}, "Content-Type": {"application/json"}}, "{}", 401, ""},
		"not JSON":          {"POST", "/hooks/am", bearer, "hello", 400, "JSON"},
		"wrong version":     {"POST", "/hooks/am", bearer, strings.Replace(string(alert(3, "firing")), `"version":"4"`, `"version":"3"`, 1), 400, `version`},
		"6 MiB":             {"POST", "/hooks/am", bearer, strings.Repeat(" ", 6<<20), 413, "max_body"},
		"deep":              {"POST", "/hooks/any", plain, strings.Repeat("[", 10000) + strings.Repeat("]", 10000), 400, "deep"},
		"gzip bomb":         {"POST", "/hooks/any", http.Header{"Content-Type": {"application/json"}, "Content-Encoding": {"gzip"}}, bomb.String(), 415, "uncompressed"},
		"not a JSON type":   {"POST", "/hooks/any", http.Header{"Content-Type": {"text/html"}}, "{}", 415, ""},
		"unknown source":    {"POST", "/hooks/nope", plain, "{}", 404, `no source \"nope\"`},
		"GET":               {"GET", "/hooks/am", nil, "", 405, "this path takes POST"},
		"nowhere":           {"GET", "/x", nil, "", 404, "--admin.listen-address"},
		"a rule that fails": {"POST", "/hooks/any", plain, `{"title": "disk full"}`, 202, `"rule":"broken","state":"queued"`},
	} {
		t.Run(name, func(t *testing.T) {
			req, err := http.NewRequest(c.method, p.hooks+c.path, strings.NewReader(c.body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header = c.header
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = res.Body.Close() }()
			var b bytes.Buffer
			_, _ = b.ReadFrom(res.Body)
			if res.StatusCode != c.want || !strings.Contains(b.String(), c.says) {
				t.Errorf("want %d with %q, got %d %s", c.want, c.says, res.StatusCode, b.String())
			}
			if c.want >= 400 && res.Header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("an error as %s", res.Header.Get("Content-Type"))
			}
		})
	}
	if code, text := get(t, p.hooks+"/readyz"); code != 200 {
		t.Errorf("after all that it is not ready: %d %s", code, text)
	}
	if _, metrics := get(t, p.admin+"/metrics"); !strings.Contains(metrics, `workbell_webhooks_total{code="401",source="am"} 2`) {
		t.Errorf("refusals are not counted:\n%s", metrics)
	}
	for _, given := range []string{"header=Authorization given=false", "header=Authorization given=true", "header=X-Hub-Signature-256 given=true"} {
		if !strings.Contains(p.log.String(), given) {
			t.Errorf("the log does not say %q of what was refused:\n%s", given, p.log)
		}
	}
	for _, where := range []string{p.log.String(), second(get(t, p.admin+"/metrics")), second(get(t, p.admin+"/api/v1/deliveries")), second(get(t, p.admin+"/api/v1/apps"))} {
		if strings.Contains(where, "topsecret-token") || strings.Contains(where, "new-secret") {
			t.Errorf("a secret shows:\n%s", where)
		}
	}
}

func second[A, B any](_ A, b B) B { return b }

// TestDuplicate posts a notification twice, as two Alertmanagers of a cluster
// do.
func TestDuplicate(t *testing.T) {
	t.Parallel()
	p, dingtalk, _ := served(t, crashRules)
	var answers [2]struct {
		Events     []string
		Duplicate  bool
		Deliveries []struct{ ID, Rule, State string }
	}
	for i := range answers {
		code, body, err := postJSON(http.DefaultClient, p.hooks+"/hooks/am", alert(1, "firing"))
		if err != nil || code != 202 {
			t.Fatal(code, err)
		}
		if err := json.Unmarshal(body, &answers[i]); err != nil {
			t.Fatal(err)
		}
	}
	if answers[0].Duplicate || !answers[1].Duplicate {
		t.Errorf("duplicate: %v, then %v", answers[0].Duplicate, answers[1].Duplicate)
	}
	if d := cmp.Diff(answers[0].Events, answers[1].Events); d != "" {
		t.Errorf("the duplicate names another event:\n%s", d)
	}
	if code, _, err := postJSON(http.DefaultClient, p.hooks+"/hooks/am", alert(2, "firing")); code != 202 {
		t.Fatal(code, err)
	}
	waitUntil(t, func() bool { return queueDepth(t, p.admin) == 0 }, "the queue to empty", p.log)
	if calls := dingtalk.Calls(); len(calls) != 2 {
		t.Errorf("%d calls for two alerts", len(calls))
	}
}

// TestReload changes rules.yaml under a running bridge: a fault leaves the old
// rules in force and is told with its place; a good change takes effect.
func TestReload(t *testing.T) {
	t.Parallel()
	p, dingtalk, dir := served(t, crashRules)
	file := filepath.Join(dir, "rules.yaml")
	good, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, dir, "rules.yaml", strings.Replace(string(good), "name: all, to: sre", "name: all, when: statsu == 'firing', to: sre", 1))
	code, body, err := postJSON(http.DefaultClient, p.admin+"/-/reload", nil)
	if err != nil || code != 400 || !strings.Contains(string(body), "rules.yaml:11:27: rules[0].when") || !strings.Contains(string(body), "statsu") {
		t.Errorf("a bad file: %d %s %v", code, body, err)
	}
	if code, _, _ := postJSON(http.DefaultClient, p.hooks+"/hooks/am", alert(1, "firing")); code != 202 {
		t.Errorf("the old rules are gone: %d", code)
	}
	writeFile(t, dir, "rules.yaml", strings.Replace(string(good), "msgtype: text", "msgtype: oa", 1))
	if err := p.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	waitUntil(t, func() bool { return strings.Contains(p.log.String(), `msg="rules loaded"`) }, "the reload", p.log)
	if code, _, _ := postJSON(http.DefaultClient, p.hooks+"/hooks/am", alert(2, "firing")); code != 202 {
		t.Errorf("the new rules do not serve: %d", code)
	}
	waitUntil(t, func() bool { return len(dingtalk.Calls()) == 2 }, "two notifications", p.log)
	types := []string{dingtalk.Calls()[0].Msgtype, dingtalk.Calls()[1].Msgtype}
	if d := cmp.Diff([]string{"text", "oa"}, types); d != "" {
		t.Errorf("msgtypes (-want +got):\n%s", d)
	}
	if code, text := get(t, p.admin+"/metrics"); code != 200 || !strings.Contains(text, `workbell_reloads_total{result="failed"} 1`) {
		t.Errorf("reloads are not counted:\n%s", text)
	}
}

// TestAdminRefusesStrangers: a page of another site can neither reload nor read
// through a name of its own.
func TestAdminRefusesStrangers(t *testing.T) {
	t.Parallel()
	p, _, _ := served(t, crashRules)
	req, _ := http.NewRequest(http.MethodPost, p.admin+"/-/reload", nil)
	req.Header.Set("Origin", "http://evil.example")
	req.Header.Set("Sec-Fetch-Site", "cross-site")
	res, err := http.DefaultClient.Do(req)
	if err != nil || res.StatusCode != http.StatusForbidden {
		t.Errorf("a request from another site: %v %v", res.Status, err)
	}
	req, _ = http.NewRequest(http.MethodGet, p.admin+"/api/v1/deliveries", nil)
	req.Host = "evil.example"
	res, err = http.DefaultClient.Do(req)
	if err != nil || res.StatusCode != http.StatusForbidden {
		t.Errorf("another host's name: %v %v", res.Status, err)
	}
	_ = res.Body.Close()
}

// TestFullDisk fills the disk (a limit on the size of files): webhooks get 503,
// nothing is accepted that is not kept, and it goes on once there is room.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("prlimit"); err != nil {
		t.Fatal("prlimit is missing: install util-linux")
	}
	dingtalk, base := newSandbox(t)
	dir := t.TempDir()
	writeFile(t, dir, "rules.yaml", fmt.Sprintf(crashRules, base))
	p := startProcess(t, dir)
	limit := func(bytes string) {
		t.Helper()
		if out, err := exec.Command("prlimit", "--pid", fmt.Sprint(p.cmd.Process.Pid), "--fsize="+bytes+":").CombinedOutput(); err != nil {
			t.Fatalf("prlimit: %v %s", err, out)
		}
	}
	accepted := map[int]bool{}
	post := func(n int) int {
		t.Helper()
		code, _, err := postJSON(http.DefaultClient, p.hooks+"/hooks/am", alert(n, "firing"))
		if err != nil {
			t.Fatal(err)
		}
		if code == 202 {
			accepted[n] = true
		}
		return code
	}
	post(1)
	limit("65536")
	refused := 0
	for n := 2; n < 400 && refused < 5; n++ {
		if code := post(n); code == 503 {
			refused++
		} else if code != 202 {
			t.Fatalf("a full disk answers %d", code)
		}
	}
	if refused == 0 {
		t.Fatal("the disk did not fill")
	}
	limit("unlimited")
	waitUntil(t, func() bool { return post(1000) == 202 }, "room", p.log)
	waitUntil(t, func() bool { return queueDepth(t, p.admin) == 0 }, "the queue to empty", p.log)
	rang := map[string]int{}
	for _, c := range dingtalk.Calls() {
		rang[serial.FindString(c.Msg)]++
	}
	for n := range accepted {
		if got := rang[fmt.Sprintf("Serial-%07d", n)]; got != 1 {
			t.Errorf("alert %d was accepted and sent %d times", n, got)
		}
	}
	if len(rang) != len(accepted) {
		t.Errorf("%d accepted, %d sent", len(accepted), len(rang))
	}
}

// TestCommands runs what the contract says of exit codes and output.
func TestCommands(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	rules := writeFile(t, dir, "rules.yaml", fmt.Sprintf(tokenRules, "https://oapi.dingtalk.com"))
	bad := writeFile(t, dir, "bad.yaml", strings.Replace(fmt.Sprintf(tokenRules, "https://oapi.dingtalk.com"), "to: sre, msgtype: oa", "to: srs, msgtype: oa", 1))
	payload := writeFile(t, dir, "alert.json", string(alert(1, "firing")))
	tests := writeFile(t, dir, "tests.yaml", `tests:
  - name: alerts go to the SREs
    source: am
    payload_file: alert.json
    want: [{rule: alerts, to: [user:u1], msgtype: oa, contains: [Serial-0000001], lacks: [nonsense]}]
  - name: a push
    source: gh
    event: push
    payload: {ref: refs/heads/main, repository: {full_name: a/b}, pusher: {name: octocat}, commits: []}
    want: [{rule: reviews, msgtype: markdown}]
`)
	failing := writeFile(t, dir, "failing.yaml", "tests: [{name: no, source: am, payload_file: alert.json, want: [{rule: reviews}]}]\n")
	for name, c := range map[string]struct {
		args []string
		code int
		says string
	}{
		"version":        {[]string{"version"}, 0, "workbell test"},
		"check":          {[]string{"check", "--config.file=" + rules}, 0, "3 sources, 3 rules, 1 group; no faults"},
		"check json":     {[]string{"check", "--config.file=" + rules, "--output=json"}, 0, `"ok":true`},
		"check fault":    {[]string{"check", "--config.file=" + bad}, 1, `bad.yaml:12:56: rules[1].to:`},
		"check ours":     {[]string{"check", "--config.file=rules.yaml"}, 1, "app_key is missing"},
		"check trial":    {[]string{"check", "--sandbox", "--config.file=rules.yaml"}, 0, "no faults"},
		"check nothing":  {[]string{"check", "--config.file=" + dir + "/no.yaml"}, 2, "serve --sandbox"},
		"serve nothing":  {[]string{"serve", "--config.file=" + dir + "/no.yaml"}, 2, "--config.file"},
		"serve fault":    {[]string{"serve", "--config.file=" + bad}, 1, "did you mean"},
		"unknown flag":   {[]string{"serve", "--colour"}, 2, "--colour"},
		"help":           {[]string{"--help"}, 0, "serve"},
		"nothing":        {nil, 2, "Run the bridge"},
		"render":         {[]string{"render", "--config.file=" + rules, "--source=am", payload}, 0, "to user:u1"},
		"render json":    {[]string{"render", "--config.file=" + rules, "--source=am", "--output=json", payload}, 0, `"matched":true`},
		"render source":  {[]string{"render", "--config.file=" + rules, "--source=amm", payload}, 2, `did you mean "am"?`},
		"render event":   {[]string{"render", "--config.file=" + rules, "--source=gh", payload}, 2, "--event"},
		"render refused": {[]string{"render", "--config.file=" + rules, "--source=am", rules}, 1, "JSON"},
		"test":           {[]string{"test", "--config.file=" + rules, tests}, 0, "2 passed, 0 failed"},
		"test fails":     {[]string{"test", "--config.file=" + rules, failing}, 1, "message 1, rule: want reviews, got alerts"},
		"test no file":   {[]string{"test", "--config.file=" + rules, dir + "/none.yaml"}, 2, "none.yaml"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, errs, code := workbell(t, c.args...)
			if code != c.code || !strings.Contains(out+errs, c.says) {
				t.Errorf("workbell %s: want exit %d and %q, got %d\n%s%s", strings.Join(c.args, " "), c.code, c.says, code, out, errs)
			}
		})
	}
}

var rulesInReadme = regexp.MustCompile("(?s)   ```yaml\n(   dingtalk:.*?)   ```")

// TestReadmeRules holds the README's first rules.yaml to what it says: it loads.
func TestReadmeRules(t *testing.T) {
	for _, name := range []string{"DINGTALK_APP_KEY", "DINGTALK_APP_SECRET", "ALERTMANAGER_TOKEN"} {
		t.Setenv(name, "x")
	}
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	block := rulesInReadme.FindStringSubmatch(string(readme))
	if block == nil {
		t.Fatal("the README has no rules.yaml")
	}
	rules := writeFile(t, t.TempDir(), "rules.yaml", strings.ReplaceAll(block[1], "\n   ", "\n")[3:])
	if out, errs, code := workbell(t, "check", "--config.file="+rules); code != 0 || !strings.Contains(out, "no faults") {
		t.Errorf("exit %d\n%s%s", code, out, errs)
	}
}

// TestSandboxNeedsNoSecrets serves a user's own rules in the sandbox with none of
// their variables and files there.
func TestSandboxNeedsNoSecrets(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeFile(t, dir, "rules.yaml", `dingtalk:
  apps: [{name: ops, agent_id: 7, app_key: "${NO_KEY}", app_secret_file: /nowhere/secret}]
sources:
  - {name: am, type: alertmanager, auth: {bearer_token_file: /nowhere/token}}
  - {name: gh, type: github, auth: {secrets: ["${NO_SECRET}"]}}
  - {name: signed, type: json, auth: {hmac: {header: X-Signature, secrets: ["${NO_SECRET}"]}}}
  - {name: standard, type: json, auth: {standard_webhooks: {secrets: ["${NO_SECRET}"]}}}
  - {name: basic, type: json, auth: {basic: {username: u, password: "${NO_SECRET}"}}}
groups: {sre: {users: [u1]}}
rules: [{name: all, to: sre}]
`)
	p := startProcess(t, dir, "--sandbox", "--sandbox.listen-address=127.0.0.1:0")
	for _, name := range []string{"signed", "standard", "basic"} {
		if code, body, err := postJSON(http.DefaultClient, p.hooks+"/hooks/"+name, []byte(`{"title": "from `+name+`"}`)); code != 202 || err != nil {
			t.Errorf("%s: %d %s %v", name, code, body, err)
		}
	}
	if code, body, err := postJSON(http.DefaultClient, p.hooks+"/hooks/am", alert(1, "firing")); code != 202 || err != nil {
		t.Errorf("am: %d %s %v", code, body, err)
	}
	phone := p.listening(t, "sandbox")
	waitUntil(t, func() bool { _, page := get(t, phone+"/sandbox/ledger"); return strings.Contains(page, "from basic") }, "the notification", p.log)

	rules, err := os.ReadFile(filepath.Join(dir, "rules.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, dir, "rules.yaml", strings.Replace(string(rules), "name: ops, agent_id: 7", "name: renamed, agent_id: 9", 1))
	if code, body, err := postJSON(http.DefaultClient, p.admin+"/-/reload", nil); code != 200 || err != nil {
		t.Fatalf("reload: %d %s %v", code, body, err)
	}
	if code, _, err := postJSON(http.DefaultClient, p.hooks+"/hooks/basic", []byte(`{"title": "from another app"}`)); code != 202 || err != nil {
		t.Fatal(code, err)
	}
	waitUntil(t, func() bool {
		_, page := get(t, phone+"/sandbox/ledger")
		return strings.Contains(page, "from another app")
	}, "the app that a reload brought", p.log)
}

// TestTerminate stops workbell while DingTalk is slow and webhooks come in:
// what is in flight ends and is recorded, the rest is kept and goes out after
// the next start, and nothing twice.
func TestTerminate(t *testing.T) {
	t.Parallel()
	p, dingtalk, dir := served(t, crashRules)
	if err := dingtalk.Fail(sandbox.Fault{Kind: sandbox.Delay, Path: "asyncsend_v2", Probability: 1, Wait: 500 * time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	load := newBooks()
	done := load.start(context.Background(), t, p.hooks)
	waitUntil(t, func() bool { return len(dingtalk.Calls()) > 0 }, "a first call", p.log)
	if code := p.terminate(t); code != 0 {
		t.Errorf("exit code %d\n%s", code, p.log)
	}
	<-done
	dingtalk.Heal()
	p = startProcess(t, dir)
	waitUntil(t, func() bool { return queueDepth(t, p.admin) == 0 }, "the rest to leave", p.log)
	load.compare(t, dingtalk, p.admin)
	if sent := len(dingtalk.Calls()); sent > load.posted {
		t.Errorf("%d calls for %d webhooks: an attempt in flight was not recorded", sent, load.posted)
	}
}

// TestSend sends through the real client to the stand-in, and says what became
// of it.
func TestSend(t *testing.T) {
	t.Parallel()
	_, base := newSandbox(t)
	rules := writeFile(t, t.TempDir(), "rules.yaml", fmt.Sprintf(crashRules, base))
	out, errs, code := workbell(t, "send", "--config.file="+rules, "--to=sre,user:u2", "--msgtype=markdown", "--title=Hello", "--text=a *first* notification")
	if code != 0 || !regexp.MustCompile(`task \d+`).MatchString(out) || !strings.Contains(out, "u1") || !strings.Contains(out, "u2") {
		t.Errorf("exit %d\n%s%s", code, out, errs)
	}
	wrong := writeFile(t, t.TempDir(), "rules.yaml", strings.Replace(fmt.Sprintf(crashRules, base), "app_secret: secret", "app_secret: wrong", 1))
	out, errs, code = workbell(t, "send", "--config.file="+wrong, "--to=sre", "--text=x")
	if code != 1 || !strings.Contains(errs, "40096") || strings.Contains(out+errs, "wrong\"") {
		t.Errorf("a wrong secret: exit %d\n%s%s", code, out, errs)
	}
	far := writeFile(t, t.TempDir(), "rules.yaml", fmt.Sprintf(crashRules, "http://127.0.0.1:1"))
	for says, args := range map[string][]string{"--text": {}, "dingtalk.base_url": {"--text=x"}} {
		if out, errs, code := workbell(t, append([]string{"send", "--config.file=" + far, "--to=sre"}, args...)...); code == 0 || !strings.Contains(errs, says) {
			t.Errorf("%q: exit %d without a word of %s\n%s%s", args, code, says, out, errs)
		}
	}
}
