package postgres

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"workbell/message"
	"workbell/outbox"
)

// PlanTest is run by TestPlans with a database of its own: what has no index of
// its own reads little all the same, in a store with thousands of deliveries.
func PlanTest(t *testing.T, url string) {
	t.Helper()
	ctx := t.Context()
	s, err := Open(ctx, Options{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	const all = 10_000
	var entries []outbox.Entry
	for i := range all {
		entries = append(entries, outbox.Entry{Event: outbox.Event{Source: "s" + fmt.Sprint(i/2), Kind: "json", Key: fmt.Sprint(i), GroupKey: fmt.Sprint(i / 2)}, Messages: []outbox.Message{{
			Rule: "r", App: "ops", Msgtype: "text", Body: fmt.Append(nil, i), Group: fmt.Sprint(i), Priority: i % 2,
			Calls: []message.Recipients{{Users: []string{"u1"}}},
		}}})
	}
	if _, err := s.Enqueue(ctx, entries); err != nil {
		t.Fatal(err)
	}
	noteAll(t, s)
	now := int64(1) << 60 // everything is due before
	list, args := conditions(outbox.Filter{Event: all / 2, Limit: 50}, within{})
	found, foundArgs := conditions(outbox.Filter{GroupKey: "77", Limit: 50}, within{ids: []int64{155, 156}})
	fresh, freshArgs := conditions(outbox.Filter{GroupKey: "77", Limit: 50}, within{after: all})
	for what, c := range map[string]struct {
		sql  string
		args []any
	}{
		"when the next is due": {nextDue, []any{"ops", now}},
		"the oldest":           {oldest, nil},
		"some events'":         {ofEvents, []any{[]int64{1, all / 2, all}}},
		"one event's, listed":  {"SELECT d.id FROM deliveries d WHERE " + list + " ORDER BY d.id DESC LIMIT $1", args},
		"a group's notes":      {inGroup, []any{groupPrint("77"), now, firstOfGroup}},
		"a group's, listed":    {"SELECT d.id FROM deliveries d WHERE " + found + " ORDER BY d.id DESC LIMIT $1", foundArgs},
		"what is not noted":    {"SELECT d.id FROM deliveries d WHERE " + fresh + " ORDER BY d.id DESC LIMIT $1", freshArgs},
		"a source's notes":     {withSource, []any{"s77", int64(0), now, 1}},
		"the next lot":         {grouped.next, nil},
		"the last noted":       {grouped.last, nil},
		"lanes that are busy":  {busyLanes, []any{laneLocks, []int64{1, 2, fingerprint("7")}, []int32{1, 2, 3}}},
	} {
		if got := pages(ctx, t, s, c.sql, c.args); got > 40 {
			t.Errorf("%s: it reads %d pages of a store with %d deliveries", what, got, all)
		}
	}
}

// pages is how many pages a statement reads, by the plan for any arguments.
func pages(ctx context.Context, t *testing.T, s *Store, sql string, args []any) (n int) {
	t.Helper()
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	_, err = conn.Exec(ctx, "SET plan_cache_mode = force_generic_plan")
	if err != nil {
		t.Fatal(err)
	}
	rows, err := conn.Query(ctx, "EXPLAIN (ANALYZE, BUFFERS, TIMING OFF) "+sql, args...)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	for _, line := range lines { // the first is that of the whole
		if text, found := strings.CutPrefix(strings.TrimSpace(line), "Buffers: shared hit="); found {
			_, err = fmt.Sscan(text, &n)
			break
		}
	}
	if err != nil || n == 0 {
		t.Fatalf("the pages that are read: %v\n%s", err, strings.Join(lines, "\n"))
	}
	return n
}
