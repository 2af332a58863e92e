package sqlite

import (
	"context"
	"encoding/json"
	"fmt"

	"workbell/outbox"
)

// draft is an entry with all that can be made of it before the writer's turn.
type draft struct {
	*outbox.Entry
	key      int64 // fingerprint
	headers  any   // JSON, or nil
	messages []letter
	kept     outbox.Kept
	sameAs   int   // the entry of this call that has the same key, from 1; 0: none
	first    int64 // a duplicate's first delivery, and how many
	calls    int64
}

// letter is a message made ready likewise.
type letter struct {
	*outbox.Message
	route   route
	content int64    // fingerprint of app and body
	nth     int64    // which message of its content it is
	group   int64    // fingerprint; 0 where there is none
	people  []string // JSON, for each call
}

// Enqueue keeps the entries; see outbox.Store.
func (s *Store) Enqueue(ctx context.Context, entries []outbox.Entry) ([]outbox.Kept, error) {
	drafts := make([]draft, len(entries))
	size := 0
	for i := range entries {
		if err := drafts[i].prepare(&entries[i]); err != nil {
			return nil, fmt.Errorf("keeping an event of %s: %w", entries[i].Event.Source, err)
		}
		size += len(entries[i].Event.Payload) + 1024*(1+len(entries[i].Messages))
	}
	if err := s.run(ctx, "keeping events", size, func(t *tx) error { return t.enqueue(drafts) }); err != nil {
		return nil, err
	}
	kept := make([]outbox.Kept, len(drafts))
	for i := range drafts {
		kept[i] = drafts[i].kept
	}
	return kept, nil
}

func (d *draft) prepare(e *outbox.Entry) error {
	d.Entry = e
	if e.Event.Key != "" {
		d.key = fingerprint(e.Event.Key)
	}
	if len(e.Event.Headers) > 0 {
		text, err := json.Marshal(e.Event.Headers)
		if err != nil {
			return err
		}
		d.headers = string(text)
	}
	d.messages = make([]letter, len(e.Messages))
	for i := range e.Messages {
		if err := d.messages[i].prepare(&e.Messages[i], e.Event.Source); err != nil {
			return err
		}
	}
	return nil
}

func (l *letter) prepare(m *outbox.Message, source string) error {
	l.Message = m
	l.route = route{source, m.Rule, m.App, m.Msgtype, string(m.Repeat), m.OnResolve, m.Track}
	l.content = fingerprint(m.App, string(m.Body))
	if m.Group != "" {
		l.group = fingerprint(m.Group)
	}
	l.people = make([]string, len(m.Calls))
	for i := range m.Calls {
		text, err := json.Marshal(&m.Calls[i])
		if err != nil {
			return err
		}
		l.people[i] = string(text)
	}
	return nil
}

// enqueue finds the repeats and whether there is room, then writes.
func (t *tx) enqueue(drafts []draft) (err error) {
	add := int64(0)
	for i := range drafts {
		if err := t.recognise(drafts, i); err != nil {
			return err
		}
		if !drafts[i].kept.Duplicate {
			for _, l := range drafts[i].messages {
				add += int64(len(l.people))
			}
		}
	}
	// Counted before it is known which of them will be suppressed.
	if add > 0 && t.counts[queued]+add > int64(t.opts.MaxBacklog) {
		return refusal{outbox.ErrFull}
	}
	for i := range drafts {
		d := &drafts[i]
		switch {
		case d.sameAs > 0:
			d.kept = drafts[d.sameAs-1].kept
			d.kept.Duplicate = true
		case d.kept.Duplicate:
			err = t.recall(d)
		default:
			err = t.keep(d)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// recognise finds whether the key of entry i is taken, in this call or before.
func (t *tx) recognise(drafts []draft, i int) error {
	d := &drafts[i]
	d.kept, d.sameAs = outbox.Kept{}, 0 // when run again
	if d.Event.Key == "" {
		return nil
	}
	for j := range drafts[:i] {
		if drafts[j].Event.Key == d.Event.Key && (drafts[j].kept.Duplicate || drafts[j].Event.KeyTTL > 0) {
			d.kept.Duplicate, d.sameAs = true, j+1
			return nil
		}
	}
	id, ok := t.keys.get(d.key)
	if !ok {
		return nil
	}
	return t.conn.query(func(r row) error {
		if r.text(0) == d.Event.Key && r.int(1) > t.now {
			d.kept = outbox.Kept{Event: id, Duplicate: true}
			d.first, d.calls = r.int(2), r.int(3)
		}
		return nil
	}, "SELECT key, key_until, first, calls FROM events WHERE id = ?", id)
}

// recall answers a repeat with what was made the first time, as it is now.
func (t *tx) recall(d *draft) error {
	return t.conn.query(func(r row) error {
		d.kept.Deliveries = append(d.kept.Deliveries, outbox.Ref{
			ID: r.int(0), Rule: t.routes.get(r.int(1)).rule, State: codes[r.int(2)],
		})
		return nil
	}, "SELECT id, route, state FROM deliveries WHERE id BETWEEN ? AND ? ORDER BY id", d.first, d.first+d.calls-1)
}

const insertEvent = `INSERT INTO events (id, first, calls, received, key, key_until, source, kind, name, status,
	severity, title, group_key, headers, faults, payload) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

// keep writes one entry: its event, and a row for each delivery.
func (t *tx) keep(d *draft) error {
	t.lastEvent++
	d.kept.Event = t.lastEvent
	first := t.lastDelivery + 1
	for i := range d.messages {
		if err := t.keepMessage(d, i); err != nil {
			return err
		}
	}
	e := &d.Event
	received, until := millis(e.Received), int64(0)
	if received == 0 {
		received = t.now
	}
	if e.Key != "" && e.KeyTTL > 0 {
		until = ceil(t.at.Add(e.KeyTTL))
		t.keys.put(d.key, t.lastEvent, until)
	}
	_, err := t.conn.exec(insertEvent, t.lastEvent, first, t.lastDelivery+1-first, received, text(e.Key), until,
		e.Source, e.Kind, text(e.Name), text(e.Status), text(e.Severity), text(e.Title),
		text(e.GroupKey), d.headers, text(e.Faults), []byte(e.Payload))
	return err
}

const insertDelivery = `INSERT INTO deliveries (id, event, route, app, state, ready, priority, created, due, expires,
	lane, group_id, content, nth, prior, updated, people, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

// keepMessage writes the deliveries of the entry's i-th message.
func (t *tx) keepMessage(d *draft, i int) error {
	l := &d.messages[i]
	nth, prior, err := t.nth(d, i)
	if err != nil {
		return err
	}
	id, app, err := t.route(l.route)
	if err != nil {
		return err
	}
	body, state := outbox.Again(*l.Message, int(nth), t.at, t.opts.Zone)
	expires := millis(l.Expires)
	if expires == 0 {
		expires = never
	}
	lane, ready := any(nil), int64(1)
	if state != outbox.Queued {
		nth, prior = 0, 0
	} else if l.Group != "" && len(l.people) > 0 {
		if lane, ready, err = t.lane(l.group, expires); err != nil {
			return err
		}
	}
	for _, people := range l.people {
		t.lastDelivery++
		_, err := t.conn.exec(insertDelivery, t.lastDelivery, t.lastEvent, id, app, code(state), ready, int64(l.Priority),
			t.now, t.now, expires, lane, text(l.Group), l.content, nth, prior, t.now, people, body)
		if err != nil {
			return err
		}
		t.counts[code(state)]++
		d.kept.Deliveries = append(d.kept.Deliveries, outbox.Ref{ID: t.lastDelivery, Rule: l.Rule, State: state})
		if state == outbox.Queued {
			prior = t.lastDelivery
			t.contents.put(l.content, t.lastDelivery, t.opts.endOfDay(expires+late))
			t.wake = t.wake || ready == 1
		}
	}
	return nil
}

// laneLife is how long a lane is remembered after its deliveries expire; until
// then Expire will long have been called.
const laneLife = 7 * 24 * 60 * 60 * 1000 // ms

// lane returns the lane of a group for the event being kept, and whether its
// deliveries are ready: no older event has one open. A group that has drained
// begins a new lane, named by its first delivery (an event may have several
// groups), so that lanes ascend and their index is appended to.
func (t *tx) lane(group, expires int64) (lane any, ready int64, err error) {
	mine := t.lastDelivery + 1
	if l, ok := t.lanes.get(group); ok {
		oldest, _, err := t.conn.one("SELECT min(event) FROM deliveries WHERE lane = ? AND state = 0", l)
		if err != nil {
			return nil, 0, err
		}
		if oldest[0] != 0 {
			mine, ready = l, number(oldest[0] == t.lastEvent)
			t.lanes.put(group, mine, expires+laneLife)
			return mine, ready, nil
		}
	}
	t.lanes.put(group, mine, expires+laneLife)
	return mine, 1, nil
}

// nth returns which message of its content the entry's i-th is, and the newest
// delivery that has had this content, 0 where none counts any more. The content
// counts as taken while a delivery of it may still ring on its day or has rung
// today; messages of one event with the same content are one.
func (t *tx) nth(d *draft, i int) (nth, newest int64, err error) {
	l := &d.messages[i]
	newest, ok := t.contents.get(l.content)
	defer func() { l.nth = nth }()
	for j := range d.messages[:i] {
		if d.messages[j].content == l.content {
			return d.messages[j].nth, newest, nil
		}
	}
	if !ok {
		return 1, 0, nil
	}
	if nth, err = t.counting(newest, l.content); err != nil || nth == 0 {
		return 1, 0, err
	}
	return nth + 1, newest, nil
}

// late is how long after its Expires a delivery that was leased before may ring.
const late = 60 * 1000 // ms

// counting returns which of its content the newest is that counts, of the
// delivery id and those before it; 0 where none does.
func (t *tx) counting(id, content int64) (nth int64, err error) {
	for id != 0 {
		r, found, err := t.conn.one("SELECT state, expires, rang, nth, prior FROM deliveries WHERE id = ? AND content = ?", id, content)
		if err != nil || !found { // pruned, and so all before it
			return 0, err
		}
		last := r[2]
		if r[0] == queued {
			last = r[1] + late
		}
		if last != 0 && t.opts.endOfDay(last) > t.now {
			return r[3], nil
		}
		id = r[4]
	}
	return 0, nil
}
