package sqlite

import (
	"context"
	"errors"
	"path/filepath"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

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

// lingering hands a batch of one to the writer, an Enqueue, and has calls, one
// after another, wait for the writer before that is done.
func (s *Store) lingering(t *testing.T, calls ...func()) (enqueued chan error) {
	t.Helper()
	enqueued = make(chan error, 1)
	e := benchEntry(1)
	drafts := make([]draft, 1)
	ok(t, drafts[0].prepare(&e))
	go func() {
		enqueued <- s.run(context.Background(), "keeping", 0, func(t *tx) error {
			s.queueUp(calls...)
			calls = nil // when run again
			return t.enqueue(drafts)
		})
	}()
	return enqueued
}

// queueUp has calls, one after another, wait for the writer, which is busy.
func (s *Store) queueUp(calls ...func()) {
	for _, call := range calls {
		before := s.queue()
		go call()
		for s.queue() == before {
			runtime.Gosched()
		}
	}
}

// TestClaimBeforeCommit claims what a transaction that is not committed yet has
// made due, and begins its attempt.
func TestClaimBeforeCommit(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	claimed, let := make(chan []outbox.Delivery, 1), make(chan struct{})
	enqueued := s.lingering(t,
		func() {
			due, _, _ := s.Claim(context.Background(), "ops", 1, 0)
			claimed <- due
		},
		func() {
			_ = s.run(context.Background(), "holding", 0, func(*tx) error { <-let; return nil })
		})
	due := <-claimed
	if len(due) != 1 {
		t.Fatalf("%d claimed of what is about to be committed, want 1", len(due))
	}
	if _, err := s.Get(t.Context(), due[0].ID); !errors.Is(err, outbox.ErrNotFound) {
		t.Errorf("Get of what is not committed: %v", err)
	}
	select {
	case err := <-enqueued:
		t.Errorf("Enqueue was answered before it was committed: %v", err)
	default:
	}
	close(let)
	g, err := s.Reserve(t.Context(), due[0].Lease(), nil)
	ok(t, err)
	ok(t, <-enqueued)
	d, err := s.Get(t.Context(), due[0].ID)
	ok(t, err)
	if !g.OK || g.Attempt != 1 || d.Tries != 1 {
		t.Errorf("attempt %+v, and the delivery is %+v", g, d)
	}
}

// TestClaimOfWhatFails claims from a transaction that then fails.
func TestClaimOfWhatFails(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	claimed, broken, failed := make(chan []outbox.Delivery, 1), errors.New("the disk is broken"), make(chan error, 1)
	enqueued := s.lingering(t,
		func() {
			due, _, _ := s.Claim(context.Background(), "ops", 1, 0)
			claimed <- due
		},
		func() {
			failed <- s.run(context.Background(), "failing", 0, func(*tx) error { return broken })
		})
	lost := (<-claimed)[0]
	ok(t, <-enqueued)
	if err := <-failed; !errors.Is(err, broken) {
		t.Errorf("the call that failed: %v, want %v", err, broken)
	}
	if _, err := s.Reserve(t.Context(), lost.Lease(), nil); !errors.Is(err, outbox.ErrFenced) {
		t.Errorf("Reserve with the lease of a transaction that failed: %v, want %v", err, outbox.ErrFenced)
	}
	<-s.Wake()
	due, _, err := s.Claim(t.Context(), "ops", 10, 0)
	ok(t, err)
	if len(due) != 1 || due[0].ID != lost.ID || due[0].Fence == lost.Fence {
		t.Fatalf("claimed %+v afterwards, want what was kept in a transaction of its own", due)
	}
	g, err := s.Reserve(t.Context(), due[0].Lease(), nil)
	ok(t, err)
	if g.Attempt != 1 {
		t.Errorf("%+v, want the first attempt", g)
	}
}

// TestClaimOfWhatWasTriedWaits: what a holder may ask of earlier attempts has to
// be on disk when it hears of the delivery.
func TestClaimOfWhatWasTriedWaits(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	_, err := s.Enqueue(t.Context(), []outbox.Entry{benchEntry(2)})
	ok(t, err)
	due, _, err := s.Claim(t.Context(), "ops", 1, 0)
	ok(t, err)
	_, err = s.Reserve(t.Context(), due[0].Lease(), nil)
	ok(t, err)
	claimed, let := make(chan []outbox.Delivery, 1), make(chan struct{})
	given := make(chan error, 1)
	enqueued := s.lingering(t,
		func() {
			given <- s.Update(context.Background(), outbox.Update{Lease: due[0].Lease(), State: outbox.Queued, Attempt: &outbox.Result{Outcome: outbox.Rejected}})
		},
		func() {
			due, _, _ := s.Claim(context.Background(), "ops", 10, 0)
			claimed <- due
		},
		func() {
			_ = s.run(context.Background(), "holding", 0, func(*tx) error { <-let; return nil })
		})
	go func() { time.Sleep(50 * time.Millisecond); close(let) }()
	again := <-claimed
	select {
	case <-let:
	default:
		t.Error("a claim of what was tried before was told before it was committed")
	}
	ok(t, <-enqueued)
	ok(t, <-given)
	d, err := s.Get(t.Context(), due[0].ID)
	ok(t, err)
	if len(again) == 0 || d.Tries != 1 || d.Attempts[0].Outcome != outbox.Rejected {
		t.Errorf("claimed %+v; the delivery is %+v", again, d)
	}
}

// TestLingeringEnds: calls that may be answered early, each of which has another
// wait for the writer before it is done, do not keep a transaction open for ever.
func TestLingeringEnds(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	const most = 1000
	n, first, another := 0, (*tx)(nil), (func())(nil)
	another = func() {
		_ = s.hand(context.Background(), "claiming", &op{early: func() bool { return true }, do: func(t *tx) error {
			if first == nil {
				first = t
			}
			if t != first || n == most {
				return nil
			}
			n++
			s.queueUp(another)
			return nil
		}})
	}
	ok(t, <-s.lingering(t, another))
	if n == 0 || n == most {
		t.Errorf("%d calls, one after another, joined a transaction", n)
	}
}

// TestClaimOfWhatWaitedBefore: a claim from a transaction that then fails may have
// been of what is on disk for long. Whoever has its void lease is woken, though
// nothing new has been kept.
func TestClaimOfWhatWaitedBefore(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	_, err := s.Enqueue(t.Context(), []outbox.Entry{benchEntry(2)})
	ok(t, err)
	<-s.Wake()
	claimed, let, broken := make(chan []outbox.Delivery, 1), make(chan struct{}), errors.New("the disk is broken")
	failed := make(chan error, 2)
	calls := []func(){
		func() {
			due, _, _ := s.Claim(context.Background(), "ops", 1, 0)
			claimed <- due
		},
		func() {
			failed <- s.run(context.Background(), "failing", 0, func(*tx) error { <-let; return broken })
		},
	}
	go func() {
		failed <- s.run(context.Background(), "keeping", 0, func(t *tx) error {
			if calls == nil { // run again
				return broken
			}
			s.queueUp(calls...)
			calls, t.wake = nil, true
			return nil
		})
	}()
	lost := (<-claimed)[0]
	<-s.Wake() // before the claim
	close(let)
	for range 2 {
		if err := <-failed; !errors.Is(err, broken) {
			t.Errorf("a call that failed: %v, want %v", err, broken)
		}
	}
	select {
	case <-s.Wake():
	default:
		t.Error("nobody was woken")
	}
	due, _, err := s.Claim(t.Context(), "ops", 1, 0)
	ok(t, err)
	if len(due) != 1 || due[0].ID != lost.ID {
		t.Errorf("claimed %+v afterwards, want what was claimed before", due)
	}
}

// TestWindowsOfWhatJoins: the window of an attempt that ended while a transaction
// was open begins no earlier for having its end kept in that.
func TestWindowsOfWhatJoins(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "outbox.db")
	synctest.Test(t, func(t *testing.T) {
		s := open(t, Options{Path: path})
		_, err := s.Enqueue(t.Context(), []outbox.Entry{benchEntry(1)})
		ok(t, err)
		due, _, err := s.Claim(t.Context(), "ops", 1, 0)
		ok(t, err)
		_, err = s.Reserve(t.Context(), due[0].Lease(), []outbox.Quota{{Key: "k", N: 1, Limit: 1, Window: time.Minute}})
		ok(t, err)
		ended := make(chan error, 1)
		ok(t, s.run(t.Context(), "taking a second", 0, func(tx *tx) error {
			time.Sleep(time.Second)
			s.queueUp(func() {
				ended <- s.Update(context.Background(), outbox.Update{Lease: due[0].Lease(), State: outbox.Sent, Attempt: &outbox.Result{Outcome: outbox.Accepted}})
			})
			tx.wake = true
			return nil
		}))
		ok(t, <-ended)
		time.Sleep(time.Minute - time.Millisecond)
		used, err := s.Used(t.Context(), "k")
		ok(t, err)
		if used["k"] != 1 {
			t.Errorf("%d is taken a millisecond before the window has passed, want 1", used["k"])
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
