package postgres

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
)

// MigrateTest is run by TestMigrate with a database of its own.
func MigrateTest(t *testing.T, url string) {
	t.Helper()
	ctx := t.Context()
	pool, err := pgxpool.New(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	versions := []migration{
		{"CREATE TABLE a (n int); INSERT INTO a VALUES (1)", 1},
		{"ALTER TABLE a ADD COLUMN m int NOT NULL DEFAULT 7", 1},
		{"UPDATE a SET m = m + 1", 2},
	}
	failing := append(versions[:1:1], migration{"ALTER TABLE a ADD COLUMN m int; SELECT nonsense", 1})
	for _, step := range []struct {
		all  []migration
		want string // in the error; empty: none
	}{
		{versions[:1], ""},
		{versions[:1], ""},
		{failing, "migrating to version 2"},
		{versions[:2], ""},
		{versions[:1], ""}, // the version before may go on
		{versions, ""},
		{versions[:2], ""},
		{versions[:1], "use a newer workbell"},
	} {
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() { migrateOnce(ctx, t, pool, step.all, step.want) })
		}
		wg.Wait()
	}
	var m, version int
	if err := pool.QueryRow(ctx, "SELECT m, version FROM a, workbell_schema").Scan(&m, &version); err != nil {
		t.Fatal(err)
	}
	if m != 8 || version != 3 {
		t.Errorf("m is %d at version %d, want 8 at 3: each step once", m, version)
	}
}

func migrateOnce(ctx context.Context, t *testing.T, pool *pgxpool.Pool, all []migration, want string) {
	t.Helper()
	err := migrate(ctx, pool, "", all)
	switch {
	case want == "" && err != nil:
		t.Errorf("to version %d: %v", len(all), err)
	case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
		t.Errorf("to version %d: error %v, want one that says %q", len(all), err, want)
	}
}
