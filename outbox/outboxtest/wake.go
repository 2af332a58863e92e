package outboxtest

import (
	"cmp"
	"time"

	"workbell/outbox"
)

var wakeTests = []guarantee{
	{"after Enqueue", Options{}, func(r *rig) {
		r.quiet()
		r.keep(r.text("x"))
		r.rings("Enqueue")
		r.enqueue(r.entry())
		r.silent("an event that calls for nothing")
		r.claims(1)
		r.get(1)
		r.silent("Claim and Get")
	}},
	{"after whatever makes a delivery due", Options{}, func(r *rig) {
		r.keep(r.text("x"))
		r.Pass(time.Second)
		for what, u := range map[string]outbox.Update{
			"giving back at once":           {State: outbox.Queued},
			"giving back with another Due":  {State: outbox.Queued, Due: r.Now().Add(-time.Hour)},
			"splitting":                     {State: outbox.Queued, Split: []outbox.Part{{To: users("u1")}, {To: users("u2")}}},
			"giving back for a little more": {State: outbox.Queued, Due: r.Now().Add(-time.Minute)},
		} {
			due, _ := r.claim(1)
			u.Lease = due[0].Lease()
			r.quiet()
			r.update(u)
			r.rings(what)
			r.Pass(time.Second)
		}
	}},
	{"not after giving back alone, with the Due that Claim showed", Options{}, func(r *rig) {
		r.keep(r.text("x"))
		for range 2 {
			d := r.claims(1)[0]
			r.quiet()
			u := back(d)
			u.Reason = "a limit stands in the way"
			r.update(u)
			r.silent("giving back alone")
			r.is("due", r.get(1).Due, d.Due)
			r.Pass(time.Minute)
		}
	}},
	{"after an attempt has ended, which may free a quota", Options{}, func(r *rig) {
		r.keep(r.text("x"))
		for _, o := range []outbox.Outcome{outbox.Rejected, outbox.Unsent, outbox.Unknown, outbox.Accepted} {
			d := r.claims(1)[0]
			r.begin(d.Lease(), r.sliding("k", 1, 9))
			r.quiet()
			u := back(d)
			u.Attempt = &outbox.Result{Outcome: o}
			r.update(u)
			r.rings("an attempt " + string(o))
		}
		d := r.claims(1)[0]
		r.begin(d.Lease())
		r.quiet()
		r.update(back(d))
		r.rings("an attempt without a result")
	}},
	{"after the next of a group may go", Options{}, func(r *rig) {
		m := r.grouped("b")
		m.Expires = r.Now().Add(time.Minute)
		r.keep(r.grouped("a"))
		r.keep(m, r.grouped("c"))
		l := r.lease(1)
		r.quiet()
		r.update(outbox.Update{Lease: l, State: outbox.Superseded})
		r.rings("the end of the oldest")
		r.Pass(time.Minute)
		r.expires(2)
		r.rings("its expiry")
		r.claims(3)
	}},
	{"after a lease has lapsed", Options{}, func(r *rig) {
		r.keep(r.text("x"))
		r.lease(1)
		r.Pass(maxLease)
		r.quiet()
		_, _, err := r.s.Claim(r.Context(), "another", 1, 0)
		r.ok(err)
		r.rings("a lapse that another app's Claim noticed")
	}},
	{"after whatever makes a follow-up due", Options{}, wakeFollowups},
	{"after a Resolve has called for one, or let the next of a group go", Options{}, func(r *rig) {
		m := r.barred("a")
		m.Group = "g"
		r.enqueue(r.firing(m))
		r.send(1)
		r.enqueue(r.firing(m))
		r.keep(r.grouped("b"))
		r.quiet()
		e := r.firing()
		e.Resolve = outbox.Resolve{Recall: time.Hour}
		r.is("amended", r.enqueue(e)[0].Amended, []outbox.Ref{{ID: 2, Rule: "rule", State: outbox.Superseded}})
		r.rings("the end of the oldest")
		r.claims(3)
		r.enqueue(r.firing(r.barred("c")))
		r.send(4)
		r.quiet()
		r.resolves([]outbox.Ref{{ID: 4, Rule: "rule", State: outbox.Sent}})
		r.rings("a follow-up")
	}},
	{"a value stands for several changes", Options{}, func(r *rig) {
		r.quiet()
		r.keep(r.text("a"), r.text("b"), r.text("c"))
		r.rings("Enqueue")
		r.claims(1, 2, 3)
	}},
}

func wakeFollowups(r *rig) {
	r.keep(r.text("x"))
	r.quiet()
	r.amend(outbox.Amendment{Delivery: 1, Add: []outbox.Followup{result(r.Now())}, Note: "n"})
	r.silent("one of a delivery that is queued")
	l := r.lease(1)
	r.quiet()
	r.update(outbox.Update{Lease: l, State: outbox.Sent})
	r.rings("the delivery was sent")
	due := r.followups(1)
	r.silent("ClaimFollowups")
	r.amend(outbox.Amendment{Delivery: 1, Lease: due[0].Lease(), Note: "n", Acked: true})
	r.silent("the end of one")
	for _, at := range []time.Time{{}, r.Now().Add(time.Minute)} { // a later one may come before what ClaimFollowups said
		r.amend(outbox.Amendment{Delivery: 1, Add: []outbox.Followup{result(at)}})
		r.rings("one was added")
	}
	r.Pass(time.Minute)
	r.followups(1)
	r.Pass(maxLease)
	r.quiet()
	_, _, err := r.s.Claim(r.Context(), "another", 1, 0)
	r.ok(err)
	r.rings("a lapse that Claim noticed")
}

// quiet takes what Wake has.
func (r *rig) quiet() {
	for {
		select {
		case <-r.s.Wake():
		case <-time.After(r.wakeTime()):
			return
		}
	}
}

// wakeTime is how long an engine may take to ring.
func (r *rig) wakeTime() time.Duration { return cmp.Or(r.WakeTime, 100*time.Millisecond) }

// rings wants a value in Wake.
func (r *rig) rings(after string) {
	r.Helper()
	select {
	case <-r.s.Wake():
	case <-time.After(time.Minute): // bounds a test that has already gone wrong
		r.Errorf("Wake has no value after %s", after)
	}
	r.quiet()
}

// silent wants none.
func (r *rig) silent(after string) {
	r.Helper()
	select {
	case <-r.s.Wake():
		r.Errorf("Wake has a value after %s", after)
	case <-time.After(r.wakeTime()):
	}
}
