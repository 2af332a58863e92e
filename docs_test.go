package main

import (
	"crypto/x509"
	"encoding/pem"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/exporter-toolkit/web"
	"gopkg.in/yaml.v3"

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

// ofRules are the keys of rules.yaml, ofRule those of a rule that a snippet
// may show alone.
var (
	ofRules = regexp.MustCompile(`(?m)\A(?:(?:dingtalk|media_dir|sources|people|groups|fallback_to|rules):.*\n|#.*\n|[ \t]+.*\n|\n)+\z`)
	ofRule  = regexp.MustCompile(`\A {4}[a-z_]+:`)
)

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
// Chinese ones have the same, see TestChinese.
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
	for kind, least := range map[string]int{"rules": 24, "rule": 1, "tests": 2, "receivers": 4, "templates": 7, "promql": 3, "web": 1, "sh": 30, "ran": 12} {
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
	case b.Language == "promql":
		d.promql(b)
		return "promql"
	case b.Language != "yaml":
	case strings.HasPrefix(b.Text, "receivers:"):
		file := writeFile(d.T, d.TempDir(), "alertmanager.yml", "route: {receiver: "+receiverName(d.T, b.Text)+"}\n"+b.Text)
		if out, err := exec.Command(tool(d.T, "amtool"), "check-config", file).CombinedOutput(); err != nil {
			d.Errorf("%s: %v\n%s", b.At, err, out)
		}
		return "receivers"
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
	named := "name: " + c.Tests[0].Want[0].Rule + "\n"
	i := len(d.rules) - 1
	for i >= 0 && !strings.Contains(d.rules[i], named) {
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

var (
	// offline are the commands that need neither a running bridge nor DingTalk.
	offline = regexp.MustCompile(`(?m)^ *(?:\./)?workbell ((?:check|test|render|schema|version)\b[^#|>\n]*)`)
	posted  = regexp.MustCompile(`(?s)/hooks/(\w+).*? -d '(\{.*?\})'\n`)
	wanting = regexp.MustCompile(`(^|=)[A-Z]+$`) // FILE: what a reader puts in
	given   = regexp.MustCompile(`\$\{(\w+)\}`)
)

// shell has a shell read commands, and runs those that can be run here: on the
// rules, templates and tests that the document has shown before, with a
// payload.json of the source that they name. What a curl posts is rendered.
// That all of them are understood, package cli tests.
func (d *desk) shell(b doctest.Block) {
	d.Helper()
	sh := exec.Command("sh", "-n")
	sh.Stdin = strings.NewReader(b.Text)
	if out, err := sh.CombinedOutput(); err != nil {
		d.Errorf("%s: %v\n%s", b.At, err, out)
	}
	for _, m := range offline.FindAllStringSubmatch(b.Text, -1) {
		args := strings.Fields(m[1])
		if slices.ContainsFunc(args, func(a string) bool { return wanting.MatchString(a) }) {
			continue
		}
		if i := slices.Index(args, "--source"); i >= 0 {
			writeFile(d.T, d.dir, "payload.json", examplePayload(d.T, args[i+1]))
		}
		d.run(b.At, args...)
	}
	if m := posted.FindStringSubmatch(b.Text); m != nil {
		writeFile(d.T, d.dir, "posted.json", m[2])
		d.run(b.At, "render", "--source="+m[1], "posted.json")
	}
}

// run runs a command of workbell in the desk's folder. Paths of deploy/ are
// this repository's.
func (d *desk) run(at string, args ...string) {
	d.Helper()
	here, err := os.Getwd()
	if err != nil {
		d.Fatal(err)
	}
	if !exists(filepath.Join(d.dir, "rules.yaml")) {
		writeFile(d.T, d.dir, "rules.yaml", frame)
	}
	cmd := exec.Command(os.Args[0])
	for _, a := range args {
		cmd.Args = append(cmd.Args, regexp.MustCompile(`(^|=)deploy/`).ReplaceAllString(a, "${1}"+here+"/deploy/"))
	}
	cmd.Dir, cmd.Env = d.dir, append(os.Environ(), actAsWorkbell+"=1")
	for _, rules := range []string{"deploy/senders/rules.yaml", filepath.Join(d.dir, "rules.yaml")} {
		for _, m := range given.FindAllStringSubmatch(readFile(d.T, rules), -1) {
			cmd.Env = append(cmd.Env, m[1]+"=given")
		}
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		d.Errorf("%s: workbell %s: %v\n%s", at, strings.Join(args, " "), err, out)
	}
	d.did["ran"]++
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

// anchors finds the headings of a document as links name them.
func anchors(t *testing.T, file string) (list []string) {
	t.Helper()
	for _, m := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(doctest.Fence.ReplaceAllString(readFile(t, file), ""), -1) {
		name := regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(strings.ToLower(m[1]), "")
		list = append(list, strings.ReplaceAll(name, " ", "-"))
	}
	return list
}

var link = regexp.MustCompile(`\]\(([^)#:]*)(?:#([^)]*))?\)`)

// TestDocumentedLinks follows every link of a document to a file of this
// repository, and to the heading that it names.
func TestDocumentedLinks(t *testing.T) {
	t.Parallel()
	for _, doc := range doctest.Documents(t, ".") {
		for _, m := range link.FindAllStringSubmatch(doctest.Fence.ReplaceAllString(readFile(t, doc), ""), -1) {
			target := doc
			if m[1] != "" {
				target = filepath.Join(filepath.Dir(doc), m[1])
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s links to %s, which is not there", doc, m[1])
			} else if m[2] != "" && !slices.Contains(anchors(t, target), m[2]) {
				t.Errorf("%s links to %s#%s, and there is no such heading", doc, m[1], m[2])
			}
		}
	}
}
