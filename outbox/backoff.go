package outbox

import "time"

// Backoff returns how long to wait before retry n (from 1): between half and
// the whole of first·2^(n-1), and of most at the most. jitter, in [0, 1), says
// where between; it keeps many that failed together from returning together.
func Backoff(n int, first, most time.Duration, jitter float64) time.Duration {
	wait := first
	for ; n > 1 && wait < most; n-- {
		wait *= 2
	}
	wait = min(wait, most)
	return wait/2 + time.Duration(jitter*float64(wait/2))
}
