package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"workbell/message"
	"workbell/outbox"
	"workbell/outbox/postgres"
)

func open(t *testing.T, url string) *postgres.Store {
	t.Helper()
	s, err := postgres.Open(t.Context(), postgres.Options{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil && !errors.Is(err, outbox.ErrClosed) {
			t.Error(err)
		}
	})
	return s
}

// event is an entry with one message.
func event(key string) outbox.Entry {
	return outbox.Entry{
		Event: outbox.Event{Source: "s", Kind: "json", Key: key, KeyTTL: time.Hour},
		Messages: []outbox.Message{{
			Rule: "rule", App: "ops", Msgtype: "text", Body: fmt.Appendf(nil, `{"text":{"content":%q}}`, key),
			Calls: []message.Recipients{{Users: []string{"u1"}}},
		}},
	}
}

func TestOpensAtTheSameTime(t *testing.T) {
	t.Parallel()
	url := database(t, "template1")
	stores := make([]*postgres.Store, 4)
	var wg sync.WaitGroup
	for i := range stores {
		wg.Go(func() {
			s, err := postgres.Open(context.Background(), postgres.Options{URL: url})
			if err != nil {
				t.Error(err)
				return
			}
			stores[i] = s
		})
	}
	wg.Wait()
	var ids []int64
	for i, s := range stores {
		if s == nil {
			continue
		}
		kept, err := s.Enqueue(t.Context(), []outbox.Entry{event(fmt.Sprint(i))})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, kept[0].Event)
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	if diff := cmp.Diff([]int64{1, 2, 3, 4}, ids); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

func TestStoresTellEachOther(t *testing.T) {
	t.Parallel()
	url := database(t, "template1")
	a, b := open(t, url), open(t, url)
	heard := make(chan struct{})
	go func() { // whatever it had to hear before
		defer close(heard)
		for {
			<-b.Wake()
			due, _, err := b.Claim(t.Context(), "ops", 1, 0)
			if err != nil || len(due) == 1 {
				return
			}
		}
	}()
	if _, err := a.Enqueue(t.Context(), []outbox.Entry{event("k")}); err != nil {
		t.Fatal(err)
	}
	select {
	case <-heard:
	case <-time.After(20 * time.Second): // bounds a test that has already gone wrong
		t.Error("the other store was not told")
	}
	if due, _, err := a.Claim(t.Context(), "ops", 1, 0); err != nil || len(due) > 0 {
		t.Errorf("both claimed it: %v, %v", due, err)
	}
}

// TestErrorsHoldNoPassword tries each way to fail to open, and to fail later.
func TestErrorsHoldNoPassword(t *testing.T) {
	t.Parallel()
	for what, url := range map[string]string{
		"nobody listens":      "postgres://u:s3cret@127.0.0.1:1/db",
		"not a URL":           "postgres://u:s3cret@[::1/db",
		"not a port":          "postgres://u:s3cret@127.0.0.1:port/db",
		"an unknown setting":  "postgres://u:s3cret@127.0.0.1:1/db?pool_max_conns=s3cret",
		"no such database":    strings.Replace(server.URL("none"), "workbell@", "workbell:s3cret@", 1),
		"a setting it denies": strings.Replace(server.URL("postgres"), "workbell@", "workbell:s3cret@", 1) + "&shared_buffers=s3cret",
	} {
		s, err := postgres.Open(t.Context(), postgres.Options{URL: url})
		if err == nil {
			t.Errorf("%s: it opened", what)
			_ = s.Close()
			continue
		}
		if strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: the error holds the password: %v", what, err)
		}
	}
}

func TestAnotherProgramsTables(t *testing.T) {
	t.Parallel()
	url := database(t, "template1") + "&search_path=public"
	c, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(t.Context()) }()
	if _, err := c.Exec(t.Context(), "CREATE TABLE events (id int)"); err != nil {
		t.Fatal(err)
	}
	if _, err := postgres.Open(t.Context(), postgres.Options{URL: url}); err == nil || !strings.Contains(err.Error(), "search_path") {
		t.Errorf("Open: %v, want it to say what to do", err)
	}
}

// TestHolderThatVanishes leaves a store open, as a process does that was killed:
// its lease ends by the database's clock, and what it had begun is unknown.
func TestHolderThatVanishes(t *testing.T) {
	t.Parallel()
	inFakeTime(t, vanish)
}

func TestMigrate(t *testing.T) {
	t.Parallel()
	postgres.MigrateTest(t, database(t, "template1"))
}

func TestPlans(t *testing.T) {
	t.Parallel()
	postgres.PlanTest(t, database(t, "template1"))
}

func TestLots(t *testing.T) {
	t.Parallel()
	postgres.LotsTest(t, database(t, "template1"))
}

func TestLotsArePruned(t *testing.T) {
	t.Parallel()
	postgres.LotsPruneTest(t, database(t, "template1"))
}

func TestLotsWhileFilling(t *testing.T) {
	t.Parallel()
	postgres.LotsFillTest(t, database(t, "template1"))
}

// TestAcceptsBesideOthers: while another has all the lanes' locks, as a bridge
// whose updates wait for the disk, a new group's event is kept.
func TestAcceptsBesideOthers(t *testing.T) {
	t.Parallel()
	url := database(t, "template1")
	s := open(t, url)
	c, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(context.Background()) }()
	const laneLocks = 0x77626c01
	if _, err := c.Exec(t.Context(), "BEGIN; SELECT pg_advisory_xact_lock("+fmt.Sprint(laneLocks)+", slot) FROM generate_series(0, 63) slot"); err != nil {
		t.Fatal(err)
	}
	e := event("k")
	e.Messages[0].Group = "new"
	if _, err := s.Enqueue(t.Context(), []outbox.Entry{e}); err != nil {
		t.Errorf("an event of a group in which nothing is open waited for another's lane: %v", err)
	}
}

func TestRecord(t *testing.T) {
	t.Parallel()
	postgres.RecordTest(t, database(t, "template1"))
}

func TestRolling(t *testing.T) {
	t.Parallel()
	postgres.RollingTest(t, database(t, "template1"))
}
