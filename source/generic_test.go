package source

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// jenkins is the example of the README: one event for each build.
func jenkins() Spec {
	return Spec{Name: "jenkins", Kind: JSON, Each: "payload.builds", Fields: map[string]string{
		"id":        "item.number",
		"title":     `item.name + (item.ok ? " passed" : " failed")`,
		"status":    `item.ok ? "resolved" : "firing"`,
		"severity":  `"warning"`,
		"group_key": "payload.job",
		"url":       "payload.link",
		"text":      "item.log",
		"labels":    `{"job": payload.job, "seconds": item.seconds, "ok": item.ok, "gone": nil, "agent": headers["User-Agent"]}`,
	}}
}

func TestGenericEach(t *testing.T) {
	t.Parallel()
	s := mustNew(t, jenkins())
	file := "testdata/json/jenkins-builds.json"
	events, err := s.Decode(http.Header{"User-Agent": {"Jenkins/2"}}, read(t, file), received)
	if err != nil || len(events) != 2 {
		t.Fatalf("%d events, %v", len(events), err)
	}
	for i, e := range events {
		checkGolden(t, fmt.Sprintf("%s-%d.json", strings.TrimSuffix(file, ".json"), i), e)
		if e.Key == "" || e.KeyTTL != 72*time.Hour || !json.Valid(e.Item) {
			t.Errorf("key %q for %s, item %s", e.Key, e.KeyTTL, e.Item)
		}
	}
	if events[0].Key == events[1].Key {
		t.Error("two elements have one key")
	}
	again, err := s.Decode(http.Header{}, read(t, file), received.Add(time.Hour))
	if err != nil || again[1].Key != events[1].Key {
		t.Errorf("the same webhook has another key (%v)", err)
	}
}

// Without a word in rules.yaml the payload still reads as something.
func TestGenericDefaults(t *testing.T) {
	t.Parallel()
	s := mustNew(t, Spec{Name: "uptime", Kind: JSON})
	file := "testdata/json/uptime.json"
	e := one(t, s, http.Header{"Idempotency-Key": {"k1"}}, read(t, file))
	checkGolden(t, file, e)
	if e.Key == "" || e.Item != nil || e.Faults != nil {
		t.Errorf("key %q, item %s, faults %q", e.Key, e.Item, e.Faults)
	}
	for body, title := range map[string]string{
		`{"title":"T","name":"N"}`:   "T",
		`{"title":"","name":"N"}`:    "N",
		`{"title":17,"message":"M"}`: "M",
		`{"other":1}`:                "uptime",
		`"plain\nwords"`:             "plain words",
		`[1,2]`:                      "uptime",
		`null`:                       "uptime",
		`1e6`:                        "uptime",
	} {
		e := one(t, s, nil, []byte(body))
		if e.Title != title || e.GroupKey != title || e.Key != "" {
			t.Errorf("%s: title %q, group %q, key %q", body, e.Title, e.GroupKey, e.Key)
		}
	}
}

func TestGenericIDs(t *testing.T) {
	t.Parallel()
	header := func(pairs ...string) http.Header {
		h := http.Header{}
		for i := 0; i < len(pairs); i += 2 {
			h.Set(pairs[i], pairs[i+1])
		}
		return h
	}
	plain := mustNew(t, Spec{Name: "s", Kind: JSON})
	key := func(s *Source, h http.Header) string {
		events, err := s.decoder.decode(h, []byte(`{"id":9}`), &Event{Source: s.name})
		if err != nil {
			t.Fatal(err)
		}
		return events[0].Key
	}
	a, b := key(plain, header("Idempotency-Key", "a")), key(plain, header("webhook-id", "b"))
	if a == "" || b == "" || a == b || key(plain, header()) != "" {
		t.Errorf("keys %q, %q and %q", a, b, key(plain, header()))
	}
	// Of Standard Webhooks only the id that is signed counts, or a replay
	// would pass under another Idempotency-Key.
	std := mustNew(t, Spec{Name: "s", Kind: JSON, Auth: Auth{StandardWebhooks: &StandardWebhooks{secrets(stdSecret)}}})
	if key(std, header("webhook-id", "b", "Idempotency-Key", "x")) != b || key(std, header("Idempotency-Key", "x")) != "" {
		t.Error("an unsigned id identifies a signed webhook")
	}
	configured := mustNew(t, Spec{Name: "s", Kind: JSON, Fields: map[string]string{"id": "payload.nothing"}})
	if key(configured, header("webhook-id", "b")) != "" {
		t.Error("a configured id that is empty gives a key")
	}
}

// A field that fails is empty and recorded; the event stays.
func TestGenericFaultsKeepTheEvent(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fields map[string]string
		body   string
		fault  string
		check  func(e *Event) bool
	}{
		"title of nil":      {map[string]string{"title": "payload.a.b.c"}, `{"name":"N"}`, "title: cannot fetch b from <nil>", func(e *Event) bool { return e.Title == "N" }},
		"status of a list":  {map[string]string{"status": "payload.a + 1"}, `{"a":[]}`, "status: invalid operation", func(e *Event) bool { return e.Status == "" }},
		"id fails":          {map[string]string{"id": "payload.a.b.c"}, `{}`, "id: cannot fetch", func(e *Event) bool { return e.Key == "" }},
		"labels, no map":    {map[string]string{"labels": "payload.a"}, `{"a":[1]}`, "labels: it gives a list, not a map", func(e *Event) bool { return len(e.Labels) == 0 }},
		"labels, nested":    {map[string]string{"labels": "payload.a"}, `{"a":{"x":{},"y":1}}`, `labels: "x" is a map, not a plain value`, func(e *Event) bool { return e.Labels["y"] == "1" }},
		"url, no URL":       {map[string]string{"url": "payload.a"}, `{"a":"javascript:alert(1)"}`, `url: it is not an http or https URL`, func(e *Event) bool { return e.URL == "" }},
		"url with password": {map[string]string{"url": "payload.a"}, `{"a":"https://u:p@x.example/"}`, `is not an http`, func(e *Event) bool { return e.URL == "" }},
		"too much memory":   {map[string]string{"text": "map(1..300000, #)"}, `{}`, "text: memory budget exceeded", func(e *Event) bool { return e.Text == "" }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := one(t, mustNew(t, Spec{Name: "s", Kind: JSON, Fields: c.fields}), nil, []byte(c.body))
			if len(e.Faults) != 1 || !strings.HasPrefix(e.Faults[0], c.fault) && !strings.Contains(e.Faults[0], c.fault) || !c.check(e) {
				t.Errorf("faults %q, want %q; event %+v", e.Faults, c.fault, e)
			}
			if strings.Contains(e.Faults[0], "\n") {
				t.Errorf("the fault has several lines: %q", e.Faults[0])
			}
		})
	}
}

func TestGenericValues(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{
		`payload.big`:         "1767322000000",
		`payload.exp`:         "1000000",
		`payload.real`:        "0.1",
		`payload.huge`:        "1e400",
		`payload.yes`:         "true",
		`payload.none`:        "",
		`payload.missing`:     "",
		`payload.list`:        `[1,"<a>"]`,
		`payload.map`:         `{"a":1}`,
		`len(payload.list)`:   "2",
		`1 / 4`:               "0.25",
		`split("a,b", ",")`:   `["a","b"]`,
		`item`:                "",
		`headers["X-A"]`:      "1, 2",
		`duration("90s")`:     "1m30s",
		`"a" in payload.map`:  "true",
		`payload.map?.a ?? 3`: "1",
	} {
		s := mustNew(t, Spec{Kind: JSON, Fields: map[string]string{"text": code}})
		e := one(t, s, http.Header{"X-A": {"1", "2"}}, []byte(`{"big":1767322000000,"exp":1e6,"real":0.1,"huge":1e400,"yes":true,"none":null,"list":[1,"<a>"],"map":{"a":1}}`))
		if e.Text != want || e.Faults != nil {
			t.Errorf("%s: %q, want %q (%q)", code, e.Text, want, e.Faults)
		}
	}
}

func TestGenericEachBounds(t *testing.T) {
	t.Parallel()
	s := mustNew(t, Spec{Name: "s", Kind: JSON, Each: "payload.list"})
	for name, c := range map[string]struct {
		body   string
		events int
		want   string
	}{
		"nothing":       {`{}`, 0, ""},
		"null":          {`{"list":null}`, 0, ""},
		"empty":         {`{"list":[]}`, 0, ""},
		"1000":          {`{"list":[0` + strings.Repeat(",1", 999) + `]}`, 1000, ""},
		"1001":          {`{"list":[0` + strings.Repeat(",1", 1000) + `]}`, 0, "1001 of them"},
		"a map":         {`{"list":{"a":1}}`, 0, "it gives a map, not a list"},
		"a string":      {`{"list":"abc"}`, 0, "it gives a string, not a list"},
		"no object":     {`[1]`, 0, "by the expression of each"},
		"null elements": {`{"list":[null,null]}`, 2, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			events, err := s.Decode(http.Header{}, []byte(c.body), received)
			if c.want != "" {
				wantBad(t, err, c.want)
			} else if err != nil || len(events) != c.events {
				t.Errorf("%d events, %v; want %d", len(events), err, c.events)
			}
		})
	}
}

// Expressions that have run for too long stop, in the middle of a loop too,
// and the event is kept.
func TestExpressionsEnd(t *testing.T) {
	t.Parallel()
	x, err := compile("each", "all(1..1000, # > 0)")
	if err != nil {
		t.Fatal(err)
	}
	past := time.Now().Add(-time.Second)
	if _, err := x.run(&Event{}, past); !errors.Is(err, errTooLong) {
		t.Errorf("before it begins: %v", err)
	}
	if _, err := x.evaluate(environment{until: past}); err == nil || err.Error() != errTooLong.Error() {
		t.Errorf("within a loop: %v", err)
	}
	if v, err := x.run(&Event{}, time.Now().Add(time.Hour)); v != true {
		t.Errorf("in time: %v, %v", v, err)
	}
}

func TestNewReportsEveryExpression(t *testing.T) {
	t.Parallel()
	_, err := New(Spec{Name: "s", Kind: JSON, Each: "payload.", Fields: map[string]string{
		"title": "pay.name", "text": "payload.a +\n  nme", "titel": "1", "url": "filter(payload.a, 1)",
	}})
	var got []FieldError
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, err := range joined.Unwrap() {
			var field *FieldError
			if errors.As(err, &field) {
				got = append(got, *field)
			}
		}
	}
	want := []FieldError{
		{"each", 1, 8, "unexpected end of expression"},
		{"fields.text", 2, 3, "unknown name nme"},
		{"fields.titel", 0, 0, "unknown field (known: id, event, title, status, severity, group_key, url, text, labels)"},
		{"fields.title", 1, 1, "unknown name pay"},
		{"fields.url", 1, 19, "predicate should return boolean (got int)"},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("faults (-want +got):\n%s", d)
	}
	for _, spec := range []Spec{{Kind: GitHub, Each: "payload"}, {Kind: Alertmanager, Fields: map[string]string{"title": "1"}}, {Kind: Grafana, Each: "payload"}, {Kind: "gitlabb"}} {
		if _, err := New(spec); !errors.As(err, new(*FieldError)) {
			t.Errorf("%+v: %v", spec, err)
		}
	}
}
