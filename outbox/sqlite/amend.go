package sqlite

import (
	"context"
	"fmt"
	"slices"

	"workbell/outbox"
)

// Amend makes one amendment; see outbox.Store.
func (s *Store) Amend(ctx context.Context, a outbox.Amendment) (refs []outbox.Ref, err error) {
	letters, err := prepareAmendment(&a)
	if err != nil {
		return nil, fmt.Errorf("amending delivery %d: %w", a.Delivery, err)
	}
	size := 1024*(1+len(letters)) + 128*len(a.Receipts)
	err = s.run(ctx, "amending a delivery", size, func(t *tx) error {
		refs, err = t.amend(&a, letters)
		return err
	})
	if err != nil {
		return nil, err
	}
	return refs, nil
}

// prepareAmendment makes the messages ready, or says why the amendment cannot
// be, whatever the delivery.
func prepareAmendment(a *outbox.Amendment) ([]letter, error) {
	if err := a.Valid(); err != nil {
		return nil, err
	}
	return prepare(a.Messages)
}

// amended is what an amendment must know of its delivery.
type amended struct {
	state     outbox.State // before it
	rang, app int64
	origin    origin // of the messages that stem from it
}

// amend checks first and writes after.
func (t *tx) amend(a *outbox.Amendment, letters []letter) ([]outbox.Ref, error) {
	d, err := t.amended(a)
	if err != nil {
		return nil, err
	}
	if err := t.allowed(a, d); err != nil {
		return nil, refusal{fmt.Errorf("amending delivery %d, which is %s: %w", a.Delivery, d.state, err)}
	}
	for _, write := range []func() error{
		func() error { return t.change(a, d) },
		func() error { return t.refollow(a, d) },
		func() error { return t.receive(a.Delivery, a.Receipts) },
		func() error { return t.note(a.Delivery, a.Note) },
	} {
		if err := write(); err != nil {
			return nil, err
		}
	}
	var all []outbox.Ref
	for i := range letters {
		if all, err = t.keepMessage(all, &d.origin, letters, i); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// amended reads the delivery and the event that the messages are of.
func (t *tx) amended(a *outbox.Amendment) (d amended, err error) {
	r, found, err := t.conn.one("SELECT state, rang, app, event FROM deliveries WHERE id = ?", a.Delivery)
	if err != nil {
		return d, err
	}
	if !found {
		return d, refusal{fmt.Errorf("amending delivery %d: %w", a.Delivery, outbox.ErrNotFound)}
	}
	d = amended{state: codes[r[0]], rang: r[1], app: r[2], origin: origin{event: r[3], parent: a.Delivery}}
	if a.Event != 0 {
		d.origin.event = a.Event
	}
	found = false
	err = t.conn.query(func(r row) error {
		found = true
		d.origin.source = r.text(0)
		d.origin.waits = waitsFor(r.text(0), r.text(1))
		return nil
	}, "SELECT source, group_key FROM events WHERE id = ?", d.origin.event)
	if err == nil && !found {
		err = refusal{fmt.Errorf("amending delivery %d for event %d: %w", a.Delivery, a.Event, outbox.ErrNotFound)}
	}
	return d, err
}

// allowed says why an amendment cannot be made as things stand.
func (t *tx) allowed(a *outbox.Amendment, d amended) error {
	to := d.after(a)
	switch {
	case a.Lease.Fence != 0 && t.follows[follow{a.Delivery, a.Lease.Kind}].fence != a.Lease.Fence:
		return outbox.ErrFenced
	case len(a.From) > 0 && !slices.Contains(a.From, d.state):
		return outbox.ErrState
	case a.State != "" && (!d.state.Next(to) || d.state == outbox.Queued && to != outbox.Superseded):
		return fmt.Errorf("becoming %s: %w", to, outbox.ErrState)
	case d.state == outbox.Queued && to == outbox.Superseded && t.mayRing(a.Delivery, d.rang):
		return outbox.ErrBusy
	case len(a.Add) > 0 && to != outbox.Queued && !wasSent(to):
		return fmt.Errorf("it was not sent, so that nothing follows: %w", outbox.ErrState)
	}
	return nil
}

// after is the state after the amendment.
func (d *amended) after(a *outbox.Amendment) outbox.State {
	if a.State == "" {
		return d.state
	}
	return a.State
}

func wasSent(s outbox.State) bool { return s == outbox.Recalled || s.Next(outbox.Recalled) }

// change moves the delivery to its new state, if there is one, and notes who
// takes care of it.
func (t *tx) change(a *outbox.Amendment, d amended) (err error) {
	switch a.State {
	case "":
	case outbox.Queued:
		err = t.revive(a, d.state)
	case outbox.Superseded:
		t.setLease(a.Delivery, nil)
		err = t.finish(a.Delivery, a.State, a.Reason, false)
	default:
		t.counts[code(d.state)]--
		t.counts[code(a.State)]++
		_, err = t.conn.exec("UPDATE deliveries SET state = ?, reason = ? WHERE id = ?", code(a.State), text(a.Reason), a.Delivery)
	}
	if err != nil {
		return err
	}
	_, err = t.conn.exec("UPDATE deliveries SET updated = ?, acked = CASE WHEN ? THEN coalesce(acked, ?) ELSE acked END WHERE id = ?",
		t.now, number(a.Acked), t.now, a.Delivery)
	return err
}

// revive queues a delivery that has ended without having been sent.
func (t *tx) revive(a *outbox.Amendment, from outbox.State) error {
	expires := int64(never)
	if !a.Expires.IsZero() {
		expires = millis(a.Expires)
	}
	r, _, err := t.conn.one(`UPDATE deliveries SET state = 0, ready = 1, lane = NULL, group_id = NULL, spent = 0,
		due = ?, expires = ?, reason = ? WHERE id = ? RETURNING content`, t.now, expires, text(a.Reason), a.Delivery)
	if err != nil {
		return err
	}
	t.counts[code(from)]--
	t.counts[queued]++
	t.wake = true
	return t.countAgain(a.Delivery, r[0], expires)
}

// refollow ends the follow-up whose lease the amendment has, drops and adds.
func (t *tx) refollow(a *outbox.Amendment, d amended) error {
	gone := a.Drop
	if a.Lease.Fence != 0 {
		gone = append([]outbox.Kind{a.Lease.Kind}, gone...)
	}
	for _, kind := range gone {
		if err := t.unfollow(follow{a.Delivery, kind}); err != nil {
			return err
		}
	}
	app := any(nil)
	if d.after(a) != outbox.Queued {
		app = d.app
	}
	for _, f := range a.Add {
		if err := t.follow(a.Delivery, app, f); err != nil {
			return err
		}
	}
	return nil
}
