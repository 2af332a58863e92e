package dingtalk

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"workbell/message"
	"workbell/sandbox"
	"workbell/secret"
)

// sandboxed returns a client of a stand-in in which u9 fails and u8 is out of
// scope. Its app is an internal one, where o names none.
func sandboxed(t *testing.T, o sandbox.Options, change ...func(*Options)) (*sandbox.Sandbox, *Client) {
	t.Helper()
	if o.Apps == nil {
		o.Apps = []sandbox.App{{Name: "ops", Key: "key", Secret: secret.New(testSecret), AgentID: 7}}
	}
	o.Directory = sandbox.DefaultDirectory()
	o.Directory.Employees = append(o.Directory.Employees, sandbox.Employee{ID: "u8", Status: sandbox.OutOfScope},
		sandbox.Employee{ID: "u9", Status: sandbox.Failing}, sandbox.Employee{ID: "0147282552401293909", Mobile: "13800000003"})
	s := sandbox.New(o)
	t.Cleanup(s.Close)
	return s, newClient(t, serve(t, s.Handler()), change...)
}

// TestByMobile looks people up by their telephone numbers.
func TestByMobile(t *testing.T) {
	t.Parallel()
	_, c := sandboxed(t, sandbox.Options{})
	if user, err := c.UserByMobile(t.Context(), "13800000003"); err != nil || user != "0147282552401293909" {
		t.Errorf("%q, %v", user, err)
	}
	for number, want := range map[string]Action{"13900000009": BadRecipient, `1380","x":"1`: GiveUp} {
		_, err := c.UserByMobile(t.Context(), number)
		e, ok := errors.AsType[*Error](err)
		if !ok || e.Action != want || e.Doing != "looking up a telephone number" {
			t.Errorf("%s: %v", number, err)
		}
	}
}

// TestAgainstSandbox takes a message from the call to the result.
func TestAgainstSandbox(t *testing.T) {
	t.Parallel()
	s, c := sandboxed(t, sandbox.Options{})
	msg := []byte(`{"msgtype":"markdown","markdown":{"title":"延迟 🔔","text":"**p99** <b>&\n- [x](http://a.example/?a=1&b=2)"}}`)
	to := message.Recipients{Users: []string{"u1", "0147282552401293909", "u8", "u9", "nobody"}, Depts: []message.Dept{{ID: 1002}, {ID: 77}}}
	sent, err := c.Send(t.Context(), to, msg)
	if err != nil {
		t.Fatal(err)
	}
	if calls := s.Calls(); len(calls) != 1 || calls[0].Msg != string(msg) || calls[0].TaskID != sent.TaskID || sent.RequestID == "" {
		t.Errorf("%+v arrived as %+v", sent, calls)
	}
	if p, err := c.Progress(t.Context(), sent.TaskID); err != nil || p != (Progress{100, Done}) {
		t.Errorf("%+v, %v", p, err)
	}
	s.Read("u1")
	got, err := c.Result(t.Context(), sent.TaskID)
	if err != nil {
		t.Fatal(err)
	}
	want := Result{Invalid: []string{"u8", "nobody"}, InvalidDepts: []string{"77"}, Failed: []string{"u9"}, Read: []string{"u1"},
		Unread: []string{"0147282552401293909", "u2", "u3"}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	again, err := c.Send(t.Context(), lin, msg) // the same on the same day: ok, and not shown
	if err != nil {
		t.Fatal(err)
	}
	got, err = c.Result(t.Context(), again.TaskID)
	if err != nil || len(got.Forbidden) != 1 || got.Forbidden[0] != (Forbidden{UserID: "u1", Code: "143106", Limit: 1}) || Words(got.Forbidden[0].Code) == "" {
		t.Errorf("%+v, %v", got, err)
	}
	_, err = c.Progress(t.Context(), 1)
	if e := failed(t, err); e.Code != "40035" || e.Action != GiveUp {
		t.Errorf("an unknown task: %v", err)
	}
}

// TestFaults sends into every fault that the sandbox has.
func TestFaults(t *testing.T) {
	t.Parallel()
	type meant struct {
		Action  Action
		Outcome Outcome
		Wait    time.Duration
		Arrived int
	}
	for _, kind := range sandbox.Kinds {
		want, ok := map[sandbox.Kind]meant{
			sandbox.TokenExpired: {RenewToken, Rejected, 0, 0},
			sandbox.Throttle:     {SlowDown, Rejected, time.Second, 0},
			sandbox.ThrottleAll:  {SlowDown, Rejected, 0, 0}, // as long as it says, see below
			sandbox.Refuse:       {Retry, Unknown, time.Second, 0},
			sandbox.Quota:        {QuotaUsedUp, Rejected, 15 * time.Minute, 0},
			sandbox.Permission:   {Misconfigured, Rejected, time.Minute, 0},
			sandbox.Whitelist:    {Misconfigured, Rejected, time.Minute, 0},
			sandbox.HTTPStatus:   {Unavailable, Unknown, 0, 0},
			sandbox.BanPage:      {SlowDown, Rejected, 5 * time.Minute, 0},
			sandbox.BanJSON:      {SlowDown, Rejected, 5 * time.Minute, 0},
			sandbox.Hang:         {Unavailable, Unknown, 0, 0},
			sandbox.CutBefore:    {Unavailable, Unknown, 0, 0},
			sandbox.CutAfter:     {Unavailable, Unknown, 0, 1},
			sandbox.Garbage:      {Unavailable, Unknown, 0, 0},
			sandbox.Outage:       {Unavailable, Unknown, 0, 0},
			sandbox.Delay:        {Arrived: 1},
			sandbox.StringCode:   {Arrived: 1},
		}[kind]
		if !ok {
			t.Errorf("the test does not know %s", kind)
			continue
		}
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			s, c := sandboxed(t, sandbox.Options{})
			if err := c.Token(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := s.Fail(sandbox.Fault{Kind: kind, Path: "asyncsend_v2", Times: 1, Wait: time.Millisecond}); err != nil {
				t.Fatal(err)
			}
			_, err := c.Send(t.Context(), lin, hello)
			if want.Action == "" {
				if err != nil {
					t.Error(err)
				}
			} else if e := failed(t, err); e.Action != want.Action || e.Outcome != want.Outcome || (e.RetryAfter != want.Wait && kind != sandbox.ThrottleAll) {
				t.Errorf("%s, %s, %v: %v", e.Action, e.Outcome, e.RetryAfter, e)
			}
			if n := len(s.Calls()); n != want.Arrived {
				t.Errorf("%d messages arrived, not %d", n, want.Arrived)
			}
			if _, err := c.Send(t.Context(), lin, hello); err != nil {
				t.Errorf("once it is over: %v", err)
			}
			if rings := s.Rings("u1"); rings != 1 {
				t.Errorf("u1 was rung %d times", rings)
			}
		})
	}
}

// TestThrottleSaysUntilWhen: 90002 says when it ends, which is what to wait for.
func TestThrottleSaysUntilWhen(t *testing.T) {
	t.Parallel()
	s, c := sandboxed(t, sandbox.Options{})
	if err := s.Fail(sandbox.Fault{Kind: sandbox.ThrottleAll, Path: "asyncsend_v2", Wait: 3 * time.Minute}); err != nil {
		t.Fatal(err)
	}
	if e := sendError(t, c); e.RetryAfter <= time.Minute || e.RetryAfter > 3*time.Minute || e.FullCode() != "88/90002" {
		t.Errorf("waits %v: %v", e.RetryAfter, e)
	}
}

// TestCallsPerSecond: the 21st call of a second is throttled.
func TestCallsPerSecond(t *testing.T) {
	t.Parallel()
	now := time.Now()
	_, c := sandboxed(t, sandbox.Options{Now: func() time.Time { return now }})
	for range 20 {
		if _, err := c.Send(t.Context(), lin, hello); err != nil {
			t.Fatal(err)
		}
	}
	if e := sendError(t, c); e.FullCode() != "88/90018" || e.Action != SlowDown || e.RetryAfter != time.Second {
		t.Error(e)
	}
}

// TestNewcomersMistakes are a wrong agent_id, app_key and base_url.
func TestNewcomersMistakes(t *testing.T) {
	t.Parallel()
	_, good := sandboxed(t, sandbox.Options{})
	base := good.base.String()
	for says, change := range map[string]func(*Options){
		"agentId不合法":                     func(o *Options) { o.AgentID = 8 },
		"app_key or app_secret is wrong": func(o *Options) { o.AppKey = "other" },
		"check base_url":                 func(o *Options) { o.BaseURL += "/topapi" },
	} {
		if e := sendError(t, newClient(t, base, change)); e.Action != Misconfigured || !strings.Contains(e.Error(), says) {
			t.Errorf("%s: %v", e.Action, e)
		}
	}
}

// TestResultForms: lists that are missing, null or empty are the same; ids are
// text or numbers; a forbidden user may stand in either list or in both.
func TestResultForms(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body string
		want Result
	}{
		"missing": {`{"errcode":0,"send_result":{}}`, Result{}},
		"null":    {`{"errcode":0,"send_result":{"invalid_user_id_list":null,"forbidden_list":null,"read_user_id_list":[]}}`, Result{}},
		"as documented": {`{"errcode":0,"errmsg":"ok","send_result":{"invalid_user_id_list":["manager4220"],"forbidden_user_id_list":["user123"],
			"failed_user_id_list":[],"read_user_id_list":["manager4220"],"unread_user_id_list":["007"],"invalid_dept_id_list":[1,2,3],
			"forbidden_list":[{"code":"143105","count":500,"userid":"user123"}]},"request_id":"6pcvwp6jcows"}`,
			Result{Invalid: []string{"manager4220"}, InvalidDepts: []string{"1", "2", "3"}, Read: []string{"manager4220"}, Unread: []string{"007"},
				Forbidden: []Forbidden{{"user123", "143105", 500}}}},
		"in one list only": {`{"errcode":0,"send_result":{"forbidden_user_id_list":["a","b"],"forbidden_list":[{"code":143106,"userid":"b"},{"code":"143103","count":"5000","userid":"c"}],"invalid_dept_id_list":["4"]}}`,
			Result{InvalidDepts: []string{"4"}, Forbidden: []Forbidden{{"b", "143106", 0}, {"c", "143103", 5000}, {"a", "", 0}}}},
	} {
		got, err := newClient(t, serve(t, api(say(c.body)))).Result(t.Context(), 1)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

func TestProgressForms(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]Progress{
		`{"errcode":0,"progress":{"progress_in_percent":100,"status":2}}`:      {100, Done},
		`{"errcode":"0","progress":{"progress_in_percent":"40","status":"1"}}`: {40, Processing},
		`{"errcode":0,"progress":{"progress_in_percent":0,"status":0}}`:        {0, NotStarted},
		`{"errcode":0,"progress":{"progress_in_percent":0,"status":7}}`:        {0, Status(7)},
	} {
		got, err := newClient(t, serve(t, api(say(body)))).Progress(t.Context(), 1)
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v", body, got, err)
		}
	}
	var names []string
	for s := range Status(4) {
		names = append(names, s.String())
	}
	if got := strings.Join(names, ", "); got != "not started, processing, done, status 3" {
		t.Error(got)
	}
	for _, body := range []string{`{"errcode":0}`, `{"errcode":0,"progress":null}`, `{"errcode":0,"progress":{}}`, `{"errcode":0,"progress":{"status":"x"}}`} {
		c := newClient(t, serve(t, api(say(body))))
		_, progress := c.Progress(t.Context(), 1)
		_, result := c.Result(t.Context(), 1)
		for _, err := range []error{progress, result} {
			if err == nil {
				t.Errorf("%s is an answer", body)
			} else if e := failed(t, err); e.Action != Unavailable || e.Doing == "" {
				t.Errorf("%s: %s, %v", body, e.Action, e)
			}
		}
	}
}

// TestTaskBody: both ids are numbers.
func TestTaskBody(t *testing.T) {
	t.Parallel()
	bodies := make(chan string, 1)
	c := newClient(t, serve(t, api(func(w http.ResponseWriter, r *http.Request) {
		b := make([]byte, 100)
		n, _ := r.Body.Read(b)
		bodies <- r.URL.Path + string(b[:n])
		say(`{"errcode":0,"progress":{"progress_in_percent":1,"status":1}}`)(w, r)
	})))
	if _, err := c.Progress(t.Context(), 256271667526); err != nil {
		t.Fatal(err)
	}
	if got := <-bodies; got != `/topapi/message/corpconversation/getsendprogress{"agent_id":7,"task_id":256271667526}` {
		t.Error(got)
	}
}
