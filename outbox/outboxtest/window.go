package outboxtest

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"workbell/outbox"
)

var windowTests = []guarantee{
	{"none ever holds more than its limit, with concurrent callers and across restarts", Options{}, windows},
}

// windowLimits are the limits under test, each a sliding one.
var windowLimits = []outbox.Quota{
	{Key: "calls", Limit: 5, Window: time.Second, Call: true},
	{Key: "people", Limit: 40, Window: 10 * time.Second},
	{Key: "some", Limit: 3, Window: 5 * time.Second},
}

// taken is what an attempt took of a key. It counts from began until Window
// after ended; where it was given back, until ended.
type taken struct {
	n            int
	began, ended time.Time
	back         bool
}

// callers try as hard as they can, and note every grant.
type callers struct {
	*rig
	mu    sync.Mutex
	taken map[string][]*taken
	lost  []*taken // by attempts in flight
}

func windows(r *rig) {
	c := &callers{rig: r, taken: map[string][]*taken{}}
	for life := range uint64(3) {
		for n := range 100 {
			r.keep(r.text(fmt.Sprint(life, n)))
		}
		var wg sync.WaitGroup
		for caller := range uint64(12) {
			wg.Go(func() { c.call(rand.New(rand.NewPCG(life, caller))) })
		}
		wg.Wait()
		r.Pass(time.Second / 2)
		r.reopen()
		for _, t := range c.lost { // noticed now
			t.ended = r.Now()
		}
		c.lost = nil
	}
	for _, q := range windowLimits {
		c.check(q)
	}
}

// call begins attempts and ends them, each way there is, or leaves the last in
// flight.
func (c *callers) call(random *rand.Rand) {
	for last := 30; last >= 0; last-- {
		due, _, err := c.s.Claim(c.Context(), "ops", 1, 0)
		if err != nil {
			c.Error(err)
		}
		for _, d := range due {
			c.attempt(random, d, last == 0)
		}
		c.Pass(time.Duration(random.IntN(500)) * time.Millisecond)
	}
}

func (c *callers) attempt(random *rand.Rand, d outbox.Delivery, lose bool) {
	quotas := append([]outbox.Quota(nil), windowLimits[:2+random.IntN(2)]...)
	for i := range quotas {
		quotas[i].N = 1
	}
	quotas[1].N += random.IntN(9)
	g, err := c.s.Reserve(c.Context(), d.Lease(), quotas)
	began := c.Now() // not before: where callers are not in lockstep with the clock it may have moved
	switch {
	case err != nil:
		c.Error(err)
		return
	case !g.OK:
		if err := c.s.Update(c.Context(), back(d)); err != nil {
			c.Error(err)
		}
		return
	}
	outcome := []outbox.Outcome{outbox.Accepted, outbox.Unknown, outbox.Rejected, outbox.Unsent}[random.IntN(4)]
	took := c.note(quotas, began, outcome, lose)
	if lose {
		return
	}
	c.Pass(time.Duration(random.IntN(3000)) * time.Millisecond)
	for _, t := range took {
		t.ended = c.Now()
	}
	if err := c.s.Update(c.Context(), ended(d.Lease(), outbox.Queued, outcome)); err != nil {
		c.Error(err)
	}
}

func (c *callers) note(quotas []outbox.Quota, began time.Time, o outbox.Outcome, lose bool) (took []*taken) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, q := range quotas {
		t := &taken{n: q.N, began: began, back: !lose && !q.Call && (o == outbox.Rejected || o == outbox.Unsent)}
		took = append(took, t)
		c.taken[q.Key] = append(c.taken[q.Key], t)
	}
	if lose {
		c.lost = append(c.lost, took...)
	}
	return took
}

// check looks at the moment of every grant: a window that holds more than the
// limit, wherever in its attempt a call is placed, shows at the last grant of
// those in it.
func (c *callers) check(q outbox.Quota) {
	all, fullest := c.taken[q.Key], 0
	for _, at := range all {
		sum := 0
		for _, t := range all {
			until := t.ended
			if !t.back {
				until = until.Add(q.Window)
			}
			if !t.began.After(at.began) && until.After(at.began) {
				sum += t.n
			}
		}
		if fullest = max(fullest, sum); sum > q.Limit {
			c.Errorf("%s: %d taken at %v, the limit is %d", q.Key, sum, at.began, q.Limit)
		}
	}
	if len(all) < 15 || fullest < q.Limit {
		c.Errorf("%s: %d grants, %d at most at a time: the limit of %d was not put to the test", q.Key, len(all), fullest, q.Limit)
	}
}
