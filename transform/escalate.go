package transform

import (
	"fmt"
	"strings"
	"time"

	"workbell/message"
	"workbell/source"
)

// Escalation is one step of a rule's `escalate`.
type Escalation struct {
	After  time.Duration // it was sent
	Unless string        // any_read | all_read
}

// escalation is a compiled step.
type escalation struct {
	Escalation
	rule rule // of its messages: the step's own over those of its rule
}

// Escalated is what templates see of an escalation.
type Escalated struct {
	Step  int    // from 1
	After string // "10m"
	// Unread are the user ids of those who have not read it.
	Unread []string
}

// Escalations returns the steps of a rule, in the order of their times; nil
// where there is no such rule, or it does not escalate.
func (t *Transform) Escalations(rule string) []Escalation {
	var list []Escalation
	if from := t.rule(rule); from != nil {
		for _, e := range from.escalations {
			list = append(list, e.Escalation)
		}
	}
	return list
}

// Escalate returns the message of a step of a rule's `escalate` (from 0) for an
// event of which unread have not read the message. Who has not read it stands in
// front of the main text, unless the template asks for .Escalation itself. Its
// recipients are evaluated now, and faults lose nothing, as with Apply. It has no
// status bar, and its Expire counts from now. It returns false where there is no
// such rule or step any more.
func (t *Transform) Escalate(ev *source.Event, rule string, step int, unread []string, now time.Time) (Result, bool) {
	from := t.rule(rule)
	if from == nil || step < 0 || step >= len(from.escalations) {
		return Result{}, false
	}
	e := &from.escalations[step]
	r := t.take(ev, now)
	defer t.release(r)
	r.noBar = true
	r.escalated = &Escalated{Step: step + 1, After: shortDuration(e.After), Unread: unread}
	r.deliver(&e.rule)
	return r.result, true
}

// maxUnread is how many of those who have not read it a message names.
const maxUnread = 5

// line says in one line that it is an escalation, and why.
func (e *Escalated) line() string {
	s := "Escalated after " + e.After
	if len(e.Unread) == 0 {
		return s
	}
	s += ": not read by " + strings.Join(e.Unread[:min(len(e.Unread), maxUnread)], ", ")
	if more := len(e.Unread) - maxUnread; more > 0 {
		s += fmt.Sprintf(" and %d more", more)
	}
	return s
}

// lead puts the line before the main text of v: of a template message, before
// the longest that is no URL.
func (e *Escalated) lead(kind message.Kind, v message.Values) {
	field := kind.Main
	for name, value := range v {
		longer := len(value) > len(v[field]) || len(value) == len(v[field]) && (field == "" || name < field)
		if kind.Name == "template" && name != message.TemplateID && !message.Openable(strings.TrimSpace(value)) && longer {
			field = name
		}
	}
	switch {
	case field == "":
	case kind.Markdown:
		v[field] = "**" + escapeMarkdown(e.line()) + "**\n\n" + v[field]
	default:
		v[field] = e.line() + "\n" + v[field]
	}
}
