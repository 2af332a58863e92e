package sqlite

import (
	"encoding/binary"
	"errors"

	"workbell/outbox"
)

// groups notes the fingerprint of each event's group key in the order of events:
// eight bytes appended at accept, where an index would rewrite a page for each
// event, since group keys fall anywhere. Who asks for a group reads all of them,
// eight megabytes for a million events, and then only the events that are
// found. What was kept before there were notes is looked for in the events.
type groups struct {
	batch  []byte // of the batch that is not yet committed; its last is lastEvent
	tail   int64  // the first event of the rows not yet folded
	rows   int    // how many these are
	bytes  int    // in them
	folded bool   // by the batch
}

// Rows are folded into one at so many bytes, or when they are so many.
const (
	groupBytes = 64 << 10
	groupRows  = 512
)

// note adds the event that is being kept.
func (g *groups) note(group int64) {
	g.batch = binary.BigEndian.AppendUint64(g.batch, uint64(group)) // #nosec G115 -- a bit pattern
}

func (g *groups) discard() { g.batch, g.folded = g.batch[:0], false }

// save writes the batch's notes, or folds the rows with them.
func (g *groups) save(t *tx) error {
	n := len(g.batch)
	switch {
	case n == 0:
		return nil
	case g.rows == 0 || g.bytes+n < groupBytes && g.rows+1 < groupRows:
		_, err := t.conn.exec("INSERT INTO grouped (first, lot) VALUES (?, ?)", t.lastEvent+1-int64(n/8), g.batch)
		return err
	}
	g.folded = true
	return g.fold(t)
}

// saved notes what the file has, after the commit.
func (g *groups) saved(lastEvent int64) {
	n := len(g.batch)
	switch {
	case n == 0:
		return
	case g.folded:
		g.rows, g.bytes = 0, 0
	default:
		if g.rows == 0 {
			g.tail = lastEvent + 1 - int64(n/8)
		}
		g.rows, g.bytes = g.rows+1, g.bytes+n
	}
	g.discard()
}

// fold writes the rows since tail again as one, with the batch at its end. Some
// of them may have been pruned.
func (g *groups) fold(t *tx) error {
	all := make([]byte, 0, g.bytes+len(g.batch))
	err := t.conn.query(func(r row) error {
		all = append(all, r.bytes(0)...)
		return nil
	}, "SELECT lot FROM grouped WHERE first >= ? ORDER BY first", g.tail)
	if err != nil {
		return err
	}
	if _, err := t.conn.exec("DELETE FROM grouped WHERE first >= ?", g.tail); err != nil {
		return err
	}
	all = append(all, g.batch...)
	_, err = t.conn.exec("INSERT INTO grouped (first, lot) VALUES (?, ?)", t.lastEvent+1-int64(len(all)/8), all)
	return err
}

// prune removes the rows whose events are all gone.
func (g *groups) prune(t *tx) error {
	oldest, ok, err := t.conn.one("SELECT min(id) FROM events")
	if err != nil || !ok {
		return err
	}
	holds, ok, err := t.conn.one("SELECT first FROM grouped WHERE first <= ? ORDER BY first DESC LIMIT 1", oldest[0])
	if err != nil || !ok {
		return err
	}
	_, err = t.conn.exec("DELETE FROM grouped WHERE first < ?", holds[0])
	return err
}

// ofGroup calls each for events up to last that may be of the group, newest
// first, until it wants no more.
func (c *conn) ofGroup(key string, last int64, each func(event int64) (more bool, err error)) error {
	fp, more, upper := fingerprint(key), true, last+1
	err := c.query(func(r row) (err error) {
		first, lot := r.int(0), r.bytes(1)
		more, err = c.unnoted(key, first+int64(len(lot)/8), upper, each)
		for i := min(int64(len(lot)/8), upper-first) - 1; i >= 0 && more && err == nil; i-- {
			if int64(binary.BigEndian.Uint64(lot[8*i:])) == fp { // #nosec G115 -- a bit pattern
				more, err = each(first + i)
			}
		}
		upper = first
		if !more && err == nil {
			err = errEnough
		}
		return err
	}, "SELECT first, lot FROM grouped WHERE first <= ? ORDER BY first DESC", last)
	switch {
	case errors.Is(err, errEnough):
		return nil
	case err == nil:
		_, err = c.unnoted(key, 0, upper, each)
	}
	return err
}

// errEnough ends a query whose rows are not wanted any more.
var errEnough = errors.New("enough")

// unnoted looks for the group's events from first to before end, newest first,
// in the events themselves.
func (c *conn) unnoted(key string, first, end int64, each func(int64) (bool, error)) (more bool, err error) {
	if first >= end {
		return true, nil
	}
	found, err := ids(c, "SELECT id FROM events WHERE id >= ? AND id < ? AND group_key = ? ORDER BY id DESC", first, end, key)
	for i := 0; i < len(found) && err == nil; i++ {
		if more, err = each(found[i]); !more {
			return false, err
		}
	}
	return true, err
}

// ofGroups finds, newest first, the deliveries that were kept with events of
// f's group, where find has those of some events that are wanted. Parts that
// were split off are not among them.
func ofGroups(c *conn, f outbox.Filter, find func(events []int64) ([]int64, error)) (all []int64, err error) {
	newest, ok, err := c.one("SELECT event FROM deliveries WHERE id < ? AND split = 0 ORDER BY id DESC LIMIT 1", f.Before)
	if err != nil || !ok {
		return nil, err
	}
	var events []int64
	ask := func() error {
		some, err := find(events)
		all, events = append(all, some...), events[:0]
		return err
	}
	err = c.ofGroup(f.GroupKey, newest[0], func(event int64) (bool, error) {
		if events = append(events, event); len(events) < max(f.Limit, 512) {
			return true, nil
		}
		err := ask()
		return len(all) < f.Limit, err
	})
	if err == nil && len(events) > 0 {
		err = ask()
	}
	return all, err
}
