package sandbox

import "time"

// keptFor is how long progress and results can be asked for. (For progress the
// official page says both 7 days and 24 hours.)
const keptFor = 24 * time.Hour

// maxResult is the most recipients of a task whose result can be asked for.
const maxResult = 100

type taskProgress struct {
	Percent int `json:"progress_in_percent"`
	Status  int `json:"status"` // 0 not started, 1 processing, 2 done
}

// progress is getsendprogress.
func (s *Sandbox) progress(a *app, p params, r request) *reply {
	call, refused := s.task(a, p, r)
	if refused != nil {
		return refused
	}
	answer := accepted()
	answer.Progress = progressOf(call, r.at)
	return answer
}

func progressOf(call *Call, now time.Time) *taskProgress {
	gone, all := now.Sub(call.At), call.Done.Sub(call.At)
	switch {
	case gone >= all:
		return &taskProgress{100, 2}
	case gone < all/10:
		return &taskProgress{0, 0}
	}
	return &taskProgress{int(100 * gone / all), 1}
}

// result is getsendresult. Who has not been reached yet is in no list. What is
// empty is left out for every other task, as official samples do.
func (s *Sandbox) result(a *app, p params, r request) *reply {
	call, refused := s.task(a, p, r)
	if refused != nil {
		return refused
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(call.Recipients) > maxResult {
		return &reply{Code: 15, SubCode: "isp.-1", SubMsg: "服务调用超时", Message: "Remote service error"}
	}
	lists := map[string][]string{"invalid": {}, "forbidden": {}, "failed": {}, "read": {}, "unread": {}}
	forbidden := []map[string]any{}
	reached := len(call.Recipients) * progressOf(call, r.at).Percent / 100
	for _, to := range call.Recipients[:reached] {
		lists[string(to.Fate)] = append(lists[string(to.Fate)], to.UserID)
		if to.Fate == Forbidden {
			forbidden = append(forbidden, map[string]any{"code": to.Code, "count": to.Limit, "userid": to.UserID})
		}
	}
	sparse := call.TaskID%2 == 0
	answer := accepted()
	answer.Result = map[string]any{}
	for name, list := range lists {
		if len(list) > 0 || !sparse {
			answer.Result[name+"_user_id_list"] = list
		}
	}
	if len(forbidden) > 0 || !sparse {
		answer.Result["forbidden_list"] = forbidden
	}
	if len(call.InvalidDepts) > 0 || !sparse {
		answer.Result["invalid_dept_id_list"] = append([]int64{}, call.InvalidDepts...)
	}
	return answer
}

// task finds the task that a query asks about.
func (s *Sandbox) task(a *app, p params, r request) (*Call, *reply) {
	agent, id, refused := p.taskOf("task_id")
	if refused != nil {
		return nil, refused
	}
	if refused := p.only("agent_id", "task_id"); refused != nil {
		return nil, refused
	}
	if agent != a.AgentID {
		return nil, refuse(400002, "agentId不合法")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	call := s.ledger.byTask[id]
	if call == nil || call.AgentID != agent || r.at.Sub(call.At) > keptFor {
		return nil, refuse(40035, "不合法的参数")
	}
	return call, nil
}

// taskOf reads the two ids that name a task.
func (p params) taskOf(name string) (agent, task int64, refused *reply) {
	if agent, refused = p.number("agent_id"); refused != nil {
		return 0, 0, refused
	}
	task, refused = p.number(name)
	return agent, task, refused
}
