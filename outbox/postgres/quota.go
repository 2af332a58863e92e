package postgres

import (
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"workbell/outbox"
)

func countable(quotas []outbox.Quota) error {
	for _, q := range quotas {
		if q.N < 0 || q.Limit < 0 || q.Window < 0 {
			return fmt.Errorf("the quota %s has a number below zero", q.Key)
		}
	}
	return nil
}

// lockQuotas takes the locks of the keys that are limited, and reads the clock,
// which must be near this machine's, by which the keys' days are reckoned, and
// what is taken of them, what stops first before. Until the transaction ends
// nobody else takes of them, so what is read now is what there is. Nobody else
// need be kept from giving back.
func (t *tx) lockQuotas(quotas []outbox.Quota) (taken map[string][]share, err error) {
	var limited []string
	var locks []int64
	for _, q := range quotas {
		if q.Limit > 0 && q.N > 0 {
			limited, locks = append(limited, q.Key), append(locks, fingerprint(q.Key))
		}
	}
	t.askLock(quotaLocks, locks)
	t.askClock()
	taken = map[string][]share{}
	if len(limited) > 0 {
		t.ask(func(r pgx.Rows) error {
			var key string
			var s share
			err := r.Scan(&key, &s.until, &s.n)
			taken[key] = append(taken[key], s)
			return err
		}, "SELECT key, until, n FROM taken WHERE key = ANY($1) AND (until = 0 OR until > (SELECT "+nowMillis+")) ORDER BY key, until", limited)
	}
	if err := t.send(); err != nil {
		return nil, err
	}
	return taken, t.sameTime()
}

// share is what is taken of a key, in one row.
type share struct{ until, n int64 }

// exceeded finds the quotas that stand in the way, given what is taken.
func exceeded(quotas []outbox.Quota, taken map[string][]share) (g outbox.Grant) {
	want := make(map[string]int64, len(quotas))
	for _, q := range quotas {
		want[q.Key] += int64(q.N)
	}
	unknown := false
	for _, q := range quotas {
		if q.Limit == 0 || q.N == 0 || slices.Contains(g.Over, q.Key) {
			continue
		}
		excess := want[q.Key] - int64(q.Limit)
		for _, s := range taken[q.Key] {
			excess += s.n
		}
		if excess <= 0 {
			continue
		}
		g.Over = append(g.Over, q.Key)
		g.Never = g.Never || want[q.Key] > int64(q.Limit)
		at := freed(taken[q.Key], excess)
		unknown = unknown || at.IsZero()
		if at.After(g.RetryAt) {
			g.RetryAt = at
		}
	}
	if unknown || g.Never {
		g.RetryAt = time.Time{}
	}
	return g
}

// freed returns when n of what is taken stops counting, or zero where that
// depends on attempts in flight.
func freed(taken []share, n int64) time.Time {
	for _, s := range taken {
		if s.until == 0 {
			continue
		}
		if n -= s.n; n <= 0 {
			return instant(s.until)
		}
	}
	return time.Time{}
}

// take notes what the attempt that begins takes of the quotas.
func (t *tx) take(delivery int64, quotas []outbox.Quota) {
	var keys []string
	var ns, untils, spans []int64
	var calls []bool
	for _, q := range quotas {
		until, span := int64(0), (q.Window + time.Millisecond - 1).Milliseconds()
		if !q.Until.IsZero() {
			until, span = ceil(q.Until), 0
		}
		if q.N == 0 || until != 0 && !q.Until.After(t.at) { // it counts no more
			continue
		}
		keys, ns, untils, spans, calls = append(keys, q.Key), append(ns, int64(q.N)), append(untils, until), append(spans, span), append(calls, q.Call)
	}
	if len(keys) > 0 {
		t.later(`INSERT INTO taken (key, n, until, span, call, delivery)
			SELECT *, $6::bigint FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::boolean[])`, keys, ns, untils, spans, calls, delivery)
	}
}

// settle gives back what the attempts in back took, and lets what the others
// took count until their windows have passed. Fixed quotas of one key and end
// come into one row, so that there is one for an employee and day, not one for
// each message; those rows are locked in the order of their keys.
func (t *tx) settle(ended, back []int64) {
	back = append([]int64{}, back...) // nil would be NULL, which is neither in nor not in anything
	t.later("DELETE FROM taken WHERE delivery = ANY($1) AND delivery <> 0 AND until = 0 AND (span = 0 OR NOT call AND delivery = ANY($2))", ended, back)
	t.later("UPDATE taken SET until = $2 + span, delivery = 0 WHERE delivery = ANY($1) AND delivery <> 0 AND until = 0", ended, ceil(t.at))
	t.later(`WITH part AS (DELETE FROM taken WHERE delivery = ANY($1) AND delivery <> 0 RETURNING *)
		INSERT INTO taken (key, n, until, span, call, delivery)
		SELECT key, sum(n), until, 0, bool_or(call), 0 FROM part WHERE call OR NOT delivery = ANY($2) GROUP BY key, until ORDER BY key, until
		`+intoSum, ended, back)
}

// intoSum adds to the row of the same key and end, where there is one.
const intoSum = "ON CONFLICT (key, until) WHERE delivery = 0 AND span = 0 DO UPDATE SET n = taken.n + excluded.n"

// forget removes some of what counts no more. What an attempt in flight has
// taken stays for settle.
func (t *tx) forget() {
	t.later(`DELETE FROM taken WHERE id IN
		(SELECT id FROM taken WHERE until <= $1 AND delivery = 0 LIMIT 200 FOR UPDATE SKIP LOCKED)`, t.now)
}
