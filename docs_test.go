package main

import (
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/exporter-toolkit/web"
	"gopkg.in/yaml.v3"

	"workbell/config"
	"workbell/docs/doctest"
)

// frame is what a snippet of rules.yaml may leave out.
const frame = `dingtalk: {apps: [{name: ops, agent_id: 1, app_key: key, app_secret: secret}]}
sources: [{name: alertmanager, type: alertmanager, auth: none}, {name: github, type: github, auth: none}, {name: jenkins, type: json, auth: none}]
people: {octocat: zhangsan}
groups: {sre: {users: [zhangsan, lisi]}, oncall: {users: [wangwu]}, managers: {users: [zhaoliu]}}
fallback_to: sre
rules: [{name: all, to: sre}]
`

// framed adds to a snippet the lines of frame whose keys it lacks.
func framed(t *testing.T, snippet string) string {
	t.Helper()
	var keys map[string]yaml.Node
	decodeYAML(t, snippet, &keys)
	text := snippet
	for line := range strings.Lines(frame) {
		key, _, _ := strings.Cut(line, ":")
		if _, own := keys["groups"]; own && key != "groups" { // which may have no sre
			line = strings.ReplaceAll(line, "sre", "user:zhangsan")
		}
		if _, said := keys[key]; !said {
			text += line
		}
	}
	return text
}

// ofRules matches a snippet with keys of rules.yaml alone, ofRule one with those
// of a rule.
var (
	ofRules = regexp.MustCompile(`\A(?:(?:` + strings.Join(topKeys(), "|") + `):.*\n|#.*\n|[ \t]+.*\n|\n)+\z`)
	ofRule  = regexp.MustCompile(`\A {4}[a-z_]+:`)
)

func topKeys() (keys []string) {
	for _, f := range reflect.VisibleFields(reflect.TypeFor[config.Config]()) {
		keys = append(keys, f.Tag.Get("yaml"))
	}
	return keys
}

// A desk is where the snippets of one document are tried, in a folder of their
// own: later ones stand on earlier ones.
type desk struct {
	*testing.T
	dir   string
	rules []string // texts of rules.yaml, the last one last
	did   map[string]int
}

// strict are the documents of which every snippet has to be loaded or run, or
// to say why not.
var strict = regexp.MustCompile(`^(README\.md|docs/guides/[^/]*|docs/reference/.*|docs/sources\.md)$`)

// TestDocumentedSnippets loads or runs every snippet of the documents. The
// Chinese ones have the same, see TestChineseGuides.
func TestDocumentedSnippets(t *testing.T) {
	t.Parallel()
	did := map[string]int{}
	for _, doc := range doctest.Documents(t, ".") {
		if strings.Contains(doc, "zh-CN") || doc == tour { // which TestTour runs as a whole
			continue
		}
		d := &desk{T: t, dir: t.TempDir(), did: did}
		for _, b := range doctest.Blocks(t, doc) {
			switch kind := d.try(b); {
			case b.Unrun != "":
				did["not run"]++
			case kind == "" && strict.MatchString(filepath.ToSlash(doc)):
				t.Errorf("%s: no test knows what to do with it; teach desk.try, or begin it with ```LANGUAGE not run: REASON", b.At)
			default:
				did[kind]++
			}
		}
	}
	t.Log(did)
	for kind, least := range map[string]int{"rules": 24, "rule": 1, "tests": 2, "receivers": 4, "routes": 1, "templates": 7, "promql": 3, "web": 1, "sh": 30, "ran": 12} {
		if did[kind] < least {
			t.Errorf("fewer snippets than there were: %d %s, not %d", did[kind], kind, least)
		}
	}
	if did["not run"] > 6 {
		t.Errorf("%d snippets are not run", did["not run"])
	}
}

// try loads or runs a snippet, and says as what; "" where it cannot.
func (d *desk) try(b doctest.Block) string {
	d.Helper()
	switch {
	case b.Unrun != "":
	case b.Language == "gotmpl":
		checkTemplate(d.T, d.dir, b)
		return "templates"
	case b.Language == "sh":
		d.shell(b)
		return "sh"
	case b.Language == "text", b.Language == "" && !strings.ContainsAny(b.Text, "{:"):
		return "pictures and answers" // the tour has its own compared
	case b.Language == "json" && json.Valid([]byte(b.Text)):
		if strings.Contains(b.Text, `"alerts"`) {
			writeFile(d.T, d.dir, "shown.json", b.Text)
			d.run(b.At, "render", "--source=alertmanager", "shown.json")
		}
		return "json"
	case b.Language == "promql":
		d.promql(b)
		return "promql"
	case b.Language != "yaml":
	case strings.HasPrefix(b.Text, "receivers:"):
		d.alertmanager(b, "route: {receiver: "+receiverName(d.T, b.Text)+"}\n"+b.Text)
		return "receivers"
	case strings.HasPrefix(b.Text, "route:"):
		d.alertmanager(b, b.Text)
		return "routes"
	case strings.HasPrefix(b.Text, "groups:\n  - name:"):
		d.prometheus(b)
		return "rules of Prometheus"
	case ofRule.MatchString(b.Text):
		writeFile(d.T, d.dir, "templates/short.tmpl", `{{ define "markdown.title" }}t{{ end }}{{ define "markdown.text" }}t{{ end }}`)
		d.check(b, framed(d.T, "rules:\n  - name: shown-in-part\n    to: sre\n"+b.Text))
		return "rule"
	case ofRules.MatchString(b.Text):
		d.check(b, framed(d.T, b.Text))
		return "rules"
	case regexp.MustCompile(`(?m)^tests:`).MatchString(b.Text):
		d.tests(b)
		return "tests"
	case strings.HasPrefix(b.Text, "tls_server_config:"):
		d.web(b)
		return "web"
	}
	return ""
}

// alertmanager checks a configuration of Alertmanager.
func (d *desk) alertmanager(b doctest.Block, text string) {
	d.Helper()
	file := writeFile(d.T, d.TempDir(), "alertmanager.yml", text)
	if out, err := exec.Command(tool(d.T, "amtool"), "check-config", file).CombinedOutput(); err != nil {
		d.Errorf("%s: %v\n%s", b.At, err, out)
	}
}

// prometheus reads a file of alerting rules.
func (d *desk) prometheus(b doctest.Block) {
	d.Helper()
	var c struct {
		Groups []struct {
			Name  string
			Rules []struct {
				Alert, Expr, For    string
				Labels, Annotations map[string]string
			}
		}
	}
	decodeYAML(d.T, b.Text, &c)
	for _, g := range c.Groups {
		for _, r := range g.Rules {
			if g.Name == "" || r.Alert == "" || r.Expr == "" {
				d.Errorf("%s: a rule without a name, or an expression: %+v", b.At, r)
			}
		}
	}
}

// promql looks up the metrics of an expression; with the tag heavy promtool
// parses it.
func (d *desk) promql(b doctest.Block) {
	d.Helper()
	metrics := readFile(d.T, "docs/metrics.md")
	for _, name := range regexp.MustCompile(`workbell_\w+`).FindAllString(b.Text, -1) {
		if !strings.Contains(metrics, "| `"+name+"` |") {
			d.Errorf("%s: docs/metrics.md has no %s", b.At, name)
		}
	}
}

// check loads a text of rules.yaml with the templates that came before it.
func (d *desk) check(b doctest.Block, text string) {
	d.Helper()
	d.rules = append(d.rules, text)
	file := writeFile(d.T, d.dir, "rules.yaml", text)
	if before := d.Failed(); !before {
		defer func() {
			if d.Failed() {
				d.Logf("that was %s", b.At)
			}
		}()
	}
	checkRules(d.T, file, templatesIn(d.dir), false)
}

// tests runs tests against the last rules before them that have theirs.
func (d *desk) tests(b doctest.Block) {
	d.Helper()
	var c struct {
		Tests []struct{ Want []struct{ Rule string } }
	}
	decodeYAML(d.T, b.Text, &c)
	named := regexp.MustCompile("name: " + regexp.QuoteMeta(c.Tests[0].Want[0].Rule) + "[,\n]")
	i := len(d.rules) - 1
	for i >= 0 && !named.MatchString(d.rules[i]) {
		i--
	}
	if i < 0 {
		d.Errorf("%s: no rules before it have %s", b.At, named)
		return
	}
	writeFile(d.T, d.dir, "rules.yaml", d.rules[i])
	writeFile(d.T, d.dir, "alert.json", examplePayload(d.T, "alertmanager"))
	writeFile(d.T, d.dir, "tests.yaml", b.Text)
	d.run(b.At, "test", "tests.yaml")
}

// web has the exporter-toolkit read its own format.
func (d *desk) web(b doctest.Block) {
	d.Helper()
	pair, key := certificate(d.T)
	writeFile(d.T, d.dir, "server.pem", pair)
	writeFile(d.T, d.dir, "server.key", key)
	text := strings.ReplaceAll(b.Text, "$2y$10$…", "$2y$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy")
	if err := web.Validate(writeFile(d.T, d.dir, "web.yml", text)); err != nil {
		d.Errorf("%s: %v", b.At, err)
	}
}

// certificate is one for 127.0.0.1 with its key.
func certificate(t *testing.T) (pair, key string) {
	t.Helper()
	like := httptest.NewTLSServer(nil)
	like.Close()
	der, err := x509.MarshalPKCS8PrivateKey(like.TLS.Certificates[0].PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: like.TLS.Certificates[0].Certificate[0]})),
		string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// examplePayload is what a sender posts.
func examplePayload(t *testing.T, source string) string {
	t.Helper()
	return readFile(t, map[string]string{
		"alertmanager": "source/testdata/alertmanager/v0.31-two-alerts.json",
		"gitlab":       "source/testdata/gitlab/pipeline-failed.json",
	}[source])
}

// templatesIn is the folder templates in dir, or nothing where there is none.
func templatesIn(dir string) string {
	if path := filepath.Join(dir, "templates"); exists(path) {
		return path
	}
	return ""
}

func receiverName(t *testing.T, text string) string {
	t.Helper()
	var c struct{ Receivers []struct{ Name string } }
	decodeYAML(t, text, &c)
	return c.Receivers[0].Name
}

var (
	templateName = regexp.MustCompile(`^\{\{/\* (templates/(\w+)\.tmpl) \*/\}\}`)
	defined      = regexp.MustCompile(`\{\{-? define "(text|markdown|oa|action_card|link)\.`)
)

// checkTemplate lays a snippet over the built-in templates, in the folder dir,
// and renders an alert with each msgtype that it defines.
func checkTemplate(t *testing.T, dir string, b doctest.Block) {
	t.Helper()
	name := templateName.FindStringSubmatch(b.Text)
	if name == nil {
		t.Errorf("%s: begin it with {{/* templates/NAME.tmpl */}}", b.At)
		return
	}
	writeFile(t, dir, name[1], b.Text)
	payload := writeFile(t, dir, "alert.json", examplePayload(t, "alertmanager"))
	for _, m := range defined.FindAllStringSubmatch(b.Text, -1) {
		rules := writeFile(t, dir, "template-rules.yaml", strings.Replace(frame, "to: sre}]", "to: sre, msgtype: "+m[1]+", template: "+name[2]+"}]", 1))
		checkRules(t, rules, templatesIn(dir), false)
		out, errs, code := workbell(t, "render", "--source=alertmanager", "--config.file="+rules, "--templates="+templatesIn(dir), payload)
		if code != 0 || !strings.Contains(out, `"msgtype": "`+m[1]+`"`) && !strings.Contains(out, `"msgtype":"`+m[1]+`"`) {
			t.Errorf("%s: exit %d\n%s%s", b.At, code, out, errs)
		}
	}
}
