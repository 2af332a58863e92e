package sqlite

import (
	"encoding/json"

	"workbell/outbox"
)

// letter is a message with all that can be made of it before the writer's turn.
type letter struct {
	*outbox.Message
	route   route    // but for its source
	content int64    // fingerprint of app and body
	nth     int64    // which message of its content it is
	group   int64    // fingerprint; 0 where there is none
	people  []string // JSON, for each call
}

func prepare(messages []outbox.Message) ([]letter, error) {
	letters := make([]letter, len(messages))
	for i := range messages {
		if err := letters[i].prepare(&messages[i]); err != nil {
			return nil, err
		}
	}
	return letters, nil
}

func (l *letter) prepare(m *outbox.Message) error {
	l.Message = m
	l.route = route{"", m.Rule, m.App, m.Msgtype, string(m.Repeat), m.OnResolve, m.Track}
	l.content = fingerprintOf(m.App, m.Body)
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

// origin is what messages are kept for.
type origin struct {
	event  int64
	source string
	waits  int64 // what they wait under, see waitsFor; 0: nothing
	parent int64 // the delivery that they stem from; 0: they are kept with the event
}

const insertDelivery = `INSERT INTO deliveries (id, event, route, app, state, ready, priority, created, due, expires,
	lane, group_id, content, nth, prior, updated, split, parent, cause, waits, escalates, people, body)
	VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

// keepMessage writes the deliveries of the i-th message of those kept together,
// and appends them to refs.
func (t *tx) keepMessage(refs []outbox.Ref, o *origin, together []letter, i int) ([]outbox.Ref, error) {
	l := &together[i]
	nth, prior, err := t.nth(together, i)
	if err != nil {
		return nil, err
	}
	l.route.source = o.source
	id, app, err := t.route(l.route)
	if err != nil {
		return nil, err
	}
	body, state := outbox.Again(*l.Message, int(nth), t.at, t.opts.Zone)
	due, expires := t.dates(l.Message)
	lane, ready := int64(0), int64(1)
	if state != outbox.Queued {
		nth, prior = 0, 0
	} else if l.Group != "" && len(l.people) > 0 {
		if lane, ready, err = t.lane(o.event, l.group, expires); err != nil {
			return nil, err
		}
	}
	for _, people := range l.people {
		t.lastDelivery++
		err := t.conn.insert(insertDelivery, t.lastDelivery, o.event, id, app, code(state), ready, int64(l.Priority),
			t.now, due, expires, named(lane, t.lastDelivery), text(l.Group), l.content, nth, prior, t.now,
			number(o.parent != 0), null(o.parent), text(l.Cause), o.waiting(l), number(l.Escalates), people, body)
		if err != nil {
			return nil, err
		}
		t.counts[code(state)]++
		refs = append(refs, outbox.Ref{ID: t.lastDelivery, Rule: l.Rule, State: state})
		if state == outbox.Queued {
			prior = t.lastDelivery
			t.contents.put(l.content, t.lastDelivery, t.opts.endOfDay(expires+late))
			t.wake = t.wake || ready == 1
		}
	}
	return refs, nil
}

// dates are when a message may be claimed and until when it is worth sending.
func (t *tx) dates(m *outbox.Message) (due, expires int64) {
	due, expires = t.now, never
	if !m.Due.IsZero() {
		due = millis(m.Due)
	}
	if !m.Expires.IsZero() {
		expires = millis(m.Expires)
	}
	return due, expires
}

// waiting is what a delivery of l waits for, or nil.
func (o *origin) waiting(l *letter) any {
	if l.Waits() {
		return null(o.waits)
	}
	return nil
}
