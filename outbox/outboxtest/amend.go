package outboxtest

import (
	"slices"
	"time"

	"workbell/outbox"
)

var amendTests = []guarantee{
	{"what is not there is ErrNotFound", Options{}, func(r *rig) {
		r.keep(r.text("x"))
		for _, a := range []outbox.Amendment{{}, {Delivery: 2, Note: "n"}, {Delivery: 1, Note: "n", Event: 2, Messages: []outbox.Message{r.text("y")}}} {
			r.unamended("Amend", a, outbox.ErrNotFound)
		}
	}},
	{"states change as State.Next allows, and queued ones only to superseded", Options{}, amendStates},
	{"only from the states that it names", Options{}, func(r *rig) {
		id := r.keep(r.text("x"))[0]
		r.unamended("queued", outbox.Amendment{Delivery: id, From: []outbox.State{outbox.Sent, outbox.Partial}, Note: "n"}, outbox.ErrState)
		r.send(id)
		r.amend(outbox.Amendment{Delivery: id, From: []outbox.State{outbox.Sent, outbox.Partial}, State: outbox.Delivered})
		r.unamended("delivered", outbox.Amendment{Delivery: id, From: []outbox.State{outbox.Sent, outbox.Partial}, State: outbox.Failed}, outbox.ErrState)
	}},
	{"receipts are kept by user, the last one of each", Options{}, func(r *rig) {
		r.keep(r.text("x"))
		r.sendWith(1)
		start := r.ms()
		r.amend(outbox.Amendment{Delivery: 1, State: outbox.Partial, Reason: "1 of 3", Receipts: []outbox.Receipt{
			{User: "u3", Fate: outbox.FateForbidden, Code: "143106", Words: "same content"}, {User: "u1", Fate: outbox.FateDelivered}, {User: "u2", Fate: outbox.FateInvalid}}})
		r.Pass(time.Second)
		r.amend(outbox.Amendment{Delivery: 1, Receipts: []outbox.Receipt{{User: "u1", Fate: outbox.FateRead, At: start.Add(time.Hour)}}})
		r.reopen()
		d := r.get(1)
		r.is("receipts", d.Receipts, []outbox.Receipt{
			{User: "u1", Fate: outbox.FateRead, At: start.Add(time.Second)}, {User: "u2", Fate: outbox.FateInvalid, At: start},
			{User: "u3", Fate: outbox.FateForbidden, Code: "143106", Words: "same content", At: start}})
		r.is("delivery", []any{d.State, d.Reason, d.Updated}, []any{outbox.Partial, "1 of 3", start.Add(time.Second)})
	}},
	{"acknowledged once, whatever its state", Options{}, func(r *rig) {
		list := r.keep(r.text("x"), r.text("y"))
		r.update(outbox.Update{Lease: r.claims(list...)[1].Lease(), State: outbox.Dead})
		start := r.ms()
		for range 2 {
			for _, id := range list {
				r.amend(outbox.Amendment{Delivery: id, Acked: true})
				r.is("acknowledged", r.get(id).Acked, start)
			}
			r.Pass(time.Second)
			r.reopen()
		}
	}},
	{"notes are a history", Options{}, func(r *rig) {
		r.keep(r.text("x"), r.text("y"))
		start := r.ms()
		for i, n := range []string{"recalled by u1", "bar turned", "recalled by u1"} {
			r.Pass(time.Second)
			r.amend(outbox.Amendment{Delivery: 1, Note: n})
			r.amend(outbox.Amendment{Delivery: 2, Acked: i > 0})
		}
		r.reopen()
		r.is("notes", r.get(1).Notes, []outbox.Note{{At: start.Add(time.Second), Text: "recalled by u1"},
			{At: start.Add(2 * time.Second), Text: "bar turned"}, {At: start.Add(3 * time.Second), Text: "recalled by u1"}})
		r.is("of another", r.get(2).Notes, []outbox.Note(nil))
	}},
	{"superseding ends the lease, and lets the next of the group go", Options{}, func(r *rig) {
		r.keep(r.grouped("a"), r.grouped("b"))
		l := r.lease(1)
		r.amend(outbox.Amendment{Delivery: 1, State: outbox.Superseded, Reason: "enough"})
		_, err := r.s.Reserve(r.Context(), l, nil)
		r.wants("Reserve", err, outbox.ErrFenced)
		r.wants("Update", r.s.Update(r.Context(), outbox.Update{Lease: l, State: outbox.Sent}), outbox.ErrFenced)
		r.is("delivery", []any{r.get(1).State, r.get(1).Reason, r.stats().Open}, []any{outbox.Superseded, "enough", 1})
		r.claims(2)
	}},
	{"but not while it is being sent, or may have been", Options{}, func(r *rig) {
		l := r.lease(r.keep(r.text("x"))[0])
		a := outbox.Amendment{Delivery: 1, State: outbox.Superseded, Note: "n"}
		r.begin(l)
		r.unamended("in flight", a, outbox.ErrBusy)
		r.update(ended(l, outbox.Queued, outbox.Unsent))
		l = r.lease(1)
		r.begin(l)
		r.update(ended(l, outbox.Queued, outbox.Unknown))
		r.unamended("unknown", a, outbox.ErrBusy)
		l = r.lease(1)
		r.begin(l)
		r.update(outbox.Update{Lease: l, State: outbox.Queued, Attempt: &outbox.Result{Outcome: outbox.Rejected}, Split: []outbox.Part{{To: users("u1")}, {To: users("u2")}}})
		a.Delivery = 2
		r.unamended("a part", a, outbox.ErrBusy)
	}},
	{"all or nothing", Options{}, func(r *rig) {
		r.keep(r.text("x"))
		r.sendWith(1, result(r.Now()))
		due := r.followups(1)[0]
		a := outbox.Amendment{Delivery: 1, Lease: due.Lease(), From: []outbox.State{outbox.Sent}, State: outbox.Partial, Acked: true,
			Receipts: []outbox.Receipt{{User: "u1", Fate: outbox.FateRead}}, Add: []outbox.Followup{{Kind: outbox.FollowEscalate, Due: r.ms()}},
			Note: "n", Messages: []outbox.Message{r.text("y")}}
		for what, change := range map[string]func(*outbox.Amendment){
			"another state": func(a *outbox.Amendment) { a.From = []outbox.State{outbox.Delivered} },
			"no next state": func(a *outbox.Amendment) { a.State = outbox.Dead },
			"ended unsent":  func(a *outbox.Amendment) { a.State = outbox.Superseded },
		} {
			b := a
			change(&b)
			r.unamended(what, b, outbox.ErrState)
		}
		b := a
		b.Lease.Fence++
		r.unamended("another fence", b, outbox.ErrFenced)
		r.is("made", r.amend(a), []int64{2})
		r.unamended("again", a, outbox.ErrFenced)
		r.reopen()
		d := r.get(1)
		r.is("delivery", []any{d.State, d.Acked, len(d.Receipts), len(d.Notes), d.Followups}, []any{outbox.Partial, r.ms(), 1, 1, a.Add})
		r.claims(2)
	}},
	{"nothing follows what has ended unsent", Options{}, func(r *rig) {
		l := r.lease(r.keep(r.text("x"))[0])
		r.unamended("superseding", outbox.Amendment{Delivery: 1, State: outbox.Superseded, Add: []outbox.Followup{result(r.Now())}}, outbox.ErrState)
		r.update(outbox.Update{Lease: l, State: outbox.Refused})
		r.unamended("refused", outbox.Amendment{Delivery: 1, Add: []outbox.Followup{result(r.Now())}}, outbox.ErrState)
	}},
	{"what makes no sense is an error and changes nothing", Options{}, func(r *rig) {
		r.keep(r.text("x"), r.text("y"))
		r.claims(1, 2)
		for what, a := range map[string]outbox.Amendment{
			"another delivery's lease":   {Delivery: 1, Lease: outbox.FollowupLease{Delivery: 2, Kind: outbox.FollowResult, Fence: 1}, Note: "n"},
			"a follow-up without a kind": {Delivery: 1, Add: []outbox.Followup{{}}, Note: "n"},
			"a receipt of nobody":        {Delivery: 1, Receipts: []outbox.Receipt{{Fate: outbox.FateRead}}, Note: "n"},
			"a receipt without a fate":   {Delivery: 1, Receipts: []outbox.Receipt{{User: "u1"}}, Note: "n"},
			"an unknown state":           {Delivery: 1, State: "gone", Note: "n"},
		} {
			if _, err := r.s.Amend(r.Context(), a); err == nil {
				r.Errorf("Amend made it: %s", what)
			}
		}
		r.is("notes", r.get(1).Notes, []outbox.Note(nil))
	}},
}

// amendStates tries every change of state.
func amendStates(r *rig) {
	all := []outbox.State{outbox.Queued, outbox.Sent, outbox.Delivered, outbox.Partial, outbox.Failed, outbox.Recalled,
		outbox.Suppressed, outbox.Superseded, outbox.Expired, outbox.Refused, outbox.Dead}
	for _, from := range all {
		for _, to := range all {
			id := r.into(from)
			a := outbox.Amendment{Delivery: id, State: to, Reason: "because"}
			if !from.Next(to) || from == outbox.Queued && to != outbox.Superseded {
				r.unamended(string(from+" to "+to), a, outbox.ErrState)
				continue
			}
			before := r.stats()
			r.amend(a)
			d := r.get(id)
			r.is(string(from+" to "+to), []any{d.State, d.Reason}, []any{to, "because"})
			before.States[from]--
			before.States[to]++
			before.Open = before.States[outbox.Queued]
			after := r.stats()
			for _, s := range all {
				r.is("how many are "+string(s), after.States[s], before.States[s])
			}
			r.is("open", after.Open, before.Open)
		}
	}
}

// into keeps a delivery and brings it into a state.
func (r *rig) into(s outbox.State) int64 {
	r.Helper()
	m := r.text("x")
	if s == outbox.Suppressed {
		m.Repeat = outbox.Suppress
		r.keep(m)
	}
	id := r.keep(m)[0]
	if s == outbox.Queued || s == outbox.Suppressed {
		return id
	}
	due, _ := r.claim(1000)
	i := slices.IndexFunc(due, func(d outbox.Delivery) bool { return d.ID == id })
	switch s {
	case outbox.Delivered, outbox.Partial, outbox.Failed, outbox.Recalled:
		r.update(outbox.Update{Lease: due[i].Lease(), State: outbox.Sent})
		r.amend(outbox.Amendment{Delivery: id, State: s})
	default:
		r.update(outbox.Update{Lease: due[i].Lease(), State: s})
	}
	return id
}
