package outboxtest

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"time"

	"workbell/outbox"
)

// afterwards is what a row has beside what the dispatcher sees.
type afterwards struct {
	onResolve       string
	waits           bool // for a Resolve
	escalates       bool
	resolved, acked int64
	follows         map[outbox.Kind]*followup
	receipts        map[string]bool
	notes           int
}

// followup is one to come, in the model.
type followup struct {
	outbox.Followup
	of    *row
	fence int64 // 0: not leased
	until int64
}

// copy is what a part has of that.
func (a *afterwards) copy() afterwards {
	c := *a
	c.receipts, c.notes, c.follows = nil, 0, nil
	for _, f := range a.follows {
		c.follows = with(c.follows, &followup{Followup: f.Followup})
	}
	return c
}

func with(m map[outbox.Kind]*followup, f *followup) map[outbox.Kind]*followup {
	if m == nil {
		m = map[outbox.Kind]*followup{}
	}
	m[f.Kind] = f
	return m
}

// put adds a follow-up in place of that of its kind.
func (d *row) put(f outbox.Followup, now int64) {
	if f.Due.IsZero() {
		f.Due = instant(now)
	}
	d.follows = with(d.follows, &followup{Followup: f})
}

// end moves d out of queued.
func (d *row) end(s outbox.State) {
	if d.state, d.fence = s, 0; s != outbox.Sent {
		d.follows = nil
	}
}

// list is what Get shows of the follow-ups.
func (d *row) list() (all []outbox.Followup) {
	for _, kind := range slices.Sorted(maps.Keys(d.follows)) {
		all = append(all, d.follows[kind].Followup)
	}
	return all
}

// dueFollowups are those that may be claimed.
func (m *model) dueFollowups() (all []*followup) {
	for _, d := range m.rows {
		for _, f := range d.follows {
			if d.state != outbox.Queued && f.fence == 0 && f.Due.UnixMilli() <= m.now() {
				all = append(all, f)
			}
		}
	}
	return all
}

func (m *model) window() time.Duration { return time.Duration(m.random.IntN(3)) * 10 * time.Second }

func (m *model) kind() outbox.Kind {
	return outbox.Kind(m.one("result", "escalate", "status_bar", "recall"))
}

func (m *model) someFollowups() (all []outbox.Followup) {
	for range m.random.IntN(3) {
		f := outbox.Followup{Kind: m.kind(), Step: m.random.IntN(9)}
		if m.random.IntN(2) == 0 {
			f.Due = m.soon(30).Add(-10 * time.Second)
		}
		all = append(all, f)
	}
	return all
}

// resolve does what e's Resolve calls for, and says whether it amended a status
// bar.
func (m *model) resolve(e outbox.Entry, k *outbox.Kept) (bar bool) {
	if e.Resolve == (outbox.Resolve{}) || e.Event.GroupKey == "" {
		return false
	}
	for _, d := range m.rows {
		if d.gone || !d.waits || m.events[d.event].group != e.Event.GroupKey {
			continue
		}
		d.waits, d.resolved = false, m.now()
		delete(d.follows, outbox.FollowEscalate)
		for _, f := range d.follows {
			f.fence = 0
		}
		kind, window := outbox.FollowStatusBar, e.Resolve.StatusBar
		if d.onResolve == "recall" {
			kind, window = outbox.FollowRecall, e.Resolve.Recall
		}
		from := cmp.Or(d.rang, d.created)
		if d.state == outbox.Queued {
			from = m.now()
		}
		switch {
		case d.onResolve == "send":
			continue
		case d.state == outbox.Queued && d.rang == 0 && !d.flying:
			d.end(outbox.Superseded)
		case from+window.Milliseconds() <= m.now() || d.state != outbox.Queued && !d.state.Next(outbox.Recalled):
			continue
		default:
			d.put(outbox.Followup{Kind: kind, Event: m.last}, m.now())
		}
		bar = bar || d.onResolve == "status_bar"
		k.Amended = append(k.Amended, outbox.Ref{ID: d.id, Rule: "rule", State: d.state})
	}
	return bar
}

func (m *model) claimFollowups() {
	app, most, lease := m.one("ops", "vendor"), m.random.IntN(4), time.Duration(1+m.random.IntN(30))*time.Second
	got, next, err := m.s.ClaimFollowups(m.Context(), app, most, lease)
	m.ok(err)
	m.lapse()
	var due []*followup
	var times []int64
	for _, d := range m.rows {
		for _, f := range d.follows {
			f.of = d
			switch {
			case d.app != app || d.state == outbox.Queued:
			case f.fence != 0:
				times = append(times, f.until)
			case f.Due.UnixMilli() > m.now():
				times = append(times, f.Due.UnixMilli())
			default:
				due = append(due, f)
			}
		}
	}
	slices.SortFunc(due, func(a, b *followup) int {
		return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.of.id, b.of.id), cmp.Compare(a.Kind, b.Kind))
	})
	due = due[:min(most, len(due))]
	m.is("how many follow-ups were claimed", len(got), len(due))
	for i, f := range due[:min(len(got), len(due))] {
		m.is("follow-up", []any{got[i].Delivery.ID, got[i].Followup}, []any{f.of.id, f.Followup})
		f.fence, f.until = got[i].Fence, m.now()+lease.Milliseconds()
		m.follow = append(m.follow, got[i].Lease())
		times = append(times, f.until)
	}
	m.is("ClaimFollowups' next", next, earliest(times))
}

func (m *model) amend() {
	if len(m.rows) == 0 || len(m.rows) > 400 {
		return
	}
	a := m.amendment()
	refs, err := m.s.Amend(m.Context(), a)
	d := m.rows[a.Delivery-1]
	if wrong := m.wrong(d, a); len(wrong) > 0 {
		if !slices.ContainsFunc(wrong, func(w error) bool { return errors.Is(err, w) }) {
			m.Errorf("Amend: got error %v, want one of %v", err, wrong)
		}
		return
	}
	m.ok(err)
	m.change(d, a)
	var want []outbox.Ref
	for _, x := range a.Messages {
		want = append(want, m.addAll(x, cmp.Or(a.Event, d.event), d.id)...)
	}
	m.is("Amend", refs, want)
}

func (m *model) amendment() outbox.Amendment {
	a := outbox.Amendment{Delivery: int64(1 + m.random.IntN(len(m.rows))), Acked: m.random.IntN(8) == 0}
	if len(m.follow) > 0 && m.random.IntN(2) == 0 {
		a.Lease = m.follow[len(m.follow)-1-m.random.IntN(min(5, len(m.follow)))]
		a.Delivery = a.Lease.Delivery
	}
	states := []outbox.State{outbox.Queued, outbox.Sent, outbox.Delivered, outbox.Partial, outbox.Recalled, outbox.Superseded, outbox.Dead}
	switch now := m.rows[a.Delivery-1].state; m.random.IntN(3) {
	case 0:
		a.State, a.Expires = states[m.random.IntN(len(states))], m.soon(120)
	case 1:
		possible := slices.DeleteFunc(states, func(s outbox.State) bool { return !now.Next(s) })
		if len(possible) > 0 {
			a.State, a.Expires = possible[m.random.IntN(len(possible))], m.soon(120)
		}
		a.From = []outbox.State{now, outbox.Sent}
	}
	if m.random.IntN(3) == 0 {
		a.Add, a.Drop = m.someFollowups(), []outbox.Kind{m.kind()}
	}
	if m.random.IntN(3) == 0 {
		a.Note, a.Receipts = "n", []outbox.Receipt{{User: m.one("u1", "u2"), Fate: outbox.FateRead}}
	}
	if m.random.IntN(5) == 0 {
		a.Messages = []outbox.Message{m.message()}
		if m.random.IntN(2) == 0 {
			a.Event = 1 + m.random.Int64N(m.last+1)
		}
	}
	return a
}

// wrong is what stands in the way of an amendment.
func (m *model) wrong(d *row, a outbox.Amendment) (all []error) {
	to := cmp.Or(a.State, d.state)
	if d.gone || a.Event != 0 && m.events[a.Event] == nil {
		all = append(all, outbox.ErrNotFound)
	}
	if f := d.follows[a.Lease.Kind]; a.Lease.Fence != 0 && (f == nil || f.fence != a.Lease.Fence) {
		all = append(all, outbox.ErrFenced)
	}
	if len(a.From) > 0 && !slices.Contains(a.From, d.state) ||
		a.State != "" && (!d.state.Next(to) || d.state == outbox.Queued && to != outbox.Superseded) ||
		len(a.Add) > 0 && to != outbox.Queued && to != outbox.Sent && to != outbox.Recalled && !to.Next(outbox.Recalled) {
		all = append(all, outbox.ErrState)
	}
	if d.state == outbox.Queued && to == outbox.Superseded && (d.flying || d.rang != 0) {
		all = append(all, outbox.ErrBusy)
	}
	return all
}

func (m *model) change(d *row, a outbox.Amendment) {
	switch {
	case a.State == outbox.Queued:
		d.state, d.group, d.spent, d.due, d.expires = outbox.Queued, "", 0, m.now(), a.Expires.UnixMilli()
	case d.state == outbox.Queued && a.State != "":
		d.end(a.State)
	case a.State != "":
		d.state = a.State
	}
	if a.Acked && d.acked == 0 {
		d.acked = m.now()
	}
	if a.Lease.Fence != 0 {
		delete(d.follows, a.Lease.Kind)
	}
	for _, kind := range a.Drop {
		delete(d.follows, kind)
	}
	for _, f := range a.Add {
		d.put(f, m.now())
	}
	for _, receipt := range a.Receipts {
		if d.receipts == nil {
			d.receipts = map[string]bool{}
		}
		d.receipts[receipt.User] = true
	}
	if a.Note != "" {
		d.notes++
	}
}
