package source

import (
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestAlertmanagerGolden(t *testing.T) {
	t.Parallel()
	s := mustNew(t, Spec{Kind: Alertmanager})
	bodies := payloads(t, "testdata/alertmanager/*.json")
	maps.Copy(bodies, payloads(t, "testdata/grafana/*.json"))
	for file, body := range bodies {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			e := one(t, s, nil, body)
			checkGolden(t, file, e)
			if e.Key == "" || e.KeyTTL != 2*time.Minute || !e.Received.Equal(received) {
				t.Errorf("key %q for %s, received %s", e.Key, e.KeyTTL, e.Received)
			}
			for _, a := range e.Alerts.Alerts {
				if a.Fingerprint == "" {
					t.Error("an alert has no fingerprint")
				}
			}
		})
	}
}

// What Grafana alone sends can be reached by rules and templates.
func TestGrafanaExtrasAreInThePayload(t *testing.T) {
	t.Parallel()
	e := one(t, mustNew(t, Spec{Kind: Alertmanager}), nil, read(t, "testdata/grafana/v11-two-alerts.json"))
	p, _ := e.Payload().(map[string]any)
	if got := object(p).str("alerts.0.silenceURL"); got != "https://grafana.example/alerting/silence/new?matchers=x" {
		t.Errorf("silenceURL is %q", got)
	}
	if p["orgId"] != 1 || len(e.Alerts.Alerts) != 2 {
		t.Errorf("orgId %v, %d alerts", p["orgId"], len(e.Alerts.Alerts))
	}
}

func read(t testing.TB, file string) []byte {
	t.Helper()
	body, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// edit returns the two-alert payload after change.
func edit(t *testing.T, change func(p map[string]any, alerts []any)) []byte {
	t.Helper()
	p := map[string]any{}
	if err := json.Unmarshal(read(t, "testdata/alertmanager/v0.31-two-alerts.json"), &p); err != nil {
		t.Fatal(err)
	}
	change(p, p["alerts"].([]any))
	body, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// The key stands for the state of a group: not for the order of alerts, nor
// for how a time or the rest of the payload is written.
func TestAlertmanagerKey(t *testing.T) {
	t.Parallel()
	s := mustNew(t, Spec{Kind: Alertmanager})
	first := func(alerts []any) map[string]any { return alerts[0].(map[string]any) }
	original := one(t, s, nil, edit(t, func(map[string]any, []any) {})).Key
	for name, c := range map[string]struct {
		change func(p map[string]any, alerts []any)
		same   bool
	}{
		"another order":        {func(_ map[string]any, a []any) { slices.Reverse(a) }, true},
		"another zone":         {func(_ map[string]any, a []any) { first(a)["startsAt"] = "2026-01-02T11:04:05.678+08:00" }, true},
		"another Alertmanager": {func(p map[string]any, _ []any) { p["externalURL"] = "http://am-2.example" }, true},
		"another annotation":   {func(_ map[string]any, a []any) { first(a)["annotations"] = map[string]any{} }, true},
		"one is resolved":      {func(_ map[string]any, a []any) { first(a)["status"] = "resolved" }, false},
		"it ends":              {func(_ map[string]any, a []any) { first(a)["endsAt"] = "2026-01-02T03:10:00Z" }, false},
		"it began later":       {func(_ map[string]any, a []any) { first(a)["startsAt"] = "2026-01-02T03:04:05.679Z" }, false},
		"another alert":        {func(_ map[string]any, a []any) { first(a)["fingerprint"] = "ffff" }, false},
		"another receiver":     {func(p map[string]any, _ []any) { p["receiver"] = "other" }, false},
		"another group":        {func(p map[string]any, _ []any) { p["groupKey"] = "{}" }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if key := one(t, s, nil, edit(t, c.change)).Key; (key == original) != c.same {
				t.Errorf("key %s, before %s; want the same: %t", key, original, c.same)
			}
		})
	}
	other := mustNew(t, Spec{Name: "other", Kind: Alertmanager, DedupWindow: time.Hour})
	e := one(t, other, nil, edit(t, func(map[string]any, []any) {}))
	if e.Key == original || e.KeyTTL != time.Hour {
		t.Errorf("another source: key %s kept %s", e.Key, e.KeyTTL)
	}
}

func TestAlertmanagerRefuses(t *testing.T) {
	t.Parallel()
	s := mustNew(t, Spec{Kind: Alertmanager})
	for name, c := range map[string]struct{ body, want string }{
		"empty":              {"", "empty"},
		"not JSON":           {"{\n  \"status\": firing}", "line 2, column 14: invalid character"},
		"cut off":            {`{"version":"4"`, "unexpected end of JSON"},
		"more after it":      {`{} {}`, "line 1, column 4"},
		"gzip":               {"\x1f\x8b\x08\x00\x00", "compressed"},
		"a list":             {`[]`, "must be an object, not array"},
		"null":               {`null`, `no "version"`},
		"another payload":    {`{"ref":"refs/heads/main"}`, `no "version"`},
		"version 3":          {`{"version":"3","alert":[]}`, `version "3"`},
		"version 3, odd":     {`{"alerts":{},"version":"3"}`, `version "3"`},
		"no group key":       {`{"version":"4","alerts":[{}]}`, `no "groupKey"`},
		"no alerts":          {`{"version":"4","groupKey":"{}"}`, `no "alerts"`},
		"empty alerts":       {`{"version":"4","groupKey":"{}","alerts":[]}`, `no "alerts"`},
		"a label is a list":  {`{"version":"4","groupKey":"{}","commonLabels":{"a":[1]}}`, `"commonLabels" is of the wrong kind: it must be a string, not array`},
		"alerts is a map":    {`{"version":"4","groupKey":"{}","alerts":{}}`, `"alerts" is of the wrong kind: it must be a list, not object`},
		"a time is none":     {`{"version":"4","groupKey":"{}","alerts":[{"startsAt":"soon"}]}`, "soon"},
		"nested deep":        {strings.Repeat("[", 10_000), "deeper than 200"},
		"nested deep, whole": {`{"a":` + strings.Repeat("[", 201) + strings.Repeat("]", 201) + "}", "deeper than 200"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := s.Decode(http.Header{}, []byte(c.body), received)
			wantBad(t, err, c.want)
		})
	}
}

// Brackets in strings, and many of them side by side, are not depth.
func TestDepth(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body string
		deep bool
	}{
		"at the bound":     {strings.Repeat("[", 200) + strings.Repeat("]", 200), false},
		"past it":          {strings.Repeat("[", 201) + strings.Repeat("]", 201), true},
		"in a string":      {`"` + strings.Repeat("[", 500) + `"`, false},
		"after an escape":  {`"\\"` + strings.Repeat("[", 201), true},
		"an escaped quote": {`"\"` + strings.Repeat("[", 500) + `"`, false},
		"side by side":     {"[" + strings.Repeat("{},", 500) + "{}]", false},
	} {
		if got := tooDeep([]byte(c.body)); got != c.deep {
			t.Errorf("%s: too deep is %t", name, got)
		}
	}
}

// What a sender writes cannot break a line, a label or the store.
func TestAlertmanagerCleans(t *testing.T) {
	t.Parallel()
	s := mustNew(t, Spec{Kind: Alertmanager})
	body := "\ufeff" + `{"version":"4","groupKey":"{}\u0000","status":"firing","commonLabels":{"alertname":"a\u0000b\nc\u2028d` + "\xff" + `","severity":"x\u0007"},` +
		`"commonAnnotations":{"summary":"one\r\ntwo\u0000"},"alerts":[{"status":"firing"}]}`
	e := one(t, s, nil, []byte(body))
	if e.Title != "ab c d\ufffd: firing" || e.Labels["alertname"] != "ab c d\ufffd" || e.Severity != "x" || e.Text != "one\ntwo" || e.GroupKey != "{}" {
		t.Errorf("title %q, labels %q, severity %q, text %q, group %q", e.Title, e.Labels, e.Severity, e.Text, e.GroupKey)
	}
	if !json.Valid(e.Raw) {
		t.Error("the kept payload is not JSON")
	}
	long := strings.Repeat("很长的标题🐛", 200)
	e = one(t, s, nil, edit(t, func(p map[string]any, _ []any) {
		p["commonLabels"] = map[string]any{"alertname": long}
		p["groupKey"] = long
		p["commonAnnotations"] = map[string]any{"summary": strings.Repeat(long, 100)}
	}))
	if len(e.Title) > maxTitle || len(e.Text) > maxText || len(e.GroupKey) > maxGroup || !strings.Contains(e.Title, "…: 2 firing") {
		t.Errorf("title of %d bytes, text of %d, group of %d: %s", len(e.Title), len(e.Text), len(e.GroupKey), e.Title)
	}
}
