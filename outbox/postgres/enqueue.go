package postgres

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/jackc/pgx/v5"

	"workbell/outbox"
)

// draft is an entry with all that can be made of it before its transaction.
type draft struct {
	*outbox.Entry
	headers  string // JSON; empty: none
	waits    int64  // what its messages wait under and it ends, see waitsFor; 0: nothing
	print    int64  // of its group key, see groupPrint
	messages []letter
	kept     outbox.Kept
}

func (d *draft) prepare(e *outbox.Entry) error {
	d.Entry, d.print = e, groupPrint(e.Event.GroupKey)
	if len(e.Event.Headers) > 0 {
		text, err := json.Marshal(e.Event.Headers)
		if err != nil {
			return err
		}
		d.headers = string(text)
	}
	if e.Resolve != (outbox.Resolve{}) || slices.ContainsFunc(e.Messages, outbox.Message.Waits) {
		d.waits = waitsFor(e.Event.Source, e.Event.GroupKey)
	}
	var err error
	d.messages, err = prepare(e.Messages)
	return err
}

// ends says whether d may end what waits under its key.
func (d *draft) ends() bool { return d.Resolve != (outbox.Resolve{}) && d.waits != 0 }

// keepAll keeps the calls in one transaction. Where it fails each has the error.
func (s *Store) keepAll(calls []*call) error {
	err := s.transact(context.Background(), "BEGIN", func(t *tx) error {
		k := keeper{tx: t, calls: calls, keys: map[string]made{}, waiting: map[int64]bool{}}
		return k.run()
	})
	if err != nil {
		for _, c := range calls {
			c.err = err
		}
	}
	return err
}

// keeper keeps the calls of one flush. Rows are gathered, and written together
// before something must find them in the database.
type keeper struct {
	*tx
	calls      []*call
	keys       map[string]made // that are taken
	open       int64           // deliveries, before the flush
	waiting    map[int64]bool  // what something waits under
	events     [][]any
	deliveries [][]any
	repeats    []repeat // to be answered
}

// made is the event that has a key, with its deliveries.
type made struct{ event, first, calls, until int64 }

// repeat is an entry whose key was taken.
type repeat struct {
	draft *draft
	made
}

func (k *keeper) run() error {
	if err := k.look(); err != nil {
		return err
	}
	for _, c := range k.calls {
		c.err = nil
		if add := k.adds(c); add > 0 && k.open+k.counts[queued]+add > int64(k.opts.MaxBacklog) {
			c.err = refusal{outbox.ErrFull}
			continue
		}
		for i := range c.drafts {
			if err := k.keep(&c.drafts[i]); err != nil {
				return err
			}
		}
	}
	if err := k.write(); err != nil {
		return err
	}
	k.keepNumbers()
	return nil
}

// look takes the locks and reads what all of the calls need to know: in one
// round trip, but where something may be resolved, whose lanes are locked, too.
func (k *keeper) look() error {
	var keys [][]byte
	var ends, contents, lanes []int64
	for d := range k.drafts() {
		if d.Event.Key != "" {
			keys = append(keys, []byte(d.Event.Key))
		}
		if d.ends() {
			ends = append(ends, d.waits)
		}
		for i := range d.messages {
			contents = append(contents, d.messages[i].content)
			if d.messages[i].lane != 0 {
				lanes = append(lanes, d.messages[i].lane)
			}
		}
	}
	k.askIntake()
	if len(ends) > 0 {
		k.ask(func(r pgx.Rows) error {
			var lane, under int64
			err := r.Scan(&lane, &under)
			lanes, k.waiting[under] = append(lanes, lane), true
			return err
		}, "SELECT lane, waits FROM deliveries WHERE waits = ANY($1) AND waits <> 0", ends)
		if err := k.send(); err != nil {
			return err
		}
	}
	k.askBusyLanes(lanes)
	if len(k.waiting) > 0 {
		k.later("SELECT id FROM deliveries WHERE waits = ANY($1) AND waits <> 0 ORDER BY id FOR UPDATE", ends)
	}
	k.askClock()
	k.askFold(&k.open)
	if len(keys) > 0 {
		k.askKeys(keys)
	}
	k.askContents(contents)
	k.askOldest(lanes)
	if err := k.send(); err != nil {
		return err
	}
	return k.sameTime()
}

// drafts goes through those of all calls.
func (k *keeper) drafts() func(func(*draft) bool) {
	return func(yield func(*draft) bool) {
		for _, c := range k.calls {
			for i := range c.drafts {
				if !yield(&c.drafts[i]) {
					return
				}
			}
		}
	}
}

func (k *keeper) askKeys(keys [][]byte) {
	k.ask(func(r pgx.Rows) error {
		var key []byte
		var m made
		err := r.Scan(&key, &m.event, &m.first, &m.calls, &m.until)
		k.keys[string(key)] = m
		return err
	}, `SELECT DISTINCT ON (key) key, id, first, calls, key_until FROM events WHERE key = ANY($1) AND key <> '' ORDER BY key, key_until DESC`, keys)
}

// taken returns the event that has d's key.
func (k *keeper) taken(d *draft) (made, bool) {
	m, ok := k.keys[d.Event.Key]
	return m, ok && d.Event.Key != "" && m.until > k.now
}

// adds is how many deliveries c makes, before it is known which of them will be
// suppressed.
func (k *keeper) adds(c *call) (n int64) {
	seen := map[string]bool{}
	for i := range c.drafts {
		d := &c.drafts[i]
		if _, taken := k.taken(d); taken || seen[d.Event.Key] {
			continue
		}
		if d.Event.Key != "" && d.Event.KeyTTL > 0 {
			seen[d.Event.Key] = true
		}
		for _, l := range d.messages {
			n += int64(len(l.people))
		}
	}
	return n
}

// keep gathers the rows of one entry, after it has ended what it resolves.
func (k *keeper) keep(d *draft) error {
	d.kept = outbox.Kept{}
	if m, taken := k.taken(d); taken {
		d.kept = outbox.Kept{Event: m.event, Duplicate: true}
		k.repeats = append(k.repeats, repeat{d, m})
		return nil
	}
	k.lastEvent++
	d.kept.Event = k.lastEvent
	bar := false
	if d.ends() && k.waiting[d.waits] {
		err := k.write()
		if err == nil {
			bar, err = k.resolve(d)
		}
		if err != nil {
			return err
		}
		delete(k.waiting, d.waits)
	}
	first := k.lastDelivery + 1
	o := origin{event: k.lastEvent, waits: d.waits, print: d.print}
	for i := range d.messages {
		if bar && d.messages[i].IfUnamended {
			d.messages[i].nth = 0
			continue
		}
		rows, refs, err := k.message(&o, d.messages, i)
		if err != nil {
			return err
		}
		k.deliveries, d.kept.Deliveries = append(k.deliveries, rows...), append(d.kept.Deliveries, refs...)
		k.waiting[d.waits] = k.waiting[d.waits] || len(rows) > 0 && d.messages[i].Waits()
	}
	k.event(d, first)
	return nil
}

// event gathers the row of d's event.
func (k *keeper) event(d *draft, first int64) {
	e := &d.Event
	m := made{event: k.lastEvent, first: first, calls: k.lastDelivery + 1 - first}
	if e.Key != "" && e.KeyTTL > 0 {
		m.until = ceil(k.at.Add(e.KeyTTL))
		k.keys[e.Key] = m
	}
	received := millis(e.Received)
	if received == 0 {
		received = k.now
	}
	k.events = append(k.events, []any{
		m.event, m.first, m.calls, received, []byte(e.Key), m.until, e.Source, e.Kind, []byte(e.Name), []byte(e.Status),
		[]byte(e.Severity), []byte(e.Title), []byte(e.GroupKey), d.headers, []byte(e.Faults), append([]byte{}, e.Payload...),
	})
}

var eventTable = table("events",
	"id bigint", "first bigint", "calls bigint", "received bigint", "key bytea", "key_until bigint", "source text", "kind text", "name bytea",
	"status bytea", "severity bytea", "title bytea", "group_key bytea", "headers text", "faults bytea", "payload bytea")

// write writes the rows that were gathered, and answers the repeats as things
// stand then: nothing has changed a row since they came.
func (k *keeper) write() error {
	k.insert(eventTable, k.events)
	k.insert(deliveryTable, k.deliveries)
	for _, r := range k.repeats {
		k.ask(func(rows pgx.Rows) error {
			var ref outbox.Ref
			var state int64
			err := rows.Scan(&ref.ID, &ref.Rule, &state)
			ref.State = codes[state]
			r.draft.kept.Deliveries = append(r.draft.kept.Deliveries, ref)
			return err
		}, "SELECT id, rule, state FROM deliveries WHERE id BETWEEN $1 AND $2 ORDER BY id", r.first, r.first+r.calls-1)
	}
	answer := len(k.repeats) > 0
	k.events, k.deliveries, k.repeats = nil, nil, nil
	if answer {
		return k.send()
	}
	return nil
}
