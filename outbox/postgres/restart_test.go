package postgres_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"workbell/outbox"
	"workbell/outbox/pgtest"
	"workbell/outbox/postgres"
)

// TestServerCrashes stops a server of its own in the middle of work, and starts
// it again. Calls fail while it is away, none hangs, what was acknowledged is
// there, and both stores go on by themselves.
func TestServerCrashes(t *testing.T) {
	t.Parallel()
	own, err := pgtest.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = own.Close() }) // after the stores
	url, err := own.Create("crash", "template1")
	if err != nil {
		t.Fatal(err)
	}
	w := &work{T: t, kept: map[int64]bool{}, sent: map[int64]int{}}
	for range 2 {
		w.stores = append(w.stores, open(t, url))
	}
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for i, s := range w.stores {
		for n := range 4 {
			wg.Go(func() { w.keep(ctx, s, fmt.Sprint(i, " ", n)) })
		}
		wg.Go(func() { w.send(ctx, s) })
	}
	for range 3 {
		w.until(func() bool { return w.acknowledged() > 50 })
		if err := own.Stop(); err != nil {
			t.Fatal(err)
		}
		w.until(func() bool { return w.stores[0].Ready(t.Context()) != nil && w.stores[1].Ready(t.Context()) != nil })
		if err := own.Run(); err != nil {
			t.Fatal(err)
		}
		w.until(func() bool { return w.stores[0].Ready(t.Context()) == nil && w.stores[1].Ready(t.Context()) == nil })
		w.mu.Lock()
		w.round = len(w.kept)
		w.mu.Unlock()
	}
	w.until(func() bool { return w.acknowledged() > 50 })
	stop()
	wg.Wait()
	w.check()
}

// work is what two stores are made to do.
type work struct {
	*testing.T
	stores []*postgres.Store
	mu     sync.Mutex
	round  int            // how many were kept before this round
	kept   map[int64]bool // deliveries that Enqueue acknowledged
	sent   map[int64]int  // how often Update acknowledged that one was sent
}

// until waits; the time-out of the whole test bounds it.
func (w *work) until(done func() bool) {
	for !done() {
		time.Sleep(10 * time.Millisecond)
	}
}

// acknowledged counts what has been kept in this round.
func (w *work) acknowledged() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.kept) - w.round
}

// keep enqueues events, each until it is acknowledged.
func (w *work) keep(ctx context.Context, s *postgres.Store, name string) {
	for n := 0; ctx.Err() == nil; n++ {
		for ctx.Err() == nil {
			kept, err := s.Enqueue(ctx, []outbox.Entry{event(fmt.Sprint(name, " ", n))})
			if err != nil {
				time.Sleep(10 * time.Millisecond)
				continue
			}
			w.mu.Lock()
			w.kept[kept[0].Deliveries[0].ID] = true
			w.mu.Unlock()
			break
		}
	}
}

// send claims what is due and has it accepted.
func (w *work) send(ctx context.Context, s *postgres.Store) {
	for ctx.Err() == nil {
		due, _, err := s.Claim(ctx, "ops", 5, time.Second)
		for _, d := range due {
			w.sendOne(s, d)
		}
		if err != nil || len(due) == 0 {
			time.Sleep(10 * time.Millisecond)
		}
	}
}

func (w *work) sendOne(s *postgres.Store, d outbox.Delivery) {
	ctx := context.WithoutCancel(w.Context())
	quota := outbox.Quota{Key: "calls", N: 1, Limit: 1000, Window: time.Second, Call: true}
	if g, err := s.Reserve(ctx, d.Lease(), []outbox.Quota{quota}); err != nil || !g.OK {
		return
	}
	err := s.Update(ctx, outbox.Update{Lease: d.Lease(), State: outbox.Sent, Attempt: &outbox.Result{Outcome: outbox.Accepted, TaskID: d.ID}})
	if err != nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sent[d.ID]++
}

// check sends the rest, and holds the store against what was acknowledged.
func (w *work) check() {
	ctx := w.Context()
	for {
		stats, err := w.stores[0].Stats(ctx)
		if err != nil {
			w.Fatal(err)
		}
		if stats.Open == 0 {
			break
		}
		short, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
		w.send(short, w.stores[1])
		cancel()
	}
	for id := range w.kept {
		d, err := w.stores[1].Get(ctx, id)
		if err != nil || d.State != outbox.Sent || d.TaskID != id {
			w.Errorf("delivery %d, which was acknowledged, is %s with task %d, %v", id, d.State, d.TaskID, err)
		}
	}
	for id, times := range w.sent {
		if times != 1 {
			w.Errorf("that delivery %d was sent was acknowledged %d times", id, times)
		}
	}
}
