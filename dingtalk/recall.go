package dingtalk

import (
	"context"
	"fmt"
)

// Recall asks recall to take a notification back from all its recipients: of
// the last 24 hours (official page of recall). Its error is an *Error; 400002
// with GiveUp means that the time has passed, or that DingTalk does not know
// the task: it cannot be taken back any more.
func (c *Client) Recall(ctx context.Context, task int64) error {
	body := fmt.Appendf(nil, `{"agent_id":%d,"msg_task_id":%d}`, c.agentID, task)
	if e := c.post(ctx, "recalling a work notification", "/topapi/message/corpconversation/recall", body, &struct{}{}); e != nil {
		return e
	}
	return nil
}
