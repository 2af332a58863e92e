package console

import (
	"encoding/json"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"workbell/config"
	"workbell/message"
	"workbell/outbox"
	"workbell/outbox/sqlite"
)

// TestProjected goes on as the month has gone so far.
func TestProjected(t *testing.T) {
	t.Parallel()
	at := func(day, hour int) time.Time { return time.Date(2026, 11, day, hour, 0, 0, 0, time.UTC) }
	for name, c := range map[string]struct {
		used, limit int
		now         time.Time
		expected    int
		out         time.Time
	}{
		"nothing used":         {0, 5000, at(16, 0), 0, time.Time{}},
		"half the month":       {1000, 5000, at(16, 0), 2000, time.Time{}},
		"runs out on the 21st": {3000, 4000, at(16, 0), 6000, at(21, 0)},
		"no limit":             {3000, 0, at(16, 0), 6000, time.Time{}},
		"too early to say":     {3, 5000, at(1, 0), 3, time.Time{}},
	} {
		expected, out := projected(outbox.Budget{Used: c.used, Limit: c.limit}, c.now)
		if expected != c.expected || !out.Equal(c.out) {
			t.Errorf("%s: %d, %v; not %d, %v", name, expected, out, c.expected, c.out)
		}
	}
}

// TestPeople finds who is near their daily limit, and whom DingTalk does not
// know.
func TestPeople(t *testing.T) {
	t.Parallel()
	store, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(t.TempDir(), "outbox.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	cfg := &config.Config{
		People: map[string]config.Scalar{"octocat": {Value: "u1"}, "monalisa": {Value: "mobile:138"}},
		Groups: map[string]config.Group{"sre": {Users: []config.Scalar{{Value: "u1"}, {Value: "u2"}, {Value: "u3"}}}},
	}
	c := New(Options{Store: store, Rules: func() Rules { return Rules{Config: cfg} }})
	app := App{Name: "ops", UserKey: func(user, date string) string { return user + "/" + date }, UserLimit: 100, InvalidKey: "invalid/ops"}
	until := time.Now().Add(time.Hour)
	for user, n := range map[string]int{"u1": 80, "u2": 79, "u3": 99, "guest": 90, "stranger": 100} {
		if _, err := store.Take(t.Context(), []outbox.Quota{{Key: app.UserKey(user, "2026-11-26"), N: n, Until: until}}); err != nil {
			t.Fatal(err)
		}
	}
	_, err = store.Enqueue(t.Context(), []outbox.Entry{{Event: outbox.Event{Source: "s", Kind: "json", Received: time.Now()}, Messages: []outbox.Message{{
		Rule: "r", App: "ops", Msgtype: "text", Body: []byte(`{"msgtype":"text","text":{"content":"x"}}`), Calls: []message.Recipients{{Users: []string{"guest", "u1"}}}}}}})
	if err != nil {
		t.Fatal(err)
	}
	users, err := c.candidates(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.near(t.Context(), app, users, "2026-11-26")
	if d := cmp.Diff([]near{{"u3", 99}, {"guest", 90}, {"u1", 80}}, got); d != "" || err != nil {
		t.Errorf("near their limit (-want +got): %v\n%s", err, d)
	}
	since := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	value, _ := json.Marshal(map[string]time.Time{"u9": since, "u8": since})
	if _, err := store.Learn(t.Context(), outbox.Fact{Key: app.InvalidKey, Value: value}, false); err != nil {
		t.Fatal(err)
	}
	unknown, err := c.invalid(t.Context(), []appView{{App: app}})
	if d := cmp.Diff([]invalid{{"ops", "u8", since}, {"ops", "u9", since}}, unknown); d != "" || err != nil {
		t.Errorf("unknown to DingTalk (-want +got): %v\n%s", err, d)
	}
}

// TestRecord counts the webhooks of each source, and keeps the newest reloads.
func TestRecord(t *testing.T) {
	t.Parallel()
	c := New(Options{})
	for _, code := range []int{202, 401, 202, 413} {
		c.Webhook("am", code)
	}
	c.Webhook("", 404)
	s := c.record.sources["am"]
	if s.Taken != 2 || s.Refused != 2 || s.Code != 413 || len(c.record.sources) != 1 {
		t.Errorf("%+v, of %d sources", s, len(c.record.sources))
	}
	for range maxReloads + 3 {
		c.Reloaded(nil)
	}
	c.Reloaded(outbox.ErrFull)
	if n := len(c.record.reloads); n != maxReloads || c.record.reloads[0].Error != outbox.ErrFull.Error() {
		t.Errorf("%d reloads, the newest %+v", n, c.record.reloads[0])
	}
}
