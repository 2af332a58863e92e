package sandbox

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"
)

func (r *rig) template(id, rest string) far {
	r.t.Helper()
	return r.post(PathTemplate, fmt.Sprintf(`{"agent_id":7,"template_id":%q,%s}`, id, rest))
}

func TestTemplate(t *testing.T) {
	t.Parallel()
	r := suite(t, Options{})
	a := r.template("t1", `"userid_list":"u1,nobody","dept_id_list":"1002","data":"{\"name\":\"值班 🔔\",\"url\":\"http://a.example\"}"`)
	if a.code() != "0" || a.TaskID == 0 {
		t.Fatal(a.Raw)
	}
	c, _ := r.s.Task(a.TaskID)
	if c.Template != "t1" || c.Msgtype != "template" || c.Msg != `{"name":"值班 🔔","url":"http://a.example"}` {
		t.Errorf("%+v", c)
	}
	if got := r.fates(a.TaskID); got != "u1 unread, nobody invalid, u2 unread, u3 unread" {
		t.Error(got)
	}
	has(t, r.page("u1"), "Template t1", "值班 🔔", "http://a.example")
	if got := r.ask(PathResult, a.TaskID); len(got.Result["unread_user_id_list"]) != 3 {
		t.Error(got.Raw)
	}
	if got := r.recall(a.TaskID); got.code() != "0" {
		t.Error(got.Raw)
	}
	// The same values, in whatever form and order, are the same content.
	if a := r.template("t1", `"userid_list":"u1","data":{"url":"http://a.example","name":"值班 🔔"}`); r.fates(a.TaskID) != "u1 143206" {
		t.Error(r.fates(a.TaskID))
	}
	form := url.Values{"agent_id": {"7"}, "template_id": {"t1"}, "userid_list": {"u1"}, "data": {`{"name":"x"}`}}
	if a := r.form(PathTemplate, form); a.code() != "0" {
		t.Error(a.Raw)
	}
}

func TestTemplateRefusals(t *testing.T) {
	t.Parallel()
	r := suite(t, Options{Limits: Limits{CallsPerSecond: -1}})
	for name, c := range map[string]struct{ id, rest, want string }{
		"no data":        {"t1", `"userid_list":"u1"`, "0"},
		"5,000 users":    {"t1", `"userid_list":"` + many("x", 5000) + `"`, "0"},
		"5,001 users":    {"t1", `"userid_list":"` + many("x", 5001) + `"`, "41"},
		"501 depts":      {"t1", `"dept_id_list":"` + many("1", 501) + `"`, "41"},
		"empty list":     {"t1", `"userid_list":""`, "400001"},
		"nobody":         {"t1", `"data":"{}"`, "400002"},
		"everyone":       {"t1", `"to_all_user":true`, "41"},
		"unknown":        {"t3", `"userid_list":"u1"`, "885001"},
		"not approved":   {"t2", `"userid_list":"u1"`, "885006"},
		"a number":       {"t1", `"userid_list":"u1","data":"{\"n\":1}"`, "41"},
		"null":           {"t1", `"userid_list":"u1","data":"{\"n\":null}"`, "41"},
		"a list":         {"t1", `"userid_list":"u1","data":"[]"`, "41"},
		"an escape":      {"t1", `"userid_list":"u1","data":"{\"n\":\"\\u4f60\"}"`, "40033"},
		"no template id": {"", `"userid_list":"u1"`, "41"},
	} {
		if a := r.template(c.id, c.rest); a.code() != c.want {
			t.Errorf("%s: %s, not %s", name, a.Raw, c.want)
		}
	}
	for body, want := range map[string]string{
		`{"agent_id":8,"template_id":"t1","userid_list":"u1"}`: "400002",
		`{"agent_id":7,"userid_list":"u1"}`:                    "40",
		`{"template_id":"t1","userid_list":"u1"}`:              "40",
	} {
		if a := r.post(PathTemplate, body); a.code() != want {
			t.Errorf("%s: %s, not %s", body, a.Raw, want)
		}
	}
	internal := open(t, Options{})
	if a := internal.template("t1", `"userid_list":"u1"`); a.code() != "48002" {
		t.Errorf("by an internal app: %s", a.Raw)
	}
	adopting := suite(t, Options{AdoptUnknown: true})
	if a := adopting.template("any", `"userid_list":"u1"`); a.code() != "0" {
		t.Errorf("where anything exists: %s", a.Raw)
	}
}

// TestTemplateApproval is changed by the controls, and outlives a reload.
func TestTemplateApproval(t *testing.T) {
	t.Parallel()
	r := suite(t, Options{})
	set := func(order string, status int) {
		t.Helper()
		if a := r.do("POST", "/sandbox/templates", "application/json", order); a.Status != status {
			t.Errorf("%s: %d %s", order, a.Status, a.Raw)
		}
	}
	set(`{"agent_id":7,"id":"t2"}`, http.StatusNoContent)
	set(`{"agent_id":7,"id":"t1","pending":true}`, http.StatusNoContent)
	set(`{"agent_id":8,"id":"t1"}`, http.StatusBadRequest)
	set(`{"agent_id":7}`, http.StatusBadRequest)
	set(`{"agent_id":7,"id":"t1","approved":true}`, http.StatusBadRequest)
	r.s.Adopt(vendor(func(a *App) { a.Templates = nil }))
	for id, want := range map[string]string{"t1": "885006", "t2": "0"} {
		if a := r.template(id, `"userid_list":"u1"`); a.code() != want {
			t.Errorf("%s: %s, not %s", id, a.Raw, want)
		}
	}
}

// TestThirdPartyLimits: past them the answer is "ok", and people get nothing.
func TestThirdPartyLimits(t *testing.T) {
	t.Parallel()
	r := suite(t, Options{Directory: staff(1001), Limits: Limits{CallsPerSecond: -1}})
	a := r.template("t1", `"dept_id_list":"5"`)
	c, _ := r.s.Task(a.TaskID)
	if c.Recipients[999].Fate != Unread || c.Recipients[1000] != (Recipient{UserID: "x1000", Fate: Forbidden, Code: "41029", Limit: 1000}) {
		t.Errorf("%+v, %+v", c.Recipients[999], c.Recipients[1000])
	}
	for i := range 99 {
		r.template("t1", fmt.Sprintf(`"userid_list":"x0","data":"{\"n\":\"%d\"}"`, i))
	}
	if got := r.fates(r.template("t1", `"userid_list":"x0,x1","data":"{\"n\":\"last\"}"`).TaskID); got != "x0 143205, x1 unread" {
		t.Error(got)
	}
	tight := suite(t, Options{Limits: Limits{RecipientsPerMinute: 1}})
	if got := tight.fates(tight.template("t1", `"userid_list":"u1,u2"`).TaskID); got != "u1 unread, u2 143203" {
		t.Error(got)
	}
}

// TestThirdPartySends: newer third-party apps send by template alone, older
// ones with asyncsend_v2 too, but never to everyone.
func TestThirdPartySends(t *testing.T) {
	t.Parallel()
	r := suite(t, Options{})
	if a := r.send("u1", "x"); a.code() != "41044" {
		t.Errorf("a newer app: %s", a.Raw)
	}
	r = suite(t, Options{DeliveryTime: time.Second}, func(a *App) { a.Legacy = true })
	r.sent("u1", "x")
	if a := r.post(PathSend, `{"agent_id":7,"to_all_user":true,"msg":`+text("x")+`}`); a.code() != "41028" {
		t.Errorf("to everyone: %s", a.Raw)
	}
}
