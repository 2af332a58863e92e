package postgres

import (
	"time"

	"github.com/jackc/pgx/v5"

	"workbell/outbox"
)

// waitsFor is the fingerprint under which deliveries of an event wait; 0: it has
// no group key, so they do not.
func waitsFor(source, groupKey string) int64 {
	if groupKey == "" {
		return 0
	}
	return fingerprint(source, groupKey)
}

// waiting is a delivery that waits for a Resolve.
type waiting struct {
	delivery
	rule      string
	onResolve string
	created   int64
}

// resolve does what the entry's Resolve calls for, and says whether that
// amended a delivery with a status bar. Rows and lanes have been locked by look,
// but for those of the same transaction.
func (k *keeper) resolve(d *draft) (bar bool, err error) {
	var all []*waiting
	err = k.each(func(r pgx.Rows) error {
		w := &waiting{}
		all = append(all, w)
		return r.Scan(append(w.into(), &w.rule, &w.onResolve, &w.created)...)
	}, "SELECT "+deliveryState+`, d.rule, d.on_resolve, d.created FROM deliveries d JOIN events e ON e.id = d.event
		WHERE d.waits = $1 AND d.waits <> 0 AND e.source = $2 AND e.group_key = $3 ORDER BY d.id`,
		d.waits, d.Event.Source, []byte(d.Event.GroupKey))
	if err != nil {
		return false, err
	}
	for _, w := range all {
		if k.end(d, w) && w.onResolve == string(outbox.FollowStatusBar) {
			bar = true
		}
	}
	return bar, nil
}

// end ends one delivery of those that wait, and says whether it was amended.
func (k *keeper) end(d *draft, w *waiting) (amended bool) {
	k.later("UPDATE deliveries SET waits = 0, resolved = $1, updated = $1 WHERE id = $2", k.now, w.id)
	k.unfollow(w.id, outbox.FollowEscalate)
	k.ask(func(pgx.Rows) error {
		k.wake = true
		return nil
	}, "UPDATE followups SET lease = 0, holder = 0 WHERE delivery = $1 AND lease > 0 RETURNING 1", w.id)
	f, window := outbox.Followup{Kind: outbox.FollowStatusBar, Event: k.lastEvent}, d.Resolve.StatusBar
	switch {
	case !outbox.Amendable(w.onResolve):
		return false
	case w.onResolve == string(outbox.FollowRecall):
		f.Kind, window = outbox.FollowRecall, d.Resolve.Recall
	}
	state := codes[w.state]
	switch {
	case state == outbox.Queued && !w.mayRing():
		state = outbox.Superseded
		k.finish(&w.delivery, state, "resolved before it was sent", false)
	case state == outbox.Queued && window > 0:
		k.follow(w.id, "", f)
	case state.Next(outbox.Recalled) && k.within(w, window):
		k.follow(w.id, w.app, f)
	default:
		return false
	}
	d.kept.Amended = append(d.kept.Amended, outbox.Ref{ID: w.id, Rule: w.rule, State: state})
	return true
}

// within says whether w was sent, as far as is known, less than window ago.
func (k *keeper) within(w *waiting, window time.Duration) bool {
	taken := w.rang
	if taken == 0 { // sent without an attempt
		taken = w.created
	}
	return k.now < taken+window.Milliseconds()
}
