package sqlite

import (
	"database/sql/driver"
	"strings"
)

// maxRows is how many rows one statement inserts at most.
const maxRows = 8

// rows wait to be inserted several at a time: what it takes to begin and end a
// statement, and to find the way down to where rows are appended, is then taken
// once for all of them.
type rows struct {
	sql  [maxRows + 1]string // by how many rows
	n    int
	args []driver.Value
}

// insert runs sql, an INSERT of one row of VALUES, at some time before any other
// statement or the end of the transaction. Its error is theirs.
func (c *conn) insert(sql string, args ...driver.Value) error {
	r := c.rows[sql]
	if r == nil {
		r = &rows{}
		for n := 1; n <= maxRows; n++ {
			r.sql[n] = sql + strings.Repeat(", "+sql[strings.LastIndexByte(sql, '('):], n-1)
		}
		c.rows[sql] = r
	}
	r.args = append(r.args, args...)
	c.waiting++
	if r.n++; r.n < maxRows {
		return nil
	}
	return c.write(r)
}

// flush writes the rows that wait.
func (c *conn) flush() error {
	for _, r := range c.rows {
		if err := c.write(r); err != nil {
			return err
		}
	}
	return nil
}

func (c *conn) write(r *rows) error {
	if r.n == 0 {
		return nil
	}
	sql, args := r.sql[r.n], r.args
	c.waiting -= r.n
	r.n, r.args = 0, args[:0]
	_, err := c.exec(sql, args...)
	clear(args)
	return err
}

// discard forgets the rows that wait.
func (c *conn) discard() {
	for _, r := range c.rows {
		clear(r.args)
		r.n, r.args = 0, r.args[:0]
	}
	c.waiting = 0
}
