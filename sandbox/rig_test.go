package sandbox

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"workbell/secret"
)

// noon is the test's time: in China, the middle of a day.
var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, china)

// rig is a sandbox that serves on loopback, with a clock that the test turns.
type rig struct {
	t     *testing.T
	s     *Sandbox
	base  string
	token string

	mu  sync.Mutex
	now time.Time
}

// far is an answer.
type far struct {
	Status           int
	ContentType, Raw string
	Code             any              `json:"errcode"`
	SubCode          string           `json:"sub_code"`
	SubMsg           string           `json:"sub_msg"`
	Message          string           `json:"errmsg"`
	RequestID        string           `json:"request_id"`
	Token            string           `json:"access_token"`
	ExpiresIn        int              `json:"expires_in"`
	TaskID           int64            `json:"task_id"`
	MediaID          string           `json:"media_id"`
	Progress         taskProgress     `json:"progress"`
	Result           map[string][]any `json:"send_result"`
}

// code is the errcode with the sub_code, "88/40014".
func (f far) code() string {
	if f.SubCode == "" {
		return fmt.Sprint(f.Code)
	}
	return fmt.Sprint(f.Code, "/", f.SubCode)
}

func open(t *testing.T, o Options) *rig {
	t.Helper()
	r := &rig{t: t, now: noon}
	if o.Apps == nil {
		o.Apps = []App{{Name: "ops", Key: "key", Secret: secret.New("pass"), AgentID: 7}}
	}
	o.Now = r.clock
	r.s = New(o)
	server := httptest.NewServer(r.s.Handler())
	t.Cleanup(server.Close)
	t.Cleanup(r.s.Close)
	r.base = server.URL
	r.renew()
	return r
}

// renew fetches a token.
func (r *rig) renew() {
	r.t.Helper()
	r.token = r.get(PathToken + "?appkey=key&appsecret=pass").Token
}

func (r *rig) clock() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.now
}

func (r *rig) pass(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now = r.now.Add(d)
}

// do makes a request of the API. Where no answer comes the test fails.
func (r *rig) do(method, path, kind, body string) far {
	r.t.Helper()
	a, err := r.try(method, path, kind, body)
	if err != nil {
		r.t.Fatal(err)
	}
	return a
}

func (r *rig) try(method, path, kind, body string) (far, error) {
	req, err := http.NewRequestWithContext(r.t.Context(), method, r.base+path, strings.NewReader(body))
	if err != nil {
		return far{}, err
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return far{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	a := far{Status: resp.StatusCode, ContentType: resp.Header.Get("Content-Type"), Raw: string(raw)}
	if err == nil && strings.HasPrefix(a.ContentType, "application/json") && !strings.HasPrefix(a.Raw, "[") {
		err = json.Unmarshal(raw, &a)
	}
	return a, err
}

func (r *rig) get(path string) far { r.t.Helper(); return r.do("GET", path, "", "") }

const jsonType = "application/json;charset=utf-8"

// post calls an API as JSON, with the token.
func (r *rig) post(path, body string) far {
	r.t.Helper()
	return r.do("POST", path+"?access_token="+r.token, jsonType, body)
}

// form calls an API with a form.
func (r *rig) form(path string, v url.Values) far {
	r.t.Helper()
	return r.do("POST", path+"?access_token="+r.token, "application/x-www-form-urlencoded;charset=utf-8", v.Encode())
}

// text is the JSON of a text message.
func text(content string) string {
	return `{"msgtype":"text","text":{"content":` + strconv.Quote(content) + `}}`
}

// send sends a text to the users, "u1,u2".
func (r *rig) send(users, content string) far {
	r.t.Helper()
	return r.post(PathSend, `{"agent_id":7,"userid_list":"`+users+`","msg":`+text(content)+`}`)
}

// sent is send, which must be accepted.
func (r *rig) sent(users, content string) int64 {
	r.t.Helper()
	a := r.send(users, content)
	if a.code() != "0" {
		r.t.Fatalf("not sent: %s", a.Raw)
	}
	return a.TaskID
}

// fates are what became of a task's recipients, "u1 unread, u2 143106".
func (r *rig) fates(task int64) string {
	r.t.Helper()
	for _, c := range r.s.Calls() {
		if c.TaskID != task {
			continue
		}
		var out []string
		for _, to := range c.Recipients {
			fate := string(to.Fate)
			if to.Fate == Forbidden {
				fate = to.Code
			}
			out = append(out, to.UserID+" "+fate)
		}
		return strings.Join(out, ", ")
	}
	r.t.Fatalf("no task %d", task)
	return ""
}

// ask asks for the progress or the result of a task.
func (r *rig) ask(path string, task int64) far {
	r.t.Helper()
	return r.post(path, fmt.Sprintf(`{"agent_id":7,"task_id":%d}`, task))
}

// many returns n user ids with a prefix, "x0,x1,…".
func many(prefix string, n int) string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprint(prefix, i)
	}
	return strings.Join(ids, ",")
}

// staff is an organisation of n employees x0, x1 … all in department 5.
func staff(n int) Directory {
	d := Directory{Depts: []Dept{{ID: 5}}}
	for _, id := range strings.Split(many("x", n), ",") {
		d.Employees = append(d.Employees, Employee{ID: id, Depts: []int64{5}})
	}
	return d
}
