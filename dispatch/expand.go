package dispatch

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"workbell/message"
	"workbell/outbox"
)

// halves splits to so that a recipient whom DingTalk refuses is found in few
// calls: named users from departments, then each in half. It returns nil where
// there is nobody to part.
func halves(to message.Recipients) []outbox.Part {
	part := func(users []string, depts []message.Dept) outbox.Part {
		return outbox.Part{To: message.Recipients{Users: users, Depts: depts}}
	}
	users, depts := to.Users, to.Depts
	switch {
	case to.Everyone || len(to.Mobiles) > 0:
		return nil
	case len(users) > 0 && len(depts) > 0:
		return []outbox.Part{part(users, nil), part(nil, depts)}
	case len(users) > 1:
		return []outbox.Part{part(users[:len(users)/2], nil), part(users[len(users)/2:], nil)}
	case len(depts) > 1:
		return []outbox.Part{part(nil, depts[:len(depts)/2]), part(nil, depts[len(depts)/2:])}
	}
	return nil
}

// small splits to into calls for at most limit people each, since DingTalk
// drops what goes past a minute's recipients; nil where one call will do or
// nothing can be parted.
func small(to message.Recipients, limit int) []outbox.Part {
	if to.Count() <= limit {
		return nil
	}
	calls := to.Calls(limit)
	if len(calls) < 2 {
		return nil
	}
	parts := make([]outbox.Part, len(calls))
	for i, c := range calls {
		parts[i].To = c
	}
	return parts
}

// setAside says what to do with d where some of the needs in over are used up
// for the day. Those whom that concerns get a part of their own, which is then
// claimed by itself and held back until tomorrow; the others go now. It returns
// false where over holds no daily limit.
func setAside(d outbox.Delivery, needs []need, over []string) (outbox.Update, bool) {
	var capped message.Recipients
	var until time.Time
	for _, n := range needs {
		if n.user == "" && !n.everyone || !slices.Contains(over, n.Key) {
			continue
		}
		until = later(until, n.Until)
		capped.Everyone = capped.Everyone || n.everyone
		if n.user != "" && !slices.Contains(capped.Users, n.user) {
			capped.Users = append(capped.Users, n.user)
		}
	}
	if capped.Empty() {
		return outbox.Update{}, false
	}
	rest := d.To.Minus(capped)
	if rest.Empty() {
		return tomorrow(d, until, reachedDaily(capped)), true
	}
	return outbox.Update{Lease: d.Lease(), State: outbox.Queued, Due: d.Due,
		Split: []outbox.Part{{To: rest, Due: d.Due}, {To: capped, Due: d.Due, Aside: true}}}, true
}

// tomorrow holds all of d back until then, out of its group's order, or
// refuses it where that is too late for it.
func tomorrow(d outbox.Delivery, until time.Time, why string) outbox.Update {
	if tooLate(d, until) {
		return outbox.Update{Lease: d.Lease(), State: outbox.Refused,
			Reason: why + "; it expires before DingTalk's next day begins"}
	}
	return aside(d, until, why)
}

// aside lets all of d wait until then, out of its group's order: the others of
// the group do not wait with it.
func aside(d outbox.Delivery, until time.Time, why string) outbox.Update {
	return outbox.Update{Lease: d.Lease(), State: outbox.Queued, Due: until, Reason: why,
		Split: []outbox.Part{{To: d.To, Due: until, Aside: true}}}
}

func tooLate(d outbox.Delivery, until time.Time) bool {
	return !d.Expires.IsZero() && !until.Before(d.Expires)
}

func reachedDaily(capped message.Recipients) string {
	if capped.Everyone {
		return "everyone has been sent all the messages to everyone that DingTalk allows a day"
	}
	return names(capped.Users) + ": sent all the messages that DingTalk allows an employee a day"
}

// names lists the first few of users.
func names(users []string) string {
	const most = 5
	if len(users) <= most {
		return strings.Join(users, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(users[:most], ", "), len(users)-most)
}
