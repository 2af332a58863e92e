package sqlite

import (
	"context"
	"time"

	"workbell/outbox"
)

// follow names a follow-up.
type follow struct {
	delivery int64
	kind     outbox.Kind
}

// ClaimFollowups leases follow-ups; see outbox.Store. Their leases are in
// memory, as those of deliveries are.
func (s *Store) ClaimFollowups(ctx context.Context, app string, max int, lease time.Duration) (due []outbox.Due, next time.Time, err error) {
	if lease <= 0 || lease > MaxLease {
		lease = MaxLease
	}
	err = s.run(ctx, "claiming follow-ups", 0, func(t *tx) error {
		due, next, err = t.claimFollowups(app, max, lease)
		return err
	})
	if err != nil {
		return nil, time.Time{}, err
	}
	return due, next, nil
}

func (t *tx) claimFollowups(app string, max int, lease time.Duration) (due []outbox.Due, next time.Time, err error) {
	if err := t.lapse(); err != nil {
		return nil, next, err
	}
	number, ok := t.routes.apps[app]
	if !ok {
		return nil, next, nil
	}
	free, err := t.freeFollowups(number, max)
	if err != nil {
		return nil, next, err
	}
	until := t.at.Add(lease).UnixMilli()
	for _, f := range free {
		d, err := t.claimFollowup(f)
		if err != nil {
			return nil, next, err
		}
		t.setFollow(f, &hold{fence: d.Fence, until: until, app: number})
		due = append(due, d)
	}
	earliest := int64(never)
	later, ok, err := t.conn.one(`SELECT due FROM followups INDEXED BY followups_due
		WHERE app = ? AND due > ? ORDER BY due LIMIT 1`, number, t.now)
	if ok {
		earliest = later[0]
	}
	for _, l := range t.follows {
		if l.app == number {
			earliest = min(earliest, l.until)
		}
	}
	if earliest < never {
		next = instant(earliest)
	}
	return due, next, err
}

// freeFollowups returns up to max follow-ups of an app that are due and not
// leased.
func (t *tx) freeFollowups(app int64, max int) (free []follow, err error) {
	held := 0
	for _, l := range t.follows {
		if l.app == app {
			held++
		}
	}
	err = t.conn.query(func(r row) error {
		f := follow{r.int(0), outbox.Kind(r.text(1))}
		if _, leased := t.follows[f]; !leased && len(free) < max {
			free = append(free, f)
		}
		return nil
	}, `SELECT delivery, kind FROM followups INDEXED BY followups_due
		WHERE app = ? AND due <= ? ORDER BY due, delivery, kind LIMIT ? + 0`, app, t.now, int64(max+held))
	return free, err
}

// claimFollowup reads a follow-up with its delivery, under a new fence.
func (t *tx) claimFollowup(f follow) (due outbox.Due, err error) {
	if due.Delivery, err = t.conn.whole(&t.routes, f.delivery); err != nil {
		return due, err
	}
	for _, x := range due.Delivery.Followups {
		if x.Kind == f.kind {
			due.Followup = x
		}
	}
	t.fence++
	due.Fence = t.fence
	return due, nil
}

// follow keeps a follow-up in place of the one of its kind, whose holder is
// fenced. app is nil while the delivery is queued.
func (t *tx) follow(delivery int64, app any, f outbox.Followup) error {
	t.setFollow(follow{delivery, f.Kind}, nil)
	t.wake = t.wake || app != nil
	return t.insertFollowup("INSERT OR REPLACE", delivery, app, f)
}

func (t *tx) insertFollowup(insert string, delivery int64, app any, f outbox.Followup) error {
	due := t.now
	if !f.Due.IsZero() {
		due = millis(f.Due)
	}
	_, err := t.conn.exec(insert+" INTO followups (delivery, kind, app, due, event, step, tries) VALUES (?, ?, ?, ?, ?, ?, ?)",
		delivery, string(f.Kind), app, due, f.Event, int64(f.Step), int64(f.Tries))
	return err
}

// unfollow drops a follow-up, if there is one; its holder is fenced.
func (t *tx) unfollow(f follow) error {
	t.setFollow(f, nil)
	_, err := t.conn.exec("DELETE FROM followups WHERE delivery = ? AND kind = ?", f.delivery, string(f.kind))
	return err
}

// followSent lets the follow-ups of a delivery that has been sent be claimed, with
// those of add whose kind is not there; see outbox.Update.
func (t *tx) followSent(delivery, app int64, over bool, add []outbox.Followup) error {
	for _, f := range add {
		if over && f.Kind == outbox.FollowEscalate {
			continue
		}
		if err := t.insertFollowup("INSERT OR IGNORE", delivery, nil, f); err != nil {
			return err
		}
	}
	n, err := t.conn.exec("UPDATE followups SET app = ? WHERE delivery = ?", app, delivery)
	t.wake = t.wake || n > 0
	return err
}
