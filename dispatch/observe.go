package dispatch

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"workbell/outbox"
)

// Observer is told what happens, for metrics. Its methods are called
// concurrently, and should return at once.
type Observer interface {
	// Attempted is called after each call: its outcome, DingTalk's code ("" on
	// success, or where no answer came) and how long it took.
	Attempted(app, code string, outcome outbox.Outcome, took time.Duration)
	// Ended is called when a delivery leaves queued, with its new state.
	Ended(d outbox.Delivery, state outbox.State)
	// Waited is called when a delivery's first attempt begins, with the time
	// since it was accepted.
	Waited(app string, wait time.Duration)
	// Paused is called when an app begins to pause, and when the reason changes.
	Paused(app string, reason Reason)
	// MayRingTwice is called when an attempt of unknown outcome is repeated
	// after DingTalk's midnight.
	MayRingTwice(d outbox.Delivery)
}

// nobody observes nothing.
type nobody struct{}

func (nobody) Attempted(string, string, outbox.Outcome, time.Duration) {}
func (nobody) Ended(outbox.Delivery, outbox.State)                     {}
func (nobody) Waited(string, time.Duration)                            {}
func (nobody) Paused(string, Reason)                                   {}
func (nobody) MayRingTwice(outbox.Delivery)                            {}

// AppStatus is how an app fares.
type AppStatus struct {
	App string `json:"app"`
	// Reason is why it pauses, or sends one call at a time to see whether it
	// may go on; empty: it is well.
	Reason      Reason    `json:"reason,omitempty"`
	PausedUntil time.Time `json:"pausedUntil,omitzero"` // the next call not before
	InFlight    int       `json:"inFlight"`
	LastSuccess time.Time `json:"lastSuccess,omitzero"`
	LastError   string    `json:"lastError,omitempty"`
	LastErrorAt time.Time `json:"lastErrorAt,omitzero"`
}

// Status returns how each app fares, in the order of the settings.
func (d *Dispatcher) Status() []AppStatus {
	var all []AppStatus
	for _, l := range d.all() {
		if s, active := l.status(); active {
			all = append(all, s)
		}
	}
	return all
}

// trouble says once that the store fails, and once that it writes again.
type trouble struct {
	log   *slog.Logger
	mu    sync.Mutex
	since time.Time
}

// note takes the result of a write, or the error of any other call.
func (t *trouble) note(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case err == nil && !t.since.IsZero():
		t.log.Info("the store writes again", "after", time.Since(t.since))
		t.since = time.Time{}
	case errors.Is(err, outbox.ErrFenced), errors.Is(err, outbox.ErrClosed), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
	case err != nil && t.since.IsZero():
		t.log.Error("the store fails; nothing is sent until it works", "err", err)
		t.since = time.Now()
	}
}
