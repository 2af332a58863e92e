package followup

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"workbell/dingtalk"
	"workbell/message"
	"workbell/outbox"
)

const (
	// asks is how often the result of a delivery is asked for while some of its
	// recipients are in no list; then DingTalk is taken to be silent.
	asks = 4
	// resends is how often a message is sent again to somebody whom DingTalk
	// did not pass it on to.
	resends = 3
	// minuteLimit is how long a limit by the minute stands in the way.
	minuteLimit = time.Minute
)

// again is the Cause of a delivery that repeats another for those whom that did
// not reach, with how often that was done before it: "again 1".
const again = "again "

// generation is how many deliveries before d carried its message to the same
// people in vain.
func generation(d *outbox.Delivery) int {
	n, _ := strconv.Atoi(strings.TrimPrefix(d.Cause, again))
	return n
}

// finding is what a result says of a delivery.
type finding struct {
	receipts []outbox.Receipt
	silent   []string // recipients of whom neither it nor one before says anything
	repeats  []repeat
}

// repeat is a message to be sent again, to those whom it did not reach.
type repeat struct {
	users   []string
	due     time.Time // zero: at once
	changed bool      // its text, since DingTalk takes it for the same content
}

// assess reads a result. elsewhere says whether somebody has the same content by
// another delivery of the event; it is asked about those alone whom DingTalk
// says to have it. It depends on its arguments alone.
func assess(d *outbox.Delivery, r *dingtalk.Result, elsewhere func(user string) bool, now time.Time, zone *time.Location) finding {
	var f finding
	told := map[string]bool{}
	note := func(user string, fate outbox.Fate, code, words string) {
		if !told[user] {
			told[user] = true
			f.receipts = append(f.receipts, outbox.Receipt{User: user, Fate: fate, Code: code, Words: words})
		}
	}
	for _, u := range r.Read {
		note(u, outbox.FateRead, "", "")
	}
	for _, u := range r.Unread {
		note(u, outbox.FateDelivered, "", "")
	}
	for _, u := range r.Invalid {
		note(u, outbox.FateInvalid, "", "DingTalk knows nobody by this id, or the app does not reach them")
	}
	for _, dept := range r.InvalidDepts {
		note("dept:"+dept, outbox.FateInvalid, "", "DingTalk knows no department by this id")
	}
	for _, x := range r.Forbidden {
		if !told[x.UserID] {
			receipt, rep := forbidden(d, x, elsewhere, now, zone)
			note(x.UserID, receipt.Fate, receipt.Code, receipt.Words)
			if !decided(d, x.UserID) {
				f.repeat(rep)
			}
		}
	}
	for _, u := range r.Failed {
		if told[u] {
			continue
		}
		words := "DingTalk could not pass it on"
		if due := now.Add(minuteLimit); generation(d) < resends && !late(d, due) && d.Resolved.IsZero() && !decided(d, u) {
			words += "; sent again"
			f.repeat(repeat{users: []string{u}, due: due})
		}
		note(u, outbox.FateFailed, "", words)
	}
	for _, u := range d.To.Users {
		known := find(d.Receipts, u)
		if !told[u] && (known == nil || known.Fate == outbox.FateUnknown) {
			f.silent = append(f.silent, u)
		}
	}
	return f
}

// decided says whether it was known of the user before that d did not reach
// them: whether it goes to them again was decided then. Every later answer about
// the task says so again.
func decided(d *outbox.Delivery, user string) bool {
	known := find(d.Receipts, user)
	return known != nil && (known.Fate == outbox.FateForbidden || known.Fate == outbox.FateFailed)
}

// repeat adds rep to those with the same time and text.
func (f *finding) repeat(rep repeat) {
	if len(rep.users) == 0 {
		return
	}
	for i := range f.repeats {
		if r := &f.repeats[i]; r.due.Equal(rep.due) && r.changed == rep.changed {
			r.users = append(r.users, rep.users...)
			return
		}
	}
	f.repeats = append(f.repeats, rep)
}

// forbidden says what a code of forbidden_list means for one recipient, and
// whether the message goes to them again.
func forbidden(d *outbox.Delivery, x dingtalk.Forbidden, elsewhere func(string) bool, now time.Time, zone *time.Location) (outbox.Receipt, repeat) {
	words := cmp.Or(dingtalk.Words(x.Code), "DingTalk did not pass it on, and does not say why")
	receipt := outbox.Receipt{Fate: outbox.FateForbidden, Code: x.Code, Words: words}
	rep := repeat{users: []string{x.UserID}}
	n := generation(d)
	switch dingtalk.DropOf(x.Code) {
	case dingtalk.DropPassing:
		rep.due = now.Add(minuteLimit << min(n, 5))
	case dingtalk.DropDaily:
		rep.due = midnightAfter(now, zone).Add(outbox.ClockSlack)
	case dingtalk.DropSame:
		if unsure(d) {
			receipt.Fate, receipt.Words = outbox.FateDelivered, arrived
			return receipt, repeat{}
		}
		if elsewhere(x.UserID) {
			receipt.Fate, receipt.Words = outbox.FateDelivered, "it arrived with another call of the same message"
			return receipt, repeat{}
		}
		if d.Repeat == outbox.Suppress {
			receipt.Words += "; the rule says suppress"
			return receipt, repeat{}
		}
		if bytes.Equal(outbox.Remark(d.Body, 2, now, zone), d.Body) {
			receipt.Words += "; it has no text to be told apart by"
			return receipt, repeat{}
		}
		rep.changed = true
	default:
		return receipt, repeat{}
	}
	switch {
	case !d.Resolved.IsZero():
		receipt.Words += "; resolved, so it is not sent again"
	case n >= resends && dingtalk.DropOf(x.Code) != dingtalk.DropDaily:
		receipt.Words += "; not sent again, having been " + strconv.Itoa(n) + " times"
	case late(d, cmp.Or(rep.due, now)):
		receipt.Words += "; it expires before it could be sent again"
	case dingtalk.DropOf(x.Code) == dingtalk.DropDaily:
		receipt.Words += "; sent again after DingTalk's midnight"
		return receipt, rep
	default:
		receipt.Words += "; sent again"
		return receipt, rep
	}
	return receipt, repeat{}
}

// arrived are the words of a recipient who has an earlier attempt of unknown
// outcome: its task id is lost with its answer.
const arrived = "it arrived with an earlier attempt, whose answer was lost"

// unsure says whether an attempt before the one that DingTalk accepted may have
// been taken.
func unsure(d *outbox.Delivery) bool {
	return slices.ContainsFunc(d.Attempts, func(a outbox.Attempt) bool { return a.Outcome == outbox.Unknown })
}

// lost says whether the task that arrived is another than the one known.
func lost(receipts []outbox.Receipt) bool {
	return slices.ContainsFunc(receipts, func(r outbox.Receipt) bool { return r.Words == arrived })
}

func late(d *outbox.Delivery, at time.Time) bool {
	return !d.Expires.IsZero() && !at.Before(d.Expires)
}

func midnightAfter(t time.Time, zone *time.Location) time.Time {
	t = t.In(zone)
	return time.Date(t.Year(), t.Month(), t.Day()+1, 0, 0, 0, 0, zone)
}

// merged returns what is known of each user once some more is: what was known
// first stays where nothing new is told.
func merged(known, learnt []outbox.Receipt) []outbox.Receipt {
	all := slices.Clone(learnt)
	for _, k := range known {
		if !slices.ContainsFunc(learnt, func(r outbox.Receipt) bool { return r.User == k.User }) {
			all = append(all, k)
		}
	}
	return all
}

// standing is the state that follows from what is known of everybody.
func standing(receipts []outbox.Receipt) (outbox.State, string) {
	has, without := 0, []string{}
	for _, r := range receipts {
		if r.Fate.Has() {
			has++
		} else {
			without = append(without, r.User+": "+cmp.Or(r.Words, string(r.Fate)))
		}
	}
	slices.Sort(without)
	switch {
	case len(without) == 0:
		return outbox.Delivered, ""
	case has == 0:
		return outbox.Failed, few(without, "; ")
	}
	return outbox.Partial, few(without, "; ")
}

// missed says who does not have it, and why, but for those who are invalid: that
// is said once of each, not with every delivery.
func missed(receipts []outbox.Receipt) []string {
	var all []string
	for _, r := range receipts {
		if !r.Fate.Has() && r.Fate != outbox.FateInvalid {
			all = append(all, r.User+": "+cmp.Or(r.Words, string(r.Fate)))
		}
	}
	return all
}

// few lists the first of many.
func few(lines []string, between string) string {
	const most = 5
	if len(lines) > most {
		lines = append(slices.Clone(lines[:most]), "and "+strconv.Itoa(len(lines)-most)+" more")
	}
	return strings.Join(lines, between)
}

// messages makes the repeats of d's message.
func (f *finding) messages(d *outbox.Delivery, people int, now time.Time, zone *time.Location) []outbox.Message {
	var all []outbox.Message
	for _, rep := range f.repeats {
		n := generation(d) + 1
		m := outbox.Message{
			Rule: d.Rule, App: d.App, Msgtype: d.Msgtype, Priority: d.Priority, Body: d.Body,
			Calls:     message.Recipients{Users: rep.users}.Calls(people),
			OnResolve: d.OnResolve, Track: d.Track, Expires: d.Expires, Due: rep.due, Cause: again + strconv.Itoa(n),
		}
		if rep.changed {
			m.Body = outbox.Remark(d.Body, n+1, now, zone)
		}
		all = append(all, m)
	}
	return all
}

// trackable says whether DingTalk tells what became of d's recipients: beyond a
// hundred it answers with a time-out (getsendresult).
func trackable(d *outbox.Delivery) bool {
	return !d.To.Everyone && d.To.Count() <= message.MaxUsers
}
