package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"workbell/outbox"
)

// ClaimFollowups leases follow-ups; see outbox.Store. The row of a follow-up is
// locked by whoever changes it, that of its delivery need not be.
func (s *Store) ClaimFollowups(ctx context.Context, app string, max int, lease time.Duration) (due []outbox.Due, next time.Time, err error) {
	if lease <= 0 || lease > MaxLease {
		lease = MaxLease
	}
	some, next, err := s.someDue(ctx, app)
	if err == nil && some {
		err = s.run(ctx, "claiming follow-ups", func(t *tx) error {
			due, next, err = t.claimFollowups(app, max, lease)
			return err
		})
	}
	if err != nil {
		return nil, time.Time{}, err
	}
	return due, next, nil
}

// someDue says whether there is anything to claim, or a lease to end, and else
// when there will be. Mostly there is not, since whoever follows up is woken by
// all that is accepted: so it asks in one round trip and locks nothing.
func (s *Store) someDue(ctx context.Context, app string) (some bool, next time.Time, err error) {
	err = s.runAs(ctx, "", "claiming follow-ups", func(t *tx) error {
		var due, lease, over int64
		t.askClock()
		if _, err := t.one(soonest, []any{app}, &due, &lease, &over); err != nil {
			return err
		}
		some, next = min(due, over) <= t.now, time.Time{}
		if first := min(due, lease); first < never {
			next = instant(first)
		}
		return t.sameTime()
	})
	return some, next, err
}

// soonest is when the first follow-up of $1 is due, when the first lease of one
// ends, and when the first lease of anything does.
var soonest = fmt.Sprintf(`SELECT coalesce((SELECT min(due) FROM followups WHERE app = $1 AND app <> '' AND lease = 0), %[1]d),
	coalesce((SELECT min(lease) FROM followups WHERE app = $1 AND lease > 0), %[1]d),
	coalesce(least((SELECT min(lease) FROM followups WHERE lease > 0), (SELECT min(lease) FROM deliveries WHERE lease > 0)), %[1]d)`, int64(never))

func (t *tx) claimFollowups(app string, max int, lease time.Duration) (due []outbox.Due, next time.Time, err error) {
	if err := t.lapse(); err != nil {
		return nil, next, err
	}
	if err := t.sameTime(); err != nil {
		return nil, next, err
	}
	t.ask(func(r pgx.Rows) error {
		var d outbox.Due
		err := scanFollowup(r, &d.Followup, &d.Delivery.ID, &d.Fence)
		due = append(due, d)
		return err
	}, `WITH these AS (SELECT delivery, kind FROM followups WHERE app = $1 AND app <> '' AND lease = 0 AND due <= $2
		ORDER BY due, delivery, kind LIMIT $3 FOR UPDATE SKIP LOCKED),
		claimed AS (UPDATE followups f SET lease = $4, fence = nextval('fences'), holder = $5 FROM these
			WHERE f.delivery = these.delivery AND f.kind = these.kind RETURNING f.*)
		SELECT `+followupColumns+`, delivery, fence FROM claimed f ORDER BY due, delivery, kind`,
		app, t.now, max, t.at.Add(lease).UnixMilli(), t.holder)
	t.askEarliest(&next,
		"SELECT min(due) FROM followups WHERE app = $1 AND app <> '' AND lease = 0 AND due > $2",
		"SELECT min(lease) FROM followups WHERE app = $1 AND lease > 0", app)
	err = t.send()
	for i := 0; i < len(due) && err == nil; i++ {
		due[i].Delivery, err = t.whole(due[i].Delivery.ID)
	}
	return due, next, err
}

const followupColumns = "f.kind, f.due, f.event, f.step, f.tries"

// scanFollowup reads followupColumns and what comes after them.
func scanFollowup(r pgx.Rows, f *outbox.Followup, more ...any) error {
	var due int64
	err := r.Scan(append([]any{&f.Kind, &due, &f.Event, &f.Step, &f.Tries}, more...)...)
	f.Due = instant(due)
	return err
}

// insertFollowup keeps a follow-up; what to do with one of its kind comes after.
const insertFollowup = "INSERT INTO followups (delivery, kind, app, due, event, step, tries) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (delivery, kind) "

func (t *tx) followupRow(delivery int64, app string, f outbox.Followup) []any {
	due := t.now
	if !f.Due.IsZero() {
		due = millis(f.Due)
	}
	return []any{delivery, string(f.Kind), app, due, f.Event, f.Step, f.Tries}
}

// follow keeps a follow-up in place of the one of its kind, whose holder is
// fenced. app is empty while the delivery is queued.
func (t *tx) follow(delivery int64, app string, f outbox.Followup) {
	t.wake = t.wake || app != ""
	t.later(insertFollowup+`DO UPDATE SET app = excluded.app, due = excluded.due, event = excluded.event,
		step = excluded.step, tries = excluded.tries, lease = 0, holder = 0`, t.followupRow(delivery, app, f)...)
}

// unfollow drops a follow-up, if there is one; its holder is fenced.
func (t *tx) unfollow(delivery int64, kind outbox.Kind) {
	t.later("DELETE FROM followups WHERE delivery = $1 AND kind = $2", delivery, string(kind))
}

// followSent lets the follow-ups of a delivery that has been sent be claimed, with
// those of add whose kind is not there; see outbox.Update.
func (t *tx) followSent(d *delivery, add []outbox.Followup) {
	for _, f := range add {
		if f.Kind != outbox.FollowEscalate || d.resolved == 0 && d.acked == 0 {
			t.later(insertFollowup+"DO NOTHING", t.followupRow(d.id, "", f)...)
		}
	}
	t.ask(func(pgx.Rows) error {
		t.wake = true
		return nil
	}, "UPDATE followups SET app = $1 WHERE delivery = $2 RETURNING 1", d.app, d.id)
}
