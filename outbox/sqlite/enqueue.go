package sqlite

import (
	"context"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"workbell/outbox"
)

// draft is an entry with all that can be made of it before the writer's turn.
type draft struct {
	*outbox.Entry
	key      int64 // fingerprint
	group    int64 // fingerprint; 0: there is none
	headers  any   // JSON, or nil
	waits    int64 // what its messages wait under and it ends, see waitsFor; 0: nothing
	messages []letter
	kept     outbox.Kept
	sameAs   int   // the entry of this call that has the same key, from 1; 0: none
	first    int64 // the event's first delivery, and how many
	calls    int64
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
	if e.Event.GroupKey != "" {
		d.group = fingerprint(e.Event.GroupKey)
	}
	if len(e.Event.Headers) > 0 {
		d.headers = headers(e.Event.Headers)
	}
	if e.Resolve != (outbox.Resolve{}) || slices.ContainsFunc(e.Messages, outbox.Message.Waits) {
		d.waits = waitsFor(e.Event.Source, e.Event.GroupKey)
	}
	var err error
	d.messages, err = prepare(e.Messages)
	return err
}

// headers are h as JSON. What is no UTF-8 in them becomes a replacement character.
func headers(h map[string]string) string {
	b := append(make([]byte, 0, 256), '{')
	for name, value := range h {
		b, _ = jsontext.AppendQuote(b, name)
		b, _ = jsontext.AppendQuote(append(b, ':'), value)
		b = append(b, ',')
	}
	b[len(b)-1] = '}'
	return string(b)
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
		case d.sameAs > 0: // what lies between may have resolved it
			same := &drafts[d.sameAs-1]
			d.kept, d.first, d.calls = outbox.Kept{Event: same.kept.Event, Duplicate: true}, same.first, same.calls
			err = t.recall(d)
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
		if r.text(0) == d.Event.Key && t.clock.countsUntil(id, r.int(1)) > t.now {
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

// keep writes one entry: what it resolves, its event, and a row for each
// delivery.
func (t *tx) keep(d *draft) error {
	t.lastEvent++
	t.groups.note(d.group)
	d.kept.Event = t.lastEvent
	bar, err := t.resolve(d)
	if err != nil {
		return err
	}
	d.first = t.lastDelivery + 1
	o := origin{event: t.lastEvent, source: d.Event.Source, waits: d.waits}
	for i := range d.messages {
		if bar && d.messages[i].IfUnamended {
			d.messages[i].nth = 0
			continue
		}
		d.kept.Deliveries, err = t.keepMessage(d.kept.Deliveries, &o, d.messages, i)
		if err != nil {
			return err
		}
	}
	d.calls = t.lastDelivery + 1 - d.first
	e := &d.Event
	received, until := millis(e.Received), int64(0)
	if received == 0 {
		received = t.now
	}
	if e.Key != "" && e.KeyTTL > 0 {
		until = ceil(t.at.Add(e.KeyTTL))
		t.keys.put(d.key, t.lastEvent, until)
	}
	return t.conn.insert(insertEvent, t.lastEvent, d.first, d.calls, received, text(e.Key), until,
		e.Source, e.Kind, text(e.Name), text(e.Status), text(e.Severity), text(e.Title),
		text(e.GroupKey), d.headers, text(e.Faults), []byte(e.Payload))
}
