package sqlite

import (
	"cmp"
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
	kind  int64
	lots  []lot           // sorted by fingerprint, oldest lot first
	fresh map[int64]int64 // newer than all lots
	batch map[int64]int64 // of the batch that is not yet committed

	freshUntil, batchUntil int64
	rows                   int   // how many rows of the file fresh came from
	firstRow, lastRow      int64 // their ids
}

// lot is an immutable, sorted part of the index: 16 bytes an entry.
type lot struct {
	entries []entry
	until   int64 // when the last of them stops counting
}

type entry struct{ fp, id int64 }

// fresh entries become a lot at so many, or when they came from so many rows.
const (
	kinds    = 3 // keys, contents and lanes
	lotSize  = 4096
	lotRows  = 1024
	lotLimit = 1 << 20 // larger ones are not merged any more
)

// get returns the row last put under fp.
func (x *index) get(fp int64) (int64, bool) {
	if id, ok := x.batch[fp]; ok {
		return id, true
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

// find searches by interpolation: fingerprints are spread evenly.
func (l *lot) find(fp int64) (int64, bool) {
	e := l.entries
	if len(e) == 0 {
		return 0, false
	}
	share := float64(uint64(fp)^(1<<63)) / (1 << 64) // #nosec G115 -- an order-preserving bit pattern
	at := min(int(share*float64(len(e))), len(e)-1)
	lo, hi := at, at
	for step := 8; lo > 0 && e[lo].fp > fp; step *= 2 {
		lo = max(0, lo-step)
	}
	for step := 8; hi < len(e) && e[hi].fp < fp; step *= 2 {
		hi += step
	}
	hi = min(len(e), hi+1)
	i, ok := slices.BinarySearchFunc(e[lo:hi], fp, func(a entry, fp int64) int { return cmp.Compare(a.fp, fp) })
	if !ok {
		return 0, false
	}
	return e[lo+i].id, true
}

// put notes that fp was seen in row id and counts until then; it lasts once the
// batch is committed.
func (x *index) put(fp, id, until int64) {
	x.batch[fp] = id
	x.batchUntil = max(x.batchUntil, until)
}

func (x *index) discard() {
	clear(x.batch)
	x.batchUntil = 0
}

// save writes the batch's entries; done makes them lasting in memory, after the
// commit. When enough have come, they are written again as one row in place of
// the many, and become a lot.
func (x *index) save(t *tx) (done func(), err error) {
	if len(x.batch) == 0 {
		return func() {}, nil
	}
	add := sorted(x.batch)
	id, err := x.append(t.conn, add, x.batchUntil)
	if err != nil {
		return nil, err
	}
	if len(x.fresh)+len(add) < lotSize && x.rows+1 < lotRows {
		return func() { x.absorb(add, x.batchUntil, id) }, nil
	}
	return x.fold(t, add, id)
}

// fold replaces the rows that fresh came from, and the one just written.
func (x *index) fold(t *tx, add []entry, id int64) (func(), error) {
	all := make(map[int64]int64, len(x.fresh)+len(add))
	for fp, id := range x.fresh {
		all[fp] = id
	}
	for _, e := range add {
		all[e.fp] = e.id
	}
	l := lot{sorted(all), max(x.freshUntil, x.batchUntil)}
	if x.rows == 0 {
		x.firstRow = id
	}
	if _, err := t.conn.exec("DELETE FROM recent WHERE id BETWEEN ? AND ? AND id % 3 = ?", x.firstRow, id, x.kind); err != nil {
		return nil, err
	}
	if _, err := x.append(t.conn, l.entries, l.until); err != nil {
		return nil, err
	}
	return func() {
		x.discard()
		x.fresh, x.freshUntil, x.rows = map[int64]int64{}, 0, 0
		x.addLot(l, t.now)
	}, nil
}

// append writes a row. What kind it is shows in the remainder of its id.
func (x *index) append(c *conn, entries []entry, until int64) (int64, error) {
	x.lastRow += kinds
	blob := make([]byte, 0, 16*len(entries))
	for _, e := range entries {
		blob = binary.BigEndian.AppendUint64(blob, uint64(e.fp)) // #nosec G115 -- bit patterns
		blob = binary.BigEndian.AppendUint64(blob, uint64(e.id)) // #nosec G115
	}
	_, err := c.exec("INSERT INTO recent (id, until, lot) VALUES (?, ?, ?)", x.lastRow, until, blob)
	return x.lastRow, err
}

func (x *index) absorb(add []entry, until, row int64) {
	for _, e := range add {
		x.fresh[e.fp] = e.id
	}
	if x.rows == 0 {
		x.firstRow = row
	}
	x.rows++
	x.freshUntil = max(x.freshUntil, until)
	x.discard()
}

// addLot takes l in, drops lots that no longer count, and merges those of like
// size, so that there are few.
func (x *index) addLot(l lot, now int64) {
	x.lots = slices.DeleteFunc(x.lots, func(o lot) bool { return o.until <= now })
	x.lots = append(x.lots, l)
	for n := len(x.lots); n > 1; n = len(x.lots) {
		older, newer := x.lots[n-2], x.lots[n-1]
		if len(older.entries) > 2*len(newer.entries) || len(older.entries)+len(newer.entries) > lotLimit {
			return
		}
		x.lots = append(x.lots[:n-2], merge(older, newer))
	}
}

// merge joins two lots; of a fingerprint in both, the newer's row stays.
func merge(older, newer lot) lot {
	a, b := older.entries, newer.entries
	out := make([]entry, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0].fp < b[0].fp:
			out, a = append(out, a[0]), a[1:]
		case a[0].fp == b[0].fp:
			a = a[1:]
		default:
			out, b = append(out, b[0]), b[1:]
		}
	}
	return lot{append(append(out, a...), b...), max(older.until, newer.until)}
}

func sorted(m map[int64]int64) []entry {
	out := make([]entry, 0, len(m))
	for fp, id := range m {
		out = append(out, entry{fp, id})
	}
	slices.SortFunc(out, byFingerprint)
	return out
}

func byFingerprint(a, b entry) int { return cmp.Compare(a.fp, b.fp) }

// load reads the index from the file: a few large rows, and what came since.
func (x *index) load(c *conn, kind int64) error {
	*x = index{kind: kind, lastRow: kind, fresh: map[int64]int64{}, batch: map[int64]int64{}}
	return c.query(func(r row) error {
		id, until, blob := r.int(0), r.int(1), r.bytes(2)
		x.lastRow = id
		entries := make([]entry, 0, len(blob)/16)
		for ; len(blob) >= 16; blob = blob[16:] {
			// #nosec G115 -- bit patterns
			entries = append(entries, entry{int64(binary.BigEndian.Uint64(blob)), int64(binary.BigEndian.Uint64(blob[8:]))})
		}
		if len(entries) >= lotRows {
			if len(x.fresh) > 0 { // older than this lot, so it must not lie over it
				x.addLot(lot{sorted(x.fresh), x.freshUntil}, 0)
				x.fresh, x.freshUntil, x.rows = map[int64]int64{}, 0, 0
			}
			x.addLot(lot{entries, until}, 0)
			return nil
		}
		x.absorb(entries, until, id)
		return nil
	}, "SELECT id, until, lot FROM recent WHERE id % 3 = ? ORDER BY id", kind)
}
