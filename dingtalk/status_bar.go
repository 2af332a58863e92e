package dingtalk

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

const turning = "updating a status bar"

// UpdateStatusBar asks status_bar/update to show value in the status bar of an
// OA message, upon color ("0xFF78C06E": 0x, alpha and RGB; "" is DingTalk's
// black). The message must have been sent with a status bar, to at most five
// named people. DingTalk documents a window of 7 days on its page, and of 24
// hours in its FAQ.
//
// Its error is an *Error: 41052 with Retry before the sending has finished
// (Progress says when), 40035 with GiveUp beyond the window or for another kind
// of message.
func (c *Client) UpdateStatusBar(ctx context.Context, task int64, value, color string) error {
	body, e := c.statusBarBody(task, value, color)
	if e == nil {
		e = c.post(ctx, turning, "/topapi/message/corpconversation/status_bar/update", body, &struct{}{})
	}
	if e != nil {
		return e
	}
	return nil
}

var barColor = regexp.MustCompile(`^(0x[0-9A-Fa-f]{8})?$`)

func (c *Client) statusBarBody(task int64, value, color string) ([]byte, *Error) {
	quoted, err := quote(value)
	switch {
	case strings.TrimSpace(value) == "":
		err = fmt.Errorf("the value is blank")
	case !barColor.MatchString(color):
		err = fmt.Errorf("the colour is %q, not of the form 0xFF78C06E", color)
	}
	if err != nil {
		return nil, &Error{Doing: turning, Action: GiveUp, Outcome: Unsent, Message: err.Error()}
	}
	body := fmt.Appendf(nil, `{"agent_id":%d,"task_id":%d,"status_value":%s`, c.agentID, task, quoted)
	if color != "" {
		body = fmt.Appendf(body, `,"status_bg":"%s"`, color)
	}
	return append(body, '}'), nil
}

// escaped finds what DingTalk refuses with 40033, wherever it stands.
var escaped = regexp.MustCompile(`\\u[0-9a-fA-F]{4}`)

// quote returns s as a JSON string in UTF-8. It fails where that takes a \u
// escape, or s holds one: DingTalk refuses them.
func quote(s string) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		return nil, err
	}
	if bad := escaped.Find(b.Bytes()); bad != nil {
		return nil, fmt.Errorf(`DingTalk takes no \u escapes, and here stands %s: a control character, bytes that are not UTF-8, or an escape`, bad)
	}
	return bytes.TrimSpace(b.Bytes()), nil
}
