package outboxtest

import (
	"cmp"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"time"

	"workbell/outbox"
)

var modelTests = []guarantee{{"does at random what a simple model does", Options{}, againstModel}}

// model is what a store should be: all in memory, one call at a time.
type model struct {
	*rig
	random *rand.Rand
	rows   []*row // by id, from 1
	events map[int64]*event
	keys   map[string]int64 // the last event of each
	last   int64            // event
	taken  []*share
	leases []outbox.Lease // all that were ever given
	follow []outbox.FollowupLease
}

// row is a delivery. Times are milliseconds since 1970; 0 is none.
type row struct {
	id, event, of       int64
	app, group          string
	priority            int
	created             int64
	due, expires, until int64 // until when it is leased
	fence               int64 // 0: not leased
	state               outbox.State
	tries, spent        int
	flying              bool // an attempt is in flight
	rang                int64
	outcomes            []outbox.Outcome
	gone                bool // pruned
	afterwards
}

type event struct {
	key, group      string
	received, until int64 // until when key is taken
	kept            outbox.Kept
}

// share is what an attempt has taken of a quota.
type share struct {
	key   string
	n     int
	until int64 // 0: span after the attempt's end
	span  int64
	call  bool
	of    *row // in flight; nil: ended
}

func againstModel(r *rig) {
	seed := rand.Uint64()
	if s, err := strconv.ParseUint(os.Getenv("OUTBOX_SEED"), 10, 64); err == nil {
		seed = s
	}
	r.Logf("OUTBOX_SEED=%d", seed)
	m := &model{rig: r, random: rand.New(rand.NewPCG(seed, 0)), events: map[int64]*event{}, keys: map[string]int64{}}
	steps := []func(){m.enqueue, m.enqueue, m.claim, m.claim, m.claim, m.claimFollowups, m.claimFollowups, m.amend, m.amend, m.amend, m.reserve, m.reserve, m.reserve, m.update, m.update, m.update, m.expire, m.pass, m.pass}
	for n := 0; n < 700 && !r.Failed(); n++ {
		switch {
		case n%97 == 96:
			m.reopen()
		case n%41 == 40:
			m.prune()
		default:
			m.watch(steps[m.random.IntN(len(steps))])
		}
		if n%10 == 9 {
			m.compare()
		}
	}
}

// watch takes a step; where it makes a delivery or a follow-up due or ends an
// attempt, Wake must have a value.
func (m *model) watch(step func()) {
	m.quiet()
	now, before, follows, flying := m.now(), m.due(), m.dueFollowups(), m.flying()
	step()
	news := slices.ContainsFunc(m.due(), func(d *row) bool { return !slices.Contains(before, d) }) ||
		slices.ContainsFunc(m.dueFollowups(), func(f *followup) bool { return !slices.Contains(follows, f) })
	if m.now() == now && (news || m.flying() < flying) {
		m.rings("a step of the model")
	}
}

// due are the deliveries that may be claimed.
func (m *model) due() (all []*row) {
	for _, d := range m.rows {
		if d.state == outbox.Queued && d.fence == 0 && d.due <= m.now() && m.ready(d) {
			all = append(all, d)
		}
	}
	return all
}

// flying counts the attempts in flight.
func (m *model) flying() (n int) {
	for _, d := range m.rows {
		if d.flying {
			n++
		}
	}
	return n
}

func (m *model) now() int64 { return m.Now().UnixMilli() }

func (m *model) one(of ...string) string { return of[m.random.IntN(len(of))] }

// soon is a time up to so many seconds from now.
func (m *model) soon(seconds int) time.Time {
	return m.ms().Add(time.Duration(m.random.IntN(1000*seconds)) * time.Millisecond)
}

func (m *model) pass() { m.Pass(time.Duration(m.random.IntN(6000)) * time.Millisecond) }

// ready says whether no older event of its group is open.
func (m *model) ready(d *row) bool {
	return d.group == "" || !slices.ContainsFunc(m.rows, func(o *row) bool {
		return o.state == outbox.Queued && o.group == d.group && o.event < d.event
	})
}

// lapse ends leases whose time is over.
func (m *model) lapse() {
	for _, d := range m.rows {
		if d.fence != 0 && d.until <= m.now() {
			m.free(d, outbox.Unknown)
		}
		for _, f := range d.follows {
			if f.until <= m.now() {
				f.fence = 0
			}
		}
	}
}

// free ends d's lease, and its attempt, if it has one, so.
func (m *model) free(d *row, o outbox.Outcome) {
	d.fence = 0
	if !d.flying {
		return
	}
	d.flying = false
	d.outcomes[len(d.outcomes)-1] = o
	if o == outbox.Accepted || o == outbox.Unknown {
		d.rang = m.now()
	}
	m.taken = slices.DeleteFunc(m.taken, func(s *share) bool {
		return s.of == d && !s.call && (o == outbox.Rejected || o == outbox.Unsent)
	})
	for _, s := range m.taken {
		if s.of == d {
			s.of = nil
			if s.until == 0 {
				s.until = m.now() + s.span
			}
		}
	}
}

func (m *model) claim() {
	app, most, lease := m.one("ops", "vendor"), m.random.IntN(4), time.Duration(1+m.random.IntN(30))*time.Second
	got, next, err := m.s.Claim(m.Context(), app, most, lease)
	m.ok(err)
	m.lapse()
	var due []*row
	var times []int64
	for _, d := range m.rows {
		switch {
		case d.app != app || d.state != outbox.Queued:
		case d.fence != 0:
			times = append(times, d.until)
		case !m.ready(d):
		case d.due > m.now():
			times = append(times, d.due)
		default:
			due = append(due, d)
		}
	}
	slices.SortFunc(due, func(a, b *row) int {
		return cmp.Or(cmp.Compare(b.priority, a.priority), cmp.Compare(a.due, b.due), cmp.Compare(a.id, b.id))
	})
	var want []int64
	for i, d := range due[:min(most, len(due))] {
		want = append(want, d.id)
		if d.until = m.now() + lease.Milliseconds(); i < len(got) {
			d.fence = got[i].Fence
			m.leases = append(m.leases, got[i].Lease())
		}
		times = append(times, d.until)
	}
	m.is("Claim", ids(got), want)
	m.is("Claim's next", next, earliest(times))
}

// instant is ms as a store shows it.
func instant(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// earliest is the first of times, or zero.
func earliest(times []int64) time.Time {
	if len(times) == 0 {
		return time.Time{}
	}
	return time.UnixMilli(slices.Min(times)).UTC()
}

func (m *model) expire() {
	most := m.random.IntN(5)
	got, next, err := m.s.Expire(m.Context(), most)
	m.ok(err)
	m.lapse()
	var over []*row
	var times []int64
	for _, d := range m.rows {
		switch {
		case d.state != outbox.Queued:
		case d.expires > m.now():
			times = append(times, d.expires)
		case d.fence != 0:
			times = append(times, d.until)
		default:
			over = append(over, d)
		}
	}
	slices.SortFunc(over, func(a, b *row) int { return cmp.Or(cmp.Compare(a.expires, b.expires), cmp.Compare(a.id, b.id)) })
	var want []int64
	for _, d := range over[:min(most, len(over))] {
		d.end(outbox.Expired)
		want = append(want, d.id)
	}
	m.is("Expire", ids(got), want)
	if len(over) > most {
		m.is("Expire's next is at once", !next.IsZero() && next.UnixMilli() <= m.now(), true)
		return
	}
	m.is("Expire's next", next, earliest(times))
}

func (m *model) prune() {
	before := m.ms().Add(-time.Minute)
	got, err := m.s.Prune(m.Context(), before, 1000)
	m.ok(err)
	want := 0
	for id, e := range m.events {
		mine := func(d *row) bool { return d.event == id }
		needed := func(d *row) bool { return mine(d) && (d.state == outbox.Queued || d.rang != 0 || len(d.follows) > 0) } // all on one day
		if e.received >= before.UnixMilli() || e.until > m.now() || slices.ContainsFunc(m.rows, needed) {
			continue
		}
		want++
		delete(m.events, id)
		for _, d := range m.rows {
			d.gone = d.gone || mine(d)
		}
	}
	m.is("Prune", got, want)
}

func (m *model) reopen() {
	m.rig.reopen()
	for _, d := range m.rows {
		m.free(d, outbox.Unknown)
		for _, f := range d.follows {
			f.fence = 0
		}
	}
}
