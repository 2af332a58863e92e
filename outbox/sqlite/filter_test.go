package sqlite

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestFilter puts fingerprints into an index, lot after lot, of which some stop
// counting, with a batch now and then that fails: none that is there is missed,
// few others are taken for one, and the filter takes a byte and a half for each.
func TestFilter(t *testing.T) {
	t.Parallel()
	s := unsynced(t, open(t, Options{}))
	random := rand.New(rand.NewPCG(1, 2))
	there := map[int64]int64{} // until when each counts
	for round := range 60 {
		fails, until := round%7 == 3, int64(never)
		if round%5 == 0 {
			until = 1 // no longer, once it is a lot
		}
		batch := make([]int64, 3000)
		err := s.run(t.Context(), "putting", 0, func(t *tx) error {
			for i := range batch {
				batch[i] = int64(random.Uint64())
				t.keys.put(batch[i], int64(i+1), until)
			}
			if fails {
				return errEnough
			}
			return nil
		})
		if fails != (err != nil) {
			t.Fatal(err)
		}
		for _, fp := range batch {
			if !fails {
				there[fp] = until
			}
		}
		if round%20 == 19 {
			s = unsynced(t, reopen(t, s))
		}
		testFilter(t, s, there, random)
	}
}

func testFilter(t *testing.T, s *Store, there map[int64]int64, random *rand.Rand) {
	t.Helper()
	ok(t, s.run(t.Context(), "looking", 0, func(tx *tx) error {
		for fp, until := range there {
			if _, found := tx.keys.get(fp); !found && until == never {
				return fmt.Errorf("%x is missed", fp)
			}
		}
		const others = 10_000
		taken := 0
		for range others {
			if tx.keys.seen.may(int64(random.Uint64())) {
				taken++
			}
		}
		if taken > others/20 {
			t.Errorf("%d of %d that were never put may be there, of %d that were", taken, others, len(there))
		}
		if n := 8 * len(tx.keys.seen.words); n > max(2*lotSize, len(there)*3/2+lotSize) {
			t.Errorf("the filter takes %d bytes for %d fingerprints", n, len(there))
		}
		return nil
	}))
}
