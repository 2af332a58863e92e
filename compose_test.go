package main

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// composition is what the tests read of a compose file.
type composition struct {
	Services map[string]struct {
		Build struct {
			Context, Dockerfile string
		}
		Image       string
		Command     []string
		Environment map[string]string
		Volumes     []string
		ReadOnly    bool `yaml:"read_only"`
		Healthcheck struct{ Test []string }
	}
	Volumes map[string]struct{}
}

// loadComposition reads a file of deploy/compose, and looks up what it mounts and
// builds.
func loadComposition(t *testing.T, file string) (c composition) {
	t.Helper()
	decodeYAML(t, readFile(t, "deploy/compose/"+file), &c)
	for name, s := range c.Services {
		for _, v := range s.Volumes {
			host, _, _ := strings.Cut(v, ":")
			_, named := c.Volumes[host]
			if !named && (!strings.HasPrefix(host, "./") || !exists(filepath.Join("deploy/compose", host))) {
				t.Errorf("%s: %s mounts %s, which is not there", file, name, host)
			}
		}
		if b := s.Build; b.Context != "" && (!exists(filepath.Join("deploy/compose", b.Context, b.Dockerfile)) || !s.ReadOnly) {
			t.Errorf("%s: the service %s: %+v", file, name, s)
		}
	}
	return c
}

// TestCompose looks up every file that compose.yaml mounts, and runs its
// workbell, with its rules, below a real Alertmanager with its configuration: an
// alert reaches the phone.
func TestCompose(t *testing.T) {
	t.Parallel()
	c := loadComposition(t, "compose.yaml")
	bell := c.Services["workbell"]
	if alertmanager := c.Services["alertmanager"].Image; !exists(".bin/" + strings.Replace(strings.TrimPrefix(alertmanager, "prom/"), ":", "-", 1)) {
		t.Errorf("compose.yaml has %s, and the tests run another", alertmanager)
	}
	var args []string
	for _, a := range bell.Command[1:] {
		a = strings.Replace(a, "=:80", "=127.0.0.1:0#", 1)
		a, _, _ = strings.Cut(a, "#")
		args = append(args, strings.Replace(a, "/etc/workbell/", "", 1))
	}
	dir := t.TempDir()
	writeFile(t, dir, "rules.yaml", readFile(t, "deploy/compose/rules.yaml"))
	p := startProcess(t, dir, args...)
	configuration := strings.NewReplacer("http://workbell:8060", p.hooks, "group_wait: 5s", "group_wait: 100ms").Replace(readFile(t, "deploy/compose/alertmanager.yml"))
	am := runAlertmanager(t, configuration)
	postAlert(t, am, "db-1", time.Now().Add(-time.Minute), time.Now().Add(time.Hour))
	phone := p.listening(t, "sandbox")
	waitUntil(t, func() bool {
		_, ledger := get(t, phone+"/sandbox/ledger")
		return strings.Contains(ledger, "DiskFull")
	}, "the notification on the phone", p.log)
}

// TestComposeReplicas holds replicas.yaml against the program, its rules and its
// balancer: the bridges are alike, on the database, have what the rules ask for, and
// the balancer asks all of them whether they are ready.
func TestComposeReplicas(t *testing.T) {
	t.Parallel()
	c := loadComposition(t, "replicas.yaml")
	balancer := readFile(t, "deploy/compose/replicas/Caddyfile")
	balanced := strings.Fields(regexp.MustCompile(`(?m)^\s*reverse_proxy (.*) \{$`).FindStringSubmatch(balancer)[1])
	var bridges []string
	for name, s := range c.Services {
		if s.Build.Context == "" {
			continue
		}
		bridges = append(bridges, name+":8060")
		checkFlags(t, name, strings.Join(s.Command, "\n"))
		if !slices.Contains(s.Command, "--web.listen-address=:8060") || slices.Contains(s.Command, "--sandbox") {
			t.Errorf("%s runs %v", name, s.Command)
		}
		for _, v := range regexp.MustCompile(`\$\{(\w+)\}`).FindAllStringSubmatch(readFile(t, "deploy/compose/replicas/rules.yaml"), -1) {
			if !strings.HasPrefix(s.Environment[v[1]], "${"+v[1]+":?") {
				t.Errorf("%s lacks %s, which the rules ask for", name, v[1])
			}
		}
		storage := regexp.MustCompile(`^postgres://(\w+):(\$\{\w+:\?[^}]*\})@(\w+)/(\w+)$`).FindStringSubmatch(s.Environment["WORKBELL_STORAGE"])
		if storage == nil {
			t.Fatalf("%s is on %q", name, s.Environment["WORKBELL_STORAGE"])
		}
		database := c.Services[storage[3]]
		got := []string{database.Environment["POSTGRES_USER"], database.Environment["POSTGRES_PASSWORD"], database.Environment["POSTGRES_DB"]}
		if want := []string{storage[1], storage[2], storage[4]}; !slices.Equal(got, want) || len(database.Healthcheck.Test) == 0 {
			t.Errorf("the database has %v, want %v and a health check", got, want)
		}
	}
	slices.Sort(bridges)
	if len(bridges) < 3 || !slices.Equal(balanced, bridges) || !strings.Contains(balancer, "health_uri /readyz\n") {
		t.Errorf("the balancer has %v of %v:\n%s", balanced, bridges, balancer)
	}
}
