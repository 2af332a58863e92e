package postgres

import (
	"context"
	_ "embed"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

//go:embed schema.sql
var schema string

//go:embed schema2.sql
var schema2 string

// migration brings the tables from one version to the next.
type migration struct {
	sql string
	// oldest is the lowest version whose workbell may go on using the tables:
	// while replicas are renewed one by one, two neighbouring versions do.
	oldest int
}

// migrations are all there are. Append only, and each only adds: what has been
// released is never changed.
var migrations = []migration{{schema, 1}, {schema2, 1}}

// migrate brings the tables to the newest version, all or nothing, while others
// that start at the same time wait. own is the schema to make, if it is not there.
func migrate(ctx context.Context, pool *pgxpool.Pool, own string, all []migration) error {
	return pgx.BeginFunc(ctx, pool, func(t pgx.Tx) error {
		if _, err := t.Exec(ctx, "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0"); err != nil {
			return err
		}
		if _, err := t.Exec(ctx, "SELECT pg_advisory_xact_lock($1, 0)", schemaLock); err != nil {
			return err
		}
		if own != "" {
			if _, err := t.Exec(ctx, "CREATE SCHEMA IF NOT EXISTS "+own); err != nil {
				return fmt.Errorf("making the schema %s: %w (grant CREATE on the database, or make it and own it)", own, err)
			}
		}
		version, oldest, err := schemaVersion(ctx, t)
		switch {
		case err != nil:
			return err
		case version >= len(all) && oldest <= len(all):
			return nil
		case version > len(all):
			return fmt.Errorf("its tables have version %d, for workbells that know version %d at least, and this one knows up to %d; use a newer workbell", version, oldest, len(all))
		}
		for i, m := range all[version:] {
			if _, err := t.Exec(ctx, m.sql); err != nil {
				return fmt.Errorf("migrating to version %d: %w", version+i+1, err)
			}
		}
		_, err = t.Exec(ctx, "UPDATE workbell_schema SET version = $1, oldest = $2", len(all), all[len(all)-1].oldest)
		return err
	})
}

// schemaVersion returns the version of the tables, 0 where there are none yet.
func schemaVersion(ctx context.Context, t pgx.Tx) (version, oldest int, err error) {
	var there, foreign bool
	err = t.QueryRow(ctx, "SELECT to_regclass('workbell_schema') IS NOT NULL, to_regclass('deliveries') IS NOT NULL OR to_regclass('events') IS NOT NULL").Scan(&there, &foreign)
	switch {
	case err != nil:
		return 0, 0, err
	case there:
		err = t.QueryRow(ctx, "SELECT version, oldest FROM workbell_schema").Scan(&version, &oldest)
		return version, oldest, err
	case foreign:
		return 0, 0, errors.New("this schema has another program's tables; give workbell one of its own (search_path)")
	}
	_, err = t.Exec(ctx, "CREATE TABLE workbell_schema (version integer NOT NULL, oldest integer NOT NULL); INSERT INTO workbell_schema VALUES (0, 0)")
	return 0, 0, err
}
