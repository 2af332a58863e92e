package postgres

import "slices"

// Advisory locks, by class. Keys share slots, so that a transaction holds few
// and the server's table of locks stays small.
const (
	schemaLock = 0x77626c00 // "wbl", for migrations
	laneLocks  = 0x77626c01
	quotaLocks = 0x77626c02
	noteLock   = 0x77626c03 // for the noter, see lots.go
	slots      = 64
)

// slot is that of a fingerprint.
func slot(f int64) int32 { return int32(uint64(f) % slots) } // #nosec G115 -- below slots

// askLock takes, when it is sent, the locks of fingerprints until the
// transaction ends, in the order of their slots.
func (t *tx) askLock(class int32, fingerprints []int64) {
	var taken []int32
	for _, f := range fingerprints {
		taken = append(taken, slot(f))
	}
	slices.Sort(taken)
	if taken = slices.Compact(taken); len(taken) > 0 {
		t.later("SELECT pg_advisory_xact_lock($1, slot) FROM unnest($2::int[]) slot", class, taken)
	}
}

// askBusyLanes takes, when it is sent, the locks of those of the lanes that have
// an open delivery. It needs intake, without which none comes into a lane: in
// those that have none there is nothing to wait for.
func (t *tx) askBusyLanes(lanes []int64) {
	lanes = slices.DeleteFunc(slices.Clone(lanes), func(l int64) bool { return l == 0 })
	if len(lanes) == 0 {
		return
	}
	taken := make([]int32, len(lanes))
	for i, l := range lanes {
		taken[i] = slot(l)
	}
	t.later(busyLanes, laneLocks, lanes, taken)
}

const busyLanes = `SELECT pg_advisory_xact_lock($1, slot) FROM
	(SELECT DISTINCT slot FROM unnest($2::bigint[], $3::int[]) l (lane, slot) CROSS JOIN LATERAL
		(SELECT 1 FROM deliveries d WHERE d.lane = l.lane AND d.lane <> 0 AND d.state = 0 LIMIT 1) o
	ORDER BY slot) s`

// askLanes takes the locks of groups' lanes; 0 is none.
func (t *tx) askLanes(lanes []int64) {
	t.askLock(laneLocks, slices.DeleteFunc(slices.Clone(lanes), func(l int64) bool { return l == 0 }))
}
