package sqlite

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"workbell/outbox"
)

// read runs do on a connection of its own, seeing one state of the store.
func (s *Store) read(ctx context.Context, doing string, do func(*conn) error) (err error) {
	s.reading.RLock()
	defer s.reading.RUnlock()
	s.mu.Lock()
	closed := s.closed
	s.mu.Unlock()
	if closed {
		return outbox.ErrClosed
	}
	var c *conn
	select {
	case c = <-s.readers:
	case <-ctx.Done():
		return fmt.Errorf("%s: %w", doing, ctx.Err())
	}
	defer func() { s.readers <- c }()
	if err := c.run("BEGIN"); err != nil {
		return fmt.Errorf("%s from %s: %w", doing, s.opts.Path, err)
	}
	err = errors.Join(do(c), c.run("COMMIT"))
	switch {
	case errors.Is(err, outbox.ErrNotFound):
		return outbox.ErrNotFound
	case err != nil:
		return fmt.Errorf("%s from %s: %w", doing, s.opts.Path, err)
	}
	return nil
}

// Get returns one delivery with all that is its, or outbox.ErrNotFound.
func (s *Store) Get(ctx context.Context, id int64) (d outbox.Delivery, err error) {
	err = s.read(ctx, "reading a delivery", func(c *conn) (err error) {
		d, err = c.whole(&s.routes, id)
		return err
	})
	return d, err
}

// Event returns one event, or outbox.ErrNotFound.
func (s *Store) Event(ctx context.Context, id int64) (e outbox.Event, err error) {
	err = s.read(ctx, "reading an event", func(c *conn) error {
		found := false
		err := c.query(func(r row) error {
			found = true
			e = r.event()
			e.Key, e.Payload = r.text(11), r.bytes(12)
			if headers := r.text(13); headers != "" {
				return json.Unmarshal([]byte(headers), &e.Headers)
			}
			return nil
		}, "SELECT "+eventColumns+", key, payload, headers FROM events WHERE id = ?", id)
		if err == nil && !found {
			err = outbox.ErrNotFound
		}
		return err
	})
	return e, err
}

// Events returns events, newest first; see outbox.Store.
func (s *Store) Events(ctx context.Context, f outbox.EventFilter) (list []outbox.Event, err error) {
	f = f.Bounded()
	where, args := "id < ? AND id > ?", []driver.Value{f.Before, f.After}
	if f.Source != "" { // without an index: one would cost each event, and this is asked by people
		where, args = where+" AND source = ?", append(args, f.Source)
	}
	err = s.read(ctx, "listing events", func(c *conn) error {
		return c.query(func(r row) error {
			list = append(list, r.event())
			return nil
		}, "SELECT "+eventColumns+" FROM events WHERE "+where+" ORDER BY id DESC LIMIT ?", append(args, int64(f.Limit))...)
	})
	return list, err
}

// eventColumns are those that event reads.
const eventColumns = "id, source, kind, name, status, severity, title, group_key, faults, received, calls"

func (r row) event() outbox.Event {
	return outbox.Event{
		ID: r.int(0), Source: r.text(1), Kind: r.text(2), Name: r.text(3), Status: r.text(4), Severity: r.text(5),
		Title: r.text(6), GroupKey: r.text(7), Faults: r.text(8), Received: instant(r.int(9)), Calls: int(r.int(10)),
	}
}

// List returns deliveries, newest first; see outbox.Store.
func (s *Store) List(ctx context.Context, f outbox.Filter) (list []outbox.Delivery, err error) {
	if f.Limit <= 0 {
		f.Limit = 50
	}
	f.Limit = min(f.Limit, 500)
	if f.Before <= 0 {
		f.Before = 1<<63 - 1
	}
	err = s.read(ctx, "listing deliveries", func(c *conn) error {
		ids, err := s.matching(c, f)
		for _, id := range ids {
			if err != nil {
				return err
			}
			var d outbox.Delivery
			d, err = c.delivery(&s.routes, id)
			list = append(list, d)
		}
		return err
	})
	return list, err
}

// matching returns the ids that List wants, by the index that fits.
func (s *Store) matching(c *conn, f outbox.Filter) ([]int64, error) {
	routes := s.routes.matching(f.Source, f.Rule, f.App)
	switch {
	case len(routes) == 0:
		return nil, nil
	case f.Event != 0 || f.GroupKey != "" || f.Of != 0 || f.WaitsWith != 0:
		return ofEvents(c, f, routes)
	case len(f.States) == 0 && f.Source == "" && f.Rule == "" && f.App == "":
		return ids(c, "SELECT id FROM deliveries WHERE id < ? ORDER BY id DESC LIMIT ?", f.Before, int64(f.Limit))
	}
	states := f.States
	if len(states) == 0 {
		states = codes
	}
	var all []int64
	for _, r := range routes {
		for _, state := range states {
			some, err := ids(c, "SELECT id FROM deliveries INDEXED BY deliveries_list WHERE route = ? AND state = ? AND id < ? ORDER BY id DESC LIMIT ?",
				r, code(state), f.Before, int64(f.Limit))
			if err != nil {
				return nil, err
			}
			all = append(all, some...)
		}
	}
	return newest(all, f.Limit), nil
}

// ofEvents finds the deliveries of one event, of the events of one group, or
// those that stem from a delivery.
func ofEvents(c *conn, f outbox.Filter, routes []int64) ([]int64, error) {
	where, args := "true", []driver.Value{}
	if f.Event != 0 {
		where, args = "e.id = ?", append(args, f.Event)
	}
	if f.GroupKey != "" {
		where, args = where+" AND e.group_key = ?", append(args, f.GroupKey)
	}
	where += " AND d.id < ? AND d.route IN (" + list(routes) + ")"
	if len(f.States) > 0 {
		var states []int64
		for _, s := range f.States {
			states = append(states, code(s))
		}
		where += " AND d.state IN (" + list(states) + ")"
	}
	args = append(args, f.Before, int64(f.Limit))
	if f.WaitsWith != 0 {
		args = append([]driver.Value{f.WaitsWith}, args...)
		return ids(c, "SELECT d.id FROM deliveries d INDEXED BY deliveries_waits CROSS JOIN events e ON e.id = d.event WHERE d.waits = (SELECT waits FROM deliveries WHERE id = ?) AND "+
			where+" ORDER BY d.id DESC LIMIT ?", args...)
	}
	if f.Of != 0 {
		args = append([]driver.Value{f.Of}, args...)
		return ids(c, "SELECT d.id FROM deliveries d INDEXED BY deliveries_parent CROSS JOIN events e ON e.id = d.event WHERE d.parent = ? AND "+
			where+" ORDER BY d.id DESC LIMIT ?", args...)
	}
	parts, err := ids(c, "SELECT d.id FROM deliveries d INDEXED BY deliveries_split CROSS JOIN events e ON e.id = d.event WHERE d.split = 1 AND "+
		where+" ORDER BY d.id DESC LIMIT ?", args...)
	if err != nil {
		return nil, err
	}
	find := func(events []int64) ([]int64, error) {
		given, err := json.Marshal(events)
		if err != nil {
			return nil, err
		}
		// By the index of routes, all deliveries of a route were read for each event.
		return ids(c, `SELECT d.id FROM json_each(?) CROSS JOIN events e ON e.id = value
			CROSS JOIN deliveries d NOT INDEXED ON d.id BETWEEN e.first AND e.first + e.calls - 1 WHERE `+
			where+" ORDER BY d.id DESC LIMIT ?", append([]driver.Value{string(given)}, args...)...)
	}
	kept := []int64(nil)
	if f.Event != 0 {
		kept, err = find([]int64{f.Event})
	} else {
		kept, err = ofGroups(c, f, find)
	}
	return newest(append(parts, kept...), f.Limit), err
}

func list(ints []int64) string {
	return strings.Trim(strings.Join(strings.Fields(fmt.Sprint(ints)), ","), "[]")
}

func ids(c *conn, sql string, args ...driver.Value) (out []int64, err error) {
	err = c.query(func(r row) error {
		out = append(out, r.int(0))
		return nil
	}, sql, args...)
	return out, err
}

func newest(ids []int64, limit int) []int64 {
	slices.SortFunc(ids, func(a, b int64) int { return int(b - a) })
	ids = slices.Compact(ids)
	return ids[:min(limit, len(ids))]
}

// Stats counts what is in the store, without scanning it.
func (s *Store) Stats(ctx context.Context) (st outbox.Stats, err error) {
	err = s.read(ctx, "counting deliveries", func(c *conn) error {
		s.mu.Lock()
		by := s.stats
		s.mu.Unlock()
		st = outbox.Stats{Open: int(by[queued]), States: by.byState()}
		oldest := int64(never)
		// A part that was split off is older than its id.
		part, ok, err := c.one("SELECT created FROM deliveries INDEXED BY deliveries_parts WHERE split = 1 AND state = 0 ORDER BY created LIMIT 1")
		if err != nil {
			return err
		}
		if ok {
			oldest = part[0]
		}
		for _, r := range s.routes.matching("", "", "") {
			first, ok, err := c.one("SELECT id, created FROM deliveries INDEXED BY deliveries_list WHERE route = ? AND state = 0 ORDER BY id LIMIT 1", r)
			if err != nil {
				return err
			}
			if ok {
				oldest = min(oldest, first[1])
			}
		}
		if oldest < never {
			st.Oldest = instant(oldest)
		}
		return nil
	})
	return st, err
}

// Size returns the bytes of the file's pages that hold something.
func (s *Store) Size(ctx context.Context) (size int64, err error) {
	err = s.read(ctx, "measuring the store", func(c *conn) error {
		all, _, err := c.one("PRAGMA page_count")
		if err != nil {
			return err
		}
		free, _, err := c.one("PRAGMA freelist_count")
		size = (all[0] - free[0]) * pageSize
		return err
	})
	return size, err
}

// Used returns how much of each key's quota is taken now.
func (s *Store) Used(ctx context.Context, keys ...string) (map[string]int, error) {
	used := make(map[string]int, len(keys))
	err := s.read(ctx, "reading quotas", func(c *conn) error {
		now := time.Now().UnixMilli()
		for _, k := range keys {
			n, err := c.used(k, now)
			if err != nil {
				return err
			}
			used[k] = int(n)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return used, nil
}
