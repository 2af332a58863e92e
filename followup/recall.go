package followup

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"workbell/dingtalk"
	"workbell/outbox"
)

const (
	// gone is how DingTalk answers a recall of what is not there (any more).
	gone = "400002"
	// maybe is the step of a recall that was tried before, without an answer.
	maybe = 1
)

// recall takes the notification back, under every task id that it was given.
func (j *job) recall() (outbox.Amendment, error) {
	d := &j.due.Delivery
	tasks := tasksOf(d)
	switch sent := sentAt(d); {
	case d.State == outbox.Recalled:
		return j.done(""), nil
	case len(tasks) == 0:
		return j.done("not recalled: its task id is lost"), nil
	case lost(d.Receipts):
		return j.done("not recalled: " + arrived), nil
	case j.now.After(sent.Add(outbox.Windows.Recall)):
		return j.done("not recalled: DingTalk takes notifications back for 24 hours, which have passed"), nil
	}
	var refusals []error
	for _, task := range tasks {
		err := j.call("recall", func(ctx context.Context) error { return j.app.Client.Recall(ctx, task) })
		failed, isCall := errors.AsType[*dingtalk.Error](err)
		switch {
		case err == nil:
		case !isCall:
			return outbox.Amendment{}, err
		case failed.HasCode(gone) && j.due.Step == maybe: // it is we who took it back
		case failed.Action == dingtalk.GiveUp:
			refusals = append(refusals, err)
		default:
			if failed.Outcome == dingtalk.Unknown {
				j.due.Step = maybe
			}
			return outbox.Amendment{}, err
		}
	}
	if len(refusals) == len(tasks) {
		return j.done(fmt.Sprintf("not recalled: %v", errors.Join(refusals...))), nil
	}
	if err := j.withRepeats(d.ID); err != nil {
		return outbox.Amendment{}, err
	}
	a := j.done("recalled")
	a.State, a.Reason = outbox.Recalled, "taken back"
	a.Drop = []outbox.Kind{outbox.FollowResult, outbox.FollowEscalate, outbox.FollowStatusBar}
	return a, nil
}

// withRepeats keeps back what was to be sent again to those whom the notification
// did not reach.
func (j *job) withRepeats(of int64) error {
	children, err := j.options.Store.List(j.ctx, outbox.Filter{Of: of, States: []outbox.State{outbox.Queued}, Limit: 500})
	if err != nil {
		return err
	}
	for _, c := range children {
		if !strings.HasPrefix(c.Cause, again) {
			continue
		}
		_, err := j.options.Store.Amend(j.ctx, outbox.Amendment{Delivery: c.ID, From: []outbox.State{outbox.Queued},
			State: outbox.Superseded, Reason: "what it repeats was taken back"})
		if err != nil && !errors.Is(err, outbox.ErrState) && !errors.Is(err, outbox.ErrBusy) && !errors.Is(err, outbox.ErrNotFound) {
			return err
		}
	}
	return nil
}

// tasksOf are the ids under which DingTalk took d.
func tasksOf(d *outbox.Delivery) []int64 {
	var tasks []int64
	for _, a := range d.Attempts {
		if a.TaskID != 0 && !slices.Contains(tasks, a.TaskID) {
			tasks = append(tasks, a.TaskID)
		}
	}
	return tasks
}
