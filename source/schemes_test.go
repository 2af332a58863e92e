package source

import (
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"
)

// Each sender's own scheme takes its own header alone, with any of the secrets.
func TestOwnSchemes(t *testing.T) {
	t.Parallel()
	sign := func(key string) string { return hex.EncodeToString(mac(key, "{}")) }
	for kind, c := range map[string]struct{ header, right, other string }{
		GitHub: {"X-Hub-Signature-256", "sha256=" + sign("new"), "sha256=" + sign("no")},
		GitLab: {"X-Gitlab-Token", "new", "no"},
		Gitea:  {"X-Gitea-Signature", sign("new"), sign("no")},
		Sentry: {"Sentry-Hook-Signature", sign("new"), sign("no")},
	} {
		s := mustNew(t, Spec{Kind: kind, Auth: Auth{Secrets: secrets("old", "new")}})
		for _, try := range []struct {
			header, value string
			want          bool
		}{
			{c.header, c.right, true}, {c.header, c.other, false}, {c.header, "", false}, {"X-Other", c.right, false},
		} {
			h := http.Header{"X-Github-Event": {"ping"}}
			h.Set(try.header, try.value)
			events, err := s.Decode(h, []byte("{}"), received)
			if (err == nil) != try.want || !try.want && !errors.Is(err, ErrUnauthorized) {
				t.Errorf("%s: %s: %s: %v", kind, try.header, try.value, err)
			}
			for _, e := range events {
				if e.Headers[c.header] != "" {
					t.Errorf("%s: the event keeps %s", kind, c.header)
				}
			}
		}
		if _, err := New(Spec{Kind: kind, Auth: Auth{Secrets: secrets("")}}); err == nil {
			t.Errorf("%s takes an empty secret", kind)
		}
	}
	std := mustNew(t, Spec{Kind: StandardWebhook, Auth: Auth{Secrets: secrets(stdOther, stdSecret)}})
	h := http.Header{}
	for name, value := range standardHeaders(stdID, "1614265330", stdSignature) {
		h.Set(name, value)
	}
	if _, err := std.Decode(h, []byte(stdBody), time.Unix(stdTime, 0)); err != nil {
		t.Errorf("standard_webhooks: %v", err)
	}
	for _, kind := range []string{Alertmanager, Grafana, JSON, Jenkins, Zabbix, UptimeKuma, CloudEvents} {
		if _, err := New(Spec{Kind: kind, Auth: Auth{Secrets: secrets("a")}}); err == nil || !strings.Contains(err.Error(), "no scheme of its own") {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

// type: grafana is Alertmanager's decoder under Grafana's name.
func TestGrafanaIsItsOwnKind(t *testing.T) {
	t.Parallel()
	body := read(t, "testdata/grafana/v11-two-alerts.json")
	e, other := one(t, mustNew(t, Spec{Name: "g", Kind: Grafana}), nil, body), one(t, mustNew(t, Spec{Name: "g", Kind: Alertmanager}), nil, body)
	if e.Kind != "grafana" || e.Title != other.Title || e.Key != other.Key || e.Alerts == nil {
		t.Errorf("kind %q, title %q, key %q", e.Kind, e.Title, e.Key)
	}
}
