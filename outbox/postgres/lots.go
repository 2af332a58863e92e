package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5"

	"workbell/outbox"
)

// lots note what rows are asked for by that have no index of it: a group's key or a
// source may be of any event, so that each accept would write a page of an index
// more. A note is one row for lotSize rows in the order of their ids, written behind
// accepting, by reading those again once their lot is full. Whoever asks reads all
// notes of a lot's kind, eight bytes for each delivery, and of the rows those that
// are meant; what is not noted yet, which is newer than all that is, it looks
// through. So it does not matter which version has written a row.
type lots struct {
	next   string // the first full lot that is not noted, and how many are full from there
	insert string // notes the lot from $1 on
	last   string // the last row that is noted
	prune  string // removes the notes of rows that are gone
}

const (
	lotSize    = 500 // a matter of the schema: so many fingerprints fill half a page
	lotsAtOnce = 4   // in one transaction, which costs as much as noting two
)

// lotsOf are kept in a table, of the rows of another, of which the column of table
// store has the last id. The select makes the lot from $1 on.
func lotsOf(table, rows, given, lot string) lots {
	fit := strings.NewReplacer("LOTS", table, "ROWS", rows, "GIVEN", given).Replace
	return lots{
		next: fit(`SELECT (id - 1) / 500 * 500 + 1, (SELECT GIVEN / 500 FROM store) - (id - 1) / 500 FROM ROWS WHERE id <= (SELECT GIVEN / 500 * 500 FROM store)
			AND id >= coalesce((SELECT max(first) + 500 FROM LOTS), 0) ORDER BY id LIMIT 1`),
		insert: fit("INSERT INTO LOTS (first, lot) " + lot),
		last:   fit("SELECT coalesce(max(first) + 499, 0) FROM LOTS"),
		prune:  fit("DELETE FROM LOTS WHERE first < (SELECT min(id) - 499 FROM ROWS)"),
	}
}

// grouped are the lots of deliveries, which is what is listed by group: parts and
// what was made later of an event are in their place then.
var grouped = lotsOf("grouped", "deliveries", "last_delivery", `SELECT $1::bigint, ARRAY(
	SELECT coalesce(d.group_print, (SELECT ('x' || encode(substring(sha256(e.group_key), 1, 8), 'hex'))::bit(64)::bigint
		FROM events e WHERE e.id = d.event), 0)
	FROM generate_series($1::bigint, $1 + 499) n LEFT JOIN deliveries d ON d.id = n AND d.id >= $1 AND d.id < $1 + 500 ORDER BY n)`)

// sourced are the lots of events.
var sourced = lotsOf("sourced", "events", "last_event", `SELECT $1::bigint, coalesce(array_agg(DISTINCT source), '{}')
	FROM events WHERE id >= $1 AND id < $1 + 500`)

// groupPrint is what grouped has of a group.
func groupPrint(key string) int64 {
	sum := sha256.Sum256([]byte(key))
	return int64(binary.BigEndian.Uint64(sum[:8])) // #nosec G115 -- a bit pattern
}

// note is the noter: it notes lots that are full until the store is closed. Where
// it fails, the next that is full has it go on.
func (s *Store) note() {
	defer close(s.noted)
	for range s.full {
		for more, err := true, error(nil); more && err == nil; {
			if more, err = s.noteNext(); errors.Is(err, outbox.ErrClosed) {
				return
			}
		}
	}
}

// noteNext notes the next lots of each kind, and says whether there are more. Only
// one store does so at a time. What a crash of the database loses is noted again.
func (s *Store) noteNext() (more bool, err error) {
	due := false // mostly not, and then nothing is written
	err = s.runAs(context.Background(), "", "looking for what is to be noted", func(t *tx) error {
		for _, l := range []lots{grouped, sourced} {
			t.ask(func(pgx.Rows) error { due = true; return nil }, l.next)
		}
		return t.send()
	})
	if err != nil || !due || s.opts.Filling { // of what is being filled more is to come below its last numbers
		return false, err
	}
	err = s.run(context.Background(), "noting what is kept", func(t *tx) error {
		var ours bool
		t.later("SELECT set_config('synchronous_commit', 'off', true), set_config('plan_cache_mode', 'force_generic_plan', true)")
		t.ask(func(r pgx.Rows) error { return r.Scan(&ours) }, "SELECT pg_try_advisory_xact_lock($1, 0)", noteLock)
		if err := t.send(); err != nil || !ours {
			return err
		}
		kinds := []lots{grouped, sourced}
		first, full := make([]int64, len(kinds)), make([]int64, len(kinds))
		for i, l := range kinds {
			t.ask(func(r pgx.Rows) error { return r.Scan(&first[i], &full[i]) }, l.next)
		}
		if err := t.send(); err != nil {
			return err
		}
		more = false
		for i, l := range kinds {
			for n := range min(full[i], lotsAtOnce) {
				t.later(l.insert, first[i]+n*lotSize)
			}
			more = more || full[i] > lotsAtOnce
		}
		return nil
	})
	return more, err
}
