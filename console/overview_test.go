package console

import (
	"testing"
	"time"

	"workbell/outbox"
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
