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

// nextDue is when the next of them is due after $2. It looks at one of each
// priority, as deliveries_claim has them.
const nextDue = `WITH RECURSIVE p AS (
		(SELECT priority FROM deliveries WHERE ` + claimable + ` ORDER BY priority DESC LIMIT 1)
		UNION ALL
		SELECT n.* FROM p CROSS JOIN LATERAL
			(SELECT priority FROM deliveries WHERE ` + claimable + ` AND priority < p.priority ORDER BY priority DESC LIMIT 1) n)
	SELECT min(n.due) FROM p CROSS JOIN LATERAL
		(SELECT due FROM deliveries WHERE ` + claimable + ` AND priority = p.priority AND due > $2 ORDER BY due LIMIT 1) n`

func (t *tx) claim(app string, max int, lease time.Duration) (due []outbox.Delivery, next time.Time, err error) {
	if err := t.lapse(); err != nil {
		return nil, next, err
	}
	if err := t.sameTime(); err != nil {
		return nil, next, err
	}
	t.ask(func(r pgx.Rows) error {
		var d outbox.Delivery
		err := scan(r, &d, &d.Fence)
		due = append(due, d)
		return err
	}, `WITH these AS (SELECT id FROM deliveries WHERE `+claimable+` AND due <= $2 ORDER BY priority DESC, due, id LIMIT $3 FOR UPDATE SKIP LOCKED)
		UPDATE deliveries d SET lease = $4, fence = nextval('fences'), holder = $5 FROM these WHERE d.id = these.id
		RETURNING `+columns+", d.fence", app, t.now, max, t.at.Add(lease).UnixMilli(), t.holder)
	t.askEarliest(&next, nextDue, "SELECT min(lease) FROM deliveries WHERE app = $1 AND lease > 0", app)
	if err := t.send(); err != nil {
		return nil, next, err
	}
	slices.SortFunc(due, func(a, b outbox.Delivery) int {
		return cmp.Or(cmp.Compare(b.Priority, a.Priority), a.Due.Compare(b.Due), cmp.Compare(a.ID, b.ID))
	})
	return due, next, nil
}

// askEarliest reads, when it is sent, the first of when something is due after
// now and when a lease ends; it leaves next where there is neither.
func (t *tx) askEarliest(next *time.Time, due, lease, app string) {
	first := func(r pgx.Rows) error {
		var at *int64
		err := r.Scan(&at)
		if at != nil && (next.IsZero() || *at < next.UnixMilli()) {
			*next = instant(*at)
		}
		return err
	}
	t.ask(first, due, app, t.now)
	t.ask(first, lease, app)
}

// lapse ends the leases whose time is over, and reads the clock. What another
// is changing at the same time is left to it.
func (t *tx) lapse() error {
	t.askClock()
	return t.lose("lease > 0 AND lease <= (SELECT "+nowMillis+")", "SKIP LOCKED")
}

// loseOwn ends the leases that this store has given.
func (t *tx) loseOwn() error {
	t.askClock()
	return t.lose("lease > 0 AND holder = $1", "", t.holder)
}

// lose ends the leases that the condition names. Attempts in flight are of
// unknown outcome then.
func (t *tx) lose(which, skip string, args ...any) error {
	var held []*delivery
	t.askDeliveries(&held, "WHERE "+which+" ORDER BY id FOR UPDATE "+skip, args...)
	t.ask(func(pgx.Rows) error {
		t.wake = true
		return nil
	}, `WITH these AS (SELECT delivery, kind FROM followups WHERE `+which+` ORDER BY delivery, kind FOR UPDATE `+skip+`)
		UPDATE followups f SET lease = 0, holder = 0 FROM these WHERE f.delivery = these.delivery AND f.kind = these.kind RETURNING 1`, args...)
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
