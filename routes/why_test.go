package routes

import (
	"testing"

	"workbell/message"
	"workbell/outbox"
)

// TestWhy: a delivery that reached some says where it went on for the others, and
// the one that goes on says why it does.
func TestWhy(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id := r.sent(outbox.Event{Title: "Disk full"}, text("a", "u1", "u2"))
	again := text("a", "u2")
	again.Cause = "again 1"
	_, err := r.store.Amend(r.Context(), outbox.Amendment{Delivery: id, State: outbox.Partial, Reason: "u2: too many", Messages: []outbox.Message{again}, Receipts: []outbox.Receipt{
		{User: "u1", Fate: outbox.FateRead}, {User: "u2", Fate: outbox.FateForbidden, Code: "143104", Words: "too many; sent again"}}})
	r.ok(err)
	resent := text("b", "u1")
	resent.Cause = "resend"
	_, err = r.store.Amend(r.Context(), outbox.Amendment{Delivery: id, Messages: []outbox.Message{resent}})
	r.ok(err)
	for path, want := range map[string]string{
		"/api/v1/deliveries/1": "to u2, whom it did not reach, it goes again as delivery 2: queued",
		"/api/v1/deliveries/2": "delivery 1 did not reach u2: 143104 too many; sent again",
		"/api/v1/deliveries/3": "",
	} {
		var d Delivery
		r.get(path, &d)
		r.is(path, d.Why, want)
	}
	r.is("of a department", refs(outbox.Delivery{To: message.Recipients{Depts: []message.Dept{{ID: 7}}}}), []string{"1 department"})
}
