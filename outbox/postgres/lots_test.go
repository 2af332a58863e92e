package postgres

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"workbell/message"
	"workbell/outbox"
)

// noteAll returns once all full lots are noted, by whomever.
func noteAll(t *testing.T, s *Store) {
	t.Helper()
	for left := true; left; {
		_, err := s.noteNext()
		if err == nil {
			err = s.read(t.Context(), "looking", func(t *tx) error {
				var first, full int64
				deliveries, err := t.one(grouped.next, nil, &first, &full)
				if err != nil {
					return err
				}
				events, err := t.one(sourced.next, nil, &first, &full)
				left = deliveries || events
				return err
			})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// lotted is a store, and what it has been given.
type lotted struct {
	*testing.T
	s      *Store
	group  map[int64]string // of events
	source map[int64]string
}

func openLotted(t *testing.T, url string) lotted {
	t.Helper()
	s, err := Open(t.Context(), Options{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return lotted{t, s, map[int64]string{}, map[int64]string{}}
}

// keep keeps n events more: most are of the group "most", some of two others or of
// none; of rule "old" are the first few, of "spread" each seventh. Each fifth has no delivery, each seventh two.
func (l lotted) keep(n int) {
	l.Helper()
	var entries []outbox.Entry
	from := len(l.group)
	for i := from; i < from+n; i++ {
		e := outbox.Entry{Event: outbox.Event{Source: "s", Kind: "json", GroupKey: "most"}}
		switch {
		case i%10 == 3:
			e.Event.GroupKey = ""
		case i%100 == 4:
			e.Event.GroupKey, e.Event.Source = "some", "some"
		case i%2000 == 11:
			e.Event.GroupKey, e.Event.Source = "rare", "rare"
		}
		m := outbox.Message{Rule: "rule", App: "ops", Msgtype: "text", Body: fmt.Append(nil, i), Calls: []message.Recipients{{Users: []string{"u1"}}}}
		if i < 20 {
			m.Rule = "old"
		} else if i%7 == 2 {
			m.Rule = "spread"
		}
		for j := range 7 {
			if i%5 != 0 && (j == 0 || j == 1 && i%7 == 0) {
				e.Messages = append(e.Messages, m)
			}
		}
		entries = append(entries, e)
	}
	kept, err := l.s.Enqueue(l.Context(), entries)
	if err != nil {
		l.Fatal(err)
	}
	for i, k := range kept {
		l.group[k.Event], l.source[k.Event] = entries[i].Event.GroupKey, entries[i].Event.Source
	}
}

// pages lists what f selects, page by page.
func (l lotted) pages(f outbox.Filter) (all []outbox.Delivery) {
	l.Helper()
	for f.Limit = 450; ; {
		list, err := l.s.List(l.Context(), f)
		if err != nil {
			l.Fatal(err)
		}
		if len(list) == 0 {
			return all
		}
		all, f.Before = append(all, list...), list[len(list)-1].ID
	}
}

// check compares lists by group and by source with all that there is.
func (l lotted) check(what string) {
	l.Helper()
	all := l.pages(outbox.Filter{})
	for _, f := range []outbox.Filter{
		{GroupKey: "most"}, {GroupKey: "some"}, {GroupKey: "rare"}, {GroupKey: "none"}, {GroupKey: "most", Rule: "old"}, {GroupKey: "most", Rule: "spread"},
		{GroupKey: "some", Source: "some"}, {GroupKey: "some", Source: "s"}, {GroupKey: "most", States: []outbox.State{outbox.Dead}},
	} {
		var want, got []int64
		for _, d := range all {
			if l.group[d.Event] == f.GroupKey && (f.Rule == "" || f.Rule == d.Rule) && (f.Source == "" || f.Source == l.source[d.Event]) &&
				(f.States == nil || d.State == outbox.Dead) {
				want = append(want, d.ID)
			}
		}
		for _, d := range l.pages(f) {
			got = append(got, d.ID)
		}
		if !slices.Equal(got, want) {
			l.Errorf("%s: %+v has %d deliveries, want %d", what, f, len(got), len(want))
		}
	}
	for _, f := range []outbox.EventFilter{{Source: "s"}, {Source: "some"}, {Source: "rare"}, {Source: "none"}, {Source: "s", After: 1200, Before: 2700}, {Source: "some", After: 498, Before: 501}} {
		l.checkEvents(what, f)
	}
}

func (l lotted) checkEvents(what string, f outbox.EventFilter) {
	l.Helper()
	var want, got []int64
	for e, source := range l.source {
		if source == f.Source && e > f.After && (f.Before == 0 || e < f.Before) {
			want = append(want, e)
		}
	}
	slices.Sort(want)
	for p := f; ; {
		p.Limit = 450
		list, err := l.s.Events(l.Context(), p)
		if err != nil {
			l.Fatal(err)
		}
		if len(list) == 0 {
			break
		}
		for _, e := range list {
			got = append(got, e.ID)
		}
		p.Before = got[len(got)-1]
	}
	slices.Reverse(got)
	if !slices.Equal(got, want) {
		l.Errorf("%s: %+v has %d events, want %d", what, f, len(got), len(want))
	}
}

// LotsTest is run by TestLots with a database of its own: what is asked for by group
// or source is found, whether it is noted or not, in the order of ids, also what
// came later of an old event.
func LotsTest(t *testing.T, url string) {
	t.Helper()
	l := openLotted(t, url)
	l.keep(499)
	l.check("less than a lot")
	for n := 1; len(l.group) < 13_000; n = 7 * n % 4099 {
		l.keep(n)
	}
	l.check("while it is noted")
	noteAll(t, l.s)
	l.check("noted")
	due, _, err := l.s.Claim(t.Context(), "ops", 40, 0)
	if err != nil {
		t.Fatal(err)
	}
	for i, d := range due {
		u := outbox.Update{Lease: d.Lease(), State: outbox.Dead}
		if i%2 == 0 {
			u = outbox.Update{Lease: d.Lease(), State: outbox.Queued, Split: []outbox.Part{{To: d.To}, {To: message.Recipients{Users: []string{"u2"}}}}}
		}
		if err := l.s.Update(t.Context(), u); err != nil {
			t.Fatal(err)
		}
	}
	l.check("with parts that are not noted")
	l.keep(700)
	noteAll(t, l.s)
	l.check("with parts that are")
	if _, err := l.s.pool.Exec(t.Context(), "DELETE FROM grouped WHERE first > 6000; DELETE FROM sourced WHERE first > 4000"); err != nil {
		t.Fatal(err)
	}
	l.check("with fewer notes")
	noteAll(t, l.s)
	l.check("noted again")
}

// LotsPruneTest is run by TestLotsArePruned with a database of its own: notes go
// with what they are of, and noting goes on after a gap.
func LotsPruneTest(t *testing.T, url string) {
	t.Helper()
	l := openLotted(t, url)
	l.keep(3000)
	noteAll(t, l.s)
	if _, err := l.s.pool.Exec(t.Context(), "UPDATE deliveries SET state = 10, counts = 0"); err != nil { // as if all were dead
		t.Fatal(err)
	}
	if removed, err := l.s.Prune(t.Context(), time.Now().Add(time.Hour), 1100); err != nil || removed != 1100 {
		t.Fatalf("Prune removed %d events, %v, want 1100", removed, err)
	}
	for e := range int64(1100) {
		delete(l.source, e+1)
	}
	for lots, want := range map[string]int64{"SELECT min(first) FROM sourced": 1001, "SELECT min(first) - (SELECT min(id) - 1 FROM deliveries) / 500 * 500 FROM grouped": 1} {
		var got int64
		if err := l.s.pool.QueryRow(t.Context(), lots).Scan(&got); err != nil || got != want {
			t.Errorf("%s: %d, %v, want %d", lots, got, err, want)
		}
	}
	l.check("pruned in part")
	clear(l.source)
	if removed, err := l.s.Prune(t.Context(), time.Now().Add(time.Hour), 3000); err != nil || removed != 1900 {
		t.Fatalf("Prune removed %d events, %v, want the other 1900", removed, err)
	}
	l.keep(1300)
	noteAll(t, l.s)
	l.check("begun anew")
}

// LotsFillTest is run by TestLotsWhileFilling with a database of its own: a lot of
// which more is to come is not noted, though its last number has been given.
func LotsFillTest(t *testing.T, url string) {
	t.Helper()
	s, err := Open(t.Context(), Options{URL: url, Filling: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	if _, err := s.FillFrom(t.Context(), outbox.Marks{LastEvent: 5000, LastDelivery: 5000}, nil); err != nil {
		t.Fatal(err)
	}
	event := []any{int64(7), int64(1), int64(0), int64(1), "", int64(0), "s", "json", "", "", "", "", "", "", "", []byte{}}
	if err := s.Fill(t.Context(), outbox.Chunk{"events": {event}}, 7); err != nil {
		t.Fatal(err)
	}
	for range 50 { // the noter itself may be at it
		if _, err := s.noteNext(); err != nil {
			t.Fatal(err)
		}
	}
	var noted int64
	if err := s.pool.QueryRow(t.Context(), sourced.last).Scan(&noted); err != nil || noted != 0 {
		t.Errorf("noted up to event %d, %v, want nothing yet", noted, err)
	}
}
