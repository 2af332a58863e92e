package sandbox

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
)

// TestEncodings: the same call in each form that DingTalk takes.
func TestEncodings(t *testing.T) {
	t.Parallel()
	const msg = `{"msgtype":"text","text":{"content":"值班 🔔 <b>&"}}`
	quoted := strconv.Quote(msg)
	for name, call := range map[string]func(r *rig) far{
		"JSON": func(r *rig) far { return r.post(PathSend, `{"agent_id":7,"userid_list":"u1","msg":`+msg+`}`) },
		"as the SDK sends it": func(r *rig) far {
			return r.post(PathSend, `{"agent_id":"7","userid_list":"u1","to_all_user":"false","enable_id_trans":"false","msg":`+msg+`}`)
		},
		"msg as text": func(r *rig) far {
			return r.post(PathSend, `{"agent_id":7,"userid_list":"u1","to_all_user":false,"msg":`+quoted+`}`)
		},
		"a form": func(r *rig) far {
			return r.form(PathSend, url.Values{"agent_id": {"7"}, "userid_list": {"u1"}, "to_all_user": {"false"}, "msg": {msg}})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := open(t, Options{})
			a := call(r)
			if a.Status != http.StatusOK || a.code() != "0" || a.Message != "ok" || a.TaskID <= 1<<31 || a.RequestID == "" ||
				a.ContentType != "application/json;charset=UTF-8" {
				t.Fatalf("%d %s: %s", a.Status, a.ContentType, a.Raw)
			}
			if calls := r.s.Calls(); len(calls) != 1 || calls[0].Msg != msg || calls[0].TaskID != a.TaskID || calls[0].Msgtype != "text" {
				t.Errorf("%+v", calls)
			}
			if got := r.fates(a.TaskID); got != "u1 unread" {
				t.Error(got)
			}
		})
	}
}

// TestRefused holds the rules on requests, one by one.
func TestRefused(t *testing.T) {
	t.Parallel()
	const to, msg = `"agent_id":7,"userid_list":"u1",`, `"msg":{"msgtype":"text","text":{"content":"x"}}`
	const bar = `"msg":{"msgtype":"oa","oa":{"message_url":"http://a.example","head":{"bgcolor":"FFBBBBBB","text":"x"},"body":{},"status_bar":{"status_value":"x"}}}`
	depts := strings.Trim(strings.Repeat("1001,", 21), ",")
	for name, c := range map[string]struct{ body, want, says string }{
		"no agent_id":              {`{"userid_list":"u1",` + msg + `}`, "40", "Missing required arguments:agent_id"},
		"no msg":                   {`{"agent_id":7,"userid_list":"u1"}`, "40", "Missing required arguments:msg"},
		"agent_id no number":       {`{"agent_id":"x","userid_list":"u1",` + msg + `}`, "41", "Invalid arguments:agent_id"},
		"agent_id a fraction":      {`{"agent_id":7.5,"userid_list":"u1",` + msg + `}`, "41", "agent_id"},
		"agent_id null":            {`{"agent_id":null,"userid_list":"u1",` + msg + `}`, "41", "agent_id"},
		"agent_id empty":           {`{"agent_id":"","userid_list":"u1",` + msg + `}`, "41", "agent_id"},
		"another's agent_id":       {`{"agent_id":8,"userid_list":"u1",` + msg + `}`, "400002", "agentId不合法"},
		"nobody":                   {`{"agent_id":7,` + msg + `}`, "400002", "userid_list"},
		"nobody, all false":        {`{"agent_id":7,"to_all_user":false,` + msg + `}`, "400002", "userid_list"},
		"an empty list":            {`{"agent_id":7,"userid_list":"",` + msg + `}`, "400001", "系统错误"},
		"an empty second list":     {`{` + to + `"dept_id_list":"",` + msg + `}`, "400001", "系统错误"},
		"a list as a list":         {`{"agent_id":7,"userid_list":["u1"],` + msg + `}`, "41", "userid_list"},
		"a hole in a list":         {`{"agent_id":7,"userid_list":"u1,,u2",` + msg + `}`, "41", "userid_list"},
		"a space in a list":        {`{"agent_id":7,"userid_list":"u1, u2",` + msg + `}`, "41", "userid_list"},
		"101 users":                {`{"agent_id":7,"userid_list":"` + many("u", 101) + `",` + msg + `}`, "41", "userid_list"},
		"21 departments":           {`{"agent_id":7,"dept_id_list":"` + depts + `",` + msg + `}`, "41", "dept_id_list"},
		"a department's name":      {`{"agent_id":7,"dept_id_list":"ops",` + msg + `}`, "40009", "部门id"},
		"department 0":             {`{"agent_id":7,"dept_id_list":"0",` + msg + `}`, "40009", "部门id"},
		"to_all_user not boolean":  {`{"agent_id":7,"to_all_user":"yes",` + msg + `}`, "41", "to_all_user"},
		"enable_id_trans no bool":  {`{` + to + `"enable_id_trans":1,` + msg + `}`, "41", "enable_id_trans"},
		"an unknown parameter":     {`{` + to + `"users":"u1",` + msg + `}`, "41", "users"},
		"msg a number":             {`{` + to + `"msg":1}`, "41", "msg"},
		"msg a list":               {`{` + to + `"msg":[]}`, "41", "msg"},
		"msg text that is no JSON": {`{` + to + `"msg":"hello"}`, "41", "msg"},
		"an escape":                {`{` + to + `"msg":{"msgtype":"text","text":{"content":"a \u0026 b"}}}`, "40033", `\uxxxx`},
		"an escape in text":        {`{` + to + `"msg":"{\"msgtype\":\"text\",\"text\":{\"content\":\"\\u4f60\"}}"}`, "40033", `\uxxxx`},
		"no JSON":                  {`agent_id=7`, "47001", "JSON"},
		"half a JSON":              {`{"agent_id":7`, "47001", "JSON"},
		"null":                     {`null`, "47001", "JSON"},
		"bytes that are no UTF-8":  {"{" + to + "\"msg\":\"\xff\"}", "47001", "UTF-8"},
		"status bar to six":        {`{"agent_id":7,"userid_list":"a,b,c,d,e,f",` + bar + `}`, "400002", "status_bar"},
		"status bar to depts":      {`{` + to + `"dept_id_list":"1001",` + bar + `}`, "400002", "status_bar"},
		"status bar to everyone":   {`{"agent_id":7,"to_all_user":true,` + bar + `}`, "400002", "status_bar"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := open(t, Options{})
			a := r.post(PathSend, c.body)
			if a.Status != http.StatusOK || a.code() != c.want || !strings.Contains(a.Message, c.says) || a.RequestID == "" || a.TaskID != 0 {
				t.Errorf("%d %s; not %s %q", a.Status, a.Raw, c.want, c.says)
			}
			counted := r.s.Counters()
			if counted.Accepted != 0 || counted.Calls[PathSend][c.want] != 1 || len(r.s.Calls()) != 0 {
				t.Errorf("%+v", counted)
			}
		})
	}
}

// TestTaken is the other side of TestRefused's edges.
func TestTaken(t *testing.T) {
	t.Parallel()
	const msg = `"msg":{"msgtype":"text","text":{"content":"x"}}`
	const bar = `"msg":{"msgtype":"oa","oa":{"message_url":"http://a.example","head":{"bgcolor":"FFBBBBBB","text":"x"},"body":{},"status_bar":{"status_value":"x"}}}`
	twenty := strings.Trim(strings.Repeat("1001,", 20), ",")
	for name, body := range map[string]string{
		"100 users":           `{"agent_id":7,"userid_list":"` + many("u", 100) + `",` + msg + `}`,
		"20 departments":      `{"agent_id":7,"dept_id_list":"` + twenty + `",` + msg + `}`,
		"everyone":            `{"agent_id":7,"to_all_user":true,` + msg + `}`,
		"everyone, as text":   `{"agent_id":"7","to_all_user":"true",` + msg + `}`,
		"status bar to five":  `{"agent_id":7,"userid_list":"a,b,c,d,e",` + bar + `}`,
		"a backslash and a u": `{"agent_id":7,"userid_list":"u1","msg":{"msgtype":"text","text":{"content":"C:\\users"}}}`,
	} {
		if a := open(t, Options{}).post(PathSend, body); a.code() != "0" {
			t.Errorf("%s: %s", name, a.Raw)
		}
	}
}

// TestForms: arrays in the manner of PHP are no msg.
func TestForms(t *testing.T) {
	t.Parallel()
	r := open(t, Options{})
	for name, c := range map[string]struct {
		form url.Values
		want string
	}{
		"nested":     {url.Values{"agent_id": {"7"}, "userid_list": {"u1"}, "msg[msgtype]": {"text"}, "msg[text][content]": {"x"}}, "40"},
		"twice":      {url.Values{"agent_id": {"7", "7"}, "userid_list": {"u1"}, "msg": {text("x")}}, "41"},
		"as in docs": {url.Values{"agent_id": {"7"}, "userid_list": {`\"u1\"`}, "msg": {`{   \"msgtype\": \"text\"}`}}, "41"},
		"an escape":  {url.Values{"agent_id": {"7"}, "userid_list": {"u1"}, "msg": {`{"msgtype":"text","text":{"content":"\u4f60"}}`}}, "40033"},
		"empty list": {url.Values{"agent_id": {"7"}, "userid_list": {"u1"}, "dept_id_list": {""}, "msg": {text("x")}}, "400001"},
	} {
		if a := r.form(PathSend, c.form); a.code() != c.want {
			t.Errorf("%s: %s, not %s", name, a.Raw, c.want)
		}
	}
	if a := r.do("POST", PathSend+"?access_token="+r.token, "application/x-www-form-urlencoded", "msg=%zz"); a.code() != "40038" {
		t.Errorf("a broken form: %s", a.Raw)
	}
}

func TestPathsAndMethods(t *testing.T) {
	t.Parallel()
	r := open(t, Options{})
	body := `{"agent_id":7,"userid_list":"u1","msg":` + text("x") + `}`
	query := "?access_token=" + r.token
	for name, c := range map[string]struct{ method, path, kind, want string }{
		"no such API":      {"POST", "/topapi/v2/user/notexist" + query, jsonType, "22"},
		"no such path":     {"POST", "/v1.0/x" + query, jsonType, "404"},
		"by GET":           {"GET", PathSend + query, jsonType, "43002"},
		"no content type":  {"POST", PathSend + query, "", "43004"},
		"as text":          {"POST", PathSend + query, "text/plain", "43004"},
		"bad content type": {"POST", PathSend + query, "application/json; charset", "43004"},
	} {
		a := r.do(c.method, c.path, c.kind, body)
		if a.code() != c.want || a.Status != http.StatusOK {
			t.Errorf("%s: %s, not %s", name, a.Raw, c.want)
		}
		if c.want == "22" && (a.SubMsg != "不合法ApiName，ApiName = dingtalk.oapi.v2.user.notexist" || a.Message != "Invalid method[submsg="+a.SubMsg+"]") {
			t.Errorf("%s: %s", name, a.Raw)
		}
	}
	if a := r.do("POST", PathSend+query, jsonType, strings.Repeat(" ", 1<<20+1)); a.Status != http.StatusRequestEntityTooLarge {
		t.Errorf("a body over 1 MiB: %d", a.Status)
	}
}

// TestRecipients: whoever is named twice receives one.
func TestRecipients(t *testing.T) {
	t.Parallel()
	o := Options{Directory: DefaultDirectory()}
	o.Directory.Employees = append(o.Directory.Employees, Employee{ID: "gone", Status: OutOfScope}, Employee{ID: "down", Status: Failing}, Employee{ID: "007"})
	r := open(t, o)
	for to, want := range map[string]string{
		`"userid_list":"u1,u1,007,nobody"`:              "u1 unread, 007 unread, nobody invalid",
		`"userid_list":"gone,down"`:                     "gone invalid, down failed",
		`"dept_id_list":"1002"`:                         "u2 unread, u3 unread",
		`"userid_list":"u3","dept_id_list":"1001,1002"`: "u3 unread, u1 unread, u2 unread, u42 unread",
		`"dept_id_list":"999"`:                          "",
		`"userid_list":"u1","to_all_user":true`:         "u1 unread, u2 unread, u3 unread, u42 unread, gone invalid, down failed, 007 unread",
	} {
		a := r.post(PathSend, `{"agent_id":7,`+to+`,"msg":`+text(to)+`}`)
		if got := r.fates(a.TaskID); got != want {
			t.Errorf("%s: %s, not %s", to, got, want)
		}
	}
	if n := r.s.Rings("u1"); n != 3 {
		t.Errorf("u1 was rung %d times, not 3", n)
	}
	if n := r.s.Rings("nobody"); n != 0 {
		t.Errorf("nobody was rung %d times", n)
	}
}

// TestAdopted: where the unknown are taken in, they are there from then on.
func TestAdopted(t *testing.T) {
	t.Parallel()
	r := open(t, Options{AdoptUnknown: true})
	a := r.post(PathSend, `{"agent_id":7,"userid_list":"new","dept_id_list":"4711","msg":`+text("x")+`}`)
	if got := r.fates(a.TaskID); got != "new unread, dept4711-1 unread, dept4711-2 unread, dept4711-3 unread" {
		t.Error(got)
	}
	a = r.post(PathSend, `{"agent_id":7,"dept_id_list":"4711","userid_list":"`+strings.Repeat("x", 65)+`","msg":`+text("y")+`}`)
	if got := r.fates(a.TaskID); strings.Count(got, "unread") != 3 || !strings.Contains(got, "x invalid") {
		t.Error(got)
	}
}
