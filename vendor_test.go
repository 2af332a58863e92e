package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"workbell/sandbox"
	"workbell/secret"
)

const vendorRules = `dingtalk:
  base_url: %s
  apps:
    - {name: ops, agent_id: 7, app_key: key, app_secret: secret}
    - {name: vendor, type: third_party, agent_id: 8, suite_key: suite, suite_secret: suitesecret, suite_ticket_file: ticket, auth_corp_id: dingcorp1}
media_dir: media
sources: [{name: shop, type: json, auth: none, fields: {id: payload.id, title: payload.name}}]
people: {lin: "mobile:13800000001"}
groups: {ops: {users: [u1], people: [lin], depts: [10]}}
fallback_to: ops
rules:
  - {name: order, to: ["user:u1", "user:u2"], app: vendor, msgtype: template, template_id: t1, track: result, continue: true, when: payload.kind == "order"}
  - {name: picture, to: ops, msgtype: image, template: shop, track: result, when: payload.kind == "order"}
  - {name: pending, to: "user:u1", app: vendor, msgtype: template, template_id: t2}
`

// TestVendor sends by template in the name of a third-party app, and an image of
// media_dir, to people who have to be looked up, against a stand-in that knows
// nothing but what it was told. A second start fetches no new token and uploads
// nothing again.
func TestVendor(t *testing.T) {
	t.Parallel()
	s := sandbox.New(sandbox.Options{
		Apps: []sandbox.App{{Name: "ops", Key: "key", Secret: secret.New("secret"), AgentID: 7},
			{Name: "other", Key: "other", Secret: secret.New("secret"), AgentID: 9},
			{Name: "vendor", Key: "suite", Secret: secret.New("suitesecret"), AgentID: 8, ThirdParty: true, SuiteTicket: "ticket-1", CorpID: "dingcorp1",
				Templates: []sandbox.Template{{ID: "t1"}, {ID: "t2", Pending: true}}}},
		NewTokenEndsOld: true,
		Directory: sandbox.Directory{
			Depts: []sandbox.Dept{{ID: 1, Name: "All"}, {ID: 10, Parent: 1, Name: "Ops"}},
			Employees: []sandbox.Employee{{ID: "u1"}, {ID: "u2"}, {ID: "u3", Mobile: "13800000001"},
				{ID: "u4", Depts: []int64{10}}, {ID: "u5", Depts: []int64{10}}},
		},
	})
	server := httptest.NewServer(s.Handler())
	t.Cleanup(func() { s.Close(); server.Close() })
	dir := t.TempDir()
	writeFile(t, dir, "rules.yaml", fmt.Sprintf(vendorRules, server.URL))
	writeFile(t, dir, "ticket", "ticket-1\n")
	writeFile(t, dir, "media/chart.png", "\x89PNG not much of a picture")
	writeFile(t, dir, "templates/json.tmpl", `{{ define "template.data.name" }}{{ .Title }}{{ end }}{{ define "template.data.url" }}https://shop.example/{{ .Payload.id }}{{ end }}`)
	writeFile(t, dir, "templates/shop.tmpl", `{{ define "image.media" }}chart.png{{ end }}`)

	for round := range 2 {
		p := startProcess(t, dir)
		body := fmt.Sprintf(`{"id":"%d","name":"Order %d","kind":"order"}`, round, round)
		if code, answer, err := postJSON(http.DefaultClient, p.hooks+"/hooks/shop", []byte(body)); code != 202 || err != nil {
			t.Fatalf("%d %s %v", code, answer, err)
		}
		want := map[string]bool{}
		if round == 0 { // DingTalk shows the same picture once a day
			want = map[string]bool{"u1 image": true, "u3 image": true, "u4 image": true, "u5 image": true}
		}
		want["u1 template"], want["u2 template"] = true, true
		waitUntil(t, func() bool { return rung(s, fmt.Sprintf("Order %d", round), round == 0, want) }, fmt.Sprintf("round %d: the notifications to %v", round, want), p.log)
		if code := p.terminate(t); code != 0 {
			t.Errorf("exit code %d\n%s", code, p.log)
		}
		if strings.Contains(p.log.String(), "ticket-1") || strings.Contains(p.log.String(), "suitesecret") {
			t.Errorf("a secret in the log:\n%s", p.log)
		}
	}
	counters := s.Counters()
	for path, most := range map[string]int64{sandbox.PathCorpToken: 1, sandbox.PathMedia: 1, sandbox.PathDept: 1} {
		if n := counters.Total(path); n != most {
			t.Errorf("%d calls of %s, want %d", n, path, most)
		}
	}
	// Another app may be another organisation's, which does not know the ids.
	other := strings.NewReplacer("app_key: key", "app_key: other", "agent_id: 7", "agent_id: 9").Replace(vendorRules)
	writeFile(t, dir, "rules.yaml", fmt.Sprintf(other, server.URL))
	p := startProcess(t, dir)
	if code := p.terminate(t); code != 0 {
		t.Errorf("exit code %d\n%s", code, p.log)
	}
	if n := s.Counters().Total(sandbox.PathMedia); n != 2 {
		t.Errorf("%d uploads with those of another app\n%s", n, p.log)
	}
	kept, err := os.ReadFile(filepath.Join(dir, "workbell.db"))
	if err != nil || strings.Contains(string(kept), "suitesecret") {
		t.Errorf("the store holds the secret, or cannot be read: %v", err)
	}
}

// rung says whether these and no others have the template's message with that
// title, and, where asked for, the image.
func rung(s *sandbox.Sandbox, title string, images bool, want map[string]bool) bool {
	got := map[string]bool{}
	for _, c := range s.Calls() {
		if c.Msgtype == "template" && !strings.Contains(c.Msg, title) || c.Msgtype == "image" && !images {
			continue
		}
		for _, r := range c.Recipients {
			if r.Fate == sandbox.Unread {
				got[r.UserID+" "+c.Msgtype] = true
			}
		}
	}
	for who := range want {
		if !got[who] {
			return false
		}
	}
	return len(got) == len(want)
}

// TestTemplateThatIsNotApproved ends visibly, in words.
func TestTemplateThatIsNotApproved(t *testing.T) {
	t.Parallel()
	s := sandbox.New(sandbox.Options{AdoptUnknown: false, Apps: []sandbox.App{
		{Name: "vendor", Key: "suite", Secret: secret.New("suitesecret"), AgentID: 8, ThirdParty: true, Templates: []sandbox.Template{{ID: "t2", Pending: true}}}}})
	server := httptest.NewServer(s.Handler())
	t.Cleanup(func() { s.Close(); server.Close() })
	dir := t.TempDir()
	writeFile(t, dir, "rules.yaml", fmt.Sprintf(`dingtalk:
  base_url: %s
  apps: [{name: vendor, type: third_party, agent_id: 8, suite_key: suite, suite_secret: suitesecret, suite_ticket: any, auth_corp_id: dingcorp1}]
sources: [{name: shop, type: json, auth: none, fields: {title: payload.name}}]
rules: [{name: pending, to: "user:u1", msgtype: template, template_id: t2}]
`, server.URL))
	writeFile(t, dir, "templates/json.tmpl", `{{ define "template.data.name" }}{{ .Title }}{{ end }}`)
	p := startProcess(t, dir)
	if code, answer, err := postJSON(http.DefaultClient, p.hooks+"/hooks/shop", []byte(`{"name":"x"}`)); code != 202 || err != nil {
		t.Fatalf("%d %s %v", code, answer, err)
	}
	waitUntil(t, func() bool {
		out, _, _ := workbell(t, "show", "1", "--admin.url="+p.admin)
		return strings.Contains(out, "885006")
	}, "the delivery to tell why", p.log)
}
