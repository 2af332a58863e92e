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

// send is asyncsend_v2. Third-party apps created after 2020-11-27 must send by
// template; with which code DingTalk refuses them is not known.
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
	if a.ThirdParty && !a.Legacy {
		return refuse(41044, "禁止发送消息: third-party apps created after 2020-11-27 send with sendbytemplate")
	}
	to, refused := readTarget(p, message.MaxUsers, message.MaxDepts)
	if refused != nil {
		return refused
	}
	if a.ThirdParty && to.everyone {
		return refuse(41028, "禁止给全员发送消息")
	}
	msg, refused := checkMsg(raw)
	if refused != nil {
		return refused
	}
	if msg.media != "" && !s.hasMedia(msg.media) {
		return refuse(40007, "不合法的媒体文件id")
	}
	if msg.statusBar != nil && (to.everyone || len(to.depts) > 0 || len(to.users) > maxStatusBar) {
		return refuse(400002, "参数错误: a message with status_bar goes to at most 5 users in userid_list, and nobody else")
	}
	return s.accept(a, to, msg, r)
}

func readTarget(p params, users, depts int) (target, *reply) {
	var to target
	var refused *reply
	if to.users, refused = p.list("userid_list", users); refused != nil {
		return to, refused
	}
	ids, refused := p.list("dept_id_list", depts)
	if refused != nil {
		return to, refused
	}
	for _, d := range ids {
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
func (s *Sandbox) accept(a *app, to target, msg checked, r request) *reply {
	sum := sha256.Sum256(msg.canonical)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.serial++
	call := &Call{
		TaskID: firstTask + s.serial, At: r.at, Done: r.at.Add(s.opt.DeliveryTime), AgentID: a.AgentID, App: a.Name, Users: to.users, Depts: to.depts,
		Everyone: to.everyone, Msg: string(msg.raw), Msgtype: msg.msgtype, Content: hex.EncodeToString(sum[:16]), Template: msg.template, StatusBar: msg.statusBar,
	}
	ids := s.resolve(to, call)
	a.used.today(r.at)
	if to.everyone {
		a.used.everyone++
	}
	faults := s.silently(r.URL.Path, ids, r.at)
	for _, f := range faults {
		if f.Kind == Slow {
			call.Done = r.at.Add(f.Wait)
		}
	}
	for _, id := range ids {
		call.Recipients = append(call.Recipients, s.judge(a, id, call, [16]byte(sum[:16]), faults))
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

// judge says what becomes of the next recipient, in the silence that the
// official pages describe. The order of the limits is a guess. s.mu is held.
func (s *Sandbox) judge(a *app, id string, call *Call, content [16]byte, faults []Fault) Recipient {
	limits, u, now := s.limitsOf(a), a.used, call.At
	e := s.org.employee(id)
	drop := func(code string, limit int) Recipient {
		return Recipient{UserID: id, Fate: Forbidden, Code: code, Limit: limit}
	}
	same := sameContent{id, content}
	_, repeated := u.seen[same]
	ordered := slices.IndexFunc(faults, func(f Fault) bool { return f.Kind == Drop && (f.User == "" || f.User == id) })
	switch {
	case e == nil:
		return Recipient{UserID: id, Fate: Invalid}
	case e.Status == OutOfScope:
		return Recipient{UserID: id, Fate: Invalid, Code: "50002"}
	case ordered >= 0 && faults[ordered].Code != 0:
		return drop(strconv.Itoa(faults[ordered].Code), 0)
	case ordered >= 0:
		return Recipient{UserID: id, Fate: Failed}
	case call.Everyone && u.everyone > limits.everyone:
		return drop("41045", limits.everyone)
	case len(call.Recipients) >= limits.perCall:
		return drop("41029", limits.perCall)
	case !u.minute.take(now, 1, limits.perMinute, time.Minute):
		return drop(limits.minuteCode, limits.perMinute)
	case repeated:
		return drop(limits.sameCode, 1)
	case u.messages[id] >= limits.perDay:
		return drop(limits.dayCode, limits.perDay)
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
func (r Recipient) Reason() string { return r.reason(nil) }

func (r Recipient) reason(in words) string {
	if r.Fate != Forbidden {
		return in.T(fates[string(r.Fate)+r.Code])
	}
	said, known := fates[r.Code]
	if !known {
		return in.T("for the reason %s", r.Code)
	}
	return strings.ReplaceAll(in.T(said), "LIMIT", strconv.Itoa(r.Limit))
}

// fates are what the page says of a recipient who got nothing.
var fates = map[string]string{
	"invalid":      "nobody has this user id",
	"invalid50002": "the employee is outside the app's visible scope",
	"failed":       "the employee could not be reached; it may be sent again",
	"41045":        "the LIMIT messages to everyone of the day are used up",
	"41029":        "one call reaches LIMIT people at most",
	"143103":       overMinute,
	"143105":       overDay,
	"143106":       sameToday,
	"143203":       overMinute,
	"143205":       overDay,
	"143206":       sameToday,
}

const (
	overMinute = "the app reaches LIMIT people a minute at most"
	overDay    = "the app may show this employee LIMIT messages a day at most"
	sameToday  = "the employee has already received the same content from this app today"
)
