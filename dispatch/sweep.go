package dispatch

import (
	"context"
	"errors"
	"time"

	"workbell/outbox"
)

const (
	sweepMost  = 200         // deliveries expired in one transaction
	sweepPause = time.Second // between sweeps while deliveries keep coming
)

// sweep ends what is not worth sending any more, also for apps that pause or
// are gone, and watches the month's calls.
func (d *Dispatcher) sweep(ctx, work context.Context) error {
	var month month
	timer := time.NewTimer(0)
	defer timer.Stop()
	at := time.Now()
	for {
		timer.Reset(max(0, time.Until(at)))
		select {
		case <-ctx.Done():
			return nil
		case <-d.sweeping: // what came may expire sooner than what was there
			if soon := time.Now().Add(sweepPause); soon.Before(at) {
				at = soon
			}
			continue
		case <-timer.C:
		}
		next, err := d.expire(work)
		if errors.Is(err, outbox.ErrClosed) {
			return err
		}
		at = sweepAgain(next, time.Now())
		if d.called.Swap(false) {
			d.budget(work, &month)
		}
	}
}

// sweepAgain keeps the next sweep within bounds.
func sweepAgain(next, now time.Time) time.Time {
	if next.IsZero() || next.After(now.Add(patrol)) {
		return now.Add(patrol)
	}
	return later(next, now.Add(sweepPause))
}

// expire moves all that is past its time, and says when the next will be.
func (d *Dispatcher) expire(work context.Context) (time.Time, error) {
	for {
		gone, next, err := d.options.Store.Expire(work, sweepMost)
		if err != nil {
			d.trouble.note(err)
			return time.Now().Add(sweepPause), err
		}
		for _, e := range gone {
			d.options.Logger.Warn("expired before it could be sent", "app", e.App, "rule", e.Rule, "delivery", e.ID, "err", e.Reason)
			d.options.Observer.Ended(e, outbox.Expired)
		}
		if len(gone) > 0 {
			d.wakeAll() // for those that come after them in their groups
		}
		if len(gone) < sweepMost {
			return next, nil
		}
	}
}

// month is what has been said of a month's calls.
type month struct {
	key  string
	said int // percent
}

// budget says once that 80 % of the month's calls are used, and once that all
// are, and has low priority gathered as they run low. Nothing else is held back:
// DingTalk itself says when it refuses (90020).
func (d *Dispatcher) budget(work context.Context, m *month) {
	s := d.current()
	if s.CallsPerMonth <= 0 {
		d.low.Store(false)
		return
	}
	key := outbox.MonthKey(time.Now(), s.Zone)
	if m.key != key {
		*m = month{key: key}
	}
	used, err := d.options.Store.Used(work, key)
	if err != nil {
		d.trouble.note(err)
		return
	}
	b := outbox.Budget{Used: used[key], Limit: s.CallsPerMonth}
	d.low.Store(b.Reached(outbox.DigestAt))
	for _, percent := range []int{100, outbox.WarnAt} {
		if b.Reached(percent) && m.said < percent {
			m.said = percent
			d.options.Logger.Warn("the month's calls of DingTalk's API run low", "used", b.Used, "calls_per_month", b.Limit)
			return
		}
	}
}
