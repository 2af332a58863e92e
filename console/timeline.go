package console

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"workbell/outbox"
)

// timeline is what happened to a delivery, in order, and what is to come.
func (c *Console) timeline(b *deliveryPage, p *page) []step {
	t := p.words.text
	var steps []step
	if b.Kept.ID != 0 {
		steps = append(steps,
			step{At: b.Kept.Received, Tone: "good", Title: t("step.received", b.Kept.Source), Text: strings.Join(slices.DeleteFunc([]string{b.Kept.Name, p.words.status(b.Kept.Status), b.Kept.Severity}, func(s string) bool { return s == "" }), " · ")},
			c.ruled(b, p))
	}
	queued := step{At: b.Created, Tone: "good", Title: t("step.queued", p.words.recipients(b.To, 6))}
	if b.Cause != "" {
		queued.Text = t("step.cause", p.said(b.Cause))
	}
	steps = append(steps, queued)
	for _, a := range b.Attempts {
		steps = append(steps, attempt(a, p))
	}
	for _, n := range b.Notes {
		s := step{At: n.At, Tone: "aside", Title: t("step.note"), Text: p.said(n.Text)}
		if value, _, ok := n.Bar(); ok {
			s = step{At: n.At, Tone: "good", Title: t("step.bar"), Text: value}
		}
		steps = append(steps, s)
	}
	if len(b.Receipts) > 0 {
		steps = append(steps, receipts(b.Receipts, p))
	}
	if !b.Resolved.IsZero() {
		steps = append(steps, step{At: b.Resolved, Tone: "good", Title: t("step.resolved")})
	}
	if !b.Acked.IsZero() {
		steps = append(steps, step{At: b.Acked, Tone: "good", Title: t("step.acked")})
	}
	slices.SortStableFunc(steps, func(a, b step) int { return cmp.Compare(a.At.UnixMilli(), b.At.UnixMilli()) })
	steps = append(steps, step{At: b.Updated, Tone: tone(b.State), Title: p.words.state(b.State), Text: p.said(b.Reason)})
	if b.State == outbox.Queued {
		steps = append(steps, step{At: b.Due, Tone: "coming", Title: t("step.next")})
	}
	for _, f := range b.Followups {
		steps = append(steps, step{At: f.Due, Tone: "coming", Title: t("follow." + string(f.Kind)), Text: tries(f, p)})
	}
	return steps
}

func tries(f outbox.Followup, p *page) string {
	if f.Tries == 0 {
		return ""
	}
	return p.words.text("step.tries", f.Tries)
}

// ruled says which rules matched and why the others did not: by the rules in
// force now, which need not be those of then.
func (c *Console) ruled(b *deliveryPage, p *page) step {
	s := step{At: b.Kept.Received, Tone: "good", Title: p.words.text("step.rule", b.Rule), Text: p.said(b.Kept.Faults)}
	if b.Kept.Faults != "" {
		s.Tone = "mixed"
	}
	if r := c.Rules(); r.Transform != nil {
		s.Trace = r.Transform.Explain(r.Replay(b.Kept), b.Kept.Received).Trace
	}
	return s
}

func attempt(a outbox.Attempt, p *page) step {
	t := p.words.text
	s := step{At: a.Began, Title: t("step.attempt", a.Number, t("outcome."+string(a.Outcome)))}
	switch a.Outcome {
	case outbox.Accepted:
		s.Tone = "good"
	case outbox.Begun:
		s.Tone = "waiting"
	case outbox.Unknown:
		s.Tone = "mixed"
	default:
		s.Tone = "bad"
	}
	var parts []string
	if a.TaskID != 0 {
		parts = append(parts, t("step.task", a.TaskID))
	}
	if !a.Ended.IsZero() {
		parts = append(parts, fmt.Sprintf("%d ms", a.Ended.Sub(a.Began).Milliseconds()))
	}
	if a.Code != "" {
		parts = append(parts, t("step.code", a.Code))
	}
	if a.Error != "" {
		parts = append(parts, p.said(a.Error))
	}
	s.Text = strings.Join(parts, " · ")
	return s
}

// receipts counts fates; the page lists them below.
func receipts(all []outbox.Receipt, p *page) step {
	s := step{Tone: "good", Title: p.words.text("step.result")}
	counts := map[outbox.Fate]int{}
	for _, r := range all {
		counts[r.Fate]++
		if r.At.After(s.At) {
			s.At = r.At
		}
		if !r.Fate.Has() {
			s.Tone = "mixed"
		}
	}
	var parts []string
	for _, f := range []outbox.Fate{outbox.FateRead, outbox.FateDelivered, outbox.FateInvalid, outbox.FateForbidden, outbox.FateFailed, outbox.FateUnknown} {
		if n := counts[f]; n > 0 {
			parts = append(parts, fmt.Sprintf("%s %d", p.words.text("fate."+string(f)), n))
		}
	}
	s.Text = strings.Join(parts, " · ")
	return s
}
