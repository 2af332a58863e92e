package sqlite

import (
	"context"
	"errors"
	"time"

	"workbell/outbox"
)

var errTodo = errors.New("to do")

// ClaimFollowups leases follow-ups; see outbox.Store.
func (s *Store) ClaimFollowups(context.Context, string, int, time.Duration) ([]outbox.Due, time.Time, error) {
	return nil, time.Time{}, nil
}

// Amend makes one amendment; see outbox.Store.
func (s *Store) Amend(context.Context, outbox.Amendment) ([]outbox.Ref, error) { return nil, errTodo }

// Take takes quotas for a call that is no attempt; see outbox.Store.
func (s *Store) Take(context.Context, []outbox.Quota) (outbox.Grant, error) {
	return outbox.Grant{}, errTodo
}

// Facts returns what is known; see outbox.Store.
func (s *Store) Facts(context.Context, ...string) (map[string]outbox.Fact, error) {
	return nil, errTodo
}

// Learn keeps a fact; see outbox.Store.
func (s *Store) Learn(context.Context, outbox.Fact, bool) (bool, error) { return false, errTodo }

// Forget removes facts; see outbox.Store.
func (s *Store) Forget(context.Context, ...string) error { return errTodo }
