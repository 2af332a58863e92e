package console

import (
	"fmt"
	"net/url"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"workbell/message"
	"workbell/outbox"
	"workbell/outbox/sqlite"
)

// TestPages goes through 1,000 deliveries, one of each minute, page by page: each
// is shown once, whatever is asked for, and the chart counts them.
func TestPages(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(t.TempDir(), "outbox.db")})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = store.Close() }()
		began := time.Now()
		const all = 1000
		for n := range all {
			_, err := store.Enqueue(t.Context(), []outbox.Entry{{
				Event: outbox.Event{Source: "s", Kind: "json", Title: fmt.Sprintf("number %d of %d", n%10, n), Received: time.Now()},
				Messages: []outbox.Message{{Rule: "r", App: "ops", Msgtype: "text", Body: fmt.Appendf(nil, `{"msgtype":"text","text":{"content":"%d"}}`, n),
					Calls: []message.Recipients{{Users: []string{fmt.Sprintf("u%d", n%7)}}}}},
			}})
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Minute)
		}
		c := New(Options{Store: store})
		c.most = 150 // so that searches go on
		at := func(n int) string { return began.Add(time.Duration(n) * time.Minute).UTC().Format(dateTime) }
		for name, query := range map[string]struct {
			values url.Values
			want   int
		}{
			"everything":         {url.Values{}, all},
			"a text":             {url.Values{"q": {"NUMBER 3"}}, all / 10},
			"a person":           {url.Values{"person": {"U6"}}, all / 7},
			"both, by source":    {url.Values{"q": {"number 3"}, "person": {"u6"}, "source": {"s"}}, 15},
			"a text of nobody":   {url.Values{"q": {"nowhere"}}, 0},
			"an hour, both ends": {url.Values{"from": {at(100)}, "until": {at(160)}}, 61},
			"another source":     {url.Values{"source": {"x"}}, 0},
			"a state":            {url.Values{"state": {"queued"}}, all},
			"trouble":            {url.Values{"state": {"trouble"}}, 0},
			"what is no state":   {url.Values{"state": {"x"}}, all},
		} {
			q := parse(query.values, time.UTC)
			got, last := 0, int64(1<<62)
			for {
				l, err := c.list(t.Context(), q)
				if err != nil {
					t.Fatal(err)
				}
				for _, r := range l.Rows {
					if r.ID >= last {
						t.Fatalf("%s: %d comes after %d", name, r.ID, last)
					}
					last = r.ID
				}
				got += len(l.Rows)
				if l.Next == 0 {
					break
				}
				if at, err := store.Get(t.Context(), l.Next); err != nil || q.slow() != l.Back.Equal(at.Created) {
					t.Fatalf("%s: it says to have come back to %v, and goes on at %v, %v", name, l.Back, at.Created, err)
				}
				older, err := url.Parse(q.Older(l.Next))
				if err != nil {
					t.Fatal(err)
				}
				q = parse(older.Query(), time.UTC)
			}
			if got != query.want {
				t.Errorf("%s: %d deliveries, not %d", name, got, query.want)
			}
		}
		ch, err := c.rates(t.Context(), time.Now())
		if err != nil {
			t.Fatal(err)
		}
		var counts []int
		for _, b := range ch.Bars {
			counts = append(counts, b.N)
		}
		again, err := c.rates(t.Context(), time.Now())
		if d := cmp.Diff(ch, again); d != "" || err != nil {
			t.Errorf("a second look differs: %v\n%s", err, d)
		}
		if n := len(counts); n != bars || ch.Most != 10 || ch.All < 350 || ch.All > 360 {
			t.Errorf("%d bars, at most %d in one, %d in all: %v", n, ch.Most, ch.All, counts)
		}
		c.pageEvents(t, "", all)
		c.pageEvents(t, "Number 3", all/10)
		c.pageEvents(t, "nowhere", 0)
	})
}

// pageEvents goes through the events with text in them, page by page: each is
// shown once.
func (c *Console) pageEvents(t *testing.T, text string, want int) {
	t.Helper()
	got, last := 0, int64(1<<62)
	for before := int64(0); ; {
		l, err := c.events(t.Context(), text, before)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range l.Events {
			if e.ID >= last {
				t.Fatalf("%q: event %d comes after %d", text, e.ID, last)
			}
			last = e.ID
		}
		got += len(l.Events)
		if before = l.Next; before == 0 {
			break
		}
	}
	if got != want {
		t.Errorf("%q: %d events, not %d", text, got, want)
	}
}
