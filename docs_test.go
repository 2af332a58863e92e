package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// block is a fenced block of a document.
type block struct {
	at             string // file:line
	language, text string
}

var fence = regexp.MustCompile("(?ms)^( *)```(\\w*)\\n(.*?)^ *```$")

// blocksOf finds the fenced blocks of a document, without their indentation.
func blocksOf(t *testing.T, file string) (list []block) {
	t.Helper()
	doc := readFile(t, file)
	for _, m := range fence.FindAllStringSubmatchIndex(doc, -1) {
		text := strings.ReplaceAll("\n"+doc[m[6]:m[7]], "\n"+doc[m[2]:m[3]], "\n")[1:]
		list = append(list, block{fmt.Sprintf("%s:%d", file, 1+strings.Count(doc[:m[0]], "\n")), doc[m[4]:m[5]], text})
	}
	return list
}

// documents are all that people read.
func documents(t *testing.T) []string {
	t.Helper()
	list := []string{"README.md", "README.zh-CN.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "deploy/README.md"}
	for _, pattern := range []string{"docs/*.md", "docs/guides/*.md"} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			t.Fatal(pattern, err)
		}
		list = append(list, found...)
	}
	return list
}

// frame is what a snippet of rules.yaml may leave out.
const frame = `dingtalk: {apps: [{name: ops, agent_id: 1, app_key: key, app_secret: secret}]}
sources: [{name: alertmanager, type: alertmanager, auth: none}, {name: github, type: github, auth: none}, {name: jenkins, type: json, auth: none}]
people: {octocat: zhangsan}
groups: {sre: {users: [zhangsan, lisi]}, oncall: {users: [wangwu]}, managers: {users: [zhaoliu]}}
fallback_to: sre
`

// framed adds to a snippet the lines of frame whose keys it lacks.
func framed(t *testing.T, b block) string {
	t.Helper()
	var keys map[string]yaml.Node
	decodeYAML(t, b.text, &keys)
	text := b.text
	for line := range strings.Lines(frame) {
		key, _, _ := strings.Cut(line, ":")
		if _, said := keys[key]; !said {
			text += line
		}
	}
	return text
}

// TestDocumentedFiles loads every snippet of rules.yaml, of templates and of
// Alertmanager's configuration in the documents, and runs every snippet of
// tests against the rules before it.
func TestDocumentedFiles(t *testing.T) {
	t.Parallel()
	loaded := map[string]int{}
	for _, doc := range documents(t) {
		dir := t.TempDir() // rules of the snippet before, templates of all of the document
		for _, b := range blocksOf(t, doc) {
			switch {
			case b.language == "yaml" && strings.HasPrefix(b.text, "receivers:"):
				loaded["receivers"]++
				file := writeFile(t, t.TempDir(), "alertmanager.yml", "route: {receiver: "+receiverName(t, b)+"}\n"+b.text)
				if out, err := exec.Command(tool(t, "amtool"), "check-config", file).CombinedOutput(); err != nil {
					t.Errorf("%s: %v\n%s", b.at, err, out)
				}
			case b.language == "yaml" && regexp.MustCompile(`(?m)^rules:`).MatchString(b.text):
				loaded["rules"]++
				t.Log(b.at)
				checkRules(t, writeFile(t, dir, "rules.yaml", framed(t, b)), templatesIn(dir), false)
			case b.language == "yaml" && regexp.MustCompile(`(?m)^tests:`).MatchString(b.text) && exists(filepath.Join(dir, "rules.yaml")) && !strings.Contains(b.text, "payload_file"):
				loaded["tests"]++
				file := writeFile(t, dir, "tests.yaml", b.text)
				if out, errs, code := workbell(t, "test", "--config.file="+filepath.Join(dir, "rules.yaml"), file); code != 0 {
					t.Errorf("%s: exit %d\n%s%s", b.at, code, out, errs)
				}
			case b.language == "gotmpl":
				loaded["templates"]++
				checkTemplate(t, dir, b)
			}
		}
	}
	if loaded["rules"] < 10 || loaded["templates"] < 6 || loaded["tests"] == 0 || loaded["receivers"] < 3 {
		t.Errorf("fewer snippets than there were: %v", loaded)
	}
}

// templatesIn is the folder templates in dir, or nothing where there is none.
func templatesIn(dir string) string {
	if path := filepath.Join(dir, "templates"); exists(path) {
		return path
	}
	return ""
}

func receiverName(t *testing.T, b block) string {
	t.Helper()
	var c struct{ Receivers []struct{ Name string } }
	decodeYAML(t, b.text, &c)
	return c.Receivers[0].Name
}

var (
	templateName = regexp.MustCompile(`^\{\{/\* (templates/(\w+)\.tmpl) \*/\}\}`)
	defined      = regexp.MustCompile(`\{\{ define "(text|markdown|oa|action_card|link)\.`)
)

// checkTemplate lays a snippet over the built-in templates, in the folder dir,
// and renders an alert with each msgtype that it defines.
func checkTemplate(t *testing.T, dir string, b block) {
	t.Helper()
	name := templateName.FindStringSubmatch(b.text)
	if name == nil {
		t.Errorf("%s: begin it with {{/* templates/NAME.tmpl */}}", b.at)
		return
	}
	writeFile(t, dir, name[1], b.text)
	payload := writeFile(t, dir, "alert.json", readFile(t, "source/testdata/alertmanager/v0.31-two-alerts.json"))
	for _, m := range defined.FindAllStringSubmatch(b.text, -1) {
		rules := writeFile(t, dir, "template-rules.yaml", frame+"rules: [{name: all, to: sre, msgtype: "+m[1]+", template: "+name[2]+"}]\n")
		checkRules(t, rules, templatesIn(dir), false)
		out, errs, code := workbell(t, "render", "--source=alertmanager", "--config.file="+rules, "--templates="+templatesIn(dir), payload)
		if code != 0 || !strings.Contains(out, `"msgtype": "`+m[1]+`"`) && !strings.Contains(out, `"msgtype":"`+m[1]+`"`) {
			t.Errorf("%s: exit %d\n%s%s", b.at, code, out, errs)
		}
	}
}

var (
	command = regexp.MustCompile(`(?m)^ *(?:\./|\S+=\S+ )*(?:workbell|go run \.) ([a-z]+)(.*)$`)
	option  = regexp.MustCompile(`--[a-z][a-z.-]*`)
)

// TestDocumentedCommands holds every workbell command in the documents against
// its help, and has a shell read every block of commands.
func TestDocumentedCommands(t *testing.T) {
	t.Parallel()
	found := 0
	for _, doc := range documents(t) {
		for _, b := range blocksOf(t, doc) {
			if b.language != "sh" {
				continue
			}
			sh := exec.Command("sh", "-n")
			sh.Stdin = strings.NewReader(b.text)
			if out, err := sh.CombinedOutput(); err != nil {
				t.Errorf("%s: %v\n%s", b.at, err, out)
			}
			for _, m := range command.FindAllStringSubmatch(b.text, -1) {
				found++
				args, _, _ := strings.Cut(m[2], " #")
				help, errs, code := workbell(t, m[1], "--help")
				if code != 0 {
					t.Errorf("%s: workbell %s: %s", b.at, m[1], errs)
				}
				known := option.FindAllString(help, -1)
				for _, o := range option.FindAllString(args, -1) {
					if !slices.Contains(known, o) {
						t.Errorf("%s: workbell %s does not know %s", b.at, m[1], o)
					}
				}
			}
		}
	}
	if found < 20 {
		t.Errorf("fewer commands than there were: %d", found)
	}
}

// anchors finds the headings of a document as links name them.
func anchors(t *testing.T, file string) (list []string) {
	t.Helper()
	for _, m := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(fence.ReplaceAllString(readFile(t, file), ""), -1) {
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
	for _, doc := range documents(t) {
		for _, m := range link.FindAllStringSubmatch(fence.ReplaceAllString(readFile(t, doc), ""), -1) {
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
