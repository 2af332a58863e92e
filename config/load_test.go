package config

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"workbell/secret"
)

const whole = `dingtalk:
  base_url: https://oapi.dingtalk.io
  timezone: Asia/Shanghai
  calls_per_month: 0
  apps:
    - name: ops
      agent_id: 2839445214
      app_key: ${DINGTALK_APP_KEY}
      app_secret_file: /run/secrets/dingtalk
      limits:
        recipients_per_minute: ${RPM}
sources:
  - name: alertmanager
    type: alertmanager
    auth: { bearer_token_file: /run/secrets/am }
    dedup_window: 2m
    max_body: 5MiB
  - name: github
    type: github
    auth: { secrets: ["${GITHUB_SECRET}", old] }
  - name: jenkins
    type: json
    auth: { hmac: { header: X-Signature, secrets_file: [/run/secrets/j1, /run/secrets/j2] } }
    each: payload.builds
    fields:
      id: payload.id
      labels: '{"job": payload.job}'
  - name: open
    type: json
    auth: none
people:
  octocat: 042
groups:
  sre: { users: [u1, 007], depts: [{id: 1001, size: 5}, {id: 1002, size: 120}], people: [octocat] }
  all: { everyone: true }
fallback_to: sre
rules:
  - name: critical
    when: status == "firing" && commonLabels.severity == "critical"
    to: sre
    msgtype: oa
    priority: high
  - name: owners
    when: |
      source == "github"
        && action == "opened"
    to: [group(labels.team), person(sender)]
    expire: 7d
`

func load(t *testing.T, text string) (*Config, Faults) {
	t.Helper()
	env := map[string]string{"DINGTALK_APP_KEY": "key", "RPM": "1200", "GITHUB_SECRET": "gh: {injected: true}", "EMPTY": ""}
	files := map[string]string{"/run/secrets/dingtalk": "s3cret\n", "/run/secrets/am": "am", "/run/secrets/j1": "one", "/run/secrets/j2": "two"}
	return Load([]byte(text), Options{
		File:   "rules.yaml",
		Getenv: func(k string) (string, bool) { v, ok := env[k]; return v, ok },
		ReadFile: func(name string) ([]byte, error) {
			if s, ok := files[name]; ok {
				return []byte(s), nil
			}
			return nil, &fs.PathError{Op: "open", Path: name, Err: errors.New("no such file or directory")}
		},
	})
}

func TestLoadWhole(t *testing.T) {
	t.Parallel()
	c, faults := load(t, whole)
	if len(faults) > 0 {
		t.Fatalf("faults:\n%v", faults)
	}
	app := c.DingTalk.Apps[0]
	if app.AppKey != "key" || app.AppSecret.Reveal() != "s3cret" || app.Limits.RecipientsPerMinute != 1200 || app.Limits.CallsPerSecond != 20 {
		t.Errorf("app: %+v", app)
	}
	if *c.DingTalk.CallsPerMonth != 0 || c.DingTalk.Location.String() != "Asia/Shanghai" {
		t.Errorf("dingtalk: %+v", c.DingTalk)
	}
	if s := c.Sources[1]; s.MaxBody != 25<<20 || s.Auth.Secrets[0].Reveal() != "gh: {injected: true}" || s.DedupWindow != 2*time.Minute {
		t.Errorf("github: %+v", s)
	}
	if h := c.Sources[2].Auth.HMAC; h.Secrets[0].Reveal() != "one" || h.Secrets[1].Reveal() != "two" {
		t.Errorf("hmac: %+v", h)
	}
	if !c.Sources[3].Auth.None || c.People["octocat"].Value != "042" || c.Groups["sre"].Users[1].Value != "007" {
		t.Error("auth: none, and ids with leading zeros, are kept as written")
	}
	if c.Groups["sre"].Depts[0].ID != 1001 || c.Groups["sre"].Depts[1].Size != 120 {
		t.Errorf("depts: %+v", c.Groups["sre"].Depts)
	}
	r := c.Rules[1]
	if r.Expire != 7*24*time.Hour || r.Msgtype.Value != "markdown" || r.App.Value != "ops" || len(r.To) != 2 || r.To[0].Value != "group(labels.team)" {
		t.Errorf("rule: %+v", r)
	}
	if got, want := r.When.Place(2, 6).String(), "rules.yaml:46:12"; got != want {
		t.Errorf("place in a block: %s, want %s", got, want)
	}
	if got, want := c.Rules[0].When.Place(1, 11).String(), "rules.yaml:39:21"; got != want {
		t.Errorf("place in a line: %s, want %s", got, want)
	}
}

// base is a file without faults, to which each case adds or takes.
const base = `dingtalk:
  apps:
    - {name: ops, agent_id: 1, app_key: k, app_secret: s}
sources:
  - {name: am, type: alertmanager, auth: none}
groups: {sre: {users: [u1]}}
rules:
  - {name: all, to: sre}
`

// vendor is base with a third-party app.
var vendor = strings.NewReplacer("agent_id: 1, app_key: k, app_secret: s",
	"type: third_party, agent_id: 1, suite_key: k, suite_secret: s, suite_ticket: t, auth_corp_id: c",
	"to: sre}", "to: sre, msgtype: template, template_id: x}").Replace(base)

// escalating is base with a rule that escalates.
func escalating(steps string) string {
	return strings.Replace(base, "to: sre}", "to: sre, escalate: ["+steps+"]}", 1)
}

func TestThirdParty(t *testing.T) {
	t.Parallel()
	c, faults := load(t, strings.Replace(vendor, "suite_ticket: t", "suite_ticket_file: /run/secrets/j1", 1))
	if faults != nil {
		t.Fatal(faults)
	}
	a := c.DingTalk.Apps[0]
	if a.SuiteTicketFile != "/run/secrets/j1" || !a.SuiteTicket.Empty() || a.SuiteKey != "k" || a.SuiteSecret.Reveal() != "s" || a.AuthCorpID != "c" {
		t.Errorf("%+v", a)
	}
	if d := cmp.Diff(Limits{5000, 100, 20, 3}, a.Limits); d != "" {
		t.Error(d)
	}
	bare := strings.NewReplacer("suite_key: k, suite_secret: s, suite_ticket: t", "suite_key: '${NOPE}', suite_secret: '${NOPE}', suite_ticket_file: /nope").Replace(vendor)
	if _, faults := Load([]byte(bare), Options{File: "rules.yaml", Sandbox: true}); faults != nil {
		t.Errorf("the sandbox needs no credentials:\n%v", faults)
	}
}

func TestEscalations(t *testing.T) {
	t.Parallel()
	c, faults := load(t, escalating("{after: 10m, to: sre}, {after: 23h, to: [user:u1, sre], unless: all_read, msgtype: text, template: github}"))
	if faults != nil {
		t.Fatal(faults)
	}
	e := c.Rules[0].Escalate
	if len(e) != 2 || e[0].After != 10*time.Minute || e[0].Unless.Value != "any_read" || e[0].To[0].Value != "sre" || e[0].At.String() != "rules.yaml:8:37" ||
		e[1].After != 23*time.Hour || e[1].Unless.Value != "all_read" || len(e[1].To) != 2 || e[1].Msgtype.Value != "text" || e[1].Template.Value != "github" {
		t.Errorf("%+v", e)
	}
}

func TestFaultsNamePlaceAndRemedy(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"unknown key":                   {base + "ruels: []\n", `rules.yaml:9:1: unknown key ruels (did you mean "rules"?)`},
		"unknown deep key":              {strings.Replace(base, "type: alert", "typ: alert", 1), `rules.yaml:5:16: unknown key sources[0].typ (did you mean "type"?)`},
		"not YAML":                      {"rules:\n\t- a\n", `rules.yaml:2: not YAML: found character that cannot start any token`},
		"unset variable":                {strings.Replace(base, "app_secret: s", "app_secret: '${NOPE}'", 1), `rules.yaml:3:56: dingtalk.apps[0].app_secret: the environment variable NOPE is not set (set it, or write $${NOPE} for the text itself)`},
		"missing file":                  {strings.Replace(base, "app_secret: s", "app_secret_file: /nope", 1), `dingtalk.apps[0].app_secret_file: reading /nope: no such file or directory`},
		"wrong type":                    {strings.Replace(base, "agent_id: 1", "agent_id: [1]", 1), `rules.yaml:3:29: dingtalk.apps[0].agent_id is a list, not a single value`},
		"not a number":                  {strings.Replace(base, "agent_id: 1", "agent_id: '${DINGTALK_APP_KEY}'", 1), `rules.yaml:3:29: dingtalk.apps[0].agent_id: "${DINGTALK_APP_KEY}" is not a whole number`},
		"twice":                         {base + "fallback_to: sre\nfallback_to: sre\n", `rules.yaml:10:1: fallback_to is given twice, first in line 9`},
		"no app":                        {strings.Replace(base, "    - {name: ops, agent_id: 1, app_key: k, app_secret: s}\n", "    []\n", 1), `rules.yaml:3:5: there is no app to send with`},
		"enum":                          {strings.Replace(base, "to: sre}", "to: sre, priority: hihg}", 1), `rules.yaml:8:36: rules[0].priority: unknown "hihg" (did you mean "high"?)`},
		"no name":                       {strings.Replace(base, "name: all, ", "", 1), `rules[0].name is missing`},
		"name taken":                    {base + "  - {name: all, to: sre}\n", `rules.yaml:9:5: rules[1].name: "all" is taken already, in line 8`},
		"no recipients":                 {strings.Replace(base, ", to: sre", "", 1), `rules[0].to is missing`},
		"duration":                      {strings.Replace(base, "type: alertmanager", "type: alertmanager, dedup_window: 2x", 1), `sources[0].dedup_window: "2x" is not a duration such as 90s, 2m, 24h or 7d`},
		"size":                          {strings.Replace(base, "type: alertmanager", "type: alertmanager, max_body: lots", 1), `is not a size such as 512KiB or 5MiB`},
		"third party":                   {strings.Replace(vendor, "suite_key: k, ", "", 1), `dingtalk.apps[0].suite_key is missing`},
		"third party without a secret":  {strings.Replace(vendor, "suite_secret: s, ", "", 1), `dingtalk.apps[0].suite_secret is missing`},
		"third party without a ticket":  {strings.Replace(vendor, "suite_ticket: t, ", "", 1), `dingtalk.apps[0].suite_ticket is missing (give suite_ticket_file, which is read`},
		"third party without a company": {strings.Replace(vendor, ", auth_corp_id: c", "", 1), `dingtalk.apps[0].auth_corp_id is missing`},
		"third party, two tickets":      {strings.Replace(vendor, "suite_ticket: t, ", "suite_ticket: t, suite_ticket_file: /run/secrets/am, ", 1), `suite_ticket and suite_ticket_file are both given`},
		"third party, no ticket yet":    {strings.Replace(vendor, "suite_ticket: t, ", "suite_ticket_file: /nope, ", 1), `warning: dingtalk.apps[0].suite_ticket_file: reading /nope: no such file or directory; nothing can be sent until it is there`},
		"third party with a key":        {strings.Replace(vendor, "suite_key: k, ", "suite_key: k, app_key: k, ", 1), `app_key and app_secret are for apps of type internal`},
		"third party over its limit":    {strings.Replace(vendor, "suite_key: k, ", "suite_key: k, limits: {messages_per_employee_per_day: 500}, ", 1), `(keep to 5000 and 100 unless`},
		"third party and markdown":      {strings.Replace(vendor, "msgtype: template, template_id: x", "msgtype: markdown", 1), `rules.yaml:8:35: rules[0]: third-party apps send by template only, and ops is one (write msgtype: template`},
		"suite_key of an internal app":  {strings.Replace(base, "name: ops", "name: ops, suite_key: k", 1), `add type: third_party`},
		"no template_id":                {strings.Replace(vendor, ", template_id: x", "", 1), `rules[0].template_id is missing`},
		"template_id for nothing":       {strings.Replace(base, "to: sre}", "to: sre, template_id: x}", 1), `rules.yaml:8:39: rules[0].template_id: msgtype markdown has no use for it`},
		"expire: 0s":                    {strings.Replace(base, "to: sre}", "to: sre, expire: 0s}", 1), `rules.yaml:8:34: rules[0].expire: "0s" is no time at all (write how long, or leave it out)`},
		"escalate at once":              {escalating("{after: 0s, to: sre}"), `rules[0].escalate[0].after: "0s" is no time at all`},
		"escalate, when?":               {escalating("{to: sre}"), `rules.yaml:8:37: rules[0].escalate[0].after is missing (write after: 10m, say)`},
		"escalate to whom?":             {escalating("{after: 10m}"), `rules[0].escalate[0].to is missing`},
		"escalate too late":             {escalating("{after: 24h, to: sre}"), `rules[0].escalate[0].after: DingTalk tells for 24 h only who has read a message (write 23h at most)`},
		"escalate out of order":         {escalating("{after: 10m, to: sre}, {after: 10m, to: sre}"), `rules.yaml:8:60: rules[0].escalate[1].after: 10m is not later than the one before it`},
		"escalate unless?":              {escalating("{after: 10m, to: sre, unless: anyread}"), `rules[0].escalate[0].unless: unknown "anyread" (did you mean "any_read"?)`},
		"two ways":                      {strings.Replace(base, "type: alertmanager, auth: none", "type: alertmanager, auth: {bearer_token: a, basic: {username: u, password: p}}", 1), `sources[0].auth: basic and bearer_token are given`},
		"signed alerts":                 {strings.Replace(base, "type: alertmanager, auth: none", "type: alertmanager, auth: {secrets: [a]}", 1), `sources[0].auth: secrets does not go with type alertmanager`},
		"secrets without a scheme":      {strings.Replace(base, "type: alertmanager, auth: none", "type: jenkins, auth: {secrets: [a]}", 1), `sources[0].auth: secrets does not go with type jenkins (write bearer_token, or basic, or hmac, or standard_webhooks)`},
		"a near type":                   {strings.Replace(base, "type: alertmanager", "type: gitlb", 1), `sources[0].type: "gitlb" is no kind of source (did you mean "gitlab"?)`},
		"fields for grafana":            {strings.Replace(base, "type: alertmanager", "type: grafana, fields: {title: payload.title}", 1), `sources[0]: a source of type grafana has no each or fields (set type: json, or leave them out)`},
		"unknown field of a preset":     {strings.Replace(base, "type: alertmanager", "type: gitlab, fields: {titel: payload.title}", 1), `sources[0].fields: unknown field "titel" (did you mean "title"?)`},
		"a heartbeat, how often?":       {strings.Replace(base, "type: alertmanager", "type: heartbeat", 1), `rules.yaml:5:5: sources[0].every is missing (say how often it beats: every: 5m)`},
		"a heartbeat too fast":          {strings.Replace(base, "type: alertmanager", "type: heartbeat, every: 100ms", 1), `sources[0].every: 100ms is too short for what travels over a network (write 1s or more)`},
		"no grace":                      {strings.Replace(base, "type: alertmanager", "type: heartbeat, every: 5m, grace: 0s", 1), `sources[0].grace: "0s" is no time at all (write how long, or leave it out)`},
		"a heartbeat's url":             {strings.Replace(base, "type: alertmanager", "type: heartbeat, every: 5m, url: wiki", 1), `sources[0].url: "wiki" is no URL that people can open (write one that begins with https://)`},
		"fields of a heartbeat":         {strings.Replace(base, "type: alertmanager", "type: heartbeat, every: 5m, fields: {title: payload.x}", 1), `sources[0]: a source of type heartbeat has no each or fields`},
		"a title elsewhere":             {strings.Replace(base, "type: alertmanager", "type: json, title: payload.x", 1), `sources[0]: a source of type json has no every, grace, severity, title or url (set type: heartbeat, or leave them out; other types may have them under fields)`},
		"empty group":                   {strings.Replace(base, "{users: [u1]}", "{users: []}", 1), `groups.sre holds nobody`},
		"size not given":                {strings.Replace(base, "{users: [u1]}", "{depts: [7]}", 1), `warning: groups.sre.depts: the size of 7 is not given; where it cannot be looked up, it counts as a whole minute's recipients (write {id: 7, size: N})`},
		"a password in base_url":        {strings.Replace(base, "dingtalk:\n", "dingtalk:\n  base_url: https://u:pw@example.com\n", 1), `rules.yaml:2:13: dingtalk.base_url: it holds a user name or a password`},
		"an alias to nothing":           {strings.Replace(base, "app_secret: s", "app_secret: *pw", 1), `rules.yaml: not YAML: a value begins with *`},
		"base_url of another kind":      {strings.Replace(base, "dingtalk:\n", "dingtalk:\n  base_url: ftp://127.0.0.1\n", 1), `"ftp://127.0.0.1" is not an https URL`},
		"http base_url":                 {strings.Replace(base, "dingtalk:\n", "dingtalk:\n  base_url: http://example.com\n", 1), `rules.yaml:2:13: dingtalk.base_url: "http://example.com" is not an https URL`},
		"people twice":                  {base + "people: {Anna: u1, anna: u2}\n", `people: "Anna" and "anna" are the same`},
		"unknown field":                 {strings.Replace(base, "type: alertmanager", "type: json, fields: {titel: payload.x}", 1), `sources[0].fields: unknown field "titel" (did you mean "title"?)`},
		"dept over the app's own limit": {strings.Replace(strings.Replace(base, "app_secret: s", "app_secret: s, limits: {recipients_per_minute: 1000}", 1), "{users: [u1]}", "{depts: [{id: 7, size: 3000}]}", 1), `groups.sre.depts: 7 has more people than the 1000 recipients a minute of an app`},
		"zone":                          {strings.Replace(base, "dingtalk:\n", "dingtalk:\n  timezone: Asia/Shangai\n", 1), `rules.yaml:2:13: dingtalk.timezone: "Asia/Shangai" is unknown`},
		"template":                      {strings.Replace(base, "to: sre}", "to: sre, msgtype: template}", 1), `rules.yaml:8:35: rules[0]: msgtype template is for third-party apps, and ops is an internal one`},
		"secret and a file":             {strings.Replace(base, "app_secret: s", "app_secret: s, app_secret_file: /run/secrets/am", 1), `are both given`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, faults := load(t, c.text)
			if !strings.Contains(faults.Error(), c.want) {
				t.Errorf("want  %s\nfound %v", c.want, faults)
			}
			if len(faults) != 1 {
				t.Errorf("one mistake, %d faults:\n%v", len(faults), faults)
			}
		})
	}
}

func TestHeartbeatDefaults(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Source{
		"every: 5m": {Every: 5 * time.Minute, Grace: time.Minute, Severity: "critical"},
		"every: 1d, grace: 2h, severity: info, title: t, url: 'https://a.example'": {Every: 24 * time.Hour, Grace: 2 * time.Hour, Severity: "info", Title: "t", URL: "https://a.example"},
	} {
		c, faults := load(t, strings.Replace(base, "type: alertmanager", "type: heartbeat, "+text, 1))
		if faults != nil {
			t.Fatal(faults)
		}
		s := c.Sources[0]
		if got := (Source{Every: s.Every, Grace: s.Grace, Severity: s.Severity, Title: s.Title, URL: s.URL}); !cmp.Equal(got, want, cmp.AllowUnexported(secret.Secret{})) {
			t.Errorf("%s: %+v", text, got)
		}
	}
}

func TestAllFaultsAtOnceInOrder(t *testing.T) {
	t.Parallel()
	_, faults := load(t, "x: 1\nrules: [{nam: a}]\ngroups: {g: {user: [a]}}\n")
	var lines []int
	for _, f := range faults {
		lines = append(lines, f.At.Line)
	}
	if len(faults) < 6 || !isSorted(lines) {
		t.Errorf("faults:\n%v", faults)
	}
}

func isSorted(n []int) bool {
	for i := 1; i < len(n); i++ {
		if n[i] < n[i-1] {
			return false
		}
	}
	return true
}

func TestSandboxNeedsNoCredentials(t *testing.T) {
	t.Parallel()
	c, faults := Load([]byte(whole), Options{
		File: "rules.yaml", Sandbox: true,
		Getenv: func(k string) (string, bool) { return "7", k == "RPM" },
		ReadFile: func(name string) ([]byte, error) {
			if strings.Contains(name, "dingtalk") {
				t.Errorf("read %s", name)
			}
			return nil, fs.ErrNotExist
		},
	})
	if faults.Fatal() != nil {
		t.Fatalf("faults:\n%v", faults)
	}
	if c.DingTalk.Apps[0].Limits.RecipientsPerMinute != 7 {
		t.Error("other variables are still read")
	}
	if !strings.Contains(faults.Error(), "GITHUB_SECRET is not set; the sandbox takes this source's webhooks without authentication") {
		t.Errorf("no warning about what is open:\n%v", faults)
	}
}

func TestNoSecretInConfigOrFaults(t *testing.T) {
	t.Parallel()
	c, faults := load(t, whole+"x: 1\n")
	for _, s := range []string{fmt.Sprintf("%v %+v %#v", c, c, *c), faults.Error()} {
		for _, hidden := range []string{"s3cret", "injected", "am\"", "two"} {
			if strings.Contains(s, hidden) {
				t.Errorf("%q shows in %.300s", hidden, s)
			}
		}
	}
}

func TestVariables(t *testing.T) {
	t.Parallel()
	c, faults := load(t, strings.Replace(base, "to: sre}", `to: sre, when: 'title == "$${RPM}${RPM}${EMPTY}"'}`, 1))
	if faults != nil {
		t.Fatal(faults)
	}
	if d := cmp.Diff(`title == "${RPM}1200"`, c.Rules[0].When.Value); d != "" {
		t.Error(d)
	}
}

func TestAnchorsAndMerges(t *testing.T) {
	t.Parallel()
	c, faults := load(t, strings.Replace(base, "  - {name: all, to: sre}\n", "  - &a {name: all, to: sre, msgtype: oa}\n  - {<<: *a, name: more}\n", 1))
	if faults != nil {
		t.Fatal(faults)
	}
	if r := c.Rules[1]; r.Name != "more" || r.Msgtype.Value != "oa" || r.To[0].Value != "sre" {
		t.Errorf("%+v", r)
	}
}

func TestEndlessAliases(t *testing.T) {
	t.Parallel()
	_, faults := load(t, "rules: &a [*a, *a]\n")
	if _, merged := load(t, base+"people: &p {<<: *p, a: u1}\n"); merged != nil {
		t.Errorf("an anchor that merges itself: %v", merged)
	}
	if !strings.Contains(faults.Error(), "rules") || faults.Fatal() == nil {
		t.Errorf("found %v", faults)
	}
}

func FuzzLoad(f *testing.F) {
	f.Add(whole)
	f.Add(base)
	f.Add("people: &a {<<: *a, <<: *a}")
	f.Add("rules: &a [*a]")
	f.Fuzz(func(t *testing.T, text string) {
		c, faults := Load([]byte(text), Options{File: "f", Getenv: func(string) (string, bool) { return "", false },
			ReadFile: func(string) ([]byte, error) { return nil, secretError(secret.New("x")) }})
		if c == nil && faults.Fatal() == nil {
			t.Error("neither a config nor a fault")
		}
	})
}

func secretError(s secret.Secret) error { return fmt.Errorf("no file %v", s) }

// TestLongExpression refuses what would take a parser too deep, and keeps
// nothing of it.
func TestLongExpression(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]int{maxScalar: 0, maxScalar + 1: 1} {
		cfg, faults := Load([]byte("dingtalk: {apps: [{name: a}]}\nrules: [{name: r, to: u, when: '"+strings.Repeat("(", n)+"'}]\n"), Options{Sandbox: true})
		got := 0
		for _, f := range faults {
			if strings.Contains(f.Problem, "rules[0].when has") {
				got++
			}
		}
		if got != want || (len(cfg.Rules[0].When.Value) == n) != (want == 0) {
			t.Errorf("%d bytes: %v, and %d bytes are kept", n, faults, len(cfg.Rules[0].When.Value))
		}
	}
}
