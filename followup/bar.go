package followup

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"workbell/dingtalk"
	"workbell/message"
	"workbell/outbox"
)

const (
	// notFinished is the code of status_bar/update for a task that DingTalk has
	// not finished, or that had too many recipients.
	notFinished = "41052"
	// probeAfter is after how many of those the progress is asked for, which
	// tells the two apart.
	probeAfter = 3
)

// statusBar turns the bar of the notification to resolved. Where that cannot be
// (any more), those who have it are sent the resolved event instead.
func (j *job) statusBar() (outbox.Amendment, error) {
	d := &j.due.Delivery
	event, err := j.options.Store.Event(j.ctx, j.due.Event)
	switch {
	case errors.Is(err, outbox.ErrNotFound):
		return j.done("the resolved event is gone from the history"), nil
	case err != nil:
		return outbox.Amendment{}, err
	}
	if why, err := j.unreachable(); err != nil || why != "" {
		if err != nil {
			return outbox.Amendment{}, err
		}
		return j.sendInstead(event, why)
	}
	value, color := j.s.Renderer.Bar(event, d.Rule, j.now)
	err = j.call("update", func(ctx context.Context) error {
		return j.app.Client.UpdateStatusBar(ctx, d.TaskID, value, color)
	})
	failed, isCall := errors.AsType[*dingtalk.Error](err)
	switch {
	case err == nil:
		return j.done(outbox.TurnedNote(value, color)), nil
	case !isCall:
		return outbox.Amendment{}, err
	case failed.HasCode(notFinished) && j.due.Tries >= probeAfter:
		return j.probe(event, failed)
	case failed.Action == dingtalk.GiveUp || failed.Action == dingtalk.BadRecipient || failed.Action == dingtalk.Retry && j.due.Tries >= maxTries:
		return j.sendInstead(event, failed.Error())
	}
	return outbox.Amendment{}, failed
}

// probe tells by the progress what a 41052 means that came again and again.
func (j *job) probe(event outbox.Event, refusal *dingtalk.Error) (outbox.Amendment, error) {
	var p dingtalk.Progress
	err := j.call("getsendprogress", func(ctx context.Context) (err error) {
		p, err = j.app.Client.Progress(ctx, j.due.Delivery.TaskID)
		return err
	})
	if err != nil {
		return outbox.Amendment{}, err
	}
	if p.Status == dingtalk.Done || j.due.Tries >= maxTries {
		return j.sendInstead(event, refusal.Error())
	}
	return outbox.Amendment{}, refusal
}

// unreachable says why the notification itself cannot be amended, if so. An
// attempt of unknown outcome before the one that DingTalk took may be the one
// that arrived, under a task id that nobody knows: the result tells.
func (j *job) unreachable() (string, error) {
	d := &j.due.Delivery
	switch {
	case !message.HasStatusBar(d.Body):
		return "it has none", nil
	case d.TaskID == 0:
		return "its task id is lost", nil
	case lost(d.Receipts):
		return arrived, nil
	case !unsure(d) || len(d.Receipts) > 0 || !trackable(d):
		return "", nil
	}
	r, err := j.ask(d)
	if err != nil {
		return "", err
	}
	f, err := j.assess(d, &r)
	if err == nil && lost(f.receipts) {
		return arrived, nil
	}
	return "", err
}

// sendInstead queues the resolved event for those who have the notification,
// but not again for who is told of it already by another delivery of the group.
func (j *job) sendInstead(event outbox.Event, why string) (outbox.Amendment, error) {
	const cause = "resolved"
	d := &j.due.Delivery
	a := j.done("status bar not turned (" + why + ")")
	j.sending.Lock() // until the amendment is kept: the next one has to see it
	j.release = j.sending.Unlock
	told, err := j.options.Store.List(j.ctx, outbox.Filter{Event: event.ID, Rule: d.Rule, App: d.App, Limit: 500})
	if err != nil {
		return a, err
	}
	to := having(d)
	for i := range told {
		to = to.Minus(told[i].To)
	}
	if to.Empty() {
		a.Note += "; they are told of the end already"
		return a, nil
	}
	a.Event = event.ID
	for _, m := range j.s.Renderer.Resolved(event, d.Rule, j.now) {
		m.Calls, m.Cause, m.Track = to.Calls(j.app.PeoplePerCall), cause, d.Track
		a.Messages = append(a.Messages, m)
	}
	if len(a.Messages) == 0 {
		a.Note += "; they are not told of the end, since nothing comes of it by rule " + strconv.Quote(d.Rule) + " (is it in rules.yaml still?)"
		return a, nil
	}
	a.Note += "; the end is sent as a notification"
	return a, nil
}

// having are the recipients of d but those known not to have it.
func having(d *outbox.Delivery) message.Recipients {
	to := d.To
	to.Users = slices.DeleteFunc(slices.Clone(d.To.Users), func(u string) bool {
		r := find(d.Receipts, u)
		return r != nil && !r.Fate.Has() && r.Fate != outbox.FateUnknown
	})
	return to
}
