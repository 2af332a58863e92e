package sqlite

import "modernc.org/sqlite"

// The log (Path-wal) is copied into the file once it has so many pages (32 MB),
// beside the writer, which would otherwise stall for tens of milliseconds. When
// so few are left that it hardly shows, the writer copies those itself: only
// then has all been copied at one moment, and the log begins anew. A log of
// logStop pages (512 MB) stops the writer until it is copied.
const (
	logPages = 4096
	logRest  = 128
	logStop  = 16 * logPages
)

// keeper copies the log on a connection and a goroutine of its own.
type keeper struct {
	conn  *conn
	start chan struct{}
	all   chan bool // whether all that was in the log at the start has been copied
	busy  bool
	pages int64 // in the log, about
	from  int64 // pages at the start of the copying that goes on
}

// checkpoint sees after each commit whether there is copying to do.
func (s *Store) checkpoint() {
	k := s.keeper
	if n, _, err := s.conn.Conn.(sqlite.DBStatus).Status(sqlite.DBStatusCacheWrite, true); err == nil {
		k.pages += int64(n)
	}
	select {
	case all := <-k.all:
		k.busy = false
		if all && k.pages-k.from <= logRest {
			k.finish(s.conn)
		}
	default:
	}
	switch {
	case k.pages >= logStop:
		k.finish(s.conn)
	case k.pages >= logPages && !k.busy:
		k.busy, k.from = true, k.pages
		k.start <- struct{}{}
	}
}

// finish copies the rest on the writer's own connection.
func (k *keeper) finish(c *conn) {
	if k.busy {
		<-k.all
		k.busy = false
	}
	if all, err := copyLog(c); err == nil && all {
		k.pages = 0
	} else {
		k.pages = logPages / 2 // a reader of old pages holds some back: not at once again
	}
}

func newKeeper(dsn string) (*keeper, error) {
	c, err := connect(dsn)
	if err != nil {
		return nil, err
	}
	k := &keeper{conn: c, start: make(chan struct{}, 1), all: make(chan bool, 1)}
	go func() {
		defer close(k.all)
		for range k.start {
			all, err := copyLog(c)
			k.all <- all && err == nil // the next commit tries again
		}
	}()
	return k, nil
}

// Close waits for the copying that goes on.
func (k *keeper) Close() error {
	close(k.start)
	for range k.all { //nolint:revive // until it has ended
	}
	return k.conn.Close()
}

// copyLog copies what it can without waiting for anybody, and says whether
// that was all that the log held when it began.
func copyLog(c *conn) (all bool, err error) {
	r, _, err := c.one("PRAGMA wal_checkpoint(PASSIVE)")
	return err == nil && len(r) == 3 && r[0] == 0 && r[1] == r[2], err
}
