package postgres

import (
	"context"
	"fmt"
	"slices"

	"workbell/outbox"
)

// Update ends attempts and leases; see outbox.Store. All updates are made, or
// none.
func (s *Store) Update(ctx context.Context, updates ...outbox.Update) error {
	if len(updates) == 0 {
		return nil
	}
	for i := range updates {
		if err := updates[i].Valid(); err != nil {
			return fmt.Errorf("updating delivery %d: %w", updates[i].Lease.ID, err)
		}
	}
	return s.run(ctx, "updating deliveries", func(t *tx) error { return t.update(updates) })
}

func (t *tx) update(updates []outbox.Update) error {
	parts := slices.ContainsFunc(updates, func(u outbox.Update) bool { return len(u.Split) > 1 })
	if parts { // they get numbers
		t.askIntake()
	}
	all, err := t.leased(updates)
	if err != nil {
		return err
	}
	var ended []ending
	for i, d := range all {
		if d.flying == 0 {
			continue
		}
		result := updates[i].Attempt
		if result == nil {
			result = lost
		}
		ended = append(ended, ending{d, result})
	}
	t.endAttempts(ended)
	for i, d := range all {
		if err := t.updateOne(d, &updates[i]); err != nil {
			return err
		}
	}
	if parts {
		t.keepNumbers()
	}
	return nil
}

// leased locks the lanes and then the deliveries of updates, reads the clock, and
// refuses what cannot be. It returns the deliveries in the order of the updates.
func (t *tx) leased(updates []outbox.Update) ([]*delivery, error) {
	var ids []int64
	for i := range updates {
		ids = append(ids, updates[i].Lease.ID)
	}
	var lanes []int64
	t.askLanesOf(&lanes, "WHERE id = ANY($1)", ids)
	if err := t.send(); err != nil {
		return nil, err
	}
	t.askLanes(lanes)
	var found []*delivery
	t.askDeliveries(&found, "WHERE id = ANY($1) ORDER BY id FOR UPDATE", ids)
	t.askClock()
	if err := t.send(); err != nil {
		return nil, err
	}
	byID := map[int64]*delivery{}
	for _, d := range found {
		byID[d.id] = d
	}
	all := make([]*delivery, len(updates))
	for i := range updates {
		u := &updates[i]
		d := byID[u.Lease.ID]
		delete(byID, u.Lease.ID) // a second update of it has no lease
		switch {
		case d == nil || !d.leased(u.Lease):
			return nil, refusal{fmt.Errorf("updating delivery %d: %w", u.Lease.ID, outbox.ErrFenced)}
		case u.Attempt != nil && d.flying == 0:
			return nil, refusal{fmt.Errorf("updating delivery %d: it has no attempt to end; Reserve begins one", u.Lease.ID)}
		case (d.tries > 0 || d.rang != 0) && slices.ContainsFunc(u.Split, func(p outbox.Part) bool { return p.Body != nil }):
			return nil, refusal{fmt.Errorf("updating delivery %d: its bytes stay as they are, since an attempt of it has begun", u.Lease.ID)}
		}
		all[i] = d
	}
	return all, nil
}

func (t *tx) updateOne(d *delivery, u *outbox.Update) error {
	if u.State != outbox.Queued {
		t.finish(d, u.State, u.Reason, u.Spend, u.Follow...)
		return nil
	}
	due := t.now
	if !u.Due.IsZero() {
		due = millis(u.Due)
	}
	if len(u.Split) > 0 || u.Due.IsZero() || due != d.due {
		t.wake = true
	}
	t.unlease(d)
	if len(u.Split) > 0 {
		var err error
		if due, err = t.split(d, u.Split, due); err != nil {
			return err
		}
	}
	t.later("UPDATE deliveries SET due = $1, spent = spent + $2, reason = $3, updated = $4 WHERE id = $5",
		due, number(u.Spend), clean(u.Reason), t.now, d.id)
	return nil
}
