package postgres

import "github.com/jackc/pgx/v5"

// late is how long after its Expires a delivery that was leased before may ring.
const late = 60 * 1000 // ms

// nth sets which message of its content the i-th of those kept together is. The
// content counts as taken while a delivery of it may still ring on its day or
// has rung today (column counts); messages kept together with the same content
// are one. Intake keeps two from being the same.
func (t *tx) nth(together []letter, i int) error {
	l := &together[i]
	for j := range together[:i] {
		if together[j].content == l.content && together[j].nth > 0 {
			l.nth = together[j].nth
			return nil
		}
	}
	if _, known := t.contents[l.content]; !known {
		t.askContents([]int64{l.content})
		if err := t.send(); err != nil {
			return err
		}
	}
	l.nth = t.contents[l.content] + 1
	return nil
}

// askContents reads, when it is sent, the highest nth of those that count of
// each content. It looks at one delivery for each day on which some stop to
// count, however many there are.
func (t *tx) askContents(contents []int64) {
	for _, c := range contents {
		t.contents[c] = 0
	}
	if len(contents) == 0 {
		return
	}
	t.ask(func(r pgx.Rows) error {
		var content, nth int64
		err := r.Scan(&content, &nth)
		t.contents[content] = nth
		return err
	}, `SELECT c, m.nth FROM unnest($1::bigint[]) c CROSS JOIN (SELECT `+nowMillis+` AS ms) now CROSS JOIN LATERAL (
		WITH RECURSIVE days AS (
			(SELECT counts, nth FROM deliveries WHERE content = c AND counts > 0 AND counts > now.ms ORDER BY counts DESC, nth DESC LIMIT 1)
			UNION ALL
			SELECT d.* FROM days CROSS JOIN LATERAL (SELECT e.counts, e.nth FROM deliveries e WHERE e.content = c
				AND e.counts > 0 AND e.counts > now.ms AND e.counts < days.counts ORDER BY e.counts DESC, e.nth DESC LIMIT 1) d)
		SELECT max(nth) AS nth FROM days HAVING count(*) > 0) m`, contents)
}
