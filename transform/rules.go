package transform

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"workbell/message"
	"workbell/source"
)

// rule is a compiled rule.
type rule struct {
	name     string
	when     *expression // nil: always
	tests    []test      // what when begins with
	shortcut bool        // tests are all of when
	to       []target
	msgtype  string // or msgtypeOf
	// msgtypeOf gives the msgtype.
	msgtypeOf *expression
	family    string // empty: the source's type
	app       string
	goOn      bool
	priority  int
	expire    time.Duration
	fallback  message.Recipients
	room      int // bytes for a message

	onResolve, repeat, track string

	thirdParty  bool   // the app sends by template only
	templateID  string // where thirdParty
	escalations []escalation
}

// target is one item of `to`.
type target struct {
	source     string
	fixed      message.Recipients
	expression *expression // nil: fixed
}

// match says whether the rule's when holds for the event.
func (r *runner) match(rule *rule) (bool, error) {
	for i := range rule.tests {
		if !rule.tests[i].holds(r.values) {
			return false, nil
		}
	}
	if rule.when == nil || rule.shortcut {
		return true, nil
	}
	v, err := r.eval(&rule.when.program)
	if err != nil {
		return false, err
	}
	ok, is := v.(bool)
	if !is {
		return false, fmt.Errorf("it is %s, and neither true nor false", typeName(v))
	}
	return ok, nil
}

// deliver adds the message that a matching rule calls for, and returns its
// recipients.
func (r *runner) deliver(rule *rule) message.Recipients {
	if r.ev.Status == source.Resolved && (rule.onResolve == "none" || rule.onResolve == "recall") {
		return message.Recipients{}
	}
	to, usedFallback := r.recipients(rule)
	if to.Empty() {
		return to
	}
	r.make(rule, to, usedFallback)
	return to
}

// make adds the rule's message to those people.
func (r *runner) make(rule *rule, to message.Recipients, usedFallback bool) {
	m := rule.message(to)
	m.Fallback = usedFallback
	r.render(rule, &m)
	r.settle(rule, &m)
	r.add(m)
}

// message returns a message of the rule, without a body.
func (rule *rule) message(to message.Recipients) Message {
	return Message{
		Rule: rule.name, App: rule.app, Priority: rule.priority, To: to, Expire: rule.expire,
		OnResolve: rule.onResolve, Repeat: rule.repeat, Track: rule.track,
	}
}

// recipients unites the items of `to`. Where one fails, or all name nobody,
// fallback_to joins them.
func (r *runner) recipients(rule *rule) (to message.Recipients, usedFallback bool) {
	failed := false
	for i := range rule.to {
		who, err := r.resolve(&rule.to[i])
		if err != nil {
			r.fault(rule, "to", err)
			failed = true
		}
		to = to.Union(who)
	}
	if rule.thirdParty && wide(to) {
		r.fault(rule, "to", errors.New("a third-party app cannot send to everyone"))
		to, failed = message.Recipients{}, true
	}
	if to.Empty() && !failed {
		r.fault(rule, "to", errors.New("it names nobody"))
		failed = true
	}
	if !failed || rule.fallback.Empty() {
		return to, false
	}
	return to.Union(rule.fallback), true
}

func (r *runner) resolve(t *target) (message.Recipients, error) {
	if t.expression == nil {
		return t.fixed, nil
	}
	v, err := r.eval(&t.expression.program)
	if err != nil {
		return message.Recipients{}, err
	}
	who, err := flatten(v)
	if err != nil {
		return who, fmt.Errorf("%s: %w", t.source, err)
	}
	return who, nil
}

// flatten unites recipients in lists of any depth.
func flatten(v any) (message.Recipients, error) {
	var to message.Recipients
	switch v := v.(type) {
	case nil:
		return to, nil
	case message.Recipients:
		return v, nil
	}
	list := reflect.ValueOf(v)
	if list.Kind() != reflect.Slice {
		return to, fmt.Errorf("%s is not recipients: write user(…), group(…), person(…) or dept(…) around it", typeName(v))
	}
	for i := range list.Len() {
		who, err := flatten(list.Index(i).Interface())
		if err != nil {
			return to, err
		}
		to = to.Union(who)
	}
	return to, nil
}

// render gives m its body: the rule's template, or where that fails a plain
// text that says why. A third-party app cannot send that: see plainTemplate.
func (r *runner) render(rule *rule, m *Message) {
	field, built, omitted, err := r.body(rule, m.To)
	if err != nil {
		fault := Fault{rule.name, field, plainError(err)}
		r.result.Faults = append(r.result.Faults, fault)
		r.standIn(rule, m, []Fault{fault})
		return
	}
	m.Body, m.Msgtype, m.Omitted = built.Body, built.Msgtype, omitted
	m.Template = rule.familyOf(r.ev)
}

func (rule *rule) familyOf(ev *source.Event) string {
	if rule.family != "" {
		return rule.family
	}
	return ev.Kind
}

// body renders the rule's message; field is what the error is about.
func (r *runner) body(rule *rule, to message.Recipients) (field string, built message.Built, omitted int, err error) {
	msgtype := rule.msgtype
	if rule.msgtypeOf != nil {
		v, err := r.eval(&rule.msgtypeOf.program)
		if err != nil {
			return "msgtype", built, 0, err
		}
		var ok bool
		if msgtype, ok = v.(string); !ok {
			return "msgtype", built, 0, fmt.Errorf("it is %s, and not a text", typeName(v))
		}
	}
	kind, ok := message.KindOf(msgtype)
	switch {
	case !ok:
		return "msgtype", built, 0, fmt.Errorf("unknown msgtype %.40q", msgtype)
	case (kind.Name == "template") != rule.thirdParty:
		return "msgtype", built, 0, errors.New("msgtype template is for third-party apps, and nothing else is")
	}
	f := r.t.families[rule.familyOf(r.ev)]
	if f == nil {
		return "template", built, 0, fmt.Errorf("there is no templates/%s.tmpl", rule.familyOf(r.ev))
	}
	built, omitted, err = f.fit(kind, r.ev, &draft{
		now: r.clock.now, room: rule.room, bar: r.bar(rule, to), templateID: rule.templateID,
		escalated: r.escalated, media: r.t.media,
	})
	return "template", built, omitted, err
}

// add keeps m, or merges it with the same content for the same app: of equal
// options into one message; else who is named already does not get it twice, but
// as urgently as the most urgent asks for, and by the one that escalates.
func (r *runner) add(m Message) {
	if m.Body == nil {
		return // nothing can say it; the fault is kept with the event
	}
	for i := range r.result.Messages {
		e := &r.result.Messages[i]
		if e.App != m.App || string(e.Body) != string(m.Body) {
			continue
		}
		if both := e.To.Union(m.To); e.sameOptions(&m) && (e.OnResolve != "status_bar" || turnable(both)) {
			e.To, e.Fallback = both, e.Fallback || m.Fallback
			return
		}
		if e.IfUnamended && !m.IfUnamended {
			continue // e may not be kept
		}
		rest := m.To.Minus(e.To)
		if rest.Count() == m.To.Count() {
			continue // nobody is named twice
		}
		urgent := max(e.Priority, m.Priority)
		if m.Escalates && !e.Escalates {
			e.To, m.Priority = e.To.Minus(m.To), urgent
			continue
		}
		if m.To, e.Priority = rest, urgent; m.To.Empty() {
			return
		}
	}
	r.result.Messages = append(slices.DeleteFunc(r.result.Messages, func(e Message) bool { return e.To.Empty() }), m)
}

func (m *Message) sameOptions(o *Message) bool {
	return m.Priority == o.Priority && m.Expire == o.Expire && m.OnResolve == o.OnResolve &&
		m.Repeat == o.Repeat && m.Track == o.Track && m.IfUnamended == o.IfUnamended &&
		m.Escalates == o.Escalates && (!m.Escalates || m.Rule == o.Rule)
}

// rescue sends the event to the fallbacks of rules whose when failed, since no
// rule matched; by an app that can send a plain text, if one of them names one.
func (r *runner) rescue(failed []*rule) {
	by := *failed[max(0, slices.IndexFunc(failed, func(f *rule) bool { return !f.thirdParty }))]
	by.escalations = nil
	m := by.message(message.Recipients{})
	for _, rule := range failed {
		m.To = m.To.Union(rule.fallback)
		m.Priority = max(m.Priority, rule.priority)
	}
	if m.To.Empty() {
		return
	}
	m.Fallback = true
	r.standIn(&by, &m, r.result.Faults)
	r.settle(&by, &m)
	r.add(m)
}
