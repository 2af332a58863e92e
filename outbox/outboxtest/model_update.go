package outboxtest

import (
	"errors"
	"slices"
	"time"

	"workbell/outbox"
)

// pick is a lease, most often one that is good.
func (m *model) pick() outbox.Lease {
	var good []outbox.Lease
	for _, d := range m.rows {
		if d.fence != 0 {
			good = append(good, outbox.Lease{ID: d.id, Fence: d.fence})
		}
	}
	switch {
	case len(good) > 0 && m.random.IntN(8) > 0:
		return good[m.random.IntN(len(good))]
	case len(m.leases) > 0:
		return m.leases[m.random.IntN(len(m.leases))]
	}
	return outbox.Lease{ID: 1, Fence: 1}
}

// held is the delivery that l is good for, or nil.
func (m *model) held(l outbox.Lease) *row {
	if l.ID > int64(len(m.rows)) || m.rows[l.ID-1].fence != l.Fence {
		return nil
	}
	return m.rows[l.ID-1]
}

func (m *model) reserve() {
	tick := m.ms().Truncate(20 * time.Second).Add(20 * time.Second)
	all := []outbox.Quota{
		{Key: "a", N: 1 + m.random.IntN(3), Limit: 5, Window: 9 * time.Second},
		{Key: "b", N: 1, Limit: 3, Window: 30 * time.Second, Call: true},
		{Key: "c", N: 1 + m.random.IntN(3), Limit: 8, Until: tick},
		{Key: "d", N: m.random.IntN(5), Limit: 4, Window: time.Second},
		{Key: "e", N: 1, Until: tick, Call: true},
	}
	m.random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	quotas, lease := all[:1+m.random.IntN(3)], m.pick()
	got, err := m.s.Reserve(m.Context(), lease, quotas)
	d := m.held(lease)
	switch {
	case d == nil || d.until <= m.now():
		m.wants("Reserve", err, outbox.ErrFenced)
		return
	case d.flying:
		m.is("Reserve while an attempt is in flight fails", err != nil && !errors.Is(err, outbox.ErrFenced), true)
		return
	}
	m.ok(err)
	want := m.grant(quotas)
	if len(want.Over) == 0 {
		d.tries++
		d.flying = true
		d.outcomes = append(d.outcomes, outbox.Begun)
		want.OK, want.Attempt = true, d.tries
		for _, q := range quotas {
			s := &share{key: q.Key, n: q.N, span: q.Window.Milliseconds(), call: q.Call, of: d}
			if !q.Until.IsZero() {
				s.until = q.Until.UnixMilli()
			}
			m.taken = append(m.taken, s)
		}
	}
	m.is("Reserve", got, want)
}

// grant says what stands in the way of quotas.
func (m *model) grant(quotas []outbox.Quota) (g outbox.Grant) {
	known := true
	for _, q := range quotas {
		excess := m.usedOf(q.Key) + q.N - q.Limit
		if q.Limit == 0 || q.N == 0 || excess <= 0 {
			continue
		}
		g.Over = append(g.Over, q.Key)
		g.Never = g.Never || q.N > q.Limit
		var ends []int64 // one for each that is taken
		for _, s := range m.taken {
			if s.key == q.Key && s.until > m.now() {
				ends = append(ends, slices.Repeat([]int64{s.until}, s.n)...)
			}
		}
		slices.Sort(ends)
		if excess > len(ends) {
			known = false
		} else if at := time.UnixMilli(ends[excess-1]).UTC(); at.After(g.RetryAt) {
			g.RetryAt = at
		}
	}
	if !known || g.Never {
		g.RetryAt = time.Time{}
	}
	return g
}

func (m *model) usedOf(key string) (n int) {
	for _, s := range m.taken {
		if s.key == key && (s.until == 0 || s.until > m.now()) {
			n += s.n
		}
	}
	return n
}

func (m *model) update() {
	var updates []outbox.Update
	for range 1 + m.random.IntN(2) {
		u := outbox.Update{Lease: m.pick(), State: outbox.Queued, Spend: m.random.IntN(2) == 0}
		switch m.random.IntN(5) {
		case 0:
			u.State = []outbox.State{outbox.Sent, outbox.Superseded, outbox.Refused, outbox.Dead, outbox.Expired}[m.random.IntN(5)]
		case 1:
			u.Due = m.soon(30)
		case 2:
			u.Due = m.soon(30).Add(-time.Minute)
		case 3:
			for range m.random.IntN(3) {
				p := outbox.Part{To: users(m.one("u1", "u2")), Aside: m.random.IntN(3) == 0}
				if m.random.IntN(2) == 0 {
					p.Due = m.soon(20)
				}
				u.Split = append(u.Split, p)
			}
		}
		if u.State == outbox.Sent {
			u.Follow = m.someFollowups()
		}
		if d := m.held(u.Lease); d != nil && d.flying && m.random.IntN(5) > 0 || m.random.IntN(20) == 0 {
			u.Attempt = &outbox.Result{Outcome: []outbox.Outcome{outbox.Accepted, outbox.Rejected, outbox.Unsent, outbox.Unknown}[m.random.IntN(4)]}
		}
		updates = append(updates, u)
	}
	err := m.s.Update(m.Context(), updates...)
	for i, u := range updates {
		d := m.held(u.Lease)
		switch {
		case d == nil || i > 0 && updates[0].Lease == u.Lease:
			m.wants("Update", err, outbox.ErrFenced)
			return
		case u.Attempt != nil && !d.flying:
			m.is("Update of no attempt fails", err != nil && !errors.Is(err, outbox.ErrFenced), true)
			return
		}
	}
	m.ok(err)
	for _, u := range updates {
		m.apply(m.held(u.Lease), u)
	}
}

func (m *model) apply(d *row, u outbox.Update) {
	o := outbox.Unknown
	if u.Attempt != nil {
		o = u.Attempt.Outcome
	}
	m.free(d, o)
	if u.Spend {
		d.spent++
	}
	if u.State != outbox.Queued {
		d.end(u.State)
		for _, f := range u.Follow {
			if d.follows[f.Kind] == nil && (f.Kind != outbox.FollowEscalate || d.resolved == 0 && d.acked == 0) {
				d.put(f, m.now())
			}
		}
		return
	}
	due := m.now()
	if !u.Due.IsZero() {
		due = u.Due.UnixMilli()
	}
	parts := []*row{d}
	for range max(1, len(u.Split)) - 1 {
		parts = append(parts, m.add(row{event: d.event, of: d.of, app: d.app, group: d.group, priority: d.priority,
			created: d.created, expires: d.expires, rang: d.rang, tries: d.tries, outcomes: slices.Clone(d.outcomes), afterwards: d.copy()}))
	}
	d.due = due
	for i, p := range u.Split {
		if parts[i].due = due; !p.Due.IsZero() {
			parts[i].due = p.Due.UnixMilli()
		}
		if p.Aside {
			parts[i].group = ""
		}
	}
}

// compare holds the whole store against the model.
func (m *model) compare() {
	stats := outbox.Stats{States: map[outbox.State]int{}}
	var want, got [][]any
	var created []int64
	for _, d := range slices.Backward(m.rows) {
		if d.gone {
			continue
		}
		stats.States[d.state]++
		if d.state == outbox.Queued {
			stats.Open++
			created = append(created, d.created)
		}
		want = append(want, []any{d.id, d.event, d.group, d.state, d.tries, d.spent, time.UnixMilli(d.due).UTC(),
			d.of, d.onResolve, instant(d.resolved), instant(d.acked)})
	}
	stats.Oldest = earliest(created)
	list, err := m.s.List(m.Context(), outbox.Filter{Limit: 500})
	m.ok(err)
	for _, d := range list {
		got = append(got, []any{d.ID, d.Event, d.Group, d.State, d.Tries, d.Spent, d.Due, d.Of, d.OnResolve, d.Resolved, d.Acked})
	}
	m.is("List", got, want)
	m.is("Stats", m.stats(), stats)
	for _, key := range []string{"a", "b", "c", "d", "e"} {
		m.is("Used of "+key, m.used(key), m.usedOf(key))
	}
	if len(want) > 0 {
		d := m.rows[want[m.random.IntN(len(want))][0].(int64)-1]
		got := m.get(d.id)
		var outcomes []outbox.Outcome
		for _, a := range got.Attempts {
			outcomes = append(outcomes, a.Outcome)
		}
		m.is("attempts", outcomes, d.outcomes)
		m.is("follow-ups", got.Followups, d.list())
		m.is("receipts and notes", []int{len(got.Receipts), len(got.Notes)}, []int{len(d.receipts), d.notes})
	}
}
