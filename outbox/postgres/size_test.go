package postgres_test

import (
	"context"
	"fmt"
	"math/rand"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"workbell/outbox"
	"workbell/outbox/postgres"
)

// TestSize: what has been removed does not count, whether or not PostgreSQL has
// got round to noticing, and what is kept counts, and comes to what it is made of.
func TestSize(t *testing.T) {
	t.Parallel()
	url := database(t, "template1")
	s := open(t, url)
	const all, payload = 6000, 1500
	empty := size(t, s)
	var entries []outbox.Entry
	for i := range all {
		e := event(fmt.Sprint(i))
		e.Event.KeyTTL, e.Messages, e.Event.Received = 0, nil, time.Now().Add(-time.Hour)
		e.Event.Payload = make([]byte, payload)
		_, _ = rand.New(rand.NewSource(int64(i))).Read(e.Event.Payload) // #nosec G404 -- what does not compress
		entries = append(entries, e)
	}
	if _, err := s.Enqueue(t.Context(), entries); err != nil {
		t.Fatal(err)
	}
	full := size(t, s)
	between(t, "all", full, all*payload, all*payload*14/10)
	for removed := 0; removed < all*3/4; {
		n, err := s.Prune(t.Context(), time.Now(), all/4)
		if err != nil || n == 0 {
			t.Fatal(n, err)
		}
		removed += n
	}
	between(t, "a quarter", size(t, s), full*20/100, full*30/100)
	vacuum(t, url)
	between(t, "a quarter, vacuumed", size(t, s), full*20/100, full*30/100)
	if _, err := s.Prune(t.Context(), time.Now(), all); err != nil {
		t.Fatal(err)
	}
	between(t, "nothing", size(t, s), 0, empty+full/100)
}

func size(t *testing.T, s *postgres.Store) int64 {
	t.Helper()
	n, err := s.Size(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func between(t *testing.T, what string, got, low, high int64) {
	t.Helper()
	if got < low || got > high {
		t.Errorf("%s: %d bytes, want %d to %d", what, got, low, high)
	}
}

func vacuum(t *testing.T, url string) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(context.Background()) }()
	if _, err := c.Exec(t.Context(), "VACUUM workbell.events"); err != nil {
		t.Fatal(err)
	}
}
