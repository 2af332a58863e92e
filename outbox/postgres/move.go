package postgres

import (
	"context"
	"fmt"

	"workbell/outbox"
)

// moving is the table that is there while a store is being filled: Open refuses
// it then, unless it is told to go on.
const moving = "workbell_moving"

// settled refuses a store that has been filled in part.
func (s *Store) settled(ctx context.Context) error {
	var unfinished bool
	err := s.pool.QueryRow(ctx, "SELECT to_regclass($1) IS NOT NULL", moving).Scan(&unfinished)
	if err == nil && unfinished && !s.opts.Filling {
		err = fmt.Errorf("it has been filled in part; run the same workbell migrate again, which goes on")
	}
	return err
}

// FillFrom begins to fill an empty store with another's content, of which it
// takes what belongs to no event, or goes on: it says after which event. It
// refuses a store that holds anything else, and a source that has changed since.
func (s *Store) FillFrom(ctx context.Context, source outbox.Marks, shared outbox.Chunk) (after int64, err error) {
	err = s.run(ctx, "filling the store", func(t *tx) error {
		t.askIntake()
		t.askClock()
		var there bool
		if _, err := t.one("SELECT to_regclass($1) IS NOT NULL", []any{moving}, &there); err != nil {
			return err
		}
		if there {
			return t.goOn(source, &after)
		}
		if t.numbers != (numbers{}) {
			return refusal{fmt.Errorf("filling the store %s: it has had events already; give it an empty database or schema", s.name)}
		}
		t.later("CREATE TABLE " + moving + " (after bigint NOT NULL, last_event bigint NOT NULL, last_delivery bigint NOT NULL)")
		if err := t.send(); err != nil { // before it is spoken of
			return err
		}
		t.later("INSERT INTO "+moving+" VALUES (0, $1, $2)", source.LastEvent, source.LastDelivery)
		t.lastEvent, t.lastDelivery = source.LastEvent, source.LastDelivery
		t.keepNumbers()
		t.insert(factTable, shared["facts"])
		t.fillTaken(shared["taken"])
		return nil
	})
	return after, err
}

// goOn reads how far filling has come.
func (t *tx) goOn(source outbox.Marks, after *int64) error {
	var was outbox.Marks
	if _, err := t.one("SELECT after, last_event, last_delivery FROM "+moving, nil, after, &was.LastEvent, &was.LastDelivery); err != nil {
		return err
	}
	if was != source {
		return refusal{fmt.Errorf("going on filling the store: the source has changed since that began; empty the database and begin anew")}
	}
	return nil
}

// Fill keeps a chunk, the last event of which is last.
func (s *Store) Fill(ctx context.Context, chunk outbox.Chunk, last int64) error {
	return s.run(ctx, "filling the store", func(t *tx) error {
		t.insert(eventTable, eventRows(chunk["events"]))
		var rows [][]any
		for _, r := range chunk["deliveries"] {
			rows = append(rows, deliveryRow(r))
			t.counts[r[8].(int64)]++
		}
		t.insert(movedTable, rows)
		t.insert(attemptTable, chunk["attempts"])
		t.insert(followupTable, chunk["followups"])
		t.insert(receiptTable, chunk["receipts"])
		t.insert(noteTable, chunk["notes"])
		t.later("UPDATE "+moving+" SET after = $1", last)
		return nil
	})
}

// Filled ends filling: the store can be opened by bridges.
func (s *Store) Filled(ctx context.Context) error {
	return s.run(ctx, "filling the store", func(t *tx) error { return t.exec("DROP TABLE " + moving) })
}

// The tables of a Chunk beside those of Enqueue.
var (
	movedTable = table("deliveries", "id bigint", "event bigint", "rule text", "app text", "msgtype text", "repeat text", "on_resolve text",
		"track text", "state bigint", "ready boolean", "priority bigint", "created bigint", "due bigint", "expires bigint", "lane bigint",
		"group_id bytea", "content bigint", "nth bigint", "rang bigint", "updated bigint", "spent bigint", "tries bigint", "task bigint",
		"reason text", "parent bigint", "cause text", "waits bigint", "escalates boolean", "resolved bigint", "acked bigint", "people text",
		"body bytea", "counts bigint")
	attemptTable = table("attempts", "delivery bigint", "number bigint", "began bigint", "ended bigint", "outcome text", "code text",
		"error text", "request text", "task bigint")
	followupTable = table("followups", "delivery bigint", "kind text", "app text", "due bigint", "event bigint", "step bigint", "tries bigint")
	receiptTable  = table("receipts", "delivery bigint", "person text", "fate text", "code text", "words text", "at bigint")
	noteTable     = table("notes", "delivery bigint", "number bigint", "at bigint", "note text")
	factTable     = table("facts", "key text", "value bytea", "until bigint")
)

// eventRows has what may hold any byte as bytea.
func eventRows(rows [][]any) (out [][]any) {
	for _, r := range rows {
		r = append([]any{}, r...)
		for _, i := range []int{4, 8, 9, 10, 11, 12, 14} { // key, name, status, severity, title, group_key, faults
			r[i] = []byte(r[i].(string))
		}
		out = append(out, r)
	}
	return out
}

// aDay is for how long content counts that has come from elsewhere: to the end of
// its day at least, wherever that ends.
const aDay = 25 * 60 * 60 * 1000 // ms

// deliveryRow makes a row of movedTable.
func deliveryRow(r []any) []any {
	r = append([]any{}, r...)
	state, expires, group, rang := r[8].(int64), r[13].(int64), r[15].(string), r[18].(int64)
	lane, counts := int64(0), int64(0)
	if r[14].(int64) != 0 {
		lane = fingerprint(group)
	}
	switch {
	case state == queued:
		counts = min(expires+late+aDay, never)
	case rang != 0:
		counts = rang + aDay
	}
	r[9], r[27] = r[9].(int64) != 0, r[27].(int64) != 0
	r[14], r[15] = lane, []byte(group)
	for _, i := range []int{23, 25} { // reason, cause
		r[i] = clean(r[i].(string))
	}
	return append(r, counts)
}

// fillTaken adds up what is taken of quotas, one row for each key and end.
func (t *tx) fillTaken(rows [][]any) {
	for _, r := range rows {
		t.later(`INSERT INTO taken (key, n, until, span, call, delivery) VALUES ($1, $2, $3, 0, $4, 0) `+intoSum,
			r[0], r[1], r[2], r[4].(int64) != 0)
	}
}
