package main

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/crypto/bcrypt"
)

var standardSecret = "whsec_" + base64.StdEncoding.EncodeToString([]byte(canary("standard")))

// secretRules have a secret in every place that takes one: %s is DingTalk. The
// source "all" shows every header that is kept, and what is said in the payload.
var secretRules = `dingtalk:
  base_url: %s
  apps:
    - {name: ops, agent_id: 7, app_key: key, app_secret: "${OPS_SECRET}"}
    - {name: vendor, type: third_party, agent_id: 8, suite_key: suite, suite_secret_file: suite, suite_ticket_file: ticket, auth_corp_id: dingcorp1}
sources:
  - {name: am, type: alertmanager, auth: {bearer_token_file: am}}
  - {name: bearer, type: json, auth: {bearer_token: ` + quoted("bearer") + `}, fields: {text: toJSON(headers)}}
  - {name: basic, type: json, auth: {basic: {username: u, password: ` + quoted("basic") + `}}, fields: {text: toJSON(headers)}}
  - {name: hmac, type: json, auth: {hmac: {header: X-Signature, secrets: [` + quoted("hmac") + `]}}, fields: {text: toJSON(headers)}}
  - {name: gitlab, type: gitlab, auth: {secrets: ["${GITLAB_TOKEN}"]}, fields: {text: toJSON(headers)}}
  - {name: github, type: github, auth: {secrets: [` + quoted("github") + `]}}
  - {name: standard, type: json, auth: {standard_webhooks: {secrets: ["` + standardSecret + `"]}}, fields: {text: toJSON(headers)}}
groups: {sre: {users: [u1]}}
fallback_to: sre
rules:
  - {name: broken, when: 'kind == "json" && payload.a.b.c == 1', to: sre}
  - {name: order, when: source == "bearer", to: "user:u1", app: vendor, msgtype: template, template_id: t1, template: json, continue: true}
  - {name: rest, to: sre, track: result}
`

const secretTemplates = `{{ define "template.data.name" }}{{ .Text }}{{ end }}{{ define "markdown.title" }}{{ .Title }}{{ end }}{{ define "markdown.text" }}{{ .Text }}{{ end }}`

func quoted(name string) string { return strconv.Quote(canary(name)) }

// writeWebConfig has the admin address demand a password.
func (r *secretRig) writeWebConfig() {
	like := httptest.NewTLSServer(nil)
	like.Close()
	pair := like.TLS.Certificates[0]
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		r.Fatal(err)
	}
	hash, err := bcrypt.GenerateFromPassword([]byte(canary("password")), bcrypt.MinCost)
	if err != nil {
		r.Fatal(err)
	}
	writeFile(r.T, r.dir, "server.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate[0]})))
	writeFile(r.T, r.dir, "server.key", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})))
	writeFile(r.T, r.dir, "admin.yml", "tls_server_config: {cert_file: server.pem, key_file: server.key}\nbasic_auth_users: {ops: "+string(hash)+"}\n")
}

// TestNoSecretShows has a bridge with a canary in every place where a secret may
// stand say all that it can: logs at every level, answers to webhooks, of the API and
// of the console, metrics, profiles, errors of a DingTalk that tells whatever it was
// told, faults of every kind in rules.yaml, the commands, the store, and a crash. In
// none of it, in no encoding, is a canary or a token of DingTalk's.
func TestNoSecretShows(t *testing.T) {
	t.Parallel()
	for _, form := range []string{canary("x"), fmt.Sprintf("%x", canary("x")), base64.StdEncoding.EncodeToString([]byte("u:" + canary("y"))), base64.RawURLEncoding.EncodeToString([]byte(canary("zz"))), standardSecret} {
		if _, ok := shows("before " + form + " after"); !ok {
			t.Fatalf("%s would not be found", form)
		}
	}
	r := newSecretRig(t)
	r.takeWebhooks()
	r.failAtDingTalk()
	r.failToLoad()
	r.askAll()
	r.runCommands()
	r.crash()
	r.hear("the log", r.log.String())
	for _, file := range []string{"workbell.db", "workbell.db-wal"} {
		text, err := os.ReadFile(filepath.Join(r.dir, file))
		if err != nil && file == "workbell.db" {
			t.Fatal(err)
		}
		r.hear(file, string(text))
	}
	if len(r.far.tokens) < 2 {
		t.Fatalf("DingTalk saw the tokens of %d apps", len(r.far.tokens))
	}
	for where, text := range r.said {
		if found, ok := shows(text, r.far.tokens...); ok {
			t.Errorf("%s shows a secret: %q", where, found)
		}
	}
}

// takeWebhooks posts to every source with its secret and with another's.
func (r *secretRig) takeWebhooks() {
	body := `{"title": "hello", "n": 1}`
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte("u:"+canary("basic")))
	for source, header := range map[string][]string{
		"am":     {"Authorization", "Bearer " + canary("am")},
		"bearer": {"Authorization", "Bearer " + canary("bearer")},
		"basic":  {"Authorization", basic},
		"hmac":   {"X-Signature", signed(canary("hmac"), []byte(body))},
		"gitlab": {"X-Gitlab-Token", canary("gitlab")},
		"github": {"X-Hub-Signature-256", "sha256=" + signed(canary("github"), []byte(body)), "X-GitHub-Event", "push"},
	} {
		text := body
		if source == "am" {
			text = string(alert(1, "firing"))
		}
		header = append(header, "Cookie", "session="+canary("cookie"), "Proxy-Authorization", basic)
		if code := r.post(source, text, header...); code != http.StatusAccepted {
			r.Errorf("%s: %d %s", source, code, r.said["POST /hooks/"+source])
		}
		for _, wrong := range []string{"Bearer " + canary("wrong"), "Basic " + canary("wrong"), basic + "x"} {
			if code := r.post(source, text, "Authorization", wrong, "X-Signature", canary("wrong"), "X-Gitlab-Token", canary("wrong"), "X-Hub-Signature-256", canary("wrong")); code != http.StatusUnauthorized {
				r.Errorf("%s with another secret: %d", source, code)
			}
		}
		r.post(source, "not JSON", header...)
	}
	r.post("nowhere", "{}", "Authorization", basic)
	r.post("standard", "{}", "webhook-id", "1", "webhook-timestamp", "1", "webhook-signature", "v1,"+canary("wrong"))
	waitUntil(r.T, func() bool { return r.far.calls("") >= 4 }, "calls of both apps", r.log)
}

// failAtDingTalk has every app fail in every way, after a load, which ends pauses and
// has new tokens fetched.
func (r *secretRig) failAtDingTalk() {
	for i, mode := range []string{"errmsg", "page", "redirect", "cut", "credentials"} {
		r.far.be(mode)
		if code, text := r.ask(http.MethodPost, "/-/reload", "", canary("password")); code != http.StatusOK {
			r.Fatal(code, text)
		}
		for n := range 3 {
			r.post("bearer", fmt.Sprintf(`{"title": "%s %d %d"}`, mode, i, n), "Authorization", "Bearer "+canary("bearer"))
		}
		waitUntil(r.T, func() bool { return r.far.calls(mode) >= 2 }, "calls that fail by "+mode, r.log)
		_, errs, _ := workbell(r.T, "send", "--config.file="+r.literal(), "--to=sre", "--text=x")
		r.hear("workbell send", errs)
	}
	r.far.be("")
}

// literal writes the rules with their variables filled in, for commands in this
// process, and names the file.
func (r *secretRig) literal() string {
	rules := strings.NewReplacer("${OPS_SECRET}", strings.ReplaceAll(canary("ops"), `"`, `\"`), "${GITLAB_TOKEN}", strings.ReplaceAll(canary("gitlab"), `"`, `\"`),
		"_file: ", "_file: "+r.dir+"/").Replace(readFile(r.T, filepath.Join(r.dir, "rules.yaml")))
	return writeFile(r.T, r.dir, "literal.yaml", rules)
}

// failToLoad puts each kind of fault at a secret.
func (r *secretRig) failToLoad() {
	good := readFile(r.T, filepath.Join(r.dir, "rules.yaml"))
	bearer, hmac := "bearer_token: "+quoted("bearer"), "secrets: ["+quoted("hmac")+"]"
	for what, change := range map[string][2]string{
		"a list for a secret":        {bearer, "bearer_token: [" + quoted("bearer") + "]"},
		"a map for a secret":         {bearer, "bearer_token: {x: " + quoted("bearer") + "}"},
		"a misspelt key":             {bearer, "bearer_tokn: " + quoted("bearer")},
		"a secret for a map":         {"{" + bearer + "}", quoted("bearer")},
		"two ways":                   {bearer, bearer + ", hmac: {header: X, " + hmac + "}"},
		"twice":                      {bearer, bearer + ", " + bearer},
		"an unfinished text":         {bearer, strings.TrimSuffix(bearer, `"`)},
		"an unknown alias":           {bearer, "bearer_token: *" + mark},
		"no variable":                {bearer, "bearer_token: ${NO_SUCH}" + mark},
		"a secret where a number is": {"agent_id: 7", `agent_id: "${OPS_SECRET}"`},
		"no base64":                  {standardSecret, "whsec_%" + mark},
		"a password in base_url":     {"base_url: http://", "base_url: ftp://u:" + mark + "@"},
		"a secret in base_url":       {"base_url: http://", "base_url: http://u:" + mark + "@%zz"},
	} {
		writeFile(r.T, r.dir, "rules.yaml", strings.Replace(good, change[0], change[1], 1))
		if code, _ := r.ask(http.MethodPost, "/-/reload", "", canary("password")); code != http.StatusBadRequest {
			r.Errorf("%s: %d", what, code)
		}
		r.ask(http.MethodGet, "/playground", "", canary("password")) // which shows rules.yaml
		for _, output := range []string{"text", "json"} {
			out, errs, _ := workbell(r.T, "check", "--config.file="+filepath.Join(r.dir, "rules.yaml"), "--output="+output)
			r.hear("workbell check, "+what, out+errs)
		}
	}
	writeFile(r.T, r.dir, "rules.yaml", good)
	r.ask(http.MethodPost, "/-/reload", "", canary("password"))
}

// askAll asks for all that the admin address has.
func (r *secretRig) askAll() {
	if code, _ := r.ask(http.MethodGet, "/api/v1/deliveries?limit=500", "", canary("wrong")); code != http.StatusUnauthorized {
		r.Errorf("a wrong password: %d", code)
	}
	for _, path := range []string{"/metrics", "/livez", "/readyz", "/api/v1/deliveries", "/api/v1/apps", "/api/v1/stats", "/debug/pprof/",
		"/debug/pprof/goroutine?debug=2", "/debug/pprof/heap?debug=1", "/api/v1/events/1", "/api/v1/deliveries/1", "/playground", "/overview"} {
		if code, text := r.ask(http.MethodGet, path, "", canary("password")); code != http.StatusOK {
			r.Errorf("%s: %d %s", path, code, text)
		}
	}
	if code, _ := r.ask(http.MethodGet, "/debug/pprof/cmdline", "", canary("password")); code != http.StatusNotFound {
		r.Errorf("the arguments, of which --storage may hold a password: %d", code)
	}
	for _, path := range []string{"/api/v1/deliveries/1/resend", "/api/v1/deliveries/1/recall", "/api/v1/deliveries/1/ack", "/playground"} {
		r.ask(http.MethodPost, path, "{}", canary("password"))
	}
	if pages := r.crawl(); pages < 20 {
		r.Errorf("the console has only %d pages", pages)
	}
}

// runCommands runs every command that takes a secret, or asks the bridge.
func (r *secretRig) runCommands() {
	admin := []string{"--admin.url=" + r.admin, "--admin.ca-file=" + filepath.Join(r.dir, "server.pem"), "--admin.username=ops", "--admin.password-file="}
	wrong := writeFile(r.T, r.dir, "wrong", canary("wrong"))
	for _, password := range []string{filepath.Join(r.dir, "password"), wrong} {
		for _, command := range [][]string{{"deliveries"}, {"deliveries", "--output=json"}, {"show", "1"}, {"show", "1", "--output=json"}, {"resend", "1"}, {"recall", "1"}, {"ack", "1"}} {
			out, errs, _ := workbell(r.T, append(command, append(admin[:3:3], admin[3]+password)...)...)
			r.hear("workbell "+command[0], out+errs)
		}
	}
	payload := writeFile(r.T, r.dir, "payload.json", `{"title": "hello"}`)
	missing := "--config.file=" + filepath.Join(r.dir, "none.yaml")
	for _, command := range [][]string{
		{"render", "--config.file=" + r.literal(), "--source=bearer", payload}, {"render", "--config.file=" + r.literal(), "--source=bearer", "--output=json", payload},
		{"deliveries", "--admin.url=http://ops:" + mark + "@127.0.0.1:1"}, {"deliveries", "--admin.url=http://ops:" + mark + "@%zz"},
		{"serve", "--config.file=" + r.literal(), "--storage=postgres://u:" + mark + "@127.0.0.1:1/db?connect_timeout=1"},
		{"serve", "--config.file=" + r.literal(), "--storage=postgres://u:" + mark + "@127.0.0.1:port/db"}, {"serve", "--config.file=" + r.literal(), "--storage=postgre://u:" + mark + "@127.0.0.1/db"},
		{"serve", missing, "--storage=postgres://u:" + mark + "@127.0.0.1/db"},
		{"migrate", "--from=sqlite:" + filepath.Join(r.dir, "none.db"), "--to=postgres://u:" + mark + "@127.0.0.1:port/db"},
	} {
		out, errs, _ := workbell(r.T, command...)
		r.hear("workbell "+strings.ReplaceAll(strings.Join(command, " "), mark, "…"), out+errs)
	}
}

// crash has Go print what it prints when a process dies of a fault.
func (r *secretRig) crash() {
	if err := r.cmd.Process.Signal(syscall.SIGQUIT); err != nil {
		r.Fatal(err)
	}
	_ = r.cmd.Wait()
	if !strings.Contains(r.log.String(), "SIGQUIT: quit") {
		r.Errorf("the crash printed no stacks:\n%s", tail(r.log.String()))
	}
}
