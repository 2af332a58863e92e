package outboxtest

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"workbell/outbox"
)

var closeTests = []guarantee{
	{"later calls return ErrClosed", Options{}, func(r *rig) {
		r.keep(r.text("x"))
		l := r.lease(1)
		r.close()
		defer r.open()
		s, ctx := r.s, r.Context()
		for what, call := range map[string]func() error{
			"Enqueue":        func() error { _, err := s.Enqueue(ctx, []outbox.Entry{r.entry()}); return err },
			"Claim":          func() error { _, _, err := s.Claim(ctx, "ops", 1, 0); return err },
			"Reserve":        func() error { _, err := s.Reserve(ctx, l, nil); return err },
			"Update":         func() error { return s.Update(ctx, outbox.Update{Lease: l, State: outbox.Queued}) },
			"Expire":         func() error { _, _, err := s.Expire(ctx, 1); return err },
			"ClaimFollowups": func() error { _, _, err := s.ClaimFollowups(ctx, "ops", 1, 0); return err },
			"Amend":          func() error { _, err := s.Amend(ctx, outbox.Amendment{Delivery: 1}); return err },
			"Take":           func() error { _, err := s.Take(ctx, nil); return err },
			"Facts":          func() error { _, err := s.Facts(ctx, "k"); return err },
			"Learn":          func() error { _, err := s.Learn(ctx, outbox.Fact{Key: "k"}, false); return err },
			"Forget":         func() error { return s.Forget(ctx, "k") },
			"Get":            func() error { _, err := s.Get(ctx, 1); return err },
			"Event":          func() error { _, err := s.Event(ctx, 1); return err },
			"Events":         func() error { _, err := s.Events(ctx, outbox.EventFilter{}); return err },
			"List":           func() error { _, err := s.List(ctx, outbox.Filter{}); return err },
			"Stats":          func() error { _, err := s.Stats(ctx); return err },
			"Size":           func() error { _, err := s.Size(ctx); return err },
			"Used":           func() error { _, err := s.Used(ctx, "k"); return err },
			"Ready":          func() error { return s.Ready(ctx) },
			"Prune":          func() error { _, err := s.Prune(ctx, r.Now(), 1); return err },
			"Close":          s.Close,
		} {
			r.wants(what, call(), outbox.ErrClosed)
		}
	}},
	{"waits for what is being written", Options{}, func(r *rig) {
		const callers = 16
		var mu sync.Mutex
		var kept []int64
		first := make(chan struct{}, callers)
		var wg sync.WaitGroup
		for c := range callers {
			wg.Go(func() {
				for n := range 1000 {
					k, err := r.s.Enqueue(r.Context(), []outbox.Entry{r.entry(r.text(fmt.Sprint(c, n)))})
					if err != nil {
						r.wants("Enqueue", err, outbox.ErrClosed)
						return
					}
					mu.Lock()
					kept = append(kept, k[0].Deliveries[0].ID)
					mu.Unlock()
					if n == 0 {
						first <- struct{}{}
					}
				}
			})
		}
		for range callers {
			<-first
		}
		r.close()
		wg.Wait()
		r.open()
		for _, id := range kept {
			if _, err := r.s.Get(r.Context(), id); err != nil {
				r.Errorf("delivery %d, which was acknowledged: %v", id, err)
			}
		}
		r.is("open", r.stats().Open, len(kept)) // nothing of what was answered with ErrClosed
	}},
	{"a call whose context has ended changes nothing", Options{}, func(r *rig) {
		ctx, cancel := context.WithCancel(r.Context())
		cancel()
		_, err := r.s.Enqueue(ctx, []outbox.Entry{r.entry(r.text("x"))})
		if !errors.Is(err, context.Canceled) {
			r.Errorf("Enqueue: got %v, want %v", err, context.Canceled)
		}
		r.is("open", r.stats().Open, 0)
	}},
}
