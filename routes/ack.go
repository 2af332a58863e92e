package routes

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"workbell/outbox"
)

// ack notes that somebody takes care: the escalation of all deliveries of the
// same event and rule ends.
func (o Options) ack(ctx context.Context, id int64, ord Order) (Done, int, error) {
	if err := ord.checkAll(); err != nil {
		return Done{}, 0, err
	}
	named, err := o.get(ctx, id)
	if err != nil {
		return Done{}, 0, err
	}
	did := 0
	f := outbox.Filter{Event: named.Event, Limit: MaxPage}
	for {
		page, err := o.Store.List(ctx, f)
		if err != nil {
			return Done{}, 0, err
		}
		for _, d := range page {
			n, err := o.ackOne(ctx, d, named.Rule, ord)
			if err != nil {
				return Done{}, 0, err
			}
			did += n
		}
		if len(page) < f.Limit {
			break
		}
		f.Before = page[len(page)-1].ID
	}
	done := "it has been acknowledged already"
	if did > 0 {
		done = fmt.Sprintf("acknowledged; deliveries of this event and rule that are not passed on any more: %d", did)
	}
	return Done{ID: named.ID, Done: done, Deliveries: []Ref{}}, http.StatusOK, nil
}

// ackOne acknowledges d if it is of the rule and has not been yet; it returns
// how many that were.
func (o Options) ackOne(ctx context.Context, d outbox.Delivery, rule string, ord Order) (int, error) {
	if d.Rule != rule || !d.Acked.IsZero() {
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
