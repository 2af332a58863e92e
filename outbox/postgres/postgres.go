// Package postgres keeps the outbox in a PostgreSQL database, for several
// bridges that share it.
//
// In come the calls of outbox.Store; out go the guarantees of that package, over
// all the stores that are open on one database. It contains no policy.
//
// # How
//
// Transactions are READ COMMITTED: each statement sees what has been committed
// by then, so what is read after a lock has been taken is what the one before
// left. Every transaction takes its locks in this order, which is why they do
// not wait for each other in a circle:
//
//  1. intake, the row of table store, where new rows get numbers. It makes
//     numbers visible in their order, and protects keys (one of several entries
//     with a key makes the event), contents (which message of a day it is) and
//     the bound of the backlog.
//  2. lanes (advisory): who is ready in a group. Without it two that end the
//     last two deliveries of an event would each leave the next to the other.
//     Whoever has it may lock rows of the lane in any order: those that lock one
//     without it (claiming, reserving, ending leases) wait for no lane.
//     Whoever has intake needs none of a lane in which nothing is open: nothing
//     comes into it meanwhile.
//  3. rows of deliveries, by id: state, lease, fence, attempt in flight, and with
//     them the rows of other tables that are a delivery's.
//  4. quotas (advisory): what is taken of limited keys, while it is compared
//     with the limits.
//  5. rows of table taken, in the order of their keys.
//
// Should there be a circle all the same, PostgreSQL ends a transaction of it, which
// is run again.
//
// The database's clock decides everything: it is read after the locks have been
// taken. That of a bridge does no harm.
package postgres

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"workbell/outbox"
)

// MaxBacklog is how many open deliveries are kept where Options say nothing.
const MaxBacklog = 1_000_000

// Options say where the store is and what it may hold.
type Options struct {
	// URL names the database, as libpq takes it: postgres://user:password@host/name.
	// It may name several hosts and target_session_attrs=read-write, pool_max_conns
	// (default 8) and settings of the session; search_path defaults to workbell.
	URL string
	// MaxBacklog is the most open deliveries; 0 means the constant MaxBacklog.
	MaxBacklog int
	// Zone is where DingTalk's day begins; nil means UTC. All stores on one
	// database have the same.
	Zone *time.Location
	// ClockTolerance is by how much this machine's clock may be apart from the
	// database's; 0: any. While it is more the store does not open, and one that is
	// open neither keeps, gives out nor reserves anything: what callers reckon by
	// their clock (which day's quota a call takes of, until when a message is worth
	// sending) must agree with what others do.
	ClockTolerance time.Duration
	// Filling opens a store that is being filled with another's content, too; see
	// FillFrom.
	Filling bool
}

// Store is an outbox.Store in a PostgreSQL database.
type Store struct {
	opts   Options
	pool   *pgxpool.Pool
	name   string // of the database, for errors
	secret string // its password, which no error shows
	holder int64  // of the leases that this store gives

	using   sync.RWMutex // held by each call, and by Close
	mu      sync.Mutex   // guards what follows
	closed  bool
	waiting []*call
	pruned  int64 // where Prune goes on

	signal    chan struct{} // something waits, or closed
	wake      chan struct{}
	flushed   chan struct{} // the flusher has ended
	full      chan struct{} // a lot may be full, or closed
	noted     chan struct{} // the noter has ended
	listening chan struct{} // the listener has ended
	deafen    context.CancelFunc
}

var _ outbox.Store = (*Store)(nil)

// Open opens the store, and makes its tables or brings them up to date where
// they are older; several may do so at once. It fails where a newer workbell has
// made the tables such that this one cannot use them. ctx bounds only the
// opening. Leases and attempts of other stores go on.
func Open(ctx context.Context, o Options) (*Store, error) {
	if o.MaxBacklog == 0 {
		o.MaxBacklog = MaxBacklog
	}
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	s := &Store{
		opts: o, signal: make(chan struct{}, 1), wake: make(chan struct{}, 1),
		flushed: make(chan struct{}), listening: make(chan struct{}),
		full: make(chan struct{}, 1), noted: make(chan struct{}),
	}
	config, err := s.configure(o.URL)
	if err != nil {
		return nil, err
	}
	if s.pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return nil, fmt.Errorf("opening the store %s: %w", s.name, s.scrub(err))
	}
	if err := s.prepare(ctx); err != nil {
		s.pool.Close()
		return nil, fmt.Errorf("opening the store %s: %w", s.name, s.scrub(err))
	}
	first, err := s.connect(ctx, config.ConnConfig)
	if err != nil {
		s.pool.Close()
		return nil, fmt.Errorf("listening to the store %s: %w", s.name, s.scrub(err))
	}
	listen, cancel := context.WithCancel(context.WithoutCancel(ctx))
	s.deafen = cancel
	go s.listen(listen, config.ConnConfig, first)
	go s.flush()
	go s.note()
	ring(s.full)
	return s, nil
}

func (s *Store) prepare(ctx context.Context) error {
	if err := migrate(ctx, s.pool, s.ownSchema(), migrations); err != nil {
		return err
	}
	if err := s.settled(ctx); err != nil {
		return err
	}
	err := s.transact(ctx, "BEGIN", func(t *tx) error {
		t.askClock()
		if err := t.send(); err != nil {
			return err
		}
		return t.sameTime()
	})
	if err != nil {
		return err
	}
	return s.pool.QueryRow(ctx, "SELECT nextval('holders')").Scan(&s.holder)
}

// Close waits for what is being written and what waits to be, ends the leases
// that this store gave, so that others need not wait for that, and closes. Later
// calls return outbox.ErrClosed.
func (s *Store) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return outbox.ErrClosed
	}
	s.closed = true
	s.mu.Unlock()
	ring(s.signal)
	<-s.flushed
	ring(s.full)
	<-s.noted
	s.using.Lock() // nobody is inside any more
	defer s.using.Unlock()
	err := s.transact(context.Background(), "BEGIN", (*tx).loseOwn)
	s.deafen()
	<-s.listening
	s.pool.Close()
	if err != nil {
		return fmt.Errorf("ending the leases in %s: %w", s.name, s.scrub(err))
	}
	return nil
}

// Wake has a value after deliveries or follow-ups may have become due, or a
// quota free, here or by another store on the same database.
func (s *Store) Wake() <-chan struct{} { return s.wake }

// ring puts a value into a channel of one, if it has none.
func ring(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
