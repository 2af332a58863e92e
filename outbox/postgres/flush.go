package postgres

import (
	"context"
	"fmt"
	"runtime"
	"sync/atomic"

	"workbell/outbox"
)

// A flush takes so many calls or bytes at most, so that one transaction stays
// short and its memory bounded; what is left waits for the next.
const (
	maxFlush      = 1024
	maxFlushBytes = 16 << 20
)

// call is one call of Enqueue that waits for the flusher.
type call struct {
	drafts []draft
	size   int
	turn   atomic.Int32 // pending, then begun or withdrawn
	done   chan struct{}
	err    error
}

const (
	pending = iota
	begun
	withdrawn
)

// Enqueue keeps the entries; see outbox.Store. Calls that wait at the same time
// share a transaction.
func (s *Store) Enqueue(ctx context.Context, entries []outbox.Entry) ([]outbox.Kept, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("keeping events: %w", err)
	}
	c := &call{drafts: make([]draft, len(entries)), done: make(chan struct{})}
	for i := range entries {
		if err := c.drafts[i].prepare(&entries[i]); err != nil {
			return nil, fmt.Errorf("keeping an event of %s: %w", entries[i].Event.Source, err)
		}
		c.size += len(entries[i].Event.Payload) + 1024*(1+len(entries[i].Messages))
	}
	if err := s.submit(ctx, c); err != nil {
		return nil, err
	}
	kept := make([]outbox.Kept, len(entries))
	for i := range c.drafts {
		kept[i] = c.drafts[i].kept
	}
	return kept, nil
}

// submit hands c to the flusher and returns once it is committed. A ctx that
// ends withdraws it only while it has not begun; after that the answer is
// awaited.
func (s *Store) submit(ctx context.Context, c *call) error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return outbox.ErrClosed
	}
	s.waiting = append(s.waiting, c)
	s.mu.Unlock()
	ring(s.signal)
	select {
	case <-c.done:
	case <-ctx.Done():
		if c.turn.CompareAndSwap(pending, withdrawn) {
			return fmt.Errorf("keeping events: %w", ctx.Err())
		}
		<-c.done
	}
	return s.failed("keeping events", c.err)
}

// flush is the flusher: it commits what waits until the store is closed and
// nothing does.
func (s *Store) flush() {
	defer close(s.flushed)
	for range s.signal {
		s.gather()
		batch, more, closed := s.take()
		if more {
			ring(s.signal)
		}
		if len(batch) > 0 {
			s.commit(batch)
		}
		if closed && !more {
			return
		}
	}
}

// gather returns once nobody is about to call: while others are running, and
// bring more, a larger batch costs everybody less than an earlier one.
func (s *Store) gather() {
	for n := -1; ; {
		runtime.Gosched()
		s.mu.Lock()
		was := n
		n = len(s.waiting)
		s.mu.Unlock()
		if n == was || n >= maxFlush {
			return
		}
	}
}

func (s *Store) take() (batch []*call, more, closed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, bytes := 0, 0
	for n < len(s.waiting) && n < maxFlush && (n == 0 || bytes+s.waiting[n].size <= maxFlushBytes) {
		bytes += s.waiting[n].size
		n++
	}
	batch = s.waiting[:n:n]
	if s.waiting = s.waiting[n:]; len(s.waiting) == 0 {
		s.waiting = nil
	}
	return batch, len(s.waiting) > 0, s.closed
}

// commit keeps the batch in one transaction and answers every call in it. Where
// the server refuses it, each gets a transaction of its own, so that one that
// cannot be kept takes nobody with it.
func (s *Store) commit(batch []*call) {
	ran := batch[:0]
	for _, c := range batch {
		if c.turn.CompareAndSwap(pending, begun) {
			ran = append(ran, c)
		}
	}
	if err := s.keepAll(ran); sqlState(err) != "" && len(ran) > 1 {
		for i := range ran {
			if err := s.keepAll(ran[i : i+1]); err != nil && sqlState(err) == "" {
				break // the server is gone, and the others have their error
			}
		}
	}
	for _, c := range ran {
		close(c.done)
	}
}
