package dingtalk

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"workbell/message"
	"workbell/secret"
)

// TestSendBody sends and compares the request byte for byte.
func TestSendBody(t *testing.T) {
	t.Parallel()
	hundred := make([]string, message.MaxUsers)
	for i := range hundred {
		hundred[i] = "u"
	}
	for name, c := range map[string]struct {
		to   message.Recipients
		msg  string
		want string
	}{
		"one user": {lin, string(hello), `{"agent_id":7,"userid_list":"u1","msg":` + string(hello) + `}`},
		"ids are text": {message.Recipients{Users: []string{"0147282552401293909", "manager4974", "1020302901-431772414", "林伟"}}, `{}`,
			`{"agent_id":7,"userid_list":"0147282552401293909,manager4974,1020302901-431772414,林伟","msg":{}}`},
		"departments": {message.Recipients{Depts: []message.Dept{{ID: 1001}, {ID: 9007199254740993, Size: 3}}}, `{}`,
			`{"agent_id":7,"dept_id_list":"1001,9007199254740993","msg":{}}`},
		"both": {message.Recipients{Users: []string{"a", "b"}, Depts: []message.Dept{{ID: 1}}}, `{}`,
			`{"agent_id":7,"userid_list":"a,b","dept_id_list":"1","msg":{}}`},
		"everyone takes in all": {message.Recipients{Everyone: true, Users: []string{"a"}, Depts: []message.Dept{{ID: 1}}}, `{}`,
			`{"agent_id":7,"to_all_user":true,"msg":{}}`},
		"a hundred": {message.Recipients{Users: hundred}, `{}`, `{"agent_id":7,"userid_list":"u` + strings.Repeat(",u", 99) + `","msg":{}}`},
		"msg byte for byte": {lin, "{ \"text\" : {\"content\":\"<a&b> 延迟 🔔\\n\\\"x\\\" \u00a0\"},\n\t\"msgtype\":\"text\" }",
			"{\"agent_id\":7,\"userid_list\":\"u1\",\"msg\":{ \"text\" : {\"content\":\"<a&b> 延迟 🔔\\n\\\"x\\\" \u00a0\"},\n\t\"msgtype\":\"text\" }}"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bodies := make(chan string, 1)
			client := newClient(t, serve(t, api(func(w http.ResponseWriter, r *http.Request) {
				b, err := io.ReadAll(r.Body)
				if err != nil || r.Method != http.MethodPost || r.URL.Path != "/topapi/message/corpconversation/asyncsend_v2" ||
					r.URL.Query().Get("access_token") != testToken || len(r.URL.Query()) != 1 ||
					r.Header.Get("Content-Type") != "application/json;charset=utf-8" || r.ContentLength != int64(len(b)) {
					t.Errorf("%v: %s %s %v", err, r.Method, r.URL, r.Header)
				}
				bodies <- string(b)
				say(okSent)(w, r)
			})), func(o *Options) { o.UserAgent = "workbell/1" })
			sent, err := client.Send(t.Context(), c.to, []byte(c.msg))
			if err != nil || sent != (Sent{TaskID: 256271667526, RequestID: "4jzllmte0wau"}) {
				t.Fatalf("%+v, %v", sent, err)
			}
			got := <-bodies
			if got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
			if !json.Valid([]byte(got)) || strings.Contains(got, `\u`) {
				t.Errorf("not JSON in raw UTF-8: %s", got)
			}
		})
	}
}

// TestNotSent: what DingTalk would refuse or misread never leaves.
func TestNotSent(t *testing.T) {
	t.Parallel()
	client := newClient(t, serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t.Errorf("%s was called", r.URL.Path)
		w.WriteHeader(http.StatusTeapot)
	})))
	users := func(ids ...string) message.Recipients { return message.Recipients{Users: ids} }
	many := strings.Split(strings.Repeat("u ", 101), " ")[:101]
	for name, c := range map[string]struct {
		to   message.Recipients
		msg  string
		want Action
	}{
		"nobody":            {message.Recipients{}, `{}`, GiveUp},
		"mobiles":           {message.Recipients{Users: []string{"u1"}, Mobiles: []string{"13800000003"}}, `{}`, GiveUp},
		"101 users":         {users(many...), `{}`, GiveUp},
		"21 departments":    {message.Recipients{Depts: make([]message.Dept, 21)}, `{}`, GiveUp},
		"no JSON":           {lin, `{"msgtype":`, GiveUp},
		"two JSONs":         {lin, `{},"to_all_user":true`, GiveUp},
		"nothing":           {lin, ``, GiveUp},
		"a comma":           {users("u1,u2"), `{}`, BadRecipient},
		"out of the quotes": {users(`u1","to_all_user":true,"x":"`), `{}`, BadRecipient},
		"an escape":         {users(`u1\`), `{}`, BadRecipient},
		"a line end":        {users("u1\n"), `{}`, BadRecipient},
		"a space":           {users("u 1"), `{}`, BadRecipient},
		"a wide space":      {users("u\u20281"), `{}`, BadRecipient},
		"bytes":             {users("u\xff"), `{}`, BadRecipient},
		"NUL":               {users("u\x00"), `{}`, BadRecipient},
		"an empty id":       {users("u1", ""), `{}`, BadRecipient},
		"department 0":      {message.Recipients{Depts: []message.Dept{{ID: 0}}}, `{}`, BadRecipient},
		"department -1":     {message.Recipients{Depts: []message.Dept{{ID: -1}}}, `{}`, BadRecipient},
	} {
		_, err := client.Send(t.Context(), c.to, []byte(c.msg))
		if err == nil {
			t.Errorf("%s: sent", name)
			continue
		}
		if e := failed(t, err); e.Action != c.want || e.Outcome != Unsent || e.Doing != sending {
			t.Errorf("%s: %s, %s, %v", name, e.Action, e.Outcome, e)
		}
	}
}

func TestNew(t *testing.T) {
	t.Parallel()
	good := Options{BaseURL: "https://oapi.dingtalk.com", AppKey: "key", AppSecret: newSecret(), AgentID: 2839445214}
	if c, err := New(good); err != nil {
		t.Error(err)
	} else {
		c.Close()
	}
	for _, c := range []struct {
		want   string
		change func(*Options)
	}{
		{"base_url: not of the form", func(o *Options) { o.BaseURL = "" }},
		{"base_url: not of the form", func(o *Options) { o.BaseURL = "oapi.dingtalk.com" }},
		{"base_url: not of the form", func(o *Options) { o.BaseURL = "ftp://oapi.dingtalk.com" }},
		{"base_url: not of the form", func(o *Options) { o.BaseURL = "https://user@oapi.dingtalk.com" }},
		{"base_url: not of the form", func(o *Options) { o.BaseURL = "https://oapi.dingtalk.com?access_token=x" }},
		{"base_url: not of the form", func(o *Options) { o.BaseURL = "https://oapi.dingtalk.com#x" }},
		{"base_url: not of the form", func(o *Options) { o.BaseURL = "https://%zz" }},
		{"app_key: missing", func(o *Options) { o.AppKey = "" }},
		{"suite_secret: missing", func(o *Options) { thirdParty(o); o.SuiteSecret = secret.Secret{} }},
		{"suite_ticket_file: missing", func(o *Options) { thirdParty(o); o.SuiteTicket = nil }},
		{"auth_corp_id: missing", func(o *Options) { thirdParty(o); o.AuthCorpID = "" }},
		{"app_secret: missing", func(o *Options) { o.AppSecret = Options{}.AppSecret }},
		{"agent_id: 0", func(o *Options) { o.AgentID = 0 }},
		{"agent_id: -1", func(o *Options) { o.AgentID = -1 }},
	} {
		o := good
		c.change(&o)
		if _, err := New(o); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("got %v, want %q", err, c.want)
		}
	}
}
