package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"
)

// The storm: so many alerts in each notification, from so many connections, to
// a bridge whose backlog is bounded below what comes.
const (
	stormAlerts  = 50
	stormConns   = 8
	stormBacklog = 100
	stormMemory  = 256 // MB
)

// TestStorm posts 100,000 alerts (in short form 10,000) as fast as they are
// taken: what has no room is refused and posted again, memory stays bounded, and
// in the end all is there.
func TestStorm(t *testing.T) {
	t.Parallel()
	c := newChaos(t)
	notifications := 200
	if long {
		notifications = 2000
	}
	c.flags = []string{fmt.Sprintf("--storage.max-backlog=%d", stormBacklog)}
	c.startBridges(1)
	began := time.Now()
	var all sync.WaitGroup
	for range stormConns {
		all.Go(func() { c.storm(t.Context(), notifications) })
	}
	// What is sent at the usual limits fills the backlog; without them it then drains.
	for done := false; !done && c.pause(t.Context(), 5*time.Millisecond); {
		c.books.mu.Lock()
		done = c.books.refused > 0 || len(c.books.accepted) == notifications
		c.books.mu.Unlock()
	}
	c.write(1_000_000, 1_000)
	if code, answer, err := postJSON(http.DefaultClient, c.bridge(0).admin+"/-/reload", nil); err != nil || code != http.StatusOK {
		t.Errorf("reload: %d, %s, %v", code, answer, err)
	}
	all.Wait()
	c.drain()
	took := time.Since(began)
	f := c.books.compare(t, c.dingtalk, c.bridge(0).admin, "u1", "u2")
	c.stop()
	if len(c.books.accepted) != notifications || c.books.refused == 0 || c.memory > stormMemory<<10 {
		t.Errorf("%d of %d notifications accepted, %d refused, %d kB of memory", len(c.books.accepted), notifications, c.books.refused, c.memory)
	}
	c.books.tell(t, "storm: alerts", notifications*stormAlerts, f, fullest(c.dingtalk.Calls(), time.Minute, people), c.memory, took)
}

// storm posts notifications until so many are posted, each until it is accepted.
func (c *chaos) storm(ctx context.Context, most int) {
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	for n := c.books.next(); n <= most; n = c.books.next() {
		body := alerts(n, stormAlerts)
		for !c.books.post(c.T, client, c.address(), n, body) && c.pause(ctx, 50*time.Millisecond) {
		}
	}
}

// alerts is alert n's webhook with so many alerts in it, each with labels and
// annotations as they are.
func alerts(n, of int) []byte {
	before, after, _ := bytes.Cut(alert(n, "firing"), []byte(`"alerts":[`))
	var b bytes.Buffer
	b.Write(before)
	b.WriteString(`"alerts":[`)
	for i := range of {
		fmt.Fprintf(&b, `{"status":"firing","labels":{"alertname":"Serial-%07d","instance":"host-%d.example:9100","job":"node","severity":"critical"},`+
			`"annotations":{"summary":"磁盘将满 on host-%d","description":"%0300d"},"startsAt":"2026-11-22T03:04:05Z","endsAt":"0001-01-01T00:00:00Z",`+
			`"generatorURL":"http://p.example/graph?g0.expr=up","fingerprint":"%016x"},`, n, i, i, i, n*1000+i)
	}
	b.Truncate(b.Len() - 1)
	b.WriteString("]" + string(after[bytes.LastIndexByte(after, ']')+1:]))
	return b.Bytes()
}
