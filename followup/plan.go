package followup

import (
	"time"

	"workbell/outbox"
)

const (
	// firstAsk is when the result of a delivery is asked for, after it was sent.
	// DingTalk passes on nearly in real time; by then its limits by the minute
	// have shown as well.
	firstAsk = time.Minute
	// lastAsk is when reading is asked for a last time: DingTalk keeps results
	// for 24 hours (getsendresult).
	lastAsk = 23 * time.Hour
	// results is how long they can be asked for, with something to spare for the
	// clocks.
	results = 24*time.Hour - 5*time.Minute
)

// The values of track in rules.yaml.
const (
	trackResult = "result"
	trackRead   = "read"
)

// Plan returns the follow-ups of a delivery that was sent at the given time:
// none where its rule does not track it. It is pure but for steps, those of its
// rule's escalation.
func Plan(d *outbox.Delivery, sent time.Time, steps []Step) []outbox.Followup {
	var all []outbox.Followup
	escalates := len(steps) > 0 && d.Cause == ""
	if escalates {
		all = append(all, outbox.Followup{Kind: outbox.FollowEscalate, Due: sent.Add(steps[0].After)})
	}
	ask := firstAsk
	if escalates && steps[0].After <= 2*firstAsk { // its question answers both, unless it is not asked
		ask += steps[0].After
	}
	if (d.Track == trackResult || d.Track == trackRead) && trackable(d) {
		all = append(all, outbox.Followup{Kind: outbox.FollowResult, Due: sent.Add(ask)})
	}
	return all
}

// sentAt is when DingTalk took d; zero where it is not known to have.
func sentAt(d *outbox.Delivery) time.Time {
	for i := len(d.Attempts) - 1; i >= 0; i-- {
		if a := d.Attempts[i]; a.Outcome == outbox.Accepted {
			return a.Ended
		}
	}
	return time.Time{}
}

// askAgain is when a result that says nothing of some recipients is asked for
// again, after the given number of times; zero: not any more.
func askAgain(tries int, sent, now time.Time) time.Time {
	if tries >= asks {
		return time.Time{}
	}
	next := now.Add(firstAsk << (2 * tries)) // 4, 16, 64 minutes
	if next.After(sent.Add(results)) {
		return time.Time{}
	}
	return next
}
