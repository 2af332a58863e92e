package sqlite

import (
	"context"
	"fmt"

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
		if err := updates[i].Valid(); err != nil {
			return fmt.Errorf("updating delivery %d: %w", updates[i].Lease.ID, err)
		}
		size += 256 + 1024*len(updates[i].Split) + 128*len(updates[i].Follow)
	}
	return s.run(ctx, "updating deliveries", size, func(t *tx) error { return t.update(updates) })
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
		if err := t.splittable(u); err != nil {
			return err
		}
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
		return t.finish(id, u.State, u.Reason, u.Spend, u.Follow...)
	}
	due := t.now
	if !u.Due.IsZero() {
		due = millis(u.Due) + h.set
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

// finish moves a delivery out of queued and lets the next of its group go, and
// its follow-ups, where it has been sent; else these go.
func (t *tx) finish(id int64, to outbox.State, reason string, spend bool, add ...outbox.Followup) error {
	r, _, err := t.conn.one(`UPDATE deliveries SET state = ?, spent = spent + ?, reason = ?, updated = ?
		WHERE id = ? RETURNING `+laneOf+`, app, resolved, acked`, code(to), number(spend), text(reason), t.now, id)
	if err != nil {
		return err
	}
	t.counts[queued]--
	t.counts[code(to)]++
	if to == outbox.Sent {
		err = t.followSent(id, r[1], r[2] != 0 || r[3] != 0, add)
	} else { // not claimed by anybody: it was not sent
		_, err = t.conn.exec("DELETE FROM followups WHERE delivery = ?", id)
	}
	if err != nil {
		return err
	}
	return t.advance(r[0])
}
