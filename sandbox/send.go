package sandbox

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"

	"workbell/message"
)

// maxStatusBar is how many named people a message with a status bar may go to.
const maxStatusBar = 5

// target is whom a call names.
type target struct {
	users    []string
	depts    []int64
	everyone bool
}

// send is asyncsend_v2.
func (s *Sandbox) send(a *app, p params, r request) *reply {
	agent, refused := p.number("agent_id")
	if refused != nil {
		return refused
	}
	raw, refused := p.object("msg")
	if refused != nil {
		return refused
	}
	if refused := p.only("agent_id", "userid_list", "dept_id_list", "to_all_user", "msg", "enable_id_trans"); refused != nil {
		return refused
	}
	if agent != a.AgentID {
		return refuse(400002, "agentId不合法")
	}
	to, refused := readTarget(p)
	if refused != nil {
		return refused
	}
	msg, refused := checkMsg(raw)
	if refused != nil {
		return refused
	}
	if msg.statusBar && (to.everyone || len(to.depts) > 0 || len(to.users) > maxStatusBar) {
		return refuse(400002, "参数错误: a message with status_bar goes to at most 5 users in userid_list, and nobody else")
	}
	return s.accept(a, to, msg, r.at)
}

func readTarget(p params) (target, *reply) {
	var to target
	var refused *reply
	if to.users, refused = p.list("userid_list", message.MaxUsers); refused != nil {
		return to, refused
	}
	depts, refused := p.list("dept_id_list", message.MaxDepts)
	if refused != nil {
		return to, refused
	}
	for _, d := range depts {
		id, err := strconv.ParseInt(d, 10, 64)
		if err != nil || id <= 0 {
			return to, refuse(40009, "不合法的部门id")
		}
		to.depts = append(to.depts, id)
	}
	if _, refused = p.boolean("enable_id_trans"); refused != nil {
		return to, refused
	}
	if to.everyone, refused = p.boolean("to_all_user"); refused != nil {
		return to, refused
	}
	if len(to.users) == 0 && len(to.depts) == 0 && !to.everyone {
		return to, refuse(400002, "参数错误: userid_list, dept_id_list and to_all_user cannot all be empty")
	}
	return to, nil
}

// accept makes a task of a call: from here on the answer is "ok", whatever
// becomes of the recipients.
func (s *Sandbox) accept(a *app, to target, msg checked, now time.Time) *reply {
	sum := sha256.Sum256(msg.canonical)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.serial++
	call := &Call{
		TaskID: firstTask + s.serial, At: now, AgentID: a.AgentID, App: a.Name, Users: to.users, Depts: to.depts,
		Everyone: to.everyone, Msg: string(msg.raw), Msgtype: msg.msgtype, Content: hex.EncodeToString(sum[:16]),
	}
	ids := s.resolve(to, call)
	a.used.today(now)
	if to.everyone {
		a.used.everyone++
	}
	for _, id := range ids {
		call.Recipients = append(call.Recipients, s.judge(a, id, len(call.Recipients), call, [16]byte(sum[:16])))
	}
	s.deliver(call)
	answer := accepted()
	answer.TaskID = call.TaskID
	return answer
}

// resolve returns the ids that a call names, each once.
func (s *Sandbox) resolve(to target, call *Call) []string {
	ids := slices.Clone(to.users)
	for _, d := range to.depts {
		members, known := s.org.members(d)
		if !known {
			call.InvalidDepts = append(call.InvalidDepts, d)
		}
		ids = append(ids, members...)
	}
	if to.everyone {
		ids = append(ids, s.org.ids...)
	}
	seen := make(map[string]struct{}, len(ids))
	return slices.DeleteFunc(ids, func(id string) bool {
		_, again := seen[id]
		seen[id] = struct{}{}
		return again
	})
}

// judge says what becomes of one recipient, in the silence that the official
// page describes. The order of the limits is a guess. s.mu is held.
func (s *Sandbox) judge(a *app, id string, place int, call *Call, content [16]byte) Recipient {
	limits, u, now := s.opt.Limits, &a.used, call.At
	e := s.org.employee(id)
	drop := func(code string, limit int) Recipient {
		return Recipient{UserID: id, Fate: Forbidden, Code: code, Limit: limit}
	}
	same := sameContent{id, content}
	_, repeated := u.seen[same]
	switch {
	case e == nil:
		return Recipient{UserID: id, Fate: Invalid}
	case e.Status == OutOfScope:
		return Recipient{UserID: id, Fate: Invalid, Code: "50002"}
	case call.Everyone && u.everyone > limits.EveryonePerDay:
		return drop("41045", limits.EveryonePerDay)
	case place >= limits.RecipientsPerCall:
		return drop("41029", limits.RecipientsPerCall)
	case !u.minute.take(now, 1, limits.RecipientsPerMinute, time.Minute):
		return drop("143103", limits.RecipientsPerMinute)
	case repeated:
		return drop("143106", 1)
	case u.messages[id] >= limits.MessagesPerEmployeePerDay:
		return drop("143105", limits.MessagesPerEmployeePerDay)
	case e.Status == Failing:
		return Recipient{UserID: id, Fate: Failed}
	}
	u.messages[id]++
	u.seen[same] = struct{}{}
	e.rings++
	s.counters.Rings++
	return Recipient{UserID: id, Fate: Unread}
}

// Reason says a recipient's fate in words.
func (r Recipient) Reason() string {
	if r.Fate != Forbidden {
		return fates[string(r.Fate)+r.Code]
	}
	return strings.ReplaceAll(fates[r.Code], "LIMIT", strconv.Itoa(r.Limit))
}

// fates are what the page says of a recipient who got nothing.
var fates = map[string]string{
	"invalid":      "nobody has this user id",
	"invalid50002": "the employee is outside the app's visible scope",
	"failed":       "the employee could not be reached; it may be sent again",
	"41045":        "the LIMIT messages to everyone of the day are used up",
	"41029":        "one call reaches LIMIT people at most",
	"143103":       "the app reaches LIMIT people a minute at most",
	"143105":       "the app may show this employee LIMIT messages a day at most",
	"143106":       "the employee has already received the same content from this app today",
}
