package transform

import (
	"fmt"
	"slices"

	"workbell/config"
	"workbell/message"
)

// named unites the recipients that a rule names whatever the event.
func (r *rule) named() message.Recipients {
	var to message.Recipients
	for i := range r.to {
		to = to.Union(r.to[i].fixed)
		if r.to[i].expression.names("everyone") {
			to.Everyone = true
		}
	}
	return to
}

// statusBar checks a rule that says on_resolve: status_bar, and warns of one
// whose status bars cannot be: the resolved event is then sent instead.
func (l *loader) statusBar(r *rule, c *config.Rule, path string) {
	if r.onResolve != "status_bar" {
		return
	}
	if r.msgtype != "" && r.msgtype != "oa" {
		l.faults.Add(at(c.OnResolve, c), "write msgtype: oa, or on_resolve: send", "%s.on_resolve: only oa has a status bar, and msgtype is %s", path, r.msgtype)
		return
	}
	instead := fmt.Sprintf("name at most %d people, or write on_resolve: send", MaxBarPeople)
	switch to := r.named(); {
	case wide(to):
		l.faults.Warn(at(c.OnResolve, c), instead, "%s.on_resolve: a message to everyone has no status bar; the resolved message is sent instead", path)
	case !turnable(to):
		l.faults.Warn(at(c.OnResolve, c), instead, "%s.on_resolve: a status bar goes to %d people at most; the resolved message is sent instead", path, MaxBarPeople)
	case len(to.Depts) > 0:
		l.faults.Warn(at(c.OnResolve, c), fmt.Sprintf("let the app read departments and their members, or name at most %d people", MaxBarPeople),
			"%s.on_resolve: a status bar goes to people by name, so departments are listed first; where the app may not list them, or they have more than %d people, the resolved message is sent instead", path, MaxBarPeople)
	}
}

// tracking warns of a rule that wants to learn what DingTalk does not tell.
func (l *loader) tracking(r *rule, c *config.Rule, path string) {
	to := r.named()
	tooLarge := slices.ContainsFunc(to.Depts, func(d message.Dept) bool { return d.Size > maxTracked })
	if r.track != "none" && (wide(to) || tooLarge) {
		l.faults.Warn(at(c.Track, c), "name people, or smaller departments", "%s.track: DingTalk tells what became of a message only where a call reaches at most %d people", path, maxTracked)
	}
}

// thirdParty checks what third-party apps cannot do.
func (l *loader) thirdParty(r *rule, c *config.Rule, path string) {
	i := slices.IndexFunc(l.cfg.DingTalk.Apps, func(a config.App) bool { return a.Name == r.app })
	if i < 0 || l.cfg.DingTalk.Apps[i].Type != config.ThirdParty {
		return
	}
	r.thirdParty, r.templateID = true, c.TemplateID.Value
	if r.templateID != "" { // else config has said so
		if err := message.CheckTemplateID(r.templateID); err != nil {
			l.faults.Add(c.TemplateID.At, "", "%s: %v", path, err)
		}
	}
	if wide(r.named()) {
		l.faults.Add(c.To[0].At, "name users or departments, or an internal app", "%s.to: a third-party app cannot send to everyone", path)
	}
	if len(r.named().Mobiles) > 0 {
		l.faults.Add(c.To[0].At, "write user ids, or name an internal app", "%s.to: only internal apps can look up whose a telephone number is", path)
	}
	if wide(r.fallback) {
		l.faults.Add(at(c.FallbackTo, c), "give it a fallback_to that names users or departments", "%s.fallback_to: a third-party app cannot send to everyone", path)
	}
}

// escalations compiles a rule's escalate.
func (l *loader) escalations(r *rule, c *config.Rule, path string) {
	if len(c.Escalate) == 0 {
		return
	}
	path += ".escalate"
	switch to := r.named(); {
	case wide(to):
		l.faults.Add(c.Escalate[0].At, "name users, or a group of them", "%s: of everyone it cannot be told who has read", path)
	case len(to.Depts) > 0:
		l.faults.Warn(c.Escalate[0].At, "name users, or a group of them", "%s: of a department it cannot be told who has read, unless it has at most %d people; it is then escalated as if nobody had", path, maxTracked)
	}
	for i := range c.Escalate {
		if e, ok := l.escalation(r, c, i, fmt.Sprintf("%s[%d]", path, i)); ok {
			r.escalations = append(r.escalations, e)
		}
	}
}

// escalation compiles one step: the rule with the step's own in place of its.
func (l *loader) escalation(r *rule, c *config.Rule, i int, path string) (escalation, bool) {
	own := &c.Escalate[i]
	e := escalation{Escalation{own.After, own.Unless.Value}, *r}
	e.rule.to, e.rule.escalations = nil, nil
	if r.onResolve == "status_bar" {
		e.rule.onResolve = "send"
	}
	for _, item := range own.To {
		if to, ok := l.target(path+".to", item); ok {
			e.rule.to = append(e.rule.to, to)
		}
	}
	as := *c
	as.At = own.At
	if own.Msgtype.Value != "" {
		as.Msgtype = own.Msgtype
	}
	if kind, ok := message.KindOf(as.Msgtype.Value); ok && kind.Main == "" && kind.Name != "template" {
		l.faults.Add(own.At, "write msgtype: markdown", "%s: a message of msgtype %s cannot say who has not read the first", path, kind.Name)
		return e, false
	}
	if own.Msgtype.Value != "" || own.Template.Value != "" {
		if own.Template.Value != "" {
			as.Template, e.rule.family = own.Template, own.Template.Value
		}
		e.rule.msgtype, e.rule.msgtypeOf = "", nil
		l.msgtype(&e.rule, &as, path)
	}
	if r.thirdParty && wide(e.rule.named()) {
		l.faults.Add(own.At, "name users or departments", "%s.to: a third-party app cannot send to everyone", path)
	}
	return e, true
}
