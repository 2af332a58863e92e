package sqlite

import (
	"context"
	"time"

	"workbell/outbox"
)

// Expire ends what is past its time; see outbox.Store.
func (s *Store) Expire(ctx context.Context, max int) (expired []outbox.Delivery, next time.Time, err error) {
	err = s.run(ctx, "expiring deliveries", 0, func(t *tx) error {
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
	var ids []int64
	earliest := int64(never)
	err = t.conn.query(func(r row) error {
		h, leased := t.leases[r.int(0)]
		switch {
		case leased:
			earliest = min(earliest, h.until)
		case len(ids) == max:
			earliest = min(earliest, r.int(1))
		default:
			ids = append(ids, r.int(0))
		}
		return nil
	}, "SELECT id, expires FROM deliveries INDEXED BY deliveries_expiry WHERE state = 0 AND expires <= ? ORDER BY expires, id LIMIT ? + 0",
		t.now, int64(max+len(t.leases)+1))
	if err != nil {
		return nil, next, err
	}
	for _, id := range ids {
		if err := t.finish(id, outbox.Expired, "it was not worth sending any more (expire)", false); err != nil {
			return nil, next, err
		}
		d, err := t.conn.delivery(&t.routes, id)
		if err != nil {
			return nil, next, err
		}
		expired = append(expired, d)
	}
	r, ok, err := t.conn.one("SELECT expires FROM deliveries INDEXED BY deliveries_expiry WHERE state = 0 AND expires > ? ORDER BY expires LIMIT 1", t.now)
	if ok {
		earliest = min(earliest, r[0])
	}
	if earliest < never {
		next = instant(earliest)
	}
	return expired, next, err
}
