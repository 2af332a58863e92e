package sqlite

import (
	"os"

	"modernc.org/sqlite"
)

// The log (Path-wal) is copied into the file once it has so many pages (32 MB),
// beside the writer, which would otherwise stall for tens of milliseconds. When
// so few are left that it hardly shows, the writer copies those itself: only
// then has all been copied at one moment, and the log begins anew. SQLite syncs the
// file at that moment alone, so that what was copied before is flushed before. Where
// as much comes meanwhile as was to be copied, the disk cannot follow, and the
// writer waits.
//
// SQLite begins the log anew only where no query still reads from it. Queries
// that always overlap would let it grow for ever: from logHeld pages (96 MB)
// on, the writer waits for a moment without any. So the log has logHeld and three
// times logPages at most (192 MB).
const (
	logPages = 4096
	logRest  = 128
	logHeld  = 3 * logPages
)

// keeper copies the log into the file on a connection and a goroutine of its own.
type keeper struct {
	conn  *conn
	start chan struct{}
	done  chan copied
	busy  bool
	pages int64 // to be copied, about
	from  int64 // pages at the start of the copying that goes on
	long  int64 // pages in the log when it was last copied
}

// copied says what came of copying.
type copied struct {
	all  bool  // that was in the log at the start
	long int64 // pages in the log then
}

// checkpoint sees after each commit whether there is copying to do.
func (s *Store) checkpoint() {
	k := s.keeper
	if n, _, err := s.conn.Conn.(sqlite.DBStatus).Status(sqlite.DBStatusCacheWrite, true); err == nil {
		k.pages += int64(n)
	}
	select {
	case c := <-k.done:
		k.busy, k.long = false, c.long
		if c.all && k.pages-k.from <= logRest || k.long >= logHeld {
			s.finishLog()
		}
	default:
	}
	switch {
	case k.busy && k.pages-k.from >= logPages:
		s.finishLog()
	case k.pages >= logPages && !k.busy:
		k.busy, k.from = true, k.pages
		k.start <- struct{}{}
	}
}

// finishLog copies the rest on the writer's own connection.
func (s *Store) finishLog() {
	k := s.keeper
	if k.busy {
		k.long = (<-k.done).long
		k.busy = false
	}
	if k.long >= logHeld {
		s.reading.Lock()
		defer s.reading.Unlock()
	}
	if c, err := copyLog(s.conn); err == nil && c.all {
		k.pages, k.long = 0, c.long
	} else {
		k.pages, k.long = logPages/2, 0 // a reader of old pages holds some back: not at once again
	}
}

func newKeeper(dsn string, file *os.File) (*keeper, error) {
	c, err := connect(dsn)
	if err != nil {
		return nil, err
	}
	k := &keeper{conn: c, start: make(chan struct{}, 1), done: make(chan copied, 1)}
	go func() {
		defer close(k.done)
		for range k.start {
			n, _ := copyLog(c) // the next commit tries again
			_ = flush(file)    // and SQLite says so where it fails, when it syncs
			k.done <- n
		}
	}()
	return k, nil
}

// Close waits for the copying that goes on.
func (k *keeper) Close() error {
	close(k.start)
	for range k.done { //nolint:revive // until it has ended
	}
	return k.conn.Close()
}

// copyLog copies what it can without waiting for anybody.
func copyLog(c *conn) (copied, error) {
	r, _, err := c.one("PRAGMA wal_checkpoint(PASSIVE)")
	if err != nil || len(r) != 3 {
		return copied{}, err
	}
	return copied{all: r[0] == 0 && r[1] == r[2], long: r[1]}, nil
}
