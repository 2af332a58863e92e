package sandbox

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"workbell/secret"
)

func TestGettoken(t *testing.T) {
	t.Parallel()
	r := open(t, Options{})
	const path = PathToken + "?appkey=key&appsecret=pass"
	first := r.get(path)
	if first.code() != "0" || first.Token == "" || first.ExpiresIn != 7200 || first.ContentType != "application/json" || first.RequestID != "" {
		t.Errorf("%+v", first)
	}
	r.pass(7199 * time.Second)
	if got := r.get(path).Token; got != first.Token {
		t.Errorf("within its life the token is %q, not %q", got, first.Token)
	}
	r.pass(7199 * time.Second) // the end was pushed on
	r.token = first.Token
	if a := r.send("u1", "a"); a.code() != "0" {
		t.Errorf("asking again did not push its end on: %s", a.Raw)
	}
	r.pass(time.Second)
	if a := r.send("u1", "b"); a.code() != "88/40014" || a.Status != http.StatusOK {
		t.Errorf("past its end: %s", a.Raw)
	}
	if got := r.get(path).Token; got == first.Token || got == "" {
		t.Errorf("after its end the token is %q again", got)
	}
	r.s.ExpireTokens()
	for name, c := range map[string]struct{ method, path, body, want string }{
		"no secret":       {"GET", PathToken + "?appkey=key", "", "40035"},
		"no key":          {"GET", PathToken + "?appsecret=pass", "", "40035"},
		"neither":         {"GET", PathToken, "", "40035"},
		"in the body":     {"GET", PathToken, "appkey=key&appsecret=pass", "40035"},
		"wrong secret":    {"GET", PathToken + "?appkey=key&appsecret=PASS", "", "40096"},
		"unknown key":     {"GET", PathToken + "?appkey=x&appsecret=pass", "", "40096"},
		"by POST":         {"POST", path, "", "43001"},
		"a secret's part": {"GET", PathToken + "?appkey=key&appsecret=pas", "", "40096"},
	} {
		kind := ""
		if c.body != "" {
			kind = "application/x-www-form-urlencoded"
		}
		if a := r.do(c.method, c.path, kind, c.body); a.code() != c.want || a.Token != "" || a.Status != http.StatusOK {
			t.Errorf("%s: %s, not %s", name, a.Raw, c.want)
		}
	}
}

// TestTokensAreByApp: an app's token with another's agent_id is refused.
func TestTokensAreByApp(t *testing.T) {
	t.Parallel()
	r := open(t, Options{Apps: []App{{Key: "key", Secret: secret.New("pass"), AgentID: 7}, {Key: "other", Secret: secret.New("pass"), AgentID: 8}},
		TokenTTL: 2 * time.Second})
	other := r.get(PathToken + "?appkey=other&appsecret=pass")
	if other.Token == r.token || other.ExpiresIn != 2 {
		t.Errorf("%+v", other)
	}
	r.token = other.Token
	if a := r.send("u1", "a"); a.code() != "400002" || !strings.Contains(a.Message, "agentId") {
		t.Errorf("%s", a.Raw)
	}
}

func TestWhereTheTokenStands(t *testing.T) {
	t.Parallel()
	r := open(t, Options{})
	body := `{"agent_id":7,"userid_list":"u1","msg":` + text("a") + `}`
	form := url.Values{"agent_id": {"7"}, "userid_list": {"u1"}, "msg": {text("b")}, "access_token": {r.token}}
	const formType = "application/x-www-form-urlencoded"
	if a := r.do("POST", PathSend, formType, form.Encode()); a.code() != "0" {
		t.Errorf("in a form: %s", a.Raw)
	}
	for name, c := range map[string]struct{ path, body, want string }{
		"nowhere":      {PathSend, body, "88/40000"},
		"blank":        {PathSend + "?access_token=", body, "88/40000"},
		"unknown":      {PathSend + "?access_token=nope", body, "88/40014"},
		"in JSON":      {PathSend, strings.Replace(body, "{", `{"access_token":"`+r.token+`",`, 1), "88/40000"},
		"in both":      {PathSend + "?access_token=" + r.token, strings.Replace(body, "{", `{"access_token":"x",`, 1), "41"},
		"before args":  {PathSend, `{}`, "88/40000"},
		"for progress": {PathProgress, `{"agent_id":7,"task_id":1}`, "88/40000"},
		"for result":   {PathResult, `{"agent_id":7,"task_id":1}`, "88/40000"},
	} {
		if a := r.do("POST", c.path, jsonType, c.body); a.code() != c.want || a.Status != http.StatusOK {
			t.Errorf("%s: %s, not %s", name, a.Raw, c.want)
		} else if sub, is := strings.CutPrefix(c.want, "88/"); is && (!strings.Contains(a.Message, "subcode="+sub+",submsg="+a.SubMsg) || a.RequestID == "") {
			t.Errorf("%s: not of a gateway's shape: %s", name, a.Raw)
		}
	}
	req, err := http.NewRequestWithContext(t.Context(), "POST", r.base+PathSend, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = http.Header{"Content-Type": {jsonType}, "X-Acs-Dingtalk-Access-Token": {r.token}, "Authorization": {"Bearer " + r.token}}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if n := r.s.Counters().Calls[PathSend]["88/40000"]; n != 5 {
		t.Errorf("a token in headers alone: %d calls without one, not 5", n)
	}
}
