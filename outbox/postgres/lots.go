package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"strings"

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
	next   string // the first full lot of the store that is not noted
	insert string // notes the lot from $1 on
	last   string // the last row that is noted
	prune  string // removes the notes of rows that are gone
}

// lotSize is a matter of the schema: 500 fingerprints fill half a page.
const lotSize = 500

// lotsOf are kept in a table, of the rows of another, of which the column of table
// store has the last id. The select makes the lot from $1 on.
func lotsOf(table, rows, given, lot string) lots {
	fit := strings.NewReplacer("LOTS", table, "ROWS", rows, "GIVEN", given).Replace
	return lots{
		next: fit(`SELECT (id - 1) / 500 * 500 + 1 FROM ROWS WHERE id <= (SELECT GIVEN / 500 * 500 FROM store)
			AND id >= coalesce((SELECT max(first) + 500 FROM LOTS), 0) ORDER BY id LIMIT 1`),
		insert: fit("INSERT INTO LOTS (first, lot) " + lot),
		last:   fit("SELECT coalesce(max(first) + 499, 0) FROM LOTS"),
		prune:  fit("DELETE FROM LOTS WHERE first < (SELECT min(id) - 499 FROM ROWS)"),
	}
}

// grouped are the lots of deliveries, which is what is listed by group: parts and
// what was made later of an event are in their place then.
var grouped = lotsOf("grouped", "deliveries", "last_delivery", `SELECT $1::bigint, array_agg(coalesce(print, 0) ORDER BY n)
	FROM generate_series($1::bigint, $1 + 499) n LEFT JOIN (
		SELECT d.id, (SELECT ('x' || encode(substring(sha256(e.group_key), 1, 8), 'hex'))::bit(64)::bigint FROM events e WHERE e.id = d.event) AS print
		FROM deliveries d WHERE d.id >= $1 AND d.id < $1 + 500) d ON d.id = n`)

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

// noteNext notes the next lot of each kind, and says whether there was one. Only one
// store does so at a time.
func (s *Store) noteNext() (more bool, err error) {
	err = s.run(context.Background(), "noting what is kept", func(t *tx) error {
		more = false
		var ours bool
		if _, err := t.one("SELECT pg_try_advisory_xact_lock($1, 0)", []any{noteLock}, &ours); err != nil || !ours {
			return err
		}
		for _, l := range []lots{grouped, sourced} {
			var first int64
			found, err := t.one(l.next, nil, &first)
			if err != nil {
				return err
			}
			if found {
				t.later(l.insert, first)
			}
			more = more || found
		}
		return nil
	})
	return more, err
}
