//go:build heavy

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

func promtool(t *testing.T, args ...string) {
	t.Helper()
	found, err := filepath.Glob(".bin/promtool-v*")
	if err != nil || len(found) == 0 {
		t.Fatal("no promtool in .bin: run `make deps`")
	}
	if out, err := exec.Command(found[0], args...).CombinedOutput(); err != nil {
		t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// TestPromtool checks Prometheus' rules and configuration, and runs the rules'
// unit tests.
func TestPromtool(t *testing.T) {
	t.Parallel()
	promtool(t, "check", "rules", "--lint=all", "--lint-fatal", "deploy/mixin/rules.yaml", "deploy/mixin/alerts.yaml")
	promtool(t, "test", "rules", "deploy/mixin/tests.yaml")
	promtool(t, "check", "config", "deploy/compose/prometheus.yml")
}

// TestDashboardParses has promtool read the dashboard's expressions, as rules.
func TestDashboardParses(t *testing.T) {
	t.Parallel()
	type rule struct{ Record, Expr string }
	var rules []rule
	for i, e := range dashboardExprs(t) {
		rules = append(rules, rule{fmt.Sprintf("dashboard:%d", i), e})
	}
	text, err := yaml.Marshal(map[string]any{"groups": []any{map[string]any{"name": "dashboard", "rules": rules}}})
	if err != nil {
		t.Fatal(err)
	}
	promtool(t, "check", "rules", "--lint=none", writeFile(t, t.TempDir(), "rules.yaml", string(text)))
}

// TestDebianPackage builds the package and looks what is in it.
func TestDebianPackage(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("dpkg-deb"); err != nil {
		t.Fatal("no dpkg-deb: the package is checked on Debian")
	}
	dir := t.TempDir()
	for _, name := range []string{"deploy", "rules.yaml"} {
		path, err := filepath.Abs(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(path, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	writeFile(t, dir, "workbell", "the binary")
	build := exec.Command(tool(t, "deploy"), "deb", "deploy/nfpm.yaml", "workbell.deb")
	build.Dir, build.Env = dir, append(os.Environ(), "VERSION=1.2.3")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	list, err := exec.Command("dpkg-deb", "--contents", filepath.Join(dir, "workbell.deb")).Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`-rwxr-xr-x root/root .* ./usr/bin/workbell\n`, `-rw------- root/root .* ./etc/workbell/env\n`, `-rw-r--r-- root/root .* ./usr/lib/systemd/system/workbell.service\n`} {
		if !regexp.MustCompile(want).Match(list) {
			t.Errorf("the package lacks %s:\n%s", want, list)
		}
	}
	info, err := exec.Command("dpkg-deb", "--field", filepath.Join(dir, "workbell.deb"), "Package", "Version").Output()
	if err != nil || !strings.Contains(string(info), "Version: 1.2.3") {
		t.Errorf("%v\n%s", err, info)
	}
	scripts, err := filepath.Glob("deploy/debian/p*")
	if err != nil || len(scripts) != 3 {
		t.Fatal(scripts, err)
	}
	for _, script := range scripts {
		if out, err := exec.Command("sh", "-n", script).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", script, err, out)
		}
	}
}
