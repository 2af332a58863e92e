package bridge

import (
	"sync/atomic"
	"time"

	"workbell/followup"
	"workbell/outbox"
	"workbell/routes"
	"workbell/source"
	"workbell/transform"
)

// renderer applies the rules and templates in force to events that are kept.
type renderer struct {
	plan  *atomic.Pointer[routes.Plan]
	fault func(rule, field string)
}

var _ followup.Renderer = renderer{}

// Steps are those of the rule's escalation.
func (r renderer) Steps(rule string) []followup.Step {
	var steps []followup.Step
	for _, e := range r.plan.Load().Transform.Escalations(rule) {
		steps = append(steps, followup.Step{After: e.After, All: e.Unless == "all_read"})
	}
	return steps
}

// Bar is what e turns the status bars of the rule's notifications to.
func (r renderer) Bar(e outbox.Event, rule string, now time.Time) (value, color string) {
	plan := r.plan.Load()
	return plan.Transform.Bar(plan.Replay(e), rule, now)
}

// Resolved are the messages by which the rule tells of e.
func (r renderer) Resolved(e outbox.Event, rule string, now time.Time) []outbox.Message {
	plan := r.plan.Load()
	ev := plan.Replay(e)
	messages := r.messages(plan, ev, plan.Transform.Again(ev, rule, now), true, now)
	for i := range messages {
		messages[i].OnResolve = "send"
	}
	return messages
}

// Escalation are the messages of a step of the rule's escalation. Its people are
// told of the end, too, as those of a status bar that cannot be turned are, or
// the message is taken back, where the rule says so.
func (r renderer) Escalation(e outbox.Event, rule string, step int, unread []string, now time.Time) []outbox.Message {
	plan := r.plan.Load()
	ev := plan.Replay(e)
	result, ok := plan.Transform.Escalate(ev, rule, step, unread, now)
	messages := r.messages(plan, ev, result, ok, now)
	for i := range messages {
		if messages[i].OnResolve == "send" {
			messages[i].OnResolve = "status_bar"
		}
	}
	return messages
}

func (r renderer) messages(plan *routes.Plan, ev *source.Event, result transform.Result, ok bool, now time.Time) []outbox.Message {
	if !ok {
		return nil
	}
	for _, f := range result.Faults {
		r.fault(f.Rule, f.Field)
	}
	messages := routes.Messages(plan, ev, result)
	for i := range messages {
		messages[i].IfUnamended, messages[i].Escalates = false, false
		messages[i].Expires = now.Add(result.Messages[i].Expire)
	}
	return messages
}
