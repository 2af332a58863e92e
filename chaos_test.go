package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"

	"workbell/sandbox"
)

// scenario is one thing that breaks while webhooks come in. docs/reliability.md
// has the figures of a long run.
type scenario struct {
	name   string
	faults []sandbox.Fault // of DingTalk, until the trouble is over
	begin  func(*chaos)    // starts what serves; nil: one bridge on SQLite
	// trouble breaks and mends until ctx ends, and leaves all mended. It counts
	// what it has broken; nil: the faults are all.
	trouble func(context.Context, *chaos)
	// refuses says that webhooks must have been answered 503: else nothing was
	// broken.
	refuses bool
}

// lossy is a DingTalk that is slow, and some of whose answers are lost.
var lossy = []sandbox.Fault{
	{Kind: sandbox.CutAfter, Path: "asyncsend_v2", Probability: 0.05},
	{Kind: sandbox.Delay, Path: "asyncsend_v2", Probability: 0.3, Wait: 30 * time.Millisecond},
}

var scenarios = []scenario{
	{name: "kill -9", faults: lossy, trouble: killing},
	{name: "stopped and continued", faults: lossy, trouble: stopping},
	{name: "DingTalk fails in every way", trouble: failing},
	{name: "disk full", begin: onSmallDisk, trouble: fillingDisk, refuses: true},
	{name: "disk read-only", trouble: writeProtecting, refuses: true},
	{name: "slow disk", faults: lossy, trouble: slowingDisk},
	{name: "connections reset", begin: behindFlakyNetwork, trouble: resetting},
	{name: "slow-loris clients", trouble: holding},
}

// TestChaos breaks one thing at a time under load, mends it, lets the queue
// drain, and then compares what was promised, what is in the store and what
// DingTalk's ledger says: nothing lost, nobody rung twice, no limit exceeded,
// every delivery at its end.
func TestChaos(t *testing.T) {
	t.Parallel()
	for _, s := range scenarios {
		t.Run(s.name, s.run)
	}
}

func (s scenario) run(t *testing.T) {
	t.Parallel()
	c := newChaos(t)
	if s.begin == nil {
		s.begin = func(c *chaos) { c.startBridges(1) }
	}
	s.begin(c)
	for _, f := range s.faults {
		if err := c.dingtalk.Fail(f); err != nil {
			t.Fatal(err)
		}
	}
	began := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), c.length)
	defer cancel()
	loaded := make(chan struct{})
	go func() { defer close(loaded); c.trickle(ctx) }()
	s.trouble(ctx, c)
	<-ctx.Done()
	<-loaded
	c.dingtalk.Heal()
	c.settle(s, began)
}

// settle lets the queue drain, compares, and tells the figures.
func (c *chaos) settle(s scenario, began time.Time) {
	c.Helper()
	calls := c.dingtalk.Calls()
	minute, second := fullest(calls, time.Minute, people), fullest(calls, time.Second, one)
	if minute > chaosPeople || second > chaosCalls {
		c.Errorf("%d people in a minute, %d calls in a second: the limits are %d and %d", minute, second, chaosPeople, chaosCalls)
	}
	c.drain()
	took := time.Since(began)
	f := c.books.compare(c.T, c.dingtalk, c.bridges[0].admin, "u1", "u2")
	c.stop()
	if c.struck.Load() == 0 || s.refuses && c.books.refused == 0 {
		c.Errorf("broken %d times, %d webhooks refused: nothing was put to the test", c.struck.Load(), c.books.refused)
	}
	c.books.tell(c.T, s.name, int(c.struck.Load()), f, minute, c.memory, took)
}

// tell prints a row of docs/reliability.md: what was broken how often, and what
// the books say. memory is in kB.
func (b *books) tell(t *testing.T, name string, struck int, f figures, minute int, memory int64, took time.Duration) {
	row := fmt.Sprintf("| %s | %d | %d | %d | %d | %d | %d | %d | %.1f s | %d MB | %.0f s |", name, struck, len(b.accepted), b.refused,
		f.deliveries, f.rung, f.repeated, minute, f.longest.Seconds(), memory/1024, took.Seconds())
	if long {
		fmt.Println(row)
	}
	t.Log(row)
}

// killing kills the bridge at random.
func killing(ctx context.Context, c *chaos) {
	for c.pause(ctx, 150*time.Millisecond+rand.N(600*time.Millisecond)) {
		c.restart(0)
		c.struck.Add(1)
	}
}

// stopping stops the bridge for a while, as a machine does that is suspended or
// swaps.
func stopping(ctx context.Context, c *chaos) {
	for c.pause(ctx, c.part(10)) {
		for _, s := range []syscall.Signal{syscall.SIGSTOP, syscall.SIGCONT} {
			if err := c.bridge(0).cmd.Process.Signal(s); err != nil {
				c.Fatal(err)
			}
			if s == syscall.SIGSTOP {
				time.Sleep(c.part(5))
			}
		}
		c.struck.Add(1)
	}
}

// failing has DingTalk fail, in one way after the other.
func failing(ctx context.Context, c *chaos) {
	ways := []sandbox.Fault{{Kind: sandbox.Outage}, {Kind: sandbox.Hang, Wait: 300 * time.Millisecond}, {Kind: sandbox.HTTPStatus}, {Kind: sandbox.CutAfter},
		{Kind: sandbox.Garbage}, {Kind: sandbox.TokenExpired, Probability: 0.5}, {Kind: sandbox.Throttle, Probability: 0.5}, {Kind: sandbox.StringCode}, {Kind: sandbox.BanPage}}
	for i := 0; c.pause(ctx, c.length/time.Duration(2*len(ways)+1)); i++ {
		c.dingtalk.Heal()
		if i%2 == 1 { // it works in between
			continue
		}
		if err := c.dingtalk.Fail(ways[i/2%len(ways)]); err != nil {
			c.Fatal(err)
		}
		c.struck.Add(1)
	}
}
