package dispatch

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"time"

	"workbell/outbox"
)

// unfit says what becomes of a delivery that must not be sent as it is.
func (a allowance) unfit(d outbox.Delivery, now time.Time) (outbox.Update, bool) {
	switch {
	case d.To.Empty():
		return refuse(d, "it has no recipients"), true
	case expired(d, now):
		return outbox.Update{Lease: d.Lease(), State: outbox.Expired, Reason: "it expired before it could be sent"}, true
	}
	parts := small(d.To, a.perCall)
	for i := range parts {
		parts[i].Due = d.Due
	}
	return outbox.Update{Lease: d.Lease(), State: outbox.Queued, Due: d.Due, Split: parts}, parts != nil
}

// expired says whether d is past the time at which it is worth sending.
func expired(d outbox.Delivery, now time.Time) bool {
	return !d.Expires.IsZero() && !now.Before(d.Expires)
}

// inSlot runs work in a goroutine of its own, which takes a slot until it ends.
// That is only once the end of a call is on disk: else a crash would repeat
// more calls than there are slots.
func (l *lane) inSlot(work func()) {
	l.mu.Lock()
	l.inFlight++
	l.mu.Unlock()
	l.workers.Go(func() {
		defer func() {
			l.mu.Lock()
			l.inFlight--
			l.mu.Unlock()
			signal(l.wake)
		}()
		work()
	})
}

// attempt calls, and records what became of it.
func (l *lane) attempt(work context.Context, c call, client Client) {
	d := c.delivery
	c.began = time.Now()
	if d.Tries == 0 {
		l.options.Observer.Waited(l.name, c.began.Sub(d.Created))
	}
	l.mu.Lock()
	a := l.allowance
	l.mu.Unlock()
	if a.ringsTwice(c.before, c.began) {
		l.options.Logger.Warn("repeating an attempt of unknown outcome on the next day; it may ring a second time",
			"app", l.name, "rule", d.Rule, "delivery", d.ID)
		l.options.Observer.MayRingTwice(d)
	}
	limited, cancel := context.WithTimeout(work, l.options.CallTimeout)
	sent, err := client.Send(limited, d.To, d.Body)
	cancel()
	c.ended, c.sent, c.err = time.Now(), sent, asError(err)

	v := l.conclude(c)
	if v.update.State == outbox.Sent {
		v.update.Follow = l.options.Follow(&d, c.ended)
	}
	l.called.Store(true)
	r := v.update.Attempt
	l.options.Observer.Attempted(l.name, r.Code, r.Outcome, c.ended.Sub(c.began))
	if l.record(work, d, v.update) {
		l.tell(d, v.update)
	}
}

// history returns d's earlier attempts. Without them (the store failing) it is
// judged as if it were new, which spends nothing.
func (l *lane) history(work context.Context, d outbox.Delivery) []outbox.Attempt {
	if d.Tries == 0 {
		return nil
	}
	kept, err := l.options.Store.Get(work, d.ID)
	if err != nil {
		l.trouble.note(err)
		return nil
	}
	return kept.Attempts
}

// conclude judges c and says so where the app's state has changed.
func (l *lane) conclude(c call) verdict {
	v, reason, until := l.judge(c)
	log := l.options.Logger.With("app", l.name)
	switch {
	case v.resumed:
		log.Info("app sends again")
	case v.paused:
		level := slog.LevelWarn
		if reason == Misconfigured || reason == QuotaUsedUp { // somebody has to act
			level = slog.LevelError
		}
		log.Log(context.Background(), level, "app pauses; nothing is lost or spent", "reason", string(reason), "until", until, "err", c.err)
		l.options.Observer.Paused(l.name, reason)
	}
	return v
}

func (l *lane) judge(c call) (v verdict, reason Reason, until time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	v = l.allowance.judge(&l.health, c, rand.Float64()) //nolint:gosec // jitter keeps no secret
	if c.err != nil {
		l.lastError, l.lastErrorAt = c.err.Error(), c.ended
	}
	return v, l.health.reason, l.health.until
}

// record puts an attempt's end on disk, however long the store fails, until
// work ends. It says whether it is there.
func (l *lane) record(work context.Context, d outbox.Delivery, update outbox.Update) bool {
	for n := 1; ; n++ {
		err := l.options.Store.Update(work, update)
		switch {
		case err == nil:
			l.trouble.note(nil)
			return true
		case errors.Is(err, outbox.ErrFenced):
			l.lost(d)
			return false
		}
		l.trouble.note(err)
		select {
		case <-time.After(outbox.Backoff(n, 50*time.Millisecond, 5*time.Second, rand.Float64())): //nolint:gosec // jitter
		case <-work.Done():
		}
		if work.Err() != nil || errors.Is(err, outbox.ErrClosed) {
			l.options.Logger.Error("what became of an attempt could not be recorded; it counts as one of unknown outcome, and the same bytes go again",
				"app", l.name, "rule", d.Rule, "delivery", d.ID, "task_id", update.Attempt.TaskID, "err", err)
			return false
		}
	}
}

// tell logs and counts what became of d.
func (l *lane) tell(d outbox.Delivery, update outbox.Update) {
	log := l.options.Logger.With("app", l.name, "rule", d.Rule, "delivery", d.ID)
	switch update.State {
	case outbox.Queued:
		if !update.Due.Equal(d.Due) || update.Split != nil {
			level := slog.LevelWarn
			if update.Reason == "" { // parted, and nothing went wrong
				level = slog.LevelDebug
			}
			log.Log(context.Background(), level, "not sent yet", "due", update.Due, "attempt", d.Tries+1, "parts", len(update.Split), "err", update.Reason)
		}
		return
	case outbox.Sent:
		log.Debug("sent", "task_id", update.Attempt.TaskID)
	case outbox.Expired:
		log.Warn("expired before it could be sent", "err", update.Reason)
	default:
		log.Error("gave up", "state", string(update.State), "err", update.Reason)
	}
	l.options.Observer.Ended(d, update.State)
}

// status returns how the app fares; false where it is gone.
func (l *lane) status() (AppStatus, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	h := &l.health
	return AppStatus{App: l.name, Reason: h.reason, PausedUntil: h.until, InFlight: l.inFlight,
		LastSuccess: h.success, LastError: l.lastError, LastErrorAt: l.lastErrorAt}, l.client != nil
}
