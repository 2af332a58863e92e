package main

import (
	"fmt"
	"strings"
	"time"
)

// backlog is a queue that leaves as fast as the limits allow.
type backlog struct {
	what   string
	users  int
	burst  int // calls in a window that the limits allow
	window time.Duration
	watch  time.Duration
}

// drain measures how fast a backlog leaves, as a share of what the limits
// allow together: from one bridge, and from three on one PostgreSQL.
func (b *bench) drain(watch time.Duration) error {
	for _, c := range []backlog{
		{"1 recipient a call: 20 calls/s", 1, 20, time.Second, 30 * time.Second}, // 500, an employee's day
		{"100 recipients a call: 5,000 recipients/min", 100, 50, time.Minute, watch},
	} {
		for i, e := range b.engines {
			if err := b.drainOn(e, 1+2*i, c); err != nil {
				return fmt.Errorf("backlog of %s, %s: %w", c.what, e.name, err)
			}
		}
	}
	return nil
}

func (b *bench) drainOn(e engine, bridges int, c backlog) error {
	b.sandbox.Reset()
	users := make([]string, c.users)
	for i := range users {
		users[i] = fmt.Sprintf("e%d", i)
	}
	rules := b.rulesFile(fmt.Sprintf("groups: {all: {users: [%s]}}\nrules: [{name: all, to: all, msgtype: markdown}]\n", strings.Join(users, ", ")))
	storage, err := e.fresh()
	if err != nil {
		return err
	}
	var all []*process
	for range bridges {
		p, err := b.bridgeOn(storage, rules)
		if err != nil {
			return err
		}
		defer p.stop()
		all = append(all, p)
	}
	if _, err := load(all[0].address, "/hooks/am", 16, time.Second); err != nil {
		return err
	}
	time.Sleep(c.watch)
	share, calls, dropped := b.share(c.burst, c.window)
	from := e.name
	if bridges > 1 {
		from = fmt.Sprintf("%d bridges on %s", bridges, e.name)
	}
	b.add("backlog of "+c.what+", "+from, "0.99 of what is allowed, nothing dropped", "%.4f of what is allowed; %d calls, %d recipients dropped or throttled", share, calls, dropped)
	return nil
}

// share is how fast calls left, as a share of burst calls a window, which is
// what the limits allow: from the first call of the first burst to the first of
// the last whole one.
func (b *bench) share(burst int, window time.Duration) (share float64, calls int, dropped int64) {
	all := b.sandbox.Calls()
	counters := b.sandbox.Counters()
	for code, n := range counters.Calls["/topapi/message/corpconversation/asyncsend_v2"] {
		if code != "0" {
			dropped += n
		}
	}
	dropped += counters.Dropped
	bursts := (len(all) - 1) / burst
	if bursts < 1 {
		return 0, len(all), dropped
	}
	took := all[bursts*burst].At.Sub(all[0].At)
	return float64(bursts) * window.Seconds() / took.Seconds(), len(all), dropped
}

// rules measures an event against many rules.
func (b *bench) rules() error {
	for _, n := range []int{10, 1000, 10000} {
		took, err := applyRules(b.base, n)
		if err != nil {
			return err
		}
		target := ""
		if n == 1000 {
			target = "under 1 ms"
		}
		b.add(fmt.Sprintf("%d rules, one event, none or the last matching", n), target, "%.2f ms", ms(took))
	}
	return nil
}
