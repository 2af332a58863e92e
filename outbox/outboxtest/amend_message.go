package outboxtest

import (
	"time"

	"workbell/message"
	"workbell/outbox"
)

var amendMessageTests = []guarantee{
	{"they are deliveries of the event, and stem from the delivery", Options{}, func(r *rig) {
		r.keep(r.text("a"), r.text("b"))
		r.Pass(time.Second)
		m := r.text("c")
		m.Calls = append(m.Calls, message.Recipients{Users: []string{"u2"}})
		m.Cause, m.Due, m.Priority = "escalation 1", r.ms().Add(time.Minute), outbox.High
		refs, err := r.s.Amend(r.Context(), outbox.Amendment{Delivery: 1, Messages: []outbox.Message{m}})
		r.ok(err)
		r.is("made", refs, []outbox.Ref{{ID: 3, Rule: "rule", State: outbox.Queued}, {ID: 4, Rule: "rule", State: outbox.Queued}})
		r.amend(outbox.Amendment{Delivery: 1, Event: 2, Messages: []outbox.Message{r.text("d")}})
		r.reopen()
		d := r.get(4)
		r.is("delivery", []any{d.Event, d.Of, d.Cause, d.Created, d.Due, d.Priority, d.To}, []any{int64(1), int64(1), "escalation 1", r.ms(), m.Due, outbox.High, m.Calls[1]})
		r.is("of the event", r.list(outbox.Filter{Event: 1}), []int64{4, 3, 1})
		r.is("of the other event", r.list(outbox.Filter{Event: 2}), []int64{5, 2})
		r.claims(1, 2, 5)
		r.Pass(time.Minute)
		r.claims(3, 4, 1, 2, 5)
	}},
	{"List finds what stems from a delivery, and filters it", Options{}, func(r *rig) {
		r.keep(r.text("a"), r.text("b"))
		other := r.text("d")
		other.Rule = "other"
		r.amend(outbox.Amendment{Delivery: 1, Messages: []outbox.Message{r.text("c"), other}})
		r.amend(outbox.Amendment{Delivery: 1, Event: 2, Messages: []outbox.Message{r.text("e")}})
		r.amend(outbox.Amendment{Delivery: 2, Messages: []outbox.Message{r.text("f")}})
		for _, c := range []struct {
			filter outbox.Filter
			want   []int64
		}{
			{outbox.Filter{Of: 1}, []int64{5, 4, 3}},
			{outbox.Filter{Of: 1, Limit: 2}, []int64{5, 4}},
			{outbox.Filter{Of: 1, Before: 5}, []int64{4, 3}},
			{outbox.Filter{Of: 1, Rule: "other"}, []int64{4}},
			{outbox.Filter{Of: 1, Event: 2}, []int64{5}},
			{outbox.Filter{Of: 1, Event: 1, States: []outbox.State{outbox.Queued}}, []int64{4, 3}},
			{outbox.Filter{Of: 1, States: []outbox.State{outbox.Sent}}, nil},
			{outbox.Filter{Of: 1, GroupKey: "g"}, nil},
			{outbox.Filter{Of: 2}, []int64{6}},
			{outbox.Filter{Of: 3}, nil},
		} {
			if got := r.list(c.filter); len(got) != len(c.want) || len(got) > 0 && got[0] != c.want[0] {
				r.Errorf("List(%+v) = %v, want %v", c.filter, got, c.want)
			}
		}
	}},
	{"Repeat is treated as with Enqueue, but that none is the same as one that is there", Options{}, func(r *rig) {
		r.keep(r.text("x"))
		suppress, as := r.text("x"), r.text("x")
		suppress.Repeat, as.Repeat = outbox.Suppress, ""
		r.contents([]string{"x #2 · 00:00", "x #2 · 00:00"}, r.amend(outbox.Amendment{Delivery: 1, Messages: []outbox.Message{r.text("x"), r.text("x")}})...)
		r.contents([]string{"x"}, r.amend(outbox.Amendment{Delivery: 1, Messages: []outbox.Message{as}})...)
		made := r.amend(outbox.Amendment{Delivery: 1, Messages: []outbox.Message{suppress}})
		r.is("states", r.states(made...), []outbox.State{outbox.Suppressed})
		r.contents([]string{"x #4 · 00:00"}, r.keep(r.text("x"))...)
	}},
	{"in their group they come before what younger events have", Options{}, func(r *rig) {
		r.keep(r.grouped("a"), r.grouped("b"), r.grouped("c"))
		r.send(1)
		l := r.lease(2)
		r.is("made", r.amend(outbox.Amendment{Delivery: 1, Messages: []outbox.Message{r.grouped("d")}}), []int64{4})
		r.reopen()
		r.wants("Update after opening", r.s.Update(r.Context(), outbox.Update{Lease: l, State: outbox.Sent}), outbox.ErrFenced)
		r.send(4)
		r.send(2)
		r.amend(outbox.Amendment{Delivery: 1, Event: 3, Messages: []outbox.Message{r.grouped("e")}})
		r.send(3, 5)
	}},
	{"also where their event had none of it", Options{}, func(r *rig) {
		r.keep(r.text("x"))
		r.send(1)
		r.keep(r.grouped("b"), r.grouped("c"))
		two := r.grouped("d")
		two.Calls = append(two.Calls, users("u2"))
		r.is("made", r.amend(outbox.Amendment{Delivery: 1, Messages: []outbox.Message{two}}), []int64{4, 5})
		r.keep(r.grouped("e"))
		for i, d := range r.claims(4, 5) {
			r.update(outbox.Update{Lease: d.Lease(), State: outbox.Sent})
			if i == 0 {
				r.claims()
			}
		}
		for _, next := range []int64{2, 3, 6} {
			r.send(next)
		}
	}},
	{"one that was leased before may go on", Options{}, func(r *rig) {
		r.keep(r.grouped("a"), r.grouped("b"))
		r.send(1)
		l := r.lease(2)
		r.amend(outbox.Amendment{Delivery: 1, Messages: []outbox.Message{r.grouped("c")}})
		r.begin(l)
		r.update(outbox.Update{Lease: l, State: outbox.Queued, Attempt: &outbox.Result{Outcome: outbox.Unsent},
			Split: []outbox.Part{{To: users("u1")}, {To: users("u2")}, {To: users("u3"), Aside: true}}})
		r.send(3, 5)
		r.send(2, 4)
	}},
	{"or be set aside", Options{}, func(r *rig) {
		r.keep(r.grouped("a"), r.grouped("b"))
		r.send(1)
		l := r.lease(2)
		r.amend(outbox.Amendment{Delivery: 1, Messages: []outbox.Message{r.grouped("c")}})
		r.update(outbox.Update{Lease: l, State: outbox.Queued, Split: []outbox.Part{{To: users("u1"), Aside: true}, {To: users("u2")}}})
		r.send(2, 3)
		r.send(4)
	}},
	{"even where the backlog is at its bound", Options{MaxBacklog: 1}, func(r *rig) {
		r.keep(r.text("x"))
		r.amend(outbox.Amendment{Delivery: 1, Messages: []outbox.Message{r.text("y")}})
		r.is("open", r.stats().Open, 2)
		_, err := r.s.Enqueue(r.Context(), []outbox.Entry{r.entry(r.text("z"))})
		r.wants("Enqueue", err, outbox.ErrFull)
	}},
	{"the oldest open one may be such", Options{}, func(r *rig) {
		r.keep(r.text("x"))
		r.send(1)
		r.Pass(time.Minute)
		start := r.ms()
		r.amend(outbox.Amendment{Delivery: 1, Messages: []outbox.Message{r.text("y")}})
		r.Pass(time.Minute)
		r.keep(r.text("z"))
		r.is("oldest", r.stats().Oldest, start)
	}},
	{"they wait for a Resolve of their own event's group", Options{}, func(r *rig) {
		other := r.entry(r.text("b"))
		other.Event.GroupKey = "other"
		r.enqueue(r.firing(r.text("a")), other)
		r.amend(outbox.Amendment{Delivery: 1, Messages: []outbox.Message{r.barred("c")}})
		r.amend(outbox.Amendment{Delivery: 1, Event: 2, Messages: []outbox.Message{r.barred("d")}})
		e := r.firing()
		e.Resolve = outbox.Resolve{StatusBar: time.Hour}
		r.is("amended", r.enqueue(e)[0].Amended, []outbox.Ref{{ID: 3, Rule: "rule", State: outbox.Superseded}})
	}},
}

var reviveTests = []guarantee{
	{"due at once, with no attempt spent, worth sending until then", Options{}, func(r *rig) {
		for _, s := range []outbox.State{outbox.Dead, outbox.Refused, outbox.Expired} {
			id := r.keep(r.text(string(s)))[0]
			l := r.lease(id)
			r.begin(l)
			u := ended(l, s, outbox.Rejected)
			u.Spend = true
			r.update(u)
			r.Pass(time.Second)
			r.quiet()
			at := r.ms()
			until := at.Add(time.Minute)
			r.amend(outbox.Amendment{Delivery: id, State: outbox.Queued, Reason: "by hand", Expires: until, Add: []outbox.Followup{result(r.ms())}})
			r.rings("revival")
			r.reopen()
			d := r.get(id)
			r.is("delivery", []any{d.State, d.Reason, d.Spent, d.Tries, d.Due, d.Expires, len(d.Attempts), d.Updated},
				[]any{outbox.Queued, "by hand", 0, 1, at, until, 1, at})
			r.is("open", r.stats().Open, 1)
			r.followups()
			l = r.lease(id)
			r.begin(l)
			r.update(ended(l, outbox.Sent, outbox.Accepted))
			r.amend(outbox.Amendment{Delivery: id, Lease: r.followups(id)[0].Lease()})
		}
	}},
	{"it expires again, or never", Options{}, func(r *rig) {
		for _, d := range r.claims(r.keep(r.text("x"), r.text("y"))...) {
			r.update(outbox.Update{Lease: d.Lease(), State: outbox.Expired})
		}
		r.amend(outbox.Amendment{Delivery: 1, State: outbox.Queued, Expires: r.Now().Add(time.Minute)})
		r.amend(outbox.Amendment{Delivery: 2, State: outbox.Queued})
		r.is("next", r.expires(), r.ms().Add(time.Minute))
		r.Pass(1000 * time.Hour)
		r.expires(1)
		r.is("Expires", r.get(2).Expires, time.Time{})
		r.claims(2)
	}},
	{"out of its group's order", Options{}, func(r *rig) {
		r.keep(r.grouped("a"), r.grouped("b"))
		r.update(outbox.Update{Lease: r.lease(1), State: outbox.Dead})
		r.amend(outbox.Amendment{Delivery: 1, State: outbox.Queued})
		r.is("group", r.get(1).Group, "")
		r.reopen()
		r.claims(1, 2)
	}},
	{"its content counts again", Options{}, func(r *rig) {
		r.update(outbox.Update{Lease: r.lease(r.keep(r.text("x"))[0]), State: outbox.Refused})
		r.amend(outbox.Amendment{Delivery: 1, State: outbox.Queued, Expires: r.Now().Add(72 * time.Hour)})
		r.Pass(48 * time.Hour)
		r.reopen()
		r.contents([]string{"x #2 · 00:00"}, r.keep(r.text("x"))...)
	}},
	{"also where others of its content have come since", Options{}, func(r *rig) {
		for range 4 { // each counts for nothing once it has been refused
			id := r.keep(r.text("x"))[0]
			r.contents([]string{"x"}, id)
			r.update(outbox.Update{Lease: r.lease(id), State: outbox.Refused})
		}
		for _, id := range []int64{2, 3, 1, 2, 4} {
			r.amend(outbox.Amendment{Delivery: id, State: outbox.Queued, Expires: r.Now().Add(time.Hour)})
			r.reopen()
			l := r.lease(id)
			made := r.keep(r.text("x"))[0]
			r.contents([]string{"x #2 · 00:00"}, made)
			r.amend(outbox.Amendment{Delivery: made, State: outbox.Superseded})
			r.update(outbox.Update{Lease: l, State: outbox.Refused})
		}
		r.contents([]string{"x"}, r.keep(r.text("x"))...)
	}},
	{"the mark that it has is not given to another", Options{}, func(r *rig) {
		list := r.keep(r.text("x"), r.text("x"))
		for _, d := range r.claims(list...) {
			r.update(outbox.Update{Lease: d.Lease(), State: outbox.Refused})
		}
		r.contents([]string{"x"}, r.keep(r.text("x"))...)
		r.amend(outbox.Amendment{Delivery: 2, State: outbox.Queued})
		r.contents([]string{"x #2 · 00:00", "x #3 · 00:00"}, 2, r.keep(r.text("x"))[0])
	}},
}
