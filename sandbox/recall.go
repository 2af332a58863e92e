package sandbox

import "time"

// recallWindow is how long after it was sent a notification can be recalled
// (official page of recall).
const recallWindow = 24 * time.Hour

// recall takes a task back from all phones, read or not. That a second recall
// is refused is a guess; the documents leave it open.
func (s *Sandbox) recall(a *app, p params, r request) *reply {
	agent, task, refused := p.taskOf("msg_task_id")
	if refused == nil {
		refused = p.only("agent_id", "msg_task_id")
	}
	if refused != nil {
		return refused
	}
	if agent != a.AgentID {
		return refuse(400002, "agentId不合法")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	call := s.ledger.byTask[task]
	if call == nil || call.AgentID != agent || !call.Recalled.IsZero() || r.at.Sub(call.At) > recallWindow {
		return refuse(400002, "taskId不合法")
	}
	call.Recalled = r.at
	s.takeBack(call)
	return accepted()
}
