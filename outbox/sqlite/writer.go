package sqlite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"workbell/outbox"
)

// A batch is closed at so many calls or bytes, so that one transaction stays
// short and its memory bounded; what is left waits for the next.
const (
	maxBatch      = 1024
	maxBatchBytes = 32 << 20
	maxRounds     = 16 // in which others are let in before
	few           = 2  // calls, up to which a batch lingers
)

// op is one call that waits for the writer.
type op struct {
	// do checks first and writes after. What it refuses it answers with a
	// refusal, nothing having been written; any other error is the engine's,
	// and undoes the whole batch. It may then be run again.
	do   func(*tx) error
	size int
	// early says, once it is done, whether it may be answered before that is on
	// disk; nil: it may not.
	early func() bool
	// anyway: it is done though times could not be moved after the clock was set
	// (clock.go), since it makes room where there is none.
	anyway bool
	turn   atomic.Int32 // pending, then begun or withdrawn
	done   chan struct{}
	err    error
}

// refusal is an answer to one call that leaves the others of its batch alone.
type refusal struct{ error }

const (
	pending = iota
	begun
	withdrawn
)

// run hands do to the writer and returns once it is committed. A ctx that ends
// withdraws it only while it has not begun; after that the answer is awaited,
// so that it is always the truth.
func (s *Store) run(ctx context.Context, doing string, size int, do func(*tx) error) error {
	return s.hand(ctx, doing, &op{do: do, size: size})
}

func (s *Store) hand(ctx context.Context, doing string, o *op) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	o.done = make(chan struct{})
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return outbox.ErrClosed
	}
	s.waiting = append(s.waiting, o)
	s.mu.Unlock()
	s.ring(s.signal)
	select {
	case <-o.done:
	case <-ctx.Done():
		if o.turn.CompareAndSwap(pending, withdrawn) {
			return fmt.Errorf("%s: %w", doing, ctx.Err())
		}
		<-o.done
	}
	var r refusal
	switch {
	case o.err == nil:
		return nil
	case errors.As(o.err, &r):
		return r.error
	}
	return fmt.Errorf("%s in %s: %w", doing, s.opts.Path, o.err)
}

// write is the writer: it commits batches until the store is closed and
// nothing waits.
func (s *Store) write() {
	defer close(s.done)
	for range s.signal {
		s.gather()
		batch, more, closed := s.take()
		if more {
			s.ring(s.signal)
		}
		if len(batch) > 0 {
			s.commit(batch)
			s.checkpoint()
		}
		if closed && !more {
			break
		}
	}
	s.reading.Lock()
	defer s.reading.Unlock()
	s.failed = s.release()
}

// gather lets in whoever is about to call, without a timer: as long as calls
// come while others have their turn. At 64 callers this makes one sync out of
// some dozens.
func (s *Store) gather() {
	for before, round := 0, 0; round < maxRounds; round++ {
		runtime.Gosched()
		s.mu.Lock()
		n := len(s.waiting)
		s.mu.Unlock()
		if n == before {
			return
		}
		before = n
	}
}

func (s *Store) take() (batch []*op, more, closed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, bytes := 0, 0
	for n < len(s.waiting) && n < maxBatch && (n == 0 || bytes+s.waiting[n].size <= maxBatchBytes) {
		bytes += s.waiting[n].size
		n++
	}
	batch = s.waiting[:n:n]
	if s.waiting = s.waiting[n:]; len(s.waiting) == 0 {
		s.waiting = nil
	}
	return batch, len(s.waiting) > 0, s.closed
}

// commit runs the batch in one transaction and answers every call in it. Where
// the engine fails each gets a transaction of its own, so that an event too
// large for what is left of the disk takes nobody with it: not the answers of
// DingTalk's, and not Prune, which makes room.
func (s *Store) commit(batch []*op) {
	ran := beginAll(batch)
	if err := s.followClock(); err != nil {
		for i, o := range ran {
			if o.err = err; o.anyway {
				_, _ = s.transact(ran[i:i+1], false)
			}
		}
	} else if ran, err = s.transact(ran, true); err != nil && len(ran) > 1 {
		for i := range ran {
			_, _ = s.transact(ran[i:i+1], false) // it is in the op
		}
	}
	for _, o := range ran {
		close(o.done)
	}
}

// beginAll returns the calls of batch that have not been withdrawn.
func beginAll(batch []*op) []*op {
	ran := batch[:0]
	for _, o := range batch {
		if o.turn.CompareAndSwap(pending, begun) {
			ran = append(ran, o)
		}
	}
	return ran
}

// transact runs ops in one transaction, with those that come while it lingers,
// and returns all that have not been answered. An error is that of all of them.
func (s *Store) transact(ops []*op, linger bool) ([]*op, error) {
	t := s.begin()
	err := t.conn.run("BEGIN")
	if err == nil {
		err = t.all(ops)
	}
	if err == nil && linger {
		ops, err = s.linger(t, ops)
	}
	if err == nil {
		err = t.commit()
	}
	if err != nil {
		t.rollback()
		for _, o := range ops {
			o.err = err
		}
		if t.told { // what was claimed may have waited before, and waits again
			s.ring(s.wake)
		}
		return ops, err
	}
	s.mu.Lock()
	s.stats = s.counts
	s.mu.Unlock()
	if t.wake {
		s.ring(s.wake)
	}
	return ops, nil
}

// linger lets in whoever takes what has become due, where there is little else to
// do, so that keeping a message and beginning its first attempt take one sync
// together. A claim is told at once, before what it names is on disk: nothing
// comes of it until the attempt is there, too, and if this transaction fails, the
// claim's fence is void. It lingers no longer than gather lets others in, or who
// claims again and again would keep the rest waiting. It returns ran with those let
// in that wait for the commit.
func (s *Store) linger(t *tx, ran []*op) ([]*op, error) {
	told := false
	for round := 0; (told || t.wake) && len(ran) <= few && round < maxRounds; round++ {
		if t.wake {
			t.wake = false
			s.ring(s.wake)
		}
		s.gather()
		joined, more, _ := s.take()
		if more {
			s.ring(s.signal)
		}
		t.goOn()
		joined, told = beginAll(joined), false
		for i, o := range joined {
			if err := t.all(joined[i : i+1]); err != nil {
				return append(ran, joined[i:]...), err
			}
			if o.early != nil && o.early() {
				told, t.told = true, true
				close(o.done)
			} else {
				ran = append(ran, o)
			}
		}
	}
	return ran, nil
}

// tx is the transaction of one batch.
type tx struct {
	*memory
	opts    *Options
	at      time.Time
	now     int64 // at, in milliseconds
	wake    bool
	told    bool // some have been answered before the commit
	before  numbers
	undoing []func()
}

func (s *Store) begin() *tx {
	at := time.Now()
	return &tx{memory: &s.memory, opts: &s.opts, at: at, now: at.UnixMilli(), before: s.numbers}
}

// goOn has the transaction go by the time that it is now, so that nothing counts
// from before the call that keeps it. Where the clock has been set since it began,
// that shows in the next: times are moved along between transactions alone.
func (t *tx) goOn() {
	t.at = t.at.Add(time.Since(t.at))
	t.now = t.at.UnixMilli()
}

func (t *tx) all(ops []*op) error {
	for _, o := range ops {
		o.err = o.do(t)
		if r := (refusal{}); o.err != nil && !errors.As(o.err, &r) {
			return o.err
		}
	}
	return nil
}

// commit writes what is kept beside the rows, and commits.
func (t *tx) commit() error {
	if err := t.keepNumbers(); err != nil {
		return err
	}
	for _, x := range t.indexes() {
		if err := x.save(t); err != nil {
			return err
		}
	}
	if err := t.groups.save(t); err != nil {
		return err
	}
	if err := t.conn.run("COMMIT"); err != nil {
		return err
	}
	for _, x := range t.indexes() {
		x.saved(t.now)
	}
	t.groups.saved(t.lastEvent)
	return nil
}

// keepNumbers writes the store's row where something in it has changed.
func (t *tx) keepNumbers() error {
	if t.numbers == t.before {
		return nil
	}
	text, err := json.Marshal(t.counts.byState())
	if err != nil {
		return err
	}
	_, err = t.conn.exec("UPDATE store SET last_event = ?, last_delivery = ?, counts = ?",
		t.lastEvent, t.lastDelivery, string(text))
	return err
}

// rollback makes file and memory what they were before the batch.
func (t *tx) rollback() {
	_ = t.conn.script("ROLLBACK") // SQLite has done it itself after some errors
	t.conn.discard()
	for i := len(t.undoing) - 1; i >= 0; i-- {
		t.undoing[i]()
	}
	t.numbers = t.before
	for _, x := range t.indexes() {
		x.discard()
	}
	t.groups.discard()
}

// undo registers what takes back a change to memory, should the batch fail.
func (t *tx) undo(f func()) { t.undoing = append(t.undoing, f) }

// Ready returns nil if the store can be written to: it takes room for some
// pages, gives it back, and syncs. A row set to what it was would not do:
// SQLite writes no page for it.
func (s *Store) Ready(ctx context.Context) error {
	return s.run(ctx, "writing a probe", 0, func(t *tx) error {
		if _, err := t.conn.exec("INSERT INTO recent (id, until, lot) VALUES (-1, 0, zeroblob(?))", int64(4*pageSize)); err != nil {
			return err
		}
		_, err := t.conn.exec("DELETE FROM recent WHERE id = -1")
		return err
	})
}
