package dispatch_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"workbell/config"
	"workbell/dispatch"
	"workbell/message"
	"workbell/outbox"
	"workbell/outbox/sqlite"
)

// rig is a dispatcher on a real store, with far as DingTalk, in fake time.
type rig struct {
	t      *testing.T
	path   string
	store  *store
	far    *far
	limit  config.Limits
	budget int // calls per month
	seen   *seen
	log    *logged

	*dispatch.Dispatcher
	stop func()
}

// inFakeTime runs test with a rig that is open but not started. Time begins on
// the given moment of China's clock, and passes only while all wait.
func inFakeTime(t *testing.T, clock string, test func(*rig)) {
	t.Helper()
	t.Parallel()
	path := filepath.Join(t.TempDir(), "outbox.db")
	synctest.Test(t, func(t *testing.T) {
		r := &rig{t: t, path: path, budget: 5000, far: newFar(t), seen: &seen{}, log: &logged{}}
		time.Sleep(untilClock(t, clock))
		r.open()
		defer func() {
			if r.stop != nil {
				r.stop()
			}
			r.close()
		}()
		test(r)
	})
}

// untilClock is how long until the clock in China first shows so.
func untilClock(t *testing.T, clock string) time.Duration {
	t.Helper()
	of, err := time.ParseInLocation(time.TimeOnly, clock, china)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().In(china)
	next := time.Date(now.Year(), now.Month(), now.Day()+1, of.Hour(), of.Minute(), of.Second(), 0, china)
	return next.Sub(now)
}

func (r *rig) open() {
	r.t.Helper()
	s, err := sqlite.Open(r.t.Context(), sqlite.Options{Path: r.path, Zone: china})
	if err != nil {
		r.t.Fatal(err)
	}
	r.store = &store{Store: s}
}

func (r *rig) close() {
	r.t.Helper()
	if err := r.store.Close(); err != nil {
		r.t.Error(err)
	}
}

// start runs a dispatcher; stop ends it and waits.
func (r *rig) start() {
	r.Dispatcher = dispatch.New(dispatch.Options{
		Settings: r.settings(), Store: r.store, Observer: r.seen,
		Logger: slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	ctx, cancel := context.WithCancel(r.t.Context())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	r.stop = func() {
		cancel()
		if err := <-done; err != nil {
			r.t.Errorf("Run: %v", err)
		}
		r.stop = nil
	}
}

func (r *rig) settings() dispatch.Settings {
	return dispatch.Settings{Apps: []dispatch.App{{Name: "ops", Limits: r.limit, Client: r.far}}, CallsPerMonth: r.budget, Zone: china}
}

// msg is a text to users, at normal priority, worth sending for a day.
func msg(text string, to ...string) outbox.Message {
	return outbox.Message{Rule: "r", App: "ops", Msgtype: "text", Repeat: outbox.Distinct,
		Body:    []byte(fmt.Sprintf(`{"msgtype":"text","text":{"content":%q}}`, text)),
		Calls:   []message.Recipients{{Users: to}},
		Expires: time.Now().Add(24 * time.Hour)}
}

// enqueue keeps each message as an event's only one, and returns their
// deliveries' ids.
func (r *rig) enqueue(messages ...outbox.Message) []int64 {
	r.t.Helper()
	entries := make([]outbox.Entry, len(messages))
	for i, m := range messages {
		entries[i] = outbox.Entry{Event: outbox.Event{Source: "s", Kind: "json", Received: time.Now()}, Messages: []outbox.Message{m}}
	}
	kept, err := r.store.Enqueue(r.t.Context(), entries)
	if err != nil {
		r.t.Fatal(err)
	}
	var ids []int64
	for _, k := range kept {
		for _, d := range k.Deliveries {
			ids = append(ids, d.ID)
		}
	}
	return ids
}

// drain lets time pass until nothing is open, for limit at most.
func (r *rig) drain(limit time.Duration) {
	r.t.Helper()
	for end := time.Now().Add(limit); ; time.Sleep(100 * time.Millisecond) {
		s, err := r.store.Stats(r.t.Context())
		if err != nil {
			r.t.Fatal(err)
		}
		if s.Open == 0 {
			return
		}
		if time.Now().After(end) {
			r.t.Fatalf("after %v %d deliveries are still open", limit, s.Open)
		}
	}
}

func (r *rig) get(id int64) outbox.Delivery {
	r.t.Helper()
	d, err := r.store.Get(r.t.Context(), id)
	if err != nil {
		r.t.Fatal(err)
	}
	return d
}

// all are the deliveries in the store, newest first.
func (r *rig) all() []outbox.Delivery {
	r.t.Helper()
	ds, err := r.store.List(r.t.Context(), outbox.Filter{Limit: 500})
	if err != nil {
		r.t.Fatal(err)
	}
	return ds
}

// wantState fails unless the delivery is in that state.
func (r *rig) wantState(id int64, want outbox.State) outbox.Delivery {
	r.t.Helper()
	d := r.get(id)
	if d.State != want {
		r.t.Errorf("delivery %d is %s (%s), want %s", id, d.State, d.Reason, want)
	}
	return d
}

// texts are the contents that arrived, in order.
func (f *far) texts() []string {
	var all []string
	for _, a := range f.arrived() {
		text := strings.TrimPrefix(a.msg, `{"msgtype":"text","text":{"content":"`)
		all = append(all, strings.TrimSuffix(text, `"}}`))
	}
	return all
}

// store counts calls, and can be made to fail.
type store struct {
	outbox.Store
	claims, reserves, updates atomic.Int64
	failing                   atomic.Bool
	full                      atomic.Bool // what writes fails
	wrong                     atomic.Bool // by the clock, what is claimed has expired
}

var errDisk = errors.New("disk full")

func (s *store) Claim(ctx context.Context, app string, most int, lease time.Duration) ([]outbox.Delivery, time.Time, error) {
	s.claims.Add(1)
	if s.failing.Load() {
		return nil, time.Time{}, errDisk
	}
	due, next, err := s.Store.Claim(ctx, app, most, lease)
	for i := range due {
		if s.wrong.Load() {
			due[i].Expires = time.Now()
		}
	}
	return due, next, err
}

func (s *store) Reserve(ctx context.Context, lease outbox.Lease, quotas []outbox.Quota) (outbox.Grant, error) {
	s.reserves.Add(1)
	if s.full.Load() {
		return outbox.Grant{}, errDisk
	}
	return s.Store.Reserve(ctx, lease, quotas)
}

func (s *store) Update(ctx context.Context, updates ...outbox.Update) error {
	s.updates.Add(1)
	if s.failing.Load() || s.full.Load() {
		return errDisk
	}
	return s.Store.Update(ctx, updates...)
}

// seen counts what the observer is told.
type seen struct {
	mu       sync.Mutex
	outcomes map[outbox.Outcome]int
	ends     map[outbox.State]int
	pauses   map[dispatch.Reason]int
	waits    []time.Duration
	twice    int
}

func add[K comparable](s *seen, m *map[K]int, k K) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if *m == nil {
		*m = make(map[K]int)
	}
	(*m)[k]++
}

func (s *seen) Attempted(_, _ string, o outbox.Outcome, _ time.Duration) { add(s, &s.outcomes, o) }
func (s *seen) Ended(_ outbox.Delivery, state outbox.State)              { add(s, &s.ends, state) }
func (s *seen) Paused(_ string, r dispatch.Reason)                       { add(s, &s.pauses, r) }

func (s *seen) Waited(_ string, d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waits = append(s.waits, d)
}

func (s *seen) MayRingTwice(outbox.Delivery) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.twice++
}

// logged keeps log lines.
type logged struct {
	mu    sync.Mutex
	lines []string
}

func (l *logged) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, string(b))
	return len(b), nil
}

// count is how many lines hold all the words.
func (l *logged) count(words ...string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for _, line := range l.lines {
		all := true
		for _, w := range words {
			all = all && strings.Contains(line, w)
		}
		if all {
			n++
		}
	}
	return n
}
