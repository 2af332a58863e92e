package routes

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"workbell/message"
	"workbell/outbox"
	"workbell/source"
)

// leastLife is how long, at least, a message that is sent again is worth it.
const leastLife = time.Hour

// resend sends a delivery again: in place where DingTalk never took it, else
// as a new delivery of the same event, to those who lack it.
func (o Options) resend(ctx context.Context, id int64, ord Order) (Done, int, error) {
	if err := ord.check(); err != nil {
		return Done{}, 0, err
	}
	return o.act(ctx, id, func(d outbox.Delivery) (deed, error) {
		if err := o.needs(d.App); err != nil {
			return deed{}, err
		}
		if ended(d) {
			var err error
			if d.Body, err = o.turned(ctx, d); err != nil {
				return deed{}, err
			}
		}
		return resending(d, ord, o.Plan.Load().Recipients(d.App), time.Now())
	})
}

// ended says whether d's status bar says what is over.
func ended(d outbox.Delivery) bool {
	return !d.Resolved.IsZero() && message.HasStatusBar(d.Body)
}

// turned is d's message with its status bar as it stands on the phones of those
// who have had it since it was resolved.
func (o Options) turned(ctx context.Context, d outbox.Delivery) ([]byte, error) {
	e, err := o.Store.Event(ctx, d.Event)
	if err != nil {
		return nil, err
	}
	plan := o.Plan.Load()
	ev := plan.Replay(e)
	ev.Status = source.Resolved // which event did it is not kept
	value, color := plan.Transform.Bar(ev, d.Rule, d.Resolved)
	return message.TurnStatusBar(d.Body, value, color), nil
}

// resending decides what sending d again at now comes to; where its status bar
// says what is over, d's message has it turned. limit is the most
// people that one call of its app may reach.
func resending(d outbox.Delivery, ord Order, limit int, now time.Time) (deed, error) {
	a := outbox.Amendment{Delivery: d.ID, From: []outbox.State{d.State}, Note: ord.note("resent")}
	to := d.To
	switch d.State {
	case outbox.Queued:
		return deed{}, refuse(http.StatusConflict, "it is queued, and sent as soon as it can be%s", because(d.Reason))
	case outbox.Dead, outbox.Refused, outbox.Expired:
		if len(ord.To) == 0 && !ended(d) { // else its bytes have to be others
			a.State, a.Expires = outbox.Queued, expires(d, now)
			return deed{a, http.StatusAccepted, "queued again"}, nil
		}
	case outbox.Partial, outbox.Failed:
		if to = lacking(d); to.Empty() {
			return deed{}, refuse(http.StatusConflict, "it is %s, but all whose names are known have it", d.State)
		}
	}
	if len(ord.To) > 0 {
		var err error
		if to, err = restrict(d, to, ord.To); err != nil {
			return deed{}, err
		}
	}
	m := again(d, now)
	if ended(d) {
		m.OnResolve = "send"
	}
	m.Calls = to.Calls(limit)
	a.Messages = []outbox.Message{m}
	done := "sent again to " + people(to)
	if _, ok := message.Append(m.Body, outbox.Mark(2, now, time.UTC)); !ok {
		done += "; a message without text cannot be made distinct: DingTalk shows it to those alone who have not had it today"
	}
	return deed{a, http.StatusAccepted, done}, nil
}

// again is d's message, as new and without recipients.
func again(d outbox.Delivery, now time.Time) outbox.Message {
	return outbox.Message{
		Rule: d.Rule, App: d.App, Msgtype: d.Msgtype, Priority: d.Priority, Body: outbox.Unmark(d.Body), Repeat: outbox.Distinct,
		OnResolve: d.OnResolve, Track: d.Track, Expires: expires(d, now), Cause: "resend",
	}
}

// expires gives d as long as it had, from now on.
func expires(d outbox.Delivery, now time.Time) time.Time {
	if d.Expires.IsZero() {
		return time.Time{}
	}
	return now.Add(max(d.Expires.Sub(d.Created), leastLife))
}

// lacking are those of d's recipients who do not have it, as far as is known.
// Where nobody has it that is all; of a department it is those whom receipts
// name.
func lacking(d outbox.Delivery) message.Recipients {
	var have, lack []string
	for _, r := range d.Receipts {
		if r.Fate.Has() {
			have = append(have, r.User)
		} else {
			lack = append(lack, r.User)
		}
	}
	if len(have) == 0 {
		return d.To
	}
	named := message.Recipients{Users: d.To.Users}
	return named.Union(message.Recipients{Users: lack}).Minus(message.Recipients{Users: have})
}

// restrict returns the users of that list, who must be among to or, where that
// has departments or everyone, among d's receipts.
func restrict(d outbox.Delivery, to message.Recipients, users []string) (message.Recipients, error) {
	known := slices.Clone(to.Users)
	if to.Everyone || len(to.Depts) > 0 {
		for _, r := range d.Receipts {
			known = append(known, r.User)
		}
	}
	for _, u := range users {
		if !slices.Contains(known, u) {
			return to, refuse(http.StatusBadRequest, "to: %.80q is none of those to whom it can be sent again (%s)", u, cmp.Or(some(known), "no names are known"))
		}
	}
	return message.Recipients{}.Union(message.Recipients{Users: users}), nil
}

// some lists the first of many names.
func some(names []string) string {
	const most = 10
	if len(names) > most {
		return strings.Join(names[:most], ", ") + fmt.Sprintf(" and %d more", len(names)-most)
	}
	return strings.Join(names, ", ")
}

// people says to whom, in words.
func people(to message.Recipients) string {
	var parts []string
	if to.Everyone {
		parts = append(parts, "everyone")
	}
	for _, p := range []struct {
		n    int
		what string
	}{{len(to.Users), "user"}, {len(to.Depts), "department"}, {len(to.Mobiles), "telephone number"}} {
		switch {
		case p.n == 1:
			parts = append(parts, "1 "+p.what)
		case p.n > 1:
			parts = append(parts, fmt.Sprintf("%d %ss", p.n, p.what))
		}
	}
	return strings.Join(parts, ", ")
}

func because(reason string) string {
	if reason == "" {
		return ""
	}
	return " (" + reason + ")"
}
