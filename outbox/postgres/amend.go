package postgres

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"workbell/outbox"
)

// Amend makes one amendment; see outbox.Store.
func (s *Store) Amend(ctx context.Context, a outbox.Amendment) (refs []outbox.Ref, err error) {
	letters, err := prepareAmendment(&a)
	if err != nil {
		return nil, fmt.Errorf("amending delivery %d: %w", a.Delivery, err)
	}
	err = s.run(ctx, "amending a delivery", func(t *tx) error {
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
	*delivery
	before outbox.State
	fence  int64  // of the follow-up that the amendment ends
	origin origin // of the messages that stem from it
}

// amend checks first and writes after. It takes intake where it makes deliveries
// or has the content of one count again.
func (t *tx) amend(a *outbox.Amendment, letters []letter) (all []outbox.Ref, err error) {
	numbered := len(letters) > 0 || a.State == outbox.Queued
	if numbered {
		t.askIntake()
	}
	var lanes []int64
	t.askLanesOf(&lanes, "WHERE id = $1", a.Delivery)
	if err := t.send(); err != nil {
		return nil, err
	}
	for i := range letters {
		lanes = append(lanes, letters[i].lane)
	}
	t.askLanes(lanes)
	d, err := t.amended(a)
	if err != nil {
		return nil, err
	}
	if err := d.allowed(a); err != nil {
		return nil, refusal{fmt.Errorf("amending delivery %d, which is %s: %w", a.Delivery, d.before, err)}
	}
	t.change(a, d)
	t.refollow(a, d)
	t.receive(a.Delivery, a.Receipts)
	t.note(a.Delivery, a.Note)
	for i := range letters {
		rows, refs, err := t.message(&d.origin, letters, i)
		if err != nil {
			return nil, err
		}
		t.insert(deliveryTable, rows)
		all = append(all, refs...)
	}
	if numbered {
		t.keepNumbers()
	}
	return all, nil
}

// amended locks the delivery and the follow-up, reads the clock, and the event
// that the messages are of, which is kept from being pruned.
func (t *tx) amended(a *outbox.Amendment) (*amended, error) {
	var found []*delivery
	t.askDeliveries(&found, "WHERE id = $1 FOR UPDATE", a.Delivery)
	t.askClock()
	if err := t.send(); err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, refusal{fmt.Errorf("amending delivery %d: %w", a.Delivery, outbox.ErrNotFound)}
	}
	d := &amended{delivery: found[0], before: codes[found[0].state]}
	d.origin = origin{event: d.event, parent: d.id}
	if a.Event != 0 {
		d.origin.event = a.Event
	}
	if a.Lease.Fence != 0 {
		t.ask(func(r pgx.Rows) error { return r.Scan(&d.fence) },
			"SELECT fence FROM followups WHERE delivery = $1 AND kind = $2 AND lease > 0 FOR UPDATE", a.Delivery, string(a.Lease.Kind))
	}
	var source string
	var groupKey []byte
	there, err := t.one("SELECT source, group_key FROM events WHERE id = $1 FOR KEY SHARE", []any{d.origin.event}, &source, &groupKey)
	if err == nil && !there {
		err = refusal{fmt.Errorf("amending delivery %d for event %d: %w", a.Delivery, d.origin.event, outbox.ErrNotFound)}
	}
	d.origin.waits, d.origin.print = waitsFor(source, string(groupKey)), groupPrint(string(groupKey))
	return d, err
}

// allowed says why an amendment cannot be made as things stand.
func (d *amended) allowed(a *outbox.Amendment) error {
	to := d.after(a)
	switch {
	case a.Lease.Fence != d.fence:
		return outbox.ErrFenced
	case len(a.From) > 0 && !slices.Contains(a.From, d.before):
		return outbox.ErrState
	case a.State != "" && (!d.before.Next(to) || d.before == outbox.Queued && to != outbox.Superseded):
		return fmt.Errorf("becoming %s: %w", to, outbox.ErrState)
	case d.before == outbox.Queued && to == outbox.Superseded && d.mayRing():
		return outbox.ErrBusy
	case len(a.Add) > 0 && to != outbox.Queued && !wasSent(to):
		return fmt.Errorf("it was not sent, so that nothing follows: %w", outbox.ErrState)
	}
	return nil
}

// after is the state after the amendment.
func (d *amended) after(a *outbox.Amendment) outbox.State {
	if a.State == "" {
		return d.before
	}
	return a.State
}

func wasSent(s outbox.State) bool { return s == outbox.Recalled || s.Next(outbox.Recalled) }

// change moves the delivery to its new state, if there is one, and notes who
// takes care of it.
func (t *tx) change(a *outbox.Amendment, d *amended) {
	switch a.State {
	case "":
	case outbox.Queued:
		t.revive(a, d)
	case outbox.Superseded:
		t.finish(d.delivery, a.State, a.Reason, false)
	default:
		t.counts[code(d.before)]--
		t.counts[code(a.State)]++
		t.later("UPDATE deliveries SET state = $1, reason = $2 WHERE id = $3", code(a.State), clean(a.Reason), d.id)
	}
	t.later("UPDATE deliveries SET updated = $1, acked = CASE WHEN $2 AND acked = 0 THEN $1 ELSE acked END WHERE id = $3", t.now, a.Acked, d.id)
}

// revive queues a delivery that has ended without having been sent.
func (t *tx) revive(a *outbox.Amendment, d *amended) {
	expires := int64(never)
	if !a.Expires.IsZero() {
		expires = millis(a.Expires)
	}
	t.counts[code(d.before)]--
	t.counts[queued]++
	t.wake = true
	t.later(`UPDATE deliveries SET state = 0, ready = true, lane = 0, group_id = '', spent = 0,
		due = $1, expires = $2, counts = $3, nth = greatest(nth, 1), reason = $4 WHERE id = $5`,
		t.now, expires, t.opts.endOfDay(expires+late), clean(a.Reason), d.id)
}

// refollow ends the follow-up whose lease the amendment has, drops and adds.
func (t *tx) refollow(a *outbox.Amendment, d *amended) {
	if a.Lease.Fence != 0 {
		t.unfollow(d.id, a.Lease.Kind)
	}
	for _, kind := range a.Drop {
		t.unfollow(d.id, kind)
	}
	app := d.app
	if d.after(a) == outbox.Queued {
		app = ""
	}
	for _, f := range a.Add {
		t.follow(d.id, app, f)
	}
}

// receive keeps what was learnt of recipients, each in place of what was known
// of that one.
func (t *tx) receive(delivery int64, receipts []outbox.Receipt) {
	for _, r := range receipts {
		t.later(`INSERT INTO receipts (delivery, person, fate, code, words, at) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (delivery, person) DO UPDATE SET fate = excluded.fate, code = excluded.code, words = excluded.words, at = excluded.at`,
			delivery, clean(r.User), string(r.Fate), clean(r.Code), clean(r.Words), t.now)
	}
}

// note adds a line to a delivery's history, where there is one to add.
func (t *tx) note(delivery int64, line string) {
	if line != "" {
		t.later(`INSERT INTO notes (delivery, number, at, note)
			SELECT $1, 1 + coalesce(max(number), 0), $2, $3 FROM notes WHERE delivery = $1`, delivery, t.now, clean(line))
	}
}
