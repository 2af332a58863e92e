package routes

import (
	"context"
	"net/http"
	"slices"
	"time"

	"workbell/outbox"
)

// recallWithin is how long DingTalk takes a message back after it was sent
// (message/corpconversation/recall).
const recallWithin = 24 * time.Hour

// recall takes a delivery back: one that has not left is not sent any more; for
// one that has, DingTalk is asked to, as a follow-up.
func (o Options) recall(ctx context.Context, id int64, ord Order) (Done, int, error) {
	if err := ord.checkAll(); err != nil {
		return Done{}, 0, err
	}
	return o.act(ctx, id, func(d outbox.Delivery) (deed, error) {
		do, err := recalling(d, ord, time.Now())
		if err == nil && len(do.Add) > 0 {
			err = o.needs(d.App)
		}
		return do, err
	})
}

// recalling decides what recalling d comes to at now.
func recalling(d outbox.Delivery, ord Order, now time.Time) (deed, error) {
	a := outbox.Amendment{Delivery: d.ID, From: []outbox.State{d.State}}
	later := func(done string) (deed, error) {
		a.Add = []outbox.Followup{{Kind: outbox.FollowRecall}}
		a.Note = ord.note("recall asked for")
		return deed{a, http.StatusAccepted, done}, nil
	}
	switch d.State {
	case outbox.Recalled:
		return deed{status: http.StatusOK, done: "it has been recalled already"}, nil
	case outbox.Queued:
		if mayHaveLeft(d) {
			return later("it is being sent, or may have been: DingTalk is asked to take it back once that is known")
		}
		a.State, a.Reason, a.Note = outbox.Superseded, "recalled before it was sent", ord.note("recalled")
		return deed{a, http.StatusOK, a.Reason}, nil
	case outbox.Sent, outbox.Delivered, outbox.Partial, outbox.Failed:
	default:
		return deed{}, refuse(http.StatusConflict, "it is %s: nothing was sent that could be taken back", d.State)
	}
	at, ok := sentAt(d)
	switch {
	case !ok:
		return deed{}, refuse(http.StatusConflict, "it is %s, but the answer with its task id was lost on the way: DingTalk cannot be told what to take back", d.State)
	case now.Sub(at) >= recallWithin:
		return deed{}, refuse(http.StatusConflict, "it was sent %d hours ago: DingTalk takes messages back for %d only", int(now.Sub(at).Hours()), int(recallWithin.Hours()))
	}
	return later("DingTalk is asked to take it back")
}

// mayHaveLeft says whether an attempt is in flight or may have been taken.
func mayHaveLeft(d outbox.Delivery) bool {
	return slices.ContainsFunc(d.Attempts, func(t outbox.Attempt) bool {
		return t.Outcome == outbox.Begun || t.Outcome == outbox.Unknown
	})
}

// sentAt is when DingTalk was given the message whose task id is known.
func sentAt(d outbox.Delivery) (time.Time, bool) {
	for _, t := range slices.Backward(d.Attempts) {
		if t.Outcome == outbox.Accepted {
			return t.Began, d.TaskID != 0
		}
	}
	return time.Time{}, false
}
