package source

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// presetHeader is the header that comes with a payload of testdata: where the
// body does not tell the event, the file's name begins with it.
func presetHeader(kind, file string) http.Header {
	h := http.Header{"Content-Type": {"application/json"}}
	switch kind {
	case Gitea:
		h.Set("X-Gitea-Event", eventOf(file))
		h.Set("X-Gitea-Delivery", "f6266f16-1bf3-46a5-9ea4-602e06ead473")
	case Sentry:
		h.Set("Sentry-Hook-Resource", eventOf(file))
		h.Set("Request-ID", "0a9f1c2b")
	case GitLab:
		h.Set("Idempotency-Key", "a5461c4d-9c7f-4af9-add6-cddebe3c426f")
	case StandardWebhook:
		h.Set("webhook-id", "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W")
	}
	if filepath.Base(file) == "binary.json" {
		for name, value := range map[string]string{
			"ce-specversion": "1.0", "ce-type": "com.example.disk.full", "ce-source": "https://storage.example/arrays/7", "ce-subject": "volumes/12%20%E2%82%AC",
			"ce-id": "C234-1234-1235", "ce-time": "2026-01-02T03:04:05Z", "ce-severity": "critical", "ce-authtoken": "hidden",
		} {
			h.Set(name, value)
		}
	}
	return h
}

// presetPayloads are the payloads of a kind; the name of its folder is the
// kind's. They are written after the senders' own documentation:
// docs.gitlab.com/user/project/integrations/webhook_events and
// …/administration/system_hooks; docs.gitea.com/usage/repository/webhooks;
// docs.sentry.io/integrations/integration-platform/webhooks; the README of
// github.com/jenkinsci/notification-plugin and of anxk/global-build-notification-plugin;
// zabbix.com/documentation/current/en/manual/appendix/macros/supported_by_location;
// louislam/uptime-kuma, server/notification-providers/webhook.js; the
// specifications of CloudEvents (JSON event format, sections 3 and 4) and
// Standard Webhooks.
func presetPayloads(t testing.TB, kind string) map[string][]byte {
	return payloads(t, filepath.Join("testdata", kind, "*.json"))
}

func TestPresets(t *testing.T) {
	t.Parallel()
	for kind := range presets {
		if kind == JSON {
			continue
		}
		for file, body := range presetPayloads(t, kind) {
			t.Run(strings.TrimPrefix(file, "testdata/"), func(t *testing.T) {
				t.Parallel()
				events, err := mustNew(t, Spec{Kind: kind}).Decode(presetHeader(kind, file), body, received)
				if err != nil || len(events) == 0 {
					t.Fatalf("%d events, %v", len(events), err)
				}
				for i, e := range events {
					if len(events) > 1 {
						file = fmt.Sprintf("testdata/%s/batch-%d.json", kind, i)
					}
					checkGolden(t, file, e)
					if e.Title == e.Source || e.Name == "" || e.Faults != nil {
						t.Errorf("title %q, event %q, faults %q", e.Title, e.Name, e.Faults)
					}
				}
			})
		}
	}
}

// Whatever ends has the group of what began.
func TestPresetsResolveWhatTheyBegan(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ kind, began, ended string }{
		{GitLab, "pipeline-failed", "pipeline-success"},
		{Sentry, "event_alert.triggered", "issue.resolved"},
		{Sentry, "issue.created", "issue.resolved"},
		{Sentry, "metric_alert.critical", "metric_alert.resolved"},
		{Jenkins, "completed-failure", "finalized-success"},
		{Zabbix, "problem", "recovery"},
		{UptimeKuma, "down", "up"},
	} {
		began, ended := presetEvent(t, c.kind, c.began), presetEvent(t, c.kind, c.ended)
		if began.Status != Firing || ended.Status != Resolved || began.GroupKey != ended.GroupKey || began.GroupKey == "" {
			t.Errorf("%s: %s of %q, then %s of %q", c.kind, began.Status, began.GroupKey, ended.Status, ended.GroupKey)
		}
	}
}

func presetEvent(t testing.TB, kind, name string) *Event {
	t.Helper()
	file := filepath.Join("testdata", kind, name+".json")
	return one(t, mustNew(t, Spec{Kind: kind}), presetHeader(kind, file), read(t, file))
}

// What is one event to the reader is taken once, what is another is not.
func TestPresetsRecogniseRepeats(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind, a, b string
		same       bool
	}{
		{Jenkins, "completed-failure", "finalized-failure", true},
		{Jenkins, "started", "finalized-success", false},
		{Jenkins, "finalized-failure", "finalized-success", false},
		{Zabbix, "problem", "problem", true},
		{Zabbix, "problem", "problem-step-2", false},
		{Zabbix, "problem", "recovery", false},
		{Zabbix, "problem", "update", false},
		{UptimeKuma, "down", "down", true},
		{UptimeKuma, "down", "down-port", false},
		{CloudEvents, "structured", "binary", false},
	} {
		a, b := presetEvent(t, c.kind, c.a).Key, presetEvent(t, c.kind, c.b).Key
		if a == "" || (a == b) != c.same {
			t.Errorf("%s: %s has the key %q, %s %q", c.kind, c.a, a, c.b, b)
		}
	}
	if key := presetEvent(t, UptimeKuma, "test").Key; key != "" {
		t.Errorf("two tests would be one: %q", key)
	}
}

// A field of rules.yaml takes the place of the preset's; the others stay.
func TestPresetFieldsCanBeReplaced(t *testing.T) {
	t.Parallel()
	s := mustNew(t, Spec{Kind: GitLab, Fields: map[string]string{"severity": `"page"`, "event": `say("{object_kind}!")`}})
	e := one(t, s, nil, read(t, "testdata/gitlab/pipeline-failed.json"))
	want := presetEvent(t, GitLab, "pipeline-failed")
	if e.Severity != "page" || e.Name != "pipeline!" || e.Title != want.Title || want.Severity != "warning" {
		t.Errorf("severity %q, event %q, title %q", e.Severity, e.Name, e.Title)
	}
}

// Any one value of a payload may be missing, null or of another kind, and the
// headers may be gone: the event stays, with a title.
func TestPresetsTolerateAnyHole(t *testing.T) {
	t.Parallel()
	for kind := range presets {
		if kind == JSON {
			continue
		}
		s := mustNew(t, Spec{Kind: kind})
		for file, body := range presetPayloads(t, kind) {
			sound(t, s, http.Header{}, body)
			var whole map[string]any
			if json.Unmarshal(body, &whole) != nil {
				continue // a batch
			}
			for _, odd := range []any{nil, 17, []any{nil, 1}} {
				replaceEach(whole, odd, 2, func() {
					mutated, err := json.Marshal(whole)
					if err != nil {
						t.Fatal(err)
					}
					sound(t, s, presetHeader(kind, file), mutated)
				})
			}
		}
	}
}

// Both modes of CloudEvents are one to rules and templates, and what the
// history keeps makes the same event again.
func TestCloudEventsModes(t *testing.T) {
	t.Parallel()
	s := mustNew(t, Spec{Kind: CloudEvents})
	e := presetEvent(t, CloudEvents, "binary")
	want := map[string]any{
		"specversion": "1.0", "type": "com.example.disk.full", "source": "https://storage.example/arrays/7", "subject": "volumes/12 €", "id": "C234-1234-1235",
		"time": "2026-01-02T03:04:05Z", "severity": "critical", "datacontenttype": "application/json",
		"data": map[string]any{"status": "resolved", "title": "Volume 12 has room again", "free": "300 GiB"},
	}
	if d := cmp.Diff(want, e.Payload()); d != "" {
		t.Errorf("payload (-want +got):\n%s", d)
	}
	again, err := s.Replay(e.Headers, e.Raw, received)
	if err != nil || len(again) != 1 || string(again[0].Raw) != string(e.Raw) || again[0].Key != e.Key {
		t.Errorf("again: %v, %v", again, err)
	}
	events, err := s.Decode(http.Header{"Content-Type": {"application/cloudevents-batch+json"}}, read(t, "testdata/cloudevents/batch.json"), received)
	if err != nil || len(events) != 2 || events[0].Key == events[1].Key || events[1].Name != "com.example.someotherevent" {
		t.Errorf("a batch: %v, %v", events, err)
	}
	if events, err := s.Decode(nil, []byte(" []"), received); err != nil || len(events) != 0 {
		t.Errorf("an empty batch: %v, %v", events, err)
	}
}

func TestPastAndOutcome(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]string{
		"open": "opened", "opened": "opened", "close": "closed", "merge": "merged", "create": "created", "approval": "approved", "unapproved": "unapproved",
		"award": "awarded", "label_updated": "label updated", "": "",
	} {
		if got := past(word); got != want {
			t.Errorf("past of %q: %q, want %q", word, got, want)
		}
	}
	for word, want := range map[string]string{
		"SUCCESS": "succeeded", "failed": "failed", "failure": "failed", "canceled": "was canceled", "NOT_BUILT": "was not built", "UNSTABLE": "is unstable",
		"waiting_for_resource": "is waiting for resource", "": "",
	} {
		if got := outcome(word); got != want {
			t.Errorf("outcome of %q: %q, want %q", word, got, want)
		}
	}
}

// A wording is bounded, and what it fills in is not looked at again.
func TestSay(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{
		`say("{a|b}")`:          "x{c}",
		`say("[in {none}]{b}")`: "x{c}",
		`say(payload.b)`:        "xsecret",
		`say("{list}{map}")`:    "",
	} {
		e := one(t, mustNew(t, Spec{Kind: JSON, Fields: map[string]string{"text": code}}), nil, []byte(`{"b":"x{c}","c":"secret","list":[1],"map":{"a":1}}`))
		if e.Text != want || e.Faults != nil {
			t.Errorf("%s: %q, want %q (%q)", code, e.Text, want, e.Faults)
		}
	}
	e := one(t, mustNew(t, Spec{Kind: JSON, Fields: map[string]string{"text": `say(repeat("a", 3000))`}}), nil, []byte(`{}`))
	if len(e.Faults) != 1 || !strings.Contains(e.Faults[0], "more than 2000 bytes") {
		t.Errorf("faults %q", e.Faults)
	}
}

// Every kind has payloads; a preset without any would be a guess.
func TestEveryKindHasPayloads(t *testing.T) {
	t.Parallel()
	for _, kind := range Kinds() {
		if _, err := os.Stat(filepath.Join("testdata", kind)); err != nil {
			t.Error(err)
		}
	}
}

func FuzzPresets(f *testing.F) {
	var all []*Source
	for _, kind := range Kinds() {
		if _, ok := presets[kind]; !ok || kind == JSON {
			continue
		}
		for file, body := range presetPayloads(f, kind) {
			f.Add(eventOf(file), body)
		}
		all = append(all, mustNew(f, Spec{Kind: kind}))
	}
	f.Fuzz(func(t *testing.T, event string, body []byte) {
		for _, s := range all {
			h := presetHeader(s.Kind(), event+".json")
			sound(t, s, h, body)
		}
	})
}
