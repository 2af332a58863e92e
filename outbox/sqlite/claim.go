package sqlite

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"

	"workbell/outbox"
)

// MaxLease is the longest that a delivery is leased for.
const MaxLease = 30 * time.Second

// Claim leases deliveries; see outbox.Store. A lease is kept in memory, so
// claiming writes nothing: it ends with the process.
func (s *Store) Claim(ctx context.Context, app string, max int, lease time.Duration) (due []outbox.Delivery, next time.Time, err error) {
	if lease <= 0 || lease > MaxLease {
		lease = MaxLease
	}
	err = s.hand(ctx, "claiming deliveries", &op{
		do: func(t *tx) (err error) {
			due, next, err = t.claim(app, max, lease)
			return err
		},
		early: func() bool { return !slices.ContainsFunc(due, func(d outbox.Delivery) bool { return d.Tries > 0 }) },
	})
	if err != nil {
		return nil, time.Time{}, err
	}
	return due, next, nil
}

func (t *tx) claim(app string, max int, lease time.Duration) (due []outbox.Delivery, next time.Time, err error) {
	if err := t.lapse(); err != nil {
		return nil, next, err
	}
	number, ok := t.routes.apps[app]
	if !ok {
		return nil, next, nil
	}
	held, earliest := t.held(number), int64(never)
	var ids []int64
	for p, ok, err := t.below(number, math.MaxInt64); ok || err != nil; p, ok, err = t.below(number, p) {
		if err != nil {
			return nil, next, err
		}
		if ids, err = t.dueAt(ids, number, p, max, held); err != nil {
			return nil, next, err
		}
		later, ok, err := t.conn.one(`SELECT due FROM deliveries INDEXED BY deliveries_claim
			WHERE app = ? AND state = 0 AND ready = 1 AND priority = ? AND due > ? ORDER BY due LIMIT 1`, number, p, t.now)
		if err != nil {
			return nil, next, err
		}
		if ok {
			earliest = min(earliest, later[0])
		}
	}
	until := t.at.Add(lease).UnixMilli()
	for _, id := range ids {
		d, err := t.conn.delivery(&t.routes, id)
		if err != nil {
			return nil, next, err
		}
		t.fence++
		d.Fence = t.fence
		t.setLease(id, &hold{fence: t.fence, until: until, app: number, due: millis(d.Due)})
		due = append(due, d)
	}
	for _, l := range t.leases {
		if l.app == number {
			earliest = min(earliest, l.until)
		}
	}
	if earliest < never {
		next = instant(earliest)
	}
	return due, next, nil
}

// below returns the highest priority below p at which app has something ready.
func (t *tx) below(app, p int64) (int64, bool, error) {
	r, ok, err := t.conn.one(`SELECT priority FROM deliveries INDEXED BY deliveries_claim
		WHERE app = ? AND state = 0 AND ready = 1 AND priority < ? ORDER BY priority DESC LIMIT 1`, app, p)
	if !ok {
		return 0, false, err
	}
	return r[0], true, err
}

// dueAt appends what is due at priority p and not leased, until there are max.
func (t *tx) dueAt(ids []int64, app, p int64, max, held int) ([]int64, error) {
	if len(ids) >= max {
		return ids, nil
	}
	err := t.conn.query(func(r row) error {
		if _, leased := t.leases[r.int(0)]; !leased && len(ids) < max {
			ids = append(ids, r.int(0))
		}
		return nil
	}, `SELECT id FROM deliveries INDEXED BY deliveries_claim
		WHERE app = ? AND state = 0 AND ready = 1 AND priority = ? AND due <= ? ORDER BY due, id LIMIT ? + 0`,
		app, p, t.now, int64(max-len(ids)+held))
	return ids, err
}

// held counts the leases on an app's deliveries.
func (t *tx) held(app int64) (n int) {
	for _, l := range t.leases {
		if l.app == app {
			n++
		}
	}
	return n
}

// lapse ends the leases whose time is over.
func (t *tx) lapse() error {
	for id, l := range t.leases {
		if l.until > t.now {
			continue
		}
		if l.attempt != 0 {
			if err := t.endAttempt(id, l.attempt, lost); err != nil {
				return err
			}
		}
		t.setLease(id, nil)
		t.wake = true
	}
	for f, l := range t.follows {
		if l.until <= t.now {
			t.setFollow(f, nil)
			t.wake = true
		}
	}
	return nil
}

// columns are those that scan reads.
const columns = `id, event, route, priority, group_id, body, people, state, reason, spent, tries, task, created, due, expires, updated,
	parent, cause, resolved, acked`

// delivery reads one delivery without its attempts, or outbox.ErrNotFound.
func (c *conn) delivery(routes *routes, id int64) (d outbox.Delivery, err error) {
	found := false
	err = c.query(func(r row) (err error) {
		found = true
		d, err = scan(routes, r)
		return err
	}, "SELECT "+columns+" FROM deliveries WHERE id = ?", id)
	if err == nil && !found {
		err = outbox.ErrNotFound
	}
	return d, err
}

func scan(routes *routes, r row) (outbox.Delivery, error) {
	x := routes.get(r.int(2))
	d := outbox.Delivery{
		ID: r.int(0), Event: r.int(1),
		Rule: x.rule, App: x.app, Msgtype: x.msgtype, Repeat: outbox.Repeat(x.repeat), OnResolve: x.onResolve, Track: x.track,
		Priority: int(r.int(3)), Group: r.text(4), Body: r.bytes(5),
		State: codes[r.int(7)], Reason: r.text(8), Spent: int(r.int(9)), Tries: int(r.int(10)), TaskID: r.int(11),
		Created: instant(r.int(12)), Due: instant(r.int(13)), Updated: instant(r.int(15)),
		Of: r.int(16), Cause: r.text(17), Resolved: instant(r.int(18)), Acked: instant(r.int(19)),
	}
	if r.int(14) != never {
		d.Expires = instant(r.int(14))
	}
	if err := json.Unmarshal([]byte(r.text(6)), &d.To); err != nil {
		return d, fmt.Errorf("reading the recipients of delivery %d: %w", d.ID, err)
	}
	return d, nil
}
