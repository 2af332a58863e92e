package sqlite

import (
	"context"
	"fmt"

	"workbell/outbox"
)

// Take takes quotas for a call that is no attempt; see outbox.Store.
func (s *Store) Take(ctx context.Context, quotas []outbox.Quota) (g outbox.Grant, err error) {
	if err := countable(quotas); err != nil {
		return g, fmt.Errorf("taking quotas: %w", err)
	}
	err = s.run(ctx, "taking quotas", 128*len(quotas), func(t *tx) error {
		g, err = t.takeAll(quotas)
		return err
	})
	if err != nil {
		return outbox.Grant{}, err
	}
	return g, nil
}

func (t *tx) takeAll(quotas []outbox.Quota) (outbox.Grant, error) {
	g, err := t.exceeded(quotas)
	if err != nil || len(g.Over) > 0 {
		return g, err
	}
	if err := t.forget(); err != nil {
		return g, err
	}
	for _, q := range quotas {
		if err := t.spend(q); err != nil {
			return g, err
		}
	}
	return outbox.Grant{OK: true}, nil
}

// spend notes what is taken of one quota for good: in the row for the same key
// and end, where there is one; see join.
func (t *tx) spend(q outbox.Quota) error {
	until := ceil(q.Until)
	if q.Until.IsZero() {
		until = ceil(t.at.Add(q.Window))
	}
	if q.N == 0 || until <= t.now {
		return nil
	}
	joined, err := t.conn.exec(`UPDATE taken SET n = n + ? WHERE id =
		(SELECT id FROM taken WHERE key = ? AND until = ? AND delivery IS NULL AND span = 0 LIMIT 1)`, int64(q.N), q.Key, until)
	if err != nil || joined > 0 {
		return err
	}
	_, err = t.conn.exec("INSERT INTO taken (key, n, until, span, call) VALUES (?, ?, ?, 0, ?)", q.Key, int64(q.N), until, number(q.Call))
	return err
}
