package followup

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"workbell/dingtalk"
	"workbell/outbox"
)

const (
	// askTries is how often the questions of a step are tried again that DingTalk
	// answers with failures of its own, or too slowly to ask all of them.
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

// leader is the first part that was sent on its own account and has an escalation
// to come: not one of which DingTalk does not tell what became of it, nor one that
// was taken back.
func leader(parts []outbox.Delivery) int64 {
	for i := range parts {
		d := &parts[i]
		if d.TaskID != 0 && d.Cause == "" && d.State != outbox.Recalled && trackable(d) {
			return d.ID
		}
	}
	return 0
}

// askAll asks who has read the parts, as long as the answer may still change
// what happens.
func (j *job) askAll(parts []outbox.Delivery, steps []Step) (outbox.Amendment, error) {
	d, step := &j.due.Delivery, steps[j.due.Step]
	mine := outbox.Amendment{Delivery: d.ID, Lease: j.due.Lease()}
	var read, without []string
	for i := range parts {
		p := &parts[i]
		if p.State == outbox.Recalled {
			continue
		}
		receipts, late := []outbox.Receipt(nil), time.Since(j.now) > askWithin
		if late && j.due.Tries < askTries {
			return mine, &laterError{at: time.Now().Add(firstAsk), spent: true}
		}
		if p.TaskID != 0 && trackable(p) && !late {
			a, all, err := j.readers(p)
			if err != nil {
				return mine, err
			}
			receipts = all
			if p.ID == d.ID {
				a.Lease = mine.Lease
				mine = a
			} else if err := j.record(p, a); err != nil {
				return mine, err
			}
		}
		for _, u := range readersOf(p, receipts) {
			if r := find(receipts, u); r != nil && r.Fate == outbox.FateRead {
				read = append(read, u)
			} else {
				without = append(without, u)
			}
		}
		if len(read) > 0 && !step.All {
			break
		}
	}
	slices.Sort(without)
	without = slices.DeleteFunc(slices.Compact(without), func(u string) bool { return slices.Contains(read, u) })
	if len(read) > 0 && !step.All || len(without) == 0 {
		mine.Note = "not escalated: read by " + few(read, ", ")
		return mine, nil
	}
	return j.goOn(mine, without, steps)
}

// readersOf are those who are to read p: its users, and the people of its
// departments as far as DingTalk has told of them; a department of which it has
// told nothing stands for itself.
func readersOf(p *outbox.Delivery, receipts []outbox.Receipt) []string {
	all := slices.Clone(p.To.Users)
	told := false
	for _, r := range receipts {
		if !slices.Contains(p.To.Users, r.User) {
			all, told = append(all, r.User), true
		}
	}
	for _, x := range p.To.Depts {
		if !told {
			all = append(all, "dept:"+strconv.FormatInt(x.ID, 10))
		}
	}
	return all
}

// readers asks what became of a part, and returns what to keep of it and all
// that is known. Where DingTalk does not answer that question nobody is known to
// have read it.
func (j *job) readers(p *outbox.Delivery) (outbox.Amendment, []outbox.Receipt, error) {
	d, err := j.options.Store.Get(j.ctx, p.ID)
	a := outbox.Amendment{Delivery: p.ID}
	if err != nil || len(d.Receipts) > 0 && !unread(d.Receipts) {
		return a, d.Receipts, err
	}
	r, err := j.ask(&d)
	if failed, ok := errors.AsType[*dingtalk.Error](err); ok && unanswerable(failed, j.due.Tries) {
		a.Note = "who has read it cannot be learnt: " + failed.Error()
		return a, d.Receipts, nil
	}
	if err != nil {
		return a, nil, err
	}
	f, err := j.assess(&d, &r)
	if err != nil {
		return a, nil, err
	}
	a.Receipts, a.Messages = news(d.Receipts, f.receipts), f.messages(&d, j.app.PeoplePerCall, j.now, j.s.Zone)
	all := merged(d.Receipts, f.receipts)
	if len(f.silent) == 0 && len(all) > 0 {
		a.State, a.Reason = standing(all)
	}
	last := outbox.Followup{Kind: outbox.FollowResult, Due: sentAt(&d).Add(lastAsk)}
	switch {
	case len(f.silent) > 0 && hasResult(d.Followups): // it asks for them
	case len(f.silent) > 0 || unread(all):
		a.Add = append(a.Add, last)
	default:
		a.Drop = append(a.Drop, outbox.FollowResult)
	}
	return a, all, nil
}

// unanswerable says whether asking again is of no use, or has been tried often
// enough: whoever the step is for must not wait for an answer that never comes.
func unanswerable(e *dingtalk.Error, tries int) bool {
	switch e.Action {
	case dingtalk.RenewToken, dingtalk.Unavailable, dingtalk.SlowDown, dingtalk.QuotaUsedUp:
		return false
	case dingtalk.Misconfigured:
		return dingtalk.NoPermission(e)
	case dingtalk.Retry:
		return tries >= askTries
	}
	return true
}

func hasResult(pending []outbox.Followup) bool {
	return slices.ContainsFunc(pending, func(f outbox.Followup) bool { return f.Kind == outbox.FollowResult })
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
