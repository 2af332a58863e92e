package sqlite

import (
	"cmp"
	"math/bits"
	"slices"
)

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
// then, and crowded what no bucket has by chance.
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
	if most > crowded { // they are few that come again and again, or somebody has made them so
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

// close removes what buckets have left free, with its room.
func (l *lot) close(begin, end []int32) lot {
	n := int32(0)
	for b := range end {
		if n < begin[b] {
			copy(l.fps[n:], l.fps[begin[b]:end[b]])
			copy(l.ids[n:], l.ids[begin[b]:end[b]])
		}
		n += end[b] - begin[b]
	}
	if int(n) < len(l.fps) {
		l.fps, l.ids = slices.Clone(l.fps[:n]), slices.Clone(l.ids[:n])
	}
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
