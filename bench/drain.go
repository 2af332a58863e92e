package main

import (
	"fmt"
)

// share is how many recipients the stand-in took, as a share of what the
// limits allowed.
func (b *bench) share(users, perMinute int, callsBound bool) (share float64, calls int, dropped int64) {
	all := b.sandbox.Calls()
	counters := b.sandbox.Counters()
	for code, n := range counters.Calls["/topapi/message/corpconversation/asyncsend_v2"] {
		if code != "0" {
			dropped += n
		}
	}
	dropped += counters.Dropped
	if len(all) < 2 {
		return 0, len(all), dropped
	}
	took := all[len(all)-1].At.Sub(all[0].At)
	if callsBound {
		return float64(len(all)-1) / (took.Seconds() * float64(perMinute) / 60), len(all), dropped
	}
	// Recipients a minute are the bound: they leave in bursts, a burst a minute.
	// From the first call of the first burst to the first of the last.
	burst := perMinute / users
	last := (len(all) - 1) / burst * burst
	took = all[last].At.Sub(all[0].At)
	if last == 0 {
		return 0, len(all), dropped
	}
	return float64(last*users) / (took.Minutes() * float64(perMinute)), len(all), dropped
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
		b.add(fmt.Sprintf("%d rules, one event, none or the last matching", n), target, "%s", took)
	}
	return nil
}
