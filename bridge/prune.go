package bridge

import (
	"context"
	"time"
)

// How history is removed: in small steps, so that nobody waits for it.
const (
	// Retention is how long history is kept where nothing else is said.
	Retention  = 30 * 24 * time.Hour
	pruneEvery = 10 * time.Minute
	pruneSteps = 500
	// keepAtLeast is what is kept however large the store is: somebody looks for
	// what happened just now.
	keepAtLeast = time.Hour
)

// prune removes history that is too old, and the oldest while the store is too
// large, until ctx ends. What is still to be sent or followed up stays.
func (b *Bridge) prune(ctx context.Context) error {
	tick := time.NewTicker(pruneEvery)
	defer tick.Stop()
	for {
		n, err := b.pruneStep(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			b.o.Log.Warn("history not pruned; tried again later", "component", "bridge", "err", err)
		case n > 0:
			b.o.Log.Debug("history pruned", "component", "bridge", "events", n)
		}
		if err == nil && n >= pruneSteps {
			continue // there is more
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// pruneStep removes a bounded number of events, and says how many.
func (b *Bridge) pruneStep(ctx context.Context) (int, error) {
	if n, err := b.store.Prune(ctx, time.Now().Add(-b.o.Retention), pruneSteps); err != nil || n >= pruneSteps || b.o.RetentionSize <= 0 {
		return n, err
	}
	size, err := b.store.Size(ctx)
	if err != nil || size <= b.o.RetentionSize {
		return 0, err
	}
	return b.store.Prune(ctx, time.Now().Add(-keepAtLeast), pruneSteps)
}
