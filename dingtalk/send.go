package dingtalk

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"workbell/message"
)

// Sent is DingTalk's receipt: the message was accepted, which does not yet mean
// that anybody has it.
type Sent struct {
	TaskID    int64
	RequestID string
}

const sending = "sending a work notification"

// Send makes one call of asyncsend_v2: msg, the bytes of its "msg" parameter,
// goes out unchanged, to at most message.MaxUsers people by name and
// message.MaxDepts departments, or to everyone. Mobile numbers must have been
// looked up before. Its error is an *Error.
func (c *Client) Send(ctx context.Context, to message.Recipients, msg []byte) (Sent, error) {
	body, e := c.sendBody(to, msg)
	if e == nil {
		var s Sent
		if s, e = c.send(ctx, sending, "/topapi/message/corpconversation/asyncsend_v2", body); e == nil {
			return s, nil
		}
	}
	return Sent{}, e
}

// send makes a call that is answered with a task id.
func (c *Client) send(ctx context.Context, doing, path string, body []byte) (Sent, *Error) {
	var answer struct {
		TaskID    json.Number `json:"task_id"`
		RequestID text        `json:"request_id"`
	}
	if e := c.post(ctx, doing, path, body, &answer); e != nil {
		return Sent{}, e
	}
	id, err := answer.TaskID.Int64()
	if err != nil || id <= 0 {
		return Sent{}, &Error{Doing: doing, Code: "0", RequestID: c.clean(string(answer.RequestID), maxID), HTTPStatus: 200,
			Action: Retry, Outcome: Unknown, Message: "the answer holds no task_id"}
	}
	return Sent{TaskID: id, RequestID: c.clean(string(answer.RequestID), maxID)}, nil
}

// sendBody is written by hand, so that msg is copied byte for byte and nothing
// is escaped as \u (40033).
func (c *Client) sendBody(to message.Recipients, msg []byte) ([]byte, *Error) {
	if e := checkSend(to, msg); e != nil {
		return nil, e
	}
	b := fmt.Appendf(make([]byte, 0, 256+len(msg)), `{"agent_id":%d`, c.agentID)
	if to.Everyone {
		b = append(b, `,"to_all_user":true`...)
	} else {
		b = appendRecipients(b, to)
	}
	b = append(b, `,"msg":`...)
	return append(append(b, msg...), '}'), nil
}

// appendRecipients writes the two lists. One that is empty is left out, since
// DingTalk refuses it (400001).
func appendRecipients(b []byte, to message.Recipients) []byte {
	if len(to.Users) > 0 {
		b = append(b, `,"userid_list":"`+strings.Join(to.Users, ",")+`"`...)
	}
	for i, d := range to.Depts {
		if i == 0 {
			b = append(b, `,"dept_id_list":"`...)
		} else {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, d.ID, 10)
	}
	if len(to.Depts) > 0 {
		b = append(b, '"')
	}
	return b
}

// checkSend refuses what DingTalk would refuse, or worse, misread.
func checkSend(to message.Recipients, msg []byte) *Error {
	refuse := func(format string, args ...any) *Error {
		return &Error{Doing: sending, Action: GiveUp, Outcome: Unsent, Message: fmt.Sprintf(format, args...)}
	}
	switch {
	case !to.Everyone && len(to.Users) > message.MaxUsers:
		return refuse("%d users in one call, of which DingTalk takes %d", len(to.Users), message.MaxUsers)
	case !to.Everyone && len(to.Depts) > message.MaxDepts:
		return refuse("%d departments in one call, of which DingTalk takes %d", len(to.Depts), message.MaxDepts)
	case !json.Valid(msg):
		return refuse("the message's bytes are not JSON")
	}
	return checkRecipients(sending, to)
}

// checkRecipients refuses recipients that cannot be written down.
func checkRecipients(doing string, to message.Recipients) *Error {
	refuse := func(a Action, format string, args ...any) *Error {
		return &Error{Doing: doing, Action: a, Outcome: Unsent, Message: fmt.Sprintf(format, args...)}
	}
	switch {
	case len(to.Mobiles) > 0:
		return refuse(GiveUp, "the recipients hold mobile numbers, which have to be looked up first")
	case to.Empty():
		return refuse(GiveUp, "there is no recipient")
	}
	for _, u := range to.Users {
		if !goodUserID(u) {
			return refuse(BadRecipient, "%q cannot be a user id", u)
		}
	}
	for _, d := range to.Depts {
		if d.ID <= 0 {
			return refuse(BadRecipient, "%d cannot be a department id", d.ID)
		}
	}
	return nil
}

// goodUserID keeps out what would split the list, or break out of its quotes.
func goodUserID(id string) bool {
	return id != "" && utf8.ValidString(id) && !strings.ContainsFunc(id, func(r rune) bool {
		return r == ',' || r == '"' || r == '\\' || unicode.IsControl(r) || unicode.IsSpace(r)
	})
}
