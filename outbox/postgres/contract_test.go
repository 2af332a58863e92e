package postgres_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"workbell/outbox"
	"workbell/outbox/outboxtest"
	"workbell/outbox/postgres"
)

func TestContract(t *testing.T) {
	t.Parallel()
	outboxtest.Run(t, inFakeTime)
}

// inFakeTime runs a test on a database of its own, whose clock moves only where
// the test lets time pass.
func inFakeTime(t *testing.T, test func(*testing.T, outboxtest.Data)) {
	url := databaseInFakeTime(t)
	c := newClock(t, url)
	defer c.empty(url)
	test(t, outboxtest.Data{Now: c.read, Pass: c.pass, WakeTime: 10 * time.Millisecond, Open: func(t *testing.T, o outboxtest.Options) outbox.Store {
		t.Helper()
		s, err := postgres.Open(t.Context(), postgres.Options{URL: url + "&search_path=public,fake,pg_catalog", Zone: o.Zone, MaxBacklog: o.MaxBacklog})
		if err != nil {
			t.Fatal(err)
		}
		return watched{s, c}
	}})
}

// clock is the clock of a database. It moves to the time at which the first of
// those that let time pass goes on, once nothing happens any more.
type clock struct {
	conn     *pgx.Conn
	fail     func(...any)
	mu       sync.Mutex
	now      time.Time
	sleepers map[*time.Time]bool // when each goes on
	busy     int                 // calls of the store
	last     time.Time           // that anything happened, by the machine's clock
}

// empty removes what a test has left, and gives the database to the next.
func (c *clock) empty(url string) {
	_, err := c.conn.Exec(context.Background(), `DELETE FROM tally; DELETE FROM events; DELETE FROM deliveries; DELETE FROM attempts;
		DELETE FROM followups; DELETE FROM receipts; DELETE FROM notes; DELETE FROM facts; DELETE FROM taken; DELETE FROM grouped; DELETE FROM sourced;
		UPDATE store SET last_event = 0, last_delivery = 0; UPDATE fake.clock SET at = '2000-01-01T00:00:00Z'`)
	if err != nil {
		c.fail(err)
		return
	}
	spare <- url
}

// still is for how long nothing must have happened before the clock moves.
const still = time.Millisecond

func newClock(t *testing.T, url string) *clock {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return &clock{conn: conn, fail: t.Error, now: time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), sleepers: map[*time.Time]bool{}}
}

func (c *clock) read() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last = time.Now()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	until := c.now.Add(d)
	c.sleepers[&until] = true
	c.last = time.Now()
	for c.now.Before(until) {
		if c.busy == 0 && time.Since(c.last) >= still {
			c.move()
		}
		c.mu.Unlock()
		time.Sleep(still / 4)
		c.mu.Lock()
	}
	delete(c.sleepers, &until)
}

// move has the clock show when the first sleeper goes on.
func (c *clock) move() {
	var first time.Time
	for until := range c.sleepers {
		if first.IsZero() || until.Before(first) {
			first = *until
		}
	}
	if !first.After(c.now) {
		return
	}
	c.now, c.last = first, time.Now()
	if _, err := c.conn.Exec(context.Background(), "UPDATE fake.clock SET at = $1", first); err != nil {
		c.fail(err)
	}
}

// watched notes when a store is called by those that let time pass concurrently.
type watched struct {
	outbox.Store
	clock *clock
}

func (w watched) busy(more int) {
	w.clock.mu.Lock()
	defer w.clock.mu.Unlock()
	w.clock.busy += more
	w.clock.last = time.Now()
}

func (w watched) Claim(ctx context.Context, app string, max int, lease time.Duration) ([]outbox.Delivery, time.Time, error) {
	w.busy(1)
	defer w.busy(-1)
	return w.Store.Claim(ctx, app, max, lease)
}

func (w watched) Reserve(ctx context.Context, l outbox.Lease, quotas []outbox.Quota) (outbox.Grant, error) {
	w.busy(1)
	defer w.busy(-1)
	return w.Store.Reserve(ctx, l, quotas)
}

func (w watched) Update(ctx context.Context, updates ...outbox.Update) error {
	w.busy(1)
	defer w.busy(-1)
	return w.Store.Update(ctx, updates...)
}
