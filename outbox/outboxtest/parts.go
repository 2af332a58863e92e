package outboxtest

import (
	"time"

	"workbell/outbox"
)

var partTests = []guarantee{
	{"a part may have other bytes and a reason of its own", Options{}, func(r *rig) {
		l := r.lease(r.keep(r.barred("x"))[0])
		r.update(outbox.Update{Lease: l, State: outbox.Queued, Reason: "first", Split: []outbox.Part{
			{To: users("u1"), Reason: "not this"},
			{To: users("u2"), Body: r.text("y").Body, Msgtype: "markdown", Reason: "second"},
			{To: users("u3")},
		}})
		r.reopen()
		var got [][]any
		for id := range int64(3) {
			d := r.get(id + 1)
			got = append(got, []any{d.To.Users[0], content(d.Body), d.Msgtype, d.Reason})
		}
		r.is("parts", got, [][]any{{"u1", "x", "text", "first"}, {"u2", "y", "markdown", "second"}, {"u3", "x", "text", ""}})
		r.claims(1, 2, 3)
	}},
	{"so may the first", Options{}, func(r *rig) {
		l := r.lease(r.keep(r.text("x"))[0])
		r.update(outbox.Update{Lease: l, State: outbox.Queued, Split: []outbox.Part{{To: users("u1"), Body: r.text("y").Body, Msgtype: "text"}}})
		r.contents([]string{"y"}, 1)
		r.contents([]string{"x #2 · 00:00"}, r.keep(r.text("x"))...) // for Repeat it is the message that was kept
	}},
	{"no other bytes once an attempt has begun", Options{}, func(r *rig) {
		parts := []outbox.Part{{To: users("u1")}, {To: users("u2"), Body: r.text("y").Body, Msgtype: "text"}}
		l := r.lease(r.keep(r.text("x"))[0])
		r.begin(l)
		for _, u := range []outbox.Update{
			{Lease: l, State: outbox.Queued, Split: parts, Attempt: &outbox.Result{Outcome: outbox.Unsent}},
			{Lease: l, State: outbox.Queued, Split: parts},
		} {
			if err := r.s.Update(r.Context(), u); err == nil {
				r.Error("Update changed the bytes")
			}
		}
		r.is("outcome", r.get(1).Attempts[0].Outcome, outbox.Begun)
		r.update(outbox.Update{Lease: l, State: outbox.Queued, Split: []outbox.Part{{To: users("u1")}, {To: users("u2")}}})
		if err := r.s.Update(r.Context(), outbox.Update{Lease: r.claims(1, 2)[1].Lease(), State: outbox.Queued, Split: parts}); err == nil {
			r.Error("Update changed the bytes of a part that may have been sent before it was one")
		}
	}},
	{"Body and Msgtype go together", Options{}, func(r *rig) {
		l := r.lease(r.keep(r.text("x"))[0])
		for _, p := range []outbox.Part{{Body: []byte("{}")}, {Msgtype: "text"}} {
			if err := r.s.Update(r.Context(), outbox.Update{Lease: l, State: outbox.Queued, Split: []outbox.Part{p}}); err == nil {
				r.Errorf("Update took the part %+v", p)
			}
		}
	}},
	{"each part has what is to come", Options{}, func(r *rig) {
		m := r.barred("x")
		m.Cause = "because"
		l := r.lease(r.keep(m)[0])
		f := outbox.Followup{Kind: outbox.FollowResult, Due: r.ms().Add(time.Hour), Step: 3, Tries: 2, Event: 1}
		r.amend(outbox.Amendment{Delivery: 1, Add: []outbox.Followup{f}, Acked: true})
		r.update(outbox.Update{Lease: l, State: outbox.Queued, Split: []outbox.Part{{To: users("u1")}, {To: users("u2")}}})
		want := r.get(1)
		r.is("follow-ups", want.Followups, []outbox.Followup{f})
		want.ID, want.To = 2, users("u2")
		r.is("the part", r.get(2), want)
		r.amend(outbox.Amendment{Delivery: 1, Drop: []outbox.Kind{outbox.FollowResult}})
		r.is("follow-ups of the part", r.get(2).Followups, []outbox.Followup{f})
	}},
	{"each part waits for a Resolve", Options{}, func(r *rig) {
		id := r.enqueue(r.firing(r.barred("x")))[0].Deliveries[0].ID
		r.update(outbox.Update{Lease: r.lease(id), State: outbox.Queued, Split: []outbox.Part{{To: users("u1")}, {To: users("u2")}}})
		r.resolves([]outbox.Ref{{ID: id, Rule: "rule", State: outbox.Superseded}, {ID: id + 1, Rule: "rule", State: outbox.Superseded}})
	}},
}
