package dispatch

import (
	"slices"
	"time"

	"workbell/outbox"
)

// Reason is why an app pauses.
type Reason string

// The reasons, by the names that metrics and the API use.
const (
	Throttled     Reason = "throttled"     // DingTalk asks to slow down
	Outage        Reason = "outage"        // DingTalk does not answer, or answers everything with failures
	Misconfigured Reason = "misconfigured" // credentials, permission, IP list or agent id: somebody must act
	QuotaUsedUp   Reason = "quota_used_up" // the organisation's calls of this month
)

// Reasons are all of them.
var Reasons = []Reason{Throttled, Outage, Misconfigured, QuotaUsedUp}

// pauses says how long the first pause of a row lasts at most, and any.
var pauses = map[Reason]struct{ first, most time.Duration }{
	Throttled:     {2 * time.Second, time.Minute},
	Outage:        {time.Second, 30 * time.Second},
	Misconfigured: {30 * time.Second, 5 * time.Minute},
	QuotaUsedUp:   {time.Minute, time.Hour},
}

// alike is how many different deliveries DingTalk must fail in a row, with
// answers that may be the delivery's own fault, before it counts as an outage.
const alike = 3

// health is what an app's calls have shown of late, and so whether it pauses.
// After a pause one call at a time probes until one succeeds. It is pure: time
// and chance are arguments. What a call says that began before the pause is no
// news: twenty calls in flight that meet one outage make one pause. Only that
// DingTalk answers is always news of an outage.
type health struct {
	reason  Reason // empty: well
	since   time.Time
	until   time.Time
	round   int       // pauses in a row without a success between
	success time.Time // when a call last succeeded
	renewed time.Time // when a token was last refused, without a success since

	failing map[int64]bool // deliveries that failed since the last success
	probed  map[int64]bool // deliveries that were tried since it pauses
}

// room says how many more calls may begin at now, of slots.
func (h *health) room(now time.Time, slots, inFlight int) int {
	switch {
	case now.Before(h.until):
		return 0
	case h.reason != "":
		return max(0, 1-inFlight)
	}
	return slots - inFlight
}

// succeeded notes a call that succeeded, and says whether that ended a pause.
func (h *health) succeeded(began, now time.Time) bool {
	h.success, h.failing = now, nil
	if began.After(h.renewed) {
		h.renewed = time.Time{}
	}
	if h.reason == "" || began.Before(h.since) && h.reason != Outage {
		return false
	}
	h.recover()
	return true
}

// recover ends every pause, as after a change of the configuration.
func (h *health) recover() {
	*h = health{success: h.success}
}

// pause notes a call that failed for a reason of the app's, and says whether
// its state has changed. The pause lasts at least atLeast and, where that is
// not zero, until latest at most.
func (h *health) pause(f failure, now time.Time, jitter float64) bool {
	h.tried(f.delivery)
	if h.reason != "" && f.began.Before(h.since) {
		h.until = later(h.until, now.Add(f.atLeast))
		return false
	}
	changed := h.reason != f.reason
	if changed {
		h.round = 0
	}
	h.round++
	p := pauses[f.reason]
	h.reason, h.since = f.reason, now
	h.until = now.Add(max(f.atLeast, outbox.Backoff(h.round, p.first, p.most, jitter)))
	if !f.latest.IsZero() && h.until.After(f.latest) {
		h.until = f.latest
	}
	return changed
}

// failure is a call that failed through no fault of its delivery's.
type failure struct {
	reason   Reason
	delivery int64
	began    time.Time
	atLeast  time.Duration // what DingTalk asks for
	latest   time.Time     // when the reason has certainly passed; zero: not known
}

// token notes that a token was refused. A call that began after the last such
// refusal had a new one: then it is not the token's age.
func (h *health) token(began, now time.Time) (again bool) {
	again = !h.renewed.IsZero() && began.After(h.renewed)
	if !again {
		h.renewed = now
	}
	return again
}

// failed notes an answer that may be the delivery's fault or DingTalk's, and
// says whether it looks like an outage: several deliveries failed and none
// succeeded since, or the probe failed.
func (h *health) failed(id int64) bool {
	if h.failing == nil {
		h.failing = make(map[int64]bool)
	}
	h.failing[id] = true
	return len(h.failing) >= alike || h.reason != ""
}

// probe chooses which of the deliveries claimed is tried while the app is not
// known to be well: another each time, so that one that always fails does not
// stand before the rest.
func (h *health) probe(claimed []outbox.Delivery) int {
	i := slices.IndexFunc(claimed, func(d outbox.Delivery) bool { return !h.probed[d.ID] })
	if i < 0 {
		i, h.probed = 0, nil // all have been tried: around again
	}
	h.tried(claimed[i].ID) // #nosec G602 -- there is at least one
	return i
}

func (h *health) tried(id int64) {
	if h.probed == nil {
		h.probed = make(map[int64]bool)
	}
	h.probed[id] = true
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
