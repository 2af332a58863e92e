package followup

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"workbell/outbox"
)

const (
	// askTries is how often the questions of a step are tried again that DingTalk
	// answers with failures of its own, or too slowly to ask all of them; and how
	// often, a minute apart, a step is looked for that the rules do not have.
	askTries = 3
	// askWithin is how long questions of a step begin: after the last one there
	// must be time to record, or the next try asks all of them again.
	askWithin = lease - grace - callWithin
)

// escalation is the Cause of the deliveries of a step, from 1.
func escalation(step int) string { return fmt.Sprintf("escalation %d", step+1) }

// escalate goes on to the next ones, unless the message has been read. A message
// may be several deliveries (the calls that it took): of those that were sent,
// the first asks for all.
func (j *job) escalate() (outbox.Amendment, error) {
	d, steps, i := &j.due.Delivery, j.s.Renderer.Steps(j.due.Delivery.Rule), j.due.Step
	switch {
	case i >= len(steps) && j.due.Tries < askTries: // another bridge may have newer rules already
		return j.putOff(j.now.Add(time.Minute), j.due.Tries+1), nil
	case i >= len(steps):
		return j.done("not escalated: the rule has no such step any more"), nil
	case !d.Acked.IsZero():
		return j.done("not escalated: acknowledged"), nil
	case !d.Resolved.IsZero():
		return j.done("not escalated: resolved"), nil
	case j.now.After(sentAt(d).Add(results)):
		return j.done("not escalated: DingTalk tells who has read a notification for 24 hours, which have passed"), nil
	}
	if b := j.Budget(j.ctx); b.Reached(outbox.ShedAt) && d.Priority < outbox.High {
		return j.done(fmt.Sprintf("not escalated: %d of the month's %d calls are used, and its priority is not high", b.Used, b.Limit)), nil
	}
	all, err := j.options.Store.List(j.ctx, outbox.Filter{Event: d.Event, Rule: d.Rule, App: d.App, Limit: 500})
	if err != nil {
		return outbox.Amendment{}, err
	}
	parts, made := family(all, i)
	if first := leader(parts); first != 0 && first != d.ID {
		return j.done(""), nil
	}
	if made {
		return j.nextStep(outbox.Amendment{Delivery: d.ID, Lease: j.due.Lease()}, steps), nil
	}
	return j.askAll(parts, steps)
}

// family are the deliveries of one message among those of its event and rule;
// made says whether the step has been taken already.
func family(all []outbox.Delivery, step int) (parts []outbox.Delivery, made bool) {
	for _, d := range all {
		switch {
		case d.Cause == "" || strings.HasPrefix(d.Cause, again):
			parts = append(parts, d)
		case d.Cause == escalation(step):
			made = true
		}
	}
	slices.SortFunc(parts, func(a, b outbox.Delivery) int { return int(a.ID - b.ID) })
	return parts, made
}

// leader is the first part that was sent on its own account and was not taken
// back, if there is any of which DingTalk tells who has read it, of those.
func leader(parts []outbox.Delivery) (first int64) {
	for i := range parts {
		d := &parts[i]
		switch {
		case d.TaskID == 0 || d.Cause != "" || d.State == outbox.Recalled:
		case trackable(d):
			return d.ID
		case first == 0:
			first = d.ID
		}
	}
	return first
}

// askAll asks who has read the parts, and then the reminders that came later, as
// long as the answer may still change what happens.
func (j *job) askAll(parts []outbox.Delivery, steps []Step) (outbox.Amendment, error) {
	d, step := &j.due.Delivery, steps[j.due.Step]
	q := &question{job: j, any: !step.All, mine: outbox.Amendment{Delivery: d.ID, Lease: j.due.Lease()}}
	if err := q.ask(parts); err != nil {
		return q.mine, err
	}
	if q.settled() {
		q.mine.Note = "not escalated: read by " + few(q.read, ", ")
		return q.mine, nil
	}
	own := q.without
	reminders, err := j.reminders()
	if err == nil {
		err = q.ask(reminders)
	}
	if err != nil {
		return q.mine, err
	}
	if q.without = own; q.settled() {
		q.mine.Note = "not escalated: a reminder of it was read by " + few(q.read, ", ")
		return q.mine, nil
	}
	return j.goOn(q.mine, q.unread(), steps)
}

// goOn sends to the step's recipients, and names who has not read it.
func (j *job) goOn(a outbox.Amendment, unread []string, steps []Step) (outbox.Amendment, error) {
	d := &j.due.Delivery
	event, err := j.options.Store.Event(j.ctx, d.Event)
	if err != nil {
		return a, err
	}
	to := 0
	for _, m := range j.s.Renderer.Escalation(event, d.Rule, j.due.Step, unread, j.now) {
		m.Cause = escalation(j.due.Step)
		a.Messages = append(a.Messages, m)
		for _, c := range m.Calls {
			to += c.Count()
		}
	}
	whom := strconv.Itoa(to) + " people"
	if to == 1 {
		whom = "1 person"
	}
	note := fmt.Sprintf("escalated, step %d, to %s: not read by %s", j.due.Step+1, whom, few(unread, ", "))
	if to == 0 {
		note = fmt.Sprintf("not escalated, step %d: it names nobody; not read by %s", j.due.Step+1, few(unread, ", "))
	}
	if a.Note != "" { // why it is not known better
		note = a.Note + "; " + note
	}
	a.Note = note
	return j.nextStep(a, steps), nil
}

// nextStep schedules the step after this one.
func (j *job) nextStep(a outbox.Amendment, steps []Step) outbox.Amendment {
	if next := j.due.Step + 1; next < len(steps) {
		at := sentAt(&j.due.Delivery).Add(steps[next].After)
		a.Add = append(a.Add, outbox.Followup{Kind: outbox.FollowEscalate, Due: laterOf(at, j.now.Add(time.Second)), Step: next})
	}
	return a
}

func laterOf(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
