package dingtalk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"workbell/message"
)

// What one call of sendbytemplate takes (official page). Of userid_list it
// takes 5,000 ids, but reaches only MaxTemplateRecipients people.
const (
	// MaxTemplateRecipients is the most people whom one call may reach; those
	// beyond it receive nothing, and DingTalk answers "ok".
	MaxTemplateRecipients = 1000
	// MaxTemplateDepts is the most department ids in dept_id_list.
	MaxTemplateDepts = 500
)

const templating = "sending a work notification by template"

// SendTemplate makes one call of sendbytemplate, which is for third-party apps
// alone: to people by name and departments, at most MaxTemplateRecipients
// people as far as the departments' sizes are known, never to everyone.
//
// data is a JSON object of strings, or empty where the template takes no
// parameters. The official page has it as a String that holds the object's
// text, so that is what is sent, unchanged inside; the SDKs' form, the object
// itself, is not documented there. It must have no \u escapes (40033).
//
// Its error is an *Error: 885001 where there is no such template, 885006 where
// it is not approved.
func (c *Client) SendTemplate(ctx context.Context, to message.Recipients, templateID string, data []byte) (Sent, error) {
	body, e := c.templateBody(to, templateID, data)
	if e == nil {
		var s Sent
		if s, e = c.send(ctx, templating, "/topapi/message/corpconversation/sendbytemplate", body); e == nil {
			return s, nil
		}
	}
	return Sent{}, e
}

func (c *Client) templateBody(to message.Recipients, templateID string, data []byte) ([]byte, *Error) {
	if e := c.checkTemplate(to); e != nil {
		return nil, e
	}
	id, err := quote(templateID)
	if err == nil && templateID == "" {
		err = errors.New("the template's id is missing")
	}
	var text []byte
	if err == nil && len(data) > 0 {
		text, err = quoteData(data)
	}
	if err != nil {
		return nil, &Error{Doing: templating, Action: GiveUp, Outcome: Unsent, Message: err.Error()}
	}
	body := appendRecipients(fmt.Appendf(nil, `{"agent_id":%d,"template_id":%s`, c.agentID, id), to)
	if text != nil {
		body = fmt.Appendf(body, `,"data":%s`, text)
	}
	return append(body, '}'), nil
}

// checkTemplate refuses what DingTalk would refuse, or worse, drop in silence.
func (c *Client) checkTemplate(to message.Recipients) *Error {
	refuse := func(format string, args ...any) *Error {
		return &Error{Doing: templating, Action: GiveUp, Outcome: Unsent, Message: fmt.Sprintf(format, args...)}
	}
	switch n := known(to); {
	case c.suite == nil:
		return &Error{Doing: templating, Action: Misconfigured, Outcome: Unsent, RetryAfter: repair,
			Message: "only third-party apps send by template; this one has no suite_key"}
	case to.Everyone:
		return refuse("a template cannot be sent to everyone")
	case n > MaxTemplateRecipients:
		return refuse("%d people in one call, of which DingTalk reaches %d", n, MaxTemplateRecipients)
	case len(to.Depts) > MaxTemplateDepts:
		return refuse("%d departments in one call, of which DingTalk takes %d", len(to.Depts), MaxTemplateDepts)
	}
	return checkRecipients(templating, to)
}

// quoteData returns the text of a JSON object of strings as a JSON string.
func quoteData(data []byte) ([]byte, error) {
	var values map[string]any
	if err := json.Unmarshal(data, &values); err != nil || values == nil {
		return nil, errors.New("the template's data is not a JSON object")
	}
	for name, value := range values {
		if _, is := value.(string); !is {
			return nil, fmt.Errorf("the template's data: %s is not a string", name)
		}
	}
	text, err := quote(string(data))
	if err != nil {
		return nil, fmt.Errorf("the template's data: %w", err)
	}
	return text, nil
}

// known is how many people to reaches at least.
func known(to message.Recipients) int {
	n := len(to.Users)
	for _, d := range to.Depts {
		n += d.Size
	}
	return n
}
