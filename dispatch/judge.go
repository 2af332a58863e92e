package dispatch

import (
	"errors"
	"strconv"
	"time"

	"workbell/dingtalk"
	"workbell/outbox"
)

const (
	// maxSpent is how many attempts a message may spend before it is dead.
	maxSpent = 8
	// A delivery that failed by itself waits this long, doubling, and no longer.
	firstRetry, lastRetry = 2 * time.Second, 5 * time.Minute
)

// call is one attempt and what is known around it.
type call struct {
	delivery     outbox.Delivery
	number       int              // of the attempt
	before       []outbox.Attempt // earlier ones
	began, ended time.Time
	sent         dingtalk.Sent
	err          *dingtalk.Error // nil: accepted
}

// asError returns what Client.Send gave as the type that it promises. Anything
// else is a call of which nothing is known.
func asError(err error) *dingtalk.Error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*dingtalk.Error](err); ok {
		return e
	}
	return &dingtalk.Error{Doing: "sending a work notification", Message: err.Error(),
		Action: dingtalk.Unavailable, Outcome: dingtalk.Unknown}
}

// verdict is what follows from a call: for its delivery, and for the app.
type verdict struct {
	update  outbox.Update
	paused  bool // the app's state has changed: it pauses now, or for another reason
	resumed bool // the app is well again
}

// judge decides what follows from c, and notes in h what it tells of the app.
// It depends on its arguments alone.
func (a allowance) judge(h *health, c call, jitter float64) verdict {
	if c.err == nil {
		return verdict{resumed: h.succeeded(c.began, c.ended),
			update: outbox.Update{Lease: c.delivery.Lease(), State: outbox.Sent, Attempt: c.result()}}
	}
	v := verdict{update: outbox.Update{Lease: c.delivery.Lease(), State: outbox.Queued,
		Due: c.delivery.Due, Reason: c.err.Error()}}
	pause := func(r Reason) {
		v.paused = h.pause(a.failure(r, c), c.ended, jitter)
	}
	switch c.err.Action {
	case dingtalk.RenewToken:
		if h.token(c.began, c.ended) {
			pause(Misconfigured)
		}
	case dingtalk.SlowDown:
		pause(Throttled)
	case dingtalk.Misconfigured:
		pause(Misconfigured)
	case dingtalk.QuotaUsedUp:
		pause(QuotaUsedUp)
	case dingtalk.Tomorrow:
		v.update = tomorrow(c.delivery, a.midnightAfter(c.ended).Add(slack), c.err.Error())
	case dingtalk.BadRecipient:
		v.update = withoutBad(c)
	case dingtalk.GiveUp:
		v.update = refuse(c.delivery, c.err.Error())
	default: // Unavailable and Retry: DingTalk's fault, or this message's
		v = a.doubtful(h, c, jitter)
	}
	v.update.Attempt = c.result()
	return v
}

// doubtful judges a failure that may be DingTalk's or the message's. It is the
// message's if others went through since its last attempt and go through still:
// then it waits by itself and, where DingTalk answered, spends an attempt.
// Otherwise nothing is spent, and no answer at all makes the app pause at once.
func (a allowance) doubtful(h *health, c call, jitter float64) verdict {
	d := c.delivery
	v := verdict{update: outbox.Update{Lease: d.Lease(), State: outbox.Queued, Reason: c.err.Error()}}
	answered := c.err.Action == dingtalk.Retry
	outage := h.failed(d.ID)
	own := !outage && len(c.before) > 0 && h.success.After(c.before[len(c.before)-1].Began)
	if outage || !own && !answered {
		v.paused = h.pause(a.failure(Outage, c), c.ended, jitter)
	}
	if !own && !answered {
		v.update.Due = d.Due
		return v
	}
	v.update.Spend = own && answered
	if v.update.Spend && d.Spent+1 >= maxSpent {
		v.update.State = outbox.Dead
		v.update.Reason = "tried " + strconv.Itoa(d.Tries+1) + " times while others went through: " + c.err.Error()
		return v
	}
	wait := max(c.err.RetryAfter, outbox.Backoff(d.Tries+1, firstRetry, lastRetry, jitter))
	v.update.Due = c.ended.Add(wait)
	return v
}

// withoutBad parts the recipients, so that those whom DingTalk knows get the
// message though one is unknown to it.
func withoutBad(c call) outbox.Update {
	parts := halves(c.delivery.To)
	if parts == nil {
		return refuse(c.delivery, c.err.Error())
	}
	for i := range parts {
		parts[i].Due = c.delivery.Due
	}
	return outbox.Update{Lease: c.delivery.Lease(), State: outbox.Queued, Due: c.delivery.Due,
		Reason: c.err.Error(), Split: parts}
}

func refuse(d outbox.Delivery, why string) outbox.Update {
	return outbox.Update{Lease: d.Lease(), State: outbox.Refused, Reason: why}
}

// failure says how c's failure pauses the app.
func (a allowance) failure(r Reason, c call) failure {
	f := failure{reason: r, delivery: c.delivery.ID, began: c.began, atLeast: c.err.RetryAfter}
	if r == QuotaUsedUp { // renewed with the month
		t := c.ended.In(a.zone)
		f.latest = time.Date(t.Year(), t.Month()+1, 1, 0, 0, 0, 0, a.zone).Add(time.Minute)
	}
	return f
}

// result is the attempt's end as it is kept.
func (c call) result() *outbox.Result {
	if c.err == nil {
		return &outbox.Result{Outcome: outbox.Accepted, TaskID: c.sent.TaskID, RequestID: c.sent.RequestID}
	}
	return &outbox.Result{Outcome: outcome(c.err.Outcome), Code: c.err.FullCode(),
		Error: c.err.Error(), RequestID: c.err.RequestID}
}

func outcome(o dingtalk.Outcome) outbox.Outcome {
	switch o {
	case dingtalk.Rejected:
		return outbox.Rejected
	case dingtalk.Unsent:
		return outbox.Unsent
	}
	return outbox.Unknown // the cautious reading of anything else
}

// ringsTwice says whether a call begun at now repeats one of unknown outcome
// after DingTalk's midnight: if that one was taken, people see it again.
func (a allowance) ringsTwice(before []outbox.Attempt, now time.Time) bool {
	for _, t := range before {
		lost := t.Outcome == outbox.Unknown || t.Outcome == outbox.Begun
		if lost && !a.midnightAfter(t.Began).Equal(a.midnightAfter(now)) {
			return true
		}
	}
	return false
}
