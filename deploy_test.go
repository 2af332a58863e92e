package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"workbell/bridge"
	"workbell/config"
)

// tool names a program that `make deps` builds.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join(".bin", name))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("no %s in .bin: run `make deps`", name)
	}
	return path
}

// readFile returns the text of a file of this repository.
func readFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// decodeYAML reads a document of text into v; v may have fewer fields.
func decodeYAML(t *testing.T, text string, v any) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(text), v); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
}

// checkRules loads a rules.yaml as check does, with every variable and every
// file of secrets there, and expects neither faults nor warnings. With
// sandboxed, as `serve --sandbox` does: then it may lack credentials.
func checkRules(t *testing.T, file, templates string, sandboxed bool) {
	t.Helper()
	_, faults := config.Load([]byte(readFile(t, file)), config.Options{File: file, Sandbox: sandboxed,
		Getenv:   func(string) (string, bool) { return "given", true },
		ReadFile: func(string) ([]byte, error) { return []byte("given"), nil },
	})
	_, more := bridge.LoadPlan(bridge.Files{Config: file, Templates: templates, Embedded: embedded, Sandbox: true})
	for _, f := range append(faults, more...) {
		if !strings.Contains(f.Problem, "the sandbox takes this source's webhooks without authentication") {
			t.Error(f)
		}
	}
}

// TestDeployedRules loads every rules.yaml of deploy/, those inside the chart's
// values, too.
func TestDeployedRules(t *testing.T) {
	t.Parallel()
	var values struct{ Rules string }
	decodeYAML(t, readFile(t, "deploy/helm/workbell/values.yaml"), &values)
	files := []string{writeFile(t, t.TempDir(), "values.yaml", values.Rules)}
	err := filepath.WalkDir("deploy", func(path string, d fs.DirEntry, err error) error {
		if d != nil && d.Name() == "rules.yaml" && path != "deploy/mixin/rules.yaml" { // Prometheus' own
			files = append(files, path)
		}
		return err
	})
	if err != nil || len(files) < 5 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		checkRules(t, file, "", file == "deploy/compose/rules.yaml")
	}
}

// TestSenders runs the tests beside the senders' rules.
func TestSenders(t *testing.T) {
	t.Parallel()
	if out, errs, code := workbell(t, "test", "--config.file=deploy/senders/rules.yaml", "deploy/senders/tests.yaml"); code != 0 {
		t.Errorf("exit %d\n%s%s", code, out, errs)
	}
}

// presets are the senders of deploy/senders whose real payloads are in
// source/testdata, and how each proves who it is.
var presets = map[string]func(h http.Header, event string, body []byte){
	"gitlab":  func(h http.Header, _ string, _ []byte) { h.Set("X-Gitlab-Token", "GITLAB_TOKEN") },
	"jenkins": func(h http.Header, _ string, _ []byte) { h.Set("Authorization", "Bearer JENKINS_TOKEN") },
	"grafana": func(h http.Header, _ string, _ []byte) { h.Set("Authorization", "Bearer GRAFANA_TOKEN") },
	"gitea": func(h http.Header, event string, body []byte) {
		h.Set("X-Gitea-Event", event)
		h.Set("X-Gitea-Signature", signed("GITEA_SECRET", body))
	},
	"github": func(h http.Header, event string, body []byte) {
		h.Set("X-GitHub-Event", event)
		h.Set("X-Hub-Signature-256", "sha256="+signed("GITHUB_SECRET", body))
	},
}

func signed(secret string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}

// TestSendersPayloads posts every real payload that there is of these senders, with
// their own proof and without, to a bridge with the rules of deploy/senders: each is
// taken with the one and refused without it, and no rule or template fails at any.
func TestSendersPayloads(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	rules := regexp.MustCompile(`\$\{(\w+)\}`).ReplaceAllString(readFile(t, "deploy/senders/rules.yaml"), "$1") // each secret is its variable's name
	writeFile(t, dir, "rules.yaml", rules)
	p := startProcess(t, dir, "--sandbox", "--sandbox.listen-address=127.0.0.1:0")
	for sender, prove := range presets {
		files, err := filepath.Glob("source/testdata/" + sender + "/*.json")
		if err != nil || len(files) < 3 {
			t.Fatal(sender, files, err)
		}
		for _, file := range files {
			event := regexp.MustCompile(`^\w+`).FindString(filepath.Base(file))
			body := []byte(readFile(t, file))
			for want, prove := range map[int]func(http.Header, string, []byte){
				http.StatusAccepted:     prove,
				http.StatusUnauthorized: func(http.Header, string, []byte) {},
			} {
				req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.hooks+"/hooks/"+sender, bytes.NewReader(body))
				if err != nil {
					t.Fatal(err)
				}
				req.Header.Set("Content-Type", "application/json")
				prove(req.Header, event, body)
				res, err := http.DefaultClient.Do(req)
				if err != nil {
					t.Fatal(err)
				}
				answer, _ := io.ReadAll(res.Body)
				_ = res.Body.Close()
				if res.StatusCode != want {
					t.Errorf("%s: want %d, got %d %s", file, want, res.StatusCode, answer)
				}
			}
		}
	}
	_, metrics := get(t, p.admin+"/metrics")
	metrics = strings.ReplaceAll(metrics, `workbell_rule_faults_total{field="to",rule="reviews"}`, "") // reviewers of whom the rules do not know
	if strings.Contains(metrics, "workbell_rule_faults_total{") || !strings.Contains(metrics, `code="202",source="gitlab"`) {
		t.Errorf("faults of rules, or none taken:\n%s", metrics)
	}
}

// TestAlertmanagerConfigs holds our Alertmanager configurations against
// Alertmanager's own check, and their URLs against the sources of the rules
// beside them.
func TestAlertmanagerConfigs(t *testing.T) {
	t.Parallel()
	for file, rules := range map[string]string{
		"deploy/alertmanager.yml":                   "rules.yaml",
		"deploy/compose/alertmanager.yml":           "deploy/compose/rules.yaml",
		"deploy/kustomize/sidecar/alertmanager.yml": "deploy/kustomize/sidecar/rules.yaml",
	} {
		if out, err := exec.Command(tool(t, "amtool"), "check-config", file).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", file, err, out)
		}
		var c struct {
			Receivers []struct {
				Webhooks []struct{ URL string } `yaml:"webhook_configs"`
			}
		}
		decodeYAML(t, readFile(t, file), &c)
		_, source, _ := strings.Cut(c.Receivers[0].Webhooks[0].URL, "/hooks/")
		if plan, faults := bridge.LoadPlan(bridge.Files{Config: rules, Embedded: embedded, Sandbox: true}); plan == nil || plan.Sources[source] == nil {
			t.Errorf("%s posts to a source %q that %s does not have: %v", file, source, rules, faults)
		}
	}
}

// knownFlag finds the flags and variables in the help of serve.
var knownFlag = regexp.MustCompile(`--[a-z][a-z.-]*|\bWORKBELL_[A-Z_]+`)

// checkFlags holds the flags and variables of text against `workbell serve
// --help`.
func checkFlags(t *testing.T, where, text string) {
	t.Helper()
	help, _, code := workbell(t, "serve", "--help")
	if code != 0 {
		t.Fatalf("exit %d\n%s", code, help)
	}
	known := knownFlag.FindAllString(help, -1)
	for _, flag := range knownFlag.FindAllString(text, -1) {
		if !slices.Contains(known, flag) {
			t.Errorf("%s has %s, which `workbell serve` does not know", where, flag)
		}
	}
}

// TestImage holds the Dockerfile's flags and variables against the program, and
// what it copies against what is there.
func TestImage(t *testing.T) {
	t.Parallel()
	text := readFile(t, "deploy/Dockerfile")
	_, last, _ := strings.Cut(text, "FROM gcr.io")
	if !strings.Contains(last, "nonroot") || !strings.Contains(last, `CMD ["serve"`) {
		t.Errorf("the image does not serve as somebody without rights:\n%s", last)
	}
	for line := range strings.Lines(last) {
		if !strings.HasPrefix(line, "COPY") {
			checkFlags(t, "the Dockerfile", line)
		}
	}
	module := readFile(t, "go.mod")
	goVersion := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(module)
	if goVersion == nil || !strings.Contains(text, "FROM golang:"+goVersion[1]+" ") {
		t.Errorf("the Dockerfile builds with another Go than go.mod asks for: %v", goVersion)
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// TestSystemdUnit holds the unit's flags against the program, and the unit
// against systemd.
func TestSystemdUnit(t *testing.T) {
	t.Parallel()
	unit := readFile(t, "deploy/systemd/workbell.service")
	for line := range strings.Lines(unit) {
		if strings.HasPrefix(line, "ExecStart=") {
			checkFlags(t, "the unit", line)
		}
	}
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Fatal("no systemd-analyze: run `make deps`")
	}
	file := writeFile(t, t.TempDir(), "workbell.service", strings.ReplaceAll(unit, "/usr/bin/workbell", "/bin/true"))
	if out, err := exec.Command("systemd-analyze", "verify", "--man=no", file).CombinedOutput(); err != nil || bytes.Contains(out, []byte("workbell.service")) {
		t.Errorf("systemd-analyze verify: %v\n%s", err, out)
	}
}
