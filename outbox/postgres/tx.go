package postgres

import (
	"context"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"workbell/outbox"
)

// tx is one transaction. Statements are queued and sent together, BEGIN with the
// first and COMMIT with the last, since what a transaction costs, and how long it
// holds its locks, is mostly round trips.
type tx struct {
	conn   *pgxpool.Conn
	ctx    context.Context
	opts   *Options
	holder int64
	at     time.Time     // by the database's clock, see askClock
	now    int64         // at, in milliseconds
	ahead  time.Duration // by how much more this machine's clock shows, see sameTime
	single bool          // one round trip that only reads, for which PostgreSQL begins and commits by itself
	wake   bool
	full   bool      // a lot is, see lots.go
	queue  pgx.Batch // statements whose turn comes before the next read
	asked  bool      // one of them has an answer that somebody waits for
	counts [11]int64 // how many more there are in each state, in the order of codes
	numbers
	given    numbers         // what these were before
	contents map[int64]int64 // which message of its content the newest is that counts; see nth
	lanes    map[int64]int64 // the oldest open event of a group, 0: none; see lane
}

// numbers are the last that were given; known once askIntake has been sent.
type numbers struct{ lastEvent, lastDelivery int64 }

// tries is how often a transaction is run that fails for another's sake.
const tries = 8

// run runs do in a transaction, and commits it. A ctx that ends withdraws it
// only before it has begun; after that the answer is awaited, for callTime at
// most, so that it is the truth, but where the connection is lost while it
// commits: then nobody knows.
func (s *Store) run(ctx context.Context, doing string, do func(*tx) error) error {
	return s.runAs(ctx, "BEGIN", doing, do)
}

// read runs do in a transaction that sees one state of the store, and changes
// nothing.
func (s *Store) read(ctx context.Context, doing string, do func(*tx) error) error {
	return s.runAs(ctx, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", doing, do)
}

func (s *Store) runAs(ctx context.Context, begin, doing string, do func(*tx) error) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.using.RUnlock()
	return s.failed(doing, s.transact(ctx, begin, do))
}

// enter keeps Close waiting until using is unlocked.
func (s *Store) enter() error {
	s.using.RLock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		s.using.RUnlock()
		return outbox.ErrClosed
	}
	return nil
}

// transact runs do in a transaction, again where another stood in its way.
func (s *Store) transact(ctx context.Context, begin string, do func(*tx) error) (err error) {
	for range tries {
		if err = s.once(ctx, begin, do); !again(err) {
			break
		}
	}
	if sqlState(err) == readOnly { // find the primary
		s.pool.Reset()
	}
	return err
}

func (s *Store) once(ctx context.Context, begin string, do func(*tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	wait, cancel := context.WithTimeout(ctx, acquireTime)
	defer cancel()
	c, err := s.pool.Acquire(wait)
	if err != nil {
		return err
	}
	defer c.Release()
	ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), callTime)
	defer cancel()
	t := &tx{
		conn: c, ctx: ctx, opts: &s.opts, holder: s.holder,
		contents: map[int64]int64{}, lanes: map[int64]int64{},
	}
	if begin == "" {
		t.single = true
	} else {
		t.later(begin)
	}
	if err := t.complete(do); err != nil {
		_, _ = c.Exec(ctx, "ROLLBACK") // a connection that cannot is closed by Release
		return err
	}
	if t.wake {
		ring(s.wake)
	}
	if t.full {
		ring(s.full)
	}
	return nil
}

// complete runs do, writes what is written once for all of it, and commits.
func (t *tx) complete(do func(*tx) error) error {
	if err := do(t); err != nil || t.single {
		return err
	}
	if t.asked { // the answer may have to wake somebody
		if err := t.send(); err != nil {
			return err
		}
	}
	for state, n := range t.counts {
		if n != 0 {
			t.later("INSERT INTO tally VALUES ($1, $2)", state, n)
		}
	}
	if t.wake {
		t.later("SELECT pg_notify($1, $2)", channel, strconv.FormatInt(t.holder, 10))
	}
	t.later("COMMIT")
	return t.send()
}

// later queues a statement; what it returns is dropped.
func (t *tx) later(sql string, args ...any) { t.queue.Queue(sql, args...) }

// ask queues a statement and calls do for each row of its answer when it is sent.
func (t *tx) ask(do func(pgx.Rows) error, sql string, args ...any) {
	t.asked = true
	t.queue.Queue(sql, args...).Query(func(rows pgx.Rows) error {
		for rows.Next() {
			if err := do(rows); err != nil {
				return err
			}
		}
		return rows.Err()
	})
}

// send runs what is queued, in its order and in one round trip.
func (t *tx) send() error {
	if t.queue.Len() == 0 {
		return nil
	}
	batch := t.queue
	t.queue, t.asked = pgx.Batch{}, false
	return t.conn.SendBatch(t.ctx, &batch).Close()
}

// exec runs a statement now.
func (t *tx) exec(sql string, args ...any) error {
	t.later(sql, args...)
	return t.send()
}

// one reads the first row into dest, and says whether there is one.
func (t *tx) one(sql string, args []any, dest ...any) (found bool, err error) {
	err = t.each(func(r pgx.Rows) error {
		if found {
			return nil
		}
		found = true
		return r.Scan(dest...)
	}, sql, args...)
	return found, err
}

// each runs a statement now and calls do for each row.
func (t *tx) each(do func(pgx.Rows) error, sql string, args ...any) error {
	t.ask(do, sql, args...)
	return t.send()
}

// ids reads a column of numbers.
func (t *tx) ids(sql string, args ...any) (all []int64, err error) {
	err = t.each(func(r pgx.Rows) error {
		var id int64
		err := r.Scan(&id)
		all = append(all, id)
		return err
	}, sql, args...)
	return all, err
}

// askIntake locks out, when it is sent, everybody else who gives numbers to new
// rows.
func (t *tx) askIntake() {
	t.ask(func(r pgx.Rows) error {
		err := r.Scan(&t.lastEvent, &t.lastDelivery)
		t.given = t.numbers
		return err
	}, "SELECT last_event, last_delivery FROM store FOR UPDATE")
}

// keepNumbers writes the numbers that have been given since intake.
func (t *tx) keepNumbers() {
	const some = lotSize * lotsAtOnce
	t.full = t.lastEvent/some > t.given.lastEvent/some || t.lastDelivery/some > t.given.lastDelivery/some
	t.later("UPDATE store SET last_event = $1, last_delivery = $2", t.lastEvent, t.lastDelivery)
}
