package sqlite

import (
	"database/sql/driver"
	"math/bits"
	"strings"
)

// rows wait to be inserted several at a time: what it takes to begin and end a
// statement, and to find the way down to where rows are appended, is then taken
// once for all of them. They are inserted by powers of two, so that there are few
// statements to keep.
type rows struct {
	sql  [maxLog + 1]string
	n    int
	args []driver.Value
}

// maxRows is how many rows one statement inserts at most. SQLite notes for each
// statement what the pages were that it changes, so that more rows are cheaper.
const (
	maxRows = 1 << maxLog
	maxLog  = 5
)

// insert runs sql, an INSERT of one row of VALUES, at some time before any other
// statement or the end of the transaction. Its error is theirs.
func (c *conn) insert(sql string, args ...driver.Value) error {
	r := c.rows[sql]
	if r == nil {
		r = &rows{}
		for i := range r.sql {
			r.sql[i] = sql + strings.Repeat(", "+sql[strings.LastIndexByte(sql, '('):], 1<<i-1)
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
	n, args, columns := r.n, r.args, len(r.args)/r.n
	c.waiting -= n
	r.n, r.args = 0, args[:0]
	defer clear(args)
	for n > 0 {
		i := bits.Len8(uint8(n)) - 1 // #nosec G115 -- not above maxRows
		if _, err := c.exec(r.sql[i], args[:columns<<i]...); err != nil {
			return err
		}
		n, args = n-1<<i, args[columns<<i:]
	}
	return nil
}

// discard forgets the rows that wait.
func (c *conn) discard() {
	for _, r := range c.rows {
		clear(r.args)
		r.n, r.args = 0, r.args[:0]
	}
	c.waiting = 0
}
