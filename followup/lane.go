package followup

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"workbell/outbox"
)

// lane works for one app.
type lane struct {
	*Follower
	name string
	wake chan struct{}

	mu    sync.Mutex
	app   App       // Client nil: the app is gone
	gone  time.Time // since when it is, as far as this bridge knows; zero: it is not
	quiet time.Time // no call before that: DingTalk is away, throttles, or refuses the app
	round int       // pauses in a row
	why   string    // the last of them
}

func (l *lane) configure(app App) {
	l.mu.Lock()
	l.app, l.quiet, l.round, l.why = app, time.Time{}, 0, ""
	switch {
	case app.Client != nil:
		l.gone = time.Time{}
	case l.gone.IsZero():
		l.gone = time.Now()
	}
	l.mu.Unlock()
	signal(l.wake)
}

func (l *lane) run(ctx context.Context) error {
	timer := time.NewTimer(patrol)
	defer timer.Stop()
	failures := 0
	for ctx.Err() == nil {
		began := time.Now()
		next, err := l.pump(ctx)
		switch {
		case errors.Is(err, outbox.ErrClosed):
			return err
		case ctx.Err() != nil:
			return nil
		case err != nil:
			failures++
			l.options.Logger.Warn("follow-ups wait for the store", "app", l.name, "err", err)
			next = time.Now().Add(outbox.Backoff(failures, time.Second, patrol, 0.5))
		default:
			failures = 0
		}
		wait := patrol
		if !next.IsZero() {
			wait = min(max(time.Until(next), time.Millisecond), patrol)
		}
		timer.Reset(wait)
		select {
		case <-ctx.Done():
		case <-timer.C:
		case <-l.wake:
			pause(ctx, time.Until(began.Add(breath)))
		}
	}
	return nil
}

// pause waits for d, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// pump works on all that is due, and says when more will be.
func (l *lane) pump(ctx context.Context) (time.Time, error) {
	for ctx.Err() == nil {
		l.mu.Lock()
		app, quiet, some := l.app, l.quiet, atOnce
		if l.round > 0 { // one call tells whether the pause is over
			some = 1
		}
		l.mu.Unlock()
		if time.Now().Before(quiet) {
			return quiet, nil
		}
		due, next, err := l.options.Store.ClaimFollowups(ctx, l.name, some, lease)
		if err != nil || len(due) == 0 {
			return next, err
		}
		var group errgroup.Group
		for i := range due {
			group.Go(func() error { return l.handle(ctx, app, due[i]) })
		}
		if err := group.Wait(); err != nil {
			return time.Time{}, err
		}
	}
	return time.Time{}, nil
}
