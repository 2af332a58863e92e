package outboxtest

import (
	"sync"
	"time"

	"workbell/outbox"
)

var claimTests = []guarantee{
	{"order: priority, due, id", Options{}, claimOrder},
	{"what is given back with its Due keeps its place", Options{}, func(r *rig) {
		r.keep(r.text("a"))
		r.Pass(time.Second)
		r.keep(r.text("b"))
		r.Pass(time.Second)
		r.update(back(r.claims(1, 2)[0]))
		r.keep(r.text("c"))
		r.claims(1, 3)
	}},
	{"at most max, the first of the order", Options{}, func(r *rig) {
		r.keep(r.text("a"), r.text("b"), r.text("c"))
		for _, want := range []int64{1, 2, 3} {
			due, _ := r.claim(1)
			r.is("claimed", ids(due), []int64{want})
		}
		due, _ := r.claim(1)
		r.is("claimed of nothing", len(due), 0)
	}},
	{"only of the app", Options{}, func(r *rig) {
		m := r.text("a")
		m.App = "vendor"
		r.keep(m, r.text("b"))
		r.claims(2)
		for app, want := range map[string][]int64{"vendor": {1}, "nobody": nil} {
			due, _, err := r.s.Claim(r.Context(), app, 10, 0)
			r.ok(err)
			r.is("claimed of "+app, ids(due), want)
		}
	}},
	{"shows the delivery as Get does, without attempts", Options{}, func(r *rig) {
		m := r.text("a")
		m.Priority, m.Group = outbox.Critical, "g"
		want := r.get(r.keep(m)[0])
		got := r.claims(1)[0]
		got.Fence = 0
		r.is("claimed", got, want)
	}},
	{"a message may be due later", Options{}, func(r *rig) {
		m := r.text("a")
		m.Due = r.ms().Add(time.Minute)
		r.keep(m)
		due, next := r.claim(10)
		r.is("claimed", ids(due), []int64(nil))
		r.is("next", next, m.Due)
		r.reopen()
		r.Pass(time.Minute)
		r.is("due", r.claims(1)[0].Due, m.Due)
	}},
	{"next is the earliest due, or a lease's end", Options{}, claimNext},
	{"concurrent claimers get each delivery once", Options{}, concurrentClaims},
}

func claimOrder(r *rig) {
	with := func(text string, priority int) outbox.Message {
		m := r.text(text)
		m.Priority = priority
		return m
	}
	r.keep(with("a", outbox.Low), with("b", outbox.Normal), with("c", outbox.Critical))
	r.Pass(time.Second)
	r.keep(with("d", outbox.Critical), with("e", outbox.High), with("f", outbox.Normal), with("g", 77), with("h", -77))
	want := []int64{7, 3, 4, 5, 2, 6, 1, 8}
	now := r.Now()
	var all []outbox.Update
	for _, d := range r.claims(want...) {
		all = append(all, back(d))
	}
	all[1].Due, all[2].Due = now, now.Add(-time.Hour) // c after d
	all[4].Due, all[5].Due = now, now                 // b and f by id
	all[6].Due = now.Add(time.Millisecond)            // a not yet
	r.update(all...)
	r.reopen()
	r.claims(7, 4, 3, 5, 2, 6, 8)
	r.Pass(time.Millisecond)
	r.claims(1)
}

func claimNext(r *rig) {
	_, next := r.claim(10)
	r.is("next in an empty store", next, time.Time{})
	r.keep(r.text("a"), r.text("b"))
	later := r.ms().Add(20 * time.Second)
	r.update(outbox.Update{Lease: r.claims(1, 2)[0].Lease(), State: outbox.Queued, Due: later})
	_, next = r.claim(10)
	r.is("next", next, later)
	r.Pass(19 * time.Second)
	_, next = r.claim(10)
	r.is("next", next, later)
	r.Pass(time.Second)
	due, next := r.claim(10)
	r.is("claimed", ids(due), []int64{1})
	r.is("next", next, later.Add(10*time.Second)) // the second's lease ends
}

func concurrentClaims(r *rig) {
	const claimers, deliveries = 8, 200
	var wg sync.WaitGroup
	var mu sync.Mutex
	got, fences := map[int64]int{}, map[int64]bool{}
	wg.Go(func() {
		for range deliveries / 4 {
			if _, err := r.s.Enqueue(r.Context(), []outbox.Entry{r.entry(r.text("a"), r.text("b"), r.text("c"), r.text("d"))}); err != nil {
				r.Error(err)
			}
		}
	})
	claim := func(most int) int {
		due, _, err := r.s.Claim(r.Context(), "ops", most, 0)
		if err != nil {
			r.Error(err)
		}
		mu.Lock()
		defer mu.Unlock()
		for _, d := range due {
			got[d.ID]++
			fences[d.Fence] = true
		}
		return len(due)
	}
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
	r.is("different deliveries claimed", len(got), deliveries)
	r.is("different fences", len(fences), deliveries)
	for id, times := range got {
		if times != 1 {
			r.Errorf("delivery %d was claimed %d times within one lease", id, times)
		}
	}
}

var groupTests = []guarantee{
	{"only the oldest event's deliveries are given out", Options{}, func(r *rig) {
		r.enqueue(r.entry(r.grouped("a"), r.grouped("b")), r.entry(r.grouped("c"), r.grouped("d")), r.entry(r.grouped("e"), r.text("free")))
		r.reopen()
		due := r.claims(1, 2, 6)
		r.update(outbox.Update{Lease: due[0].Lease(), State: outbox.Sent})
		r.claims()
		r.keep(r.grouped("f"))
		r.update(outbox.Update{Lease: due[1].Lease(), State: outbox.Dead})
		r.reopen()
		due = r.claims(3, 4, 6)
		r.update(outbox.Update{Lease: due[0].Lease(), State: outbox.Superseded}, outbox.Update{Lease: due[1].Lease(), State: outbox.Refused})
		r.update(outbox.Update{Lease: r.claims(5)[0].Lease(), State: outbox.Sent})
		r.claims(7)
	}},
	{"whatever priority and Due the younger ones have", Options{}, func(r *rig) {
		urgent := r.grouped("b")
		urgent.Priority = outbox.Critical
		r.keep(r.grouped("a"), urgent)
		r.update(outbox.Update{Lease: r.lease(1), State: outbox.Queued, Due: r.Now().Add(time.Minute)})
		r.claims()
		r.Pass(time.Minute)
		r.send(1)
		r.claims(2)
	}},
	{"a group that has drained begins anew", Options{}, func(r *rig) {
		for id := int64(1); id <= 5; id += 2 {
			r.keep(r.grouped("a"), r.grouped("b"))
			r.send(id)
			r.reopen()
			r.send(id + 1)
		}
	}},
	{"groups do not wait for each other", Options{}, func(r *rig) {
		other := r.grouped("c")
		other.Group = "h"
		r.keep(r.grouped("a"), r.grouped("b"), other)
		r.claims(1, 3)
	}},
	{"nor do those that have an event in common", Options{}, func(r *rig) {
		other := r.grouped("b")
		other.Group = "h"
		nobody := r.grouped("e")
		nobody.Group, nobody.Calls = "i", nil
		r.enqueue(r.entry(r.grouped("a"), nobody, other))
		other.Body = r.text("c").Body
		r.keep(other, r.grouped("d"))
		r.update(outbox.Update{Lease: r.claims(1, 2)[1].Lease(), State: outbox.Sent})
		r.claims(3)
	}},
	{"expiry of the oldest lets the next go", Options{}, func(r *rig) {
		m := r.grouped("a")
		m.Expires = r.Now().Add(time.Minute)
		r.keep(m, r.grouped("b"))
		r.Pass(time.Minute)
		r.expires(1)
		r.claims(2)
	}},
	{"what was suppressed holds back nobody", Options{}, func(r *rig) {
		m := r.grouped("a")
		m.Repeat = outbox.Suppress
		r.keep(m, m, r.grouped("b"))
		r.send(1)
		r.claims(3)
	}},
	{"parts of a split one stay in the group's order", Options{}, func(r *rig) {
		r.keep(r.grouped("a"), r.grouped("b"))
		r.update(outbox.Update{Lease: r.lease(1), State: outbox.Queued, Split: []outbox.Part{{To: users("u1")}, {To: users("u2")}}})
		r.is("group of the part", r.get(3).Group, "g")
		r.reopen()
		due := r.claims(1, 3)
		r.update(outbox.Update{Lease: due[0].Lease(), State: outbox.Sent})
		r.claims()
		r.update(outbox.Update{Lease: due[1].Lease(), State: outbox.Sent})
		r.claims(2)
	}},
	{"a part set aside does not hold back the group", Options{}, func(r *rig) {
		for _, aside := range []int{0, 1} {
			list := r.keep(r.grouped("a"), r.grouped("b"))
			parts := []outbox.Part{{To: users("u1")}, {To: users("u2")}}
			parts[aside].Aside, parts[aside].Due = true, r.Now().Add(time.Hour)
			r.update(outbox.Update{Lease: r.lease(list[0]), State: outbox.Queued, Split: parts})
			both := []int64{list[0], list[1] + 1}
			r.is("group of the part set aside", r.get(both[aside]).Group, "")
			r.is("group of the other", r.get(both[1-aside]).Group, "g")
			r.reopen()
			r.send(both[1-aside])
			r.send(list[1])
			r.Pass(time.Hour)
			r.send(both[aside])
		}
	}},
	{"where all are set aside the next goes at once", Options{}, func(r *rig) {
		r.keep(r.grouped("a"), r.grouped("b"))
		later := r.Now().Add(time.Hour)
		r.update(outbox.Update{Lease: r.lease(1), State: outbox.Queued, Split: []outbox.Part{
			{To: users("u1"), Aside: true, Due: later}, {To: users("u2"), Aside: true, Due: later}}})
		r.send(2)
		r.Pass(time.Hour)
		r.send(1, 3)
	}},
}

func (r *rig) grouped(text string) outbox.Message {
	m := r.text(text)
	m.Group = "g"
	return m
}
