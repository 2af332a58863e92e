package console

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"workbell/outbox"
)

const (
	maxStreams = 64               // pages that are kept live at a time
	lookEvery  = time.Second      // how often the store is looked at for them
	heartbeat  = 15 * time.Second // keeps proxies from closing a quiet stream
)

// watch is what open pages share.
type watch struct {
	mu      sync.Mutex
	streams int
	at      time.Time // of the last look
	seen    string    // what it saw
}

// live tells a page that what it shows may have changed, as server-sent events;
// what has changed the page reads from itself. With ?delivery=ID it is that
// delivery alone.
func (c *Console) live(e echo.Context) error {
	if !c.join() {
		return e.String(http.StatusServiceUnavailable, "too many pages are open")
	}
	defer c.leave()
	w, ctx := e.Response(), e.Request().Context()
	rc := http.NewResponseController(w.Writer)
	_ = rc.SetWriteDeadline(time.Time{}) // the stream outlives a server's time-out
	secure(w.Header())
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	id, _ := strconv.ParseInt(e.QueryParam("delivery"), 10, 64)
	seen, said := c.look(ctx, id), time.Now()
	for line := ": hello"; ; line = "" {
		if line == "" && time.Since(said) >= heartbeat {
			line = ": still here"
		}
		if now := c.look(ctx, id); now != seen {
			line, seen = "data: changed", now
		}
		if line != "" {
			said = time.Now()
			if _, err := fmt.Fprintf(w, "%s\n\n", line); err != nil || rc.Flush() != nil {
				return nil
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		case <-c.closing:
			return nil
		}
	}
}

func (c *Console) join() bool {
	c.watch.mu.Lock()
	defer c.watch.mu.Unlock()
	if c.watch.streams >= maxStreams {
		return false
	}
	c.watch.streams++
	return true
}

func (c *Console) leave() {
	c.watch.mu.Lock()
	defer c.watch.mu.Unlock()
	c.watch.streams--
}

// look returns a text that changes when the delivery does; with 0, when an event
// comes or any delivery is made or changes its state. All pages together ask the store for that once in
// lookEvery.
func (c *Console) look(ctx context.Context, id int64) string {
	if id != 0 {
		d, err := c.Store.Get(ctx, id)
		if err != nil {
			return "none"
		}
		return fmt.Sprint(d.State, d.Updated, len(d.Attempts), len(d.Notes), len(d.Followups), d.Receipts, d.Acked, d.Resolved)
	}
	c.watch.mu.Lock()
	defer c.watch.mu.Unlock()
	if time.Since(c.watch.at) < lookEvery/2 {
		return c.watch.seen
	}
	newest, err := c.Store.List(ctx, outbox.Filter{Limit: 1})
	if err != nil {
		return c.watch.seen
	}
	event, err := c.Store.Events(ctx, outbox.EventFilter{Limit: 1})
	if err != nil {
		return c.watch.seen
	}
	stats, err := c.Store.Stats(ctx)
	if err != nil {
		return c.watch.seen
	}
	c.watch.at, c.watch.seen = time.Now(), fmt.Sprint(stats.Open, stats.States)
	if len(newest) > 0 {
		c.watch.seen += fmt.Sprint(" ", newest[0].ID)
	}
	if len(event) > 0 {
		c.watch.seen += fmt.Sprint(" ", event[0].ID)
	}
	return c.watch.seen
}
