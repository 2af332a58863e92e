package sqlite

import (
	"database/sql/driver"
	"time"
)

// clockStep is by how much the wall clock must have been set for the store to
// follow. What NTP corrects by running it faster or slower is not setting, and
// does not show here at all; less than this may be the time between two readings.
const clockStep = 100 * time.Millisecond

// clock remembers what the wall clock showed, beside a clock that nobody sets.
type clock struct {
	wall   time.Time // without its monotonic part
	steady time.Time
	steps  []step
}

// step is a setting of the clock: keys of events up to last count until so much
// later (milliseconds).
type step struct{ last, by int64 }

// maxSteps bounds the steps that are remembered. Those forgotten are of keys
// that count no more, unless the clock is set all the time.
const maxSteps = 100

// followClock looks whether the wall clock was set since the last batch, by a
// person, NTP or a machine that was suspended, and moves the times of what waits
// along. Else a clock that is set back would have all wait for as long, one that
// is set ahead would have it expire, and the limits of a minute be exceeded.
func (s *Store) followClock() error {
	now := time.Now()
	wall := now.Round(0)
	by := wall.Sub(s.clock.wall) - now.Sub(s.clock.steady)
	if by.Abs() >= clockStep {
		move := op{do: func(t *tx) error { return t.moveTimes(s.clock.wall.UnixMilli(), by.Milliseconds()) }}
		if _, err := s.transact([]*op{&move}, false); err != nil {
			return err
		}
	}
	s.clock.wall, s.clock.steady = wall, now
	return nil
}

// moveTimes has the clock, which showed before, set by so much. What waits is
// due no later by it, and quotas, leases and expiry count as long as they would
// have. Calendar days are the clock's: quotas of a day stay.
func (t *tx) moveTimes(before, by int64) error {
	back := min(by, 0)
	for _, move := range []struct {
		sql  string
		args []driver.Value
	}{
		{`UPDATE deliveries INDEXED BY deliveries_expiry SET due = due + ?, expires = CASE WHEN expires < ? THEN expires + ? ELSE expires END
			WHERE state = 0 AND expires > ?`, []driver.Value{back, int64(never), by, before}},
		{"UPDATE taken SET until = until + ? WHERE until > ? AND span > 0", []driver.Value{by, before}},
		{"UPDATE followups SET due = due + ?", []driver.Value{by}},
		{"UPDATE facts SET until = until + ? WHERE until > ?", []driver.Value{by, before}},
	} {
		if _, err := t.conn.exec(move.sql, move.args...); err != nil {
			return err
		}
	}
	for id, h := range t.leases {
		h.until, h.due, h.set = h.until+by, h.due+back, h.set+back
		t.setLease(id, &h)
	}
	for f, h := range t.follows {
		h.until += by
		t.setFollow(f, &h)
	}
	old := t.clock.steps
	t.undo(func() { t.clock.steps = old })
	t.clock.steps = append(old[max(0, len(old)-maxSteps+1):len(old):len(old)], step{t.lastEvent, by})
	t.wake = true
	return nil
}

// clockSetBack moves times where the newest delivery was made in the future: the
// clock was set back while the store was closed, by as much at least as
// anything that is open shows.
func (t *tx) clockSetBack() error {
	newest, ok, err := t.conn.one("SELECT created FROM deliveries WHERE id = ?", t.lastDelivery)
	if err != nil || !ok || newest[0] <= t.now {
		return err
	}
	open, _, err := t.conn.one("SELECT coalesce(max(updated), 0) FROM deliveries INDEXED BY deliveries_expiry WHERE state = 0")
	if err != nil {
		return err
	}
	last := max(newest[0], open[0])
	return t.moveTimes(last, t.now-last)
}

// countsUntil is until when the key of an event counts, which was kept with the
// time given, by the clock as it is now.
func (c *clock) countsUntil(event, until int64) int64 {
	for _, s := range c.steps {
		if event <= s.last {
			until += s.by
		}
	}
	return until
}
