package sqlite

import (
	_ "embed"
	"errors"
	"fmt"
)

//go:embed schema.sql
var schema string

//go:embed schema2.sql
var schema2 string

//go:embed schema3.sql
var schema3 string

//go:embed schema4.sql
var schema4 string

// migrations bring a file from one version (PRAGMA user_version) to the next.
// Append only: what has been released is never changed.
var migrations = []string{schema, schema2, schema3, schema4}

// applicationID marks the file as workbell's (PRAGMA application_id): "wbel".
const applicationID = 0x7762656c

// migrate brings the file from version to the newest, all or nothing.
func migrate(c *conn, version int) error {
	if version == len(migrations) {
		return nil
	}
	if err := c.script("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	for i, m := range migrations[version:] {
		if err := c.script(m); err != nil {
			return errors.Join(fmt.Errorf("migrating to version %d: %w", version+i+1, err), c.script("ROLLBACK"))
		}
	}
	return c.script(fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT", applicationID, len(migrations)))
}

// schemaVersion returns the file's version, 0 for a new one, or why it cannot
// be used.
func schemaVersion(c *conn) (int, error) {
	version, _, err := c.one("PRAGMA user_version")
	if err != nil {
		return 0, fmt.Errorf("reading its version: %w (is it an SQLite database?)", err)
	}
	app, _, err := c.one("PRAGMA application_id")
	if err != nil {
		return 0, err
	}
	tables, _, err := c.one("SELECT count(*) FROM sqlite_schema")
	if err != nil {
		return 0, err
	}
	switch v := int(version[0]); {
	case tables[0] > 0 && app[0] != applicationID:
		return 0, errors.New("this database is another program's; give workbell a file of its own")
	case v > len(migrations):
		return 0, fmt.Errorf("its schema has version %d and this workbell knows versions up to %d; use a newer workbell", v, len(migrations))
	default:
		return v, nil
	}
}
