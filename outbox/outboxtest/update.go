package outboxtest

import (
	"time"

	"workbell/outbox"
)

var updateTests = []guarantee{
	{"ends an attempt with all that is known of it", Options{}, func(r *rig) {
		l := r.lease(r.keep(r.text("x"))[0])
		r.begin(l)
		began := r.ms()
		r.Pass(1500 * time.Millisecond)
		result := outbox.Result{Outcome: outbox.Rejected, Code: "90018", Error: "too fast", RequestID: "r1", TaskID: 7}
		r.update(outbox.Update{Lease: l, State: outbox.Queued, Due: r.Now().Add(time.Second), Reason: "slow down", Spend: true, Attempt: &result})
		for range 2 {
			d := r.get(1)
			r.is("attempts", d.Attempts, []outbox.Attempt{{Number: 1, Began: began, Ended: began.Add(1500 * time.Millisecond),
				Outcome: outbox.Rejected, Code: "90018", Error: "too fast", RequestID: "r1", TaskID: 7}})
			r.is("delivery", []any{d.State, d.Reason, d.Spent, d.Tries, d.Due, d.Updated},
				[]any{outbox.Queued, "slow down", 1, 1, began.Add(2500 * time.Millisecond), began.Add(1500 * time.Millisecond)})
			r.reopen()
		}
	}},
	{"keeps the newest task id", Options{}, func(r *rig) {
		l := r.lease(r.keep(r.text("x"))[0])
		for _, c := range []struct{ task, want int64 }{{0, 0}, {7, 7}, {0, 7}, {9, 9}} {
			r.begin(l)
			r.update(outbox.Update{Lease: l, State: outbox.Queued, Attempt: &outbox.Result{Outcome: outbox.Accepted, TaskID: c.task}})
			r.is("task", r.get(1).TaskID, c.want)
			l = r.lease(1)
		}
	}},
	{"without a result the attempt's outcome is unknown", Options{}, func(r *rig) {
		l := r.lease(r.keep(r.text("x"))[0])
		r.begin(l, r.sliding("k", 1, 1))
		r.update(outbox.Update{Lease: l, State: outbox.Queued})
		r.is("outcome", r.get(1).Attempts[0].Outcome, outbox.Unknown)
		r.is("used", r.used("k"), 1)
	}},
	{"a zero Due means at once, a past one stays as it is", Options{}, func(r *rig) {
		due := r.claims(r.keep(r.text("a"), r.text("b"))...)
		past := r.ms().Add(-time.Hour)
		r.Pass(time.Second)
		r.update(outbox.Update{Lease: due[0].Lease(), State: outbox.Queued}, outbox.Update{Lease: due[1].Lease(), State: outbox.Queued, Due: past})
		r.is("due", []time.Time{r.get(1).Due, r.get(2).Due}, []time.Time{r.ms(), past})
	}},
	{"every end is an end", Options{}, func(r *rig) {
		for _, s := range []outbox.State{outbox.Sent, outbox.Expired, outbox.Superseded, outbox.Refused, outbox.Dead} {
			l := r.lease(r.keep(r.text(string(s)))[0])
			r.update(outbox.Update{Lease: l, State: s, Reason: "because", Spend: true})
			d := r.get(l.ID)
			r.is("delivery", []any{d.State, d.Reason, d.Spent}, []any{s, "because", 1})
			r.claims()
		}
		r.is("open", r.stats().Open, 0)
	}},
	{"what makes no sense is an error and changes nothing", Options{}, nonsense},
	{"a split one keeps the first part, and others are made for the rest", Options{}, split},
	{"a part is due when it says, or as the delivery", Options{}, func(r *rig) {
		l := r.lease(r.keep(r.text("x"))[0])
		soon, late := r.ms().Add(time.Minute), r.ms().Add(time.Hour)
		r.update(outbox.Update{Lease: l, State: outbox.Queued, Due: soon,
			Split: []outbox.Part{{To: users("u1"), Due: late}, {To: users("u2")}, {To: users("u3"), Due: late}}})
		r.is("due", []time.Time{r.get(1).Due, r.get(2).Due, r.get(3).Due}, []time.Time{late, soon, late})
		r.Pass(time.Minute)
		r.send(2)
		r.Pass(time.Hour)
		r.send(1, 3)
	}},
}

func nonsense(r *rig) {
	l := r.lease(r.keep(r.text("x"))[0])
	before := r.get(1)
	parts := []outbox.Part{{To: users("u1")}, {To: users("u2")}}
	for what, u := range map[string]outbox.Update{
		"no state":                      {Lease: l},
		"delivered before sent":         {Lease: l, State: outbox.Delivered},
		"an unknown state":              {Lease: l, State: "gone"},
		"a result without an attempt":   ended(l, outbox.Sent, outbox.Accepted),
		"a split one that is sent":      {Lease: l, State: outbox.Sent, Split: parts},
		"an attempt that ends as begun": ended(l, outbox.Sent, outbox.Begun),
	} {
		if r.s.Update(r.Context(), u) == nil {
			r.Errorf("Update made it: %s", what)
		}
	}
	r.is("delivery", r.get(1), before)
	for what, q := range map[string]outbox.Quota{"N": {Key: "k", N: -1}, "Limit": {Key: "k", N: 1, Limit: -1}, "Window": {Key: "k", N: 1, Window: -1}} {
		if _, err := r.s.Reserve(r.Context(), l, []outbox.Quota{q}); err == nil {
			r.Errorf("Reserve took a quota whose %s is below zero", what)
		}
	}
	r.is("tries", r.get(1).Tries, 0)
	r.begin(l)
}

func split(r *rig) {
	m := r.text("x")
	m.Priority, m.Group, m.OnResolve, m.Track = outbox.High, "g", "recall", "read"
	l := r.lease(r.keep(m)[0])
	r.begin(l)
	r.Pass(time.Second)
	parts := []outbox.Part{{To: users("u1")}, {To: users("u2", "u3")}, {To: users("u4")}}
	r.update(outbox.Update{Lease: l, State: outbox.Queued, Reason: "too many", Spend: true, Split: parts, Attempt: &outbox.Result{Outcome: outbox.Unsent}})
	r.reopen()
	first := r.get(1)
	r.is("the first", []any{first.To, first.Spent, first.Tries, first.Reason, len(first.Attempts)}, []any{parts[0].To, 1, 1, "too many", 1})
	for i, id := range []int64{2, 3} {
		want := first
		want.ID, want.To, want.Spent, want.Reason = id, parts[i+1].To, 0, ""
		r.is("a part", r.get(id), want)
	}
	r.is("of the event", r.list(outbox.Filter{Event: 1}), []int64{3, 2, 1})
	r.is("open", r.stats().Open, 3)
	r.send(1, 2, 3)
}
