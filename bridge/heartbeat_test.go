package bridge

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"workbell/config"
	"workbell/outbox"
	"workbell/outbox/sqlite"
	"workbell/routes"
)

const heartbeatRules = `dingtalk: {apps: [{name: ops, agent_id: 7, app_key: k, app_secret: s}]}
sources:
  - {name: watchdog, type: heartbeat, auth: none, every: 5m}
groups: {sre: {users: [u1]}}
rules: [{name: all, to: sre, msgtype: text}]
`

// breakable is a store that fails or hangs on demand, and counts the facts that are
// written.
type breakable struct {
	outbox.Store
	learnt                 atomic.Int64
	failsEnqueue, failsAll atomic.Bool
	hangs                  atomic.Pointer[chan struct{}] // until it is closed, or the call's context ends
}

func (b *breakable) wait(ctx context.Context) error {
	if c := b.hangs.Load(); c != nil {
		select {
		case <-*c:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func (b *breakable) Facts(ctx context.Context, keys ...string) (map[string]outbox.Fact, error) {
	if err := b.wait(ctx); err != nil {
		return nil, err
	}
	return b.Store.Facts(ctx, keys...)
}

var errBroken = errors.New("disk full")

func (b *breakable) Enqueue(ctx context.Context, e []outbox.Entry) ([]outbox.Kept, error) {
	if b.failsEnqueue.Load() || b.failsAll.Load() {
		return nil, errBroken
	}
	return b.Store.Enqueue(ctx, e)
}

func (b *breakable) Learn(ctx context.Context, f outbox.Fact, ifNew bool) (bool, error) {
	if b.failsAll.Load() {
		return false, errBroken
	}
	if err := b.wait(ctx); err != nil {
		return false, err
	}
	b.learnt.Add(1)
	return b.Store.Learn(ctx, f, ifNew)
}

// beating is a bridge's heartbeats on a store of their own, in fake time.
type beating struct {
	*testing.T
	*heartbeats
	store *breakable
	plan  *atomic.Pointer[routes.Plan]
	path  string
	end   func()
}

// inFakeTime runs test with heartbeats that are looked after. Time passes only
// while all wait.
func inFakeTime(t *testing.T, test func(*beating)) {
	t.Helper()
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		b := &beating{T: t, plan: &atomic.Pointer[routes.Plan]{}, path: filepath.Join(dir, "outbox.db")}
		b.load(heartbeatRules)
		b.start()
		defer func() { b.end() }()
		test(b)
	})
}

func (b *beating) load(rules string) {
	b.Helper()
	plan, faults := Files{Embedded: os.DirFS("..")}.compile([]byte(rules), config.Options{File: "rules.yaml"}, os.DirFS("../templates"))
	if err := faults.Fatal(); err != nil {
		b.Fatal(err)
	}
	b.plan.Store(plan)
}

// start opens the store and begins to listen; end stops both.
func (b *beating) start() {
	b.Helper()
	s, err := sqlite.Open(b.Context(), sqlite.Options{Path: b.path})
	b.ok(err)
	b.store = &breakable{Store: s}
	b.heartbeats = newHeartbeats(routes.Options{Plan: b.plan, Store: b.store, Log: slog.New(slog.DiscardHandler), Fault: func(string, string) {}})
	ctx, cancel := context.WithCancel(b.Context())
	ended := make(chan error)
	go func() { ended <- b.run(ctx) }()
	b.end = func() {
		cancel()
		b.ok(<-ended)
		b.ok(s.Close())
	}
}

func (b *beating) ok(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

func (b *beating) beats() {
	b.Helper()
	_, err := b.beat(b.Context(), "watchdog")
	b.ok(err)
}

// after lets time pass, and all that is to happen by then.
func (b *beating) after(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// told wants these to be all that people have been told, in order: of each
// message a part.
func (b *beating) told(want ...string) {
	b.Helper()
	list, err := b.store.List(b.Context(), outbox.Filter{})
	b.ok(err)
	var texts []string
	for _, d := range list {
		texts = append([]string{string(d.Body)}, texts...)
	}
	if len(texts) != len(want) {
		b.Fatalf("%d notifications, not %d: %s", len(texts), len(want), texts)
	}
	for i, part := range want {
		if !strings.Contains(texts[i], part) {
			b.Errorf("notification %d lacks %q: %s", i+1, part, texts[i])
		}
	}
}

// at is the time as notifications have it.
func (b *beating) at() string {
	return time.Now().In(b.plan.Load().Config.DingTalk.Location).Format(time.DateTime)
}

// TestHeartbeat beats, stays away, is back, and stays away again.
func TestHeartbeat(t *testing.T) {
	inFakeTime(t, func(b *beating) {
		for range 5 {
			b.beats()
			b.after(5*time.Minute + 59*time.Second)
		}
		b.told()
		b.beats()
		last := b.at()
		b.after(6*time.Minute - time.Millisecond)
		b.told()
		b.after(time.Millisecond)
		first := `[CRITICAL] No heartbeat from watchdog\nNo beat since ` + last + `. One is due every 5m, and may be 1m late.`
		b.told(first)
		b.after(90 * time.Hour)
		b.told(first)
		back := b.at()
		b.beats()
		end := `[RESOLVED] Heartbeat from watchdog is back\nIt beats again since ` + back + `, after 3d18h6m without.`
		b.told(first, end)
		b.after(6 * time.Minute)
		b.told(first, end, "No beat since "+back)
		list, err := b.store.List(b.Context(), outbox.Filter{GroupKey: "watchdog"})
		b.ok(err)
		e, err := b.store.Event(b.Context(), list[0].Event)
		b.ok(err)
		ev := b.plan.Load().Replay(e)
		if len(ev.Faults) > 0 || ev.Labels["heartbeat"] != "watchdog" || ev.Status != "firing" || ev.Kind != "heartbeat" || ev.Name != "away" {
			t.Errorf("its event, from the history: %+v", ev)
		}
	})
}

// TestHeartbeatNeverHeard counts from the start, and the first beat ends it.
func TestHeartbeatNeverHeard(t *testing.T) {
	inFakeTime(t, func(b *beating) {
		since := b.at()
		b.after(6 * time.Minute)
		b.told("Never heard: not one beat since " + since)
		b.beats()
		b.told("Never heard", "The first beat came at "+b.at()+", 6m after")
	})
}

// TestHeartbeatAndRestarts: a stop, however long, is not the sender's fault; what
// has been told is not told again; what is back meanwhile is noticed.
func TestHeartbeatAndRestarts(t *testing.T) {
	inFakeTime(t, func(b *beating) {
		b.beats()
		last := b.at()
		b.end()
		b.after(time.Hour)
		b.start()
		b.after(6*time.Minute - time.Millisecond)
		b.told()
		b.after(time.Millisecond)
		b.told("No beat since " + last)
		b.end()
		b.after(100 * time.Hour)
		b.start()
		b.after(time.Hour)
		b.told("No beat since " + last)
		_, err := b.learn(b.Context(), beatKey("watchdog"), mark{At: now()}, false) // by a bridge that ends here
		b.ok(err)
		b.after(time.Minute)
		b.told("No beat since "+last, "It beats again")
	})
}

// TestBeatStorm: beats that come shortly after another are not written, and the
// first after an absence is, whenever it comes.
func TestBeatStorm(t *testing.T) {
	inFakeTime(t, func(b *beating) {
		b.after(time.Second)
		before := b.store.learnt.Load()
		for range 1000 {
			b.beats()
			b.after(10 * time.Millisecond)
		}
		if n := b.store.learnt.Load() - before; n != 10 {
			t.Errorf("%d facts were written for beats of ten seconds", n)
		}
		b.after(6*time.Minute - 20*time.Millisecond)
		b.told()
		b.after(10 * time.Millisecond)
		b.told("No beat")
	})
}

// TestBeatsAreKept: what cannot be kept is not taken, and an absence that cannot
// be told is told later, or with its end.
func TestBeatsAreKept(t *testing.T) {
	inFakeTime(t, func(b *beating) {
		b.store.failsAll.Store(true)
		if _, err := b.beat(b.Context(), "watchdog"); !errors.Is(err, errBroken) {
			t.Errorf("a beat that cannot be kept: %v", err)
		}
		b.store.failsAll.Store(false)
		b.beats()
		b.store.failsEnqueue.Store(true)
		b.after(7 * time.Minute)
		b.told()
		b.store.failsEnqueue.Store(false)
		b.after(lookAgain)
		b.told("No beat")
		b.beats()
		b.told("No beat", "It beats again")

		b.store.failsEnqueue.Store(true)
		b.after(7 * time.Minute)
		if _, err := b.beat(b.Context(), "watchdog"); !errors.Is(err, errBroken) {
			t.Errorf("a beat whose end cannot be kept: %v", err)
		}
		b.store.failsEnqueue.Store(false)
		b.beats()
		b.told("No beat", "It beats again", "No beat", "It beats again")
	})
}

// TestBeatsWhileTheStoreFails: they come in time, though none can be kept.
func TestBeatsWhileTheStoreFails(t *testing.T) {
	inFakeTime(t, func(b *beating) {
		b.beats()
		b.store.failsAll.Store(true)
		for range 3 {
			b.after(5 * time.Minute)
			if _, err := b.beat(b.Context(), "watchdog"); !errors.Is(err, errBroken) {
				t.Errorf("a beat that cannot be kept: %v", err)
			}
		}
		b.store.failsAll.Store(false)
		b.after(6*time.Minute - time.Millisecond)
		b.told()
		b.after(time.Millisecond)
		b.told("No beat since")
	})
}

// TestBeatsWhileTheStoreHangs: they come in time, though whoever has the turn waits
// for a database that does not answer.
func TestBeatsWhileTheStoreHangs(t *testing.T) {
	inFakeTime(t, func(b *beating) {
		b.beats()
		b.after(time.Second)
		answers := make(chan struct{})
		b.store.hangs.Store(&answers)
		for range 4 {
			b.after(4 * time.Minute)
			if _, err := b.beat(b.Context(), "watchdog"); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("a beat that cannot be kept: %v", err)
			}
		}
		close(answers)
		b.after(5 * time.Minute)
		b.told()
		b.after(time.Minute)
		b.told("No beat since")
	})
}

// TestHeartbeatAndClock: a clock that is set back, while the bridge runs or before
// it is started again, has no absence noticed later. What it was ahead the last
// beat has.
func TestHeartbeatAndClock(t *testing.T) {
	for name, restart := range map[string]bool{"while it runs": false, "while it is stopped": true} {
		t.Run(name, func(t *testing.T) {
			inFakeTime(t, func(b *beating) {
				b.beats()
				p, _, release, err := b.hold(b.Context(), "watchdog")
				b.ok(err)
				p.kept = p.kept.Add(time.Hour)
				_, err = b.learn(b.Context(), beatKey("watchdog"), mark{At: p.kept}, false)
				b.ok(err)
				release()
				if restart {
					b.end()
					b.start()
				}
				b.after(6*time.Minute - time.Millisecond)
				b.told()
				b.after(time.Millisecond)
				b.told("No beat since")
			})
		})
	}
}

// TestHeartbeatsFollowRules adds, changes and removes heartbeats.
func TestHeartbeatsFollowRules(t *testing.T) {
	inFakeTime(t, func(b *beating) {
		reload := func(from, to string) {
			b.Helper()
			b.load(strings.Replace(heartbeatRules, from, to, 1))
			b.reloaded()
			synctest.Wait()
		}
		b.beats()
		reload("every: 5m", "every: 1m, grace: 30s, severity: warning, title: Prometheus is silent")
		b.after(89 * time.Second)
		b.told()
		b.after(time.Second)
		b.told("[WARNING] Prometheus is silent")
		reload("name: watchdog", "name: other")
		b.after(time.Second)
		if _, err := b.beat(b.Context(), "watchdog"); !errors.Is(err, errGone) {
			t.Errorf("a beat of one that is gone: %v", err)
		}
		facts, err := b.store.Facts(b.Context(), beatKey("watchdog"), awayKey("watchdog"))
		b.ok(err)
		if len(facts) > 0 {
			t.Errorf("what is gone is known: %v", facts)
		}
		reload("", "")
		b.after(time.Minute)
		b.beats()
		b.told("[WARNING] Prometheus is silent") // and no end
		b.after(6 * time.Minute)
		b.told("[WARNING] Prometheus is silent", "No heartbeat from watchdog")
		reload("name: watchdog", "name: other")
		reload("", "")
		again := b.at()
		b.after(6 * time.Minute) // within the life of the keys of the first time
		b.told("[WARNING] Prometheus is silent", "No heartbeat from watchdog", "Never heard: not one beat since "+again)
	})
}

// TestHeartbeatsOfABridgeThatStopped are forgotten if rules.yaml lacks them at
// the next start.
func TestHeartbeatsOfABridgeThatStopped(t *testing.T) {
	inFakeTime(t, func(b *beating) {
		b.after(7 * time.Minute)
		b.told("Never heard")
		b.end()
		b.load(strings.Replace(heartbeatRules, "name: watchdog", "name: other", 1))
		b.start()
		b.after(time.Second)
		facts, err := b.store.Facts(b.Context(), namesKey, beatKey("watchdog"), awayKey("watchdog"))
		b.ok(err)
		if got := string(facts[namesKey].Value); len(facts) != 1 || got != `["other"]` {
			t.Errorf("known: %s, of %d facts", got, len(facts))
		}
	})
}
