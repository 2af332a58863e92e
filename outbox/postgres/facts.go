package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"workbell/outbox"
)

// Facts returns what is known of the keys; see outbox.Store.
func (s *Store) Facts(ctx context.Context, keys ...string) (map[string]outbox.Fact, error) {
	known := make(map[string]outbox.Fact, len(keys))
	err := s.run(ctx, "reading facts", func(t *tx) error {
		return t.each(func(r pgx.Rows) error {
			var f outbox.Fact
			var until int64
			err := r.Scan(&f.Key, &f.Value, &until)
			f.Until = instant(until)
			known[f.Key] = f
			return err
		}, "SELECT key, value, until FROM facts WHERE key = ANY($1) AND (until = 0 OR until > "+nowMillis+")", keys)
	})
	if err != nil {
		return nil, err
	}
	return known, nil
}

// nowMillis is the database's clock in a statement.
const nowMillis = "floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint"

// Learn keeps a fact; see outbox.Store.
func (s *Store) Learn(ctx context.Context, f outbox.Fact, ifNew bool) (kept bool, err error) {
	if f.Key == "" {
		return false, errors.New("keeping a fact: it has no key")
	}
	err = s.run(ctx, "keeping a fact", func(t *tx) error {
		kept = false
		t.askClock()
		err := t.each(func(pgx.Rows) error {
			kept = true
			return nil
		}, `INSERT INTO facts (key, value, until) VALUES ($1, $2, $3)
			ON CONFLICT (key) DO UPDATE SET value = excluded.value, until = excluded.until
			WHERE NOT $4 OR facts.until > 0 AND facts.until <= `+nowMillis+` RETURNING 1`,
			f.Key, append([]byte{}, f.Value...), millis(f.Until), ifNew)
		if err != nil {
			return err
		}
		return t.sameTime() // others reckon by what it says: when a heartbeat beat, until when a lease lasts
	})
	return kept && err == nil, err
}

// Forget removes facts; see outbox.Store.
func (s *Store) Forget(ctx context.Context, keys ...string) error {
	return s.run(ctx, "removing facts", func(t *tx) error {
		return t.exec("DELETE FROM facts WHERE key IN (SELECT key FROM facts WHERE key = ANY($1) ORDER BY key FOR UPDATE)", keys)
	})
}

// outdate removes some of the facts that are not known any more.
func (t *tx) outdate() {
	t.later(`DELETE FROM facts WHERE key IN (SELECT key FROM facts WHERE until > 0 AND until <= $1 LIMIT 200 FOR UPDATE SKIP LOCKED)`, t.now)
}
