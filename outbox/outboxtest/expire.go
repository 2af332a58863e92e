package outboxtest

import (
	"time"

	"workbell/outbox"
)

var expireTests = []guarantee{
	{"ends what is past its Expires, the oldest first", Options{}, func(r *rig) {
		for _, after := range []time.Duration{3 * time.Minute, time.Minute, 2 * time.Minute, 0} {
			m := r.text("x")
			m.Expires = time.Time{}
			if after > 0 {
				m.Expires = r.Now().Add(after)
			}
			r.keep(m)
		}
		start := r.ms()
		r.is("next", r.expires(), start.Add(time.Minute))
		r.Pass(time.Minute - time.Millisecond)
		r.is("next", r.expires(), start.Add(time.Minute))
		r.Pass(time.Millisecond)
		r.is("next", r.expires(2), start.Add(2*time.Minute))
		r.Pass(time.Hour)
		r.is("next", r.expires(3, 1), time.Time{})
		r.reopen()
		r.is("states", r.states(1, 2, 3, 4), []outbox.State{outbox.Expired, outbox.Expired, outbox.Expired, outbox.Queued})
		r.is("open", r.stats().Open, 1)
		r.claims(4)
	}},
	{"at most max, and says that there is more", Options{}, func(r *rig) {
		for range 3 {
			m := r.text("x")
			m.Expires = r.Now().Add(time.Minute)
			r.keep(m)
		}
		r.Pass(time.Minute)
		for _, want := range []int64{1, 2} {
			expired, next, err := r.s.Expire(r.Context(), 1)
			r.ok(err)
			r.is("expired", ids(expired), []int64{want})
			if next.IsZero() || next.After(r.Now()) {
				r.Errorf("next is %v while there is more to expire now (%v)", next, r.Now())
			}
		}
		expired, next, err := r.s.Expire(r.Context(), 1)
		r.ok(err)
		r.is("expired", ids(expired), []int64{3})
		r.is("next", next, time.Time{})
	}},
	{"returns them as they are now", Options{}, func(r *rig) {
		m := r.text("x")
		m.Expires = r.Now().Add(time.Minute)
		r.keep(m)
		r.Pass(time.Minute)
		expired, _, err := r.s.Expire(r.Context(), 1)
		r.ok(err)
		r.is("expired", expired, []outbox.Delivery{r.get(1)})
		r.is("updated", expired[0].Updated, r.ms())
	}},
	{"leaves what is leased until the lease ends", Options{}, func(r *rig) {
		m := r.text("x")
		m.Expires = r.Now().Add(time.Second)
		r.keep(m, r.text("y"))
		start := r.ms()
		due := r.claims(1, 2)
		r.begin(due[0].Lease())
		r.Pass(time.Second)
		r.is("next", r.expires(), start.Add(maxLease))
		r.Pass(maxLease)
		r.expires(1)
		r.is("outcome", r.get(1).Attempts[0].Outcome, outbox.Unknown)
	}},
}

// expires expires all and wants these, in this order; it returns next.
func (r *rig) expires(want ...int64) time.Time {
	r.Helper()
	expired, next, err := r.s.Expire(r.Context(), 1000)
	r.ok(err)
	r.is("expired", ids(expired), want)
	return next
}
