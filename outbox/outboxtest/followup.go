package outboxtest

import (
	"sync"
	"time"

	"workbell/outbox"
)

var followupTests = []guarantee{
	{"given out once the delivery has been sent, when due", Options{}, followupDue},
	{"order: due, then delivery", Options{}, func(r *rig) {
		now := r.Now()
		for i, after := range []time.Duration{2, 1, 2, 0} {
			r.sendWith(r.keep(r.text("x"))[0], result(now.Add(after*time.Minute)), outbox.Followup{Kind: outbox.FollowEscalate, Due: now.Add(time.Duration(i+3) * time.Minute)})
		}
		r.reopen()
		r.Pass(3 * time.Minute)
		r.followups(4, 2, 1, 3, 1)
	}},
	{"at most max, the first of the order, and only of the app", Options{}, func(r *rig) {
		vendor := r.text("x")
		vendor.App = "vendor"
		r.keep(vendor, r.text("x"), r.text("x"))
		due, _, err := r.s.Claim(r.Context(), "vendor", 1, 0)
		r.ok(err)
		r.update(outbox.Update{Lease: due[0].Lease(), State: outbox.Sent, Follow: []outbox.Followup{result(r.Now())}})
		for _, d := range r.claims(2, 3) {
			r.update(outbox.Update{Lease: d.Lease(), State: outbox.Sent, Follow: []outbox.Followup{result(r.Now())}})
		}
		for _, c := range []struct {
			app  string
			want int64
		}{{"ops", 2}, {"ops", 3}, {"ops", 0}, {"vendor", 1}, {"vendor", 0}, {"nobody", 0}} {
			got, _, err := r.s.ClaimFollowups(r.Context(), c.app, 1, 0)
			r.ok(err)
			if c.want == 0 && len(got) != 0 || c.want != 0 && (len(got) != 1 || got[0].Delivery.ID != c.want) {
				r.Errorf("claimed of %s: %+v, want that of delivery %d (0: none)", c.app, got, c.want)
			}
		}
	}},
	{"shows the delivery as Get does", Options{}, func(r *rig) {
		r.keep(r.text("x"))
		f := outbox.Followup{Kind: outbox.FollowEscalate, Due: r.ms(), Event: 1, Step: 2, Tries: 3}
		r.sendWith(1, f, result(r.Now().Add(time.Hour)))
		r.amend(outbox.Amendment{Delivery: 1, Note: "n", Receipts: []outbox.Receipt{{User: "u1", Fate: outbox.FateRead}}})
		due := r.followups(1)[0]
		r.is("follow-up", due.Followup, f)
		r.is("delivery", due.Delivery, r.get(1))
		r.is("lease", due.Lease(), outbox.FollowupLease{Delivery: 1, Kind: outbox.FollowEscalate, Fence: due.Fence})
	}},
	{"next is the earliest due, or a lease's end", Options{}, followupNext},
	{"a lease ends, and fences its holder once another has noticed", Options{}, func(r *rig) {
		r.keep(r.text("x"), r.text("y"))
		for _, d := range r.claims(1, 2) {
			r.update(outbox.Update{Lease: d.Lease(), State: outbox.Sent, Follow: []outbox.Followup{result(r.Now())}})
		}
		due := r.followups(1, 2)
		r.Pass(maxLease - time.Millisecond)
		r.followups()
		r.Pass(time.Millisecond)
		r.amend(outbox.Amendment{Delivery: 2, Lease: due[1].Lease()}) // nobody has noticed
		again := r.followups(1)
		r.unamended("the old lease", outbox.Amendment{Delivery: 1, Lease: due[0].Lease(), Note: "n"}, outbox.ErrFenced)
		r.amend(outbox.Amendment{Delivery: 1, Lease: again[0].Lease()})
		r.unamended("a lease that has ended", outbox.Amendment{Delivery: 1, Lease: again[0].Lease(), Note: "n"}, outbox.ErrFenced)
		r.Pass(time.Hour)
		r.followups()
	}},
	{"leases are shorter where asked, 30 s at most", Options{}, func(r *rig) {
		r.keep(r.text("x"))
		r.sendWith(1, result(r.Now()))
		for _, lease := range []time.Duration{time.Second, time.Hour} {
			due, next, err := r.s.ClaimFollowups(r.Context(), "ops", 1, lease)
			r.ok(err)
			r.is("claimed", len(due), 1)
			r.is("next", next, r.ms().Add(min(lease, maxLease)))
			r.Pass(min(lease, maxLease))
		}
	}},
	{"leases are void after opening", Options{}, func(r *rig) {
		r.keep(r.text("x"))
		r.sendWith(1, result(r.Now()))
		old := r.followups(1)[0]
		r.reopen()
		r.unamended("the old lease", outbox.Amendment{Delivery: 1, Lease: old.Lease(), Note: "n"}, outbox.ErrFenced)
		due := r.followups(1)[0]
		r.is("follow-up", due.Followup, old.Followup)
		r.unamended("the old lease", outbox.Amendment{Delivery: 1, Lease: old.Lease(), Note: "n"}, outbox.ErrFenced)
	}},
	{"one that is replaced or dropped fences its holder", Options{}, func(r *rig) {
		r.keep(r.text("x"))
		r.sendWith(1, result(r.Now()))
		old := r.followups(1)[0]
		r.amend(outbox.Amendment{Delivery: 1, Add: []outbox.Followup{{Kind: outbox.FollowResult, Step: 1}}})
		r.unamended("replaced", outbox.Amendment{Delivery: 1, Lease: old.Lease(), Note: "n"}, outbox.ErrFenced)
		due := r.followups(1)[0]
		r.is("step", due.Step, 1)
		r.amend(outbox.Amendment{Delivery: 1, Drop: []outbox.Kind{outbox.FollowResult, outbox.FollowRecall}})
		r.unamended("dropped", outbox.Amendment{Delivery: 1, Lease: due.Lease(), Note: "n"}, outbox.ErrFenced)
		r.is("left", r.get(1).Followups, []outbox.Followup(nil))
	}},
	{"its holder may put it off, and leaves the others alone", Options{}, func(r *rig) {
		r.keep(r.text("x"))
		r.sendWith(1, result(r.Now()), outbox.Followup{Kind: outbox.FollowRecall})
		due := r.followups(1, 1)
		later := result(r.ms().Add(time.Minute))
		later.Tries = 1
		r.amend(outbox.Amendment{Delivery: 1, Lease: due[1].Lease(), Add: []outbox.Followup{later}})
		r.is("follow-ups", r.get(1).Followups, []outbox.Followup{{Kind: outbox.FollowRecall, Due: r.ms()}, later})
		r.amend(outbox.Amendment{Delivery: 1, Lease: due[0].Lease()})
		r.followups()
		r.Pass(time.Minute)
		r.is("follow-up", r.followups(1)[0].Followup, later)
	}},
	{"what a delivery is sent with replaces none that is there", Options{}, func(r *rig) {
		r.keep(r.text("x"))
		l := r.lease(1)
		there := outbox.Followup{Kind: outbox.FollowStatusBar, Due: r.ms(), Event: 1}
		r.amend(outbox.Amendment{Delivery: 1, Add: []outbox.Followup{there}})
		r.update(outbox.Update{Lease: l, State: outbox.Sent, Follow: []outbox.Followup{{Kind: outbox.FollowStatusBar, Step: 7}, result(r.ms())}})
		r.is("follow-ups", r.get(1).Followups, []outbox.Followup{result(r.ms()), there})
	}},
	{"an escalation does not come where it has been ended already", Options{}, func(r *rig) {
		m := r.barred("x")
		m.Escalates = true
		r.enqueue(r.firing(m), r.firing(m))
		due := r.claims(1, 2)
		r.begin(due[0].Lease())
		r.begin(due[1].Lease())
		r.amend(outbox.Amendment{Delivery: 1, Acked: true})
		follow := []outbox.Followup{{Kind: outbox.FollowEscalate}, result(r.ms())}
		r.update(outbox.Update{Lease: due[0].Lease(), State: outbox.Sent, Follow: follow})
		e := r.firing()
		e.Resolve = outbox.Resolve{StatusBar: time.Hour}
		r.enqueue(e)
		r.update(outbox.Update{Lease: due[1].Lease(), State: outbox.Sent, Follow: follow})
		bar := outbox.Followup{Kind: outbox.FollowStatusBar, Due: r.ms(), Event: 3}
		for id := range int64(2) {
			r.is("follow-ups", r.get(id+1).Followups, []outbox.Followup{result(r.ms()), bar})
		}
	}},
	{"those of a delivery that ends unsent vanish", Options{}, func(r *rig) {
		ends := []outbox.State{outbox.Superseded, outbox.Expired, outbox.Refused, outbox.Dead}
		for _, s := range ends {
			id := r.keep(r.text("x"))[0]
			r.amend(outbox.Amendment{Delivery: id, Add: []outbox.Followup{result(r.Now())}})
			r.update(outbox.Update{Lease: r.lease(id), State: s})
			r.is("follow-ups", r.get(id).Followups, []outbox.Followup(nil))
		}
		m := r.text("x")
		m.Expires = r.Now().Add(time.Second)
		id := r.keep(m)[0]
		r.amend(outbox.Amendment{Delivery: id, Add: []outbox.Followup{result(r.Now())}})
		r.Pass(time.Second)
		r.expires(id)
		r.is("follow-ups", r.get(id).Followups, []outbox.Followup(nil))
		r.followups()
	}},
	{"what makes no sense is an error and changes nothing", Options{}, func(r *rig) {
		l := r.lease(r.keep(r.text("x"))[0])
		for what, u := range map[string]outbox.Update{
			"follow-ups of what stays queued": {Lease: l, State: outbox.Queued, Follow: []outbox.Followup{result(r.Now())}},
			"follow-ups of what is refused":   {Lease: l, State: outbox.Refused, Follow: []outbox.Followup{result(r.Now())}},
			"one without a kind":              {Lease: l, State: outbox.Sent, Follow: []outbox.Followup{{}}},
		} {
			if r.s.Update(r.Context(), u) == nil {
				r.Errorf("Update made it: %s", what)
			}
		}
		r.is("state", r.get(1).State, outbox.Queued)
		r.update(outbox.Update{Lease: l, State: outbox.Sent})
	}},
	{"concurrent claimers get each once", Options{}, concurrentFollowups},
}

// result is a follow-up that asks for the result then.
func result(due time.Time) outbox.Followup {
	return outbox.Followup{Kind: outbox.FollowResult, Due: due}
}

func followupDue(r *rig) {
	r.keep(r.text("x"))
	at := r.ms()
	r.amend(outbox.Amendment{Delivery: 1, Add: []outbox.Followup{{Kind: outbox.FollowRecall}}})
	r.followups()
	r.reopen()
	r.followups()
	r.Pass(time.Second)
	r.sendWith(1, result(r.ms().Add(time.Minute)))
	r.reopen()
	due := r.followups(1)
	r.is("follow-up", due[0].Followup, outbox.Followup{Kind: outbox.FollowRecall, Due: at})
	r.Pass(time.Minute - time.Millisecond)
	r.amend(outbox.Amendment{Delivery: 1, Drop: []outbox.Kind{outbox.FollowRecall}})
	r.followups()
	r.Pass(time.Millisecond)
	r.is("follow-up", r.followups(1)[0].Followup, result(r.ms()))
}

func followupNext(r *rig) {
	claim := func(most int) time.Time {
		r.Helper()
		_, next, err := r.s.ClaimFollowups(r.Context(), "ops", most, 0)
		r.ok(err)
		return next
	}
	r.is("next in an empty store", claim(10), time.Time{})
	r.keep(r.text("x"))
	start := r.ms()
	r.amend(outbox.Amendment{Delivery: 1, Add: []outbox.Followup{result(start.Add(time.Second))}})
	r.is("next of what was not sent", claim(10), time.Time{})
	r.send(1)
	r.is("next", claim(10), start.Add(time.Second))
	r.amend(outbox.Amendment{Delivery: 1, Add: []outbox.Followup{{Kind: outbox.FollowRecall, Due: start.Add(50 * time.Second)}}})
	r.Pass(time.Second)
	r.is("next", claim(10), r.ms().Add(maxLease))
	r.Pass(maxLease)
	r.is("next", claim(0), start.Add(50*time.Second))
}

func concurrentFollowups(r *rig) {
	const claimers, deliveries = 8, 100
	var wg sync.WaitGroup
	var mu sync.Mutex
	got, fences := map[int64]int{}, map[int64]bool{}
	claim := func(most int) int {
		due, _, err := r.s.ClaimFollowups(r.Context(), "ops", most, 0)
		if err != nil {
			r.Error(err)
		}
		mu.Lock()
		defer mu.Unlock()
		for _, d := range due {
			got[d.Delivery.ID]++
			fences[d.Fence] = true
		}
		return len(due)
	}
	wg.Go(func() {
		for range deliveries {
			r.sendWith(r.keep(r.text("x"))[0], result(r.Now()))
		}
	})
	for c := range claimers {
		wg.Go(func() {
			for range deliveries / claimers {
				claim(1 + c)
			}
		})
	}
	wg.Wait()
	for n := 0; n < deliveries && claim(7) > 0; n++ {
	}
	r.is("different deliveries", len(got), deliveries)
	r.is("different fences", len(fences), deliveries)
	for id, times := range got {
		if times != 1 {
			r.Errorf("the follow-up of delivery %d was claimed %d times within one lease", id, times)
		}
	}
}
