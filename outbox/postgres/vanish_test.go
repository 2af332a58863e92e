package postgres_test

import (
	"errors"
	"testing"
	"time"

	"workbell/outbox"
	"workbell/outbox/outboxtest"
)

func vanish(t *testing.T, d outboxtest.Data) {
	ctx := t.Context()
	a, b := d.Open(t, outboxtest.Options{}), d.Open(t, outboxtest.Options{})
	defer func() { _, _ = a.Close(), b.Close() }()
	if _, err := a.Enqueue(ctx, []outbox.Entry{event("k")}); err != nil {
		t.Fatal(err)
	}
	claim := func(s outbox.Store, want int) []outbox.Delivery {
		t.Helper()
		due, _, err := s.Claim(ctx, "ops", 9, 0)
		if err != nil || len(due) != want {
			t.Fatalf("claimed %d, %v, want %d", len(due), err, want)
		}
		return due
	}
	quota := outbox.Quota{Key: "k", N: 1, Limit: 1, Window: time.Minute}
	l := claim(a, 1)[0].Lease()
	if g, err := a.Reserve(ctx, l, []outbox.Quota{quota}); err != nil || !g.OK {
		t.Fatal(g, err)
	}
	if err := b.Close(); err != nil { // which ends its own leases, of which it has none
		t.Fatal(err)
	}
	b = d.Open(t, outboxtest.Options{})
	d.Pass(30*time.Second - time.Millisecond)
	claim(b, 0)
	d.Pass(time.Millisecond)
	mine := claim(b, 1)[0].Lease()
	noticed := d.Now()
	if err := a.Update(ctx, outbox.Update{Lease: l, State: outbox.Sent}); !errors.Is(err, outbox.ErrFenced) {
		t.Errorf("the first holder's update: %v, want %v", err, outbox.ErrFenced)
	}
	g, err := b.Reserve(ctx, mine, []outbox.Quota{quota})
	if err != nil || g.OK || !g.RetryAt.Equal(noticed.Add(time.Minute)) {
		t.Errorf("Reserve: %+v, %v, want it to wait until a minute after the loss was noticed", g, err)
	}
	kept, err := b.Get(ctx, 1)
	if err != nil || len(kept.Attempts) != 1 || kept.Attempts[0].Outcome != outbox.Unknown {
		t.Errorf("the delivery is %+v, %v, want one attempt of unknown outcome", kept, err)
	}
}
