// Package transform applies rules to an event and renders the messages that
// they call for.
//
// In come a loaded rules.yaml, a folder of templates, and events; out go
// finished messages with their recipients, and what went wrong on the way. It
// is pure after Load: it never reads clock, network or disk, so the same event
// at the same time makes the same bytes. It never loses an event to a fault:
// see Apply.
package transform

import (
	"fmt"
	"sync"
	"time"

	"github.com/expr-lang/expr"

	"workbell/message"
	"workbell/source"
)

// Transform is a compiled rules.yaml with its templates. It may be used by
// several goroutines, each with events of its own.
type Transform struct {
	rules    []rule
	keys     keys // what the shortcuts of the rules compare
	index    candidates
	families map[string]*family
	zone     *time.Location
	book     *book
	options  []expr.Option // of expressions, for Explain
	runners  sync.Pool     // of *runner
	media    func(name string) (id string, ok bool)
}

// Recipients resolves a reference as rules.yaml writes it: a group's name,
// user:ID, dept:ID or person:NAME.
func (t *Transform) Recipients(ref string) (message.Recipients, error) {
	who, err := t.book.ref(ref)
	if remedy := remedyFor(err); remedy != "" {
		err = fmt.Errorf("%w (%s)", err, remedy)
	}
	return who, err
}

// Result is what an event calls for.
type Result struct {
	Messages []Message
	Faults   []Fault // what failed while running; see Apply
	Trace    []Step  // from Explain only
}

// Message is one finished notification with its recipients.
type Message struct {
	Rule     string
	App      string
	Msgtype  string // as in Body
	Template string // family; empty for a plain text that stands in for a failed one
	// Priority is -1 low, 0 normal, 1 high, 2 critical.
	Priority int
	// Body is the bytes of msg: at most message.MaxBytes, with message.MarkRoom
	// of them free where Repeat is distinct.
	Body   []byte
	To     message.Recipients
	Expire time.Duration // after the event was received it is not worth sending
	// OnResolve, Repeat and Track are as in rules.yaml, but that OnResolve is
	// send where a status bar cannot be, and in a resolved event's message; and
	// Track is read where it Escalates.
	OnResolve, Repeat, Track string
	// Escalates says that the rule has steps for when it is not read.
	Escalates bool
	// IfUnamended says that it is wanted only if no status bar is turned instead.
	IfUnamended bool
	// CallPeople is the most people that one call may reach for the sake of the
	// status bar or of what is to be learnt; 0: no fewer than DingTalk takes.
	CallPeople int
	// Fallback says that fallback_to is among To, or takes its place.
	Fallback bool
	// Omitted is how many alerts were left out for want of room, by the sender
	// or here.
	Omitted int
}

// Fault is something in a rule that failed while it ran.
type Fault struct {
	Rule  string
	Field string // when, to, msgtype or template
	Err   string
}

func (f Fault) Error() string { return fmt.Sprintf("rule %q, %s: %s", f.Rule, f.Field, f.Err) }

// Step says what one rule made of an event.
type Step struct {
	Rule    string
	Matched bool
	Why     string // in words
	To      message.Recipients
	Stopped bool // no further rule was asked
}

// Apply returns what ev calls for at the time now. Rules are asked from the
// top; the first that matches ends it unless it says continue. What fails
// loses nothing: a `when` that fails counts as not matched, and if no rule
// matches fallback_to receives a plain text; a `to` that fails, or names
// nobody, goes to fallback_to; a msgtype or template that fails becomes a
// plain text to the same recipients. Each is in Result.Faults.
func (t *Transform) Apply(ev *source.Event, now time.Time) Result {
	return t.run(ev, now, nil)
}

// Explain is Apply, and says of each rule why it matched or not.
func (t *Transform) Explain(ev *source.Event, now time.Time) Result {
	trace := []Step{}
	return t.run(ev, now, &trace)
}

func (t *Transform) run(ev *source.Event, now time.Time, trace *[]Step) Result {
	r := t.take(ev, now)
	defer t.release(r)
	var failed []*rule
	matched := false
	for _, i := range r.order(trace != nil) {
		rule := &t.rules[i]
		ok, err := r.match(rule)
		if err != nil {
			r.fault(rule, "when", err)
			failed = append(failed, rule)
		}
		var to message.Recipients
		if ok {
			matched = true
			to = r.deliver(rule)
		}
		stop := ok && !rule.goOn
		if trace != nil {
			*trace = append(*trace, Step{Rule: rule.name, Matched: ok, Why: r.why(rule, ok, err), To: to, Stopped: stop})
		}
		if stop {
			if trace != nil {
				*trace = append(*trace, notReached(t.rules[i+1:], rule.name)...)
			}
			break
		}
	}
	if !matched && len(failed) > 0 {
		r.rescue(failed)
	}
	if trace != nil {
		r.result.Trace = *trace
	}
	return r.result
}
