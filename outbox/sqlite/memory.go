package sqlite

import (
	"encoding/json"
	"time"

	"workbell/outbox"
)

// memory is what the writer keeps beside the file. Only one process writes the
// file, so what is here is true; what must outlast the process is written in
// the same transaction as that which it describes.
type memory struct {
	conn   *conn
	keeper *keeper // copies the log into the file
	clock  clock
	numbers
	fence    int64          // of the last claim; the upper half says which Open
	pruned   int64          // where Prune goes on
	leases   map[int64]hold // by delivery
	follows  map[follow]hold
	routes   routes
	keys     index // fingerprint of an event's key → event
	contents index // fingerprint of app and content → its newest delivery
	lanes    index // fingerprint of a group → its newest lane
	groups   groups
}

func (m *memory) indexes() [kinds]*index { return [kinds]*index{&m.keys, &m.contents, &m.lanes} }

// numbers are copied before each batch, and back if it fails.
type numbers struct {
	lastEvent, lastDelivery int64
	counts                  counts
}

// hold is a claim on a delivery or a follow-up: in memory alone, since it is
// void when the process ends.
type hold struct {
	fence   int64
	until   int64
	attempt int64 // in flight; 0: none
	app     int64
	due     int64 // the delivery's when it was claimed
	set     int64 // by how much the clock was set back since, in milliseconds; not above 0
}

// setLease changes a delivery's lease; nil ends it.
func (t *tx) setLease(id int64, l *hold) { setHold(t, t.leases, id, l) }

// setFollow changes a follow-up's lease; nil ends it.
func (t *tx) setFollow(f follow, l *hold) { setHold(t, t.follows, f, l) }

func setHold[K comparable](t *tx, holds map[K]hold, key K, l *hold) {
	old, had := holds[key]
	if !had && l == nil {
		return
	}
	t.undo(func() {
		delete(holds, key)
		if had {
			holds[key] = old
		}
	})
	delete(holds, key)
	if l != nil {
		holds[key] = *l
	}
}

// counts are how many deliveries are in each state, in the order of codes.
type counts [11]int64

func (c *counts) byState() map[outbox.State]int {
	m := map[outbox.State]int{}
	for i, n := range c {
		if n != 0 {
			m[codes[i]] = int(n)
		}
	}
	return m
}

// recover reads what the last process left, once, before anything is written:
// all in time that does not grow with the deliveries kept.
func (s *Store) recover() error {
	s.leases, s.follows = map[int64]hold{}, map[follow]hold{}
	if err := s.readNumbers(); err != nil {
		return err
	}
	if err := s.routes.load(s.conn); err != nil {
		return err
	}
	t := s.begin()
	s.clock.wall, s.clock.steady = t.at.Round(0), t.at
	if err := s.conn.script("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	if _, err := s.conn.exec("UPDATE store SET opened = opened + 1"); err != nil {
		return err
	}
	if _, err := s.conn.exec("DELETE FROM recent WHERE until <= ?", t.now); err != nil {
		return err
	}
	if err := t.loseAll(); err != nil {
		return err
	}
	if err := t.clockSetBack(); err != nil {
		return err
	}
	for kind, x := range s.indexes() {
		if err := x.load(s.conn, int64(kind)); err != nil {
			return err
		}
	}
	return s.conn.script("COMMIT")
}

func (s *Store) readNumbers() error {
	return s.conn.query(func(r row) error {
		s.fence = (r.int(0) + 1) << 32
		s.lastEvent, s.lastDelivery = r.int(1), r.int(2)
		var by map[outbox.State]int64
		if err := json.Unmarshal([]byte(r.text(3)), &by); err != nil {
			return err
		}
		for state, n := range by {
			s.counts[code(state)] = n
		}
		s.stats = s.counts
		return nil
	}, "SELECT opened, last_event, last_delivery, counts FROM store")
}

// endOfDay returns when the day of ms ends where DingTalk's day begins.
func (o *Options) endOfDay(ms int64) int64 {
	if ms >= never {
		return never
	}
	y, m, d := time.UnixMilli(ms).In(o.Zone).Date()
	return time.Date(y, m, d+1, 0, 0, 0, 0, o.Zone).UnixMilli()
}

// never stands for the end of what has none: the last millisecond of 9999.
const never = 253402300799999
