package transform

import (
	"regexp"
	"strings"
	"time"

	"workbell/config"
	"workbell/message"
	"workbell/source"
)

// MaxBarPeople is the most people that a message with a status bar to be turned
// goes to. DingTalk takes message.MaxBarUsers a call, and turns the bar of each
// call by itself; past five calls the resolved event is sent instead.
const MaxBarPeople = 25

// maxTracked is the most recipients of a call of which DingTalk tells what
// became of them (getsendresult).
const maxTracked = 100

// Status bars that templates say nothing of: red, then green.
const (
	barFiring, barFiringColor     = "Firing", "0x" + red
	barResolved, barResolvedColor = "Resolved", "0x" + green
)

// A bar says what becomes of an OA message's status bar.
type bar int

const (
	barNone     bar = iota // it has none
	barTemplate            // it has one if its template defines oa.status
	barTurned              // it has one, to be turned when the event is resolved
)

// bar says which status bar a message of the rule to those people may have.
func (r *runner) bar(rule *rule, to message.Recipients) bar {
	switch {
	case r.noBar:
		return barNone
	case rule.onResolve == "status_bar" && r.ev.Status != source.Resolved && r.ev.GroupKey != "" && turnable(to):
		return barTurned
	case !to.Everyone && len(to.Depts) == 0 && to.Named() <= message.MaxBarUsers:
		return barTemplate
	}
	return barNone
}

// turnable says whether a status bar to those people can be turned, as far as
// that is known: departments have yet to be listed.
func turnable(to message.Recipients) bool {
	n := to.Named()
	for _, d := range to.Depts {
		n += d.Size
	}
	return !wide(to) && n <= MaxBarPeople
}

// wide says whether to is the whole organisation.
func wide(to message.Recipients) bool {
	for _, d := range to.Depts {
		if d.ID == rootDept {
			return true
		}
	}
	return to.Everyone
}

// settle gives m the options that its event, its bytes and its rule allow.
func (r *runner) settle(rule *rule, m *Message) {
	resolved, barred := r.ev.Status == source.Resolved, message.HasStatusBar(m.Body)
	if m.OnResolve == "status_bar" && (!barred || r.bar(rule, m.To) != barTurned) {
		m.OnResolve = "send"
		// Where no bar could be, the firing event's message had none to turn.
		m.IfUnamended = resolved && m.Msgtype == "oa" && turnable(m.To)
	}
	if m.Escalates = len(rule.escalations) > 0 && !resolved; m.Escalates {
		m.Track = "read"
	}
	switch {
	case barred:
		m.CallPeople = message.MaxBarUsers
	case m.Track != "none":
		m.CallPeople = maxTracked
	}
}

// Calls splits the recipients into those of single calls, of which each reaches
// limit people at most (0: what DingTalk takes) and CallPeople. With a status
// bar departments get calls apart from people by name, so that these have their
// bar whatever becomes of the departments.
func (m *Message) Calls(limit int) []message.Recipients {
	per := message.Asyncsend
	if m.Msgtype == "template" {
		per = message.SendByTemplate
	}
	per = per.Within(limit)
	if m.CallPeople != message.MaxBarUsers {
		return m.To.Split(per.Within(m.CallPeople))
	}
	named := message.Recipients{Users: m.To.Users, Mobiles: m.To.Mobiles}
	others := message.Recipients{Depts: m.To.Depts, Everyone: m.To.Everyone}
	if m.Track != "none" {
		per = per.Within(maxTracked)
	}
	return append(named.Split(per.Within(m.CallPeople)), others.Split(per)...)
}

var timeOfDayShown = regexp.MustCompile(`[0-9]{1,2}:[0-9]{2}`)

// Bar returns the text and the colour to which the status bars of a rule's
// messages are turned by ev, which resolves them: what the rule's template says
// of ev in oa.status and oa.status_color, where these ask the event at all, else
// "Resolved" in green; with the time of day, unless the template tells one.
func (t *Transform) Bar(ev *source.Event, rule string, now time.Time) (value, color string) {
	if from := t.rule(rule); from != nil {
		if f := t.families[from.familyOf(ev)]; f != nil {
			x := f.take(now)
			x.data.set(ev)
			value, color = x.bar(&x.data)
			f.release(x)
		}
	}
	if value == "" {
		value = barResolved
	}
	if !timeOfDayShown.MatchString(value) {
		value += " · " + now.In(t.zone).Format("15:04")
	}
	if !message.IsStatusColor(color) {
		color = barResolvedColor
	}
	return value, color
}

// maxBarText is the most characters of a status bar that is turned.
const maxBarText = 40

// bar runs the blocks of the status bar that ask the event; one that fails says
// nothing.
func (x *executor) bar(data *Data) (value, color string) {
	for _, b := range x.blocksOf("oa") {
		if b.fixed || b.field != "status" && b.field != "status_color" {
			continue
		}
		x.out.buf = x.out.buf[:0]
		if b.tmpl.Execute(&x.out, data) != nil {
			continue
		}
		said := strings.Join(strings.Fields(message.Clean(strings.ReplaceAll(string(x.out.buf), "<no value>", ""))), " ")
		if b.field == "status" {
			value = message.CutRunes(said, maxBarText)
		} else {
			color = said
		}
	}
	return value, color
}

// Again returns what a rule makes of ev now, whatever its `when` says and as if
// it said on_resolve: send. It is for a status bar that can no longer be turned.
// The message has no status bar and no recipients: who is to have it is known
// from the first. Its Expire counts from now. Of a rule that is gone it is a
// plain text: who has seen an alert begin is to see it end. Its App is then the
// caller's to set.
func (t *Transform) Again(ev *source.Event, rule string, now time.Time) Result {
	from := t.rule(rule)
	if from == nil {
		return Result{Messages: []Message{{Rule: rule, Msgtype: "text", Body: plainText(ev, []Fault{{rule, "name", "it is not in rules.yaml any more"}}, message.MaxBytes-message.MarkRoom),
			Expire: config.DefaultExpire, OnResolve: "send", Repeat: "distinct", Track: "none"}}}
	}
	again := *from
	again.onResolve, again.escalations = "send", nil
	r := t.take(ev, now)
	defer t.release(r)
	r.noBar = true
	r.make(&again, message.Recipients{}, false)
	return r.result
}

// rule returns the rule of that name, or nil.
func (t *Transform) rule(name string) *rule {
	for i := range t.rules {
		if t.rules[i].name == name {
			return &t.rules[i]
		}
	}
	return nil
}
