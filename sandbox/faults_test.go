package sandbox

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestEachFault orders every fault once, by way of the controls, and says what
// a client sees, whether the message was taken, and that it is over then.
func TestEachFault(t *testing.T) {
	t.Parallel()
	lost := func(err error) bool { return errors.Is(err, io.EOF) }
	for kind, c := range map[Kind]struct {
		more  string // of the order
		code  string // errcode
		says  string // in the body
		lost  func(error) bool
		taken bool
	}{
		TokenExpired: {code: "88/40014"},
		Throttle:     {code: "88/90018"},
		ThrottleAll:  {more: `,"wait":"3s"`, code: "88/90002", says: "从 2026-11-22 12:00:00 到 2026-11-22 12:00:00 请求总次数超过 1200 次, 限制将在 2026-11-22 12:00:03 结束"},
		Refuse:       {code: "500", says: "系统异常"},
		Quota:        {code: "90020"},
		Permission:   {code: "88/60011"},
		Whitelist:    {code: "88/60020"},
		HTTPStatus:   {says: "502 Bad Gateway"},
		BanPage:      {says: "<html>"},
		BanJSON:      {says: `"punish":"deny"`},
		Hang:         {more: `,"wait":"1ms"`, lost: lost},
		Delay:        {more: `,"wait":"1ms"`, code: "0", taken: true},
		CutBefore:    {lost: lost},
		CutAfter:     {lost: lost, taken: true},
		Garbage:      {lost: func(err error) bool { return strings.Contains(err.Error(), "JSON") }},
		StringCode:   {says: `{"errcode":"0","request_id"`, code: "0", taken: true},
		Outage:       {lost: func(err error) bool { return errors.Is(err, syscall.ECONNRESET) || lost(err) }},
	} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			r := open(t, Options{})
			order := fmt.Sprintf(`{"kind":%q,"times":1,"path":"asyncsend_v2"%s}`, kind, c.more)
			if a := r.do("POST", "/sandbox/faults", "application/json", order); a.Status != http.StatusNoContent {
				t.Fatalf("%s: %s", order, a.Raw)
			}
			if a := r.ask(PathProgress, 1); a.code() != "40035" {
				t.Errorf("it strikes another API: %s", a.Raw)
			}
			a, err := r.try("POST", PathSend+"?access_token="+r.token, jsonType, `{"agent_id":7,"userid_list":"u1","msg":`+text("x")+`}`)
			switch {
			case c.lost != nil:
				if err == nil || !c.lost(err) {
					t.Errorf("got %v, %s", err, a.Raw)
				}
			case err != nil:
				t.Fatal(err)
			case c.code != "" && a.code() != c.code, !strings.Contains(a.Raw, c.says):
				t.Errorf("%s; not %s %q", a.Raw, c.code, c.says)
			}
			if taken := r.s.Rings("u1") == 1; taken != c.taken {
				t.Errorf("taken: %t", taken)
			}
			if n := len(r.s.Faults()); n != 0 {
				t.Errorf("%d faults are left", n)
			}
			r.renew()
			r.sent("u1", "x")
		})
	}
	if len(Kinds) != 17 {
		t.Errorf("%d kinds of faults: add the new one here", len(Kinds))
	}
}

// TestFaultOptions: how often, how long, where, and with what.
func TestFaultOptions(t *testing.T) {
	t.Parallel()
	fail := func(r *rig, f Fault) {
		t.Helper()
		if err := r.s.Fail(f); err != nil {
			t.Fatal(err)
		}
	}
	codes := func(r *rig, n int) string {
		t.Helper()
		var out []string
		for range n {
			out = append(out, r.send("u1", "x").code())
		}
		return strings.Join(out, " ")
	}
	t.Run("times", func(t *testing.T) {
		t.Parallel()
		r := open(t, Options{})
		fail(r, Fault{Kind: Throttle, Times: 2})
		fail(r, Fault{Kind: Quota, Times: 1})
		if got := codes(r, 4); got != "88/90018 88/90018 90020 0" {
			t.Error(got)
		}
	})
	t.Run("for", func(t *testing.T) {
		t.Parallel()
		r := open(t, Options{})
		fail(r, Fault{Kind: Throttle, For: time.Minute})
		r.pass(time.Minute - 1)
		if got := codes(r, 2); got != "88/90018 88/90018" {
			t.Error(got)
		}
		r.pass(1)
		if got := codes(r, 1); got != "0" {
			t.Error(got)
		}
	})
	t.Run("until healed", func(t *testing.T) {
		t.Parallel()
		r := open(t, Options{})
		fail(r, Fault{Kind: TokenExpired})
		if got := codes(r, 1); got != "88/40014" {
			t.Error(got)
		}
		r.renew()
		if got := codes(r, 1); got != "88/40014" { // and the new one as well
			t.Error(got)
		}
		r.do("DELETE", "/sandbox/faults", "", "")
		r.renew()
		if got := codes(r, 1); got != "0" {
			t.Error(got)
		}
	})
	t.Run("where", func(t *testing.T) {
		t.Parallel()
		r := open(t, Options{})
		fail(r, Fault{Kind: Refuse, Path: PathProgress, Code: 15})
		fail(r, Fault{Kind: Refuse, Path: "gettoken", Code: 40096, Message: "不合法"})
		if got := codes(r, 1); got != "0" {
			t.Error(got)
		}
		if a := r.ask(PathProgress, 1); a.code() != "15" || a.Message != "Remote service error" {
			t.Errorf("%s", a.Raw)
		}
		if a := r.get(PathToken + "?appkey=key&appsecret=pass"); a.code() != "40096" || a.Message != "不合法" || a.Token != "" {
			t.Errorf("%s", a.Raw)
		}
	})
	t.Run("a share", func(t *testing.T) {
		t.Parallel()
		r := open(t, Options{Limits: Limits{CallsPerSecond: -1}})
		fail(r, Fault{Kind: Throttle, Probability: 0.5})
		got := codes(r, 200)
		if n := strings.Count(got, "90018"); n < 50 || n > 150 { // 1 in 10^12 otherwise
			t.Errorf("%d of 200", n)
		}
	})
	t.Run("status", func(t *testing.T) {
		t.Parallel()
		r := open(t, Options{})
		fail(r, Fault{Kind: HTTPStatus, Status: 503})
		if a := r.send("u1", "x"); a.Status != 503 {
			t.Errorf("%d", a.Status)
		}
		if n := r.s.Counters().Cut; n != 1 {
			t.Errorf("%d cut", n)
		}
	})
}

// TestHangEnds: a call that hangs is let go by its client, and by Close.
func TestHangEnds(t *testing.T) {
	t.Parallel()
	r := open(t, Options{})
	if err := r.s.Fail(Fault{Kind: Hang}); err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for range 3 {
		wait.Go(func() {
			if a, err := r.try("POST", PathSend+"?access_token="+r.token, jsonType, "{}"); err == nil {
				t.Errorf("it was answered: %s", a.Raw)
			}
		})
	}
	for r.s.Counters().Cut != 3 {
		time.Sleep(time.Millisecond)
	}
	r.s.Close()
	wait.Wait()
	r.s.Close() // again
}

// TestDelayedCallsCountWhenTheyArrive: a call that was held counts from when it
// reaches the API.
func TestDelayedCallsCountWhenTheyArrive(t *testing.T) {
	t.Parallel()
	r := open(t, Options{})
	if err := r.s.Fail(Fault{Kind: Delay, Wait: time.Hour, Times: 1}); err != nil {
		t.Fatal(err)
	}
	done := make(chan far)
	go func() { done <- r.send("u1", "x") }()
	for len(r.s.Faults()) > 0 {
		time.Sleep(time.Millisecond)
	}
	r.pass(time.Hour)
	r.s.Close() // lets go of the call
	<-done
	if got := r.s.Calls()[0].At; !got.Equal(noon.Add(time.Hour)) {
		t.Errorf("it counts from %v", got)
	}
}

func TestOrdersRefused(t *testing.T) {
	t.Parallel()
	r := open(t, Options{})
	for order, says := range map[string]string{
		`{"kind":"flood"}`:                      "unknown kind of fault",
		`{}`:                                    "unknown kind of fault",
		`{"kind":"hang","wait":"soon"}`:         "wait is \"soon\"",
		`{"kind":"hang","for":"5"}`:             "for is \"5\"",
		`{"kind":"hang","often":1}`:             "often",
		`{"kind":"hang","times":-1}`:            "cannot be negative",
		`{"kind":"hang","wait":"-1s"}`:          "cannot be negative",
		`{"kind":"throttle","probability":1.5}`: "probability 1.5",
		`{"kind":"http","status":99}`:           "status 99",
		`{"kind":"delay"}`:                      "needs wait",
		`[`:                                     "reading the fault",
		`{"kind":"` + strings.Repeat("x", 70000) + `"}`: "too large",
	} {
		if a := r.do("POST", "/sandbox/faults", "application/json", order); a.Status != http.StatusBadRequest || !strings.Contains(a.Raw, says) {
			t.Errorf("%.50s: %d %s", order, a.Status, a.Raw)
		}
	}
	for range maxFaults {
		if err := r.s.Fail(Fault{Kind: Outage}); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.s.Fail(Fault{Kind: Outage}); err == nil {
		t.Error("faults are not bounded")
	}
}
