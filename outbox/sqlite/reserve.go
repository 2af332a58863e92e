package sqlite

import (
	"context"
	"fmt"
	"slices"
	"time"

	"workbell/outbox"
)

// Reserve takes quotas and begins an attempt; see outbox.Store.
func (s *Store) Reserve(ctx context.Context, lease outbox.Lease, quotas []outbox.Quota) (g outbox.Grant, err error) {
	if err := countable(quotas); err != nil {
		return g, fmt.Errorf("reserving for delivery %d: %w", lease.ID, err)
	}
	err = s.run(ctx, "reserving", 128*len(quotas), func(t *tx) error {
		g, err = t.reserve(lease, quotas)
		return err
	})
	if err != nil {
		return outbox.Grant{}, err
	}
	return g, nil
}

func countable(quotas []outbox.Quota) error {
	for _, q := range quotas {
		if q.N < 0 || q.Limit < 0 || q.Window < 0 {
			return fmt.Errorf("the quota %s has a number below zero", q.Key)
		}
	}
	return nil
}

func (t *tx) reserve(lease outbox.Lease, quotas []outbox.Quota) (outbox.Grant, error) {
	h, ok := t.leases[lease.ID]
	switch {
	case !ok || h.fence != lease.Fence || h.until <= t.now:
		return outbox.Grant{}, refusal{outbox.ErrFenced}
	case h.attempt != 0:
		return outbox.Grant{}, refusal{fmt.Errorf("reserving for delivery %d: its attempt %d has not ended; Update ends it", lease.ID, h.attempt)}
	}
	g, err := t.exceeded(quotas)
	if err != nil || len(g.Over) > 0 {
		return g, err
	}
	if err := t.forget(); err != nil {
		return g, err
	}
	for _, q := range quotas {
		if err := t.take(lease.ID, q); err != nil {
			return g, err
		}
	}
	r, _, err := t.conn.one("UPDATE deliveries SET tries = tries + 1 WHERE id = ? RETURNING tries", lease.ID)
	if err != nil {
		return g, err
	}
	h.attempt = r[0]
	if _, err := t.conn.exec("INSERT INTO attempts (delivery, number, began, outcome) VALUES (?, ?, ?, 'begun')",
		lease.ID, h.attempt, t.now); err != nil {
		return g, err
	}
	t.setLease(lease.ID, &h)
	return outbox.Grant{OK: true, Attempt: int(h.attempt)}, nil
}

// exceeded finds the quotas that stand in the way.
func (t *tx) exceeded(quotas []outbox.Quota) (g outbox.Grant, err error) {
	want := make(map[string]int64, len(quotas))
	for _, q := range quotas {
		want[q.Key] += int64(q.N)
	}
	unknown := false
	for _, q := range quotas {
		if q.Limit == 0 || q.N == 0 || slices.Contains(g.Over, q.Key) {
			continue
		}
		used, err := t.conn.used(q.Key, t.now)
		if err != nil {
			return g, err
		}
		excess := used + want[q.Key] - int64(q.Limit)
		if excess <= 0 {
			continue
		}
		g.Over = append(g.Over, q.Key)
		g.Never = g.Never || want[q.Key] > int64(q.Limit)
		at, err := t.freed(q.Key, excess)
		if err != nil {
			return g, err
		}
		unknown = unknown || at.IsZero()
		if at.After(g.RetryAt) {
			g.RetryAt = at
		}
	}
	if unknown || g.Never {
		g.RetryAt = time.Time{}
	}
	return g, nil
}

// used returns how much of a key is taken at now.
func (c *conn) used(key string, now int64) (int64, error) {
	r, _, err := c.one(`SELECT (SELECT coalesce(sum(n), 0) FROM taken WHERE key = ? AND until IS NULL)
		+ (SELECT coalesce(sum(n), 0) FROM taken WHERE key = ? AND until > ?)`, key, key, now)
	if err != nil {
		return 0, err
	}
	return r[0], nil
}

// freed returns when n of what is taken of a key stops counting, or zero where
// that depends on attempts in flight.
func (t *tx) freed(key string, n int64) (at time.Time, err error) {
	err = t.conn.query(func(r row) error {
		if n > 0 {
			if n -= r.int(1); n <= 0 {
				at = instant(r.int(0))
			}
		}
		return nil
	}, "SELECT until, n FROM taken WHERE key = ? AND until > ? ORDER BY until", key, t.now)
	return at, err
}

// take notes what the attempt that begins takes of one quota.
func (t *tx) take(delivery int64, q outbox.Quota) error {
	until, span := any(nil), int64(0)
	switch {
	case q.N == 0:
		return nil
	case q.Until.IsZero():
		span = (q.Window + time.Millisecond - 1).Milliseconds()
	case q.Until.After(t.at):
		until = ceil(q.Until)
	default:
		return nil // it counts no more
	}
	call := int64(0)
	if q.Call {
		call = 1
	}
	_, err := t.conn.exec("INSERT INTO taken (key, n, until, span, call, delivery) VALUES (?, ?, ?, ?, ?, ?)",
		q.Key, int64(q.N), until, span, call, delivery)
	return err
}

// settle gives back what an attempt that has ended took, or lets it count until
// its windows have passed.
func (t *tx) settle(delivery int64, back bool) error {
	type part struct{ id, n, until, span, call int64 }
	parts, keys := []part{}, []string{}
	err := t.conn.query(func(r row) error {
		parts = append(parts, part{r.int(0), r.int(1), r.int(2), r.int(3), r.int(4)})
		keys = append(keys, r.text(5))
		return nil
	}, "SELECT id, n, until, span, call, key FROM taken WHERE delivery = ?", delivery)
	if err != nil {
		return err
	}
	for i, p := range parts {
		switch {
		case back && p.call == 0:
			_, err = t.conn.exec("DELETE FROM taken WHERE id = ?", p.id)
		case p.until == 0:
			until := ceil(t.at.Add(time.Duration(p.span) * time.Millisecond))
			_, err = t.conn.exec("UPDATE taken SET until = ?, delivery = NULL WHERE id = ?", until, p.id)
		default:
			err = t.join(keys[i], p.id, p.n, p.until)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// join adds a fixed quota to the row for the same key and end, so that there is
// one for an employee and day, not one for each message.
func (t *tx) join(key string, id, n, until int64) error {
	joined, err := t.conn.exec(`UPDATE taken SET n = n + ? WHERE id =
		(SELECT id FROM taken WHERE key = ? AND until = ? AND delivery IS NULL AND span = 0 LIMIT 1)`, n, key, until)
	if err != nil {
		return err
	}
	if joined > 0 {
		_, err = t.conn.exec("DELETE FROM taken WHERE id = ?", id)
	} else {
		_, err = t.conn.exec("UPDATE taken SET delivery = NULL WHERE id = ?", id)
	}
	return err
}

// forget removes some of what counts no more. What an attempt in flight has
// taken stays for settle.
func (t *tx) forget() error {
	_, err := t.conn.exec(`DELETE FROM taken WHERE id IN
		(SELECT id FROM taken WHERE until <= ? AND delivery IS NULL LIMIT 200)`, t.now)
	return err
}
