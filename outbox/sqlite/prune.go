package sqlite

import (
	"context"
	"time"
)

// Prune removes old events; see outbox.Store. One call looks at no more than
// ten times max events, and the next goes on where it stopped.
func (s *Store) Prune(ctx context.Context, before time.Time, max int) (removed int, err error) {
	err = s.hand(ctx, "removing old events", &op{anyway: true, do: func(t *tx) error {
		removed, err = t.prune(before.UnixMilli(), max)
		return err
	}})
	if err != nil {
		return 0, err
	}
	return removed, nil
}

// span is an event with the deliveries that it was kept with.
type span struct{ event, first, last int64 }

func (t *tx) prune(before int64, max int) (removed int, err error) {
	if err := t.forget(); err != nil {
		return 0, err
	}
	if _, err := t.conn.exec("DELETE FROM recent WHERE until <= ?", t.now); err != nil {
		return 0, err
	}
	if err := t.outdate(); err != nil {
		return 0, err
	}
	from := t.pruned
	t.undo(func() { t.pruned = from })
	old, next, err := t.older(from, before, 10*max)
	if err != nil {
		return 0, err
	}
	for _, e := range old {
		if removed == max {
			next = e.event - 1
			break
		}
		over, err := t.over(e)
		if err != nil {
			return 0, err
		}
		if !over {
			continue
		}
		if err := t.remove(e); err != nil {
			return 0, err
		}
		removed++
	}
	t.pruned = next
	return removed, t.groups.prune(t)
}

// older returns up to limit events after from that are older than before and
// whose keys are free again, and where to go on: 0 is the beginning.
func (t *tx) older(from, before int64, limit int) (old []span, next int64, err error) {
	seen, young := 0, false
	err = t.conn.query(func(r row) error {
		if young = young || r.int(3) >= before; young {
			return nil
		}
		seen++
		next = r.int(0)
		if r.int(4) <= t.now {
			old = append(old, span{r.int(0), r.int(1), r.int(1) + r.int(2) - 1})
		}
		return nil
	}, "SELECT id, first, calls, received, key_until FROM events WHERE id > ? ORDER BY id LIMIT ?", from, int64(limit))
	if young || seen < limit {
		next = 0
	}
	return old, next, err
}

// over says whether all of an event's deliveries have ended, with no follow-up
// to come, and none of them rang on a day that lasts still: until then its
// content is needed. So is what leads to an earlier delivery of its content that
// counts.
func (t *tx) over(e span) (bool, error) {
	over := true
	type link struct{ prior, content int64 }
	var links []link
	err := t.deliveriesOf(e, func(r row) {
		if state, rang := r.int(1), r.int(2); state == queued || rang != 0 && t.opts.endOfDay(rang) > t.now || r.int(5) != 0 {
			over = false
		}
		if prior := r.int(3); prior != 0 {
			links = append(links, link{prior, r.int(4)})
		}
	})
	for i := 0; i < len(links) && over && err == nil; i++ {
		var nth int64
		nth, err = t.counting(links[i].prior, links[i].content)
		over = nth == 0
	}
	return over, err
}

// deliveriesOf calls each with id, state, rang, prior, content, and 1 where a
// follow-up is to come.
func (t *tx) deliveriesOf(e span, each func(row)) error {
	return t.conn.query(func(r row) error {
		each(r)
		return nil
	}, `SELECT id, state, rang, prior, content, EXISTS (SELECT 1 FROM followups WHERE delivery = id)
		FROM deliveries WHERE id BETWEEN ? AND ?
		UNION ALL SELECT id, state, rang, prior, content, EXISTS (SELECT 1 FROM followups WHERE delivery = id)
		FROM deliveries INDEXED BY deliveries_split WHERE event = ? AND split = 1`,
		e.first, e.last, e.event)
}

func (t *tx) remove(e span) error {
	var ids []int64
	err := t.deliveriesOf(e, func(r row) {
		ids = append(ids, r.int(0))
		t.counts[r.int(1)]--
	})
	if err != nil {
		return err
	}
	for _, id := range ids {
		for _, sql := range []string{
			"DELETE FROM attempts WHERE delivery = ?", "DELETE FROM receipts WHERE delivery = ?",
			"DELETE FROM notes WHERE delivery = ?", "DELETE FROM deliveries WHERE id = ?",
		} {
			if _, err := t.conn.exec(sql, id); err != nil {
				return err
			}
		}
	}
	_, err = t.conn.exec("DELETE FROM events WHERE id = ?", e.event)
	return err
}
