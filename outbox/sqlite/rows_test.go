package sqlite

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestRows inserts rows of two tables that wait, and looks at them meanwhile, in
// batches of which some fail: each statement sees all that was inserted before it,
// and a batch leaves all or nothing.
func TestRows(t *testing.T) {
	t.Parallel()
	s := unsynced(t, open(t, Options{}))
	ok(t, s.conn.script("CREATE TABLE a (x PRIMARY KEY, y); CREATE TABLE b (x, y); CREATE INDEX b_x ON b (x)"))
	random := rand.New(rand.NewPCG(3, 4))
	var kept [2]int64
	for round := range 200 {
		now := kept
		fails := random.IntN(3) == 0
		err := s.run(t.Context(), "inserting", 0, func(t *tx) error {
			now = kept // when run again
			for range random.IntN(4 * maxRows) {
				table := random.IntN(2)
				n := now[table]
				now[table]++
				sql := [...]string{"INSERT INTO a (x, y) VALUES (?, ?)", "INSERT INTO b (x, y) VALUES (?, ?)"}[table]
				if err := t.conn.insert(sql, n, fmt.Sprint(table, n)); err != nil {
					return err
				}
				if random.IntN(6) > 0 {
					continue
				}
				if err := sees(t.conn, now); err != nil {
					return err
				}
			}
			if fails {
				return errEnough
			}
			return nil
		})
		if fails != (err != nil) {
			t.Fatalf("round %d: %v", round, err)
		}
		if !fails {
			kept = now
		}
		ok(t, s.run(t.Context(), "looking", 0, func(t *tx) error { return sees(t.conn, kept) }))
	}
	ok(t, s.run(t.Context(), "inserting what is there", 0, func(t *tx) error {
		return t.conn.insert("INSERT INTO a (x, y) VALUES (?, ?)", kept[0], nil)
	}))
	err := s.run(t.Context(), "inserting it again", 0, func(t *tx) error {
		return t.conn.insert("INSERT INTO a (x, y) VALUES (?, ?)", kept[0], nil)
	})
	if err == nil {
		t.Error("a row that cannot be inserted is not missed at the end of its transaction")
	}
}

// sees checks that both tables have what was inserted, so many rows each.
func sees(c *conn, want [2]int64) error {
	for table, n := range want {
		r, _, err := c.one(fmt.Sprintf("SELECT count(*), coalesce(max(x), -1), coalesce(sum(y = '%d ' || x), 0) FROM %c", table, 'a'+table))
		if err != nil {
			return err
		}
		if r[0] != n || r[1] != n-1 || r[2] != n {
			return fmt.Errorf("table %c has %v, want %d rows", 'a'+table, r, n)
		}
	}
	return nil
}
