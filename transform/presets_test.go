package transform

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"workbell/config"
	"workbell/message"
	"workbell/source"
)

// Every kind of source is one that rules.yaml takes, with a template of its own
// for every message that it can send.
func TestEveryKindHasItsTemplate(t *testing.T) {
	t.Parallel()
	var rules strings.Builder
	rules.WriteString("dingtalk: {apps: [{name: ops, agent_id: 1}]}\ngroups: {sre: {users: [u1]}}\nsources:\n")
	for _, kind := range source.Kinds() {
		own := ""
		if kind == source.Heartbeat {
			own = ", every: 5m"
		}
		fmt.Fprintf(&rules, "  - {name: %s, type: %s, auth: none%s}\n", kind, kind, own)
	}
	rules.WriteString("rules:\n")
	for _, msgtype := range []string{"markdown", "oa", "action_card", "text", "link"} {
		fmt.Fprintf(&rules, "  - {name: %s, to: sre, msgtype: %s, continue: true}\n", msgtype, msgtype)
	}
	cfg, faults := config.Load([]byte(rules.String()), config.Options{File: "rules.yaml", Sandbox: true})
	tr, more := Load(cfg, templatesWith(nil))
	if faults = append(faults, more...); len(faults) > 0 {
		t.Fatal(faults)
	}
	for _, ev := range samples() {
		result := tr.Explain(ev, ev.Received)
		if len(result.Messages) != 5 || len(result.Faults) > 0 {
			t.Errorf("%s: %d messages, %v", ev.Kind, len(result.Messages), result.Faults)
		}
		for _, m := range result.Messages {
			if err := message.Validate(m.Body); err != nil || m.Template != ev.Kind {
				t.Errorf("%s: %s by template %s: %v", ev.Kind, m.Msgtype, m.Template, err)
			}
		}
	}
}

var yamlBlock = regexp.MustCompile("(?s)```yaml\n(.*?)```")

// The page about senders names every kind, and what it says to write into
// rules.yaml loads, its expressions included.
func TestSourcesPage(t *testing.T) {
	t.Parallel()
	page := string(readFile(t, "../docs/sources.md"))
	written := map[string]bool{}
	for _, m := range yamlBlock.FindAllStringSubmatch(page, -1) {
		rules := "dingtalk: {apps: [{name: ops, agent_id: 1}]}\ngroups: {sre: {users: [u1]}}\nfallback_to: sre\n" + m[1]
		if !strings.Contains(m[1], "sources:") {
			rules += "sources:\n  - {name: gitlab, type: gitlab, auth: none}\n"
		}
		cfg, faults := config.Load([]byte(rules), config.Options{File: "rules.yaml", Sandbox: true})
		_, more := Load(cfg, templatesWith(nil))
		if err := append(faults, more...).Fatal(); err != nil {
			t.Errorf("%v in\n%s", err, m[1])
		}
		for _, s := range cfg.Sources {
			written[s.Type] = true
			spec := source.Spec{Name: s.Name, Kind: s.Type, Each: s.Each.Value, Fields: map[string]string{}}
			for name, f := range s.Fields {
				spec.Fields[name] = f.Value
			}
			if _, err := source.New(spec); err != nil {
				t.Errorf("%v in\n%s", err, m[1])
			}
		}
	}
	for _, kind := range source.Kinds() {
		if kind != source.Alertmanager && kind != source.GitHub && kind != source.JSON && !written[kind] {
			t.Errorf("docs/sources.md does not show type: %s", kind)
		}
	}
}
