package routes

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"workbell/outbox"
)

// Events are listed with how many deliveries each called for, none included,
// and without what they hold; a misspelt filter is refused.
func TestEvents(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.keep(outbox.Event{Source: "am", Title: "Disk full", Payload: []byte(`{"secret":"payload"}`), Headers: map[string]string{"X": "y"}}, text("a", "u1"), text("b", "u2"))
	r.keep(outbox.Event{Source: "gh", Title: "Watchdog"})
	r.keep(outbox.Event{Source: "am", Title: "Disk fuller"})
	for query, want := range map[string][]string{
		"":                  {"Disk fuller 0", "Watchdog 0", "Disk full 2"},
		"?source=am":        {"Disk fuller 0", "Disk full 2"},
		"?limit=1":          {"Disk fuller 0"},
		"?before=3&limit=1": {"Watchdog 0"},
		"?after=2":          {"Disk fuller 0"},
		"?source=nobody":    {},
	} {
		var page EventPage
		r.get("/api/v1/events"+query, &page)
		got := []string{}
		for _, e := range page.Events {
			got = append(got, e.Title+" "+string(rune('0'+e.Calls)))
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", query, d)
		}
	}
	if _, body := r.ask(http.MethodGet, "/api/v1/events", ""); strings.Contains(body, "payload") || strings.Contains(body, "headers") {
		t.Errorf("the list holds what only an event by itself does: %s", body)
	}
	for path, says := range map[string]string{
		"?sauce=am":            `did you mean \"source\"?`,
		"?source=a&source=b":   "give it once",
		"?limit=501":           "at most 500",
		"?before=x":            "is not a number above 0",
		"?after=-1&before=yes": "is not a number above 0",
	} {
		if code, body := r.ask(http.MethodGet, "/api/v1/events"+path, ""); code != http.StatusBadRequest || !strings.Contains(body, says) {
			t.Errorf("%s: %d %s; want 400 and %s", path, code, body, says)
		}
	}
	if code, body := r.ask(http.MethodGet, "/api/v1/events/12", ""); code != http.StatusNotFound {
		t.Errorf("GET an event that is not there: %d %s", code, body)
	}
}
