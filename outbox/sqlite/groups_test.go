package sqlite

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"workbell/outbox"
)

// ofGroup lists the events of a group by its deliveries, newest first.
func ofGroup(t *testing.T, s *Store, f outbox.Filter) (events []int64) {
	t.Helper()
	list, err := s.List(t.Context(), f)
	ok(t, err)
	for _, d := range list {
		events = append(events, d.Event)
	}
	return events
}

// keepGroups keeps n events more, each in one of three groups in turn, the last
// of which is none.
func keepGroups(t *testing.T, s *Store, from, n int) {
	t.Helper()
	entries := make([]outbox.Entry, n)
	for i := range entries {
		entries[i] = benchEntry(int64(from + i))
		entries[i].Event.Key, entries[i].Event.GroupKey = "", [3]string{"", "a", "b"}[(from+i)%3]
	}
	_, err := s.Enqueue(t.Context(), entries)
	ok(t, err)
}

// TestGroups looks for groups in notes of every kind: rows as they came, folded
// ones, those of before the store was opened, and where there are none.
func TestGroups(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	n := 0
	keep := func(most int) {
		for each := 1; n < most; each = each%97 + 1 {
			keepGroups(t, s, n+1, each)
			n += each
		}
	}
	check := func(what string) {
		t.Helper()
		for g, key := range []string{"", "a", "b"} {
			if key == "" {
				continue
			}
			var want []int64
			for e := n; e > 0; e-- {
				if e%3 == g {
					want = append(want, int64(e))
				}
			}
			var got []int64
			for before := int64(0); ; {
				list, err := s.List(t.Context(), outbox.Filter{GroupKey: key, Limit: 450, Before: before})
				ok(t, err)
				if len(list) == 0 {
					break
				}
				for _, d := range list {
					got = append(got, d.Event)
				}
				before = list[len(list)-1].ID
			}
			if !slices.Equal(got, want) {
				t.Fatalf("%s: group %s has %d events, want %d", what, key, len(got), len(want))
			}
		}
	}
	keep(700)
	check("as they came")
	keep(3 * groupBytes / 8)
	check("folded")
	s = reopen(t, s)
	keep(n + 500)
	check("opened again")
	ok(t, s.run(t.Context(), "forgetting notes", 0, func(t *tx) error { // as if an older workbell had kept these
		_, err := t.conn.exec("DELETE FROM grouped WHERE first BETWEEN 2000 AND 12000")
		return err
	}))
	check("some without notes")
	rows := 0
	ok(t, s.read(t.Context(), "counting notes", func(c *conn) error {
		r, _, err := c.one("SELECT count(*) FROM grouped")
		rows = int(r[0])
		return err
	}))
	if rows > 2*groupRows {
		t.Errorf("there are %d rows of notes: they are not folded", rows)
	}
}

// TestGroupsArePruned removes the notes of events that are gone, also of those
// that are not folded yet.
func TestGroupsArePruned(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	for i := range 100 {
		keepGroups(t, s, i+1, 1)
	}
	finish(t, s, 100)
	for range 9 {
		removed, err := s.Prune(t.Context(), time.Now().Add(time.Hour), 10)
		ok(t, err)
		if removed != 10 {
			t.Fatalf("Prune removed %d events, want 10", removed)
		}
	}
	ok(t, s.read(t.Context(), "looking", func(c *conn) error {
		r, _, err := c.one("SELECT count(*), min(first) FROM grouped")
		if fmt.Sprint(r) != "[10 91]" {
			t.Errorf("notes and the first of them: %v, want those of the last ten events", r)
		}
		return err
	}))
	keepGroups(t, s, 101, 3*groupRows) // folds what pruning has left
	if got := ofGroup(t, s, outbox.Filter{GroupKey: "a", Limit: 500, Before: 105}); !slices.Equal(got, []int64{103, 100, 97, 94, 91}) {
		t.Errorf("events of the group: %v", got)
	}
}
