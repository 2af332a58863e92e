package sqlite

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"workbell/outbox"
)

// indexEntry has a key, a content and a group that none other has.
func indexEntry(n int) outbox.Entry {
	e := benchEntry(int64(n))
	e.Event.Payload, e.Event.KeyTTL = nil, time.Hour
	e.Messages[0].Body = fmt.Appendf(nil, `{"msgtype":"text","text":{"content":"%d"}}`, n)
	e.Messages[0].Group = fmt.Sprint("group ", n)
	return e
}

// unsynced makes a store that has just been opened commit without waiting for
// the disk, where a test needs commits by the thousand and no power fails.
func unsynced(t *testing.T, s *Store) *Store {
	t.Helper()
	ok(t, s.conn.script("PRAGMA synchronous = OFF"))
	return s
}

// TestIndexLasts keeps so many events that the index folds what it has written,
// by number and by rows, and finds all again after reopening.
func TestIndexLasts(t *testing.T) {
	t.Parallel()
	s := unsynced(t, open(t, Options{}))
	const all, each = 2*lotSize + 5000 + lotRows + 100, 500
	n := 0
	entries := func(count int) (e []outbox.Entry) {
		for range count {
			e = append(e, indexEntry(n))
			n++
		}
		return e
	}
	for n < 2*lotSize+5000 {
		_, err := s.Enqueue(t.Context(), entries(each))
		ok(t, err)
	}
	for n < all {
		_, err := s.Enqueue(t.Context(), entries(1))
		ok(t, err)
	}
	for range 2 {
		ok(t, s.run(t.Context(), "looking", 0, func(tx *tx) error {
			r, _, err := tx.conn.one("SELECT count(*), max(length(lot)) FROM recent")
			if err == nil && (r[0] > kinds*lotRows || r[1] < 16*lotSize) {
				t.Errorf("the index has %d rows of %d bytes at most: it was not folded", r[0], r[1])
			}
			return err
		}))
		for from := 0; from < all; from += 1000 {
			n = from
			kept, err := s.Enqueue(t.Context(), entries(min(1000, all-from)))
			ok(t, err)
			for i, k := range kept {
				if !k.Duplicate || k.Event != int64(from+i+1) {
					t.Fatalf("entry %d is no repeat: %+v", from+i, k)
				}
			}
		}
		s = reopen(t, s)
	}
	testIndexContents(t, s, all)
}

// testIndexContents finds contents and lanes, too.
func testIndexContents(t *testing.T, s *Store, all int) {
	t.Helper()
	var again []outbox.Entry
	for n := 0; n < all; n += all / 200 {
		e := indexEntry(n)
		e.Event.Key = ""
		again = append(again, e)
	}
	kept, err := s.Enqueue(t.Context(), again)
	ok(t, err)
	for i, k := range kept {
		d, err := s.Get(t.Context(), k.Deliveries[0].ID)
		ok(t, err)
		if !strings.Contains(string(d.Body), "#2 · ") {
			t.Fatalf("the content of %s was not known: %s", again[i].Messages[0].Group, d.Body)
		}
	}
	due, _, err := s.Claim(t.Context(), "ops", all+1000, 0)
	ok(t, err)
	if len(due) != all {
		t.Errorf("%d deliveries were claimed, want the first of each of %d groups", len(due), all)
	}
}

// TestIndexIsAMap compares what the index finds with a map, over batches that
// fail or are kept, lots that merge, and loading.
func TestIndexIsAMap(t *testing.T) {
	t.Parallel()
	s := unsynced(t, open(t, Options{}))
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	want := map[int64]int64{}
	fp := func() int64 { return int64(fpOf(random.IntN(60_000))) }
	for round := range 120 {
		batch := map[int64]int64{}
		for range random.IntN(2500) {
			batch[fp()] = 1 + random.Int64N(3<<32) // with three upper halves
		}
		failing := random.IntN(4) == 0
		err := s.run(t.Context(), "putting", 0, func(t *tx) error {
			for k, v := range batch {
				t.keys.put(k, v, never)
			}
			if failing {
				return fmt.Errorf("round %d fails", round)
			}
			return nil
		})
		if failing != (err != nil) {
			t.Fatal(err)
		}
		if !failing {
			for k, v := range batch {
				want[k] = v
			}
		}
		if random.IntN(10) == 0 {
			s = unsynced(t, reopen(t, s))
		}
		ok(t, s.run(t.Context(), "getting", 0, func(tx *tx) error {
			for range 3000 {
				k := fp()
				id, found := tx.keys.get(k)
				if expected, there := want[k]; id != expected || found != there {
					return fmt.Errorf("round %d: %d is %d (%v), want %d (%v)", round, k, id, found, expected, there)
				}
			}
			return nil
		}))
	}
}

// TestMerge compares lots that were merged with a map, also where fingerprints are
// not spread as those of a hash are.
func TestMerge(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0))
	for name, fp := range map[string]func() int64{
		"spread":  func() int64 { return int64(fpOf(random.IntN(200_000))) },
		"crowded": func() int64 { return 1<<40 + random.Int64N(200_000) },
		"few":     func() int64 { return int64(fpOf(random.IntN(100))) },
	} {
		want, lots := map[int64]int64{}, []lot(nil)
		for range 20 {
			some := map[int64]int64{}
			for range random.IntN(10_000) {
				some[fp()] = 1 + random.Int64N(1<<32-1)
			}
			maps.Copy(want, some)
			lots = append(lots, newLots(sorted(some), int64(len(lots)))...)
		}
		l, got := merge(lots), map[int64]int64{}
		if l.until != int64(len(lots)-1) {
			t.Errorf("%s: it counts until %d, want %d, as its last one did", name, l.until, len(lots)-1)
		}
		for i, fp := range l.fps {
			got[fp] = int64(l.ids[i])
		}
		if cap(l.fps) > 2*len(l.fps) {
			t.Errorf("%s: it has room for %d fingerprints, of which there are %d", name, cap(l.fps), len(l.fps))
		}
		if !maps.Equal(got, want) || !slices.IsSorted(l.fps) {
			t.Errorf("%s: what was merged is not what was put in, in order", name)
		}
	}
}

// fpOf spreads n over all fingerprints, both ends included.
func fpOf(n int) uint64 {
	switch n {
	case 0:
		return 1 << 63
	case 1:
		return 1<<63 - 1
	}
	return uint64(n) * 0x9e3779b97f4a7c15
}
