package sqlite

import (
	"bytes"
	"context"
	"os"
	"sync"
	"testing"
	"time"

	"workbell/outbox"
)

// TestLogStaysBounded writes much more than the log may hold, while queries
// leave no moment without a reader.
func TestLogStaysBounded(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	stop := make(chan struct{})
	var wg sync.WaitGroup
	defer wg.Wait()
	defer close(stop)
	for range 4 * readers {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if err := slowRead(s); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	entry := benchEntry(1)
	entry.Event.Key = ""
	entry.Event.Payload = append([]byte{'"'}, bytes.Repeat([]byte("x"), 2<<20)...)
	const bound = (logHeld + 3*logPages) * pageSize
	written, longest := 0, int64(0)
	for ; written < 3*bound/2; written += len(entry.Event.Payload) {
		if _, err := s.Enqueue(t.Context(), []outbox.Entry{entry}); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(s.opts.Path + "-wal")
		if err != nil {
			t.Fatal(err)
		}
		longest = max(longest, info.Size())
	}
	if longest > bound {
		t.Errorf("the log grew to %d MB while %d MB were written, want at most %d MB", longest>>20, written>>20, bound>>20)
	}
}

// slowRead holds a state of the store for as long as a long query does.
func slowRead(s *Store) error {
	return s.read(context.Background(), "reading", func(c *conn) error {
		_, _, err := c.one("SELECT count(*) FROM store")
		time.Sleep(20 * time.Millisecond)
		return err
	})
}
