package dingtalk

import (
	"bytes"
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
	if e != nil {
		return Sent{}, e
	}
	var answer struct {
		TaskID    json.Number `json:"task_id"`
		RequestID text        `json:"request_id"`
	}
	if e := c.post(ctx, sending, "/topapi/message/corpconversation/asyncsend_v2", body, &answer); e != nil {
		return Sent{}, e
	}
	id, err := answer.TaskID.Int64()
	if err != nil || id <= 0 {
		return Sent{}, &Error{Doing: sending, Code: "0", RequestID: c.clean(string(answer.RequestID), maxID), HTTPStatus: 200,
			Action: Retry, Outcome: Unknown, Message: "the answer holds no task_id"}
	}
	return Sent{TaskID: id, RequestID: c.clean(string(answer.RequestID), maxID)}, nil
}

// sendBody is written by hand, so that msg is copied byte for byte and nothing
// is escaped as \u (40033). An optional list that is empty is left out, since
// DingTalk refuses it (400001).
func (c *Client) sendBody(to message.Recipients, msg []byte) ([]byte, *Error) {
	if e := checkSend(to, msg); e != nil {
		return nil, e
	}
	b := bytes.NewBuffer(make([]byte, 0, 256+len(msg)))
	b.WriteString(`{"agent_id":` + strconv.FormatInt(c.agentID, 10))
	if to.Everyone {
		b.WriteString(`,"to_all_user":true`)
	} else {
		if len(to.Users) > 0 {
			b.WriteString(`,"userid_list":"` + strings.Join(to.Users, ",") + `"`)
		}
		for i, d := range to.Depts {
			if i == 0 {
				b.WriteString(`,"dept_id_list":"`)
			} else {
				b.WriteByte(',')
			}
			b.WriteString(strconv.FormatInt(d.ID, 10))
		}
		if len(to.Depts) > 0 {
			b.WriteByte('"')
		}
	}
	b.WriteString(`,"msg":`)
	b.Write(msg)
	b.WriteByte('}')
	return b.Bytes(), nil
}

// checkSend refuses what DingTalk would refuse, or worse, misread.
func checkSend(to message.Recipients, msg []byte) *Error {
	refuse := func(a Action, format string, args ...any) *Error {
		return &Error{Doing: sending, Action: a, Outcome: Unsent, Message: fmt.Sprintf(format, args...)}
	}
	switch {
	case len(to.Mobiles) > 0:
		return refuse(GiveUp, "the recipients hold mobile numbers, which have to be looked up first")
	case to.Empty():
		return refuse(GiveUp, "there is no recipient")
	case !to.Everyone && len(to.Users) > message.MaxUsers:
		return refuse(GiveUp, "%d users in one call, of which DingTalk takes %d", len(to.Users), message.MaxUsers)
	case !to.Everyone && len(to.Depts) > message.MaxDepts:
		return refuse(GiveUp, "%d departments in one call, of which DingTalk takes %d", len(to.Depts), message.MaxDepts)
	case !json.Valid(msg):
		return refuse(GiveUp, "the message's bytes are not JSON")
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
