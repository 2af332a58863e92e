package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// Prune removes old events; see outbox.Store. One call looks at no more than
// ten times max events, and the next goes on where it stopped. Stores on one
// database may do so at the same time.
func (s *Store) Prune(ctx context.Context, before time.Time, max int) (removed int, err error) {
	s.mu.Lock()
	from := s.pruned
	s.mu.Unlock()
	var open, next int64
	err = s.run(ctx, "adding up", func(t *tx) error { // Enqueue does so, too, but for hours there may be none
		t.askIntake()
		t.askFold(&open)
		return nil
	})
	if err != nil {
		return 0, err
	}
	err = s.run(ctx, "removing old events", func(t *tx) error {
		removed, next, err = t.prune(from, before.UnixMilli(), max)
		return err
	})
	if err != nil {
		return 0, err
	}
	s.mu.Lock()
	s.pruned = next
	s.mu.Unlock()
	ring(s.full) // others may have filled one who do not note
	return removed, nil
}

func (t *tx) prune(from, before int64, max int) (removed int, next int64, err error) {
	t.askClock()
	if err := t.send(); err != nil {
		return 0, 0, err
	}
	if err := t.sameTime(); err != nil { // before is of this machine's clock
		return 0, 0, err
	}
	t.forget()
	t.outdate()
	old, next, err := t.older(from, before, 10*max)
	if err != nil {
		return 0, 0, err
	}
	over, err := t.over(old, max)
	if err != nil {
		return 0, 0, err
	}
	if len(over) == max && max > 0 { // there may be more between
		next = over[max-1]
	}
	return len(over), next, t.remove(over)
}

// older returns up to limit events after from that are older than before and
// whose keys are free again, and where to go on: 0 is the beginning.
func (t *tx) older(from, before int64, limit int) (old []int64, next int64, err error) {
	seen, young := 0, false
	err = t.each(func(r pgx.Rows) error {
		var id, received, until int64
		err := r.Scan(&id, &received, &until)
		if young = young || received >= before; young {
			return err
		}
		seen++
		next = id
		if until <= t.now {
			old = append(old, id)
		}
		return err
	}, "SELECT id, received, key_until FROM events WHERE id > $1 ORDER BY id LIMIT $2", from, limit)
	if young || seen < limit {
		next = 0
	}
	return old, next, err
}

// over returns up to max of the events of which all deliveries have ended, with
// no follow-up to come, and no content that counts. What has ended is locked
// first, so that none is revived or followed up meanwhile, then the events, so
// that none gets another (Amend).
func (t *tx) over(old []int64, max int) (over []int64, err error) {
	var held []*delivery
	t.askDeliveries(&held, "WHERE id = ANY(ARRAY("+ofEvents+")) AND state <> 0 ORDER BY id FOR UPDATE", old)
	if err := t.send(); err != nil {
		return nil, err
	}
	locked, err := t.ids("SELECT id FROM events WHERE id = ANY($1) ORDER BY id FOR UPDATE SKIP LOCKED", old)
	if err != nil {
		return nil, err
	}
	return t.ids(`SELECT id FROM events e WHERE id = ANY($1) AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE `+ofEvent+`
		AND (d.state = 0 OR d.counts > $2 OR EXISTS (SELECT 1 FROM followups WHERE delivery = d.id))) ORDER BY id LIMIT $3`, locked, t.now, max)
}

// remove removes events with all that is theirs.
func (t *tx) remove(events []int64) error {
	if len(events) == 0 {
		return t.send()
	}
	ids, err := t.ids(ofEvents, events)
	if err != nil {
		return err
	}
	t.later("DELETE FROM attempts WHERE delivery = ANY($1)", ids)
	t.later("DELETE FROM receipts WHERE delivery = ANY($1)", ids)
	t.later("DELETE FROM notes WHERE delivery = ANY($1)", ids)
	t.ask(func(r pgx.Rows) error {
		var state int64
		err := r.Scan(&state)
		t.counts[state]--
		return err
	}, "DELETE FROM deliveries WHERE id = ANY($1) RETURNING state", ids)
	t.later("DELETE FROM events WHERE id = ANY($1)", events)
	t.later(grouped.prune)
	return t.exec(sourced.prune)
}
