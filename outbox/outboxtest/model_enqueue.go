package outboxtest

import (
	"fmt"
	"time"

	"workbell/message"
	"workbell/outbox"
)

func (m *model) enqueue() {
	if len(m.rows) > 400 {
		return
	}
	var entries []outbox.Entry
	var want []outbox.Kept
	for range 1 + m.random.IntN(3) {
		e := m.entry()
		if m.random.IntN(3) == 0 {
			e.Event.Key, e.Event.KeyTTL = m.one("k", "l", "m"), 20*time.Second
		}
		e.Event.GroupKey = m.one("", "p", "q")
		if m.random.IntN(4) == 0 {
			e.Resolve = outbox.Resolve{StatusBar: m.window(), Recall: m.window()}
		}
		for range m.random.IntN(3) {
			e.Messages = append(e.Messages, m.message())
		}
		entries = append(entries, e)
		want = append(want, m.keep(e))
	}
	m.is("Enqueue", m.rig.enqueue(entries...), want)
}

func (m *model) message() outbox.Message {
	x := m.text(fmt.Sprint(m.random.Uint64()))
	x.App, x.Group, x.Priority = m.one("ops", "vendor"), m.one("", "g", "h", "i"), m.random.IntN(4)-1
	x.Expires, x.OnResolve, x.Escalates, x.IfUnamended = m.soon(120), m.one("send", "status_bar", "recall"), m.random.IntN(4) == 0, m.random.IntN(4) == 0
	if m.random.IntN(4) == 0 {
		x.Due = m.soon(10)
	}
	for range m.random.IntN(2) {
		x.Calls = append(x.Calls, message.Recipients{Everyone: true})
	}
	return x
}

func (m *model) keep(e outbox.Entry) outbox.Kept {
	if old := m.events[m.keys[e.Event.Key]]; e.Event.Key != "" && old != nil && old.until > m.now() {
		k := outbox.Kept{Event: old.kept.Event, Duplicate: true}
		for _, ref := range old.kept.Deliveries {
			k.Deliveries = append(k.Deliveries, outbox.Ref{ID: ref.ID, Rule: ref.Rule, State: m.rows[ref.ID-1].state})
		}
		return k
	}
	m.last++
	k := outbox.Kept{Event: m.last}
	bar := m.resolve(e, &k)
	m.events[m.last] = &event{key: e.Event.Key, group: e.Event.GroupKey, received: m.now()}
	for _, x := range e.Messages {
		if !bar || !x.IfUnamended {
			k.Deliveries = append(k.Deliveries, m.addAll(x, m.last, 0)...)
		}
	}
	m.keys[e.Event.Key] = m.last
	m.events[m.last].kept = k
	if e.Event.Key != "" {
		m.events[m.last].until = m.now() + e.Event.KeyTTL.Milliseconds()
	}
	return k
}

func (m *model) add(d row) *row {
	d.id, d.state = int64(len(m.rows))+1, outbox.Queued
	m.rows = append(m.rows, &d)
	return &d
}

// addAll adds the deliveries of a message.
func (m *model) addAll(x outbox.Message, event, of int64) (refs []outbox.Ref) {
	due := m.now()
	if !x.Due.IsZero() {
		due = x.Due.UnixMilli()
	}
	for range x.Calls {
		d := m.add(row{event: event, of: of, app: x.App, group: x.Group, priority: x.Priority, created: m.now(), due: due, expires: x.Expires.UnixMilli()})
		d.onResolve, d.escalates = x.OnResolve, x.Escalates
		d.waits = m.events[event].group != "" && (x.Escalates || x.OnResolve != "send")
		refs = append(refs, outbox.Ref{ID: d.id, Rule: x.Rule, State: d.state})
	}
	return refs
}
