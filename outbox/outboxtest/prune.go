package outboxtest

import (
	"time"

	"workbell/outbox"
)

var pruneTests = []guarantee{
	{"removes finished events with all that is theirs", Options{}, func(r *rig) {
		list := r.keep(r.text("a"), r.text("b"))
		r.update(outbox.Update{Lease: r.claims(list...)[0].Lease(), State: outbox.Queued, Split: []outbox.Part{{To: users("u1")}, {To: users("u2")}}})
		r.reopen()
		r.send(1, 2, 3)
		r.enqueue(r.entry())
		r.Pass(48 * time.Hour)
		r.prunes(3)
		for _, id := range []int64{1, 2, 3} {
			_, err := r.s.Get(r.Context(), id)
			r.wants("Get", err, outbox.ErrNotFound)
			_, err = r.s.Event(r.Context(), id)
			r.wants("Event", err, outbox.ErrNotFound)
		}
		r.is("stats", r.stats(), outbox.Stats{States: map[outbox.State]int{}})
		r.reopen()
		r.is("stats", r.stats(), outbox.Stats{States: map[outbox.State]int{}})
		k := r.enqueue(r.entry(r.text("a")))[0]
		r.is("new ids", []int64{k.Event, k.Deliveries[0].ID}, []int64{4, 4})
	}},
	{"leaves what was received since", Options{}, func(r *rig) {
		r.keep(r.text("a"))
		r.send(1)
		r.Pass(48 * time.Hour)
		before := r.Now()
		r.keep(r.text("b"))
		r.send(2)
		r.Pass(48 * time.Hour)
		n, err := r.s.Prune(r.Context(), before, 100)
		r.ok(err)
		r.is("removed", n, 1)
		r.is("left", r.list(outbox.Filter{}), []int64{2})
	}},
	{"leaves what has a delivery that is not finished", Options{}, func(r *rig) {
		r.enqueue(r.entry(r.text("a"), r.text("b")))
		l := r.claims(1, 2)[0].Lease()
		r.update(outbox.Update{Lease: l, State: outbox.Refused})
		r.Pass(48 * time.Hour)
		r.prunes(0)
		r.update(outbox.Update{Lease: r.lease(2), State: outbox.Refused})
		r.prunes(1)
	}},
	{"leaves what has a part that is not finished", Options{}, func(r *rig) {
		r.update(outbox.Update{Lease: r.lease(r.keep(r.text("a"))[0]), State: outbox.Queued, Split: []outbox.Part{{To: users("u1")}, {To: users("u2")}}})
		l := r.claims(1, 2)[0].Lease()
		r.update(outbox.Update{Lease: l, State: outbox.Refused})
		r.Pass(48 * time.Hour)
		r.prunes(0)
	}},
	{"leaves what has a follow-up to come, and with it what stems from it", Options{}, pruneFollowed},
	{"leaves a key that is taken", Options{}, func(r *rig) {
		e := r.keyed("k", 72*time.Hour)
		first := r.enqueue(e)[0]
		r.send(1)
		first.Deliveries[0].State = outbox.Sent
		r.Pass(72*time.Hour - time.Millisecond)
		r.prunes(0)
		r.repeats(e, first)
		r.Pass(time.Millisecond)
		r.prunes(1)
	}},
	{"leaves content that rang today", Options{}, func(r *rig) {
		r.at("23:00:00", time.UTC)
		r.keep(r.text("x"))
		r.send(1)
		r.at("23:59:59", time.UTC)
		r.prunes(0)
		r.at("00:00:00", time.UTC)
		r.prunes(1)
	}},
	{"never hides content that still counts", Options{}, func(r *rig) {
		r.send(r.keep(r.text("x"))...) // rang today
		id := r.keep(r.text("x"))[0]
		r.update(outbox.Update{Lease: r.lease(id), State: outbox.Refused})
		r.Pass(time.Second)
		_, err := r.s.Prune(r.Context(), r.Now(), 100)
		r.ok(err)
		r.contents([]string{"x #2 · 00:00"}, r.keep(r.text("x"))...)
	}},
	{"at most max, and goes on when called again", Options{}, func(r *rig) {
		for range 7 {
			r.keep(r.text("a"))
		}
		due := r.claims(1, 2, 3, 4, 5, 6, 7)
		for _, i := range []int{0, 1, 3, 4, 6} {
			r.update(outbox.Update{Lease: due[i].Lease(), State: outbox.Refused})
		}
		r.Pass(48 * time.Hour)
		for _, want := range []int{2, 2, 1, 0} {
			n, err := r.s.Prune(r.Context(), r.Now(), 2)
			r.ok(err)
			r.is("removed", n, want)
		}
		r.is("left", r.list(outbox.Filter{}), []int64{6, 3})
	}},
	{"looks at a bounded number, and comes past all of them", Options{}, func(r *rig) {
		var all []outbox.Entry
		for range 200 {
			all = append(all, r.entry(r.text("a")))
		}
		r.enqueue(all...)
		due, _ := r.claim(1000)
		r.update(outbox.Update{Lease: due[150].Lease(), State: outbox.Refused})
		r.Pass(48 * time.Hour)
		removed := 0
		for range 200 {
			n, err := r.s.Prune(r.Context(), r.Now(), 1)
			r.ok(err)
			removed += n
		}
		r.is("removed", removed, 1)
	}},
	{"a quota that counts is not forgotten", Options{}, func(r *rig) {
		l := r.lease(r.keep(r.text("x"))[0])
		r.begin(l, r.sliding("k", 1, 1), outbox.Quota{Key: "f", N: 1, Until: r.Now().Add(72 * time.Hour)})
		r.update(ended(l, outbox.Sent, outbox.Accepted))
		r.Pass(48 * time.Hour)
		r.prunes(1)
		r.is("used", []int{r.used("k"), r.used("f")}, []int{0, 1})
	}},
}

func pruneFollowed(r *rig) {
	r.keep(r.text("a"))
	r.sendWith(1, outbox.Followup{Kind: outbox.FollowResult, Due: r.Now().Add(72 * time.Hour)})
	made := r.amend(outbox.Amendment{Delivery: 1, Receipts: []outbox.Receipt{{User: "u1", Fate: outbox.FateRead}},
		Note: "n", Messages: []outbox.Message{r.text("b")}})
	r.Pass(48 * time.Hour)
	r.prunes(0)
	r.amend(outbox.Amendment{Delivery: 1, Drop: []outbox.Kind{outbox.FollowResult}})
	r.prunes(0) // what stems from it is still queued
	r.update(outbox.Update{Lease: r.lease(made[0]), State: outbox.Sent, Follow: []outbox.Followup{{Kind: outbox.FollowResult}}})
	r.prunes(0)
	r.amend(outbox.Amendment{Delivery: 2, Lease: r.followups(2)[0].Lease()})
	r.prunes(1)
	for id := range int64(2) {
		_, err := r.s.Get(r.Context(), id+1)
		r.wants("Get", err, outbox.ErrNotFound)
	}
	r.is("stats", r.stats(), outbox.Stats{States: map[outbox.State]int{}})
}

// prunes prunes all that is older than now, and wants so many removed.
func (r *rig) prunes(want int) {
	r.Helper()
	n, err := r.s.Prune(r.Context(), r.Now(), 100)
	r.ok(err)
	r.is("removed", n, want)
}
