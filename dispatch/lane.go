package dispatch

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"workbell/outbox"
)

const (
	// few is how many deliveries are claimed at first, and after a refusal; it
	// doubles as long as all of them may go.
	few = 2
	// nudge is how soon after a refused reservation news (something with a
	// higher priority, a call that ended) makes a lane try again. It doubles up
	// to seldom while the same delivery is refused again, since giving it back
	// may be news too.
	nudge, seldom = 100 * time.Millisecond, 2 * time.Second
)

// lane sends for one app. The queue's order is kept: where its head has to wait
// for a limit of the app, all wait, so that a call that needs a whole minute's
// recipients is not overtaken for ever by smaller ones. What comes with a
// higher priority is the new head.
type lane struct {
	*Dispatcher
	name    string
	wake    chan struct{} // has a value after something changed
	workers sync.WaitGroup
	phones  phones
	depts   depts

	// Of the lane's goroutine:
	batch     int
	head      int64         // the delivery last refused for a limit; 0: none since a call began
	patience  time.Duration // how long news is left alone
	tried     time.Time     // when the head was last refused, or the store failed
	notBefore time.Time     // when it is worth trying again without news
	failures  int           // of the store, in a row

	mu          sync.Mutex
	client      Client // nil: the app is gone
	allowance   allowance
	health      health
	inFlight    int
	lastError   string
	lastErrorAt time.Time
}

func newLane(name string, d *Dispatcher) *lane {
	return &lane{Dispatcher: d, name: name, wake: make(chan struct{}, 1), batch: few}
}

// configure exchanges the app, and ends its pause.
func (l *lane) configure(app App, a allowance) {
	l.mu.Lock()
	reason := l.health.reason
	if l.client = app.Client; l.client != nil {
		l.allowance = a // else a call in flight is judged by the old one
	}
	l.health.recover()
	l.mu.Unlock()
	if reason != "" {
		l.options.Logger.Info("app tries again after a change of the configuration", "app", l.name, "reason", string(reason))
	}
	signal(l.wake)
}

// run works until ctx ends, and then waits for the calls in flight. What has
// begun goes on under work.
func (l *lane) run(ctx, work context.Context) error {
	defer l.workers.Wait()
	timer := time.NewTimer(patrol)
	defer timer.Stop()
	for ctx.Err() == nil {
		next, err := l.pump(ctx, work)
		if err != nil {
			return err
		}
		timer.Reset(untilNext(next))
		select {
		case <-ctx.Done():
		case <-timer.C:
		case <-l.wake:
			if soon := l.tried.Add(l.patience); soon.Before(l.notBefore) {
				l.notBefore = soon
			}
		}
	}
	return nil
}

// untilNext is how long to sleep until next; never nothing, so that no clock's
// rounding makes a busy loop.
func untilNext(next time.Time) time.Duration {
	if next.IsZero() {
		return patrol
	}
	return min(max(time.Until(next), time.Millisecond), patrol)
}

// pump starts all that may start now, and says when to try again (zero: when
// woken).
func (l *lane) pump(ctx, work context.Context) (time.Time, error) {
	for ctx.Err() == nil {
		now := time.Now()
		if now.Before(l.notBefore) {
			return l.notBefore, nil
		}
		room, probing, until := l.room(now)
		if room == 0 {
			return until, nil
		}
		want := min(room, l.batch)
		if probing {
			want = Slots // to choose from
		}
		claimed, next, err := l.options.Store.Claim(work, l.name, want, lease)
		if err != nil {
			if errors.Is(err, outbox.ErrClosed) {
				return time.Time{}, err
			}
			l.heed(err)
			continue
		}
		all := len(claimed) < want
		started := l.start(ctx, work, l.gather(work, claimed), probing)
		if started && all {
			return next, nil
		}
	}
	return time.Time{}, nil
}

// room says how many calls may begin, whether they only probe, and, where none
// may, until when the app pauses.
func (l *lane) room(now time.Time) (room int, probing bool, until time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.client == nil {
		return 0, false, time.Time{}
	}
	if l.health.until.After(now) {
		until = l.health.until
	}
	return l.health.room(now, Slots, l.inFlight), l.health.reason != "", until
}

// start begins calls for what was claimed, in its order, and gives back what
// may not go yet. It says whether all went.
func (l *lane) start(ctx, work context.Context, claimed []outbox.Delivery, probing bool) bool {
	if probing && len(claimed) > 0 {
		l.mu.Lock()
		i := l.health.probe(claimed)
		l.mu.Unlock()
		claimed[0], claimed[i] = claimed[i], claimed[0]
		l.giveBack(work, claimed[1:])
		claimed = claimed[:1]
	}
	for i := range claimed {
		if room, _, _ := l.room(time.Now()); room == 0 || ctx.Err() != nil {
			l.giveBack(work, claimed[i:])
			return false
		}
		if !l.admit(work, claimed[i]) {
			l.giveBack(work, claimed[i:])
			l.batch = few
			return false
		}
	}
	if len(claimed) >= l.batch {
		l.batch = min(2*l.batch, Slots)
	}
	return true
}

// admit begins a call for d, or records why there will be none. It returns
// false where the queue has to wait.
func (l *lane) admit(work context.Context, d outbox.Delivery) bool {
	l.mu.Lock()
	client, a := l.client, l.allowance
	l.mu.Unlock()
	if client == nil { // the app has gone this moment
		return false
	}
	now := time.Now()
	if expired(d, now) && !l.confirm(work, &d) {
		return false
	}
	if update, unfit := a.unfit(d, now); unfit {
		l.heed(l.settle(work, d, update))
		return true
	}
	if !l.nameable(work, d, client) || !l.placed(work, d, a, client) {
		return true
	}
	before := l.history(work, d)
	needs := a.needs(d.To, now, before)
	grant, err := l.options.Store.Reserve(work, d.Lease(), quotas(needs))
	switch {
	case errors.Is(err, outbox.ErrFenced):
		l.lost(d)
	case err != nil:
		l.heed(err)
		return false
	case grant.OK:
		l.heed(nil)
		l.head = 0
		c := call{delivery: d, number: grant.Attempt, before: before}
		l.inSlot(func() { l.attempt(work, c, client) })
	default:
		if update, ok := setAside(d, needs, grant.Over); ok {
			l.heed(l.settle(work, d, update))
			return true
		}
		l.refused(d, grant.RetryAt, now)
		return false
	}
	return true
}

// confirm reads until when d is worth sending once more, before this machine's
// clock ends it: somebody may have set that since d was claimed. Where it is wrong
// Take fails, and so does confirm; where the store has moved its times along, they
// are new.
func (l *lane) confirm(work context.Context, d *outbox.Delivery) bool {
	_, err := l.options.Store.Take(work, nil)
	var kept outbox.Delivery
	if err == nil {
		kept, err = l.options.Store.Get(work, d.ID)
	}
	if err != nil {
		l.heed(err)
		return false
	}
	d.Expires = kept.Expires
	return true
}

// refused makes the lane wait until a limit is expected to allow d, or for
// news. Where that depends on calls in flight, the end of one is news.
func (l *lane) refused(d outbox.Delivery, until, now time.Time) {
	l.patience = min(2*l.patience, seldom)
	if d.ID != l.head {
		l.head, l.patience = d.ID, nudge
	}
	l.tried, l.notBefore = now, until
	if !until.After(now) {
		l.notBefore = now.Add(seldom)
	}
}

// giveBack ends leases with nothing done and nothing spent; where the store
// fails, as soon as it works again. Else what it holds would wait until the
// leases run out.
func (l *lane) giveBack(work context.Context, ds []outbox.Delivery) {
	if len(ds) == 0 {
		return
	}
	err := l.endLeases(work, ds)
	l.trouble.note(err)
	if err == nil {
		return
	}
	l.inSlot(func() {
		for n := 1; err != nil && !errors.Is(err, outbox.ErrClosed); n++ {
			select {
			case <-time.After(outbox.Backoff(n, 50*time.Millisecond, 5*time.Second, rand.Float64())): //nolint:gosec // jitter
				err = l.endLeases(work, ds)
			case <-work.Done():
				return
			}
		}
	})
}

// endLeases gives back those of ds that are still ours.
func (l *lane) endLeases(work context.Context, ds []outbox.Delivery) error {
	updates := make([]outbox.Update, len(ds))
	for i, d := range ds {
		updates[i] = outbox.Update{Lease: d.Lease(), State: outbox.Queued, Due: d.Due, Reason: d.Reason}
	}
	err := l.options.Store.Update(work, updates...)
	if !errors.Is(err, outbox.ErrFenced) {
		return err
	}
	if len(ds) == 1 {
		return nil
	}
	var errs []error // one of them is another's; the others are ours
	for i := range ds {
		errs = append(errs, l.endLeases(work, ds[i:i+1]))
	}
	return errors.Join(errs...)
}

// settle records what became of d without a call. Where the store fails the
// lease runs out, and d comes again.
func (l *lane) settle(work context.Context, d outbox.Delivery, update outbox.Update) error {
	err := l.options.Store.Update(work, update)
	switch {
	case errors.Is(err, outbox.ErrFenced):
		l.lost(d)
		return nil
	case err == nil:
		l.tell(d, update)
		signal(l.wake) // for its parts, or those of its group that come after it
	}
	return err
}

// heed takes note of how a call of the store ended, and makes the lane wait for one
// that fails, longer each time; of the lane's goroutine.
func (l *lane) heed(err error) {
	l.trouble.note(err)
	if err == nil {
		l.failures = 0
		return
	}
	l.failures++
	l.tried, l.patience = time.Now(), seldom
	l.notBefore = l.tried.Add(outbox.Backoff(l.failures, 2*nudge, 10*time.Second, 0.5))
}

func (l *lane) lost(d outbox.Delivery) {
	l.options.Logger.Warn("another took the delivery over; its lease had ended", "app", l.name, "rule", d.Rule, "delivery", d.ID)
}
