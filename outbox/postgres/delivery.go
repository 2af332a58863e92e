package postgres

import (
	"github.com/jackc/pgx/v5"

	"workbell/outbox"
)

// delivery is what must be known of one to change it. Its row is locked.
type delivery struct {
	id, event, lane, content     int64
	app                          string
	state, rang, due, tries      int64
	flying, lease, fence         int64
	resolved, acked, nth, counts int64
}

const deliveryState = `d.id, d.event, d.lane, d.content, d.app, d.state, d.rang, d.due, d.tries,
	d.flying, d.lease, d.fence, d.resolved, d.acked, d.nth, d.counts`

func (d *delivery) into() []any {
	return []any{&d.id, &d.event, &d.lane, &d.content, &d.app, &d.state, &d.rang, &d.due, &d.tries,
		&d.flying, &d.lease, &d.fence, &d.resolved, &d.acked, &d.nth, &d.counts}
}

// ofEvent says that deliveries d are of events e: by the range of those that were
// kept with it, or as strays.
const ofEvent = "(d.id >= e.first AND d.id < e.first + e.calls AND NOT d.stray OR d.event = e.id AND d.stray)"

// ofEvents are the ids of the deliveries of events $1.
const ofEvents = "SELECT d.id FROM events e JOIN deliveries d ON " + ofEvent + " WHERE e.id = ANY($1)"

// mayRing says whether an attempt of a queued delivery is in flight or may have
// been taken.
func (d *delivery) mayRing() bool { return d.rang != 0 || d.flying != 0 }

// leased says whether l is its lease, be it one that nobody has noticed the end of.
func (d *delivery) leased(l outbox.Lease) bool { return d.lease != 0 && d.fence == l.Fence }

// askDeliveries locks deliveries when it is sent, in the order of their ids, and
// puts those that are there into found. The clause follows FROM deliveries d.
func (t *tx) askDeliveries(found *[]*delivery, clause string, args ...any) {
	t.ask(func(r pgx.Rows) error {
		d := &delivery{}
		*found = append(*found, d)
		return r.Scan(d.into()...)
	}, "SELECT "+deliveryState+" FROM deliveries d "+clause, args...)
}

// askLanesOf reads, when it is sent, the lanes of deliveries, which must be locked
// before these. A delivery may leave its lane meanwhile, and never comes into one.
func (t *tx) askLanesOf(lanes *[]int64, clause string, args ...any) {
	t.ask(func(r pgx.Rows) error {
		var lane int64
		err := r.Scan(&lane)
		*lanes = append(*lanes, lane)
		return err
	}, "SELECT lane FROM deliveries "+clause, args...)
}

// unlease ends a delivery's lease.
func (t *tx) unlease(d *delivery) {
	d.lease, d.flying = 0, 0
	t.later("UPDATE deliveries SET lease = 0, holder = 0, flying = 0 WHERE id = $1", d.id)
}

// ending is how an attempt in flight ends.
type ending struct {
	*delivery
	result *outbox.Result
}

// lost is the result of an attempt that nobody ended.
var lost = &outbox.Result{Outcome: outbox.Unknown, Error: "the attempt was lost: the process or the lease ended before its answer was kept"}

// endAttempts records how attempts ended and settles their quotas.
func (t *tx) endAttempts(all []ending) {
	var ids, back []int64
	for _, e := range all {
		d, r := e.delivery, e.result
		t.later(`UPDATE attempts SET ended = $1, outcome = $2, code = $3, error = $4, request = $5, task = $6
			WHERE delivery = $7 AND number = $8`,
			t.now, string(r.Outcome), clean(r.Code), clean(r.Error), clean(r.RequestID), r.TaskID, d.id, d.flying)
		d.flying = 0
		ids = append(ids, d.id)
		if r.Outcome == outbox.Rejected || r.Outcome == outbox.Unsent {
			back = append(back, d.id)
			continue
		}
		d.rang = t.now
		t.later("UPDATE deliveries SET rang = $1, task = CASE WHEN $2::bigint = 0 THEN task ELSE $2 END WHERE id = $3", t.now, r.TaskID, d.id)
	}
	if len(ids) > 0 {
		t.settle(ids, back)
		t.wake = true
	}
}

// finish moves a delivery out of queued, ends its lease, and lets the next of
// its group go, and its follow-ups, where it has been sent; else these go. It
// needs the lock of the delivery's lane.
func (t *tx) finish(d *delivery, to outbox.State, reason string, spend bool, add ...outbox.Followup) {
	d.counts = 0
	if d.rang != 0 {
		d.counts = t.opts.endOfDay(d.rang)
	}
	t.later(`UPDATE deliveries SET state = $1, spent = spent + $2, reason = $3, updated = $4, counts = $5, lease = 0, holder = 0, flying = 0
		WHERE id = $6`, code(to), number(spend), clean(reason), t.now, d.counts, d.id)
	t.counts[queued]--
	t.counts[code(to)]++
	d.state, d.lease = code(to), 0
	delete(t.contents, d.content)
	if to == outbox.Sent {
		t.followSent(d, add)
	} else { // not claimed by anybody: it was not sent
		t.later("DELETE FROM followups WHERE delivery = $1", d.id)
	}
	t.advance(d.lane)
}

// advance makes the oldest open event of a lane ready, when it is sent; 0 is no
// lane. It needs the lane's lock.
func (t *tx) advance(lane int64) {
	if lane == 0 {
		return
	}
	delete(t.lanes, lane)
	t.ask(func(pgx.Rows) error {
		t.wake = true
		return nil
	}, `UPDATE deliveries SET ready = true WHERE state = 0 AND NOT ready AND lane = $1 AND lane <> 0 AND event =
		(SELECT event FROM deliveries WHERE lane = $1 AND lane <> 0 AND state = 0 ORDER BY event LIMIT 1) RETURNING id`, lane)
}

func number(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
