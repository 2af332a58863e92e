package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// mixin is a file of rules, or of their tests, as far as the tests here look at
// it.
type mixin struct {
	Groups []struct {
		Rules []struct {
			Alert, Record, Expr string
			Annotations         map[string]string
		}
	}
	Tests []struct {
		Alerts []struct {
			Name     string `yaml:"alertname"`
			Expected []any  `yaml:"exp_alerts"`
		} `yaml:"alert_rule_test"`
	}
}

func readMixin(t *testing.T, name string) (m mixin) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("deploy/mixin", name))
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, &m); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return m
}

// TestMixin holds every alert to having a unit test and a section of the runbook.
func TestMixin(t *testing.T) {
	t.Parallel()
	runbook, err := os.ReadFile("docs/runbook.md")
	if err != nil {
		t.Fatal(err)
	}
	tested := map[string]bool{}
	for _, test := range readMixin(t, "tests.yaml").Tests {
		for _, a := range test.Alerts {
			tested[a.Name] = tested[a.Name] || len(a.Expected) > 0
		}
	}
	alerts := map[string]bool{}
	for _, g := range readMixin(t, "alerts.yaml").Groups {
		for _, r := range g.Rules {
			alerts[r.Alert] = true
			if !tested[r.Alert] {
				t.Errorf("no test has %s fire", r.Alert)
			}
			if r.Annotations["runbook"] != "docs/runbook.md#"+strings.ToLower(r.Alert) || !strings.Contains(string(runbook), "\n## "+r.Alert+"\n") {
				t.Errorf("%s: its runbook is %q, which docs/runbook.md does not have", r.Alert, r.Annotations["runbook"])
			}
		}
	}
	for _, m := range regexp.MustCompile(`(?m)^## (.*)$`).FindAllStringSubmatch(string(runbook), -1) {
		if !alerts[m[1]] {
			t.Errorf("docs/runbook.md tells of %s, which is no alert", m[1])
		}
	}
}

// TestMixinMetricsExist looks up every metric of rules and dashboard in
// docs/metrics.md, which is held to the registry, or among the recorded ones.
func TestMixinMetricsExist(t *testing.T) {
	t.Parallel()
	documented, err := os.ReadFile("docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| ([a-z]+) ").FindAllStringSubmatch(string(documented), -1) {
		known[m[1]] = true
		if m[2] == "histogram" {
			known[m[1]+"_bucket"], known[m[1]+"_sum"], known[m[1]+"_count"] = true, true, true
		}
	}
	exprs := dashboardExprs(t)
	for _, file := range []string{"rules.yaml", "alerts.yaml"} {
		for _, g := range readMixin(t, file).Groups {
			for _, r := range g.Rules {
				exprs = append(exprs, r.Expr)
				known[r.Record] = true
			}
		}
	}
	name := regexp.MustCompile(`[a-z_]*:?workbell_[a-z_]+(:[a-z0-9_]+)?`)
	for _, e := range exprs {
		for _, m := range name.FindAllString(e, -1) {
			if !known[m] {
				t.Errorf("%s is neither in docs/metrics.md nor recorded; in %s", m, e)
			}
		}
	}
}

// dashboardExprs are the dashboard's expressions, with Grafana's own variables
// replaced.
func dashboardExprs(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("deploy/mixin/dashboard.json")
	if err != nil {
		t.Fatal(err)
	}
	var d struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	var exprs []string
	for _, p := range d.Panels {
		if len(p.Targets) == 0 {
			t.Errorf("the dashboard's panel %q asks nothing", p.Title)
		}
		for _, target := range p.Targets {
			exprs = append(exprs, strings.ReplaceAll(target.Expr, "$__rate_interval", "5m"))
		}
	}
	return exprs
}
