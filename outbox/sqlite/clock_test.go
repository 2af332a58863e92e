package sqlite

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"workbell/outbox"
)

// TestClockIsSet sets the clock by a day while deliveries wait, one is being
// sent, and a limit is used up: nothing waits for a day or expires by it, repeats
// are known, and the limit holds.
func TestClockIsSet(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	t.Run("ahead", func(t *testing.T) { clockIsSet(t, day, false) })
	t.Run("back", func(t *testing.T) { clockIsSet(t, -day, false) })
	t.Run("back while it is closed", func(t *testing.T) { clockIsSet(t, -day, true) })
}

// rounding is by how much a time that was moved may be late: what counts is kept,
// and moved, in whole milliseconds, so that nothing ends early.
const rounding = 2 * time.Millisecond

func clockIsSet(t *testing.T, by time.Duration, closed bool) {
	t.Parallel()
	s := open(t, Options{})
	first, second := benchEntry(1), benchEntry(2)
	first.Messages[0].Expires = time.Now().Add(time.Hour)
	second.Messages[0].Group = "another"
	_, err := s.Enqueue(t.Context(), []outbox.Entry{first, second})
	ok(t, err)
	minute := []outbox.Quota{{Key: "k", N: 1, Limit: 1, Window: time.Minute}}
	due := claimTwo(t, s)
	g, err := s.Reserve(t.Context(), due[0].Lease(), minute)
	ok(t, err)
	if !g.OK {
		t.Fatalf("%+v", g)
	}
	ok(t, s.Update(t.Context(), outbox.Update{Lease: due[0].Lease(), State: outbox.Queued, Attempt: &outbox.Result{Outcome: outbox.Unknown}}))
	lived(t, s, -by)
	if closed {
		s = reopen(t, s)
	} else {
		ok(t, s.Update(t.Context(), outbox.Update{Lease: due[1].Lease(), State: outbox.Queued, Due: time.Now().Add(-by - rounding)}))
	}
	again, err := s.Enqueue(t.Context(), []outbox.Entry{first})
	ok(t, err)
	expired, _, err := s.Expire(t.Context(), 9)
	ok(t, err)
	if len(expired) > 0 || !again[0].Duplicate {
		t.Errorf("%d expired; a repeat: %+v", len(expired), again[0])
	}
	due = claimTwo(t, s)
	if left := time.Until(due[0].Expires); due[0].ID != 1 || left < 50*time.Minute || left > 70*time.Minute {
		t.Errorf("delivery %d expires in %v", due[0].ID, left)
	}
	g, err = s.Reserve(t.Context(), due[1].Lease(), minute)
	ok(t, err)
	if wait := time.Until(g.RetryAt); g.OK || wait > time.Minute+rounding {
		t.Errorf("the limit: %+v, in %v", g, wait)
	}
}

// claimTwo claims all there is: two, by their ids.
func claimTwo(t *testing.T, s *Store) []outbox.Delivery {
	t.Helper()
	due, _, err := s.Claim(t.Context(), "ops", 9, 0)
	ok(t, err)
	if len(due) != 2 {
		t.Fatalf("%d are due", len(due))
	}
	slices.SortFunc(due, func(a, b outbox.Delivery) int { return cmp.Compare(a.ID, b.ID) })
	return due
}

// lived makes the store one whose clock has shown so much more until now.
func lived(t *testing.T, s *Store, ahead time.Duration) {
	t.Helper()
	ms := ahead.Milliseconds()
	ok(t, s.run(t.Context(), "shifting", 0, func(t *tx) (err error) {
		for _, sql := range []string{"UPDATE deliveries SET created = created + ?, updated = updated + ?1, due = due + ?1, expires = min(expires + ?1, 253402300799999)",
			"UPDATE taken SET until = until + ?", "UPDATE events SET key_until = key_until + ?"} {
			_, e := t.conn.exec(sql, ms)
			err = errors.Join(err, e)
		}
		for id, h := range t.leases {
			h.until, h.due = h.until+ms, h.due+ms
			t.leases[id] = h
		}
		return err
	}))
	s.clock.wall = s.clock.wall.Add(ahead) // nothing is being written
}

// TestPruneThoughTimesStay sets the clock where the times cannot be moved, as on
// a full disk: nothing is taken by times that are wrong, but what makes room is
// done, and all goes on once there is room.
func TestPruneThoughTimesStay(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	keepGroups(t, s, 1, 1)
	finish(t, s, 1)
	ok(t, s.run(t.Context(), "breaking", 0, func(t *tx) error {
		_, err := t.conn.exec("INSERT INTO followups (delivery, kind, due, event, step, tries) VALUES (99, 'result', 0, 0, 0, 0)")
		return errors.Join(err, t.conn.script("CREATE TRIGGER full BEFORE UPDATE ON followups BEGIN SELECT RAISE(ABORT, 'disk is full'); END"))
	}))
	lived(t, s, -time.Hour)
	_, err := s.Enqueue(t.Context(), []outbox.Entry{benchEntry(2)})
	if err == nil || !strings.Contains(err.Error(), "disk is full") {
		t.Fatalf("Enqueue: %v, want that the disk is full", err)
	}
	removed, err := s.Prune(t.Context(), time.Now().Add(time.Hour), 10)
	ok(t, err)
	if removed != 1 {
		t.Errorf("Prune removed %d events, want 1", removed)
	}
	c, err := connect(s.dsn("busy_timeout(5000)"))
	ok(t, err)
	ok(t, errors.Join(c.script("DROP TRIGGER full"), c.Close()))
	_, err = s.Enqueue(t.Context(), []outbox.Entry{benchEntry(2)})
	ok(t, err)
}
