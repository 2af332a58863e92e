package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"workbell/message"
	"workbell/outbox"
	"workbell/outbox/postgres"
	"workbell/outbox/sqlite"
)

// TestMove moves a store of every kind of content, in two goes.
func TestMove(t *testing.T) {
	t.Parallel()
	from, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(t.TempDir(), "from.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = from.Close() }()
	keys := fillAll(t, from)
	url := database(t, "template1")
	to := fillUpTo(t, from, url, 2)
	if err := to.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := postgres.Open(t.Context(), postgres.Options{URL: url}); err == nil || !strings.Contains(err.Error(), "workbell migrate") {
		t.Errorf("Open of what is filled in part: %v, want it refused", err)
	}
	to = fillUpTo(t, from, url, 1000)
	defer func() { _ = to.Close() }()
	same(t, from, to, keys)
}

// TestMoveKeepsOrder moves two of one group: the second goes when the first has.
func TestMoveKeepsOrder(t *testing.T) {
	t.Parallel()
	from, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(t.TempDir(), "from.db")})
	must(t, err)
	defer func() { _ = from.Close() }()
	for n := range 2 {
		e := event(fmt.Sprint("k", n))
		e.Messages[0].Group = "g"
		_, err := from.Enqueue(t.Context(), []outbox.Entry{e})
		must(t, err)
	}
	to := fillUpTo(t, from, database(t, "template1"), 1000)
	defer func() { _ = to.Close() }()
	for id := int64(1); id <= 2; id++ {
		due, _, err := to.Claim(t.Context(), "ops", 10, 0)
		must(t, err)
		if len(due) != 1 || due[0].ID != id {
			t.Fatalf("claimed %d deliveries, want %d alone", len(due), id)
		}
		must(t, to.Update(t.Context(), outbox.Update{Lease: due[0].Lease(), State: outbox.Dead}))
	}
}

// fillUpTo moves chunks of three events, so many at most.
func fillUpTo(t *testing.T, from *sqlite.Store, url string, chunks int) *postgres.Store {
	t.Helper()
	ctx := t.Context()
	to, err := postgres.Open(ctx, postgres.Options{URL: url, Filling: true})
	must(t, err)
	marks, err := from.Marks(ctx)
	must(t, err)
	shared, err := from.MoveShared(ctx)
	must(t, err)
	after, err := to.FillFrom(ctx, marks, shared)
	must(t, err)
	if _, err := to.FillFrom(ctx, outbox.Marks{LastEvent: 99}, shared); err == nil {
		t.Error("it went on with a source that has changed")
	}
	for range chunks {
		chunk, last, err := from.MoveEvents(ctx, after, 3)
		must(t, err)
		if last == 0 {
			must(t, to.Filled(ctx))
			break
		}
		must(t, to.Fill(ctx, chunk, last))
		after = last
	}
	return to
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// fillAll keeps a bit of everything, and returns the keys of quotas.
func fillAll(t *testing.T, s *sqlite.Store) []string {
	t.Helper()
	ctx := t.Context()
	for n := range 12 {
		e := event(fmt.Sprint("k\x00", n%8))
		e.Event.GroupKey, e.Event.Title, e.Event.Headers = "g", "t\xff", map[string]string{"X-A": "1"}
		m := e.Messages[0]
		m.Repeat, m.OnResolve, m.Group, m.Expires = outbox.Distinct, "status_bar", fmt.Sprint("lane", n%2), time.Now().Add(time.Hour)
		m.Calls = append(m.Calls, message.Recipients{Users: []string{"u2"}})
		e.Messages = []outbox.Message{m, {Rule: "other", App: "vendor", Msgtype: "text", Body: m.Body, Repeat: outbox.Suppress, Calls: m.Calls, Due: time.Now().Add(time.Minute)}}
		_, err := s.Enqueue(ctx, []outbox.Entry{e})
		must(t, err)
	}
	quotas := []outbox.Quota{{Key: "slide", N: 2, Limit: 90, Window: time.Hour}, {Key: "fixed", N: 1, Until: time.Now().Add(time.Hour)}}
	due, _, err := s.Claim(ctx, "ops", 4, 0)
	must(t, err)
	for i, d := range due {
		_, err := s.Reserve(ctx, d.Lease(), quotas)
		must(t, err)
		u := outbox.Update{Lease: d.Lease(), State: outbox.Sent, Attempt: &outbox.Result{Outcome: outbox.Accepted, TaskID: 7}, Follow: []outbox.Followup{{Kind: outbox.FollowResult}}}
		if i%2 == 1 {
			u = outbox.Update{Lease: d.Lease(), State: outbox.Queued, Spend: true, Reason: "again", Attempt: &outbox.Result{Outcome: outbox.Unknown, Code: "c"},
				Split: []outbox.Part{{To: message.Recipients{Users: []string{"u3"}}}, {To: message.Recipients{Users: []string{"u4"}}}}}
		}
		must(t, s.Update(ctx, u))
	}
	_, err = s.Amend(ctx, outbox.Amendment{Delivery: due[0].ID, State: outbox.Partial, Acked: true, Note: "n", Receipts: []outbox.Receipt{{User: "u1", Fate: outbox.FateRead}},
		Messages: []outbox.Message{{Rule: "rule", App: "ops", Msgtype: "text", Body: []byte("{}"), Calls: []message.Recipients{{Everyone: true}}, Cause: "because"}}})
	must(t, err)
	_, err = s.Learn(ctx, outbox.Fact{Key: "f", Value: []byte{0, 255}}, false)
	must(t, err)
	return []string{"slide", "fixed"}
}

// same compares what two stores show.
func same(t *testing.T, a, b outbox.Store, keys []string) {
	t.Helper()
	ctx := t.Context()
	compare := func(what string, ask func(outbox.Store) (any, error)) {
		t.Helper()
		want, errA := ask(a)
		got, errB := ask(b)
		if err := errors.Join(errA, errB); err != nil {
			t.Fatal(what, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	list, err := a.List(ctx, outbox.Filter{Limit: 500})
	must(t, err)
	compare("list", func(s outbox.Store) (any, error) { return s.List(ctx, outbox.Filter{Limit: 500}) })
	for _, d := range list {
		compare("delivery", func(s outbox.Store) (any, error) { return s.Get(ctx, d.ID) })
		compare("event", func(s outbox.Store) (any, error) { return s.Event(ctx, d.Event) })
	}
	compare("stats", func(s outbox.Store) (any, error) { return s.Stats(ctx) })
	compare("used", func(s outbox.Store) (any, error) { return s.Used(ctx, keys...) })
	compare("facts", func(s outbox.Store) (any, error) { return s.Facts(ctx, "f") })
	again := event("k\x007")
	again.Event.GroupKey = "g"
	compare("repeat", func(s outbox.Store) (any, error) { return s.Enqueue(ctx, []outbox.Entry{again}) })
	again.Event.Key = ""
	again.Messages[0].Repeat = outbox.Suppress
	again.Resolve = outbox.Windows
	compare("resolve", func(s outbox.Store) (any, error) { return s.Enqueue(ctx, []outbox.Entry{again}) })
	for range 5 {
		compare("claim", func(s outbox.Store) (any, error) { return claimed(t, s) })
	}
	compare("follow-ups", func(s outbox.Store) (any, error) {
		due, _, err := s.ClaimFollowups(ctx, "ops", 50, 0)
		var all []outbox.Followup
		for _, d := range due {
			d.Due = time.Time{}
			all = append(all, d.Followup)
		}
		return all, err
	})
}

// claimed has what is due sent, and returns its ids.
func claimed(t *testing.T, s outbox.Store) (ids []int64, err error) {
	due, _, err := s.Claim(t.Context(), "ops", 50, 0)
	for _, d := range due {
		ids = append(ids, d.ID)
		err = errors.Join(err, s.Update(t.Context(), outbox.Update{Lease: d.Lease(), State: outbox.Sent}))
	}
	return ids, err
}

// TestMovedIsNoted: what has been moved is found by group and source, before it is
// noted and afterwards, which opening the store has begun.
func TestMovedIsNoted(t *testing.T) {
	t.Parallel()
	from, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(t.TempDir(), "from.db")})
	must(t, err)
	defer func() { _ = from.Close() }()
	var entries []outbox.Entry
	for n := range 1100 {
		e := event(fmt.Sprint(n))
		if e.Event.GroupKey = "g"; n%300 == 7 {
			e.Event.GroupKey, e.Event.Source = "rare", "rare"
		}
		entries = append(entries, e)
	}
	_, err = from.Enqueue(t.Context(), entries)
	must(t, err)
	url := database(t, "template1")
	must(t, fillUpTo(t, from, url, 1000).Close())
	to := open(t, url)
	check := func() {
		t.Helper()
		list, err := to.List(t.Context(), outbox.Filter{GroupKey: "rare"})
		must(t, err)
		events, err := to.Events(t.Context(), outbox.EventFilter{Source: "rare"})
		must(t, err)
		if len(list) != 4 || len(events) != 4 {
			t.Errorf("%d deliveries of the group and %d events of the source, want 4 each", len(list), len(events))
		}
	}
	check()
	c, err := pgx.Connect(t.Context(), url)
	must(t, err)
	defer func() { _ = c.Close(context.Background()) }()
	for lots := 0; lots < 4; {
		must(t, c.QueryRow(t.Context(), "SELECT (SELECT count(*) FROM workbell.grouped) + (SELECT count(*) FROM workbell.sourced)").Scan(&lots))
	}
	check()
}
