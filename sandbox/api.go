package sandbox

import (
	"io"
	"net"
	"net/http"
	"path"
	"slices"
	"time"
)

// Paths of the API.
const (
	PathToken          = "/gettoken"
	PathCorpToken      = "/service/get_corp_token"
	PathSend           = "/topapi/message/corpconversation/asyncsend_v2"
	PathTemplate       = "/topapi/message/corpconversation/sendbytemplate"
	PathProgress       = "/topapi/message/corpconversation/getsendprogress"
	PathResult         = "/topapi/message/corpconversation/getsendresult"
	PathRecall         = "/topapi/message/corpconversation/recall"
	PathStatusBar      = "/topapi/message/corpconversation/status_bar/update"
	PathMedia          = "/media/upload"
	PathMobile         = "/topapi/v2/user/getbymobile"
	PathDept           = "/topapi/v2/department/get"
	PathDeptUsers      = "/topapi/user/listid"
	PathSubDepartments = "/topapi/v2/department/listsubid"
)

// maxBody is the most bytes of a call; an upload may be larger than what media
// may be, so that it is refused with DingTalk's code.
const (
	maxBody   = 1 << 20
	maxUpload = 24 << 20
)

// request is one call of the API, read whole.
type request struct {
	*http.Request
	body []byte
	at   time.Time
}

// endpoints are the calls that need a token. A twin of each stands in the
// client's package.
var endpoints = map[string]func(*Sandbox, *app, params, request) *reply{
	PathSend:           (*Sandbox).send,
	PathTemplate:       (*Sandbox).sendByTemplate,
	PathProgress:       (*Sandbox).progress,
	PathResult:         (*Sandbox).result,
	PathRecall:         (*Sandbox).recall,
	PathStatusBar:      (*Sandbox).updateStatusBar,
	PathMedia:          (*Sandbox).upload,
	PathMobile:         (*Sandbox).byMobile,
	PathDept:           (*Sandbox).dept,
	PathDeptUsers:      (*Sandbox).deptUsers,
	PathSubDepartments: (*Sandbox).subDepts,
}

// uncounted are the calls that the month's quota does not count (official page
// on API usage): people and departments.
var uncounted = []string{PathMobile, PathDept, PathDeptUsers, PathSubDepartments}

// serveAPI answers one call: faults first, as whatever stands before the API
// acts first, then the API.
func (s *Sandbox) serveAPI(w http.ResponseWriter, r *http.Request) {
	most := int64(maxBody)
	if r.URL.Path == PathMedia {
		most = maxUpload
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, most))
	if err != nil {
		http.Error(w, "413 Request Entity Too Large", http.StatusRequestEntityTooLarge)
		return
	}
	req := request{Request: r, body: body, at: s.opt.Now()}
	fault := s.nextFault(r.URL.Path, req.at)
	var answer *reply
	if fault != nil {
		var handled bool
		if answer, handled = s.act(w, r, fault); handled {
			return
		}
		req.at = s.opt.Now() // it may have been held: limits reckon from when it reaches the API
	}
	if answer == nil && s.banned(w, req) {
		return
	}
	if answer == nil {
		answer = s.answer(req)
	}
	s.count(r.URL.Path, answer)
	if fault != nil && fault.after(answer) {
		cutOff(w, false)
	}
	contentType := "application/json;charset=UTF-8"
	switch r.URL.Path {
	case PathToken, PathCorpToken:
		contentType, answer.RequestID = "application/json", ""
	case PathRecall: // as documented: errcode and errmsg alone
		answer.RequestID = ""
	}
	answer.write(w, contentType)
}

func (s *Sandbox) answer(r request) *reply {
	switch r.URL.Path {
	case PathToken:
		return s.gettoken(r)
	case PathCorpToken:
		return s.getCorpToken(r)
	}
	serve := endpoints[r.URL.Path]
	if serve == nil {
		return noSuchAPI(r.URL.Path)
	}
	if r.Method != http.MethodPost {
		return refuse(43002, "需要POST请求")
	}
	p, refused := readParams(r)
	if refused != nil {
		return refused
	}
	a, refused := s.authenticate(r, p)
	if refused != nil {
		return refused
	}
	if refused := s.throttle(a, r); refused != nil {
		return refused
	}
	return serve(s, a, p, r)
}

// count notes a call and gives its answer a request id.
func (s *Sandbox) count(at string, answer *reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	answer.RequestID = s.requestID()
	s.counters.add(at, answer)
	if answer.Code != 0 {
		s.refused(path.Base(at), answer)
	}
}

// throttle applies the limits that DingTalk does not keep silent about. Calls
// over the limit by second do not count against the month.
func (s *Sandbox) throttle(a *app, r request) *reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !a.used.calls(r.URL.Path).take(r.at, 1, s.opt.Limits.CallsPerSecond, time.Second) {
		return throttledApp()
	}
	if slices.Contains(uncounted, r.URL.Path) {
		return nil
	}
	return s.month.take(r.at, s.opt.Limits.CallsPerMonth)
}

// banned answers with the ban page where the caller's address is shut out.
func (s *Sandbox) banned(w http.ResponseWriter, r request) bool {
	if s.opt.Limits.CallsPerAddress == none {
		return false
	}
	host, _, _ := net.SplitHostPort(r.RemoteAddr)
	s.mu.Lock()
	if s.calls[host] == nil {
		s.calls[host] = &window{}
	}
	out := r.at.Before(s.bannedTo[host])
	if !out && !s.calls[host].take(r.at, 1, s.opt.Limits.CallsPerAddress, 20*time.Second) {
		out, s.bannedTo[host] = true, r.at.Add(5*time.Minute)
	}
	s.mu.Unlock()
	if out {
		banJSON(w)
	}
	return out
}
