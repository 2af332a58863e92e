package sqlite

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"testing/synctest"

	"workbell/outbox"
)

// hold keeps the writer within a transaction that has written; the returned
// function lets it go on.
func (s *Store) hold(t *testing.T) (release func()) {
	t.Helper()
	holding, let, done := make(chan struct{}), make(chan struct{}), make(chan error)
	go func() {
		done <- s.run(context.Background(), "holding", 0, func(t *tx) error {
			_, err := t.conn.exec("UPDATE deliveries SET spent = 1") // 1 has the room of 0: it needs no page more
			close(holding)
			<-let
			return err
		})
	}()
	<-holding
	return func() {
		close(let)
		ok(t, <-done)
	}
}

// TestContext ends contexts of calls that wait for the writer, and of one that
// it has begun.
func TestContext(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "outbox.db")
	synctest.Test(t, func(t *testing.T) {
		s := open(t, Options{Path: path})
		release := s.hold(t)
		ctx, cancel := context.WithCancel(t.Context())
		answer := make(chan error, 1)
		go func() {
			_, err := s.Enqueue(ctx, []outbox.Entry{benchEntry(1)})
			answer <- err
		}()
		synctest.Wait()
		cancel()
		if err := <-answer; !errors.Is(err, context.Canceled) {
			t.Errorf("a call that had not begun: %v, want %v", err, context.Canceled)
		}
		release()
		ctx, cancel = context.WithCancel(t.Context())
		begun, let := make(chan struct{}), make(chan struct{})
		go func() {
			answer <- s.run(ctx, "keeping", 0, func(t *tx) error {
				close(begun)
				<-let
				d := make([]draft, 1)
				e := benchEntry(2)
				return errors.Join(d[0].prepare(&e), t.enqueue(d))
			})
		}()
		<-begun
		cancel()
		synctest.Wait()
		select {
		case err := <-answer:
			t.Errorf("a call that had begun was answered before it was over: %v", err)
		default:
		}
		close(let)
		ok(t, <-answer)
		st, err := s.Stats(t.Context())
		ok(t, err)
		if st.Open != 1 {
			t.Errorf("%d deliveries were kept, want only that of the call that had begun", st.Open)
		}
	})
}

// TestReadsBesideTheWriter makes every query while a transaction is open.
func TestReadsBesideTheWriter(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	_, err := s.Enqueue(t.Context(), []outbox.Entry{benchEntry(1)})
	ok(t, err)
	release := s.hold(t)
	defer release()
	d, err := s.Get(t.Context(), 1)
	ok(t, err)
	if d.Spent != 0 {
		t.Errorf("Get shows what is not committed: %d", d.Spent)
	}
	_, err = s.Event(t.Context(), 1)
	ok(t, err)
	list, err := s.List(t.Context(), outbox.Filter{GroupKey: benchEntry(1).Event.GroupKey})
	ok(t, err)
	st, err := s.Stats(t.Context())
	ok(t, err)
	_, err = s.Used(t.Context(), "k")
	ok(t, err)
	if len(list) != 1 || st.Open != 1 {
		t.Errorf("%d listed and %d open, want 1 and 1", len(list), st.Open)
	}
}
