package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"workbell/outbox"
)

// Stats counts what is in the store, without scanning it.
func (s *Store) Stats(ctx context.Context) (st outbox.Stats, err error) {
	err = s.read(ctx, "counting deliveries", func(t *tx) error {
		st = outbox.Stats{States: map[outbox.State]int{}}
		t.ask(func(r pgx.Rows) error {
			var state int64
			var n int
			err := r.Scan(&state, &n)
			st.States[codes[state]] = n
			return err
		}, "SELECT state, sum(n)::bigint FROM tally GROUP BY state HAVING sum(n) <> 0")
		t.ask(func(r pgx.Rows) error {
			var oldest *int64
			err := r.Scan(&oldest)
			if oldest != nil {
				st.Oldest = instant(*oldest)
			}
			return err
		}, oldest)
		err := t.send()
		st.Open = st.States[outbox.Queued]
		return err
	})
	return st, err
}

// oldest is when the oldest open delivery was taken: those kept with their events
// were so in the order of their ids.
const oldest = `SELECT least((SELECT created FROM deliveries WHERE state = 0 ORDER BY id LIMIT 1),
	(SELECT min(created) FROM deliveries WHERE state = 0 AND stray))`

// askFold adds up, when it is sent, what has been appended to the tally since the
// last time, and counts what is open. It needs intake.
func (t *tx) askFold(open *int64) {
	t.ask(func(r pgx.Rows) error {
		var state, n int64
		err := r.Scan(&state, &n)
		if state == queued {
			*open = n
		}
		return err
	}, `WITH gone AS (DELETE FROM tally RETURNING state, n)
		INSERT INTO tally SELECT state, sum(n) FROM gone GROUP BY state RETURNING state, n`)
}

// Used returns how much of each key's quota is taken now.
func (s *Store) Used(ctx context.Context, keys ...string) (map[string]int, error) {
	used := make(map[string]int, len(keys))
	err := s.read(ctx, "reading quotas", func(t *tx) error {
		for _, k := range keys {
			used[k] = 0
		}
		return t.each(func(r pgx.Rows) error {
			var key string
			var n int
			err := r.Scan(&key, &n)
			used[key] = n
			return err
		}, "SELECT key, sum(n)::bigint FROM taken WHERE key = ANY($1) AND (until = 0 OR until > "+nowMillis+") GROUP BY key", keys)
	})
	if err != nil {
		return nil, err
	}
	return used, nil
}

// Ready returns nil if the store can be written to: it appends nothing to the
// tally, and commits that. A clock that is wrong is a reason not to be.
func (s *Store) Ready(ctx context.Context) error {
	return s.run(ctx, "writing a probe", func(t *tx) error {
		t.askClock()
		if err := t.exec("INSERT INTO tally VALUES ($1, 0)", queued); err != nil {
			return err
		}
		return t.sameTime()
	})
}
