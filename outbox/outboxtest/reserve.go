package outboxtest

import (
	"time"

	"workbell/outbox"
)

var reserveTests = []guarantee{
	{"takes all quotas or none", Options{}, func(r *rig) {
		a, b := r.two()
		r.begin(a, r.sliding("k", 3, 5), r.sliding("l", 1, 1))
		g := r.reserve(b, r.sliding("m", 1, 1), r.sliding("k", 2, 5), r.sliding("l", 1, 1))
		r.is("grant", g, outbox.Grant{Over: []string{"l"}})
		for key, want := range map[string]int{"k": 3, "l": 1, "m": 0, "never": 0} {
			r.is("used of "+key, r.used(key), want)
		}
		r.is("tries", r.get(b.ID).Tries, 0)
		r.is("attempts", len(r.get(b.ID).Attempts), 0)
		r.begin(b, r.sliding("k", 2, 5))
		r.is("used", r.used("k"), 5)
	}},
	{"records that the attempt begins", Options{}, func(r *rig) {
		l := r.lease(r.keep(r.text("x"))[0])
		for n := 1; n <= 3; n++ {
			g := r.reserve(l)
			r.is("grant", g, outbox.Grant{OK: true, Attempt: n})
			d := r.get(1)
			r.is("tries", d.Tries, n)
			r.is("attempt", d.Attempts[n-1], outbox.Attempt{Number: n, Began: r.ms(), Outcome: outbox.Begun})
			if _, err := r.s.Reserve(r.Context(), l, nil); err == nil {
				r.Error("a second attempt began before the first had ended")
			}
			r.Pass(time.Second)
			r.update(ended(l, outbox.Queued, outbox.Rejected))
			l = r.lease(1)
		}
	}},
	{"a sliding quota counts until Window after the attempt's end", Options{}, func(r *rig) {
		a, b := r.two()
		r.begin(a, r.sliding("k", 1, 1))
		r.Pass(20 * time.Second)
		r.is("grant while in flight", r.reserve(b, r.sliding("k", 1, 1)), outbox.Grant{Over: []string{"k"}})
		r.update(ended(a, outbox.Sent, outbox.Accepted))
		b = r.again(b)
		free := r.ms().Add(time.Minute)
		r.is("grant", r.reserve(b, r.sliding("k", 1, 1)), outbox.Grant{Over: []string{"k"}, RetryAt: free})
		r.Pass(time.Minute - time.Millisecond)
		r.reopen()
		b = r.claims(b.ID)[0].Lease()
		r.is("grant", r.reserve(b, r.sliding("k", 1, 1)), outbox.Grant{Over: []string{"k"}, RetryAt: free})
		r.Pass(time.Millisecond)
		r.is("used", r.used("k"), 0)
		r.begin(b, r.sliding("k", 1, 1))
	}},
	{"a fixed quota counts until Until, to the millisecond", Options{}, func(r *rig) {
		a, b := r.two()
		fixed := outbox.Quota{Key: "k", N: 2, Limit: 3, Until: r.ms().Add(time.Hour)}
		r.begin(a, fixed)
		r.is("grant", r.reserve(b, fixed), outbox.Grant{Over: []string{"k"}, RetryAt: fixed.Until})
		r.update(ended(a, outbox.Sent, outbox.Accepted))
		r.Pass(time.Hour - time.Millisecond)
		r.reopen()
		b = r.claims(b.ID)[0].Lease()
		r.is("grant", r.reserve(b, fixed), outbox.Grant{Over: []string{"k"}, RetryAt: fixed.Until})
		r.Pass(time.Millisecond)
		fixed.Until = fixed.Until.Add(time.Hour)
		r.begin(b, fixed)
		r.is("used", r.used("k"), 2)
	}},
	{"fixed quotas of many attempts add up", Options{}, func(r *rig) {
		fixed := outbox.Quota{Key: "k", N: 1, Limit: 5, Until: r.ms().Add(time.Hour)}
		for range 5 {
			l := r.lease(r.keep(r.text("x"))[0])
			r.begin(l, fixed)
			r.update(ended(l, outbox.Sent, outbox.Unknown))
		}
		r.reopen()
		r.is("used", r.used("k"), 5)
		l := r.lease(r.keep(r.text("x"))[0])
		r.is("grant", r.reserve(l, fixed), outbox.Grant{Over: []string{"k"}, RetryAt: fixed.Until})
	}},
	{"only calls are spent by what was not taken", Options{}, giveBack},
	{"RetryAt is when enough is free of every key", Options{}, retryAt},
	{"RetryAt is unknown while it depends on attempts in flight", Options{}, func(r *rig) {
		r.keep(r.text("a"), r.text("b"), r.text("c"))
		due := r.claims(1, 2, 3)
		a, b, c := due[0].Lease(), due[1].Lease(), due[2].Lease()
		r.begin(a, r.sliding("k", 1, 2))
		r.begin(b, r.sliding("k", 1, 2))
		r.update(ended(a, outbox.Sent, outbox.Accepted))
		r.is("one", r.reserve(c, r.sliding("k", 1, 2)), outbox.Grant{Over: []string{"k"}, RetryAt: r.ms().Add(time.Minute)})
		r.is("both", r.reserve(c, r.sliding("k", 2, 2)), outbox.Grant{Over: []string{"k"}})
		fixed := outbox.Quota{Key: "f", N: 1, Limit: 1, Until: r.ms().Add(time.Hour)}
		r.update(ended(b, outbox.Queued, outbox.Rejected))
		b = r.claims(2)[0].Lease()
		r.begin(b, fixed)
		r.is("of two keys", r.reserve(c, r.sliding("k", 2, 2), fixed), outbox.Grant{Over: []string{"k", "f"}, RetryAt: fixed.Until})
	}},
	{"Never, where an N exceeds its Limit", Options{}, func(r *rig) {
		l := r.lease(r.keep(r.text("x"))[0])
		r.is("grant", r.reserve(l, r.sliding("j", 1, 1), r.sliding("k", 3, 2)), outbox.Grant{Over: []string{"k"}, Never: true})
		r.is("used", r.used("j"), 0)
		r.begin(l, r.sliding("k", 2, 2))
	}},
	{"quotas of one call with the same key add up", Options{}, func(r *rig) {
		a, b := r.two()
		r.is("grant", r.reserve(a, r.sliding("k", 2, 3), r.sliding("k", 2, 3)), outbox.Grant{Over: []string{"k"}, Never: true})
		r.begin(a, r.sliding("k", 2, 4), r.sliding("k", 2, 4))
		r.is("grant", r.reserve(b, r.sliding("k", 1, 4), r.sliding("k", 1, 4)), outbox.Grant{Over: []string{"k"}})
		r.is("used", r.used("k"), 4)
	}},
	{"Limit 0 counts and does not limit; N 0 takes nothing", Options{}, func(r *rig) {
		a, b := r.two()
		r.begin(a, r.sliding("k", 7, 0))
		r.begin(b, r.sliding("k", 0, 1))
		r.is("used", r.used("k"), 7)
	}},
	{"a lost attempt's quotas count from when the loss was noticed", Options{}, func(r *rig) {
		a, _ := r.two()
		r.begin(a, r.sliding("k", 1, 1))
		r.Pass(10 * time.Minute)
		r.is("used", r.used("k"), 1)
		r.claims(1, 2) // noticed here
		r.Pass(time.Minute - time.Millisecond)
		r.is("used", r.used("k"), 1)
		r.Pass(time.Millisecond)
		r.is("used", r.used("k"), 0)
		b := r.claims(1, 2)[1].Lease()
		r.begin(b, r.sliding("k", 1, 1))
		r.Pass(10 * time.Minute)
		r.reopen() // and here
		r.Pass(time.Minute - time.Millisecond)
		r.is("used", r.used("k"), 1)
		r.Pass(time.Millisecond)
		r.is("used", r.used("k"), 0)
	}},
}

// giveBack checks what remains taken after each outcome.
func giveBack(r *rig) {
	quotas := []outbox.Quota{
		{Key: "calls", N: 1, Window: time.Minute, Call: true}, {Key: "calls/day", N: 1, Until: r.ms().Add(time.Hour), Call: true},
		r.sliding("people", 3, 9), {Key: "people/day", N: 3, Until: r.ms().Add(time.Hour)},
	}
	for _, c := range []struct {
		outcome outbox.Outcome
		people  int
	}{{outbox.Rejected, 0}, {outbox.Unsent, 0}, {outbox.Accepted, 3}, {outbox.Unknown, 3}} {
		for i := range quotas {
			quotas[i].Key += "/" + string(c.outcome)
		}
		l := r.lease(r.keep(r.text("x"))[0])
		r.begin(l, quotas...)
		r.update(ended(l, outbox.Dead, c.outcome))
		r.reopen()
		for i, want := range []int{1, 1, c.people, c.people} {
			r.is("used of "+quotas[i].Key, r.used(quotas[i].Key), want)
		}
	}
}

func retryAt(r *rig) {
	start := r.ms()
	for n := range 4 { // of k, 1, 2, 3 and 4 at seconds 0 to 3; of l, one at each
		l := r.lease(r.keep(r.text("x"))[0])
		r.begin(l, r.sliding("k", n+1, 10), r.sliding("l", 1, 4))
		r.update(ended(l, outbox.Sent, outbox.Accepted))
		r.Pass(time.Second)
	}
	l := r.lease(r.keep(r.text("x"))[0])
	for _, c := range []struct{ k, l, after int }{
		{1, 0, 0}, {2, 0, 1}, {3, 0, 1}, {4, 0, 2}, {6, 0, 2}, {7, 0, 3}, {10, 0, 3},
		{1, 4, 3}, {7, 2, 3}, {1, 2, 1},
	} {
		g := r.reserve(l, r.sliding("k", c.k, 10), r.sliding("l", c.l, 4))
		want := outbox.Grant{Over: []string{"k"}, RetryAt: start.Add(time.Minute + time.Duration(c.after)*time.Second)}
		if c.l > 0 {
			want.Over = append(want.Over, "l")
		}
		r.is("grant", g, want)
	}
}

// sliding is a quota in a window of a minute.
func (r *rig) sliding(key string, n, limit int) outbox.Quota {
	return outbox.Quota{Key: key, N: n, Limit: limit, Window: time.Minute}
}

// two keeps and leases two deliveries.
func (r *rig) two() (a, b outbox.Lease) {
	r.Helper()
	due := r.claims(r.keep(r.text("a"), r.text("b"))...)
	return due[0].Lease(), due[1].Lease()
}

// again gives a lease back and takes it anew, so that it lasts.
func (r *rig) again(l outbox.Lease) outbox.Lease {
	r.Helper()
	r.update(outbox.Update{Lease: l, State: outbox.Queued})
	return r.lease(l.ID)
}
