package config

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/prometheus/common/model"
)

// MaxEscalation is how long after it was sent a delivery may be escalated:
// DingTalk tells who has read it for 24 h, and its answer has to be fetched.
const MaxEscalation = 23 * time.Hour

// words are what keys of rules and escalations take that take one of a few.
var words = map[string][]string{
	"priority":   {"low", "normal", "high", "critical"},
	"on_resolve": {"send", "status_bar", "recall", "none"},
	"repeat":     {"distinct", "suppress"},
	"track":      {"none", "result", "read"},
	"unless":     {"any_read", "all_read"},
}

func (d *decoder) rules(c *Config) {
	apps := make([]string, len(c.DingTalk.Apps))
	for i, a := range c.DingTalk.Apps {
		apps[i] = a.Name
	}
	names := map[string]Pos{}
	for i := range c.Rules {
		r, path := &c.Rules[i], fmt.Sprintf("rules[%d]", i)
		d.name(r.Name, path, r.At, names)
		if len(r.To) == 0 {
			d.missing(r.At, path, "to", "name a group, user:ID, dept:ID, person:NAME or an expression")
		}
		for _, e := range []struct {
			key   string
			value Scalar
			known []string
		}{
			{"priority", r.Priority, words["priority"]},
			{"on_resolve", r.OnResolve, words["on_resolve"]},
			{"repeat", r.Repeat, words["repeat"]},
			{"track", r.Track, words["track"]},
			{"app", r.App, apps},
		} {
			if !slices.Contains(e.known, e.value.Value) && len(e.known) > 0 {
				at := cmp.Or(e.value.At, r.At)
				d.faults.Add(at, DidYouMean(e.value.Value, e.known), "%s.%s: unknown %q", path, e.key, e.value.Value)
			}
		}
		if r.Expire < 0 {
			d.faults.Add(r.At, "write 24h, say", "%s.expire is negative", path)
		}
		var app *App
		if i := slices.Index(apps, r.App.Value); i >= 0 {
			app = &c.DingTalk.Apps[i]
			d.sends(r, app, path)
		}
		d.escalations(r.Escalate, app, path+".escalate")
	}
}

// sends checks that the app can send the rule's msgtype.
func (d *decoder) sends(r *Rule, a *App, path string) {
	at := cmp.Or(r.Msgtype.At, r.At)
	switch template := r.Msgtype.Value == "template"; {
	case template && a.Type == Internal:
		d.faults.Add(at, "name an app of type third_party with app:, or write markdown, oa or action_card", "%s: msgtype template is for third-party apps, and %s is an internal one", path, a.Name)
	case !template && a.Type == ThirdParty:
		d.faults.Add(at, "write msgtype: template and template_id, or name an internal app with app:", "%s: third-party apps send by template only, and %s is one", path, a.Name)
	case template && r.TemplateID.Value == "":
		d.missing(r.At, path, "template_id", "copy the template's id from DingTalk's developer console")
	case !template && r.TemplateID.Value != "":
		d.faults.Add(r.TemplateID.At, "write msgtype: template, or leave it out", "%s.template_id: msgtype %s has no use for it", path, r.Msgtype.Value)
	}
}

// escalations checks the steps of a rule; a is its app, or nil.
func (d *decoder) escalations(list []Escalation, a *App, path string) {
	var before time.Duration
	for i := range list {
		e, path := &list[i], fmt.Sprintf("%s[%d]", path, i)
		if a != nil && e.Msgtype.Value != "" && (e.Msgtype.Value == "template") != (a.Type == ThirdParty) {
			d.faults.Add(e.Msgtype.At, "leave it out", "%s.msgtype: the rule's app, %s, cannot send %s", path, a.Name, e.Msgtype.Value)
		}
		switch {
		case e.After == 0:
			d.missing(e.At, path, "after", "write after: 10m, say")
		case e.After < 0:
			d.faults.Add(e.At, "write after: 10m, say", "%s.after is negative", path)
		case e.After > MaxEscalation:
			d.faults.Add(e.At, "write 23h at most", "%s.after: DingTalk tells for 24 h only who has read a message", path)
		case e.After <= before:
			d.faults.Add(e.At, "put them in the order of their times", "%s.after: %s is not later than the one before it", path, model.Duration(e.After))
		}
		before = max(before, e.After)
		if len(e.To) == 0 {
			d.missing(e.At, path, "to", "name a group, user:ID, dept:ID, person:NAME or an expression")
		}
		if known := words["unless"]; !slices.Contains(known, e.Unless.Value) {
			d.faults.Add(cmp.Or(e.Unless.At, e.At), DidYouMean(e.Unless.Value, known), "%s.unless: unknown %q", path, e.Unless.Value)
		}
	}
}
