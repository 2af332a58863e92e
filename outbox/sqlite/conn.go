package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"

	"modernc.org/sqlite"
)

// conn is the writer's connection, spoken to at the driver's level: what
// database/sql adds (locks, conversions, a goroutine for each context) costs
// more than the insert of a row. It belongs to one goroutine at a time.
type conn struct {
	driver.Conn
	stmts   map[string]*stmt
	rows    map[string]*rows
	waiting int // how many rows
}

type stmt struct {
	driver.Stmt
	sql  string
	args []driver.NamedValue
	row  []driver.Value
}

func connect(dsn string) (*conn, error) {
	c, err := (&sqlite.Driver{}).Open(dsn)
	if err != nil {
		return nil, err
	}
	return &conn{Conn: c, stmts: map[string]*stmt{}, rows: map[string]*rows{}}, nil
}

// Close closes the statements, then the connection.
func (c *conn) Close() error {
	var errs []error
	for _, s := range c.stmts {
		errs = append(errs, s.Close())
	}
	return errors.Join(append(errs, c.Conn.Close())...)
}

// script runs several statements that take no arguments.
func (c *conn) script(sql string) error {
	_, err := c.Conn.(driver.ExecerContext).ExecContext(context.Background(), sql, nil)
	return err
}

// stmt returns sql prepared with args bound; each text is prepared once. SQLite
// prepares it again for every run, at ten times the cost of the run, where a
// plan may depend on what is bound, as it may on LIMIT ?; it looks no further
// than that, so what runs often says LIMIT ? + 0.
func (c *conn) stmt(sql string, args []driver.Value) (*stmt, error) {
	if c.waiting > 0 {
		if err := c.flush(); err != nil {
			return nil, err
		}
	}
	s := c.stmts[sql]
	if s == nil {
		p, err := c.Prepare(sql)
		if err != nil {
			return nil, fmt.Errorf("preparing %q: %w", sql, err)
		}
		s = &stmt{Stmt: p, sql: sql, args: make([]driver.NamedValue, len(args))}
		for i := range s.args {
			s.args[i].Ordinal = i + 1
		}
		c.stmts[sql] = s
	}
	if len(args) != len(s.args) {
		return nil, fmt.Errorf("running %q: %d arguments given, %d wanted", sql, len(args), len(s.args))
	}
	for i, a := range args {
		s.args[i].Value = a
	}
	return s, nil
}

// exec runs one statement and returns how many rows it changed. Arguments are
// int64, string, []byte or nil.
func (c *conn) exec(sql string, args ...driver.Value) (int64, error) {
	s, err := c.stmt(sql, args)
	if err != nil {
		return 0, err
	}
	r, err := s.Stmt.(driver.StmtExecContext).ExecContext(context.Background(), s.args)
	s.letGo()
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// run runs one statement that takes no arguments and changes no row.
func (c *conn) run(sql string) error {
	_, err := c.exec(sql)
	return err
}

// letGo drops the arguments, so that no payload is held beyond the call.
func (s *stmt) letGo() {
	for i := range s.args {
		s.args[i].Value = nil
	}
}

// query calls each for every row; a row's values are valid until each returns.
// each may run other statements, not the same one again.
func (c *conn) query(each func(row) error, sql string, args ...driver.Value) (err error) {
	s, err := c.stmt(sql, args)
	if err != nil {
		return err
	}
	rows, err := s.Stmt.(driver.StmtQueryContext).QueryContext(context.Background(), s.args)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	if s.row == nil {
		s.row = make([]driver.Value, len(rows.Columns()))
	}
	for {
		switch err := rows.Next(s.row); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		if err := each(s.row); err != nil {
			return err
		}
	}
}

// one returns the first row's integers, or ok false where there is no row.
func (c *conn) one(sql string, args ...driver.Value) (ints []int64, ok bool, err error) {
	err = c.query(func(r row) error {
		if !ok {
			ok = true
			for i := range r {
				ints = append(ints, r.int(i))
			}
		}
		return nil
	}, sql, args...)
	return ints, ok, err
}

// row is one row of a result. A NULL reads as the zero value.
type row []driver.Value

func (r row) int(i int) int64 {
	v, _ := r[i].(int64)
	return v
}

func (r row) text(i int) string {
	v, _ := r[i].(string)
	return v
}

func (r row) bytes(i int) []byte {
	v, _ := r[i].([]byte)
	return v
}
