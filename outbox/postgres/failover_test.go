package postgres_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"workbell/outbox/pgtest"
)

// TestFailover crashes a server that replicates synchronously, in the middle of
// work, and promotes its standby. Two stores that know both go on by themselves,
// and what was acknowledged is there.
func TestFailover(t *testing.T) {
	t.Parallel()
	primary, err := pgtest.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = primary.Close() })
	if _, err := primary.Create("failover", "template1"); err != nil {
		t.Fatal(err)
	}
	standby, err := primary.Standby()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = standby.Close() })
	w := &work{T: t, kept: map[int64]bool{}, sent: map[int64]int{}}
	for range 2 {
		w.stores = append(w.stores, open(t, primary.Either(standby, "failover")))
	}
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for i, s := range w.stores {
		for n := range 4 {
			wg.Go(func() { w.keep(ctx, s, fmt.Sprint(i, " ", n)) })
		}
		wg.Go(func() { w.send(ctx, s) })
	}
	w.until(func() bool { return w.acknowledged() > 100 })
	if err := primary.Stop(); err != nil {
		t.Fatal(err)
	}
	w.until(func() bool { return w.stores[0].Ready(t.Context()) != nil && w.stores[1].Ready(t.Context()) != nil })
	if err := standby.Promote(); err != nil {
		t.Fatal(err)
	}
	w.mu.Lock()
	w.round = len(w.kept)
	w.mu.Unlock()
	w.until(func() bool { return w.acknowledged() > 100 })
	stop()
	wg.Wait()
	w.check()
}
