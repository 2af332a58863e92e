package routes

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"workbell/outbox"
)

// ack notes that somebody takes care: the escalation of all deliveries of the
// same event and rule ends.
func (o Options) ack(c echo.Context) error {
	ord, err := orderToAll(c)
	if err != nil {
		return err
	}
	named, err := o.get(c)
	if err != nil {
		return err
	}
	did := 0
	f := outbox.Filter{Event: named.Event, Limit: MaxPage}
	for {
		page, err := o.Store.List(c.Request().Context(), f)
		if err != nil {
			return err
		}
		for _, d := range page {
			n, err := o.ackOne(c, d, named.Rule, ord)
			if err != nil {
				return err
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
	return c.JSON(http.StatusOK, Done{ID: named.ID, Done: done, Deliveries: []Ref{}})
}

// ackOne acknowledges d if it is of the rule and has not been yet; it returns
// how many that were.
func (o Options) ackOne(c echo.Context, d outbox.Delivery, rule string, ord Order) (int, error) {
	if d.Rule != rule || !d.Acked.IsZero() {
		return 0, nil
	}
	_, err := o.Store.Amend(c.Request().Context(), outbox.Amendment{
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
