package sqlite

import (
	"strconv"
	"testing"

	"workbell/message"
	"workbell/outbox"
)

// lined is an event with a message to each of so many people, of one group.
func lined(group string, people ...string) outbox.Entry {
	e := benchEntry(1)
	e.Event.Key, e.Event.KeyTTL = "", 0
	e.Messages[0].Group, e.Messages[0].Calls = group, nil
	for _, p := range people {
		e.Messages[0].Calls = append(e.Messages[0].Calls, message.Recipients{Users: []string{p}})
	}
	return e
}

// entered counts what has entries in the index of lanes.
func entered(t *testing.T, s *Store) (n int64) {
	t.Helper()
	ok(t, s.run(t.Context(), "counting", 0, func(tx *tx) error {
		r, _, err := tx.conn.one("SELECT count(*) FROM deliveries INDEXED BY deliveries_lane WHERE state = 0 AND lane IS NOT NULL")
		n = r[0]
		return err
	}))
	return n
}

// TestLanesOfOne sees that a delivery which is alone in its group has no entry in
// the index of lanes, and what waits behind one has.
func TestLanesOfOne(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	for i := range 20 {
		_, err := s.Enqueue(t.Context(), []outbox.Entry{lined("group "+strconv.Itoa(i), "u1")})
		ok(t, err)
	}
	if n := entered(t, s); n != 0 {
		t.Errorf("%d entries for 20 groups of one, want none", n)
	}
	_, err := s.Enqueue(t.Context(), []outbox.Entry{lined("group 3", "u1", "u2"), lined("group 3", "u1")})
	ok(t, err)
	if n := entered(t, s); n != 3 {
		t.Errorf("%d entries for three that wait, want 3", n)
	}
}

// TestLanesOfVersion3 goes on with a file of version 3, which names each lane in
// the row of its first delivery, too.
func TestLanesOfVersion3(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	_, err := s.Enqueue(t.Context(), []outbox.Entry{lined("g", "u1", "u2"), lined("g", "u3"), lined("alone", "u4")})
	ok(t, err)
	ok(t, s.Close())
	script(t, s.opts.Path, "UPDATE deliveries SET lane = id WHERE lane IS NULL; PRAGMA user_version = 3")
	s = open(t, s.opts)
	_, err = s.Enqueue(t.Context(), []outbox.Entry{lined("g", "u5"), lined("alone", "u6")})
	ok(t, err)
	for _, want := range [][]string{{"u1", "u2", "u4"}, {"u3", "u6"}, {"u5"}} {
		due, _, err := s.Claim(t.Context(), "ops", 10, 0)
		ok(t, err)
		if len(due) != len(want) {
			t.Fatalf("%d are ready, want those to %v", len(due), want)
		}
		for i, d := range due {
			if d.To.Users[0] != want[i] {
				t.Errorf("one to %s is ready, want that to %s", d.To.Users[0], want[i])
			}
			ok(t, s.Update(t.Context(), outbox.Update{Lease: d.Lease(), State: outbox.Dead}))
		}
	}
}
