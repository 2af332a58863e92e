package routes

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"workbell/outbox"
)

// ack notes that somebody takes care: nothing of the same rule about the same
// alert is passed on any more, neither by the other calls of the message nor for
// what was sent of its group before or after it. What its group sends from now
// on begins anew.
func (o Options) ack(ctx context.Context, id int64, ord Order) (Done, int, error) {
	if err := ord.checkAll(); err != nil {
		return Done{}, 0, err
	}
	named, err := o.get(ctx, id)
	if err != nil {
		return Done{}, 0, err
	}
	did := 0
	for _, f := range []outbox.Filter{{Event: named.Event}, {WaitsWith: named.ID}} {
		f.Rule, f.Limit = named.Rule, MaxPage
		n, err := o.ackAll(ctx, f, ord)
		if err != nil {
			return Done{}, 0, err
		}
		did += n
	}
	done := "it has been acknowledged already"
	if did > 0 {
		done = fmt.Sprintf("acknowledged; deliveries of this rule about the same that are not passed on any more: %d", did)
	}
	return Done{ID: named.ID, Done: done, Deliveries: []Ref{}}, http.StatusOK, nil
}

// ackAll acknowledges what f selects, and says how many had not been yet.
func (o Options) ackAll(ctx context.Context, f outbox.Filter, ord Order) (did int, err error) {
	for {
		page, err := o.Store.List(ctx, f)
		if err != nil {
			return did, err
		}
		for _, d := range page {
			n, err := o.ackOne(ctx, d, ord)
			if err != nil {
				return did, err
			}
			did += n
		}
		if len(page) < f.Limit {
			return did, nil
		}
		f.Before = page[len(page)-1].ID
	}
}

func (o Options) ackOne(ctx context.Context, d outbox.Delivery, ord Order) (int, error) {
	if !d.Acked.IsZero() {
		return 0, nil
	}
	_, err := o.Store.Amend(ctx, outbox.Amendment{
		Delivery: d.ID, Acked: true, Drop: []outbox.Kind{outbox.FollowEscalate}, Note: ord.note("acknowledged"),
	})
	if errors.Is(err, outbox.ErrNotFound) { // pruned since
		return 0, nil
	}
	if err != nil {
		return 0, notDone(d.ID, err)
	}
	o.Log.Info("delivery acknowledged", "component", "routes", "delivery", d.ID)
	return 1, nil
}
