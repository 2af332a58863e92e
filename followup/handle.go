package followup

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strconv"
	"time"

	"workbell/dingtalk"
	"workbell/outbox"
)

// job is one follow-up being worked on.
type job struct {
	*lane
	ctx  context.Context // of its calls and of the recording
	stop context.Context // once it has ended no further call begins
	app  App
	due  outbox.Due
	now  time.Time
	s    Settings
	// called says that a call was made.
	called bool
	// release, where not nil, is called once what came of it is kept.
	release func()
}

// handle does one follow-up and records what came of it. Its error is the
// store's; the lease then runs out, and the follow-up comes again.
func (l *lane) handle(stop context.Context, app App, due outbox.Due) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(stop), lease-grace)
	defer cancel()
	j := &job{lane: l, ctx: ctx, stop: stop, app: app, due: due, now: time.Now(), s: l.current()}
	a, err := j.act()
	if j.release != nil {
		defer j.release()
	}
	var later *laterError
	switch failed, isCall := errors.AsType[*dingtalk.Error](err); {
	case errors.As(err, &later):
		tries := due.Tries
		if later.spent {
			tries++
		}
		a = j.putOff(later.at, tries)
	case isCall:
		a = j.failed(failed)
	case err != nil:
		return err
	case j.called:
		l.well()
	}
	return j.record(&due.Delivery, a)
}

func (j *job) act() (outbox.Amendment, error) {
	if j.app.Client == nil {
		return j.withoutApp(), nil
	}
	switch j.due.Kind {
	case outbox.FollowResult:
		return j.result()
	case outbox.FollowEscalate:
		return j.escalate()
	case outbox.FollowStatusBar:
		return j.statusBar()
	case outbox.FollowRecall:
		return j.recall()
	}
	return j.done("nothing is known of a follow-up " + string(j.due.Kind)), nil
}

// withoutApp leaves the follow-up as it is for a while, and then gives it up.
func (j *job) withoutApp() outbox.Amendment {
	if j.now.Sub(j.due.Due) < overdue || j.absent(j.now) < overdue {
		j.rest()
		return j.putOff(j.due.Due, j.due.Tries)
	}
	return j.untold(fmt.Sprintf("given up (%s): the app %q is not in rules.yaml any more", j.due.Kind, j.name))
}

// absent is how long the app has been gone; not at all where it has come back.
func (l *lane) absent(now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.gone.IsZero() {
		return 0
	}
	return now.Sub(l.gone)
}

// rest has the lane look again only after a while, whatever wakes it, unless the
// app has come back since.
func (l *lane) rest() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.app.Client == nil {
		l.quiet = time.Now().Add(patrol)
	}
}

// done ends the follow-up with a line for the history.
func (j *job) done(note string) outbox.Amendment {
	return outbox.Amendment{Delivery: j.due.Delivery.ID, Lease: j.due.Lease(), Note: note}
}

// putOff lets the follow-up wait until then.
func (j *job) putOff(until time.Time, tries int) outbox.Amendment {
	f := j.due.Followup
	f.Due, f.Tries = until, tries
	return outbox.Amendment{Delivery: j.due.Delivery.ID, Lease: j.due.Lease(), Add: []outbox.Followup{f}}
}

// laterError says that a call cannot be made before a time.
type laterError struct {
	at    time.Time
	spent bool // it counts as a try
}

func (e *laterError) Error() string { return "not before " + e.at.String() }

// call makes one call within the limits: of the method a second, counted in the
// month.
func (j *job) call(method string, do func(context.Context) error) error {
	j.mu.Lock()
	quiet := j.quiet
	j.mu.Unlock()
	now := time.Now()
	switch {
	case now.Before(quiet):
		return &laterError{at: quiet}
	case j.stop.Err() != nil, j.ctx.Err() != nil:
		return &laterError{at: now}
	}
	if err := j.take(method, now); err != nil {
		return err
	}
	j.called = true
	ctx, cancel := context.WithTimeout(j.ctx, callWithin)
	defer cancel()
	err := do(ctx)
	code := "ok"
	if e, ok := errors.AsType[*dingtalk.Error](err); ok {
		code = e.FullCode()
	}
	j.options.Observer.Called(j.name, method, code)
	return err
}

// take takes the quotas of a call. It waits a few times for its turn of the
// second: a follow-up of many calls would else begin with the first of them again.
func (j *job) take(method string, now time.Time) error {
	for try := 0; ; try++ {
		grant, err := j.options.Store.Take(j.ctx, outbox.CallQuotas(j.name, method, j.app.CallsPerSecond, now, j.s.Zone))
		if err != nil || grant.OK {
			return err
		}
		at := grant.RetryAt
		if !at.After(now) {
			at = now.Add(time.Second)
		}
		if try == turns {
			return &laterError{at: at}
		}
		select {
		case <-time.After(time.Until(at)):
		case <-j.stop.Done():
		case <-j.ctx.Done():
		}
		if now = time.Now(); j.stop.Err() != nil || j.ctx.Err() != nil {
			return &laterError{at: now}
		}
	}
}

// turns is how often a call waits for its turn.
const turns = 5

// failed judges a call that failed without an answer to its question: the
// follow-up is tried again, and where that is the app's or DingTalk's fault the
// lane pauses.
func (j *job) failed(e *dingtalk.Error) outbox.Amendment {
	wait := max(e.RetryAfter, outbox.Backoff(j.due.Tries+1, 5*time.Second, 10*time.Minute, rand.Float64())) //nolint:gosec // jitter
	tries := j.due.Tries + 1
	switch e.Action {
	case dingtalk.RenewToken:
		wait = time.Second
	case dingtalk.Unavailable, dingtalk.SlowDown:
		j.pause(e, time.Minute)
		tries = j.due.Tries
	case dingtalk.Misconfigured, dingtalk.QuotaUsedUp:
		j.pause(e, 15*time.Minute)
		tries = j.due.Tries
	case dingtalk.Retry:
	default:
		return j.done("given up: " + e.Error())
	}
	if tries > maxTries {
		return j.done("given up after " + strconv.Itoa(tries) + " tries: " + e.Error())
	}
	return j.putOff(time.Now().Add(wait), tries)
}

// maxTries is how often a follow-up is tried that DingTalk answers with failures
// of its own.
const maxTries = 12

// pause keeps the lane from calling, longer each time, at most that long.
func (l *lane) pause(e *dingtalk.Error, most time.Duration) {
	l.mu.Lock()
	l.round++
	l.why = e.Error()
	until := time.Now().Add(max(e.RetryAfter, outbox.Backoff(l.round, 2*time.Second, most, rand.Float64()))) //nolint:gosec // jitter
	news := l.round == 1
	if until.After(l.quiet) {
		l.quiet = until
	}
	l.mu.Unlock()
	if !news {
		return
	}
	level := slog.LevelWarn
	if e.Action == dingtalk.Misconfigured || e.Action == dingtalk.QuotaUsedUp { // somebody has to act
		level = slog.LevelError
	}
	l.options.Logger.Log(context.Background(), level, "follow-ups pause; nothing is lost", "app", l.name, "until", until, "err", e)
}

// well ends a row of pauses.
func (l *lane) well() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.round, l.quiet, l.why = 0, time.Time{}, ""
}

// record keeps what was learnt of d, or done about it.
func (j *job) record(d *outbox.Delivery, a outbox.Amendment) error {
	for i := range a.Messages {
		a.Messages[i].App = d.App
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(j.ctx), grace)
	defer cancel()
	made, err := j.options.Store.Amend(ctx, a)
	switch {
	case errors.Is(err, outbox.ErrFenced), errors.Is(err, outbox.ErrNotFound):
		return nil // replaced or dropped in the meantime; what took its place is done in its turn
	case errors.Is(err, outbox.ErrState) && a.State != "": // taken back in the meantime: what was learnt stays true
		a.State, a.Reason = "", ""
		return j.record(d, a)
	case err != nil:
		return err
	}
	log := j.options.Logger.With("app", j.name, "rule", d.Rule, "delivery", d.ID, "task_id", d.TaskID)
	if a.Note != "" {
		log.Info("followed up", "kind", string(j.due.Kind), "note", a.Note, "new", len(made))
	}
	for _, r := range a.Receipts {
		j.options.Observer.Learnt(*d, r)
	}
	if missed := missed(a.Receipts); len(missed) > 0 {
		log.Warn("DingTalk took it, and did not pass it on to some recipients", "err", few(missed, "; "))
	}
	j.reportInvalid(d, a.Receipts)
	if a.State != "" && a.State != d.State {
		j.options.Observer.Changed(*d, a.State)
	}
	return nil
}
