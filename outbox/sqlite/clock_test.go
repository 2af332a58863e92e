package sqlite

import (
	"cmp"
	"errors"
	"slices"
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
		ok(t, s.Update(t.Context(), outbox.Update{Lease: due[1].Lease(), State: outbox.Queued, Due: time.Now().Add(-by)}))
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
	if wait := time.Until(g.RetryAt); g.OK || wait > time.Minute {
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
