package sandbox

import (
	"encoding/json"
	"fmt"
	"slices"
)

// The most of the lists of sendbytemplate (official page).
const (
	maxTemplateUsers = 5000
	maxTemplateDepts = 500
)

// sendByTemplate is sendbytemplate. To internal apps it answers with the global
// table's code for an API that the app may not call: which one DingTalk gives is
// not known.
func (s *Sandbox) sendByTemplate(a *app, p params, r request) *reply {
	agent, refused := p.number("agent_id")
	if refused != nil {
		return refused
	}
	id, is := p.str("template_id")
	if _, given := p["template_id"]; !given {
		return missing("template_id")
	}
	if refused := p.only("agent_id", "template_id", "userid_list", "dept_id_list", "data"); refused != nil {
		return refused
	}
	switch {
	case !is || id == "":
		return invalid("template_id")
	case agent != a.AgentID:
		return refuse(400002, "agentId不合法")
	case !a.ThirdParty:
		return refuse(48002, "Api禁用")
	}
	raw, data, refused := templateData(p)
	if refused != nil {
		return refused
	}
	to, refused := readTarget(p, maxTemplateUsers, maxTemplateDepts)
	if refused != nil {
		return refused
	}
	if refused := s.mayUse(a, id); refused != nil {
		return refused
	}
	canonical, err := json.Marshal([]any{id, data})
	if err != nil {
		return invalid("data")
	}
	return s.accept(a, to, checked{raw: raw, canonical: canonical, msgtype: "template", template: id}, r)
}

// templateData returns the parameters' values, as they came and read: an object
// of strings, given as text (official page) or as such (the SDKs).
func templateData(p params) (raw []byte, values map[string]string, refused *reply) {
	if _, given := p["data"]; !given {
		return nil, nil, nil
	}
	if raw, refused = p.object("data"); refused != nil {
		return nil, nil, refused
	}
	var object map[string]any
	if json.Unmarshal(raw, &object) != nil {
		return nil, nil, invalid("data")
	}
	values = map[string]string{}
	for name, value := range object {
		text, is := value.(string)
		if !is {
			return nil, nil, invalid("data")
		}
		values[name] = text
	}
	return raw, values, nil
}

// mayUse refuses templates that the app does not have, or that are not approved.
func (s *Sandbox) mayUse(a *app, id string) *reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(a.Templates, func(t Template) bool { return t.ID == id })
	switch {
	case i < 0 && !s.opt.AdoptUnknown:
		return refuse(885001, "消息模板不存在")
	case i >= 0 && a.Templates[i].Pending:
		return refuse(885006, "消息模板不可用")
	}
	return nil
}

// maxTemplates bounds the templates of an app.
const maxTemplates = 1000

// SetTemplate makes a template known to the app with that agent id, or changes
// whether it is approved.
func (s *Sandbox) SetTemplate(agentID int64, t Template) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.apps, func(a *app) bool { return a.AgentID == agentID && a.ThirdParty })
	if i < 0 {
		return fmt.Errorf("no third-party app has the agent id %d", agentID)
	}
	if t.ID == "" {
		return fmt.Errorf("the template's id is missing")
	}
	kept := slices.DeleteFunc(slices.Clone(s.apps[i].Templates), func(old Template) bool { return old.ID == t.ID })
	if len(kept) >= maxTemplates {
		return fmt.Errorf("the app has %d templates already", maxTemplates)
	}
	s.apps[i].Templates = append(kept, t)
	return nil
}
