package postgres

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"workbell/outbox"
)

// MaxLease is the longest that a delivery is leased for.
const MaxLease = 30 * time.Second

// Claim leases deliveries; see outbox.Store. What another is claiming at the
// same time is passed over, not waited for.
func (s *Store) Claim(ctx context.Context, app string, max int, lease time.Duration) (due []outbox.Delivery, next time.Time, err error) {
	if lease <= 0 || lease > MaxLease {
		lease = MaxLease
	}
	err = s.run(ctx, "claiming deliveries", func(t *tx) error {
		due, next, err = t.claim(app, max, lease)
		return err
	})
	if err != nil {
		return nil, time.Time{}, err
	}
	return due, next, nil
}

// claimable are the deliveries that may be leased, but for when they are due.
const claimable = "app = $1 AND state = 0 AND ready AND lease = 0"

func (t *tx) claim(app string, max int, lease time.Duration) (due []outbox.Delivery, next time.Time, err error) {
	if err := t.lapse(); err != nil {
		return nil, next, err
	}
	err = t.each(func(r pgx.Rows) error {
		var d outbox.Delivery
		err := scan(r, &d, &d.Fence)
		due = append(due, d)
		return err
	}, `WITH these AS (SELECT id FROM deliveries WHERE `+claimable+` AND due <= $2 ORDER BY priority DESC, due, id LIMIT $3 FOR UPDATE SKIP LOCKED)
		UPDATE deliveries d SET lease = $4, fence = nextval('fences'), holder = $5 FROM these WHERE d.id = these.id
		RETURNING `+columns+", d.fence", app, t.now, max, t.at.Add(lease).UnixMilli(), t.holder)
	if err != nil {
		return nil, next, err
	}
	slices.SortFunc(due, func(a, b outbox.Delivery) int {
		return cmp.Or(cmp.Compare(b.Priority, a.Priority), a.Due.Compare(b.Due), cmp.Compare(a.ID, b.ID))
	})
	next, err = t.earliest(
		"SELECT min(due) FROM deliveries WHERE "+claimable+" AND due > $2",
		"SELECT min(lease) FROM deliveries WHERE app = $1 AND lease > 0", app)
	return due, next, err
}

// earliest returns the first of when something is due after now and when a
// lease ends; zero: neither.
func (t *tx) earliest(due, lease, app string) (next time.Time, err error) {
	first := func(r pgx.Rows) error {
		var at *int64
		err := r.Scan(&at)
		if at != nil && (next.IsZero() || *at < next.UnixMilli()) {
			next = instant(*at)
		}
		return err
	}
	t.ask(first, due, app, t.now)
	t.ask(first, lease, app)
	return next, t.send()
}

// lapse ends the leases whose time is over, and reads the clock. What another
// is changing at the same time is left to it.
func (t *tx) lapse() error {
	t.askClock()
	if err := t.send(); err != nil {
		return err
	}
	return t.lose("lease > 0 AND lease <= $1", t.now, "SKIP LOCKED")
}

// loseOwn ends the leases that this store has given.
func (t *tx) loseOwn() error {
	t.askClock()
	return t.lose("lease > 0 AND holder = $1", t.holder, "")
}

// lose ends the leases that the condition names. Attempts in flight are of
// unknown outcome then.
func (t *tx) lose(which string, arg int64, skip string) error {
	var held []*delivery
	t.askDeliveries(&held, "WHERE "+which+" ORDER BY id FOR UPDATE "+skip, arg)
	t.ask(func(pgx.Rows) error {
		t.wake = true
		return nil
	}, `WITH these AS (SELECT delivery, kind FROM followups WHERE `+which+` ORDER BY delivery, kind FOR UPDATE `+skip+`)
		UPDATE followups f SET lease = 0, holder = 0 FROM these WHERE f.delivery = these.delivery AND f.kind = these.kind RETURNING 1`, arg)
	if err := t.send(); err != nil {
		return err
	}
	var flying []ending
	for _, d := range held {
		if d.flying != 0 {
			flying = append(flying, ending{d, lost})
		}
	}
	t.endAttempts(flying)
	for _, d := range held {
		t.unlease(d)
		t.wake = true
	}
	return t.send()
}
