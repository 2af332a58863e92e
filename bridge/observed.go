package bridge

import (
	"context"
	"errors"
	"slices"
	"time"

	"workbell/outbox"
)

// operations are those of the store that are timed: what taking and sending
// waits for.
var operations = []string{"enqueue", "claim", "reserve", "update", "claim_followups", "amend", "take", "ready"}

// observed is a store whose operations are timed, and what it keeps counted.
type observed struct {
	outbox.Store
	m *metrics
}

var _ outbox.Store = observed{}

// answers are errors that say no without anything having failed.
var answers = []error{outbox.ErrFull, outbox.ErrFenced, outbox.ErrNotFound, outbox.ErrState, outbox.ErrBusy, outbox.ErrClosed, context.Canceled}

// done counts an operation that began then.
func (s observed) done(operation string, began time.Time, err error) {
	s.m.storing.WithLabelValues(operation).Observe(time.Since(began).Seconds())
	if err != nil && !slices.ContainsFunc(answers, func(a error) bool { return errors.Is(err, a) }) {
		s.m.storeFails.WithLabelValues(operation).Inc()
	}
}

// Enqueue counts events and deliveries, too.
func (s observed) Enqueue(ctx context.Context, entries []outbox.Entry) ([]outbox.Kept, error) {
	began := time.Now()
	kept, err := s.Store.Enqueue(ctx, entries)
	s.done("enqueue", began, err)
	for i, k := range kept {
		if k.Duplicate {
			s.m.events.WithLabelValues(entries[i].Event.Source, "duplicate").Inc()
			continue
		}
		s.m.events.WithLabelValues(entries[i].Event.Source, "new").Inc()
		for _, d := range k.Deliveries {
			s.m.kept.WithLabelValues(d.Rule, string(d.State)).Inc()
		}
	}
	return kept, err
}

// Claim is timed.
func (s observed) Claim(ctx context.Context, app string, max int, lease time.Duration) ([]outbox.Delivery, time.Time, error) {
	began := time.Now()
	due, next, err := s.Store.Claim(ctx, app, max, lease)
	s.done("claim", began, err)
	return due, next, err
}

// Reserve is timed.
func (s observed) Reserve(ctx context.Context, lease outbox.Lease, quotas []outbox.Quota) (outbox.Grant, error) {
	began := time.Now()
	g, err := s.Store.Reserve(ctx, lease, quotas)
	s.done("reserve", began, err)
	return g, err
}

// Update is timed.
func (s observed) Update(ctx context.Context, updates ...outbox.Update) error {
	began := time.Now()
	err := s.Store.Update(ctx, updates...)
	s.done("update", began, err)
	return err
}

// ClaimFollowups is timed.
func (s observed) ClaimFollowups(ctx context.Context, app string, max int, lease time.Duration) ([]outbox.Due, time.Time, error) {
	began := time.Now()
	due, next, err := s.Store.ClaimFollowups(ctx, app, max, lease)
	s.done("claim_followups", began, err)
	return due, next, err
}

// Amend is timed, and the deliveries that it makes are counted.
func (s observed) Amend(ctx context.Context, a outbox.Amendment) ([]outbox.Ref, error) {
	began := time.Now()
	made, err := s.Store.Amend(ctx, a)
	s.done("amend", began, err)
	for _, d := range made {
		s.m.kept.WithLabelValues(d.Rule, string(d.State)).Inc()
	}
	return made, err
}

// Take is timed.
func (s observed) Take(ctx context.Context, quotas []outbox.Quota) (outbox.Grant, error) {
	began := time.Now()
	g, err := s.Store.Take(ctx, quotas)
	s.done("take", began, err)
	return g, err
}

// Ready is timed.
func (s observed) Ready(ctx context.Context) error {
	began := time.Now()
	err := s.Store.Ready(ctx)
	s.done("ready", began, err)
	return err
}
