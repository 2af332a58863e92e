package followup

import (
	"errors"
	"slices"
	"strconv"
	"time"

	"workbell/dingtalk"
	"workbell/message"
	"workbell/outbox"
)

// question is who has read a message.
type question struct {
	*job
	any           bool             // one who has read it is enough
	mine          outbox.Amendment // what is to be kept of the job's own delivery
	read, without []string
}

// ask asks of each part, until the answer is known.
func (q *question) ask(parts []outbox.Delivery) error {
	for i := range parts {
		p := &parts[i]
		if p.State == outbox.Recalled {
			continue
		}
		receipts, err := q.askOf(p)
		if err != nil {
			return err
		}
		for _, u := range readersOf(p, receipts) {
			if r := find(receipts, u); r != nil && r.Fate == outbox.FateRead {
				q.read = append(q.read, u)
			} else {
				q.without = append(q.without, u)
			}
		}
		if len(q.read) > 0 && q.any {
			break
		}
	}
	return nil
}

// askOf asks of one part, and keeps what it learns.
func (q *question) askOf(p *outbox.Delivery) ([]outbox.Receipt, error) {
	late := time.Since(q.now) > askWithin
	if late && q.due.Tries < askTries {
		return nil, &laterError{at: time.Now().Add(firstAsk), spent: true}
	}
	if p.ID == q.due.Delivery.ID && !trackable(p) {
		q.mine.Note = "who has read it cannot be learnt: DingTalk tells it of " + strconv.Itoa(message.MaxUsers) + " people at most, and it has more, or nobody knows how many"
	}
	if late || p.TaskID == 0 || !trackable(p) {
		return nil, nil
	}
	a, receipts, err := q.readers(p)
	if err != nil {
		return nil, err
	}
	if p.ID != q.due.Delivery.ID {
		return receipts, q.record(p, a)
	}
	a.Lease = q.mine.Lease
	q.mine = a
	return receipts, nil
}

// unread are those of the message who are not known to have read it.
func (q *question) unread() []string {
	all := slices.Compact(slices.Sorted(slices.Values(q.without)))
	return slices.DeleteFunc(all, func(u string) bool { return slices.Contains(q.read, u) })
}

func (q *question) settled() bool { return q.any && len(q.read) > 0 || len(q.unread()) == 0 }

// maxReminders is of how many of the latest reminders it is asked who has read
// them: each question is a call of the month's.
const maxReminders = 5

// reminders are the deliveries of later events of the same rule about the same,
// the latest first: whoever has read one knows.
func (j *job) reminders() ([]outbox.Delivery, error) {
	d := &j.due.Delivery
	waiting, err := j.options.Store.List(j.ctx, outbox.Filter{WaitsWith: d.ID, Rule: d.Rule, App: d.App, Limit: 500})
	if err != nil {
		return nil, err
	}
	var all []outbox.Delivery
	var events []int64
	for i := range waiting {
		e := waiting[i].Event
		if e <= d.Event || slices.Contains(events, e) || len(events) == maxReminders {
			continue
		}
		events = append(events, e)
		list, err := j.options.Store.List(j.ctx, outbox.Filter{Event: e, Rule: d.Rule, App: d.App, Limit: 500})
		if err != nil {
			return nil, err
		}
		parts, _ := family(list, j.due.Step)
		all = append(all, parts...)
	}
	return all, nil
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
