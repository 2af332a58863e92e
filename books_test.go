package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"sync"
	"testing"
	"time"

	"workbell/outbox"
	"workbell/routes"
	"workbell/sandbox"
)

// books are kept by who posts: alerts that each have a number of their own, and
// what was promised of them. Once all is over they are compared, entry by entry,
// with the deliveries in the store and with the stand-in's ledger.
type books struct {
	mu       sync.Mutex
	posted   int
	refused  int               // answers 503
	accepted map[int]time.Time // when each was answered 202
}

func newBooks() *books { return &books{accepted: map[int]time.Time{}} }

// next is the number of a new alert.
func (b *books) next() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.posted++
	return b.posted
}

// post posts alert n, and says whether it was accepted. There is no answer but
// 202 and 503.
func (b *books) post(t *testing.T, client *http.Client, hooks string, n int, body []byte) bool {
	code, answer, err := postJSON(client, hooks+"/hooks/am", body)
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case err != nil: // nobody knows
	case code == http.StatusAccepted:
		if b.accepted[n].IsZero() {
			b.accepted[n] = time.Now()
		}
	case code == http.StatusServiceUnavailable:
		b.refused++
	default:
		t.Errorf("alert %d: %d %s", n, code, answer)
	}
	return err == nil && code == http.StatusAccepted
}

// figures are what a comparison counts.
type figures struct {
	deliveries, rung, repeated int           // rung: one person, once
	longest                    time.Duration // from 202 to the first call that rang
}

type ring struct {
	alert int
	user  string
}

var serial = regexp.MustCompile(`Serial-(\d{7})`)

// numberIn is the number of the alert that a message tells of.
func numberIn(t *testing.T, msg string) int {
	t.Helper()
	m := serial.FindStringSubmatch(msg)
	if m == nil {
		t.Fatalf("a message of no alert: %s", msg)
	}
	n, _ := strconv.Atoi(m[1])
	return n
}

// compareRings wants each alert that was accepted to have rung once with each of
// the users, none twice with anybody, and repeats to have had the same bytes.
func (b *books) compareRings(t *testing.T, calls []sandbox.Call, users ...string) (f figures) {
	t.Helper()
	if len(b.accepted) == 0 {
		t.Fatal("nothing was accepted: the load did not load")
	}
	rings, bytesOf := map[ring]int{}, map[int]string{}
	for _, c := range calls {
		n := numberIn(t, c.Msg)
		was, again := bytesOf[n]
		if again && was != c.Msg {
			t.Errorf("alert %d was repeated with other bytes:\n%s\n%s", n, was, c.Msg)
		}
		if again {
			f.repeated++
		} else {
			f.longest = max(f.longest, c.At.Sub(b.promised(n, c.At)))
		}
		bytesOf[n] = c.Msg
		for _, r := range c.Recipients {
			if r.Fate == sandbox.Unread {
				rings[ring{n, r.UserID}]++
				f.rung++
			}
		}
	}
	for n := range b.accepted {
		for _, user := range users {
			if times := rings[ring{n, user}]; times != 1 {
				t.Errorf("alert %d was accepted and rang %d times with %s", n, times, user)
			}
		}
	}
	for r, times := range rings {
		if times > 1 {
			t.Errorf("alert %d rang %d times with %s", r.alert, times, r.user)
		}
	}
	return f
}

// promised is when alert n was answered 202; at, where that answer was lost.
func (b *books) promised(n int, at time.Time) time.Time {
	if when := b.accepted[n]; !when.IsZero() {
		return when
	}
	return at
}

// compareKept wants one delivery for each alert that was accepted, sent, with
// the bytes and a task of the calls that the ledger has for it, and for each
// call its delivery.
func (b *books) compareKept(t *testing.T, calls []sandbox.Call, kept []routes.Delivery) {
	t.Helper()
	type task struct {
		alert int
		id    int64
		msg   string
	}
	taken, called := map[task]bool{}, map[int]bool{}
	for _, c := range calls {
		n := numberIn(t, c.Msg)
		taken[task{n, c.TaskID, c.Msg}], called[n] = true, true
	}
	deliveries := map[int]int{}
	for _, d := range kept {
		n := numberIn(t, string(d.Body))
		deliveries[n]++
		if d.State != outbox.Sent || !taken[task{n, d.TaskID, string(d.Body)}] {
			t.Errorf("alert %d: its delivery %d is %s %q with task %d, of which the ledger does not know with these bytes", n, d.ID, d.State, d.Reason, d.TaskID)
		}
	}
	for n := range b.accepted {
		if deliveries[n] != 1 {
			t.Errorf("alert %d was accepted and has %d deliveries", n, deliveries[n])
		}
	}
	for n, of := range deliveries {
		if of != 1 || !called[n] {
			t.Errorf("alert %d has %d deliveries; called: %t", n, of, called[n])
		}
	}
	for n := range called {
		if deliveries[n] == 0 {
			t.Errorf("alert %d was sent, and there is no delivery of it", n)
		}
	}
}

// compare holds the books against the ledger and the bridge's store. The queue
// must be empty.
func (b *books) compare(t *testing.T, dingtalk *sandbox.Sandbox, admin string, users ...string) figures {
	t.Helper()
	kept, calls := deliveries(t, admin), dingtalk.Calls()
	f := b.compareRings(t, calls, users...)
	b.compareKept(t, calls, kept)
	f.deliveries = len(kept)
	return f
}

// deliveries are all in the store, by the admin API.
func deliveries(t *testing.T, admin string) (all []routes.Delivery) {
	t.Helper()
	for before := ""; ; before = fmt.Sprintf("&before=%d", all[len(all)-1].ID) {
		code, text := get(t, fmt.Sprintf("%s/api/v1/deliveries?limit=%d%s", admin, routes.MaxPage, before))
		var page routes.Page
		if err := json.Unmarshal([]byte(text), &page); err != nil || code != http.StatusOK {
			t.Fatalf("the list of deliveries: %d %v %.200s", code, err, text)
		}
		if all = append(all, page.Deliveries...); len(page.Deliveries) < routes.MaxPage {
			return all
		}
	}
}

// start posts from some connections until ctx ends or the bridge is gone, each
// alert once.
func (b *books) start(ctx context.Context, t *testing.T, hooks string) <-chan struct{} {
	const conns, most = 8, 400 // a round's bound
	done := make(chan struct{})
	var wg sync.WaitGroup
	for range conns {
		wg.Go(func() {
			client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{}}
			defer client.CloseIdleConnections()
			for range most / conns {
				n := b.next()
				if !b.post(t, client, hooks, n, alert(n, "firing")) || ctx.Err() != nil {
					return
				}
			}
		})
	}
	go func() { wg.Wait(); close(done) }()
	return done
}
