package sandbox

import (
	"regexp"
	"strings"
)

var barColor = regexp.MustCompile(`^0x[0-9A-Fa-f]{8}$`)

// updateStatusBar is status_bar/update (official page): for OA messages within
// the window, once the sending has finished. That it takes a message sent with a
// status bar is said in the FAQ alone; that a recalled one is refused is a guess.
func (s *Sandbox) updateStatusBar(a *app, p params, r request) *reply {
	agent, task, refused := p.taskOf("task_id")
	if refused != nil {
		return refused
	}
	if _, given := p["status_value"]; !given {
		return missing("status_value")
	}
	if refused := p.only("agent_id", "task_id", "status_value", "status_bg"); refused != nil {
		return refused
	}
	value, is := p.str("status_value")
	color, colored := p.str("status_bg")
	if _, given := p["status_bg"]; given && (!colored || !barColor.MatchString(color)) || !is || strings.TrimSpace(value) == "" {
		return refuse(40035, "不合法的参数")
	}
	if agent != a.AgentID {
		return refuse(40056, "不合法的agentid")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	call := s.ledger.byTask[task]
	switch {
	case call == nil, call.AgentID != agent, call.StatusBar == nil, !call.Recalled.IsZero(), r.at.Sub(call.At) > s.opt.StatusBarWindow:
		return refuse(40035, "不合法的参数")
	case progressOf(call, r.at).Status != 2:
		return refuse(41052, "本次发送人数过多,不再返回发送结果")
	}
	call.StatusBar = &StatusBar{Value: value, Color: color, Updates: call.StatusBar.Updates + 1, At: r.at}
	s.watch.changed()
	return accepted()
}
