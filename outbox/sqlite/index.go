package sqlite

import (
	"encoding/binary"
	"slices"
)

// index finds the row in which a fingerprint was last seen. It lives in memory:
// as a B-tree in the file, each insert would rewrite a page of its own, since
// fingerprints fall anywhere, and cost more than all else at accept together.
// The file has the same entries in the order in which they came (the table
// recent), one row a commit. Rows say the truth, the index only where to look:
// an entry may outlive what it points to.
type index struct {
	kind   int64
	seen   filter          // of all that follow
	lots   []lot           // sorted by fingerprint, oldest lot first
	fresh  map[int64]int64 // newer than all lots
	batch  []entry         // what the batch that is not yet committed put into fresh, in this order
	was    []int64         // what fresh had in place of each before, or 0
	folded []lot           // what it made of fresh, if it did

	freshUntil, batchUntil int64
	rows                   int   // how many rows of the file fresh came from, but for the batch
	firstRow, lastRow      int64 // their ids
}

// fresh entries become a lot at so many, or when they came from so many rows, or
// when a batch alone has so many: a row of the file with lotRows entries or more
// is a lot.
const (
	kinds    = 3 // keys, contents and lanes
	lotSize  = 4096
	lotRows  = 1024
	lotLimit = 1 << 20 // larger ones are not merged any more
)

// get returns the row last put under fp.
func (x *index) get(fp int64) (int64, bool) {
	if !x.seen.may(fp) {
		return 0, false
	}
	if id, ok := x.fresh[fp]; ok {
		return id, true
	}
	for i := len(x.lots) - 1; i >= 0; i-- {
		if id, ok := x.lots[i].find(fp); ok {
			return id, true
		}
	}
	return 0, false
}

// put notes that fp was seen in row id and counts until then; it lasts once the
// batch is committed.
func (x *index) put(fp, id, until int64) {
	x.batch, x.was = append(x.batch, entry{fp, id}), append(x.was, x.fresh[fp])
	x.batchUntil = max(x.batchUntil, until)
	x.fresh[fp] = id
	if !x.seen.add(fp) {
		x.refill()
	}
}

// refill makes the filter anew, with room for half as many again.
func (x *index) refill() {
	n := len(x.fresh) + entriesOf(x.lots)
	x.seen = newFilter(n + n/2)
	for fp := range x.fresh {
		x.seen.add(fp)
	}
	for i := range x.lots {
		for _, fp := range x.lots[i].fps {
			x.seen.add(fp)
		}
	}
}

// discard takes the batch back. The filter may go on saying that it was there.
func (x *index) discard() {
	for i := len(x.batch) - 1; i >= 0; i-- {
		if fp := x.batch[i].fp; x.was[i] == 0 {
			delete(x.fresh, fp)
		} else {
			x.fresh[fp] = x.was[i]
		}
	}
	x.forget()
}

// forget begins a new batch.
func (x *index) forget() {
	x.batch, x.was, x.batchUntil, x.folded = x.batch[:0], x.was[:0], 0, nil
}

// save writes the batch's entries, or all that are fresh as one row in place of
// the many that they came from, once enough have come.
func (x *index) save(t *tx) error {
	switch {
	case len(x.batch) == 0:
		return nil
	case len(x.fresh) < lotSize && len(x.batch) < lotRows && x.rows+1 < lotRows:
		return x.append(t.conn, x.batch, x.batchUntil)
	case x.rows > 0:
		if _, err := t.conn.exec("DELETE FROM recent WHERE id BETWEEN ? AND ? AND id % 3 = ?", x.firstRow, x.lastRow, x.kind); err != nil {
			return err
		}
	}
	all, until := sorted(x.fresh), max(x.freshUntil, x.batchUntil)
	x.folded = newLots(all, until)
	return x.append(t.conn, all, until)
}

// append writes a row. What kind it is shows in the remainder of its id.
func (x *index) append(c *conn, entries []entry, until int64) error {
	x.lastRow += kinds
	blob := make([]byte, 0, 16*len(entries))
	for _, e := range entries {
		blob = binary.BigEndian.AppendUint64(blob, uint64(e.fp)) // #nosec G115 -- bit patterns
		blob = binary.BigEndian.AppendUint64(blob, uint64(e.id)) // #nosec G115
	}
	return c.insert("INSERT INTO recent (id, until, lot) VALUES (?, ?, ?)", x.lastRow, until, blob)
}

// saved makes what was written last in memory, too, after the commit.
func (x *index) saved(now int64) {
	switch {
	case x.folded != nil:
		x.addLots(x.folded, now)
		x.refresh()
	case len(x.batch) > 0:
		x.addRow(x.lastRow, x.batchUntil)
	}
	x.forget()
}

// refresh empties fresh, after its entries have become a lot, and keeps its room.
func (x *index) refresh() {
	clear(x.fresh)
	x.freshUntil, x.rows = 0, 0
}

// addRow notes that fresh has what is in one more row of the file.
func (x *index) addRow(id, until int64) {
	if x.rows == 0 {
		x.firstRow = id
	}
	x.rows++
	x.freshUntil = max(x.freshUntil, until)
}

// addLots takes lots in, drops those that no longer count, and merges those of like
// size, so that there are few.
func (x *index) addLots(lots []lot, now int64) {
	x.lots = slices.DeleteFunc(append(x.lots, lots...), func(o lot) bool { return o.until <= now })
	var runs [][]lot // that become one each
	for i := range x.lots {
		runs = append(runs, x.lots[i:i+1])
		for n := len(runs); n > 1 && alike(runs[n-2], runs[n-1]); n-- {
			runs = append(runs[:n-2], runs[n-2][:len(runs[n-2])+len(runs[n-1])])
		}
	}
	merged := make([]lot, 0, len(runs))
	for _, run := range runs {
		if len(run) > 1 {
			merged = append(merged, merge(run))
		} else {
			merged = append(merged, run[0])
		}
	}
	x.lots = merged
}

// load reads the index from the file: a few large rows, and what came since.
func (x *index) load(c *conn, kind int64) error {
	*x = index{kind: kind, lastRow: kind, fresh: map[int64]int64{}}
	var lots []lot
	var entries []entry // of one row
	err := c.query(func(r row) error {
		id, until, blob := r.int(0), r.int(1), r.bytes(2)
		x.lastRow, entries = id, entries[:0]
		for ; len(blob) >= 16; blob = blob[16:] {
			// #nosec G115 -- bit patterns
			entries = append(entries, entry{int64(binary.BigEndian.Uint64(blob)), int64(binary.BigEndian.Uint64(blob[8:]))})
		}
		if len(entries) >= lotRows {
			if len(x.fresh) > 0 { // older than this lot, so it must not lie over it
				lots = append(lots, newLots(sorted(x.fresh), x.freshUntil)...)
				x.refresh()
			}
			lots = append(lots, newLots(entries, until)...)
			return nil
		}
		for _, e := range entries {
			x.fresh[e.fp] = e.id
		}
		x.addRow(id, until)
		return nil
	}, "SELECT id, until, lot FROM recent WHERE id % 3 = ? ORDER BY id", kind)
	x.addLots(lots, 0)
	x.refill()
	return err
}
