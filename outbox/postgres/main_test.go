package postgres_test

import (
	"context"
	"fmt"
	"os"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"workbell/outbox/pgtest"
)

// server is shared by the tests of this package, each with a database of its own.
var server *pgtest.Server

// fakeTime is the database from which those with a clock of their own are made.
const fakeTime = "fake_time"

func TestMain(m *testing.M) {
	os.Exit(func() int {
		var err error
		if server, err = pgtest.Start(); err == nil {
			defer func() { _ = server.Close() }()
			err = makeFakeTime()
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "starting PostgreSQL:", err)
			return 1
		}
		return m.Run()
	}())
}

// makeFakeTime makes a database whose clock stands still: with fake before
// pg_catalog in the search_path its function is meant.
func makeFakeTime() error {
	url, err := server.Create(fakeTime, "template1")
	if err != nil {
		return err
	}
	ctx := context.Background()
	c, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close(ctx) }()
	_, err = c.Exec(ctx, `CREATE SCHEMA fake;
		CREATE TABLE fake.clock AS SELECT '2000-01-01T00:00:00Z'::timestamptz AS at;
		CREATE FUNCTION fake.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS 'SELECT at FROM fake.clock'`)
	return err
}

var databases atomic.Int64

// database makes a database for a test, as a copy of template.
func database(t *testing.T, template string) string {
	t.Helper()
	url, err := server.Create(fmt.Sprint("test", databases.Add(1)), template)
	if err != nil {
		t.Fatal(err)
	}
	return url
}

// spare are databases with a clock that stands still, for the next test.
var spare = make(chan string, 100)

func databaseInFakeTime(t *testing.T) string {
	t.Helper()
	select {
	case url := <-spare:
		return url
	default:
		return database(t, fakeTime)
	}
}
