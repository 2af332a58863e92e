package sqlite

import (
	"context"
	"errors"
	"time"

	"workbell/outbox"
)

// Facts returns what is known of the keys; see outbox.Store.
func (s *Store) Facts(ctx context.Context, keys ...string) (map[string]outbox.Fact, error) {
	known := make(map[string]outbox.Fact, len(keys))
	err := s.read(ctx, "reading facts", func(c *conn) error {
		now := time.Now().UnixMilli()
		for _, k := range keys {
			err := c.query(func(r row) error {
				known[k] = outbox.Fact{Key: k, Value: r.bytes(0), Until: instant(r.int(1))}
				return nil
			}, "SELECT value, until FROM facts WHERE key = ? AND (until IS NULL OR until > ?)", k, now)
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return known, nil
}

// Learn keeps a fact; see outbox.Store.
func (s *Store) Learn(ctx context.Context, f outbox.Fact, ifNew bool) (kept bool, err error) {
	if f.Key == "" {
		return false, errors.New("keeping a fact: it has no key")
	}
	err = s.run(ctx, "keeping a fact", len(f.Value), func(t *tx) error {
		kept, err = t.learn(f, ifNew)
		return err
	})
	return kept && err == nil, err
}

func (t *tx) learn(f outbox.Fact, ifNew bool) (bool, error) {
	until := any(nil)
	if !f.Until.IsZero() {
		until = millis(f.Until)
	}
	n, err := t.conn.exec(`INSERT INTO facts (key, value, until) VALUES (?, ?, ?)
		ON CONFLICT (key) DO UPDATE SET value = excluded.value, until = excluded.until WHERE ? = 0 OR until <= ?`,
		f.Key, f.Value, until, number(ifNew), t.now)
	return n > 0, err
}

// Forget removes facts; see outbox.Store.
func (s *Store) Forget(ctx context.Context, keys ...string) error {
	return s.run(ctx, "removing facts", 0, func(t *tx) error {
		for _, k := range keys {
			if _, err := t.conn.exec("DELETE FROM facts WHERE key = ?", k); err != nil {
				return err
			}
		}
		return nil
	})
}

// outdate removes some of the facts that are not known any more.
func (t *tx) outdate() error {
	_, err := t.conn.exec("DELETE FROM facts WHERE key IN (SELECT key FROM facts WHERE until <= ? LIMIT 200)", t.now)
	return err
}
