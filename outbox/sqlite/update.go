package sqlite

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"workbell/outbox"
)

// Update ends attempts and leases; see outbox.Store. All updates are made, or
// none.
func (s *Store) Update(ctx context.Context, updates ...outbox.Update) error {
	if len(updates) == 0 {
		return nil
	}
	size := 0
	for i := range updates {
		if err := valid(&updates[i]); err != nil {
			return fmt.Errorf("updating delivery %d: %w", updates[i].Lease.ID, err)
		}
		size += 256 + 1024*len(updates[i].Split)
	}
	return s.run(ctx, "updating deliveries", size, func(t *tx) error { return t.update(updates) })
}

// valid says why an update cannot be, whatever the delivery.
func valid(u *outbox.Update) error {
	switch {
	case !outbox.Queued.Next(u.State):
		return fmt.Errorf("%s does not become %q", outbox.Queued, u.State)
	case len(u.Split) > 0 && u.State != outbox.Queued:
		return fmt.Errorf("a split delivery stays %s, not %q", outbox.Queued, u.State)
	case u.Attempt == nil:
		return nil
	}
	switch o := u.Attempt.Outcome; o {
	case outbox.Accepted, outbox.Rejected, outbox.Unsent, outbox.Unknown:
		return nil
	default:
		return fmt.Errorf("an attempt does not end as %q", o)
	}
}

func (t *tx) update(updates []outbox.Update) error {
	seen := make(map[int64]bool, len(updates))
	for i := range updates {
		u := &updates[i]
		h, ok := t.leases[u.Lease.ID]
		switch {
		case !ok || h.fence != u.Lease.Fence || seen[u.Lease.ID]:
			return refusal{fmt.Errorf("updating delivery %d: %w", u.Lease.ID, outbox.ErrFenced)}
		case u.Attempt != nil && h.attempt == 0:
			return refusal{fmt.Errorf("updating delivery %d: it has no attempt to end; Reserve begins one", u.Lease.ID)}
		}
		seen[u.Lease.ID] = true
	}
	for i := range updates {
		if err := t.updateOne(&updates[i]); err != nil {
			return err
		}
	}
	return nil
}

// lost is the result of an attempt that nobody ended.
var lost = &outbox.Result{Outcome: outbox.Unknown, Error: "the attempt was lost: the process or the lease ended before its answer was kept"}

func (t *tx) updateOne(u *outbox.Update) error {
	id := u.Lease.ID
	h := t.leases[id]
	t.setLease(id, nil)
	if h.attempt != 0 {
		result := u.Attempt
		if result == nil {
			result = lost
		}
		if err := t.endAttempt(id, h.attempt, result); err != nil {
			return err
		}
	}
	if u.State != outbox.Queued {
		return t.finish(id, u.State, u.Reason, u.Spend)
	}
	due := t.now
	if !u.Due.IsZero() {
		due = millis(u.Due)
	}
	if len(u.Split) > 0 || due != h.due {
		t.wake = true
	}
	if len(u.Split) > 0 {
		var err error
		if due, err = t.split(id, u.Split, due); err != nil {
			return err
		}
	}
	_, err := t.conn.exec("UPDATE deliveries SET due = ?, spent = spent + ?, reason = ?, updated = ? WHERE id = ?",
		due, number(u.Spend), text(u.Reason), t.now, id)
	return err
}

// endAttempt records how an attempt ended and settles its quotas.
func (t *tx) endAttempt(id, attempt int64, r *outbox.Result) error {
	_, err := t.conn.exec(`UPDATE attempts SET ended = ?, outcome = ?, code = ?, error = ?, request = ?, task = ?
		WHERE delivery = ? AND number = ?`,
		t.now, string(r.Outcome), text(r.Code), text(r.Error), text(r.RequestID), r.TaskID, id, attempt)
	if err != nil {
		return err
	}
	if r.Outcome == outbox.Accepted || r.Outcome == outbox.Unknown {
		_, err := t.conn.exec("UPDATE deliveries SET rang = ?, task = CASE WHEN ? = 0 THEN task ELSE ? END WHERE id = ?",
			t.now, r.TaskID, r.TaskID, id)
		if err != nil {
			return err
		}
	}
	t.wake = true
	return t.settle(id, r.Outcome == outbox.Rejected || r.Outcome == outbox.Unsent)
}

// loseAll ends the attempts that were in flight when the file was last used.
func (t *tx) loseAll() error {
	type attempt struct{ delivery, number int64 }
	var all []attempt
	err := t.conn.query(func(r row) error {
		all = append(all, attempt{r.int(0), r.int(1)})
		return nil
	}, "SELECT delivery, number FROM attempts WHERE outcome = 'begun'")
	for _, a := range all {
		if err == nil {
			err = t.endAttempt(a.delivery, a.number, lost)
		}
	}
	return err
}

// finish moves a delivery out of queued and lets the next of its group go.
func (t *tx) finish(id int64, to outbox.State, reason string, spend bool) error {
	r, _, err := t.conn.one(`UPDATE deliveries SET state = ?, spent = spent + ?, reason = ?, updated = ?
		WHERE id = ? RETURNING lane`, code(to), number(spend), text(reason), t.now, id)
	if err != nil {
		return err
	}
	t.counts[queued]--
	t.counts[code(to)]++
	return t.advance(r[0])
}

// advance makes the oldest open event of a lane ready; 0 is no lane.
func (t *tx) advance(lane int64) error {
	if lane == 0 {
		return nil
	}
	n, err := t.conn.exec(`UPDATE deliveries SET ready = 1 WHERE state = 0 AND ready = 0 AND lane = ? AND event =
		(SELECT min(event) FROM deliveries WHERE lane = ? AND state = 0)`, lane, lane)
	if n > 0 {
		t.wake = true
	}
	return err
}

// split gives the first part to the delivery itself and makes one of each
// other. It returns when the first is due.
func (t *tx) split(id int64, parts []outbox.Part, due int64) (int64, error) {
	for _, p := range parts[1:] {
		people, err := json.Marshal(&p.To)
		if err != nil {
			return 0, err
		}
		t.lastDelivery++
		if _, err := t.conn.exec(insertPart, t.lastDelivery, partDue(p, due), number(p.Aside), number(p.Aside), t.now, string(people), id); err != nil {
			return 0, err
		}
		if _, err := t.conn.exec("UPDATE deliveries SET prior = ? WHERE id = ?", t.lastDelivery, id); err != nil {
			return 0, err
		}
		t.counts[queued]++
	}
	people, err := json.Marshal(&parts[0].To)
	if err != nil {
		return 0, err
	}
	if _, err := t.conn.exec("UPDATE deliveries SET people = ? WHERE id = ?", string(people), id); err != nil {
		return 0, err
	}
	if parts[0].Aside {
		r, _, err := t.conn.one("SELECT lane FROM deliveries WHERE id = ?", id)
		if err != nil {
			return 0, err
		}
		if _, err := t.conn.exec("UPDATE deliveries SET lane = NULL, group_id = NULL WHERE id = ?", id); err != nil {
			return 0, err
		}
		if err := t.advance(r[0]); err != nil {
			return 0, err
		}
	}
	return partDue(parts[0], due), nil
}

// insertPart copies a delivery, which is ready since it is leased. The part
// comes before it among those with its content.
const insertPart = `INSERT INTO deliveries (id, event, route, app, state, ready, priority, created, due, expires,
	lane, group_id, content, nth, prior, rang, updated, split, people, body)
	SELECT ?, event, route, app, 0, 1, priority, created, ?, expires,
	CASE WHEN ? THEN NULL ELSE lane END, CASE WHEN ? THEN NULL ELSE group_id END,
	content, nth, prior, rang, ?, 1, ?, body FROM deliveries WHERE id = ?`

func partDue(p outbox.Part, due int64) int64 {
	if p.Due.IsZero() {
		return due
	}
	return millis(p.Due)
}

func number(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// Expire ends what is past its time; see outbox.Store.
func (s *Store) Expire(ctx context.Context, max int) (expired []outbox.Delivery, next time.Time, err error) {
	err = s.run(ctx, "expiring deliveries", 0, func(t *tx) error {
		expired, next, err = t.expire(max)
		return err
	})
	if err != nil {
		return nil, time.Time{}, err
	}
	return expired, next, nil
}

func (t *tx) expire(max int) (expired []outbox.Delivery, next time.Time, err error) {
	if err := t.lapse(); err != nil {
		return nil, next, err
	}
	var ids []int64
	earliest := int64(never)
	err = t.conn.query(func(r row) error {
		h, leased := t.leases[r.int(0)]
		switch {
		case leased:
			earliest = min(earliest, h.until)
		case len(ids) == max:
			earliest = min(earliest, r.int(1))
		default:
			ids = append(ids, r.int(0))
		}
		return nil
	}, "SELECT id, expires FROM deliveries INDEXED BY deliveries_expiry WHERE state = 0 AND expires <= ? ORDER BY expires, id LIMIT ?",
		t.now, int64(max+len(t.leases)+1))
	if err != nil {
		return nil, next, err
	}
	for _, id := range ids {
		if err := t.finish(id, outbox.Expired, "it was not worth sending any more (expire)", false); err != nil {
			return nil, next, err
		}
		d, err := t.conn.delivery(&t.routes, id)
		if err != nil {
			return nil, next, err
		}
		expired = append(expired, d)
	}
	r, ok, err := t.conn.one("SELECT expires FROM deliveries INDEXED BY deliveries_expiry WHERE state = 0 AND expires > ? ORDER BY expires LIMIT 1", t.now)
	if ok {
		earliest = min(earliest, r[0])
	}
	if earliest < never {
		next = instant(earliest)
	}
	return expired, next, err
}
