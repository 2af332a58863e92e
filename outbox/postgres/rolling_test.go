package postgres

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"workbell/outbox"
)

// RollingTest is run by TestRolling with a database of its own: the version
// before has made it, goes on using it while this version does, and this one
// understands all of what it wrote. Its statements are in testdata, see
// RecordTest.
func RollingTest(t *testing.T, url string) {
	t.Helper()
	if len(migrations) != 2 {
		t.Fatalf("there are %d schema versions: record the one before this (RecordTest), and have this test use it", len(migrations))
	}
	r := rolling{T: t}
	r.pool = r.connect(url)
	defer r.pool.Close()
	if err := migrate(t.Context(), r.pool, schemaName, migrations[:1]); err != nil {
		t.Fatal(err)
	}
	r.run("made.sql")
	r.hasEverything()
	s, err := Open(t.Context(), Options{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	r.agrees(s)
	r.run("works.sql") // it enqueues, claims, updates, follows up, prunes
	r.agrees(s)
	r.goesOn(s)
}

type rolling struct {
	*testing.T
	pool *pgxpool.Pool
}

func (r rolling) connect(url string) *pgxpool.Pool {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		r.Fatal(err)
	}
	config.ConnConfig.RuntimeParams["search_path"] = schemaName
	config.ConnConfig.RuntimeParams["enable_seqscan"] = "off"
	pool, err := pgxpool.NewWithConfig(r.Context(), config)
	if err != nil {
		r.Fatal(err)
	}
	return pool
}

// run has the version before do what was recorded.
func (r rolling) run(file string) {
	r.Helper()
	sql, err := os.ReadFile(filepath.Join("testdata", "version"+strconv.Itoa(len(migrations)-1), file)) // #nosec G304 -- one of two
	if err == nil {
		_, err = r.pool.Exec(r.Context(), string(sql), pgx.QueryExecModeSimpleProtocol)
	}
	if err != nil {
		r.Fatalf("%s by the version before: %v", file, err)
	}
}

// hasEverything: each table has rows, and there is a delivery in each state.
func (r rolling) hasEverything() {
	r.Helper()
	tables, err := query[string](r, "SELECT relname::text FROM pg_class WHERE relkind = 'r' AND relnamespace = $1::regnamespace", schemaName)
	if err != nil || len(tables) < 9 {
		r.Fatal(tables, err)
	}
	for _, table := range tables {
		if n, err := query[int](r, "SELECT count(*) FROM "+table); err != nil || n[0] == 0 {
			r.Errorf("table %s has no rows: %v", table, err)
		}
	}
	states, err := query[int](r, "SELECT DISTINCT state FROM deliveries ORDER BY 1")
	if err != nil || len(states) != len(codes) {
		r.Errorf("there are deliveries in the states %v, want each of %d: %v", states, len(codes), err)
	}
}

func query[T any](r rolling, sql string, args ...any) ([]T, error) {
	rows, err := r.pool.Query(r.Context(), sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[T])
}

// agrees: the store shows what the tables hold.
func (r rolling) agrees(s *Store) {
	r.Helper()
	ctx := r.Context()
	events, err := query[int64](r, "SELECT id FROM events ORDER BY id")
	if err != nil {
		r.Fatal(err)
	}
	for _, event := range events {
		want, err := query[int64](r, "SELECT id FROM deliveries WHERE event + 0 = $1 ORDER BY id DESC", event)
		if err != nil {
			r.Fatal(err)
		}
		if got := ids(r, s, outbox.Filter{Event: event}); !slices.Equal(got, want) {
			r.Errorf("the deliveries of event %d are %v, want %v", event, got, want)
		}
	}
	groups, err := query[string](r, "SELECT DISTINCT convert_from(group_key, 'UTF8') FROM events WHERE group_key <> ''")
	if err != nil || len(groups) < 2 {
		r.Fatal(groups, err)
	}
	for _, group := range groups {
		want, err := query[int64](r, "SELECT d.id FROM deliveries d JOIN events e ON e.id = d.event WHERE e.group_key = $1 ORDER BY d.id DESC", []byte(group))
		if err != nil {
			r.Fatal(err)
		}
		if got := ids(r, s, outbox.Filter{GroupKey: group, Limit: 500}); !slices.Equal(got, want) {
			r.Errorf("the deliveries of group %s are %v, want %v", group, got, want)
		}
	}
	for _, id := range ids(r, s, outbox.Filter{Limit: 500}) {
		if _, err := s.Get(ctx, id); err != nil {
			r.Errorf("delivery %d: %v", id, err)
		}
	}
	want, err := query[int64](r, "SELECT min(created) FROM deliveries WHERE state + 0 = 0")
	if err != nil {
		r.Fatal(err)
	}
	stats, err := s.Stats(ctx)
	if err != nil || !stats.Oldest.Equal(instant(want[0])) {
		r.Errorf("the oldest is of %v, %v, want %v", stats.Oldest, err, instant(want[0]))
	}
	count := map[outbox.State]int{}
	states, err := query[int64](r, "SELECT state FROM deliveries")
	if err != nil {
		r.Fatal(err)
	}
	for _, state := range states {
		count[codes[state]]++
	}
	if diff := cmp.Diff(count, stats.States); diff != "" {
		r.Errorf("states (-want +got):\n%s", diff)
	}
}

func ids(r rolling, s *Store, f outbox.Filter) (all []int64) {
	r.Helper()
	list, err := s.List(r.Context(), f)
	if err != nil {
		r.Fatal(err)
	}
	for _, d := range list {
		all = append(all, d.ID)
	}
	return all
}

// goesOn: keys that the version before took are taken, what it left to send is
// sent, in its order, and then all of it is pruned.
func (r rolling) goesOn(s *Store) {
	r.Helper()
	ctx := r.Context()
	kept, err := s.Enqueue(ctx, []outbox.Entry{old{r.T, s}.entry(30, "h", "")})
	if err != nil || !kept[0].Duplicate {
		r.Errorf("the key that was taken makes %v, %v, want a duplicate", kept, err)
	}
	r.send(s)
	if _, err := r.pool.Exec(ctx, "UPDATE events SET key_until = 0; UPDATE deliveries SET counts = 0; DELETE FROM followups"); err != nil { // as years pass
		r.Fatal(err)
	}
	for range 5 {
		if _, err := s.Prune(ctx, time.Now().Add(time.Hour), 100); err != nil {
			r.Fatal(err)
		}
	}
	for _, table := range []string{"events", "deliveries", "attempts", "receipts", "notes"} {
		if n, err := query[int](r, "SELECT count(*) FROM "+table); err != nil || n[0] != 0 {
			r.Errorf("after all has been pruned table %s has %v rows, %v", table, n, err)
		}
	}
}

// send sends until nothing is open.
func (r rolling) send(s *Store) {
	r.Helper()
	for range 100 {
		if err := r.release(r.Context()); err != nil {
			r.Fatal(err)
		}
		due, _, err := s.Claim(r.Context(), "ops", 9, 0)
		if err != nil {
			r.Fatal(err)
		}
		for _, d := range due {
			if err := s.Update(r.Context(), outbox.Update{Lease: d.Lease(), State: outbox.Dead}); err != nil {
				r.Fatal(err)
			}
		}
		if stats, err := s.Stats(r.Context()); err != nil || stats.Open == 0 {
			return
		}
	}
	r.Error("something stays open")
}

// release has what is due later be due, and leases be over, as time passes.
func (r rolling) release(ctx context.Context) error {
	_, err := r.pool.Exec(ctx, "UPDATE deliveries SET due = 1 WHERE state = 0; UPDATE deliveries SET lease = 1 WHERE lease > 0")
	return err
}
