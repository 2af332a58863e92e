package console

import (
	"context"
	"sync"
	"time"

	"workbell/outbox"
)

// The chart of rates: how much time it shows, in bars of how much, and from how
// many of a bar's deliveries its colours are told.
const (
	bars    = 36
	barSpan = 10 * time.Minute
	perBar  = 20
)

// chart is how many deliveries were made in each span of time.
type chart struct {
	Bars []bar
	Most int // in one bar
	All  int
}

type bar struct {
	From  time.Time
	N     int
	X     int // which, from the left
	Parts []part
}

// part is what one tone has of a bar, in units of a drawing 100 high.
type part struct {
	Tone string
	Y, H float64
}

// past remembers what does not change any more: which delivery was the first
// after a time.
type past struct {
	mu    sync.Mutex
	first map[int64]int64 // by Unix time
}

// rates counts deliveries by their ids, which ascend with time and leave few
// out, and tells their states from the newest of each bar: no scan.
func (c *Console) rates(ctx context.Context, now time.Time) (chart, error) {
	var ch chart
	end := now.Truncate(barSpan).Add(barSpan)
	newest, err := c.Store.List(ctx, outbox.Filter{Limit: 1})
	if err != nil || len(newest) == 0 {
		return ch, err
	}
	until := newest[0].ID + 1
	for i := bars - 1; i >= 0; i-- {
		b := bar{From: end.Add(-barSpan), X: i}
		first, err := c.firstFrom(ctx, b.From, now)
		if err != nil {
			return ch, err
		}
		if first == 0 {
			first = until
		}
		if b.N = int(max(0, until-first)); b.N > 0 {
			if b.Parts, err = c.parts(ctx, first, until); err != nil {
				return ch, err
			}
		}
		until, end = min(until, first), b.From
		ch.Bars, ch.Most, ch.All = append(ch.Bars, b), max(ch.Most, b.N), ch.All+b.N
	}
	for i := range ch.Bars {
		ch.Bars[i].scale(ch.Most)
	}
	return ch, nil
}

// firstFrom is firstAfter for the edge of a bar, remembered once it is past.
func (c *Console) firstFrom(ctx context.Context, t, now time.Time) (int64, error) {
	c.past.mu.Lock()
	id, ok := c.past.first[t.Unix()]
	c.past.mu.Unlock()
	if ok {
		return id, nil
	}
	id, err := c.firstAfter(ctx, t.Add(-time.Millisecond))
	if err != nil || id == 0 || now.Sub(t) < time.Second {
		return id, err
	}
	c.past.mu.Lock()
	defer c.past.mu.Unlock()
	if c.past.first == nil || len(c.past.first) > 10*bars {
		c.past.first = map[int64]int64{}
	}
	c.past.first[t.Unix()] = id
	return id, nil
}

// parts are the shares of the tones among the newest deliveries with ids in
// [first, until), as numbers of them.
func (c *Console) parts(ctx context.Context, first, until int64) ([]part, error) {
	list, err := c.Store.List(ctx, outbox.Filter{Before: until, Limit: perBar})
	if err != nil {
		return nil, err
	}
	by, all := map[string]float64{}, 0.0
	for _, d := range list {
		if d.ID >= first {
			by[tone(d.State)]++
			all++
		}
	}
	var parts []part
	for _, t := range tones {
		if by[t] > 0 {
			parts = append(parts, part{Tone: t, H: by[t] / all})
		}
	}
	return parts, nil
}

// scale turns shares into a bar's drawing, which stands on 100.
func (b *bar) scale(most int) {
	y := 100.0
	for i := range b.Parts {
		h := b.Parts[i].H * max(3, 100*float64(b.N)/float64(most))
		y -= h
		b.Parts[i].Y, b.Parts[i].H = y, h
	}
}
