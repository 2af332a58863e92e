package postgres_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"workbell/outbox"
	"workbell/outbox/postgres"
)

// TestClockGoesWrong sets one of two clocks while the store is open, which is
// noticed, and set right again, which is, too. It is the database's that the test
// can set.
func TestClockGoesWrong(t *testing.T) {
	t.Parallel()
	url := database(t, fakeTime)
	c, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(context.Background()) }()
	apart := func(d time.Duration) {
		t.Helper()
		if _, err := c.Exec(t.Context(), "UPDATE fake.clock SET at = $1", time.Now().Add(d)); err != nil {
			t.Fatal(err)
		}
	}
	o := postgres.Options{URL: url + "&search_path=public,fake,pg_catalog", ClockTolerance: time.Hour}
	apart(-2 * time.Hour)
	if s, err := postgres.Open(t.Context(), o); err == nil || !strings.Contains(err.Error(), "clock shows 2h0m") {
		t.Errorf("Open: %v, want it to say which clock shows what", err)
		if err == nil {
			_ = s.Close()
		}
	}
	apart(0)
	s, err := postgres.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	u := clocked{t, s, "k"}
	u.works()
	apart(2 * time.Hour)
	u.refused("less")
	apart(-2 * time.Hour)
	u.refused("more")
	apart(0)
	u.key = "l"
	u.works()
}

// clocked makes use of a store.
type clocked struct {
	*testing.T
	s   *postgres.Store
	key string
}

// works keeps an event, and sends it.
func (u clocked) works() {
	u.Helper()
	ctx := u.Context()
	if err := u.s.Ready(ctx); err != nil {
		u.Error(err)
	}
	if _, err := u.s.Enqueue(ctx, []outbox.Entry{event(u.key)}); err != nil {
		u.Error(err)
	}
	due, _, err := u.s.Claim(ctx, "ops", 1, 0)
	if err != nil || len(due) != 1 {
		u.Fatal(due, err)
	}
	if g, err := u.s.Reserve(ctx, due[0].Lease(), nil); err != nil || !g.OK {
		u.Error(g, err)
	}
	if err := u.s.Update(ctx, outbox.Update{Lease: due[0].Lease(), State: outbox.Sent, Attempt: &outbox.Result{Outcome: outbox.Accepted}}); err != nil {
		u.Error(err)
	}
}

// refused: nothing is kept, given out or reserved, and it says why.
func (u clocked) refused(why string) {
	u.Helper()
	ctx := u.Context()
	_, kept := u.s.Enqueue(ctx, []outbox.Entry{event("never")})
	_, _, claimed := u.s.Claim(ctx, "ops", 1, 0)
	_, _, followed := u.s.ClaimFollowups(ctx, "ops", 1, 0)
	_, took := u.s.Take(ctx, []outbox.Quota{{Key: "q", N: 1, Window: time.Hour}})
	_, learnt := u.s.Learn(ctx, outbox.Fact{Key: "never", Value: []byte("1")}, false)
	_, pruned := u.s.Prune(ctx, time.Now().Add(-30*24*time.Hour), 10)
	for what, err := range map[string]error{"Prune": pruned, "Ready": u.s.Ready(ctx), "Enqueue": kept, "Claim": claimed, "ClaimFollowups": followed, "Take": took, "Learn": learnt} {
		if err == nil || !strings.Contains(err.Error(), why+" than the database's") {
			u.Errorf("%s: %v, want it refused for the clock", what, err)
		}
	}
	if facts, err := u.s.Facts(ctx, "never"); err != nil || len(facts) > 0 {
		u.Errorf("it kept %v, %v", facts, err)
	}
	if stats, err := u.s.Stats(ctx); err != nil || stats.Open > 0 {
		u.Errorf("it kept %+v, %v", stats, err)
	}
	if err := u.s.Update(ctx, outbox.Update{Lease: outbox.Lease{ID: 1}, State: outbox.Dead}); !errors.Is(err, outbox.ErrFenced) { // answers that come late are kept
		u.Errorf("Update: %v, want only the lease checked", err)
	}
}
