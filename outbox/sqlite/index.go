package sqlite

import (
	"cmp"
	"encoding/binary"
	"math/bits"
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

// lot is an immutable part of the index, sorted by fingerprint: twelve bytes an
// entry, of rows whose ids share their upper half.
type lot struct {
	fps   []int64
	ids   []uint32 // lower halves
	upper int64
	until int64 // when the last of them stops counting
}

// newLots makes lots of entries, which are sorted by fingerprint, each once: one,
// but where ids come to another upper half.
func newLots(entries []entry, until int64) (lots []lot) {
	for _, e := range entries {
		i := slices.IndexFunc(lots, func(l lot) bool { return l.upper == e.id>>32 })
		if i < 0 {
			i = len(lots)
			lots = append(lots, lot{make([]int64, 0, len(entries)), make([]uint32, 0, len(entries)), e.id >> 32, until})
		}
		l := &lots[i]
		l.fps, l.ids = append(l.fps, e.fp), append(l.ids, uint32(e.id)) // #nosec G115 -- the lower half
	}
	return lots
}

// entry says that fp was last seen in row id, which is above 0.
type entry struct{ fp, id int64 }

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

// find searches by interpolation: fingerprints are spread evenly.
func (l *lot) find(fp int64) (int64, bool) {
	n := len(l.fps)
	if n == 0 {
		return 0, false
	}
	share := float64(uint64(fp)^(1<<63)) / (1 << 64) // #nosec G115 -- an order-preserving bit pattern
	at := min(int(share*float64(n)), n-1)
	lo, hi := at, at
	for step := 8; lo > 0 && l.fps[lo] > fp; step *= 2 {
		lo = max(0, lo-step)
	}
	for step := 8; hi < n && l.fps[hi] < fp; step *= 2 {
		hi += step
	}
	hi = min(n, hi+1)
	i, ok := slices.BinarySearch(l.fps[lo:hi], fp)
	if !ok {
		return 0, false
	}
	return l.upper<<32 | int64(l.ids[lo+i]), true
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

// alike says whether lots are to become one with the newer ones that follow them.
func alike(older, newer []lot) bool {
	a, b := entriesOf(older), entriesOf(newer)
	return a <= 2*b && a+b <= lotLimit && older[0].upper == newer[0].upper
}

func entriesOf(lots []lot) (n int) {
	for i := range lots {
		n += len(lots[i].fps)
	}
	return n
}

// inBucket is how many fingerprints come into a bucket of merge, about, atOnce how
// many buckets it fills at a time, since what these take stays near the processor
// then, and crowded what a bucket never has by chance.
const (
	inBucket = 8
	atOnce   = 1024
	crowded  = 32 * inBucket
)

// merge joins lots that follow each other; of a fingerprint in several, the newest's
// row stays. Fingerprints are spread evenly, so that each finds its place at once
// but for a few in the same bucket, which are put in order there.
func merge(lots []lot) lot {
	n, until := entriesOf(lots), int64(0)
	for i := range lots {
		until = max(until, lots[i].until)
	}
	buckets := uint64(n/inBucket + 1)
	begin, most := bucketsOf(lots, buckets)
	if most > crowded { // somebody has made them so
		return mergeSlowly(lots, until)
	}
	out := lot{make([]int64, n), make([]uint32, n), lots[0].upper, until}
	end, next := slices.Clone(begin[:buckets]), make([]int, len(lots))
	for upTo := uint64(atOnce); upTo < buckets+atOnce; upTo += atOnce {
		for i := range lots {
			l := &lots[i]
			for ; next[i] < len(l.fps); next[i]++ {
				fp := l.fps[next[i]]
				b := bucket(fp, buckets)
				if b >= upTo {
					break
				}
				if out.put(int(begin[b]), int(end[b]), fp, l.ids[next[i]]) {
					end[b]++
				}
			}
		}
	}
	return out.close(begin, end)
}

// bucket is that of a fingerprint; they have the order of fingerprints.
func bucket(fp int64, buckets uint64) uint64 {
	b, _ := bits.Mul64(uint64(fp)^(1<<63), buckets) // #nosec G115 -- an order-preserving bit pattern
	return b
}

// bucketsOf says where each bucket begins if all have room for what comes into them,
// and the most that comes into one.
func bucketsOf(lots []lot, buckets uint64) (begin []int32, most int32) {
	begin = make([]int32, buckets+1)
	for i := range lots {
		for _, fp := range lots[i].fps {
			begin[bucket(fp, buckets)+1]++
		}
	}
	most = slices.Max(begin)
	for b := range buckets {
		begin[b+1] += begin[b]
	}
	return begin, most
}

// mergeSlowly is merge for fingerprints however they are spread.
func mergeSlowly(lots []lot, until int64) lot {
	all := map[int64]int64{}
	for _, l := range lots {
		for i, fp := range l.fps {
			all[fp] = l.upper<<32 | int64(l.ids[i])
		}
	}
	return newLots(sorted(all), until)[0]
}

// put puts an entry into the bucket between from and to, and says whether it is a
// further one there.
func (l *lot) put(from, to int, fp int64, id uint32) bool {
	at := to
	for at > from && l.fps[at-1] > fp {
		at--
	}
	if at > from && l.fps[at-1] == fp {
		l.ids[at-1] = id
		return false
	}
	copy(l.fps[at+1:to+1], l.fps[at:to])
	copy(l.ids[at+1:to+1], l.ids[at:to])
	l.fps[at], l.ids[at] = fp, id
	return true
}

// close removes what buckets have left free.
func (l *lot) close(begin, end []int32) lot {
	n := int32(0)
	for b := range end {
		if n < begin[b] {
			copy(l.fps[n:], l.fps[begin[b]:end[b]])
			copy(l.ids[n:], l.ids[begin[b]:end[b]])
		}
		n += end[b] - begin[b]
	}
	l.fps, l.ids = l.fps[:n], l.ids[:n]
	return *l
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
	*x = index{kind: kind, lastRow: kind, fresh: map[int64]int64{}}
	var lots []lot
	err := c.query(func(r row) error {
		id, until, blob := r.int(0), r.int(1), r.bytes(2)
		x.lastRow = id
		entries := make([]entry, 0, len(blob)/16)
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
