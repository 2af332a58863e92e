package source

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"workbell/secret"
)

// TestAbsences makes events of absences, and the same ones again of what the
// history keeps of them, whatever the rules have become.
func TestAbsences(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 4, 11, 0, 0, time.UTC)
	s := mustNew(t, Spec{Name: "backup", Kind: Heartbeat, Every: 24 * time.Hour, Grace: 90 * time.Minute, Zone: time.FixedZone("", 8*60*60)})
	later := mustNew(t, Spec{Name: "backup", Kind: Heartbeat, Every: time.Minute, Severity: "info", Title: "No backup"})
	keys := map[string]string{}
	for payload, want := range map[string][]string{
		`{"status": "away"}`: {Firing, "No heartbeat from backup", "No beat since 2026-01-01 10:41:00. One is due every 1d, and may be 1h30m late."},
		`{"status": "away", "since": "2026-01-01T00:00:00Z"}`:                {Firing, "No heartbeat from backup", "No beat since 2026-01-01 08:00:00."},
		`{"status": "away", "since": "2026-01-01T01:00:00Z", "never": true}`: {Firing, "No heartbeat from backup", "Never heard: not one beat since 2026-01-01 09:00:00"},
		`{"status": "back", "since": "2026-01-01T00:00:00Z"}`:                {Resolved, "Heartbeat from backup is back", "It beats again since 2026-01-02 12:11:00, after 1d4h11m without."},
		`{"status": "back", "never": true}`:                                  {Resolved, "Heartbeat from backup is back", "The first beat came at 2026-01-02 12:11:00, 1d1h30m after"},
	} {
		events, err := s.Decode(http.Header{}, []byte(payload), now)
		if err != nil || len(events) != 1 {
			t.Fatalf("%s: %v", payload, err)
		}
		e := events[0]
		if e.Status != want[0] || e.Severity != "critical" || e.Title != want[1] || !strings.HasPrefix(e.Text, want[2]) || e.GroupKey != "backup" || e.Labels["heartbeat"] != "backup" {
			t.Errorf("%s: %+v", payload, e)
		}
		if other := keys[e.Key]; e.Key == "" || other != "" && !strings.Contains(payload, `"since"`) {
			t.Errorf("%s and %s are taken for the same", payload, other)
		}
		keys[e.Key] = payload
		again, err := later.Replay(nil, e.Raw, now.Add(time.Hour))
		if err != nil || again[0].Key != e.Key || again[0].Title != "No backup" || again[0].Severity != "info" || !strings.Contains(again[0].Text, "every 1d, and may be 1h30m late") {
			t.Errorf("%s again: %+v, %v", payload, again, err)
		}
	}
}

func TestNoAbsences(t *testing.T) {
	t.Parallel()
	s := mustNew(t, Spec{Name: "backup", Kind: Heartbeat, Every: time.Hour})
	for payload, want := range map[string]string{
		``:                                      "empty",
		`{}`:                                    `{"status": "away"}`,
		`{"version": "4", "status": "firing"}`:  "a beat is any POST",
		`{"status": 1}`:                         "status",
		`{"status": "away", "since": "monday"}`: "monday",
	} {
		var bad *BadRequest
		if _, err := s.Decode(http.Header{}, []byte(payload), time.Now()); !errors.As(err, &bad) || !strings.Contains(bad.Problem, want) {
			t.Errorf("%s: %v lacks %q", payload, err, want)
		}
	}
}

// TestBeatsProveThemselves: a beat needs the credentials of its source.
func TestBeatsProveThemselves(t *testing.T) {
	t.Parallel()
	s := mustNew(t, Spec{Name: "backup", Kind: Heartbeat, Auth: Auth{BearerToken: secret.New("topsecret")}})
	right := http.Header{"Authorization": {"Bearer topsecret"}, "Content-Type": {"text/plain"}, "Content-Encoding": {"gzip"}}
	if err := s.Admit(right); err != nil {
		t.Error(err)
	}
	for body, want := range map[string]bool{
		"": true, "\x1f\x8b\x00": true, `{"status": "resolved"}`: true, `{"version": "4", "groupKey": "{}", "status": "firing"}`: true,
		`{"version": "4", "groupKey": "{}", "status": "resolved"}`: false,
	} {
		if alive, err := s.Beat(right, []byte(body), time.Now()); err != nil || alive != want {
			t.Errorf("%s: a beat: %t, %v", body, alive, err)
		}
		if _, err := s.Beat(http.Header{"Authorization": {"Bearer wrong"}}, []byte(body), time.Now()); !errors.Is(err, ErrUnauthorized) {
			t.Errorf("%s, with another token: %v", body, err)
		}
	}
}
