package postgres_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"workbell/outbox"
	"workbell/outbox/outboxtest"
)

// TestContractOfTwo has every other call go to a second store on the same
// database. What Wake tells of another store takes its time, so that it is not
// for this test to say when there is nothing (see TestStoresTellEachOther).
func TestContractOfTwo(t *testing.T) {
	t.Parallel()
	outboxtest.Run(t, func(t *testing.T, test func(*testing.T, outboxtest.Data)) {
		if strings.Contains(t.Name(), "/Wake/") {
			t.Skip("Wake is tested with one store, and in TestStoresTellEachOther")
		}
		inFakeTime(t, func(t *testing.T, d outboxtest.Data) {
			open := d.Open
			d.Open = func(t *testing.T, o outboxtest.Options) outbox.Store {
				return &pair{stores: [2]outbox.Store{open(t, o), open(t, o)}}
			}
			test(t, d)
		})
	})
}

// pair is two stores on one database, asked in turn.
type pair struct {
	stores [2]outbox.Store
	calls  atomic.Uint64
}

func (p *pair) turn() outbox.Store { return p.stores[p.calls.Add(1)%2] }

func (p *pair) Enqueue(ctx context.Context, entries []outbox.Entry) ([]outbox.Kept, error) {
	return p.turn().Enqueue(ctx, entries)
}

func (p *pair) Claim(ctx context.Context, app string, max int, lease time.Duration) ([]outbox.Delivery, time.Time, error) {
	return p.turn().Claim(ctx, app, max, lease)
}

func (p *pair) Reserve(ctx context.Context, l outbox.Lease, quotas []outbox.Quota) (outbox.Grant, error) {
	return p.turn().Reserve(ctx, l, quotas)
}

func (p *pair) Update(ctx context.Context, updates ...outbox.Update) error {
	return p.turn().Update(ctx, updates...)
}

func (p *pair) Expire(ctx context.Context, max int) ([]outbox.Delivery, time.Time, error) {
	return p.turn().Expire(ctx, max)
}

func (p *pair) ClaimFollowups(ctx context.Context, app string, max int, lease time.Duration) ([]outbox.Due, time.Time, error) {
	return p.turn().ClaimFollowups(ctx, app, max, lease)
}

func (p *pair) Amend(ctx context.Context, a outbox.Amendment) ([]outbox.Ref, error) {
	return p.turn().Amend(ctx, a)
}

func (p *pair) Take(ctx context.Context, quotas []outbox.Quota) (outbox.Grant, error) {
	return p.turn().Take(ctx, quotas)
}

func (p *pair) Facts(ctx context.Context, keys ...string) (map[string]outbox.Fact, error) {
	return p.turn().Facts(ctx, keys...)
}

func (p *pair) Learn(ctx context.Context, f outbox.Fact, ifNew bool) (bool, error) {
	return p.turn().Learn(ctx, f, ifNew)
}

func (p *pair) Forget(ctx context.Context, keys ...string) error {
	return p.turn().Forget(ctx, keys...)
}

func (p *pair) Get(ctx context.Context, id int64) (outbox.Delivery, error) {
	return p.turn().Get(ctx, id)
}

func (p *pair) Event(ctx context.Context, id int64) (outbox.Event, error) {
	return p.turn().Event(ctx, id)
}

func (p *pair) Events(ctx context.Context, f outbox.EventFilter) ([]outbox.Event, error) {
	return p.turn().Events(ctx, f)
}

func (p *pair) List(ctx context.Context, f outbox.Filter) ([]outbox.Delivery, error) {
	return p.turn().List(ctx, f)
}

func (p *pair) Stats(ctx context.Context) (outbox.Stats, error) { return p.turn().Stats(ctx) }
func (p *pair) Size(ctx context.Context) (int64, error)         { return p.turn().Size(ctx) }

func (p *pair) Used(ctx context.Context, keys ...string) (map[string]int, error) {
	return p.turn().Used(ctx, keys...)
}

func (p *pair) Ready(ctx context.Context) error { return p.turn().Ready(ctx) }

func (p *pair) Prune(ctx context.Context, before time.Time, max int) (int, error) {
	return p.turn().Prune(ctx, before, max)
}

func (p *pair) Wake() <-chan struct{} { return p.stores[0].Wake() }

func (p *pair) Close() error { return errors.Join(p.stores[0].Close(), p.stores[1].Close()) }
