package dingtalk

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// TestAnswers sends against a server that gives each shape of answer that
// documents and real servers show.
func TestAnswers(t *testing.T) {
	t.Parallel()
	const html, js = "text/html;charset=utf-8", "application/json;charset=UTF-8"
	for name, c := range map[string]struct {
		status int
		kind   string
		body   string
		want   *Error // without Doing and Message; nil: sent
		says   string
	}{
		"as documented":                 {body: okSent},
		"errcode as string":             {body: `{"errcode":"0","errmsg":"ok","task_id":256271667526}`},
		"errmsg absent":                 {body: `{"errcode":0,"task_id":256271667526}`},
		"errmsg in Chinese":             {body: `{"errcode":0,"errmsg":"成功","task_id":256271667526}`},
		"task id as string":             {body: `{"errcode":0,"task_id":"256271667526"}`},
		"as text":                       {kind: "text/plain", body: okSent},
		"ok with another's field types": {body: `{"errcode":0,"punish":1,"status":{},"request_id":null,"task_id":256271667526}`},
		"a gateway's error": {body: `{"errcode":88,"sub_code":"40014","sub_msg":"不合法的access_token","errmsg":"ding talk error[subcode=40014,submsg=不合法的access_token]","request_id":"16l4ew3d47pdp"}`,
			want: &Error{Code: "88", SubCode: "40014", RequestID: "16l4ew3d47pdp", HTTPStatus: 200, Action: RenewToken, Outcome: Rejected}, says: "不合法的access_token"},
		"sub_code as number": {body: `{"errcode":"88","sub_code":40014}`,
			want: &Error{Code: "88", SubCode: "40014", HTTPStatus: 200, Action: RenewToken, Outcome: Rejected}},
		"the code in the text alone": {body: `{"errcode":88,"errmsg":"ding talk error[subcode=90018,submsg=too fast]"}`,
			want: &Error{Code: "88", SubCode: "90018", HTTPStatus: 200, Action: SlowDown, Outcome: Rejected, RetryAfter: time.Second}, says: "too fast"},
		"sub_code before the text": {body: `{"errcode":88,"sub_code":"60020","errmsg":"[subcode=90018]"}`,
			want: &Error{Code: "88", SubCode: "60020", HTTPStatus: 200, Action: Misconfigured, Outcome: Rejected, RetryAfter: time.Minute}},
		"a missing argument": {body: `{"errcode":40,"errmsg":"Missing required arguments:msg","request_id":"sq35gefm5b55"}`,
			want: &Error{Code: "40", RequestID: "sq35gefm5b55", HTTPStatus: 200, Action: GiveUp, Outcome: Rejected}, says: "Missing required arguments:msg"},
		"a missing agent_id": {body: `{"errcode":40,"errmsg":"Missing required arguments:agent_id"}`,
			want: &Error{Code: "40", HTTPStatus: 200, Action: Misconfigured, Outcome: Rejected, RetryAfter: time.Minute}},
		"no such path": {body: `{"errcode":22,"sub_msg":"不合法ApiName，ApiName = dingtalk.oapi.x","errmsg":"Invalid method[submsg=不合法ApiName，ApiName = dingtalk.oapi.x]","request_id":"a"}`,
			want: &Error{Code: "22", RequestID: "a", HTTPStatus: 200, Action: Misconfigured, Outcome: Rejected, RetryAfter: time.Minute}, says: "dingtalk.oapi.x"},
		"a service behind failed": {body: `{"errcode":15,"sub_code":"isp.-1","sub_msg":"服务不可用","errmsg":"Remote service error"}`,
			want: &Error{Code: "15", HTTPStatus: 200, Action: Retry, Outcome: Unknown, RetryAfter: time.Second}, says: "服务不可用"},
		"errcode as string, refused": {body: `{"errcode":"400002","errmsg":"agentId不合法"}`,
			want: &Error{Code: "400002", HTTPStatus: 200, Action: Misconfigured, Outcome: Rejected, RetryAfter: time.Minute}, says: "agentId不合法"},
		"a business error": {body: `{"errcode":34016,"errmsg":"会话消息的内容超长","request_id":"b"}`,
			want: &Error{Code: "34016", RequestID: "b", HTTPStatus: 200, Action: GiveUp, Outcome: Rejected}, says: "the message is too long"},
		"refused without a text": {body: `{"errcode":60011}`,
			want: &Error{Code: "60011", HTTPStatus: 200, Action: Misconfigured, Outcome: Rejected, RetryAfter: time.Minute}, says: "permission"},
		"a code that nobody knows": {body: `{"errcode":987654,"errmsg":"?"}`,
			want: &Error{Code: "987654", HTTPStatus: 200, Action: Retry, Outcome: Unknown, RetryAfter: time.Second}},
		"88 and nothing else": {body: `{"errcode":88,"errmsg":"ding talk error"}`,
			want: &Error{Code: "88", HTTPStatus: 200, Action: Retry, Outcome: Unknown, RetryAfter: time.Second}},
		"month used up": {body: `{"errcode":90020,"errmsg":"您的企业本月api调用量已超过限制,调用量:10001次,额度:10000次,请登录开发者后台-资源管理-查看用量明细"}`,
			want: &Error{Code: "90020", HTTPStatus: 200, Action: QuotaUsedUp, Outcome: Rejected, RetryAfter: 15 * time.Minute}, says: "额度:10000次"},
		"errcode with an error's status": {status: 403, body: `{"errcode":88,"sub_code":"90018"}`,
			want: &Error{Code: "88", SubCode: "90018", HTTPStatus: 403, Action: SlowDown, Outcome: Rejected, RetryAfter: time.Second}},
		"shut out": {body: `{"status":1111,"wait":5,"source":"x5","punish":"deny","uuid":"xxx"}`,
			want: &Error{HTTPStatus: 200, Action: SlowDown, Outcome: Rejected, RetryAfter: 5 * time.Minute}, says: "shut this address out"},
		"shut out, with a status": {status: 403, body: `{"status":1111,"wait":5,"punish":"deny"}`,
			want: &Error{HTTPStatus: 403, Action: SlowDown, Outcome: Rejected, RetryAfter: 5 * time.Minute}},
		"shut out, by its number": {body: `{"status":"1111","wait":5}`,
			want: &Error{HTTPStatus: 200, Action: SlowDown, Outcome: Rejected, RetryAfter: 5 * time.Minute}},
		"a page": {kind: html, body: "\n<!DOCTYPE html><html></html>",
			want: &Error{HTTPStatus: 200, Action: SlowDown, Outcome: Rejected, RetryAfter: 5 * time.Minute}, says: "a page in HTML"},
		"a page that says it is JSON": {body: "<html></html>",
			want: &Error{HTTPStatus: 200, Action: SlowDown, Outcome: Rejected, RetryAfter: 5 * time.Minute}},
		"a page in capitals, with a status": {status: 405, kind: "Text/HTML", body: "denied",
			want: &Error{HTTPStatus: 405, Action: SlowDown, Outcome: Rejected, RetryAfter: 5 * time.Minute}},
		"a gateway's page": {status: 502, kind: html, body: "<html>Tengine</html>",
			want: &Error{HTTPStatus: 502, Action: Unavailable, Outcome: Unknown}, says: "HTTP 502 Bad Gateway"},
		"no such page": {status: 404, kind: html, body: "<html></html>",
			want: &Error{HTTPStatus: 404, Action: Misconfigured, Outcome: Rejected, RetryAfter: time.Minute}, says: "check base_url"},
		"plain HTTP to a TLS port": {status: 400, kind: html, body: "<html>The plain HTTP request was sent to HTTPS port</html>",
			want: &Error{HTTPStatus: 400, Action: Misconfigured, Outcome: Rejected, RetryAfter: time.Minute}},
		"too large, as a page": {status: 413, kind: html, body: "<html>nginx</html>",
			want: &Error{HTTPStatus: 413, Action: GiveUp, Outcome: Rejected}},
		"timed out, as a page": {status: 408, kind: html, body: "<html>nginx</html>",
			want: &Error{HTTPStatus: 408, Action: Unavailable, Outcome: Unknown}},
		"a proxy wants a password": {status: 407, kind: html, body: "<html>squid</html>",
			want: &Error{HTTPStatus: 407, Action: Misconfigured, Outcome: Rejected, RetryAfter: time.Minute}},
		"too many, as a page": {status: 429, kind: html, body: "<html></html>",
			want: &Error{HTTPStatus: 429, Action: SlowDown, Outcome: Rejected, RetryAfter: time.Second}},
		"204":            {status: 204, want: &Error{HTTPStatus: 204, Action: Unavailable, Outcome: Unknown}},
		"nothing":        {want: &Error{HTTPStatus: 200, Action: Unavailable, Outcome: Unknown}, says: "not JSON with an errcode"},
		"half an answer": {body: okSent[:40], want: &Error{HTTPStatus: 200, Action: Unavailable, Outcome: Unknown}},
		"other JSON":     {body: `{"ok":true}`, want: &Error{HTTPStatus: 200, Action: Unavailable, Outcome: Unknown}},
		"a list":         {body: `[0]`, want: &Error{HTTPStatus: 200, Action: Unavailable, Outcome: Unknown}},
		"errcode null":   {body: `{"errcode":null,"task_id":1}`, want: &Error{HTTPStatus: 200, Action: Unavailable, Outcome: Unknown}},
		"no task id":     {body: `{"errcode":0,"errmsg":"ok"}`, want: &Error{Code: "0", HTTPStatus: 200, Action: Retry, Outcome: Unknown}, says: "no task_id"},
		"a bad task id":  {body: `{"errcode":0,"task_id":1.5}`, want: &Error{Code: "0", HTTPStatus: 200, Action: Retry, Outcome: Unknown}},
		"ok of another form": {body: `{"errcode":0,"task_id":{}}`,
			want: &Error{HTTPStatus: 200, Action: Unavailable, Outcome: Unknown}, says: "not of the documented form"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := newClient(t, serve(t, api(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", orElse(c.kind, js))
				if c.status != 0 {
					w.WriteHeader(c.status)
				}
				_, _ = w.Write([]byte(c.body))
			})))
			sent, err := client.Send(t.Context(), lin, hello)
			if c.want == nil {
				if err != nil || sent.TaskID != 256271667526 {
					t.Fatalf("got %+v, %v", sent, err)
				}
				return
			}
			got := failed(t, err)
			if d := cmp.Diff(c.want, got, cmpopts.IgnoreFields(Error{}, "Doing", "Message"), cmpopts.IgnoreUnexported(Error{})); d != "" {
				t.Error(d)
			}
			if got.Doing != sending || !strings.Contains(err.Error(), c.says) {
				t.Errorf("the error reads %q, without %q", err, c.says)
			}
		})
	}
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

func TestUntilSaid(t *testing.T) {
	t.Parallel()
	const said = "当前所有钉钉应用调用该接口次数过多, apiPath(dingtalk.oapi.v2.department.listsub), 从 2026-09-03 00:01:02 到 2026-09-03 00:01:02 " +
		"请求总次数超过 1200 次, 限制将在 2026-09-03 00:01:33 结束."
	now := time.Date(2026, 9, 2, 16, 1, 3, 0, time.UTC) // the text is in China's time
	for name, c := range map[string]struct {
		said string
		now  time.Time
		want time.Duration
	}{
		"in half a minute": {said, now, 30 * time.Second},
		"over already":     {said, now.Add(time.Hour), time.Second},
		"a clock far off":  {said, now.Add(-time.Hour), 5 * time.Minute},
		"not said":         {"too fast", now, time.Second},
		"no such date":     {strings.ReplaceAll(said, "2026-09-03", "2026-13-45"), now, time.Second},
	} {
		if got := untilSaid(c.said, time.Second, c.now); got != c.want {
			t.Errorf("%s: waits %v, not %v", name, got, c.want)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]time.Duration{
		"": time.Second, "0": time.Second, "7": 7 * time.Second, "-3": time.Second, "soon": time.Second,
		"86400": 5 * time.Minute, "99999999999999999999": time.Second,
		"Wed, 21 Oct 2015 07:28:00 GMT": time.Second, "Wed, 21 Oct 2115 07:28:00 GMT": 5 * time.Minute,
	} {
		if got := retryAfter(http.Header{"Retry-After": {said}}, time.Second); got != want {
			t.Errorf("Retry-After: %s waits %v, not %v", said, got, want)
		}
	}
}

// FuzzReadAnswer holds that whatever comes back, it is read as a success only
// where it says errcode 0 with status 200, and that an error is whole.
func FuzzReadAnswer(f *testing.F) {
	for _, body := range []string{okSent, `{"errcode":"88","sub_code":"40014"}`, `{"errcode":88,"errmsg":"subcode=90018"}`,
		`{"status":1111,"punish":"deny"}`, "<html>", `{"errcode":0}`, `{"errcode":null}`, "", "[", `{"errcode":{"a":[1]},"sub_code":[]}`,
		`{"errcode":90002,"errmsg":"限制将在 2026-09-03 00:01:33 结束"}`} {
		f.Add(200, "application/json", "1", []byte(body))
	}
	f.Add(503, "text/html", "-5", []byte("<html>"))
	actions := []Action{RenewToken, SlowDown, Unavailable, Retry, GiveUp, BadRecipient, Tomorrow, Misconfigured, QuotaUsedUp}
	f.Fuzz(func(t *testing.T, status int, kind, wait string, body []byte) {
		var out struct {
			TaskID json.Number `json:"task_id"`
		}
		e := readAnswer(status, http.Header{"Content-Type": {kind}, "Retry-After": {wait}}, body, &out)
		if e == nil {
			var said struct {
				Code any `json:"errcode"`
			}
			if err := json.Unmarshal(body, &said); err != nil || status != 200 {
				t.Fatalf("HTTP %d with %q (%v) is a success", status, body, err)
			}
			if code, is := said.Code.(string); said.Code != 0.0 && (!is || strings.TrimSpace(code) != "0") {
				t.Fatalf("errcode %v is a success", said.Code)
			}
			return
		}
		if !slices.Contains(actions, e.Action) || e.Outcome != Rejected && e.Outcome != Unknown {
			t.Fatalf("%q gives action %q, outcome %q", body, e.Action, e.Outcome)
		}
		if e.RetryAfter < 0 || e.RetryAfter > 15*time.Minute {
			t.Fatalf("%q waits %v", body, e.RetryAfter)
		}
		if e.Code == "" && e.Message == "" && !strings.Contains(string(body), "errcode") {
			t.Fatalf("%q gives an error that says nothing", body)
		}
	})
}

// FuzzClean holds that no text keeps a secret, and that it comes out bounded,
// as one line of valid UTF-8.
func FuzzClean(f *testing.F) {
	c, err := New(Options{BaseURL: "http://dingtalk.test", AppKey: "key", AppSecret: newSecret(), AgentID: 7})
	if err != nil {
		f.Fatal(err)
	}
	f.Add("plain", "x")
	f.Add(strings.Repeat("林", 200), "\n")
	f.Add("https://x/?access_token=", "&agent=1\xff")
	f.Fuzz(func(t *testing.T, before, after string) {
		if revealed(before) || revealed(after) {
			return
		}
		for _, form := range []string{testToken, testSecret, "t0k3n%2F%2B%26%3D+value", "s3cr3t%2F%2B%26%3D%20value"} {
			got := c.clean(before+form+after, maxMessage, testToken)
			if revealed(got) {
				t.Fatalf("%q remains in %q", form, got)
			}
			if len(got) > maxMessage || !utf8.ValidString(got) || strings.ContainsAny(got, "\n\r\x00\x7f") {
				t.Fatalf("not clean: %q", got)
			}
		}
	})
}
