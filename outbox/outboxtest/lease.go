package outboxtest

import (
	"sync"
	"sync/atomic"
	"time"

	"workbell/outbox"
)

// maxLease is the longest that a delivery may be leased for.
const maxLease = 30 * time.Second

var leaseTests = []guarantee{
	{"lasts as asked, and 30 s at most", Options{}, func(r *rig) {
		for asked, want := range map[time.Duration]time.Duration{0: maxLease, time.Hour: maxLease, maxLease: maxLease, time.Second: time.Second} {
			id := r.keep(r.text("x"))[0]
			due, next, err := r.s.Claim(r.Context(), "ops", 1, asked)
			r.ok(err)
			r.is("claimed", ids(due), []int64{id})
			r.is("end", next, r.ms().Add(want))
			r.Pass(want - time.Millisecond)
			r.claims()
			r.Pass(time.Millisecond)
			r.send(id)
		}
	}},
	{"once it has passed to another the old fence changes nothing", Options{}, fences},
	{"an update of what was not claimed changes nothing", Options{}, func(r *rig) {
		r.keep(r.text("x"))
		for _, l := range []outbox.Lease{{}, {ID: 1}, {ID: 1, Fence: 1}, {ID: 99, Fence: 1}} {
			r.fenced(l)
		}
		r.is("state", r.get(1).State, outbox.Queued)
	}},
	{"a lease ends with its update", Options{}, func(r *rig) {
		r.keep(r.text("x"))
		l := r.lease(1)
		r.update(outbox.Update{Lease: l, State: outbox.Queued})
		r.fenced(l)
		l = r.lease(1)
		r.update(outbox.Update{Lease: l, State: outbox.Sent})
		r.fenced(l)
		r.claims()
	}},
	{"of several updates all are made or none", Options{}, func(r *rig) {
		r.keep(r.text("a"), r.text("b"), r.text("c"))
		due := r.claims(1, 2, 3)
		r.begin(due[0].Lease(), outbox.Quota{Key: "k", N: 1, Limit: 1, Window: time.Minute})
		stale := due[1].Lease()
		stale.Fence--
		before := []outbox.Delivery{r.get(1), r.get(2), r.get(3)}
		err := r.s.Update(r.Context(), ended(due[0].Lease(), outbox.Sent, outbox.Accepted), outbox.Update{Lease: stale, State: outbox.Sent},
			outbox.Update{Lease: due[2].Lease(), State: outbox.Queued, Split: []outbox.Part{{To: users("u1")}, {To: users("u2")}}})
		r.wants("updates of which one is fenced", err, outbox.ErrFenced)
		l := due[2].Lease()
		err = r.s.Update(r.Context(), outbox.Update{Lease: l, State: outbox.Sent}, outbox.Update{Lease: l, State: outbox.Sent})
		r.wants("two updates with one lease", err, outbox.ErrFenced)
		r.is("deliveries", []outbox.Delivery{r.get(1), r.get(2), r.get(3)}, before)
		r.is("open", r.stats().Open, 3)
		r.update(ended(due[0].Lease(), outbox.Sent, outbox.Accepted), outbox.Update{Lease: due[1].Lease(), State: outbox.Sent},
			outbox.Update{Lease: due[2].Lease(), State: outbox.Sent})
	}},
	{"a late update is kept while nobody has noticed the lapse", Options{}, func(r *rig) {
		r.keep(r.text("x"), r.text("y"))
		due := r.claims(1, 2)
		r.begin(due[0].Lease())
		r.Pass(time.Hour)
		_, err := r.s.Reserve(r.Context(), due[1].Lease(), nil)
		r.wants("Reserve with a lease that has ended", err, outbox.ErrFenced)
		r.update(outbox.Update{Lease: due[0].Lease(), State: outbox.Sent, Attempt: &outbox.Result{Outcome: outbox.Accepted, TaskID: 42}})
		d := r.get(1)
		r.is("task", []any{d.State, d.TaskID, d.Attempts[0].Outcome}, []any{outbox.Sent, int64(42), outbox.Accepted})
		r.claims(2)
		r.fenced(due[1].Lease())
	}},
	{"Expire notices a lapse, too", Options{}, func(r *rig) {
		r.keep(r.text("x"))
		l := r.lease(1)
		r.begin(l)
		r.Pass(maxLease)
		r.expires()
		r.fenced(l)
		r.is("outcome", r.get(1).Attempts[0].Outcome, outbox.Unknown)
	}},
	{"an attempt lost with its lease is of unknown outcome", Options{}, func(r *rig) {
		r.keep(r.text("x"))
		l := r.lease(1)
		r.begin(l)
		began := r.ms()
		r.Pass(time.Minute)
		r.begin(r.lease(1))
		d := r.get(1)
		r.is("tries", d.Tries, 2)
		r.is("spent", d.Spent, 0)
		d.Attempts[0].Error = ""
		r.is("attempts", d.Attempts, []outbox.Attempt{
			{Number: 1, Began: began, Ended: r.ms(), Outcome: outbox.Unknown},
			{Number: 2, Began: r.ms(), Outcome: outbox.Begun},
		})
	}},
	{"closing voids leases, and attempts in flight are of unknown outcome", Options{}, func(r *rig) {
		r.keep(r.text("x"), r.text("y"))
		due := r.claims(1, 2)
		r.begin(due[0].Lease())
		r.reopen()
		for _, d := range due {
			r.fenced(d.Lease())
		}
		again := r.claims(1, 2)
		for i, d := range again {
			if d.Fence == due[i].Fence {
				r.Errorf("delivery %d has the same fence after reopening", d.ID)
			}
		}
		r.is("outcome", r.get(1).Attempts[0].Outcome, outbox.Unknown)
		r.begin(again[0].Lease())
		r.is("attempts", len(r.get(1).Attempts), 2)
	}},
	{"of concurrent updates with one lease one is made", Options{}, func(r *rig) {
		r.keep(r.text("x"))
		l := r.lease(1)
		var made atomic.Int64
		var wg sync.WaitGroup
		for range 16 {
			wg.Go(func() {
				err := r.s.Update(r.Context(), outbox.Update{Lease: l, State: outbox.Queued, Spend: true})
				if err == nil {
					made.Add(1)
				} else {
					r.wants("a second update", err, outbox.ErrFenced)
				}
			})
		}
		wg.Wait()
		r.is("updates made", made.Load(), int64(1))
		r.is("spent", r.get(1).Spent, 1)
	}},
}

func fences(r *rig) {
	quota := outbox.Quota{Key: "k", N: 1, Window: time.Minute}
	r.keep(r.text("x"))
	old := r.lease(1)
	r.begin(old, quota)
	r.Pass(maxLease)
	mine := r.lease(1)
	before := r.get(1)
	r.fenced(old)
	_, err := r.s.Reserve(r.Context(), old, []outbox.Quota{quota})
	r.wants("Reserve with an old fence", err, outbox.ErrFenced)
	r.is("delivery", r.get(1), before)
	r.is("used", r.used("k"), 1) // the lost attempt's alone
	r.begin(mine, quota)
	r.update(ended(mine, outbox.Sent, outbox.Accepted))
}

// fenced wants l to be good for nothing.
func (r *rig) fenced(l outbox.Lease) {
	r.Helper()
	for _, u := range []outbox.Update{{Lease: l, State: outbox.Queued}, {Lease: l, State: outbox.Sent}, ended(l, outbox.Sent, outbox.Accepted)} {
		r.wants("Update", r.s.Update(r.Context(), u), outbox.ErrFenced)
	}
	_, err := r.s.Reserve(r.Context(), l, nil)
	r.wants("Reserve", err, outbox.ErrFenced)
}
