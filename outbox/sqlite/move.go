package sqlite

import (
	"context"
	"database/sql/driver"

	"workbell/outbox"
)

// Marks says how far the store has counted.
func (s *Store) Marks(ctx context.Context) (m outbox.Marks, err error) {
	err = s.read(ctx, "reading how far it has counted", func(c *conn) error {
		r, _, err := c.one("SELECT last_event, last_delivery FROM store")
		if err == nil {
			m = outbox.Marks{LastEvent: r[0], LastDelivery: r[1]}
		}
		return err
	})
	return m, err
}

// MoveShared returns what belongs to no event: quotas and facts.
func (s *Store) MoveShared(ctx context.Context) (outbox.Chunk, error) {
	out := outbox.Chunk{}
	err := s.read(ctx, "reading quotas", func(c *conn) error {
		err := c.move(out, "taken", "SELECT key, n, until, span, call FROM taken WHERE until IS NOT NULL")
		if err == nil {
			err = c.move(out, "facts", "SELECT key, coalesce(value, x''), coalesce(until, 0) FROM facts")
		}
		return err
	})
	return out, err
}

// MoveEvents returns up to max events after one, with all that is theirs, and
// the last of them; 0: there are no more.
func (s *Store) MoveEvents(ctx context.Context, after int64, max int) (out outbox.Chunk, last int64, err error) {
	out = outbox.Chunk{}
	err = s.read(ctx, "reading events", func(c *conn) error {
		if err := c.move(out, "events", moveEvents, after, int64(max)); err != nil || len(out["events"]) == 0 {
			return err
		}
		events := out["events"]
		end := events[len(events)-1]
		last = end[0].(int64)
		if err := c.move(out, "deliveries", moveDeliveries,
			events[0][1], end[1].(int64)+end[2].(int64)-1, after, last); err != nil {
			return err
		}
		for _, d := range out["deliveries"] {
			for table, sql := range ofDelivery {
				if err := c.move(out, table, sql, d[0]); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return out, last, err
}

const moveEvents = `SELECT id, first, calls, received, coalesce(key, ''), key_until, source, kind, coalesce(name, ''), coalesce(status, ''),
	coalesce(severity, ''), coalesce(title, ''), coalesce(group_key, ''), coalesce(headers, ''), coalesce(faults, ''), coalesce(payload, x'')
	FROM events WHERE id > ? ORDER BY id LIMIT ?`

const moveColumns = `d.id, event, rule, r.app, msgtype, repeat, on_resolve, track, state, ready, priority, created, due, expires, (lane IS NOT NULL OR state = 0 AND group_id IS NOT NULL),
	coalesce(group_id, ''), content, nth, rang, updated, spent, tries, task, coalesce(reason, ''), coalesce(parent, 0), coalesce(cause, ''),
	coalesce(waits, 0), escalates, coalesce(resolved, 0), coalesce(acked, 0), people, body`

// Those kept with their events, by the numbers of the first and last; and those
// made later.
const moveDeliveries = "SELECT " + moveColumns + ` FROM deliveries d JOIN routes r ON r.id = d.route WHERE split = 0 AND d.id BETWEEN ? AND ?
	UNION ALL SELECT ` + moveColumns + " FROM deliveries d INDEXED BY deliveries_split JOIN routes r ON r.id = d.route WHERE split = 1 AND event > ? AND event <= ?"

var ofDelivery = map[string]string{
	"attempts": `SELECT delivery, number, began, ended, outcome, coalesce(code, ''), coalesce(error, ''), coalesce(request, ''), task
		FROM attempts WHERE delivery = ? ORDER BY number`,
	"followups": `SELECT delivery, kind, CASE WHEN f.app IS NULL THEN '' ELSE r.app END, f.due, f.event, step, f.tries
		FROM followups f JOIN deliveries d ON d.id = f.delivery JOIN routes r ON r.id = d.route WHERE delivery = ?`,
	"receipts": "SELECT delivery, user, fate, coalesce(code, ''), coalesce(words, ''), at FROM receipts WHERE delivery = ?",
	"notes":    "SELECT delivery, number, at, note FROM notes WHERE delivery = ? ORDER BY number",
}

// move appends the rows of a query to a table of out.
func (c *conn) move(out outbox.Chunk, table, sql string, args ...driver.Value) error {
	return c.query(func(r row) error {
		values := make([]any, len(r))
		for i, v := range r {
			if b, ok := v.([]byte); ok {
				v = append([]byte{}, b...)
			}
			values[i] = v
		}
		out[table] = append(out[table], values)
		return nil
	}, sql, args...)
}
