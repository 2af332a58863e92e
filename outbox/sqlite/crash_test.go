package sqlite

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"workbell/outbox"
)

// actAsVictim makes the test binary a process that works on a store, in order
// to be killed.
const actAsVictim = "WORKBELL_TEST_STORE_TO_WORK_ON"

func TestMain(m *testing.M) {
	if path := os.Getenv(actAsVictim); path != "" {
		if err := work(path, os.Args[1]); err != nil {
			fmt.Println("failed", err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// work keeps events and sends them from many goroutines, and says on its
// standard output what has been acknowledged, a line each, until it is killed,
// or for a minute.
func work(path, life string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	s, err := Open(ctx, Options{Path: path})
	if err != nil {
		return err
	}
	var wg sync.WaitGroup
	for c := range 8 {
		wg.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				e := victimEntry(fmt.Sprint(life, "/", c, "/", n))
				if kept, err := s.Enqueue(ctx, []outbox.Entry{e}); err == nil {
					fmt.Println("kept", kept[0].Deliveries[0].ID, e.Event.Key)
				}
			}
		})
	}
	for range 3 {
		wg.Go(func() {
			for ctx.Err() == nil {
				due, _, _ := s.Claim(ctx, "ops", 2, 0)
				for _, d := range due {
					sendOne(ctx, s, d)
				}
			}
		})
	}
	wg.Go(func() {
		for ctx.Err() == nil {
			due, _, _ := s.ClaimFollowups(ctx, "ops", 2, 0)
			for _, d := range due {
				learnOne(ctx, s, d)
			}
		}
	})
	wg.Wait()
	return s.Close()
}

func learnOne(ctx context.Context, s *Store, d outbox.Due) {
	_, err := s.Amend(ctx, outbox.Amendment{Delivery: d.Delivery.ID, Lease: d.Lease(), State: outbox.Delivered,
		Receipts: []outbox.Receipt{{User: "u1", Fate: outbox.FateRead}}})
	if err == nil {
		fmt.Println("learnt", d.Delivery.ID, 1)
	}
}

func sendOne(ctx context.Context, s *Store, d outbox.Delivery) {
	quota := outbox.Quota{Key: "sent", N: 1, Until: time.Now().Add(24 * time.Hour).Truncate(24 * time.Hour)}
	g, err := s.Reserve(ctx, d.Lease(), []outbox.Quota{quota})
	if err != nil {
		return
	}
	fmt.Println("begun", d.ID, g.Attempt)
	u := outbox.Update{Lease: d.Lease(), State: outbox.Sent, Attempt: &outbox.Result{Outcome: outbox.Accepted, TaskID: d.ID},
		Follow: []outbox.Followup{{Kind: outbox.FollowResult}}}
	if s.Update(ctx, u) == nil {
		fmt.Println("sent", d.ID, g.Attempt)
	}
}

func victimEntry(key string) outbox.Entry {
	e := benchEntry(1)
	e.Event.Key, e.Event.KeyTTL = key, time.Hour
	e.Messages[0].Body = fmt.Appendf(nil, `{"msgtype":"text","text":{"content":%q}}`, key)
	e.Messages[0].Group = ""
	return e
}

// TestKilled kills such a process again and again. What it had acknowledged is
// there, and what it had in flight is of unknown outcome.
func TestKilled(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "outbox.db")
	all := acknowledged{kept: map[int64]string{}, begun: map[int64]int{}, sent: map[int64]bool{}, learnt: map[int64]bool{}}
	for life := range 5 {
		all.live(t, path, life)
		s := open(t, Options{Path: path})
		all.check(t, s)
		ok(t, s.Close())
	}
	s := open(t, Options{Path: path})
	ok(t, s.read(t.Context(), "checking", func(c *conn) error {
		return c.query(func(r row) error {
			if r.text(0) != "ok" {
				t.Errorf("the file is damaged: %s", r.text(0))
			}
			return nil
		}, "PRAGMA integrity_check")
	}))
	t.Logf("%d kept, %d begun, %d sent, %d learnt", len(all.kept), len(all.begun), len(all.sent), len(all.learnt))
}

// acknowledged is what the killed processes said.
type acknowledged struct {
	kept   map[int64]string // key
	begun  map[int64]int    // the last attempt
	sent   map[int64]bool
	learnt map[int64]bool
}

// live starts a process, kills it in the midst of its work, and notes what it
// had said.
func (a *acknowledged) live(t *testing.T, path string, life int) {
	t.Helper()
	cmd := exec.Command(os.Args[0], fmt.Sprint(life))
	cmd.Env = append(os.Environ(), actAsVictim+"="+path)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := cmd.StdoutPipe()
	ok(t, err)
	ok(t, cmd.Start())
	defer func() { _ = cmd.Process.Kill() }()
	lines, killed := 0, false
	for in := bufio.NewScanner(out); in.Scan(); lines++ {
		var what, key string
		var id int64
		if n, _ := fmt.Sscan(in.Text(), &what, &id, &key); n < 3 {
			if !killed {
				t.Errorf("the process says %q", in.Text())
			}
			continue // cut off by the kill
		}
		switch what {
		case "kept":
			a.kept[id] = key
		case "begun":
			_, err := fmt.Sscan(key, new(int))
			ok(t, err)
			a.begun[id]++
		case "sent":
			a.sent[id] = true
		case "learnt":
			a.learnt[id] = true
		}
		if lines == 300+100*life {
			ok(t, cmd.Process.Kill())
			killed = true
		}
	}
	_ = cmd.Wait() // killed
	if !killed || len(a.kept) == 0 || len(a.begun) == 0 {
		t.Fatalf("life %d: killed: %v, after %d lines", life, killed, lines)
	}
}

func (a *acknowledged) check(t *testing.T, s *Store) {
	t.Helper()
	for id, key := range a.kept {
		kept, err := s.Enqueue(t.Context(), []outbox.Entry{victimEntry(key)})
		ok(t, err)
		d, err := s.Get(t.Context(), id)
		ok(t, err)
		if !kept[0].Duplicate || kept[0].Deliveries[0].ID != id || !strings.Contains(string(d.Body), key) {
			t.Fatalf("%s was acknowledged as delivery %d and is now: %+v, delivery %s", key, id, kept[0], d.Body)
		}
	}
	for id, attempts := range a.begun {
		d, err := s.Get(t.Context(), id)
		ok(t, err)
		known := d.State == outbox.Delivered
		sent := d.State == outbox.Sent || known
		if len(d.Attempts) < attempts || a.sent[id] && !sent || a.learnt[id] && !known {
			t.Fatalf("delivery %d (%d attempts begun, sent: %v, learnt: %v) is now %+v", id, attempts, a.sent[id], a.learnt[id], d)
		}
		if (len(d.Followups) == 1) != (d.State == outbox.Sent) || (len(d.Receipts) == 1) != known {
			t.Fatalf("delivery %d is half amended: %+v", id, d)
		}
		for _, at := range d.Attempts {
			if want := sent && at.Number == len(d.Attempts); at.Ended.IsZero() || (at.Outcome == outbox.Accepted) != want || (at.Outcome == outbox.Unknown) == want {
				t.Fatalf("attempt %+v of delivery %d, which is %s", at, id, d.State)
			}
		}
	}
	used, err := s.Used(t.Context(), "sent")
	ok(t, err)
	if used["sent"] < len(a.begun) {
		t.Errorf("%d of the quota are taken, and %d attempts were begun", used["sent"], len(a.begun))
	}
}
