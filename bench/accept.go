package main

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// pairs is how often a bare handler and a bridge are loaded in turn, where one is
// held against the other: what else a machine does changes within minutes.
const pairs = 5

// accept measures durable webhooks a second against a bare handler.
func (b *bench) accept() error {
	for _, e := range b.engines {
		for _, conns := range []int{1, 16, 64, 256} {
			if err := b.acceptOn(e, conns); err != nil {
				return fmt.Errorf("%s, %d connections: %w", e.name, conns, err)
			}
		}
	}
	return nil
}

// accepted is what a load on a bridge came to, and that on a bare handler just
// before.
type accepted struct {
	loaded
	bare loaded
	cpu  time.Duration // the bridge's, of each webhook
	most int64         // memory
}

func (a accepted) share() float64 { return a.rate / a.bare.rate }

// acceptOn measures durable webhooks a second; the figures are those of the pair
// whose share is the median.
func (b *bench) acceptOn(e engine, conns int) error {
	n, target := 1, ""
	if conns == 64 {
		n, target = pairs, e.target
	}
	var all []accepted
	for range n {
		got, err := b.pair(e, conns)
		if err != nil {
			return err
		}
		all = append(all, got)
	}
	slices.SortFunc(all, func(a, b accepted) int { return cmp.Compare(a.share(), b.share()) })
	got := all[len(all)/2]
	if n > 1 {
		b.add(fmt.Sprintf("bare handler, %d connections, beside %s", conns, e.name), "", "%.0f/s, p99 %.1f ms", got.bare.rate, ms(got.bare.p99))
	}
	figure := fmt.Sprintf("%.0f/s (%.2f of bare), p50 %.2f ms, p99 %.1f ms, %d µs CPU each, %.0f MB, %d refused",
		got.rate, got.share(), ms(got.p50), ms(got.p99), got.cpu.Microseconds(), float64(got.most)/1e6, got.failed)
	if n > 1 {
		figure += fmt.Sprintf("; %d pairs, %.2f to %.2f of bare", n, all[0].share(), all[n-1].share())
	}
	b.add(fmt.Sprintf("accepted and durable, %s, %d connections", e.name, conns), target, "%s", figure)
	return nil
}

// pair loads a bare handler at 64 connections, then a bridge on a new store.
func (b *bench) pair(e engine, conns int) (got accepted, err error) {
	bare, err := b.bare()
	if err != nil {
		return got, err
	}
	got.bare, err = load(bare.address, "/", 64, b.seconds)
	bare.stop()
	if err != nil {
		return got, err
	}
	storage, err := e.fresh()
	if err != nil {
		return got, err
	}
	p, err := b.bridgeOn(storage, b.rulesFile(twoRules))
	if err != nil {
		return got, err
	}
	time.Sleep(2 * time.Second) // the start is over
	most, cpu := p.watchMemory(), p.cpu()
	got.loaded, err = load(p.address, "/hooks/am", conns, b.seconds)
	used := p.cpu() - cpu
	got.most = most()
	p.stop()
	if err != nil {
		return got, fmt.Errorf("%w\n%s", err, p.log.String())
	}
	got.cpu = time.Duration(float64(used) / (got.rate * b.seconds.Seconds()))
	return got, nil
}
