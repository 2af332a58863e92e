package outboxtest

import (
	"time"

	"workbell/outbox"
)

var takeTests = []guarantee{
	{"each window begins at once", Options{}, func(r *rig) {
		start := r.ms()
		r.takes(true, r.sliding("k", 2, 3), outbox.Quota{Key: "f", N: 1, Limit: 1, Until: start.Add(time.Hour)})
		r.is("used", []int{r.used("k"), r.used("f")}, []int{2, 1})
		g := r.takes(false, r.sliding("k", 2, 3))
		r.is("grant", g, outbox.Grant{Over: []string{"k"}, RetryAt: start.Add(time.Minute)})
		r.reopen()
		r.Pass(time.Minute - time.Millisecond)
		r.takes(false, r.sliding("k", 2, 3))
		r.Pass(time.Millisecond)
		r.takes(true, r.sliding("k", 2, 3))
		r.takes(false, outbox.Quota{Key: "f", N: 1, Limit: 1, Until: start.Add(time.Hour)})
		r.Pass(time.Hour)
		r.is("used", []int{r.used("k"), r.used("f")}, []int{0, 0})
	}},
	{"all or none", Options{}, func(r *rig) {
		r.takes(true, r.sliding("b", 1, 1))
		g := r.takes(false, r.sliding("a", 1, 9), r.sliding("b", 1, 1), r.sliding("c", 5, 4))
		r.is("over", g.Over, []string{"b", "c"})
		r.is("never", []any{g.Never, g.RetryAt}, []any{true, time.Time{}})
		r.is("used", r.used("a"), 0)
	}},
	{"counts with what attempts have taken", Options{}, func(r *rig) {
		l := r.lease(r.keep(r.text("x"))[0])
		r.begin(l, r.sliding("k", 2, 3))
		g := r.takes(false, r.sliding("k", 2, 3))
		r.is("depends on an attempt in flight", g, outbox.Grant{Over: []string{"k"}})
		r.takes(true, r.sliding("k", 1, 3))
		r.update(ended(l, outbox.Queued, outbox.Unsent))
		r.is("used", r.used("k"), 1) // what the attempt took is given back, that alone
		g = r.reserve(r.lease(1), r.sliding("k", 3, 3))
		r.is("grant", []any{g.OK, g.RetryAt}, []any{false, r.ms().Add(time.Minute)})
	}},
	{"a limit of 0 is counted, and the past takes nothing", Options{}, func(r *rig) {
		for range 3 {
			r.takes(true, outbox.Quota{Key: "k", N: 2, Until: r.Now().Add(time.Hour)}, outbox.Quota{Key: "p", N: 1, Until: r.Now()},
				outbox.Quota{Key: "n", Limit: 1, Window: time.Hour})
		}
		r.is("used", []int{r.used("k"), r.used("p"), r.used("n")}, []int{6, 0, 0})
	}},
	{"what counts until different times is kept apart", Options{}, func(r *rig) {
		for _, hours := range []time.Duration{1, 2, 1} {
			r.takes(true, outbox.Quota{Key: "k", N: 1, Until: r.ms().Add(hours * time.Hour)})
		}
		r.Pass(time.Hour)
		r.is("used", r.used("k"), 1)
	}},
	{"what is below zero is an error", Options{}, func(r *rig) {
		for _, q := range []outbox.Quota{{Key: "k", N: -1}, {Key: "k", N: 1, Limit: -1}, {Key: "k", N: 1, Window: -1}} {
			if _, err := r.s.Take(r.Context(), []outbox.Quota{q}); err == nil {
				r.Errorf("Take took %+v", q)
			}
		}
		r.is("used", r.used("k"), 0)
	}},
}

// takes takes quotas, and wants that granted or not.
func (r *rig) takes(want bool, quotas ...outbox.Quota) outbox.Grant {
	r.Helper()
	g, err := r.s.Take(r.Context(), quotas)
	r.ok(err)
	if g.OK != want || g.Attempt != 0 {
		r.Fatalf("Take: %+v, want granted: %v, as no attempt", g, want)
	}
	return g
}
