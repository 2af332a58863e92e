package cli

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"workbell/dingtalk"
	"workbell/outbox"
	"workbell/routes"
)

type showCmd struct {
	adminFlags
	outputFlag
	ID int64 `arg:"" name:"id" help:"The delivery, as workbell deliveries lists it."`
}

// Run tells all that is known of a delivery.
func (c *showCmd) Run(ctx context.Context, env Env) error {
	d, err := c.delivery(ctx, c.ID)
	if err != nil {
		return exitCode(err)
	}
	if c.Output == "json" {
		return printJSON(env.Stdout, d)
	}
	for _, line := range slices.Concat(heading(d, time.Local), timeline(d, time.Now(), time.Local), []string{"", string(d.Body)}) {
		say(env.Stdout, "%s", line)
	}
	return nil
}

// delivery asks for one delivery.
func (f adminFlags) delivery(ctx context.Context, id int64) (d routes.Delivery, err error) {
	err = f.ask(ctx, http.MethodGet, "deliveries/"+strconv.FormatInt(id, 10), nil, nil, &d)
	return d, err
}

// clock is how a time is shown, in the reader's zone.
const clock = time.DateTime

// heading says what the delivery is and how it stands.
func heading(d routes.Delivery, zone *time.Location) []string {
	state := string(d.State)
	if d.Reason != "" {
		state += ": " + d.Reason
	}
	lines := []string{fmt.Sprintf("delivery %d, %s", d.ID, state)}
	add := func(name, format string, args ...any) {
		lines = append(lines, fmt.Sprintf("  %-8s %s", name, fmt.Sprintf(format, args...)))
	}
	if d.Title != "" {
		add("title", "%s", d.Title)
	}
	if d.Why != "" {
		add("why", "%s", d.Why)
	}
	add("rule", "%s, as %s by app %s", d.Rule, d.Msgtype, d.App)
	add("to", "%s", strings.Join(routes.References(d.To), ", "))
	if d.Of != 0 {
		add("of", "delivery %d (%s)", d.Of, d.Cause)
	}
	if d.TaskID != 0 {
		add("task", "%d", d.TaskID)
	}
	if !d.Acked.IsZero() {
		add("acked", "%s", d.Acked.In(zone).Format(clock))
	}
	add("times", "%s", d.Created.In(zone).Format("MST (UTC-07:00)"))
	return append(lines, "")
}

// moment is one line of a timeline.
type moment struct {
	at   time.Time
	text string
}

// timeline tells what has happened to a delivery and what is to come, in order.
func timeline(d routes.Delivery, now time.Time, zone *time.Location) []string {
	all := slices.Concat(past(d), learnt(d), toCome(d, now))
	slices.SortStableFunc(all, func(a, b moment) int { return a.at.Compare(b.at) })
	lines := make([]string, len(all))
	for i, m := range all {
		lines[i] = fmt.Sprintf("%s  %-8s  %s", m.at.In(zone).Format(clock), age(m.at, now), m.text)
	}
	return lines
}

func past(d routes.Delivery) []moment {
	var all []moment
	if !d.Received.IsZero() {
		status := ""
		if d.Status != "" {
			status = ", " + d.Status
		}
		all = append(all, moment{d.Received, fmt.Sprintf("event %d received from %s%s", d.Event, d.Source, status)})
	}
	all = append(all, moment{d.Created, "taken for rule " + d.Rule})
	for _, t := range d.Attempts {
		at := t.Ended
		if at.IsZero() {
			at = t.Began
		}
		all = append(all, moment{at, fmt.Sprintf("attempt %d: %s", t.Number, attempted(t))})
	}
	if !d.Resolved.IsZero() {
		all = append(all, moment{d.Resolved, "resolved by a later event"})
	}
	for _, n := range d.Notes {
		all = append(all, moment{n.At, n.Text})
	}
	for _, k := range slices.Backward(d.Children) { // the oldest first
		all = append(all, moment{k.Created, fmt.Sprintf("delivery %d stems from it (%s), %s", k.ID, k.Cause, k.State)})
	}
	return all
}

// attempted says how an attempt ended.
func attempted(t outbox.Attempt) string {
	why := t.Error
	if why == "" {
		why = coded(t.Code)
	}
	switch t.Outcome {
	case outbox.Begun:
		return "in flight"
	case outbox.Accepted:
		return fmt.Sprintf("accepted by DingTalk, task %d", t.TaskID)
	case outbox.Rejected:
		return "rejected by DingTalk: " + why
	case outbox.Unsent:
		return "not sent: " + why
	}
	return "no answer, it may have been taken: " + why
}

// learnt is what became of each recipient.
func learnt(d routes.Delivery) []moment {
	var all []moment
	for _, r := range d.Receipts {
		text := fmt.Sprintf("%s: %s", r.User, r.Fate)
		why := r.Words
		if why == "" {
			why = coded(r.Code)
		} else if r.Code != "" {
			why = r.Code + " " + why
		}
		if why != "" {
			text += ", " + why
		}
		all = append(all, moment{r.At, text})
	}
	return all
}

// coded is a code of DingTalk's with its meaning.
func coded(code string) string { return strings.TrimSpace(code + " " + dingtalk.Words(code)) }

// follows says what a follow-up is going to do.
var follows = map[outbox.Kind]string{
	outbox.FollowResult:    "ask DingTalk what became of the recipients",
	outbox.FollowEscalate:  "pass it on, unless it has been read",
	outbox.FollowStatusBar: "turn its status bar to resolved",
	outbox.FollowRecall:    "take it back",
}

func toCome(d routes.Delivery, now time.Time) []moment {
	var all []moment
	for _, f := range d.Followups {
		text := follows[f.Kind]
		if text == "" {
			text = string(f.Kind)
		}
		if f.Tries > 0 {
			text += fmt.Sprintf(" (tried %s)", count(f.Tries, "time"))
		}
		all = append(all, moment{f.Due, "to do: " + text})
	}
	if d.State != outbox.Queued {
		return all
	}
	all = append(all, moment{latest(d.Due, now), "to do: send it"})
	if !d.Expires.IsZero() {
		all = append(all, moment{d.Expires, "not worth sending any more"})
	}
	return all
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
