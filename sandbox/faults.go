package sandbox

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"path"
	"slices"
	"time"
)

// Kind is a way in which DingTalk fails.
type Kind string

// The kinds of faults.
const (
	TokenExpired Kind = "token_expired" // every token ends now: 88/40014
	Throttle     Kind = "throttle"      // 88/90018, too many calls of the app
	ThrottleAll  Kind = "throttle_all"  // 88/90002 of all apps, with the text that says until when (Wait)
	Refuse       Kind = "refuse"        // Code and Message at the top; default 500
	Quota        Kind = "quota"         // 90020, the month is used up
	Permission   Kind = "permission"    // 88/60011
	Whitelist    Kind = "whitelist"     // 88/60020
	HTTPStatus   Kind = "http"          // an error page with Status; default 502
	BanPage      Kind = "ban_page"      // the HTML page for an address that is shut out
	BanJSON      Kind = "ban_json"      // the same as JSON, "punish":"deny"
	Hang         Kind = "hang"          // no answer, until the client goes away or Wait is over
	Delay        Kind = "delay"         // Wait, then as usual
	CutBefore    Kind = "cut_before"    // the connection is closed, the call not taken
	CutAfter     Kind = "cut_after"     // the call is taken, the connection closed without an answer
	Garbage      Kind = "garbage"       // the call is not taken, the answer unreadable
	StringCode   Kind = "string_code"   // as usual, with errcode as a string and no errmsg
	Outage       Kind = "outage"        // the connection is reset
)

// Kinds are the kinds of faults that a call meets one at a time.
var Kinds = []Kind{TokenExpired, Throttle, ThrottleAll, Refuse, Quota, Permission, Whitelist, HTTPStatus, BanPage,
	BanJSON, Hang, Delay, CutBefore, CutAfter, Garbage, StringCode, Outage}

// Fault is an order to fail. Faults apply in the order in which they were
// given; each call meets at most one of Kinds.
type Fault struct {
	Kind Kind
	// Path restricts it to one API: a path, or the path's last part
	// ("asyncsend_v2"); "" means all.
	Path string
	// Times is how many calls it strikes, For how long it lasts; with neither
	// it lasts until it is cleared.
	Times int
	For   time.Duration
	// Probability strikes a share of the calls, above 0 up to 1; 0 means all.
	Probability float64
	Wait        time.Duration // of Hang, Delay, Slow, ThrottleAll (default 1 s)
	Status      int           // of HTTPStatus
	Code        int           // of Refuse and Drop
	Message     string        // of Refuse
	User        string        // of Drop
}

// armed is a fault that was ordered.
type armed struct {
	Fault
	until time.Time // zero: no end
	left  int       // calls it may yet strike; negative: any number
}

// maxFaults bounds how many may be ordered at a time.
const maxFaults = 100

// Fail orders a fault. Its error says what is wrong with the order.
func (s *Sandbox) Fail(f Fault) error {
	switch {
	case !slices.Contains(Kinds, f.Kind) && !slices.Contains(Silent, f.Kind):
		return fmt.Errorf("unknown kind of fault %q; there are %v", f.Kind, slices.Concat(Kinds, Silent))
	case f.Probability < 0 || f.Probability > 1:
		return fmt.Errorf("probability %v; write a share from 0 to 1", f.Probability)
	case f.Times < 0 || f.For < 0 || f.Wait < 0:
		return fmt.Errorf("times, for and wait cannot be negative")
	case (f.Kind == Delay || f.Kind == Slow) && f.Wait == 0:
		return fmt.Errorf("%s needs wait: how long it takes", f.Kind)
	case f.Kind != Drop && f.User != "":
		return fmt.Errorf("only %s takes a user", Drop)
	case f.Status != 0 && (f.Status < 200 || f.Status > 599):
		return fmt.Errorf("status %d; write one from 200 to 599", f.Status)
	}
	a := &armed{Fault: f, left: f.Times}
	if f.Times == 0 {
		a.left = -1
	}
	if f.For > 0 {
		a.until = s.opt.Now().Add(f.For)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.faults) >= maxFaults {
		return fmt.Errorf("%d faults are ordered already; clear them first", maxFaults)
	}
	s.faults = append(s.faults, a)
	return nil
}

// Heal clears all faults.
func (s *Sandbox) Heal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// Faults returns those that still may strike.
func (s *Sandbox) Faults() []Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forgetFaults(s.opt.Now())
	var out []Fault
	for _, a := range s.faults {
		f := a.Fault
		f.Times = max(a.left, 0)
		out = append(out, f)
	}
	return out
}

func (s *Sandbox) forgetFaults(now time.Time) {
	s.faults = slices.DeleteFunc(s.faults, func(a *armed) bool {
		return a.left == 0 || !a.until.IsZero() && !now.Before(a.until)
	})
}

// nextFault returns the fault that strikes a call, or nil.
func (s *Sandbox) nextFault(at string, now time.Time) *armed {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.faults) == 0 {
		return nil
	}
	s.forgetFaults(now)
	for _, a := range s.faults {
		if !slices.Contains(Silent, a.Kind) && a.strikes(at) {
			return a
		}
	}
	return nil
}

// strikes says whether a fault strikes a call of a path, and counts it.
func (a *armed) strikes(at string) bool {
	if a.Path != "" && a.Path != at && a.Path != path.Base(at) {
		return false
	}
	if a.Probability > 0 && rand.Float64() >= a.Probability { //nolint:gosec // chance, not secrecy
		return false
	}
	if a.left > 0 {
		a.left--
	}
	return true
}

// act does what a fault does before the API is reached. It returns the answer
// to give instead of the API's, or that none is to be given.
func (s *Sandbox) act(w http.ResponseWriter, r *http.Request, f *armed) (answer *reply, handled bool) {
	switch f.Kind {
	case TokenExpired:
		s.ExpireTokens()
	case Throttle:
		return throttledApp(), false
	case ThrottleAll:
		now := s.opt.Now()
		return throttledAll("dingtalk.oapi.message.corpconversation."+path.Base(r.URL.Path), now, now.Add(max(f.Wait, time.Second))), false
	case Refuse:
		return f.refusal(), false
	case Quota:
		return quotaUsedUp(5001, 5000), false
	case Permission:
		return noPermission("qyapi_base"), false
	case Whitelist:
		return gateway("60020", "访问ip不在白名单之中,request ip=127.0.0.1"), false
	case Delay:
		s.wait(r, f.Wait)
	case CutAfter, StringCode: // see after
	default:
		s.withhold(w, r, f)
		return nil, true
	}
	return nil, false
}

// withhold is for the faults that keep a call from the API altogether.
func (s *Sandbox) withhold(w http.ResponseWriter, r *http.Request, f *armed) {
	s.mu.Lock()
	s.counters.Cut++
	s.mu.Unlock()
	switch f.Kind {
	case HTTPStatus:
		status := f.Status
		if status == 0 {
			status = http.StatusBadGateway
		}
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, "<html><head><title>%d %s</title></head><body><center><h1>Tengine</h1></center></body></html>", status, http.StatusText(status))
	case BanPage:
		w.Header().Set("Content-Type", "text/html;charset=utf-8")
		_, _ = fmt.Fprint(w, "<!DOCTYPE html><html><body>punish: the address is denied</body></html>")
	case BanJSON:
		banJSON(w)
	case Garbage:
		w.Header().Set("Content-Type", "application/json;charset=UTF-8")
		_, _ = fmt.Fprint(w, `{"errcode":0,"errmsg":"ok","task_`)
	case Hang:
		s.wait(r, f.Wait)
		cutOff(w, false)
	default:
		cutOff(w, f.Kind == Outage)
	}
}

func (f *armed) refusal() *reply {
	known := map[int]string{0: "系统异常", 500: "系统异常", -1: "系统繁忙", 400001: "系统错误", 15: "Remote service error"}
	code, said := f.Code, f.Message
	if said == "" {
		said = known[code]
	}
	if code == 0 {
		code = 500
	}
	return refuse(code, said)
}

// after does what a fault does once the API has taken the call. It says whether
// the answer is lost.
func (f *armed) after(answer *reply) (lost bool) {
	if f.Kind == StringCode {
		answer.Code, answer.Message = fmt.Sprint(answer.Code), ""
	}
	return f.Kind == CutAfter
}

// wait holds a call for d, or where d is 0 until the client goes away, and in
// any case no longer than until then or until Close.
func (s *Sandbox) wait(r *http.Request, d time.Duration) {
	var over <-chan time.Time
	if d > 0 {
		t := time.NewTimer(d)
		defer t.Stop()
		over = t.C
	}
	select {
	case <-over:
	case <-r.Context().Done():
	case <-s.closing:
	}
}

// cutOff ends the connection without an answer; with reset the client's kernel
// says "connection reset".
func cutOff(w http.ResponseWriter, reset bool) {
	h, can := w.(http.Hijacker)
	if !can || !reset {
		panic(http.ErrAbortHandler)
	}
	conn, _, err := h.Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, is := conn.(*net.TCPConn); is {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

func banJSON(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	_, _ = fmt.Fprint(w, `{"status":1111,"wait":5,"source":"x5","punish":"deny","uuid":"7c1f0d9e"}`)
}
