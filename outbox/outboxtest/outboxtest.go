// Package outboxtest makes the guarantees of package outbox executable.
//
// In comes an engine; out come the guarantees that it breaks, each as a failed
// subtest. An engine that passes may be put behind the seam. The suite knows
// nothing of how an engine keeps what it keeps.
package outboxtest

import (
	"testing"
	"time"

	"workbell/outbox"
)

// Options are what the suite asks for when it opens a store.
type Options struct {
	Zone       *time.Location // where DingTalk's day begins; nil: UTC
	MaxBacklog int            // the most open deliveries; 0: the engine's own bound
}

// Data is what one store keeps, and the clock that it goes by.
type Data struct {
	// Open opens the store. After a Close it is called again, and what was kept
	// must be there.
	Open func(*testing.T, Options) outbox.Store
	// Now reads the clock, which stands still but for Pass.
	Now func() time.Time
	// Pass lets time pass. It may be called concurrently.
	Pass func(time.Duration)
	// WakeTime is how long a value may take to come to Wake, in the time of the
	// test's own timers; 0: 100 ms, which cost nothing in fake time.
	WakeTime time.Duration
}

// Engine runs a test on new, empty data, once, and returns after the test. The
// test leaves no store open.
type Engine func(t *testing.T, test func(*testing.T, Data))

// Run tests an engine, one subtest for each guarantee.
func Run(t *testing.T, engine Engine) {
	t.Helper()
	for _, area := range []struct {
		name  string
		tests []guarantee
	}{
		{"Enqueue", enqueueTests},
		{"Keys", keyTests},
		{"Repeat", repeatTests},
		{"Claim", claimTests},
		{"Lease", leaseTests},
		{"Group", groupTests},
		{"Reserve", reserveTests},
		{"Windows", windowTests},
		{"Update", updateTests},
		{"Expire", expireTests},
		{"Parts", partTests},
		{"Followups", followupTests},
		{"Amend", amendTests},
		{"Messages", amendMessageTests},
		{"Revive", reviveTests},
		{"Resolve", resolveTests},
		{"Take", takeTests},
		{"Facts", factTests},
		{"Wake", wakeTests},
		{"Queries", queryTests},
		{"Prune", pruneTests},
		{"Close", closeTests},
		{"Model", modelTests},
	} {
		t.Run(area.name, func(t *testing.T) {
			t.Parallel()
			for _, g := range area.tests {
				t.Run(g.name, func(t *testing.T) {
					t.Parallel()
					engine(t, func(t *testing.T, d Data) {
						r := &rig{T: t, Data: d, options: g.options}
						r.open()
						defer r.close()
						g.test(r)
					})
				})
			}
		})
	}
}

// guarantee is one promise and its test, on a store opened with options.
type guarantee struct {
	name    string
	options Options
	test    func(*rig)
}
