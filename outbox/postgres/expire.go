package postgres

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"workbell/outbox"
)

// Expire ends what is past its time; see outbox.Store.
func (s *Store) Expire(ctx context.Context, max int) (expired []outbox.Delivery, next time.Time, err error) {
	err = s.run(ctx, "expiring deliveries", func(t *tx) error {
		expired, next, err = t.expire(max)
		return err
	})
	if err != nil {
		return nil, time.Time{}, err
	}
	return expired, next, nil
}

func (t *tx) expire(max int) (expired []outbox.Delivery, next time.Time, err error) {
	if err := t.lapse(); err != nil {
		return nil, next, err
	}
	const those = "WHERE state = 0 AND expires <= $1 AND lease = 0 ORDER BY expires, id LIMIT $2"
	var lanes []int64
	t.askLanesOf(&lanes, those, t.now, max)
	if err := t.send(); err != nil {
		return nil, next, err
	}
	t.askLanes(lanes)
	var over []*delivery
	t.askDeliveries(&over, those+" FOR UPDATE SKIP LOCKED", t.now, max)
	if err := t.send(); err != nil {
		return nil, next, err
	}
	over = slices.DeleteFunc(over, func(d *delivery) bool { return d.lane != 0 && !slices.Contains(lanes, d.lane) }) // come in between
	for _, d := range over {
		t.finish(d, outbox.Expired, "it was not worth sending any more (expire)", false)
	}
	for _, d := range over {
		x, err := t.delivery(d.id)
		if err != nil {
			return nil, next, err
		}
		expired = append(expired, x)
	}
	next, err = t.nextExpiry()
	return expired, next, err
}

// nextExpiry is when something expires that is not leased, or the lease ends of
// what has; zero: never.
func (t *tx) nextExpiry() (next time.Time, err error) {
	err = t.each(func(r pgx.Rows) error {
		var at *int64
		err := r.Scan(&at)
		if at != nil && *at < never {
			next = instant(*at)
		}
		return err
	}, `SELECT least(
		(SELECT expires FROM deliveries WHERE state = 0 AND expires <= $1 AND lease = 0 ORDER BY expires LIMIT 1),
		(SELECT min(lease) FROM deliveries WHERE lease > 0 AND state = 0 AND expires <= $1),
		(SELECT min(expires) FROM deliveries WHERE state = 0 AND expires > $1))`, t.now)
	return next, err
}
