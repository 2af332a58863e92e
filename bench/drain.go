package main

import (
	"fmt"
	"time"
)

// share is how fast calls left, as a share of burst calls a window, which is
// what the limits allow: from the first call of the first burst to the first of
// the last whole one.
func (b *bench) share(burst int, window time.Duration) (share float64, calls int, dropped int64) {
	all := b.sandbox.Calls()
	counters := b.sandbox.Counters()
	for code, n := range counters.Calls["/topapi/message/corpconversation/asyncsend_v2"] {
		if code != "0" {
			dropped += n
		}
	}
	dropped += counters.Dropped
	bursts := (len(all) - 1) / burst
	if bursts < 1 {
		return 0, len(all), dropped
	}
	took := all[bursts*burst].At.Sub(all[0].At)
	return float64(bursts) * window.Seconds() / took.Seconds(), len(all), dropped
}

// rules measures an event against many rules.
func (b *bench) rules() error {
	for _, n := range []int{10, 1000, 10000} {
		took, err := applyRules(b.base, n)
		if err != nil {
			return err
		}
		target := ""
		if n == 1000 {
			target = "under 1 ms"
		}
		b.add(fmt.Sprintf("%d rules, one event, none or the last matching", n), target, "%.2f ms", ms(took))
	}
	return nil
}
