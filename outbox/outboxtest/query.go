package outboxtest

import (
	"fmt"
	"time"

	"github.com/google/go-cmp/cmp"

	"workbell/outbox"
)

var queryTests = []guarantee{
	{"what is not there is ErrNotFound", Options{}, func(r *rig) {
		r.keep(r.text("x"))
		for _, id := range []int64{0, -1, 2, 1 << 62} {
			_, err := r.s.Get(r.Context(), id)
			r.wants("Get", err, outbox.ErrNotFound)
			_, err = r.s.Event(r.Context(), id)
			r.wants("Event", err, outbox.ErrNotFound)
		}
	}},
	{"List filters by each field and by all together", Options{}, filters},
	{"List pages, newest first", Options{}, func(r *rig) {
		for range 12 {
			r.enqueue(r.entry(make50(r)...))
		}
		r.is("default", len(r.list(outbox.Filter{})), 50)
		r.is("at most", len(r.list(outbox.Filter{Limit: 10_000})), 500)
		for _, f := range []outbox.Filter{{Limit: 70}, {Limit: 70, Rule: "rule"}, {Limit: 70, Source: "s", States: []outbox.State{outbox.Queued}}, {Limit: 33, Event: 7}} {
			want, got := int64(600), []int64(nil)
			if f.Event != 0 {
				want = 350
			}
			for page := r.list(f); len(page) > 0; page = r.list(f) {
				got = append(got, page...)
				f.Before = page[len(page)-1]
			}
			for i, id := range got {
				if id != want-int64(i) {
					r.Fatalf("%+v: place %d has delivery %d, want %d", f, i, id, want-int64(i))
				}
			}
			if f.Event != 0 && len(got) != 50 || f.Event == 0 && len(got) != 600 {
				r.Errorf("%+v: %d deliveries on all pages", f, len(got))
			}
		}
	}},
	{"Events pages, newest first, those without deliveries too", Options{}, events},
	{"List shows deliveries as Get does, without attempts", Options{}, func(r *rig) {
		r.keep(r.text("x"))
		r.send(1)
		want := r.get(1)
		want.Attempts = nil
		list, err := r.s.List(r.Context(), outbox.Filter{})
		r.ok(err)
		r.is("list", list, []outbox.Delivery{want})
	}},
	{"Stats counts states, and knows the oldest open one", Options{}, func(r *rig) {
		r.is("of an empty store", r.stats(), outbox.Stats{States: map[outbox.State]int{}})
		m := r.text("x")
		m.Repeat = outbox.Suppress
		start := r.ms()
		r.keep(m, m)
		r.Pass(time.Minute)
		r.keep(r.text("y"))
		want := outbox.Stats{Open: 2, Oldest: start, States: map[outbox.State]int{outbox.Queued: 2, outbox.Suppressed: 1}}
		r.is("stats", r.stats(), want)
		r.update(outbox.Update{Lease: r.claims(1, 3)[0].Lease(), State: outbox.Sent})
		r.reopen()
		want = outbox.Stats{Open: 1, Oldest: start.Add(time.Minute),
			States: map[outbox.State]int{outbox.Queued: 1, outbox.Suppressed: 1, outbox.Sent: 1}}
		r.is("stats", r.stats(), want)
	}},
	{"the oldest open one may be a part", Options{}, func(r *rig) {
		start := r.ms()
		l := r.lease(r.keep(r.text("x"))[0])
		r.Pass(time.Second)
		r.keep(r.text("y"))
		r.update(outbox.Update{Lease: l, State: outbox.Queued, Split: []outbox.Part{{To: users("u1")}, {To: users("u2"), Due: r.Now().Add(time.Hour)}}})
		r.update(outbox.Update{Lease: r.claims(1, 2)[0].Lease(), State: outbox.Sent})
		r.is("oldest", r.stats().Oldest, start)
		r.Pass(time.Hour)
		for _, d := range r.claims(2, 3) {
			if d.ID == 3 {
				r.update(outbox.Update{Lease: d.Lease(), State: outbox.Sent})
			}
		}
		r.is("oldest", r.stats().Oldest, start.Add(time.Second))
	}},
	{"Used tells of every key asked for", Options{}, func(r *rig) {
		l := r.lease(r.keep(r.text("x"))[0])
		r.begin(l, r.sliding("a", 2, 0), outbox.Quota{Key: "b", N: 3, Until: r.Now().Add(time.Hour)})
		used, err := r.s.Used(r.Context(), "b", "c", "a")
		r.ok(err)
		r.is("used", used, map[string]int{"a": 2, "b": 3, "c": 0})
	}},
	{"Ready is nil while the store can be written to", Options{}, func(r *rig) {
		r.ok(r.s.Ready(r.Context()))
		r.is("stats", r.stats(), outbox.Stats{States: map[outbox.State]int{}})
	}},
}

// events compares Events with what Event says of each.
func events(r *rig) {
	var want []outbox.Event
	for i := range 12 {
		e := r.entry(make50(r)[:i%3]...)
		e.Event.Source, e.Event.Title, e.Event.Key = []string{"s1", "s2"}[i%2], fmt.Sprint("number ", i), fmt.Sprint("k", i)
		e.Event.Name, e.Event.Status, e.Event.Severity, e.Event.GroupKey, e.Event.Faults = "push", "firing", "page", "g", "none"
		e.Event.Headers, e.Event.Payload = map[string]string{"X": "y"}, []byte(`{"n":1}`)
		r.enqueue(e)
		one, err := r.s.Event(r.Context(), int64(i+1))
		r.ok(err)
		r.is("calls", one.Calls, i%3)
		one.Key, one.Headers, one.Payload = "", nil, nil
		want = append([]outbox.Event{one}, want...)
		r.Pass(time.Second)
	}
	r.reopen()
	even := func(e outbox.Event) bool { return e.Source == "s1" }
	for name, c := range map[string]struct {
		filter outbox.EventFilter
		want   []outbox.Event
	}{
		"all":           {outbox.EventFilter{}, want},
		"a page":        {outbox.EventFilter{Limit: 5}, want[:5]},
		"the next":      {outbox.EventFilter{Limit: 5, Before: 8}, want[5:10]},
		"down to an id": {outbox.EventFilter{Before: 8, After: 3}, want[5:9]},
		"a source":      {outbox.EventFilter{Source: "s1", Limit: 3}, filtered(want, even)[:3]},
		"all together":  {outbox.EventFilter{Source: "s1", Before: 9, After: 2}, filtered(want[4:10], even)},
		"no source":     {outbox.EventFilter{Source: "s3"}, nil},
	} {
		got, err := r.s.Events(r.Context(), c.filter)
		r.ok(err)
		r.is(name, got, c.want)
	}
}

func filtered(all []outbox.Event, wanted func(outbox.Event) bool) (some []outbox.Event) {
	for _, e := range all {
		if wanted(e) {
			some = append(some, e)
		}
	}
	return some
}

func make50(r *rig) (all []outbox.Message) {
	for i := range 50 {
		all = append(all, r.text(fmt.Sprint(i)))
	}
	return all
}

// filters compares List with a search through all that there is.
func filters(r *rig) {
	sources, rules, apps, groups := []string{"", "s1", "s2"}, []string{"", "r1", "r2"}, []string{"", "ops", "vendor"}, []string{"", "g1", "g2"}
	source := map[int64]string{} // of events
	group := map[int64]string{}
	for i := range 40 {
		m := r.text(fmt.Sprint(i % 30))
		m.Rule, m.App, m.Repeat = rules[1+i%2], apps[1+i/2%2], outbox.Suppress
		e := r.entry(m, r.text(fmt.Sprint("other ", i)))
		e.Event.Source, e.Event.GroupKey = sources[1+i/4%2], groups[i%3]
		k := r.enqueue(e)[0]
		source[k.Event], group[k.Event] = e.Event.Source, e.Event.GroupKey
	}
	due, _ := r.claim(20)
	for i, d := range due {
		u := outbox.Update{Lease: d.Lease(), State: []outbox.State{outbox.Sent, outbox.Dead, outbox.Queued}[i%3]}
		if i%6 == 2 {
			u.Split = []outbox.Part{{To: users("u1")}, {To: users("u2")}}
		}
		r.update(u)
	}
	all, err := r.s.List(r.Context(), outbox.Filter{Limit: 500})
	r.ok(err)
	states := [][]outbox.State{nil, {outbox.Sent}, {outbox.Queued, outbox.Suppressed}, {outbox.Failed}, {"nonsense"}, {outbox.Dead, outbox.Dead}}
	check := func(f outbox.Filter) {
		var want []int64
		for _, d := range all {
			in := len(f.States) == 0
			for _, s := range f.States {
				in = in || s == d.State
			}
			if in && (f.Source == "" || f.Source == source[d.Event]) && (f.GroupKey == "" || f.GroupKey == group[d.Event]) &&
				(f.Rule == "" || f.Rule == d.Rule) && (f.App == "" || f.App == d.App) && (f.Event == 0 || f.Event == d.Event) {
				want = append(want, d.ID)
			}
		}
		if diff := cmp.Diff(want, r.list(f)); diff != "" {
			r.Errorf("List(%+v) (-want +got):\n%s", f, diff)
		}
	}
	for i := range 3 * 3 * 3 * 3 * len(states) {
		f := outbox.Filter{Limit: 500, Source: sources[i%3], Rule: rules[i/3%3], App: apps[i/9%3], GroupKey: groups[i/27%3], States: states[i/81]}
		check(f)
		f.Event = int64(1 + i%41)
		check(f)
	}
	check(outbox.Filter{Limit: 500, Source: "none"})
}
