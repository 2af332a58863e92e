// Package sqlite keeps the outbox in one file, for a bridge on one machine.
//
// In come the calls of outbox.Store; out go the guarantees of that package, on
// a disk that has been synced. One goroutine writes (writer.go): whatever calls
// wait when it comes round share one transaction and one sync. Queries read
// beside it. One process has the file at a time. It contains no policy: what to
// send when, and which limits there are, is the callers' business.
package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	driver "modernc.org/sqlite"

	"workbell/outbox"
)

// MaxBacklog is how many open deliveries are kept where Options say nothing.
const MaxBacklog = 1_000_000

// Options say where the store is and what it may hold.
type Options struct {
	// Path is the database file. It is made, with mode 0600, where there is
	// none; SQLite keeps Path-wal and Path-shm beside it.
	Path string
	// MaxBacklog is the most open deliveries; 0 means the constant MaxBacklog.
	MaxBacklog int
	// Zone is where DingTalk's day begins; nil means UTC.
	Zone *time.Location
	// MaxBytes bounds the database file (without Path-wal); 0 means no bound
	// but the disk.
	MaxBytes int64
}

// Store is an outbox.Store in one SQLite file.
type Store struct {
	opts    Options
	lock    *os.File // holds the file for this process
	readers chan *conn
	memory  // the writer's own

	reading sync.RWMutex // held by each query, and by Close
	mu      sync.Mutex   // guards what follows
	waiting []*op
	closed  bool
	stats   counts // as last committed

	signal chan struct{} // something waits, or closed
	wake   chan struct{}
	done   chan struct{} // the writer has ended
	failed error         // what closing met; read after done
}

var _ outbox.Store = (*Store)(nil)

// Open opens the store, or makes it. It fails where another process has the
// file, where the file is not workbell's, and where a newer workbell wrote it.
// Attempts that were in flight when the file was last used are of unknown
// outcome from now on, and all leases are void. ctx bounds only the opening.
func Open(ctx context.Context, o Options) (*Store, error) {
	if o.MaxBacklog == 0 {
		o.MaxBacklog = MaxBacklog
	}
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	path, err := filepath.Abs(o.Path)
	if err != nil {
		return nil, fmt.Errorf("opening the store %s: %w", o.Path, err)
	}
	o.Path = path
	s := &Store{
		opts:   o,
		signal: make(chan struct{}, 1), wake: make(chan struct{}, 1), done: make(chan struct{}),
	}
	if err := s.open(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("opening the store %s: %w", path, err), s.release())
	}
	go s.write()
	return s, nil
}

func (s *Store) open(ctx context.Context) (err error) {
	// A commit then syncs the log's bytes and its size, not the time that the file
	// was changed, for which a journalling file system would commit its journal each
	// time. Where there is no fdatasync (macOS, Windows) all stays as it was.
	_, _ = driver.Fdatasync(true)
	if s.lock, err = claimFile(s.opts.Path); err != nil {
		return err
	}
	if s.conn, err = connect(s.dsn(writerPragmas...)); err != nil {
		return err
	}
	version, err := schemaVersion(s.conn) // before anything is changed: the file may be another's
	if err != nil {
		return err
	}
	if err := s.makePrivate(); err != nil {
		return err
	}
	if err := useLog(s.conn); err != nil {
		return err
	}
	if err := migrate(s.conn, version); err != nil {
		return err
	}
	if s.opts.MaxBytes > 0 {
		if err := s.conn.script(fmt.Sprintf("PRAGMA max_page_count = %d", s.opts.MaxBytes/pageSize)); err != nil {
			return err
		}
	}
	if err := s.recover(); err != nil {
		return fmt.Errorf("reading what was left: %w", err)
	}
	if s.keeper, err = newKeeper(s.dsn("busy_timeout(5000)", "synchronous(FULL)", "cache_size(-256)"), s.lock); err != nil {
		return err
	}
	s.readers = make(chan *conn, readers)
	for range readers {
		c, err := connect(s.dsn(readerPragmas...))
		if err != nil {
			return err
		}
		s.readers <- c
	}
	return ctx.Err()
}

// release lets go of whatever open took, backwards.
func (s *Store) release() error {
	var errs []error
	for len(s.readers) > 0 {
		errs = append(errs, (<-s.readers).Close())
	}
	if s.keeper != nil {
		errs = append(errs, s.keeper.Close())
	}
	if s.conn != nil {
		errs = append(errs, s.conn.Close())
	}
	if s.lock != nil { // last: while SQLite has the file open, closing another descriptor of it would drop its locks
		errs = append(errs, s.lock.Close())
	}
	return errors.Join(errs...)
}

// Close waits for what is being written and what waits to be, and closes.
// Later calls return outbox.ErrClosed.
func (s *Store) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return outbox.ErrClosed
	}
	s.closed = true
	s.mu.Unlock()
	s.ring(s.signal)
	<-s.done
	return s.failed
}

// Wake has a value after deliveries or follow-ups may have become due, or a
// quota free.
func (s *Store) Wake() <-chan struct{} { return s.wake }

// ring puts a value into a channel of one, if it has none.
func (*Store) ring(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// pageSize is SQLite's, in bytes: measured best for rows of 1 to 2 kB.
const pageSize = 8192

// readers is how many queries run at a time beside the writer.
const readers = 2

// What every connection is told. A page of cache takes twice pageSize of memory,
// as the allocator rounds up, and what is written is mostly appended, so a small
// cache does. The writer leaves checkpoints to checkpoint.go.
var (
	writerPragmas = []string{
		"busy_timeout(5000)", "page_size(8192)", "synchronous(FULL)", "cache_size(-1536)",
		"wal_autocheckpoint(0)", "journal_size_limit(67108864)", "temp_store(MEMORY)", "trusted_schema(OFF)",
	}
	readerPragmas = []string{"busy_timeout(5000)", "query_only(ON)", "cache_size(-1024)", "temp_store(MEMORY)", "trusted_schema(OFF)"}
)

func (s *Store) dsn(pragmas ...string) string {
	u := url.URL{Path: s.opts.Path}
	return "file:" + u.EscapedPath() + "?" + url.Values{"_pragma": pragmas}.Encode()
}

// makePrivate makes the file, and what SQLite keeps beside it, for its owner's
// eyes alone. SQLite gives files that it makes the mode of the first.
func (s *Store) makePrivate() error {
	if err := s.lock.Chmod(0o600); err != nil {
		return err
	}
	for _, beside := range []string{"-wal", "-shm"} {
		if err := os.Chmod(s.opts.Path+beside, 0o600); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// useLog has commits go to a log beside the file, which queries read past.
func useLog(c *conn) error {
	mode := ""
	err := c.query(func(r row) error {
		mode = r.text(0)
		return nil
	}, "PRAGMA journal_mode = WAL")
	if err == nil && mode != "wal" {
		err = fmt.Errorf("its file system does not let SQLite keep a log beside it (journal mode %s); use a local disk", mode)
	}
	return err
}

// claimFile takes the file for this process, and makes it where it is new.
func claimFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) // #nosec G304 -- the operator's choice
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w; make the directory %s first", err, filepath.Dir(path))
	}
	if err != nil {
		return nil, fmt.Errorf("%w; name a file with --storage that the user who runs workbell may write", err)
	}
	if taken, err := lockFile(f); err != nil {
		if taken {
			err = errors.New("another workbell has it open; stop that one, or use another --storage")
		}
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}
