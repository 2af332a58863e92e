package bridge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"workbell/config"
	"workbell/outbox"
	"workbell/routes"
	"workbell/source"
)

const (
	// lookAgain is when the store is asked again that has failed.
	lookAgain = 5 * time.Second
	// lookAtLeast is how often it is looked whether what stays away is back.
	lookAtLeast = time.Minute
	// beatWithin is how long a beat waits for the store.
	beatWithin = 10 * time.Second
	// beatsApart and everyApart (a share of every) are how far apart, at least,
	// the beats are that are written: the shorter of the two.
	beatsApart = time.Second
	everyApart = 10
)

// heartbeats takes the beats of sources of type heartbeat, and tells when one
// stays away and when it is back. There is no leader: what is known stands in
// the store (marks.go), and events have keys, so that of several bridges that
// notice the same, one is heard.
type heartbeats struct {
	marks
	plan    *atomic.Pointer[routes.Plan]
	entries func(*routes.Plan, []*source.Event, time.Time) []outbox.Entry
	log     *slog.Logger
	changed chan struct{} // has a value after the rules have changed
	listed  bool          // the store lists the heartbeats in force; run's own

	mu     sync.Mutex
	pulses map[string]*pulse // of the heartbeats in force, by name
}

// errGone means that a reload has come in between.
var errGone = errors.New("the heartbeat has just been taken out of rules.yaml")

// pulse is one heartbeat as this bridge has seen it.
type pulse struct {
	heard atomic.Pointer[time.Time] // when a beat last came here, kept or not, or this bridge began to listen; with the monotonic clock
	turn  chan struct{}             // full while somebody deals with it; guards:
	kept  time.Time                 // the last beat that was written, and what it ended
}

// due is when a heartbeat stays away whose last beat is known to be of then. One
// that this bridge took itself is as old as its monotonic clock says, whatever the
// other one has been set to since. One that is further ahead than the clocks of two
// bridges may be apart is of a time that was wrong, and says nothing.
func (p *pulse) due(beat time.Time, patience time.Duration) time.Time {
	left := patience - time.Since(*p.heard.Load())
	if !beat.Equal(p.kept) && time.Until(beat) < 2*clockTolerance {
		left = max(left, patience-time.Since(beat))
	}
	return time.Now().Add(left)
}

// hears notes that a beat comes, before it has its turn: it may not be kept, as
// where the store does not answer, and that is no fault of the sender's.
func (p *pulse) hears() {
	at := time.Now()
	p.heard.Store(&at)
}

// newHeartbeats looks after those of the plan in force, as o takes events.
func newHeartbeats(o routes.Options) *heartbeats {
	h := &heartbeats{marks: marks{o.Store}, plan: o.Plan, entries: o.Entries, log: o.Log, changed: make(chan struct{}, 1), pulses: map[string]*pulse{}}
	h.reloaded()
	return h
}

// heartbeatsOf are the sources of cfg that are heartbeats.
func heartbeatsOf(cfg *config.Config) (list []*config.Source) {
	for i := range cfg.Sources {
		if cfg.Sources[i].Type == config.Heartbeat {
			list = append(list, &cfg.Sources[i])
		}
	}
	return list
}

// reloaded follows the plan in force: a heartbeat that is new counts from now,
// one that is gone is let go of.
func (h *heartbeats) reloaded() {
	h.mu.Lock()
	defer h.mu.Unlock()
	before := h.pulses
	h.pulses = map[string]*pulse{}
	for _, s := range heartbeatsOf(h.plan.Load().Config) {
		if h.pulses[s.Name] = before[s.Name]; h.pulses[s.Name] == nil {
			h.pulses[s.Name] = &pulse{turn: make(chan struct{}, 1)}
			h.pulses[s.Name].hears()
		}
	}
	select {
	case h.changed <- struct{}{}:
	default:
	}
}

// now is the time as facts keep it.
func now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

// pulse is that of a heartbeat in force, or nil.
func (h *heartbeats) pulse(name string) *pulse {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.pulses[name]
}

// hold waits for the turn to deal with a heartbeat. release gives it back.
func (h *heartbeats) hold(ctx context.Context, name string) (p *pulse, s *config.Source, release func(), err error) {
	p = h.pulse(name)
	for _, c := range heartbeatsOf(h.plan.Load().Config) {
		if c.Name == name {
			s = c
		}
	}
	if p == nil || s == nil {
		return nil, nil, nil, errGone
	}
	select {
	case p.turn <- struct{}{}:
		return p, s, func() { <-p.turn }, nil
	case <-ctx.Done():
		return nil, nil, nil, ctx.Err()
	}
}

// beat keeps a beat, and what it ends: it returns once both are on disk. One
// that comes shortly after another adds nothing to what is known, and is not
// written.
func (h *heartbeats) beat(ctx context.Context, name string) ([]outbox.Kept, error) {
	ctx, cancel := context.WithTimeout(ctx, beatWithin)
	defer cancel()
	if p := h.pulse(name); p != nil {
		p.hears()
	}
	p, s, release, err := h.hold(ctx, name)
	if err != nil {
		return nil, err
	}
	defer release()
	at := now()
	if at.Sub(p.kept).Abs() < min(s.Every/everyApart, beatsApart) {
		return nil, nil
	}
	if _, err := h.learn(ctx, beatKey(name), mark{At: at}, false); err != nil {
		return nil, err
	}
	kept, _, err := h.settle(ctx, p, s)
	if err == nil {
		p.kept = at
	}
	return kept, err
}

// run looks whenever a heartbeat may have stayed away, until ctx ends.
func (h *heartbeats) run(ctx context.Context) error {
	for {
		var wait <-chan time.Time
		if next := h.look(ctx); !next.IsZero() {
			wait = time.After(time.Until(next))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-h.changed:
			h.listed = false
		case <-wait:
		}
	}
}

// look brings every heartbeat up to date, and says when to look again: never,
// the zero time, where there is none.
func (h *heartbeats) look(ctx context.Context) (next time.Time) {
	list := heartbeatsOf(h.plan.Load().Config)
	sooner := func(at time.Time, err error) {
		if err != nil && ctx.Err() == nil {
			at = now().Add(lookAgain)
			h.log.Warn("heartbeat not looked after; tried again", "component", "heartbeat", "err", err)
		}
		if next.IsZero() || !at.IsZero() && at.Before(next) {
			next = at
		}
	}
	if !h.listed {
		err := h.only(ctx, list)
		h.listed = err == nil
		sooner(time.Time{}, err)
	}
	for _, s := range list {
		at, err := h.lookAt(ctx, s.Name)
		sooner(at, err)
	}
	return next
}

func (h *heartbeats) lookAt(ctx context.Context, name string) (next time.Time, err error) {
	p, s, release, err := h.hold(ctx, name)
	if errors.Is(err, errGone) {
		return next, nil // reloaded is about to say so
	}
	if err != nil {
		return next, err
	}
	defer release()
	_, next, err = h.settle(ctx, p, s)
	return next, err
}

// settle brings what has been told in line with the beats, returns the events
// that it kept for that, and says when to look again. Each of its steps may be
// taken twice, by this bridge after a crash or by another at the same time.
func (h *heartbeats) settle(ctx context.Context, p *pulse, s *config.Source) (kept []outbox.Kept, next time.Time, err error) {
	beat, away, err := h.known(ctx, s.Name, p.heard.Load().UTC().Truncate(time.Millisecond))
	if err != nil {
		return nil, next, err
	}
	due := p.due(beat.At, s.Every+s.Grace)
	switch {
	case away != nil && !away.At.Equal(beat.At):
		kept, err = h.back(ctx, s.Name, *away, beat)
		return kept, due, err
	case away != nil && away.Told:
		return nil, now().Add(min(s.Every, lookAtLeast)), nil // another bridge may stop halfway through taking a beat
	case away == nil && time.Now().Before(due):
		return nil, due, nil
	}
	if away == nil { // if another bridge was first, it has learnt the same
		if _, err := h.learn(ctx, awayKey(s.Name), beat, true); err != nil {
			return nil, next, err
		}
	}
	h.log.Warn("heartbeat stays away", "component", "heartbeat", "source", s.Name, "since", beat.At, "never", beat.Never)
	kept, err = h.tell(ctx, s.Name, source.Absence{Status: source.Away, Since: beat.At, Never: beat.Never})
	if err == nil {
		beat.Told = true
		_, err = h.learn(ctx, awayKey(s.Name), beat, false)
	}
	return kept, now(), err // a beat may have come meanwhile
}

// back ends an absence. One that nobody has been told of yet is told as well, so
// that no end comes without a beginning.
func (h *heartbeats) back(ctx context.Context, name string, away, beat mark) ([]outbox.Kept, error) {
	absence := source.Absence{Status: source.Away, Since: away.At, Never: away.Never}
	var told []source.Absence
	if !away.Told {
		told = append(told, absence)
	}
	absence.Status, absence.Back = source.Back, beat.At
	kept, err := h.tell(ctx, name, append(told, absence)...)
	if err != nil {
		return nil, err
	}
	h.log.Info("heartbeat is back", "component", "heartbeat", "source", name, "since", away.At)
	return kept, h.store.Forget(ctx, awayKey(name))
}

// tell keeps the events of absences, with what the rules call for, all or none.
func (h *heartbeats) tell(ctx context.Context, name string, absences ...source.Absence) ([]outbox.Kept, error) {
	plan, at := h.plan.Load(), now()
	src := plan.Sources[name]
	if src == nil {
		return nil, errGone
	}
	var events []*source.Event
	for _, a := range absences {
		payload, err := json.Marshal(a)
		if err != nil {
			return nil, err
		}
		made, err := src.Replay(nil, payload, at)
		if err != nil {
			return nil, fmt.Errorf("making the event of heartbeat %q: %w", name, err)
		}
		events = append(events, made...)
	}
	return h.store.Enqueue(ctx, h.entries(plan, events, at))
}
