package outboxtest

import (
	"time"

	"workbell/message"
	"workbell/outbox"
)

// east is a zone whose day begins at 16:00 UTC.
var east = time.FixedZone("east", 8*60*60)

var repeatTests = []guarantee{
	{"the n-th of a day is marked, in the zone where the day begins", Options{Zone: east}, func(r *rig) {
		r.at("14:32:00", east)
		r.contents([]string{"x", "x #2 · 14:32", "x #3 · 14:32"}, r.keep(r.text("x"), r.text("x"), r.text("x"))...)
		r.reopen()
		r.Pass(time.Minute)
		other := r.text("x")
		other.App = "vendor"
		r.contents([]string{"x #4 · 14:33", "y", "x"}, r.keep(r.text("x"), r.text("y"), other)...)
	}},
	{"whoever its recipients are", Options{}, func(r *rig) {
		m := r.text("x")
		m.Calls = []message.Recipients{{Users: []string{"u2"}}}
		r.contents([]string{"x", "x #2 · 00:00"}, r.keep(r.text("x"), m)...)
	}},
	{"concurrent ones get different marks", Options{}, func(r *rig) {
		const callers = 16
		done := make(chan int64, callers)
		for range callers {
			go func() {
				kept, err := r.s.Enqueue(r.Context(), []outbox.Entry{r.entry(r.text("x"))})
				if err != nil {
					r.Error(err)
					done <- 0
					return
				}
				done <- kept[0].Deliveries[0].ID
			}()
		}
		texts := map[string]bool{}
		for range callers {
			texts[content(r.get(<-done).Body)] = true
		}
		r.is("different texts", len(texts), callers)
	}},
	{"deliveries of one event are one message", Options{}, func(r *rig) {
		m := r.text("x")
		m.Calls = append(m.Calls, message.Recipients{Users: []string{"u2"}})
		kept := r.enqueue(r.entry(m, r.text("x")), r.entry(m, r.text("x")))
		for i, want := range []string{"x", "x #2 · 00:00"} {
			for _, d := range kept[i].Deliveries {
				r.contents([]string{want}, d.ID)
			}
		}
	}},
	{"suppress keeps it as suppressed", Options{}, func(r *rig) {
		m := r.text("x")
		m.Repeat = outbox.Suppress
		list := r.keep(m, m, r.text("x"))
		r.is("states", r.states(list...), []outbox.State{outbox.Queued, outbox.Suppressed, outbox.Queued})
		r.contents([]string{"x #2 · 00:00"}, list[2]) // what was suppressed reaches nobody and counts for nothing
		r.claims(list[0], list[2])
		r.is("open", r.stats().Open, 2)
	}},
	{"without Repeat it goes as it is, and counts", Options{}, func(r *rig) {
		m := r.text("x")
		m.Repeat = ""
		r.contents([]string{"x", "x", "x #3 · 00:00", "x"}, r.keep(r.text("x"), m, r.text("x"), m)...)
	}},
	{"what has no text to mark goes as it is", Options{}, func(r *rig) {
		m := r.text("")
		m.Msgtype, m.Body = "image", []byte(`{"msgtype":"image","image":{"media_id":"@x"}}`)
		r.is("states", r.states(r.keep(m, m)...), []outbox.State{outbox.Queued, outbox.Queued})
		m.Repeat = outbox.Suppress
		r.is("suppress", r.states(r.keep(m)...), []outbox.State{outbox.Suppressed})
	}},
	{"what rang counts until its day ends", Options{Zone: east}, func(r *rig) {
		r.at("23:00:00", east)
		m := r.text("x")
		r.send(r.keep(m)...)
		r.at("23:59:59", east)
		r.contents([]string{"x #2 · 23:59"}, r.keep(m)...)
		r.send(2)
		r.at("00:00:00", east)
		r.contents([]string{"x", "x #2 · 00:00"}, r.keep(m, m)...)
	}},
	{"what is queued counts until the day ends on which it expires", Options{Zone: east}, func(r *rig) {
		r.at("23:00:00", east)
		m := r.text("x") // until 23:00 tomorrow
		r.keep(m)
		r.reopen()
		r.at("00:10:00", east)
		r.contents([]string{"x #2 · 00:10"}, r.keep(m)...)
		r.at("23:59:59", east)
		r.contents([]string{"x #3 · 23:59"}, r.keep(m)...)
	}},
	{"a day's mark is that of the day on which it rings", Options{Zone: east}, func(r *rig) {
		r.at("23:00:00", east)
		id := r.keep(r.text("x"))[0]
		r.at("00:10:00", east)
		r.send(id) // on the new day: it counts there
		r.contents([]string{"x #2 · 00:10"}, r.keep(r.text("x"))...)
	}},
	{"what certainly did not ring counts for nothing once it has ended", Options{}, func(r *rig) {
		for _, o := range []outbox.Outcome{outbox.Rejected, outbox.Unsent} {
			id := r.keep(r.text("x"))[0]
			r.contents([]string{"x"}, id)
			l := r.lease(id)
			r.begin(l)
			r.update(ended(l, outbox.Refused, o))
		}
		id := r.keep(r.text("x"))[0]
		r.update(outbox.Update{Lease: r.lease(id), State: outbox.Superseded})
		r.contents([]string{"x"}, r.keep(r.text("x"))...)
	}},
	{"what may have rung counts", Options{}, func(r *rig) {
		l := r.lease(r.keep(r.text("x"))[0])
		r.begin(l)
		r.update(ended(l, outbox.Dead, outbox.Unknown))
		r.contents([]string{"x #2 · 00:00"}, r.keep(r.text("x"))...)
	}},
	{"an ended one between does not hide an earlier one that counts", Options{}, func(r *rig) {
		r.send(r.keep(r.text("x"))...)
		for range 3 {
			id := r.keep(r.text("x"))[0]
			r.contents([]string{"x #2 · 00:00"}, id)
			r.update(outbox.Update{Lease: r.lease(id), State: outbox.Refused})
		}
	}},
	{"the parts of a split one count, too", Options{}, func(r *rig) {
		l := r.lease(r.keep(r.text("x"))[0])
		r.update(outbox.Update{Lease: l, State: outbox.Queued, Split: []outbox.Part{{To: users("u1")}, {To: users("u2")}, {To: users("u3")}}})
		due := r.claims(1, 2, 3)
		for i, o := range []outbox.Outcome{outbox.Rejected, outbox.Accepted, outbox.Rejected} {
			r.begin(due[i].Lease())
			r.update(ended(due[i].Lease(), outbox.Refused, o))
		}
		r.contents([]string{"x #2 · 00:00"}, r.keep(r.text("x"))...)
	}},
	{"the bytes stay what they were", Options{}, func(r *rig) {
		list := r.keep(r.text("x"), r.text("x"))
		before := r.get(list[1]).Body
		l := r.claims(list...)[1].Lease()
		r.begin(l)
		r.update(outbox.Update{Lease: l, State: outbox.Queued, Attempt: &outbox.Result{Outcome: outbox.Unknown},
			Split: []outbox.Part{{To: users("u1")}, {To: users("u2")}}})
		r.Pass(25 * time.Hour)
		r.reopen()
		r.keep(r.text("x"))
		for _, id := range []int64{list[1], 3} {
			r.is("body", string(r.get(id).Body), string(before))
		}
	}},
}

func users(u ...string) message.Recipients { return message.Recipients{Users: u} }

// contents wants the deliveries to hold these texts.
func (r *rig) contents(want []string, ids ...int64) {
	r.Helper()
	var got []string
	for _, id := range ids {
		got = append(got, content(r.get(id).Body))
	}
	r.is("texts", got, want)
}
