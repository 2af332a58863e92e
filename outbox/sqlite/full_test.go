package sqlite

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"workbell/outbox"
)

// full returns a store whose file may not grow, and how many events of entry it
// kept before that.
func full(t *testing.T) (*Store, int) {
	t.Helper()
	s := open(t, Options{MaxBytes: 2 << 20})
	for n := 0; ; n++ {
		before := s.memoryState(t)
		_, err := s.Enqueue(t.Context(), []outbox.Entry{large(n)})
		switch {
		case err == nil && n < 1000:
		case err == nil:
			t.Fatal("the file grows beyond MaxBytes")
		case errors.Is(err, outbox.ErrFull) || !strings.Contains(err.Error(), "full") || !strings.Contains(err.Error(), s.opts.Path):
			t.Fatalf("Enqueue on a full disk: %v, want an error that says so and names the file", err)
		default:
			if after := s.memoryState(t); after != before {
				t.Fatalf("a call that failed left its traces in memory:\n%s\nbefore:\n%s", after, before)
			}
			return s, n
		}
	}
}

// large is an event of 20 kB, with a key, a group and a route of its own.
func large(n int) outbox.Entry {
	e := benchEntry(int64(n))
	e.Event.KeyTTL = time.Millisecond
	e.Event.Payload = append([]byte{'"'}, bytes.Repeat([]byte("x"), 20_000)...)
	e.Messages[0].Rule = fmt.Sprint("rule", n)
	e.Messages[0].Group = fmt.Sprint("group", n)
	return e
}

// memoryState is all that the writer remembers, but for the fence.
func (s *Store) memoryState(t *testing.T) (state string) {
	t.Helper()
	ok(t, s.run(t.Context(), "looking", 0, func(t *tx) error {
		state = fmt.Sprintln(t.numbers, t.groups, t.leases, t.follows, len(t.routes.ids), len(t.routes.byID), len(t.routes.apps))
		for _, x := range t.indexes() {
			state += fmt.Sprintln(x.kind, len(x.fresh), len(x.batch), x.freshUntil, x.batchUntil, x.rows, len(x.lots))
		}
		return nil
	}))
	return state
}

func TestFullDisk(t *testing.T) {
	t.Parallel()
	s, n := full(t)
	check := func(what string) {
		t.Helper()
		st, err := s.Stats(t.Context())
		ok(t, err)
		list, err := s.List(t.Context(), outbox.Filter{Limit: 500})
		ok(t, err)
		if st.Open != n || len(list) != n || list[0].ID != int64(n) {
			t.Fatalf("%s: %d open, %d listed, want the %d that were acknowledged", what, st.Open, len(list), n)
		}
	}
	check("after the disk was full")
	if err := s.Ready(t.Context()); err == nil {
		t.Error("Ready is nil on a full disk")
	}
	s = reopen(t, s)
	check("after reopening")
	finish(t, s, n)
	time.Sleep(5 * time.Millisecond) // until the keys are free
	removed, err := s.Prune(t.Context(), time.Now().Add(time.Hour), 10)
	ok(t, err)
	if removed != 10 {
		t.Errorf("Prune removed %d events, want 10", removed)
	}
	if err := s.Ready(t.Context()); err != nil {
		t.Errorf("Ready, with room again: %v", err)
	}
	kept, err := s.Enqueue(t.Context(), []outbox.Entry{large(n)})
	ok(t, err)
	if kept[0].Duplicate || kept[0].Event != int64(n)+1 || kept[0].Deliveries[0].ID != int64(n)+1 {
		t.Errorf("with room again: kept %+v, want event and delivery %d", kept[0], n+1)
	}
}

// finish claims all, and ends them.
func finish(t *testing.T, s *Store, want int) {
	t.Helper()
	due, _, err := s.Claim(t.Context(), "ops", 1000, 0)
	ok(t, err)
	if len(due) != want {
		t.Fatalf("%d deliveries claimed, want %d", len(due), want)
	}
	for _, d := range due {
		ok(t, s.Update(t.Context(), outbox.Update{Lease: d.Lease(), State: outbox.Refused}))
	}
}

// TestFullDiskFailsNobodyElse puts an event that has no room into one batch
// with calls that have.
func TestFullDiskFailsNobodyElse(t *testing.T) {
	t.Parallel()
	s, n := full(t)
	due, _, err := s.Claim(t.Context(), "ops", n, 0)
	ok(t, err)
	release := s.hold(t)
	large := func() error {
		_, err := s.Enqueue(t.Context(), []outbox.Entry{large(n), large(n + 1)})
		return err
	}
	answers := make([]chan error, 0, n+2)
	call := func(do func() error) {
		answer := make(chan error, 1)
		answers = append(answers, answer)
		go func() { answer <- do() }()
	}
	call(large)
	for _, d := range due {
		call(func() error {
			return s.Update(t.Context(), outbox.Update{Lease: d.Lease(), State: outbox.Sent})
		})
	}
	call(large)
	for s.queue() < len(answers) {
		time.Sleep(time.Millisecond)
	}
	release()
	for i, answer := range answers {
		err := <-answer
		if wrong := i == 0 || i == len(answers)-1; wrong != (err != nil) {
			t.Errorf("call %d of the batch: %v", i, err)
		}
	}
	st, err := s.Stats(t.Context())
	ok(t, err)
	if st.Open != 0 || st.States[outbox.Sent] != n {
		t.Errorf("%+v, want %d sent", st, n)
	}
}

// queue counts the calls that wait.
func (s *Store) queue() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.waiting)
}
