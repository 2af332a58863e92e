package routes

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"workbell/outbox"
)

// repeats is how the Cause of a delivery begins that carries the message of
// another to those whom that did not reach: "again 1".
const repeats = "again "

// why explains what a delivery's state leaves open: why it repeats another, and
// what became of those whom it did not reach itself. Empty: nothing is open.
func (o Options) why(ctx context.Context, d outbox.Delivery, children []outbox.Delivery) (string, error) {
	var all []string
	if strings.HasPrefix(d.Cause, repeats) {
		parent, err := o.Store.Get(ctx, d.Of)
		if err != nil && !errors.Is(err, outbox.ErrNotFound) {
			return "", err
		}
		if missed := missed(parent, d.To.Users); len(missed) > 0 {
			all = append(all, fmt.Sprintf("delivery %d did not reach %s", parent.ID, some(missed)))
		}
	}
	for _, k := range children {
		if strings.HasPrefix(k.Cause, repeats) {
			all = append(all, fmt.Sprintf("to %s, whom it did not reach, it goes again as delivery %d: %s", some(refs(k)), k.ID, k.State))
		}
	}
	return strings.Join(all, "; "), nil
}

// missed is what was learnt of those users who do not have d.
func missed(d outbox.Delivery, users []string) (all []string) {
	for _, u := range users {
		for _, r := range d.Receipts {
			if r.User == u && !r.Fate.Has() {
				all = append(all, strings.TrimSuffix(u+": "+strings.TrimSpace(r.Code+" "+r.Words), ": "))
			}
		}
	}
	return all
}

// refs names d's recipients; repeats go to people by name.
func refs(d outbox.Delivery) []string {
	if len(d.To.Users) == 0 {
		return []string{people(d.To)}
	}
	return d.To.Users
}
