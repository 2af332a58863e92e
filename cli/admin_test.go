package cli

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"workbell/message"
	"workbell/outbox"
	"workbell/routes"
)

func TestDeliveriesCommand(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.sent("磁盘已满 on db1", "u1", "u2")
	r.keep("Rocket \x1b[2J\u202e gone & lost\nforever", "a-very-long-user-id")
	out, errs, code := r.run("deliveries")
	if code != Done || errs != "" {
		t.Fatalf("%d %s", code, errs)
	}
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if len(lines) != 3 {
		t.Fatalf("%d lines:\n%s", len(lines), out)
	}
	for i, want := range []string{
		"RULE      TO                   TITLE",
		"critical  a-very-long-user-id  Rocket �[2J� gone & lost forever",
		"critical  u1 +1                磁盘已满 on db1",
	} {
		if !strings.HasSuffix(lines[i], want) {
			t.Errorf("line %d: %q; want it to end in %q", i, lines[i], want)
		}
	}
	for args, want := range map[string]int{
		"--state=sent": 1, "--state=sent --state=queued": 2, "--state=sent,queued": 2, "--source=am": 2, "--source=gh": 0, "--rule=critical": 2,
		"--app=vendor": 0, "--app=ops": 2, "--group-key=g": 0, "--event=1": 1, "--of=1": 0, "--limit=1": 1, "--limit=1 --all": 2, "--limit=2": 2,
	} {
		out, errs, code := r.run(append([]string{"deliveries", "--output=json"}, strings.Fields(args)...)...)
		var page routes.Page
		if err := json.Unmarshal([]byte(out), &page); err != nil || code != Done || page.Deliveries == nil || len(page.Deliveries) != want {
			t.Errorf("%s: %d deliveries, want %d; code %d, %v %s", args, len(page.Deliveries), want, code, err, errs)
		}
	}
}

// Beyond --limit the reader is told that there is more, and only then; --all
// goes through the pages.
func TestDeliveriesPages(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	const n = routes.MaxPage + 2
	entries := make([]outbox.Entry, n)
	for i := range entries {
		entries[i] = outbox.Entry{Event: outbox.Event{Source: "am"}, Messages: []outbox.Message{{
			Rule: "critical", App: "ops", Msgtype: "text", Body: []byte(`{"msgtype":"text","text":{"content":"x"}}`), Calls: []message.Recipients{{Users: []string{"u1"}}},
		}}}
	}
	_, err := r.store.Enqueue(t.Context(), entries)
	r.ok(err)
	for args, want := range map[string]struct {
		lines int
		more  bool
	}{
		"--all": {1 + n, false}, "--limit=502": {1 + n, false}, "--limit=501": {1 + 501 + 1, true}, "--limit=500": {1 + 500 + 1, true}, "--limit=1": {3, true},
	} {
		out, _, code := r.run("deliveries", args)
		if got := strings.Count(out, "\n"); code != Done || got != want.lines || strings.Contains(out, "--all") != want.more {
			t.Errorf("%s: %d lines, want %d; code %d", args, got, want.lines, code)
		}
	}
}

func TestShowCommand(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id := r.sent("Disk \x1b]0;owned\a full", "u1")
	_, err := r.store.Amend(t.Context(), outbox.Amendment{Delivery: id, State: outbox.Partial, Receipts: []outbox.Receipt{{User: "u1", Fate: outbox.FateForbidden, Code: "143106"}}})
	r.ok(err)
	if out, errs, code := r.run("resend", "1", "--to=u1"); code != Done {
		t.Fatalf("%s %s", out, errs)
	}
	out, errs, code := r.run("show", "1")
	if code != Done || errs != "" {
		t.Fatalf("%d %s", code, errs)
	}
	for _, want := range []string{
		"delivery 1, partial\n", "title    Disk �]0;owned� full\n", "attempt 1: accepted by DingTalk, task 77\n",
		"u1: forbidden, 143106 the employee has already received the same content today\n", "delivery 2 stems from it (resend), queued\n", "resent by ", `{"msgtype":"text"`,
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	out, _, _ = r.run("show", "2", "--output=json")
	var d routes.Delivery
	if err := json.Unmarshal([]byte(out), &d); err != nil || d.Of != 1 || d.Cause != "resend" || d.Title == "" {
		t.Errorf("%v: %s", err, out)
	}
}

// Of several deliveries each is tried, once, and one that falls short is told
// apart from the others.
func TestResendCommand(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.sent("a", "u1")
	r.keep("b", "u1")
	out, errs, code := r.run("resend", "1", "2", "9", "1")
	if code != FellShort || out != "delivery 1: sent again to 1 user, as delivery 3\n" {
		t.Errorf("%d %s", code, out)
	}
	if want := "workbell: delivery 2: it is queued, and sent as soon as it can be\nworkbell: delivery 9: there is no delivery 9; it may have been removed with its event\n"; errs != want {
		t.Errorf("got %s\nwant %s", errs, want)
	}
	out, _, code = r.run("resend", "1", "9", "--output=json")
	var all []ordered
	if err := json.Unmarshal([]byte(out), &all); err != nil || code != FellShort || len(all) != 2 || len(all[0].Deliveries) != 1 || all[0].Error != "" || all[1].ID != 9 || all[1].Error == "" {
		t.Errorf("%d %v: %s", code, err, out)
	}
	if _, errs, code := r.run("resend", "1", "--to=u7"); code != FellShort || !strings.Contains(errs, `"u7" is none of those`) {
		t.Errorf("%d %s", code, errs)
	}
}

func TestRecallCommand(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		state outbox.State // after the recall; empty: as it was
		note  string
		args  []string
		code  int
		says  string
	}{
		"taken back":     {outbox.Recalled, "", nil, Done, "delivery 1: recalled\n"},
		"not taken back": {"", "DingTalk refuses: 400002", nil, FellShort, "workbell: delivery 1: it was not taken back, and is sent; last noted: DingTalk refuses: 400002\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.sent("a", "u1")
			ended := r.answerRecall(c.state, c.note)
			out, errs, code := r.run("recall", "1")
			r.ok(<-ended)
			if code != c.code || out+errs != c.says {
				t.Errorf("%d %s%s; want %d %s", code, out, errs, c.code, c.says)
			}
		})
	}
}

// Without waiting, or past it, what has not happened is not said to have.
func TestRecallCommandWithoutAnswer(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.sent("a", "u1")
	r.keep("b", "u1")
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"recall", "2"}, Done, "delivery 2: recalled before it was sent\n"},
		{[]string{"recall", "1", "--no-wait"}, Done, "delivery 1: DingTalk is asked to take it back\n"},
		{[]string{"recall", "1", "--wait=1ms"}, FellShort, "workbell: delivery 1: DingTalk is asked to take it back, which had not happened after 1ms; see `workbell show 1`\n"},
		{[]string{"ack", "1"}, Done, "delivery 1: acknowledged; deliveries of this rule about the same that are not passed on any more: 1\n"},
		{[]string{"ack", "1"}, Done, "delivery 1: it has been acknowledged already\n"},
	} {
		if out, errs, code := r.run(c.args...); code != c.code || out+errs != c.says {
			t.Errorf("%q: %d %s%s; want %d %s", c.args, code, out, errs, c.code, c.says)
		}
	}
}

// Whoever names the wrong address, or misspells, is told which and what to do.
func TestAdminCommandErrors(t *testing.T) {
	t.Parallel()
	gone := httptest.NewServer(nil)
	gone.Close()
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) }))
	defer page.Close()
	dingtalk := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"errcode":404,"errmsg":"请求的URI地址不存在"}`))
	}))
	defer dingtalk.Close()
	r := newRig(t)
	for _, c := range []struct {
		args []string
		code int
		says []string
	}{
		{[]string{"deliveries", "--admin.url=" + dingtalk.URL}, FellShort, []string{dingtalk.URL, "not as workbell's admin API", "--admin.url"}},
		{[]string{"deliveries", "--admin.url=" + gone.URL}, FellShort, []string{gone.URL, "connection refused", "--admin.url", "WORKBELL_ADMIN_URL"}},
		{[]string{"resend", "1", "2", "--admin.url=" + gone.URL}, FellShort, []string{gone.URL, "connection refused"}},
		{[]string{"deliveries", "--admin.url=" + page.URL}, FellShort, []string{page.URL, "200 OK", "--admin.url"}},
		{[]string{"show", "1", "--admin.url=localhost:8061"}, WrongUse, []string{"such as http://127.0.0.1:8061"}},
		{[]string{"show", "1", "--admin.url=http://a:topsecret@127.0.0.1:x"}, WrongUse, []string{"such as"}},
		{[]string{"show", "1", "--admin.url=" + strings.Replace(gone.URL, "://", "://alice:topsecret@", 1)}, FellShort, []string{"alice:xxxxx@"}},
		{[]string{"deliveries", "--state=deliverd", "--admin.url=" + r.url}, WrongUse, []string{`did you mean "delivered"?`}},
		{[]string{"deliveries", "--limit=0"}, WrongUse, []string{"above 0"}},
		{[]string{"show", "x"}, WrongUse, []string{`<id>: "x" is not a number from 1, as workbell deliveries lists them`}},
		{[]string{"recall", "1", "0"}, WrongUse, []string{`"0" is not a number from 1`}},
		{[]string{"show", "#7", "--admin.url=" + r.url}, FellShort, []string{"there is no delivery 7"}},
		{[]string{"resend"}, WrongUse, []string{"<id>"}},
		{[]string{"show", "7", "--admin.url=" + r.url}, FellShort, []string{"there is no delivery 7"}},
	} {
		out, errs, code := run(t, c.args...)
		if code != c.code {
			t.Errorf("%q: code %d, want %d: %s%s", c.args, code, c.code, out, errs)
		}
		for _, want := range c.says {
			if !strings.Contains(errs, want) {
				t.Errorf("%q: no %q in %s", c.args, want, errs)
			}
		}
		if strings.Contains(errs, "topsecret") {
			t.Errorf("%q prints the password: %s", c.args, errs)
		}
	}
}
