package postgres

import (
	"encoding/json"

	"github.com/jackc/pgx/v5"

	"workbell/outbox"
)

// letter is a message with all that can be made of it before its transaction.
type letter struct {
	*outbox.Message
	content int64    // fingerprint of app and body
	lane    int64    // fingerprint of its group; 0 where there is none
	nth     int64    // which message of its content it is
	people  []string // JSON, for each call
}

func prepare(messages []outbox.Message) ([]letter, error) {
	letters := make([]letter, len(messages))
	for i := range messages {
		m, l := &messages[i], &letters[i]
		l.Message = m
		l.content = fingerprint(m.App, string(m.Body))
		if m.Group != "" {
			l.lane = fingerprint(m.Group)
		}
		for c := range m.Calls {
			text, err := json.Marshal(&m.Calls[c])
			if err != nil {
				return nil, err
			}
			l.people = append(l.people, string(text))
		}
	}
	return letters, nil
}

// origin is what messages are kept for.
type origin struct {
	event  int64
	waits  int64 // what they wait under, see waitsFor; 0: nothing
	print  int64 // of the event's group key, see groupPrint
	parent int64 // the delivery that they stem from; 0: they are kept with the event
}

var deliveryTable = table("deliveries",
	"id bigint", "event bigint", "rule text", "app text", "msgtype text", "repeat text", "on_resolve text", "track text", "state bigint",
	"ready boolean", "priority bigint", "created bigint", "due bigint", "expires bigint", "lane bigint", "group_id bytea", "content bigint",
	"nth bigint", "counts bigint", "updated bigint", "parent bigint", "cause text", "waits bigint", "escalates boolean", "people text", "body bytea",
	"stray boolean", "group_print bigint")

// message returns the rows of the i-th message of those kept together, and
// their names. It needs intake and the lock of the message's lane.
func (t *tx) message(o *origin, together []letter, i int) (rows [][]any, refs []outbox.Ref, err error) {
	l := &together[i]
	if err := t.nth(together, i); err != nil {
		return nil, nil, err
	}
	body, state := outbox.Again(*l.Message, int(l.nth), t.at, t.opts.Zone)
	due, expires := t.dates(l.Message)
	nth, counts, lane, ready := l.nth, t.opts.endOfDay(expires+late), l.lane, true
	if state != outbox.Queued {
		nth, counts, lane = 0, 0, 0
	} else if len(l.people) > 0 {
		t.contents[l.content] = max(t.contents[l.content], nth)
		if ready, err = t.lane(o.event, lane); err != nil {
			return nil, nil, err
		}
	}
	for _, people := range l.people {
		t.lastDelivery++
		rows = append(rows, []any{
			t.lastDelivery, o.event, l.Rule, l.App, l.Msgtype, string(l.Repeat), l.OnResolve, l.Track, code(state), ready, int64(l.Priority),
			t.now, due, expires, lane, []byte(l.Group), l.content, nth, counts, t.now, o.parent, clean(l.Cause),
			o.waiting(l), l.Escalates, people, append([]byte{}, body...), o.parent != 0, o.print,
		})
		t.counts[code(state)]++
		refs = append(refs, outbox.Ref{ID: t.lastDelivery, Rule: l.Rule, State: state})
		t.wake = t.wake || state == outbox.Queued && ready
	}
	return rows, refs, nil
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

// waiting is what a delivery of l waits for.
func (o *origin) waiting(l *letter) int64 {
	if l.Waits() {
		return o.waits
	}
	return 0
}

// lane says whether a delivery of event in a lane is ready: no older event has
// one open. What an older event gets later goes first: then those that were
// ready are not any more. It needs the lane's lock.
func (t *tx) lane(event, lane int64) (ready bool, err error) {
	if lane == 0 {
		return true, nil
	}
	if _, known := t.lanes[lane]; !known {
		t.askOldest([]int64{lane})
		if err := t.send(); err != nil {
			return false, err
		}
	}
	oldest := t.lanes[lane]
	if oldest == 0 || event < oldest {
		t.lanes[lane] = event
	}
	if event < oldest {
		t.later("UPDATE deliveries SET ready = false WHERE lane = $1 AND lane <> 0 AND state = 0 AND ready", lane)
	}
	return oldest == 0 || event <= oldest, nil
}

// askOldest reads the oldest open event of each lane when it is sent.
func (t *tx) askOldest(lanes []int64) {
	for _, l := range lanes {
		t.lanes[l] = 0
	}
	if len(lanes) == 0 {
		return
	}
	t.ask(func(r pgx.Rows) error {
		var lane, event int64
		err := r.Scan(&lane, &event)
		t.lanes[lane] = event
		return err
	}, `SELECT l, o.event FROM unnest($1::bigint[]) l CROSS JOIN LATERAL
		(SELECT event FROM deliveries WHERE lane = l AND lane <> 0 AND state = 0 ORDER BY event LIMIT 1) o`, lanes)
}
