package postgres

import (
	"context"
	"fmt"

	"workbell/outbox"
)

// Reserve takes quotas and begins an attempt; see outbox.Store.
func (s *Store) Reserve(ctx context.Context, lease outbox.Lease, quotas []outbox.Quota) (g outbox.Grant, err error) {
	if err := countable(quotas); err != nil {
		return g, fmt.Errorf("reserving for delivery %d: %w", lease.ID, err)
	}
	err = s.run(ctx, "reserving", func(t *tx) error {
		g, err = t.reserve(lease, quotas)
		return err
	})
	if err != nil {
		return outbox.Grant{}, err
	}
	return g, nil
}

func (t *tx) reserve(lease outbox.Lease, quotas []outbox.Quota) (outbox.Grant, error) {
	var found []*delivery
	t.askDeliveries(&found, "WHERE id = $1 FOR UPDATE", lease.ID)
	taken, err := t.lockQuotas(quotas)
	if err != nil {
		return outbox.Grant{}, err
	}
	switch {
	case len(found) == 0 || !found[0].leased(lease) || found[0].lease <= t.now:
		return outbox.Grant{}, refusal{outbox.ErrFenced}
	case found[0].flying != 0:
		return outbox.Grant{}, refusal{fmt.Errorf("reserving for delivery %d: its attempt %d has not ended; Update ends it", lease.ID, found[0].flying)}
	}
	g := exceeded(quotas, taken)
	if len(g.Over) > 0 {
		return g, nil
	}
	number := found[0].tries + 1
	t.forget()
	t.take(lease.ID, quotas)
	t.later("UPDATE deliveries SET tries = $1, flying = $1 WHERE id = $2", number, lease.ID)
	t.later("INSERT INTO attempts (delivery, number, began, outcome) VALUES ($1, $2, $3, $4)", lease.ID, number, t.now, string(outbox.Begun))
	return outbox.Grant{OK: true, Attempt: int(number)}, nil
}

// Take takes quotas for a call that is no attempt; see outbox.Store.
func (s *Store) Take(ctx context.Context, quotas []outbox.Quota) (g outbox.Grant, err error) {
	if err := countable(quotas); err != nil {
		return g, fmt.Errorf("taking quotas: %w", err)
	}
	err = s.run(ctx, "taking quotas", func(t *tx) error {
		taken, err := t.lockQuotas(quotas)
		if err != nil {
			return err
		}
		if g = exceeded(quotas, taken); len(g.Over) > 0 {
			return nil
		}
		t.forget()
		t.spend(quotas)
		g.OK = true
		return nil
	})
	if err != nil {
		return outbox.Grant{}, err
	}
	return g, nil
}

// spend notes what is taken of quotas for good: in the row for the same key and
// end, where there is one; see settle.
func (t *tx) spend(quotas []outbox.Quota) {
	var keys []string
	var ns, untils []int64
	var calls []bool
	for _, q := range quotas {
		until := ceil(q.Until)
		if q.Until.IsZero() {
			until = ceil(t.at.Add(q.Window))
		}
		if q.N > 0 && until > t.now {
			keys, ns, untils, calls = append(keys, q.Key), append(ns, int64(q.N)), append(untils, until), append(calls, q.Call)
		}
	}
	if len(keys) > 0 {
		t.later(`INSERT INTO taken (key, n, until, span, call, delivery)
			SELECT key, sum(n), until, 0, bool_or(call), 0 FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::boolean[]) q (key, n, until, call)
			GROUP BY key, until ORDER BY key, until `+intoSum, keys, ns, untils, calls)
	}
}
