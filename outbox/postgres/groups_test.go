package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"workbell/message"
	"workbell/outbox"
	"workbell/outbox/postgres"
)

// TestGroupsUnderLoad has two stores take, send, split, resolve and amend what
// belongs to few groups, all at the same time. Order is kept, and nothing is
// left behind that is never ready.
func TestGroupsUnderLoad(t *testing.T) {
	t.Parallel()
	url := database(t, "template1")
	g := &groups{T: t, newest: map[string]int64{}}
	for range 2 {
		g.stores = append(g.stores, open(t, url))
	}
	var makers, senders sync.WaitGroup
	taking := make(chan struct{})
	for i := range 8 {
		makers.Go(func() { g.take(g.stores[i%2], i) })
		senders.Go(func() { g.send(g.stores[i%2], taking) })
	}
	makers.Wait()
	close(taking)
	senders.Wait()
	stats, err := g.stores[0].Stats(t.Context())
	if err != nil || stats.Open != 0 {
		t.Errorf("%+v, %v: some were left behind", stats, err)
	}
}

// groups is the load, and what is known of each group.
type groups struct {
	*testing.T
	stores []*postgres.Store
	mu     sync.Mutex
	newest map[string]int64 // event of which an attempt has begun
	kept   []int64
}

// take keeps events of the groups a and b, which keep their order, and c, in which
// amendments of older events come in between.
func (g *groups) take(s *postgres.Store, maker int) {
	for n := range 25 {
		e := event(fmt.Sprint(maker, " ", n))
		m := &e.Messages[0]
		m.Group, m.OnResolve = []string{"a", "b", "c"}[rand.IntN(3)], "status_bar"
		m.Calls = append(m.Calls, message.Recipients{Users: []string{"u2"}})
		if e.Event.GroupKey = m.Group; rand.IntN(4) == 0 {
			e.Resolve = outbox.Windows
		}
		kept, err := s.Enqueue(g.Context(), []outbox.Entry{e})
		if err != nil {
			g.Error(err)
			return
		}
		g.mu.Lock()
		if m.Group == "c" {
			g.kept = append(g.kept, kept[0].Deliveries[0].ID)
		}
		old := append([]int64(nil), g.kept...)
		g.mu.Unlock()
		if len(old) > 0 && rand.IntN(3) == 0 {
			g.amend(s, old[rand.IntN(len(old))], *m)
		}
	}
}

func (g *groups) amend(s *postgres.Store, id int64, m outbox.Message) {
	m.Group = "c"
	a := outbox.Amendment{Delivery: id, Note: "n", Messages: []outbox.Message{m}}
	if rand.IntN(3) == 0 {
		a.State = outbox.Superseded
	}
	_, err := s.Amend(g.Context(), a)
	if err != nil && !errors.Is(err, outbox.ErrState) && !errors.Is(err, outbox.ErrBusy) {
		g.Error(err)
	}
}

// send claims until nothing more is taken and nothing is left. What is left
// behind would have it wait for the time-out, which bounds it.
func (g *groups) send(s *postgres.Store, taking <-chan struct{}) {
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
		due, _, err := s.Claim(g.Context(), "ops", 3, 0)
		if err != nil {
			g.Error(err)
			return
		}
		for _, d := range due {
			g.end(s, d)
		}
		if len(due) > 0 {
			continue
		}
		stats, err := s.Stats(g.Context())
		select {
		case <-taking:
			if err != nil || stats.Open == 0 {
				return
			}
		default:
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// ordered notes of what an attempt has begun: until that ends nothing can take
// the delivery away, and so nothing younger of its group can go.
func (g *groups) ordered(d outbox.Delivery) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if d.Group != "a" && d.Group != "b" {
		return
	}
	if d.Event < g.newest[d.Group] {
		g.Errorf("group %s: event %d was sent after event %d", d.Group, d.Event, g.newest[d.Group])
	}
	g.newest[d.Group] = d.Event
}

// end does what may be done with a delivery. Resolve or Amend may have taken it
// away.
func (g *groups) end(s *postgres.Store, d outbox.Delivery) {
	ctx := context.WithoutCancel(g.Context())
	u := outbox.Update{Lease: d.Lease(), State: outbox.Sent}
	switch rand.IntN(4) {
	case 0:
		u.State, u.Due = outbox.Queued, d.Due
	case 1:
		if d.Tries == 0 {
			u.State, u.Split = outbox.Queued, []outbox.Part{{To: d.To}, {To: d.To, Aside: rand.IntN(2) == 0}}
		}
	}
	if rand.IntN(2) == 0 {
		grant, err := s.Reserve(ctx, d.Lease(), []outbox.Quota{{Key: "k", N: 1, Limit: 1 << 30, Window: time.Second}, {Key: d.Group, N: 1, Limit: 1 << 30, Until: time.Now().Add(time.Hour)}})
		if err == nil && grant.OK {
			g.ordered(d)
			u.Attempt = &outbox.Result{Outcome: outbox.Rejected}
		}
	}
	if err := s.Update(ctx, u); err != nil && !errors.Is(err, outbox.ErrFenced) {
		g.Error(err)
	}
}
