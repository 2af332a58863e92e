package dingtalk

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
)

// Status is how far DingTalk has got with a task.
type Status int

// The statuses of a task (official page of getsendprogress).
const (
	NotStarted Status = 0
	Processing Status = 1
	Done       Status = 2
)

// String names the status.
func (s Status) String() string {
	switch s {
	case NotStarted:
		return "not started"
	case Processing:
		return "processing"
	case Done:
		return "done"
	}
	return fmt.Sprintf("status %d", int(s))
}

// Progress is how far DingTalk has got with a task.
type Progress struct {
	Percent int // 0 to 100
	Status  Status
}

// Progress asks getsendprogress how far a task of the last 24 hours has got.
// Its error is an *Error; 40035 means that DingTalk does not know the task.
func (c *Client) Progress(ctx context.Context, task int64) (Progress, error) {
	var answer struct {
		Progress *struct {
			Percent text `json:"progress_in_percent"`
			Status  text `json:"status"`
		} `json:"progress"`
	}
	const doing = "asking for the progress of a task"
	e := c.post(ctx, doing, "/topapi/message/corpconversation/getsendprogress", c.taskBody(task), &answer)
	if e == nil && answer.Progress == nil {
		e = unreadable(200, "the answer holds no progress")
		e.Doing = doing
	}
	if e != nil {
		return Progress{}, e
	}
	percent, notPercent := strconv.Atoi(string(answer.Progress.Percent))
	status, notStatus := strconv.Atoi(string(answer.Progress.Status))
	if err := cmp.Or(notPercent, notStatus); err != nil {
		e = unreadable(200, "the progress is not in numbers")
		e.Doing = doing
		return Progress{}, e
	}
	return Progress{Percent: percent, Status: Status(status)}, nil
}

func (c *Client) taskBody(task int64) []byte {
	return fmt.Appendf(nil, `{"agent_id":%d,"task_id":%d}`, c.agentID, task)
}
