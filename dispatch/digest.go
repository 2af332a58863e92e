package dispatch

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"workbell/message"
	"workbell/outbox"
)

// As the month's calls run low, messages of low priority to named people wait
// until five minutes past the next full hour, and each person then gets one that
// lists them: a hundred of them cost one call. What has been tried before goes as
// it is.

const (
	// held begins the reason of what waits for the hour, gathered that of the
	// digest itself.
	held, gathered = "waits for the hour's digest", "digest of"
	// digestMost is how many deliveries one digest takes.
	digestMost = 400
	// pastHour keeps digests off the full hour, at which DingTalk is busiest.
	pastHour = 5 * time.Minute
)

// digestible says whether d may go with a digest: not one that is to be amended
// once it is resolved, since others are told by the same message.
func digestible(d *outbox.Delivery) bool {
	to := &d.To
	return d.Priority < outbox.Normal && d.Tries == 0 &&
		d.OnResolve != string(outbox.FollowStatusBar) && d.OnResolve != string(outbox.FollowRecall) &&
		!strings.HasPrefix(d.Reason, gathered) && len(to.Users) > 0 && len(to.Depts) == 0 && len(to.Mobiles) == 0 && !to.Everyone &&
		message.Headline(d.Body) != ""
}

// gather takes what waits for a digest out of claimed, and makes the digest
// where the hour has come. It returns the others, with those that would not be
// worth sending any more by then.
func (l *lane) gather(work context.Context, claimed []outbox.Delivery) []outbox.Delivery {
	if !l.low.Load() {
		return claimed
	}
	var waiting []outbox.Delivery
	ripe, at := false, nextDigest(time.Now())
	rest := slices.DeleteFunc(claimed, func(d outbox.Delivery) bool {
		waited := strings.HasPrefix(d.Reason, held)
		if !digestible(&d) || !waited && tooLate(d, at) {
			return false
		}
		waiting = append(waiting, d)
		ripe = ripe || waited
		return true
	})
	switch {
	case len(waiting) == 0:
	case ripe:
		l.digest(work, waiting)
	default:
		l.hold(work, waiting, at)
	}
	return rest
}

// nextDigest is when what is held at now goes.
func nextDigest(now time.Time) time.Time {
	return now.Add(-pastHour).Truncate(time.Hour).Add(time.Hour + pastHour)
}

// hold lets the deliveries wait for the next digest, out of their groups' order:
// what is more urgent in a group does not wait with them.
func (l *lane) hold(work context.Context, ds []outbox.Delivery, at time.Time) {
	updates := make([]outbox.Update, len(ds))
	for i, d := range ds {
		updates[i] = aside(d, at, held+": the month's calls run low, and its priority is low")
	}
	l.trouble.note(l.options.Store.Update(work, updates...))
}

// digest sends all that waits as one message to each person.
func (l *lane) digest(work context.Context, ds []outbox.Delivery) {
	more, _, err := l.options.Store.Claim(work, l.name, digestMost, lease)
	if err != nil {
		l.trouble.note(err)
	}
	var others []outbox.Delivery
	for _, d := range more {
		if digestible(&d) {
			ds = append(ds, d)
		} else {
			others = append(others, d)
		}
	}
	l.giveBack(work, others)
	slices.SortFunc(ds, func(a, b outbox.Delivery) int { return int(a.ID - b.ID) })
	carrier, updates := digest(ds, time.Now().In(l.current().Zone), l.allowanceNow().perCall)
	if err := l.options.Store.Update(work, updates...); err != nil {
		l.trouble.note(err) // the leases run out, and all come again
		return
	}
	for i, d := range ds {
		if i != carrier {
			l.options.Observer.Ended(d, outbox.Superseded)
		}
	}
	l.options.Logger.Info("notifications of low priority go as a digest, since the month's calls run low", "app", l.name, "deliveries", len(ds), "messages", len(updates[0].Split))
}

func (l *lane) allowanceNow() allowance {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.allowance
}

// digest makes one of ds carry, in parts, what each of the recipients of all is
// told, and says which: the one that is worth sending longest. The others end as
// superseded. Whoever has only one of them gets that one itself. It depends on
// its arguments alone.
func digest(ds []outbox.Delivery, hour time.Time, limit int) (carrier int, updates []outbox.Update) {
	for i, d := range ds {
		if longest := ds[carrier].Expires; !longest.IsZero() && (d.Expires.IsZero() || d.Expires.After(longest)) {
			carrier = i
		}
	}
	first := ds[carrier]
	updates = []outbox.Update{{Lease: first.Lease(), State: outbox.Queued, Due: first.Due,
		Reason: fmt.Sprintf("%s %d notifications", gathered, len(ds))}}
	for _, g := range audiences(ds) {
		part := outbox.Part{Due: first.Due, Reason: updates[0].Reason, Msgtype: "text"}
		if only := ds[g.which[0]]; len(g.which) == 1 {
			part.Body, part.Msgtype = only.Body, only.Msgtype
		} else {
			part.Body = list(ds, g.which, hour)
		}
		for _, call := range (message.Recipients{Users: g.users}).Calls(limit) {
			part.To = call
			updates[0].Split = append(updates[0].Split, part)
		}
	}
	for i, d := range ds {
		if i != carrier {
			updates = append(updates, outbox.Update{Lease: d.Lease(), State: outbox.Superseded,
				Reason: fmt.Sprintf("went with the digest of the hour (delivery %d), since the month's calls run low", first.ID)})
		}
	}
	return carrier, updates
}

// audience is the people who are recipients of the same deliveries.
type audience struct {
	users []string
	which []int // of the deliveries
}

// audiences groups the recipients of ds, in the order in which they come.
func audiences(ds []outbox.Delivery) []audience {
	var users []string
	which := map[string][]int{}
	for i, d := range ds {
		for _, u := range d.To.Users {
			if which[u] == nil {
				users = append(users, u)
			}
			which[u] = append(which[u], i)
		}
	}
	var all []audience
	for _, u := range users {
		i := slices.IndexFunc(all, func(a audience) bool { return slices.Equal(a.which, which[u]) })
		if i < 0 {
			i, all = len(all), append(all, audience{which: which[u]})
		}
		all[i].users = append(all[i].users, u)
	}
	return all
}

// list is the message that names the deliveries.
func list(ds []outbox.Delivery, which []int, hour time.Time) []byte {
	var lines []string
	times := map[string]int{}
	for _, i := range which {
		head := message.Headline(outbox.Unmark(ds[i].Body))
		if times[head]++; times[head] == 1 {
			lines = append(lines, head)
		}
	}
	// What does not fit is counted: half a line for each costs as much as it tells.
	const most = 16
	var b strings.Builder
	fmt.Fprintf(&b, "%d notifications of low priority · %s", len(which), hour.Format("15:04"))
	for i, head := range lines {
		if i == most {
			fmt.Fprintf(&b, "\n… and %d more", len(lines)-most)
			break
		}
		b.WriteString("\n• " + head)
		if n := times[head]; n > 1 {
			b.WriteString(" ×" + strconv.Itoa(n))
		}
	}
	built, err := message.Build("text", message.Values{"content": b.String()}, "", 0)
	if err != nil { // a text that is not empty is always built
		panic("dispatch: the digest's text: " + err.Error())
	}
	return built.Body
}
