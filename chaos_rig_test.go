package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"workbell/outbox/pgtest"
	"workbell/sandbox"
)

// What the bridge may do while things break, so that the limits are put to the
// test; once that is over the limits are widened, so that nobody has to wait.
const (
	chaosPeople = 100 // a minute; each alert goes to two
	chaosCalls  = 25  // a second
)

// chaos is one run of a scenario: bridges, who posts to them, and the stand-in
// for DingTalk, which keeps the ledger.
type chaos struct {
	*testing.T
	length   time.Duration // how long things break
	dir      string
	flags    []string // of serve
	dingtalk *sandbox.Sandbox
	base     string // DingTalk's URL, as the bridges are told
	books    *books
	struck   atomic.Int64 // how often something was broken
	flaky    atomic.Bool  // connections through flakyTo are reset

	mu      sync.Mutex
	bridges []*process
	hooks   string // where webhooks go, if not straight to the bridges
	memory  int64  // the most that a bridge has had resident, in kB
}

// length is how long each scenario breaks things: CHAOS (15s, say), which makes
// it the long form; the short one is in `make test`.
var length, long = func() (time.Duration, bool) {
	d, err := time.ParseDuration(os.Getenv("CHAOS"))
	if err != nil {
		return 3 * time.Second, false
	}
	return d, true
}()

func newChaos(t *testing.T) *chaos {
	c := &chaos{T: t, length: length, dir: t.TempDir(), books: newBooks()}
	c.dingtalk, c.base = newSandbox(t)
	return c
}

// write writes rules.yaml with these limits.
func (c *chaos) write(people, calls int) {
	c.Helper()
	writeFile(c.T, c.dir, "rules.yaml", fmt.Sprintf(replicaRules, c.base, people, calls))
}

// startBridges starts so many, with the flags, on one store.
func (c *chaos) startBridges(n int) {
	c.Helper()
	c.write(chaosPeople, chaosCalls)
	for range n {
		c.bridges = append(c.bridges, startProcess(c.T, c.dir, c.flags...))
	}
}

// onPostgres starts so many bridges on a PostgreSQL of their own.
func (c *chaos) onPostgres(n int) *pgtest.Server {
	c.Helper()
	server, err := pgtest.Start()
	if err != nil {
		c.Fatal(err)
	}
	c.Cleanup(func() { _ = server.Close() })
	url, err := server.Create("workbell", "template1")
	if err != nil {
		c.Fatal(err)
	}
	c.flags = append(c.flags, "--storage="+url)
	c.startBridges(n)
	return server
}

// bridge is the i-th.
func (c *chaos) bridge(i int) *process {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.bridges[i]
}

// restart kills the i-th bridge and starts another in its place.
func (c *chaos) restart(i int) {
	c.Helper()
	c.memory = max(c.memory, c.bridge(i).memory(c.T))
	c.bridge(i).kill()
	p := startProcess(c.T, c.dir, c.flags...)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bridges[i] = p
}

// address is where the next webhook goes: any of the bridges.
func (c *chaos) address() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.hooks != "" {
		return c.hooks
	}
	return c.bridges[rand.IntN(len(c.bridges))].hooks
}

// pause waits, and says whether there is still time for something.
func (c *chaos) pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// part is a random time around a share of the length: a tenth is 10.
func (c *chaos) part(share int) time.Duration {
	d := c.length / time.Duration(share)
	return d/2 + rand.N(d)
}

// trickle posts new alerts from some connections until ctx ends, each until it
// is accepted, as Alertmanager does.
func (c *chaos) trickle(ctx context.Context) {
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{}}
			defer client.CloseIdleConnections()
			for ctx.Err() == nil {
				n := c.books.next()
				for !c.books.post(c.T, client, c.address(), n, alert(n, "firing")) && c.pause(ctx, 50*time.Millisecond) {
				}
				c.pause(ctx, 15*time.Millisecond)
			}
		})
	}
	all.Wait()
}

// drain widens the limits and waits until nothing is queued.
func (c *chaos) drain() {
	c.Helper()
	c.write(1_000_000, 1_000)
	for _, p := range c.bridges {
		if code, answer, err := postJSON(http.DefaultClient, p.admin+"/-/reload", nil); err != nil || code != http.StatusOK {
			c.Fatalf("reload: %d, %s, %v\n%s", code, answer, err, tail(p.log.String()))
		}
	}
	waitUntil(c.T, func() bool { return queueDepth(c.T, c.bridges[0].admin) == 0 }, "the backlog to leave", c.bridges[0].log)
}

// stop ends the bridges as a service manager would.
func (c *chaos) stop() {
	c.Helper()
	for i, p := range c.bridges {
		c.memory = max(c.memory, p.memory(c.T))
		if code := p.terminate(c.T); code != 0 {
			c.Errorf("bridge %d, after SIGTERM: exit code %d\n%s", i, code, tail(p.log.String()))
		}
	}
}

// one counts calls, and people those who are called.
func one(sandbox.Call) int         { return 1 }
func people(call sandbox.Call) int { return len(call.Recipients) }

// fullest is the most that calls, oldest first, amount to in any window.
func fullest(calls []sandbox.Call, window time.Duration, weigh func(sandbox.Call) int) (most int) {
	sum, first := 0, 0
	for _, c := range calls {
		sum += weigh(c)
		for ; !c.At.Before(calls[first].At.Add(window)); first++ {
			sum -= weigh(calls[first])
		}
		most = max(most, sum)
	}
	return most
}
