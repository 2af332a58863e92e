package sqlite

import (
	"encoding/json"
	"fmt"
	"slices"

	"workbell/outbox"
)

// splittable refuses parts with other bytes once the delivery's own may have
// been sent.
func (t *tx) splittable(u *outbox.Update) error {
	if !slices.ContainsFunc(u.Split, func(p outbox.Part) bool { return p.Body != nil }) {
		return nil
	}
	r, _, err := t.conn.one("SELECT tries, rang FROM deliveries WHERE id = ?", u.Lease.ID)
	if err != nil {
		return err
	}
	if r[0] > 0 || r[1] != 0 {
		return refusal{fmt.Errorf("updating delivery %d: its bytes stay as they are, since an attempt of it has begun", u.Lease.ID)}
	}
	return nil
}

// split gives the first part to the delivery itself and makes one of each
// other. It returns when the first is due.
func (t *tx) split(id int64, parts []outbox.Part, due int64) (int64, error) {
	r, _, err := t.conn.one("SELECT route, "+laneOf+" FROM deliveries WHERE id = ?", id)
	if err != nil {
		return 0, err
	}
	route, lane := r[0], r[1]
	for _, p := range parts[1:] {
		if err := t.part(id, route, p, due); err != nil {
			return 0, err
		}
	}
	if err := t.become(id, route, parts[0]); err != nil {
		return 0, err
	}
	if parts[0].Aside {
		if _, err := t.conn.exec("UPDATE deliveries SET lane = NULL, group_id = NULL, ready = 1 WHERE id = ?", id); err != nil {
			return 0, err
		}
		if err := t.advance(lane); err != nil {
			return 0, err
		}
	}
	return partDue(parts[0], due), nil
}

// insertPart copies a delivery. The part comes before it among those with its
// content: content is that of the message as it was kept, whatever other bytes
// have been made of it.
const insertPart = `INSERT INTO deliveries (id, event, route, app, state, ready, priority, created, due, expires,
	lane, group_id, content, nth, prior, rang, updated, split, tries, parent, cause, waits, escalates, resolved, acked, people, body)
	SELECT ?, event, route, app, 0, CASE WHEN ? THEN 1 ELSE ready END, priority, created, ?, expires,
	CASE WHEN ? THEN NULL ELSE ` + laneOf + ` END, CASE WHEN ? THEN NULL ELSE group_id END,
	content, nth, prior, rang, ?, 1, tries, parent, cause, waits, escalates, resolved, acked, people, body
	FROM deliveries WHERE id = ?`

// part makes a delivery of a part, with the attempts so far and the follow-ups to
// come of the one that is split.
func (t *tx) part(id, route int64, p outbox.Part, due int64) error {
	t.lastDelivery++
	aside := number(p.Aside)
	if _, err := t.conn.exec(insertPart, t.lastDelivery, aside, partDue(p, due), aside, aside, t.now, id); err != nil {
		return err
	}
	t.counts[queued]++
	if _, err := t.conn.exec("UPDATE deliveries SET prior = ? WHERE id = ?", t.lastDelivery, id); err != nil {
		return err
	}
	if p.Reason != "" {
		if _, err := t.conn.exec("UPDATE deliveries SET reason = ? WHERE id = ?", p.Reason, t.lastDelivery); err != nil {
			return err
		}
	}
	for _, copied := range []string{
		`INSERT INTO attempts (delivery, number, began, ended, outcome, code, error, request, task)
			SELECT ?, number, began, ended, outcome, code, error, request, task FROM attempts WHERE delivery = ?`,
		`INSERT INTO followups (delivery, kind, app, due, event, step, tries)
			SELECT ?, kind, app, due, event, step, tries FROM followups WHERE delivery = ?`,
	} {
		if _, err := t.conn.exec(copied, t.lastDelivery, id); err != nil {
			return err
		}
	}
	return t.become(t.lastDelivery, route, p)
}

// become gives a delivery what is a part's own.
func (t *tx) become(id, route int64, p outbox.Part) error {
	people, err := json.Marshal(&p.To)
	if err != nil {
		return err
	}
	if _, err := t.conn.exec("UPDATE deliveries SET people = ? WHERE id = ?", string(people), id); err != nil {
		return err
	}
	if p.Body == nil {
		return nil
	}
	x := t.routes.get(route)
	x.msgtype = p.Msgtype
	if route, _, err = t.route(x); err != nil {
		return err
	}
	_, err = t.conn.exec("UPDATE deliveries SET route = ?, body = ? WHERE id = ?", route, p.Body, id)
	return err
}

func partDue(p outbox.Part, due int64) int64 {
	if p.Due.IsZero() {
		return due
	}
	return millis(p.Due)
}
