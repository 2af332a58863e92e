package dingtalk

import (
	"strings"
	"testing"

	"workbell/message"
	"workbell/sandbox"
	"workbell/secret"
)

// vendor is the stand-in's third-party app.
func vendor() sandbox.App {
	return sandbox.App{Name: "vendor", Key: "suite", Secret: secret.New(testSecret), AgentID: 7, ThirdParty: true, SuiteTicket: testTicket,
		CorpID: "ding1", Templates: []sandbox.Template{{ID: "t1"}, {ID: "t2", Pending: true}}}
}

// TestTemplate sends by template, and follows up on the task.
func TestTemplate(t *testing.T) {
	t.Parallel()
	s, c := sandboxed(t, sandbox.Options{Apps: []sandbox.App{vendor()}}, thirdParty)
	to := message.Recipients{Users: []string{"u1", "nobody"}, Depts: []message.Dept{{ID: 1002}}}
	const data = `{"name": "延迟 <b>&\"\\\n🔔"}`
	sent, err := c.SendTemplate(t.Context(), to, "t1", []byte(data))
	if err != nil {
		t.Fatal(err)
	}
	if call, _ := s.Task(sent.TaskID); call.Template != "t1" || call.Msg != data || len(call.Recipients) != 4 || sent.RequestID == "" {
		t.Errorf("%+v arrived as %+v", sent, call)
	}
	if r, err := c.Result(t.Context(), sent.TaskID); err != nil || strings.Join(r.Unread, " ") != "u1 u2 u3" || strings.Join(r.Invalid, " ") != "nobody" {
		t.Errorf("%+v, %v", r, err)
	}
	if err := c.Recall(t.Context(), sent.TaskID); err != nil {
		t.Error(err)
	}
	for id, code := range map[string]string{"t2": "885006", "t3": "885001"} {
		_, err := c.SendTemplate(t.Context(), lin, id, nil)
		if e := failed(t, err); !e.HasCode(code) || e.Action != GiveUp || !strings.Contains(e.Error(), Words(code)) {
			t.Errorf("%s: %s, %v", id, e.Action, err)
		}
	}
	if e := sendError(t, c); !e.HasCode("41044") || e.Action != Misconfigured { // asyncsend_v2 is not for newer apps
		t.Errorf("%s, %v", e.Action, e)
	}
}

// TestTemplateBody: data is a String that holds JSON, as the official page has it.
func TestTemplateBody(t *testing.T) {
	t.Parallel()
	c, calls := recorded(t, thirdParty)
	const path = `/topapi/message/corpconversation/sendbytemplate{"agent_id":7,"template_id":`
	for _, b := range []struct {
		to             message.Recipients
		id, data, want string
	}{
		{lin, "e27a9eed42b34a14a2", "", `"e27a9eed42b34a14a2","userid_list":"u1"}`},
		{lin, "t1", `{ "a" : "<延迟>" }`, `"t1","userid_list":"u1","data":"{ \"a\" : \"<延迟>\" }"}`},
		{message.Recipients{Depts: []message.Dept{{ID: 1}, {ID: 2}}}, "t1", `{"a":"x\n\\"}`, `"t1","dept_id_list":"1,2","data":"{\"a\":\"x\\n\\\\\"}"}`},
	} {
		sent, err := c.SendTemplate(t.Context(), b.to, b.id, []byte(b.data))
		if err != nil || sent != (Sent{TaskID: 256271667526, RequestID: "4jzllmte0wau"}) {
			t.Fatalf("%+v, %v", sent, err)
		}
		if got := <-calls; got != path+b.want {
			t.Errorf("got\n%s, want\n%s", got, path+b.want)
		}
	}
}

// TestTemplateNotSent: what DingTalk would refuse, or drop in silence, never
// leaves.
func TestTemplateNotSent(t *testing.T) {
	t.Parallel()
	s, c := sandboxed(t, sandbox.Options{Apps: []sandbox.App{vendor()}}, thirdParty)
	users := func(n int) []string { return strings.Split(strings.Repeat("u1,", n-1)+"u1", ",") }
	for name, b := range map[string]struct {
		to       message.Recipients
		id, data string
		want     Action
	}{
		"everyone":       {message.Recipients{Everyone: true}, "t1", "", GiveUp},
		"nobody":         {message.Recipients{}, "t1", "", GiveUp},
		"a number":       {message.Recipients{Mobiles: []string{"13800000003"}}, "t1", "", GiveUp},
		"1,001 people":   {message.Recipients{Users: users(1001)}, "t1", "", GiveUp},
		"of departments": {message.Recipients{Users: users(1), Depts: []message.Dept{{ID: 1, Size: 500}, {ID: 2, Size: 500}, {ID: 3}}}, "t1", "", GiveUp},
		"501 depts":      {message.Recipients{Depts: make([]message.Dept, 501)}, "t1", "", GiveUp},
		"a bad id":       {message.Recipients{Users: []string{"u 1"}}, "t1", "", BadRecipient},
		"a bad dept":     {message.Recipients{Depts: []message.Dept{{ID: -1}}}, "t1", "", BadRecipient},
		"no template":    {lin, "", "", GiveUp},
		"not JSON":       {lin, "t1", "x", GiveUp},
		"a list":         {lin, "t1", `["a"]`, GiveUp},
		"null":           {lin, "t1", `null`, GiveUp},
		"a number value": {lin, "t1", `{"a":1}`, GiveUp},
		"a null value":   {lin, "t1", `{"a":null}`, GiveUp},
		"an escape":      {lin, "t1", `{"a":"\u4f60"}`, GiveUp},
	} {
		_, err := c.SendTemplate(t.Context(), b.to, b.id, []byte(b.data))
		if e := failed(t, err); e.Action != b.want || e.Outcome != Unsent || !strings.HasPrefix(e.Error(), "sending a work notification by template: ") {
			t.Errorf("%s: %s, %s, %v", name, e.Action, e.Outcome, err)
		}
	}
	if n := s.Counters().Total(sandbox.PathTemplate); n != 0 {
		t.Errorf("%d calls were made", n)
	}
	if _, err := c.SendTemplate(t.Context(), message.Recipients{Users: users(1000)}, "t1", nil); err != nil {
		t.Errorf("1,000 people: %v", err)
	}
	_, internal := sandboxed(t, sandbox.Options{})
	_, err := internal.SendTemplate(t.Context(), lin, "t1", nil)
	if e := failed(t, err); e.Action != Misconfigured || e.Outcome != Unsent {
		t.Errorf("an internal app: %s, %v", e.Action, err)
	}
}
