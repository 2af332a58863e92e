package routes

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"workbell/outbox"
)

// The list joins what its reader wants to know of each event, and every filter
// does what its name says.
func TestDeliveries(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.sent(outbox.Event{Source: "am", Title: "Disk full", Status: "firing", GroupKey: "disk"}, text("a", "u1"))
	other := text("b", "u2")
	other.Rule = "other"
	r.keep(outbox.Event{Source: "gh", Title: "Review"}, other, text("c", "u3"))
	for query, want := range map[string][]int64{
		"":                         {3, 2, 1},
		"?state=sent":              {1},
		"?state=sent&state=queued": {3, 2, 1},
		"?state=dead":              {},
		"?source=gh":               {3, 2},
		"?rule=other":              {2},
		"?app=nobody":              {},
		"?group_key=disk":          {1},
		"?event=2&rule=rule":       {3},
		"?limit=1":                 {3},
		"?limit=1&before=3":        {2},
	} {
		var page Page
		r.get("/api/v1/deliveries"+query, &page)
		got := []int64{}
		for _, d := range page.Deliveries {
			got = append(got, d.ID)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", query, d)
		}
	}
	var page Page
	r.get("/api/v1/deliveries?state=sent", &page)
	if f := page.Deliveries[0].Facts; f.Source != "am" || f.Title != "Disk full" || f.Status != "firing" || f.Received.IsZero() {
		t.Errorf("of the event: %+v", f)
	}
}

// A filter that is misspelt is refused, with what was probably meant, and does
// not show everything.
func TestDeliveriesRefuses(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for query, says := range map[string]string{
		"groupkey=x":        `did you mean \"group_key\"?`,
		"state=deliverd":    `did you mean \"delivered\"?`,
		"state=xyzzy":       `known are`,
		"rule=a&rule=b":     "give it once",
		"event=x":           "is not a number above 0",
		"before=-1":         "is not a number above 0",
		"limit=501":         "at most 500",
		"of=1&of=2":         "give it once",
		"limit=99999999999": "at most 500",
	} {
		if code, body := r.ask(http.MethodGet, "/api/v1/deliveries?"+query, ""); code != http.StatusBadRequest || !strings.Contains(body, says) {
			t.Errorf("%s: %d %s; want 400 and %s", query, code, body, says)
		}
	}
	for _, path := range []string{"/api/v1/deliveries/7", "/api/v1/deliveries/x"} {
		if code, body := r.ask(http.MethodGet, path, ""); code != http.StatusNotFound {
			t.Errorf("GET %s: %d %s", path, code, body)
		}
	}
}

// Answers show a message's bytes as they are sent: without HTML escapes.
func TestAnswersEscapeNoHTML(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id := r.keep(outbox.Event{Title: "a < b & c"}, text("https://x/?a=1&b=<2>", "u1"))[0]
	for _, path := range []string{fmt.Sprintf("/api/v1/deliveries/%d", id), "/api/v1/deliveries"} {
		w := httptest.NewRecorder()
		r.admin.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if body := w.Body.String(); !strings.Contains(body, `"msg":{"msgtype":"text","text":{"content":"https://x/?a=1&b=<2>"}}`) || !strings.Contains(body, `"title":"a < b & c"`) {
			t.Errorf("GET %s: %s", path, body)
		}
		if got := w.Header().Get("Content-Type"); got != "application/json" {
			t.Errorf("GET %s: Content-Type %s", path, got)
		}
	}
}

func TestStats(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		budget func() any
		want   map[string]any
	}{
		"not told": {nil, nil},
		"told":     {func() any { return map[string]int{"used": 17} }, map[string]any{"used": 17.0}},
	} {
		r := newRig(t, func(o *Options) { o.Budget = c.budget })
		r.keep(outbox.Event{}, text("a", "u1"))
		var got struct {
			Open   int
			Budget map[string]any
		}
		r.get("/api/v1/stats", &got)
		if d := cmp.Diff(c.want, got.Budget); d != "" || got.Open != 1 {
			t.Errorf("%s: open %d (-want +got):\n%s", name, got.Open, d)
		}
	}
}
