package postgres

import (
	"encoding/json"

	"workbell/outbox"
)

// split gives the first part to the delivery itself and makes one of each
// other. It returns when the first is due. It needs intake, if there is another,
// and the lock of the delivery's lane.
func (t *tx) split(d *delivery, parts []outbox.Part, due int64) (int64, error) {
	for _, p := range parts[1:] {
		if err := t.part(d, p, partDue(p, due)); err != nil {
			return 0, err
		}
	}
	if err := t.become(d.id, parts[0]); err != nil {
		return 0, err
	}
	if parts[0].Aside {
		t.later("UPDATE deliveries SET lane = 0, group_id = '', ready = true WHERE id = $1", d.id)
		t.advance(d.lane)
	}
	return partDue(parts[0], due), nil
}

// insertPart copies a delivery. Its content is that of the message as it was
// kept, whatever other bytes have been made of it.
const insertPart = `INSERT INTO deliveries (id, event, rule, app, msgtype, repeat, on_resolve, track, state, ready, priority, created, due, expires,
	lane, group_id, content, nth, counts, rang, updated, tries, reason, parent, cause, waits, escalates, resolved, acked, people, body, group_print)
	SELECT $1, event, rule, app, msgtype, repeat, on_resolve, track, 0, ready OR $2, priority, created, $3, expires,
	CASE WHEN $2 THEN 0 ELSE lane END, CASE WHEN $2 THEN '' ELSE group_id END,
	content, nth, counts, rang, $4, tries, $5, parent, cause, waits, escalates, resolved, acked, people, body, group_print
	FROM deliveries WHERE id = $6`

// part makes a delivery of a part, with the attempts so far and the follow-ups to
// come of the one that is split.
func (t *tx) part(d *delivery, p outbox.Part, due int64) error {
	t.lastDelivery++
	t.counts[queued]++
	t.later(insertPart, t.lastDelivery, p.Aside, due, t.now, clean(p.Reason), d.id)
	t.later(`INSERT INTO attempts (delivery, number, began, ended, outcome, code, error, request, task)
		SELECT $1, number, began, ended, outcome, code, error, request, task FROM attempts WHERE delivery = $2`, t.lastDelivery, d.id)
	t.later(`INSERT INTO followups (delivery, kind, app, due, event, step, tries)
		SELECT $1, kind, app, due, event, step, tries FROM followups WHERE delivery = $2`, t.lastDelivery, d.id)
	return t.become(t.lastDelivery, p)
}

// become gives a delivery what is a part's own.
func (t *tx) become(id int64, p outbox.Part) error {
	people, err := json.Marshal(&p.To)
	if err != nil {
		return err
	}
	t.later("UPDATE deliveries SET people = $1 WHERE id = $2", string(people), id)
	if p.Body != nil {
		t.later("UPDATE deliveries SET body = $1, msgtype = $2 WHERE id = $3", p.Body, p.Msgtype, id)
	}
	return nil
}

func partDue(p outbox.Part, due int64) int64 {
	if p.Due.IsZero() {
		return due
	}
	return millis(p.Due)
}
