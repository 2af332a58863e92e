package dingtalk

import (
	"context"
	"slices"
	"strconv"
)

// Result is what became of a task's recipients. Somebody who is in no list is
// still being processed; the documents let any list be missing, which is the
// same as empty.
type Result struct {
	Invalid      []string // user ids that are not known
	InvalidDepts []string // department ids that are not known
	Forbidden    []Forbidden
	Failed       []string // did not receive it; may be sent again
	Read         []string
	Unread       []string // have it
}

// Forbidden is an employee to whom DingTalk did not pass the message on.
type Forbidden struct {
	UserID string
	Code   string // 143106, say; see Words; "" where DingTalk does not tell
	Limit  int64  // the limit that stood in the way, 0 where there is none
}

// Result asks getsendresult what became of a task: of the last 24 hours, with
// at most 100 recipients (beyond that DingTalk answers with a time-out), and
// whole only when Progress says Done. Its error is an *Error.
func (c *Client) Result(ctx context.Context, task int64) (Result, error) {
	var answer struct {
		Result *sendResult `json:"send_result"`
	}
	const doing = "asking for the result of a task"
	e := c.post(ctx, doing, "/topapi/message/corpconversation/getsendresult", c.taskBody(task), &answer)
	if e == nil && answer.Result == nil {
		e = unreadable(200, "the answer holds no send_result")
		e.Doing = doing
	}
	if e != nil {
		return Result{}, e
	}
	return answer.Result.result(), nil
}

// sendResult is the wire form: ids come as strings, departments as numbers, a
// forbidden user in one of two lists or in both.
type sendResult struct {
	Invalid       []text `json:"invalid_user_id_list"`
	InvalidDepts  []text `json:"invalid_dept_id_list"`
	Forbidden     []text `json:"forbidden_user_id_list"`
	ForbiddenList []struct {
		UserID text `json:"userid"`
		Code   text `json:"code"`
		Count  text `json:"count"`
	} `json:"forbidden_list"`
	Failed []text `json:"failed_user_id_list"`
	Read   []text `json:"read_user_id_list"`
	Unread []text `json:"unread_user_id_list"`
}

func (r *sendResult) result() Result {
	out := Result{Invalid: texts(r.Invalid), InvalidDepts: texts(r.InvalidDepts), Failed: texts(r.Failed),
		Read: texts(r.Read), Unread: texts(r.Unread)}
	for _, f := range r.ForbiddenList {
		limit, _ := strconv.ParseInt(string(f.Count), 10, 64)
		out.Forbidden = append(out.Forbidden, Forbidden{UserID: string(f.UserID), Code: string(f.Code), Limit: limit})
	}
	for _, u := range r.Forbidden {
		if !slices.ContainsFunc(out.Forbidden, func(f Forbidden) bool { return f.UserID == string(u) }) {
			out.Forbidden = append(out.Forbidden, Forbidden{UserID: string(u)})
		}
	}
	return out
}

func texts(in []text) []string {
	var out []string
	for _, t := range in {
		out = append(out, string(t))
	}
	return out
}
