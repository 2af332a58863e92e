package bridge

import (
	"context"
	"time"
)

// How long history is kept, and how it is removed: in small steps, so that
// nobody waits for it.
const (
	retention  = 30 * 24 * time.Hour
	pruneEvery = 10 * time.Minute
	pruneSteps = 500
)

// prune removes what is older than retention until ctx ends.
func (b *Bridge) prune(ctx context.Context) error {
	tick := time.NewTicker(pruneEvery)
	defer tick.Stop()
	for {
		n, err := b.store.Prune(ctx, time.Now().Add(-retention), pruneSteps)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			b.o.Log.Warn("history not pruned; tried again later", "component", "bridge", "err", err)
		case n > 0:
			b.o.Log.Debug("history pruned", "component", "bridge", "events", n)
		}
		if n == pruneSteps {
			continue // there is more
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
