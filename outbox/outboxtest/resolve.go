package outboxtest

import (
	"time"

	"workbell/outbox"
)

var resolveTests = []guarantee{
	{"what is queued is not sent any more", Options{}, func(r *rig) {
		recall := r.barred("b")
		recall.OnResolve = "recall"
		r.enqueue(r.firing(r.barred("a"), recall))
		r.Pass(time.Second)
		l := r.claims(1, 2)[0].Lease()
		r.resolves([]outbox.Ref{{ID: 1, Rule: "rule", State: outbox.Superseded}, {ID: 2, Rule: "rule", State: outbox.Superseded}})
		r.wants("Update", r.s.Update(r.Context(), outbox.Update{Lease: l, State: outbox.Sent}), outbox.ErrFenced)
		r.reopen()
		for id := range int64(2) {
			d := r.get(id + 1)
			r.is("delivery", []any{d.State, d.Reason != "", d.Resolved, d.Updated, len(d.Followups)}, []any{outbox.Superseded, true, r.ms(), r.ms(), 0})
		}
		r.claims()
		r.is("open", r.stats().Open, 0)
	}},
	{"what has been sent gets a follow-up of its kind", Options{}, func(r *rig) {
		recall := r.barred("b")
		recall.OnResolve = "recall"
		r.enqueue(r.firing(r.barred("a"), recall))
		r.send(1, 2)
		r.amend(outbox.Amendment{Delivery: 2, State: outbox.Partial})
		r.Pass(time.Second)
		r.resolves([]outbox.Ref{{ID: 1, Rule: "rule", State: outbox.Sent}, {ID: 2, Rule: "rule", State: outbox.Partial}})
		r.reopen()
		due := r.followups(1, 2)
		r.is("status bar", due[0].Followup, outbox.Followup{Kind: outbox.FollowStatusBar, Due: r.ms(), Event: 2})
		r.is("recall", due[1].Followup, outbox.Followup{Kind: outbox.FollowRecall, Due: r.ms(), Event: 2})
		r.is("resolved", due[1].Delivery.Resolved, r.ms())
	}},
	{"List finds those that wait for the same", Options{}, func(r *rig) {
		other := r.firing(r.barred("o"))
		other.Event.GroupKey = "another"
		r.enqueue(r.firing(r.barred("a")))
		r.enqueue(other)
		r.enqueue(r.firing(r.barred("b"), r.text("c")))
		r.is("that wait with the first", r.list(outbox.Filter{WaitsWith: 1}), []int64{3, 1})
		r.is("that wait with another", r.list(outbox.Filter{WaitsWith: 2}), []int64{2})
		r.is("that wait with one that waits for nothing", r.list(outbox.Filter{WaitsWith: 4}), []int64(nil))
		r.enqueue(r.firing())
		r.is("of another rule", r.list(outbox.Filter{WaitsWith: 1, Rule: "none"}), []int64(nil))
		e := r.firing()
		e.Resolve = outbox.Resolve{StatusBar: time.Hour}
		r.enqueue(e)
		r.is("once it is resolved", r.list(outbox.Filter{WaitsWith: 1}), []int64(nil))
	}},
	{"whoever holds a follow-up is fenced", Options{}, func(r *rig) {
		r.enqueue(r.firing(r.barred("a")))
		r.sendWith(1, result(r.Now()))
		due := r.followups(1)[0]
		r.resolves([]outbox.Ref{{ID: 1, Rule: "rule", State: outbox.Sent}})
		_, err := r.s.Amend(r.Context(), outbox.Amendment{Delivery: 1, Lease: due.Lease(), State: outbox.Delivered})
		r.wants("Amend", err, outbox.ErrFenced)
		again := r.followups(1, 1)
		r.is("kinds", []outbox.Kind{again[0].Kind, again[1].Kind}, []outbox.Kind{outbox.FollowResult, outbox.FollowStatusBar})
		r.is("resolved", again[0].Delivery.Resolved, r.ms())
	}},
	{"what is in flight or may have been taken gets it once it is sent", Options{}, func(r *rig) {
		r.enqueue(r.firing(r.barred("a"), r.barred("b")))
		due := r.claims(1, 2)
		r.begin(due[0].Lease())
		r.begin(due[1].Lease())
		r.update(ended(due[1].Lease(), outbox.Queued, outbox.Unknown))
		r.Pass(20 * time.Second)
		r.resolves([]outbox.Ref{{ID: 1, Rule: "rule", State: outbox.Queued}, {ID: 2, Rule: "rule", State: outbox.Queued}})
		r.followups()
		want := outbox.Followup{Kind: outbox.FollowStatusBar, Due: r.ms(), Event: 2}
		r.is("follow-ups", r.get(1).Followups, []outbox.Followup{want})
		r.update(ended(due[0].Lease(), outbox.Sent, outbox.Accepted))
		r.is("follow-up", r.followups(1)[0].Followup, want)
		r.update(outbox.Update{Lease: r.lease(2), State: outbox.Dead})
		r.is("follow-ups", r.get(2).Followups, []outbox.Followup(nil))
	}},
	{"within the windows alone, reckoned from when DingTalk took it", Options{}, func(r *rig) {
		recall := r.barred("b")
		recall.OnResolve = "recall"
		r.enqueue(r.firing(r.barred("a"), recall))
		r.Pass(time.Hour)
		r.send(1, 2)
		r.Pass(time.Hour - time.Millisecond)
		e := r.firing(r.unamendedOnly("c"))
		e.Resolve = outbox.Resolve{StatusBar: time.Hour - time.Millisecond, Recall: time.Hour}
		k := r.enqueue(e)[0]
		r.is("amended", k.Amended, []outbox.Ref{{ID: 2, Rule: "rule", State: outbox.Sent}})
		r.is("deliveries", k.Deliveries, []outbox.Ref{{ID: 3, Rule: "rule", State: outbox.Queued}})
		r.is("resolved", []time.Time{r.get(1).Resolved, r.get(2).Resolved}, []time.Time{r.ms(), r.ms()})
	}},
	{"a window of 0 is none, and both 0 end nothing", Options{}, func(r *rig) {
		r.enqueue(r.firing(r.barred("a"), r.barred("b"), r.barred("c")))
		due := r.claims(1, 2, 3)
		r.begin(due[0].Lease())
		r.update(outbox.Update{Lease: due[1].Lease(), State: outbox.Sent})
		r.is("amended by none", r.enqueue(r.firing())[0].Amended, []outbox.Ref(nil))
		r.is("resolved by none", r.get(1).Resolved, time.Time{})
		e := r.firing()
		e.Resolve = outbox.Resolve{Recall: time.Hour}
		r.is("amended", r.enqueue(e)[0].Amended, []outbox.Ref{{ID: 3, Rule: "rule", State: outbox.Superseded}})
		r.is("resolved", r.get(1).Resolved, r.ms())
	}},
	{"what does not wait is left alone", Options{}, func(r *rig) {
		none := r.text("b")
		none.OnResolve = "none"
		r.enqueue(r.firing(r.text("a"), none))
		r.resolves(nil)
		r.is("resolved", []time.Time{r.get(1).Resolved, r.get(2).Resolved}, []time.Time{{}, {}})
		r.claims(1, 2)
	}},
	{"what escalates is noted, and its escalation dropped", Options{}, func(r *rig) {
		m := r.text("a")
		m.Escalates = true
		r.enqueue(r.firing(m))
		r.sendWith(1, outbox.Followup{Kind: outbox.FollowEscalate}, result(r.ms().Add(time.Hour)))
		due := r.followups(1)[0]
		r.resolves(nil)
		r.is("delivery", []any{r.get(1).State, r.get(1).Resolved, r.get(1).Followups}, []any{outbox.Sent, r.ms(), []outbox.Followup{result(r.ms().Add(time.Hour))}})
		r.unamended("its holder", outbox.Amendment{Delivery: 1, Lease: due.Lease(), Messages: []outbox.Message{r.text("b")}}, outbox.ErrFenced)
	}},
	{"only of the same source and group key", Options{}, func(r *rig) {
		for _, c := range [][2]string{{"s", "k"}, {"t", "k"}, {"s", "l"}, {"s", ""}, {"sk", ""}} {
			e := r.entry(r.barred("a"))
			e.Event.Source, e.Event.GroupKey = c[0], c[1]
			r.enqueue(e)
		}
		r.resolves([]outbox.Ref{{ID: 1, Rule: "rule", State: outbox.Superseded}})
		e := r.firing()
		e.Event.GroupKey, e.Resolve = "", outbox.Resolve{StatusBar: time.Hour}
		r.is("amended without a group key", r.enqueue(e)[0].Amended, []outbox.Ref(nil))
		r.claims(2, 3, 4, 5)
	}},
	{"all that was taken before it, its own not, and each once", Options{}, func(r *rig) {
		e := r.firing(r.barred("b"))
		e.Resolve = outbox.Resolve{StatusBar: time.Hour}
		kept := r.enqueue(r.firing(r.barred("a")), e, r.firing(r.barred("c")))
		r.is("amended", kept[1].Amended, []outbox.Ref{{ID: 1, Rule: "rule", State: outbox.Superseded}})
		r.is("states", r.states(1, 2, 3), []outbox.State{outbox.Superseded, outbox.Queued, outbox.Queued})
		r.resolves([]outbox.Ref{{ID: 2, Rule: "rule", State: outbox.Superseded}, {ID: 3, Rule: "rule", State: outbox.Superseded}})
		r.resolves(nil)
	}},
	{"what has ended is noted, not amended", Options{}, func(r *rig) {
		for _, s := range []outbox.State{outbox.Expired, outbox.Refused, outbox.Dead, outbox.Sent} {
			k := r.enqueue(r.firing(r.barred("a")))[0]
			r.update(outbox.Update{Lease: r.lease(k.Deliveries[0].ID), State: s})
		}
		r.amend(outbox.Amendment{Delivery: 4, State: outbox.Recalled})
		r.resolves(nil)
		for id := range int64(4) {
			r.is("delivery", []any{r.get(id + 1).Resolved, r.get(id + 1).Followups}, []any{r.ms(), []outbox.Followup(nil)})
		}
	}},
	{"a follow-up of its kind that is there is replaced", Options{}, func(r *rig) {
		r.enqueue(r.firing(r.barred("a")))
		r.sendWith(1, outbox.Followup{Kind: outbox.FollowStatusBar})
		due := r.followups(1)[0]
		r.resolves([]outbox.Ref{{ID: 1, Rule: "rule", State: outbox.Sent}})
		r.unamended("its holder", outbox.Amendment{Delivery: 1, Lease: due.Lease()}, outbox.ErrFenced)
		r.is("event", r.followups(1)[0].Event, int64(2))
	}},
	{"a message may be kept only where no status bar was amended", Options{}, func(r *rig) {
		recall := r.barred("a")
		recall.OnResolve = "recall"
		for i, c := range []struct {
			before []outbox.Message
			want   int
		}{{nil, 2}, {[]outbox.Message{recall, r.text("b")}, 2}, {[]outbox.Message{r.barred("c"), recall}, 1}} {
			if len(c.before) > 0 {
				r.enqueue(r.firing(c.before...))
			}
			e := r.firing(r.unamendedOnly("x"), r.text("x"))
			e.Resolve = outbox.Resolve{StatusBar: time.Hour, Recall: time.Hour}
			k := r.enqueue(e)[0]
			if len(k.Deliveries) != c.want {
				r.Errorf("case %d: kept %+v, want %d", i, k.Deliveries, c.want)
			}
			r.is("of the event", len(r.list(outbox.Filter{Event: k.Event})), c.want)
		}
	}},
	{"a repeat of the event ends nothing more", Options{}, func(r *rig) {
		r.enqueue(r.firing(r.barred("a")))
		e := r.firing()
		e.Event.Key, e.Event.KeyTTL, e.Resolve = "key", time.Hour, outbox.Resolve{StatusBar: time.Hour}
		r.is("amended", len(r.enqueue(e)[0].Amended), 1)
		r.enqueue(r.firing(r.barred("b")))
		for range 2 {
			r.is("repeated", r.enqueue(e, e), []outbox.Kept{{Event: 2, Duplicate: true}, {Event: 2, Duplicate: true}})
			r.reopen()
		}
		r.claims(2)
	}},
	{"a repeat is answered with what is so now", Options{}, func(r *rig) {
		first, e := r.firing(r.barred("a")), r.firing()
		first.Event.Key, first.Event.KeyTTL, e.Resolve = "key", time.Hour, outbox.Resolve{StatusBar: time.Hour}
		kept := r.enqueue(first, e, first)
		r.is("repeated", kept[2], outbox.Kept{Event: 1, Duplicate: true, Deliveries: []outbox.Ref{{ID: 1, Rule: "rule", State: outbox.Superseded}}})
	}},
	{"the next of a group may go", Options{}, func(r *rig) {
		m := r.barred("a")
		m.Group = "g"
		r.enqueue(r.firing(m))
		e := r.firing(r.grouped("b"))
		e.Resolve = outbox.Resolve{StatusBar: time.Hour}
		r.enqueue(e)
		r.claims(2)
	}},
}

// barred is a message whose status bar waits for a Resolve.
func (r *rig) barred(text string) outbox.Message {
	m := r.text(text)
	m.OnResolve = "status_bar"
	return m
}

// unamendedOnly is a message that is kept only where no status bar was amended.
func (r *rig) unamendedOnly(text string) outbox.Message {
	m := r.text(text)
	m.IfUnamended = true
	return m
}

// firing is an event of the group k.
func (r *rig) firing(messages ...outbox.Message) outbox.Entry {
	e := r.entry(messages...)
	e.Event.GroupKey = "k"
	return e
}

// resolves keeps an event that ends the group k, and wants it to amend these.
func (r *rig) resolves(want []outbox.Ref) {
	r.Helper()
	e := r.firing()
	e.Resolve = outbox.Resolve{StatusBar: time.Hour, Recall: time.Hour}
	r.is("amended", r.enqueue(e)[0].Amended, want)
}
