package main

import (
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/tools/txtar"
	"gopkg.in/yaml.v3"

	"workbell/config"
	"workbell/docs/doctest"
)

// rulesSchema is docs/rules.schema.json as `workbell schema` prints it.
func rulesSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, errs, code := workbell(t, "schema")
	if code != 0 || text != readFile(t, "docs/rules.schema.json") {
		t.Fatalf("workbell schema: exit %d %s", code, errs)
	}
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("rules.schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("rules.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// decoded is a text of YAML as a validator takes it.
func decoded(t *testing.T, text string) (v any) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// rulesFiles are the texts of every rules.yaml of this repository, also of those
// in golden cases, in the chart's values and in documents, by where they stand.
func rulesFiles(t *testing.T) map[string]string {
	t.Helper()
	texts := map[string]string{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil || d.IsDir():
			return err
		case d.Name() == "rules.yaml" && path != "deploy/mixin/rules.yaml": // Prometheus' own
			texts[path] = readFile(t, path)
		case filepath.Ext(path) == ".txtar":
			for _, f := range txtar.Parse([]byte(readFile(t, path))).Files {
				if f.Name == "rules.yaml" {
					texts[path] = string(f.Data)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var values struct{ Rules string }
	decodeYAML(t, readFile(t, "deploy/helm/workbell/values.yaml"), &values)
	texts["values.yaml"] = values.Rules
	for _, doc := range doctest.Documents(t, ".") {
		for _, b := range doctest.Blocks(t, doc) {
			if b.Language == "yaml" && b.Unrun == "" && !ofRule.MatchString(b.Text) && ofRules.MatchString(b.Text) {
				texts[b.At] = framed(t, b.Text)
			}
		}
	}
	return texts
}

// TestSchemaTakes holds the schema to every rules.yaml of this repository: what
// is loaded without a fault must not be marked in an editor.
func TestSchemaTakes(t *testing.T) {
	t.Parallel()
	schema, taken := rulesSchema(t), 0
	for at, text := range rulesFiles(t) {
		if _, faults := config.Load([]byte(text), config.Options{Sandbox: true}); faults.Fatal() != nil {
			continue // meant to be wrong
		}
		if err := schema.Validate(decoded(t, text)); err != nil {
			t.Errorf("%s: %v", at, err)
		}
		taken++
	}
	if taken < 60 {
		t.Errorf("fewer files than there were: %d", taken)
	}
}

// TestSchemaRefuses has what check refuses, and can be seen without knowing
// expressions and names, marked in an editor as well.
func TestSchemaRefuses(t *testing.T) {
	t.Parallel()
	schema := rulesSchema(t)
	for name, c := range map[string]struct{ whole, part, fault string }{
		"a misspelt key":             {"fallback_to: sre", "fallback: sre", "unknown key fallback"},
		"a misspelt key of a rule":   {"to: sre}]", "to: sre, messagetype: oa}]", "unknown key"},
		"an unknown msgtype":         {"to: sre}]", "to: sre, msgtype: markdwon}]", "markdwon"},
		"an unknown word":            {"to: sre}]", "to: sre, priority: urgent}]", "urgent"},
		"an unknown kind of source":  {"type: github", "type: githup", "githup"},
		"an unknown kind of app":     {"name: ops, ", "name: ops, type: internat, ", "internat"},
		"a text for a number":        {"agent_id: 1", "agent_id: one", "whole number"},
		"a text for true or false":   {"to: sre}]", "to: sre, continue: perhaps}]", "true or false"},
		"a number for a duration":    {"to: sre}]", "to: sre, expire: soon}]", "duration"},
		"a size without a number":    {"type: github", "max_body: large, type: github", "size"},
		"a list for a text":          {"type: github", "type: [github]", "not a single value"},
		"a text for a mapping":       {"groups: {sre: {users: [zhangsan, lisi]}", "groups: {sre: zhangsan", "not a mapping"},
		"a rule without a name":      {"name: all, ", "", "name is missing"},
		"a rule for nobody":          {"to: sre}]", "continue: true}]", "to is missing"},
		"an app without an agent id": {"agent_id: 1, ", "", "agent_id is missing"},
		"a source without a type":    {", type: github", "", "type is missing"},
		"fields where there are none": {
			"type: alertmanager, auth: none", "type: alertmanager, auth: none, fields: {title: payload.x}", "no each or fields"},
		"an unknown field":             {"type: json, auth: none", "type: json, auth: none, fields: {titel: payload.x}", "titel"},
		"another sender's credentials": {"type: alertmanager, auth: none", "type: alertmanager, auth: {secrets: [a]}", "does not go with"},
		"an escalation without a time": {"to: sre}]", "to: sre, escalate: [{to: sre}]}]", "after is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if !strings.Contains(frame, c.whole) {
				t.Fatalf("the frame has no %q", c.whole)
			}
			text := strings.Replace(frame, c.whole, c.part, 1)
			out, errs, code := workbell(t, "check", "--config.file="+writeFile(t, t.TempDir(), "rules.yaml", text))
			if code != 1 || !strings.Contains(out, c.fault) {
				t.Errorf("check: exit %d\n%s%s", code, out, errs)
			}
			if err := schema.Validate(decoded(t, text)); err == nil {
				t.Error("the schema takes it")
			}
		})
	}
	if err := schema.Validate(decoded(t, frame)); err != nil {
		t.Errorf("the frame itself: %v", err)
	}
}
