package postgres

import "slices"

// Advisory locks, by class. Keys share slots, so that a transaction holds few
// and the server's table of locks stays small.
const (
	schemaLock = 0x77626c00 // "wbl", for migrations
	laneLocks  = 0x77626c01
	quotaLocks = 0x77626c02
	slots      = 64
)

// askLock takes, when it is sent, the locks of fingerprints until the
// transaction ends, in the order of their slots.
func (t *tx) askLock(class int32, fingerprints []int64) {
	var taken []int32
	for _, f := range fingerprints {
		taken = append(taken, int32(uint64(f)%slots)) // #nosec G115 -- below slots
	}
	slices.Sort(taken)
	if taken = slices.Compact(taken); len(taken) > 0 {
		t.later("SELECT pg_advisory_xact_lock($1, slot) FROM unnest($2::int[]) slot", class, taken)
	}
}

// askLanes takes the locks of groups' lanes; 0 is none.
func (t *tx) askLanes(lanes []int64) {
	t.askLock(laneLocks, slices.DeleteFunc(slices.Clone(lanes), func(l int64) bool { return l == 0 }))
}
