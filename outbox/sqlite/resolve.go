package sqlite

import (
	"time"

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
	id, route, state, app int64
	rang                  int64 // when DingTalk last took it or may have; 0: certainly not
	created               int64
}

// resolve does what the entry's Resolve calls for, and says whether that
// amended a delivery with a status bar. Where nothing waits, it costs a look
// into an index.
func (t *tx) resolve(d *draft) (bar bool, err error) {
	if d.Resolve == (outbox.Resolve{}) || d.waits == 0 {
		return false, nil
	}
	var all []waiting
	err = t.conn.query(func(r row) error {
		all = append(all, waiting{r.int(0), r.int(1), r.int(2), r.int(3), r.int(4), r.int(5)})
		return nil
	}, `SELECT d.id, d.route, d.state, d.app, d.rang, d.created
		FROM deliveries d INDEXED BY deliveries_waits CROSS JOIN events e ON e.id = d.event
		WHERE d.waits = ? AND e.source = ? AND e.group_key = ? ORDER BY d.id`, d.waits, d.Event.Source, d.Event.GroupKey)
	if err != nil {
		return false, err
	}
	for _, w := range all {
		amended, err := t.end(d, w)
		if err != nil {
			return false, err
		}
		bar = bar || amended && t.routes.get(w.route).onResolve == string(outbox.FollowStatusBar)
	}
	return bar, nil
}

// end ends one delivery of those that wait, and says whether it was amended.
func (t *tx) end(d *draft, w waiting) (amended bool, err error) {
	if _, err := t.conn.exec("UPDATE deliveries SET waits = NULL, resolved = ?, updated = ? WHERE id = ?", t.now, t.now, w.id); err != nil {
		return false, err
	}
	if err := t.unfollow(follow{w.id, outbox.FollowEscalate}); err != nil {
		return false, err
	}
	for held := range t.follows {
		if held.delivery == w.id {
			t.setFollow(held, nil)
			t.wake = true
		}
	}
	x := t.routes.get(w.route)
	f, window := outbox.Followup{Kind: outbox.FollowStatusBar, Event: t.lastEvent}, d.Resolve.StatusBar
	switch {
	case !outbox.Amendable(x.onResolve):
		return false, nil
	case x.onResolve == string(outbox.FollowRecall):
		f.Kind, window = outbox.FollowRecall, d.Resolve.Recall
	}
	switch state := codes[w.state]; {
	case state == outbox.Queued && !t.mayRing(w.id, w.rang):
		t.setLease(w.id, nil)
		state = outbox.Superseded
		err = t.finish(w.id, state, "resolved before it was sent", false)
		w.state = code(state)
	case state == outbox.Queued && window > 0:
		err = t.follow(w.id, nil, f)
	case state.Next(outbox.Recalled) && t.within(w, window):
		err = t.follow(w.id, w.app, f)
	default:
		return false, nil
	}
	d.kept.Amended = append(d.kept.Amended, outbox.Ref{ID: w.id, Rule: x.rule, State: codes[w.state]})
	return true, err
}

// mayRing says whether an attempt of a queued delivery is in flight or may have
// been taken.
func (t *tx) mayRing(id, rang int64) bool { return rang != 0 || t.leases[id].attempt != 0 }

// within says whether w was sent, as far as is known, less than window ago.
func (t *tx) within(w waiting, window time.Duration) bool {
	taken := w.rang
	if taken == 0 { // sent without an attempt
		taken = w.created
	}
	return t.now < taken+window.Milliseconds()
}
