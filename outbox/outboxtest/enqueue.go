package outboxtest

import (
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"workbell/message"
	"workbell/outbox"
)

var enqueueTests = []guarantee{
	{"keeps all of an event and of its deliveries", Options{}, keepsAll},
	{"keeps an event that calls for nothing", Options{}, func(r *rig) {
		k := r.enqueue(r.entry())[0]
		r.is("deliveries", k.Deliveries, []outbox.Ref(nil))
		r.reopen()
		if _, err := r.s.Event(r.Context(), k.Event); err != nil {
			r.Error(err)
		}
		r.is("kept after it", r.keep(r.text("x")), []int64{1})
	}},
	{"ids ascend, and are not given twice after reopening", Options{}, func(r *rig) {
		first := r.enqueue(r.entry(r.text("a"), r.text("b")), r.entry(r.text("c")))
		r.reopen()
		second := r.enqueue(r.entry(r.text("d")))
		r.is("events", []int64{first[0].Event, first[1].Event, second[0].Event}, []int64{1, 2, 3})
		r.is("deliveries", r.list(outbox.Filter{}), []int64{4, 3, 2, 1})
	}},
	{"concurrent calls keep all, each once", Options{}, concurrentEnqueue},
	{"ErrFull keeps nothing of a call", Options{MaxBacklog: 3}, errFull},
	{"what has ended makes room in the backlog", Options{MaxBacklog: 2}, func(r *rig) {
		r.keep(r.text("a"), r.text("b"))
		r.send(1, 2)
		r.reopen()
		r.keep(r.text("c"), r.text("d"))
		_, err := r.s.Enqueue(r.Context(), []outbox.Entry{r.entry(r.text("e"))})
		r.wants("Enqueue into a full store that was reopened", err, outbox.ErrFull)
	}},
}

func keepsAll(r *rig) {
	e := outbox.Event{
		Source: "alertmanager", Kind: "alertmanager", Name: "n", Key: "k\x00\xff", KeyTTL: time.Hour, Status: "firing", Severity: "critical",
		Title: "磁盘 full 😀\x00", GroupKey: "{}:{a=\"b\"}", Headers: map[string]string{"X-A": "1", "X-B": "\"2\""},
		Payload: json.RawMessage(`{"a":[1,2]}`), Faults: "rule x: bad\nrule y: worse", Received: r.Now().Add(-time.Minute),
	}
	m := r.text("hello")
	m.Priority, m.Group, m.OnResolve, m.Track = outbox.High, "ops/g", "recall", "read"
	m.Calls = []message.Recipients{
		{Users: []string{"u1", "u2"}, Depts: []message.Dept{{ID: 7, Size: 3}}},
		{Everyone: true, Mobiles: []string{"13800000003"}},
	}
	image := outbox.Message{Rule: "other", App: "vendor", Msgtype: "image", Repeat: outbox.Suppress, Priority: outbox.Low,
		Body: []byte(`{"msgtype":"image","image":{"media_id":"@x"}}`), Calls: []message.Recipients{{Users: []string{"u3"}}}}
	kept := r.enqueue(outbox.Entry{Event: e, Messages: []outbox.Message{m, image}})
	r.is("answer", kept, []outbox.Kept{{Event: 1, Deliveries: []outbox.Ref{
		{ID: 1, Rule: "rule", State: outbox.Queued}, {ID: 2, Rule: "rule", State: outbox.Queued}, {ID: 3, Rule: "other", State: outbox.Queued},
	}}})
	first := outbox.Delivery{
		ID: 1, Event: 1, Rule: "rule", App: "ops", Msgtype: "text", Priority: outbox.High, Group: "ops/g", Body: m.Body, To: m.Calls[0],
		Repeat: outbox.Distinct, OnResolve: "recall", Track: "read", State: outbox.Queued,
		Created: r.ms(), Due: r.ms(), Expires: m.Expires.UTC().Truncate(time.Millisecond), Updated: r.ms(),
	}
	second := first
	second.ID, second.To = 2, m.Calls[1]
	third := outbox.Delivery{
		ID: 3, Event: 1, Rule: "other", App: "vendor", Msgtype: "image", Priority: outbox.Low, Body: image.Body, To: image.Calls[0],
		Repeat: outbox.Suppress, State: outbox.Queued, Created: r.ms(), Due: r.ms(), Updated: r.ms(),
	}
	for range 2 {
		for _, want := range []outbox.Delivery{first, second, third} {
			r.is(fmt.Sprintf("delivery %d", want.ID), r.get(want.ID), want)
		}
		got, err := r.s.Event(r.Context(), 1)
		r.ok(err)
		want := e
		want.ID, want.Calls, want.Received = 1, 3, e.Received.UTC().Truncate(time.Millisecond)
		if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(outbox.Event{}, "KeyTTL")); diff != "" {
			r.Errorf("event (-want +got):\n%s", diff)
		}
		r.Pass(time.Minute)
		r.reopen()
	}
}

func concurrentEnqueue(r *rig) {
	const callers, calls = 16, 12
	var mu sync.Mutex
	texts := map[int64]string{}
	var wg sync.WaitGroup
	for c := range callers {
		wg.Go(func() {
			for n := range calls {
				text := fmt.Sprint(c, " ", n)
				kept, err := r.s.Enqueue(r.Context(), []outbox.Entry{r.entry(r.text(text)), r.entry(r.text(text + "b"))})
				if err != nil {
					r.Error(err)
					return
				}
				mu.Lock()
				texts[kept[0].Deliveries[0].ID], texts[kept[1].Deliveries[0].ID] = text, text+"b"
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	r.reopen()
	if len(texts) != 2*callers*calls {
		r.Fatalf("%d deliveries were named, want %d", len(texts), 2*callers*calls)
	}
	for id, text := range texts {
		if got := content(r.get(id).Body); got != text {
			r.Errorf("delivery %d holds %q, its call kept %q", id, got, text)
		}
	}
	r.is("open", r.stats().Open, len(texts))
}

func errFull(r *rig) {
	keyed := func(text string) outbox.Entry {
		e := r.entry(r.text(text))
		e.Event.Key, e.Event.KeyTTL = text, time.Hour
		return e
	}
	r.enqueue(keyed("a"), keyed("b"))
	_, err := r.s.Enqueue(r.Context(), []outbox.Entry{keyed("c"), keyed("d")})
	r.wants("Enqueue beyond the bound", err, outbox.ErrFull)
	r.is("open", r.stats().Open, 2)
	r.is("listed", r.list(outbox.Filter{}), []int64{2, 1})
	k := r.enqueue(keyed("c"))[0]
	if k.Duplicate {
		r.Error("a key was taken by a call that kept nothing")
	}
	again := r.enqueue(keyed("a"), r.entry())
	r.is("a repeat, while the store is full", again[0].Duplicate, true)
	got := r.get(k.Deliveries[0].ID)
	r.is("the third", []string{content(got.Body), string(got.State)}, []string{"c", "queued"})
}

var keyTests = []guarantee{
	{"a key is taken for its KeyTTL, to the millisecond", Options{}, func(r *rig) {
		first := r.enqueue(r.keyed("k", time.Minute))[0]
		r.Pass(time.Minute - time.Millisecond)
		r.repeats(r.keyed("k", time.Hour), first)
		r.Pass(time.Millisecond)
		second := r.enqueue(r.keyed("k", time.Minute))[0]
		r.is("duplicate", second.Duplicate, false)
		r.Pass(time.Minute - time.Millisecond)
		r.repeats(r.keyed("k", time.Minute), second)
	}},
	{"a repeat is recognised after reopening", Options{}, func(r *rig) {
		first := r.enqueue(r.keyed("k", time.Hour), r.keyed("l", time.Hour))
		r.reopen()
		r.repeats(r.keyed("l", time.Hour), first[1])
		r.repeats(r.keyed("k", time.Hour), first[0])
		r.Pass(time.Hour)
		r.reopen()
		r.is("duplicate", r.enqueue(r.keyed("k", time.Hour))[0].Duplicate, false)
	}},
	{"a repeat within a call is recognised", Options{}, func(r *rig) {
		kept := r.enqueue(r.keyed("k", time.Hour), r.keyed("l", time.Hour), r.keyed("k", time.Hour), r.keyed("k", time.Hour))
		want := kept[0]
		want.Duplicate = true
		r.is("repeats", kept[2:], []outbox.Kept{want, want})
		r.is("the other", kept[1].Duplicate, false)
		again := r.enqueue(r.keyed("k", time.Hour), r.keyed("k", time.Hour))
		r.is("repeats of both", again, []outbox.Kept{want, want})
		r.is("open", r.stats().Open, 2)
	}},
	{"a repeat names deliveries as they are now", Options{}, func(r *rig) {
		first := r.enqueue(r.keyed("k", time.Hour))[0]
		r.send(first.Deliveries[0].ID)
		first.Deliveries[0].State = outbox.Sent
		r.repeats(r.keyed("k", time.Hour), first)
	}},
	{"without a key or without a KeyTTL nothing is a repeat", Options{}, func(r *rig) {
		for _, k := range r.enqueue(r.keyed("", time.Hour), r.keyed("", time.Hour), r.keyed("k", 0), r.keyed("k", 0)) {
			r.is("duplicate", k.Duplicate, false)
		}
		r.is("open", r.stats().Open, 4)
	}},
	{"of concurrent calls with one key one makes the event", Options{}, func(r *rig) {
		var mu sync.Mutex
		var kept []outbox.Kept
		var wg sync.WaitGroup
		for range 24 {
			wg.Go(func() {
				k, err := r.s.Enqueue(r.Context(), []outbox.Entry{r.keyed("k", time.Hour)})
				if err != nil {
					r.Error(err)
					return
				}
				mu.Lock()
				defer mu.Unlock()
				kept = append(kept, k[0])
			})
		}
		wg.Wait()
		made := slices.DeleteFunc(slices.Clone(kept), func(k outbox.Kept) bool { return k.Duplicate })
		if len(made) != 1 {
			r.Fatalf("%d of %d calls made the event, want 1", len(made), len(kept))
		}
		for _, k := range kept {
			r.is("event and deliveries", outbox.Kept{Event: k.Event, Deliveries: k.Deliveries}, made[0])
		}
	}},
}

// keyed is an entry with a key and a message of its own.
func (r *rig) keyed(key string, ttl time.Duration) outbox.Entry {
	e := r.entry(r.text("about " + key))
	e.Event.Key, e.Event.KeyTTL = key, ttl
	return e
}

// repeats wants e to be answered with what was made first.
func (r *rig) repeats(e outbox.Entry, first outbox.Kept) {
	r.Helper()
	open := r.stats().Open
	first.Duplicate = true
	r.is("answer to a repeat", r.enqueue(e)[0], first)
	r.is("open", r.stats().Open, open)
}
