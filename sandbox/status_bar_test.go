package sandbox

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const barred = `{"msgtype":"oa","oa":{"message_url":"http://a.example","head":{"bgcolor":"FFBBBBBB","text":"x"},` +
	`"status_bar":{"status_value":"Firing","status_bg":"0xFFF65E5E"},"body":{"title":"Latency"}}}`

// bar sends an OA message with a status bar to u1.
func (r *rig) bar() int64 {
	r.t.Helper()
	a := r.post(PathSend, `{"agent_id":7,"userid_list":"u1","msg":`+barred+`}`)
	if a.code() != "0" {
		r.t.Fatalf("not sent: %s", a.Raw)
	}
	return a.TaskID
}

func (r *rig) turn(task int64, rest string) far {
	r.t.Helper()
	return r.post(PathStatusBar, fmt.Sprintf(`{"agent_id":7,"task_id":%d,%s}`, task, rest))
}

const resolved = `"status_value":"Resolved","status_bg":"0xFF78C06E"`

// TestStatusBar: the bar is refused until the sending has finished; then the
// last update is what the ledger and the phone show.
func TestStatusBar(t *testing.T) {
	t.Parallel()
	r := open(t, Options{DeliveryTime: 10 * time.Second})
	task := r.bar()
	if c, _ := r.s.Task(task); cmp.Diff(&StatusBar{Value: "Firing", Color: "0xFFF65E5E"}, c.StatusBar) != "" {
		t.Errorf("sent with %+v", c.StatusBar)
	}
	r.pass(10*time.Second - 1)
	if a := r.turn(task, resolved); a.code() != "41052" {
		t.Errorf("before it was done: %s", a.Raw)
	}
	r.pass(1)
	for _, rest := range []string{`"status_value":"Resolved"`, `"status_value":"Firing again"`, resolved} {
		if a := r.turn(task, rest); a.code() != "0" || a.RequestID == "" {
			t.Errorf("%s", a.Raw)
		}
	}
	c, _ := r.s.Task(task)
	if d := cmp.Diff(&StatusBar{Value: "Resolved", Color: "0xFF78C06E", Updates: 3, At: noon.Add(10 * time.Second)}, c.StatusBar); d != "" {
		t.Error(d)
	}
	if c.Msg != barred {
		t.Errorf("what was sent has become %s", c.Msg)
	}
	page := r.page("u1")
	has(t, page, "Status bar turned to <b>Resolved</b> at 12:00:10.", `class="bar3"`, "#78C06E", "Latency")
	if strings.Contains(page, "Firing again") {
		t.Error("an earlier bar is still shown")
	}
}

func TestStatusBarRefusals(t *testing.T) {
	t.Parallel()
	r := open(t, Options{StatusBarWindow: time.Hour})
	bar, text, recalled := r.bar(), r.sent("u1", "x"), r.post(PathSend, `{"agent_id":7,"userid_list":"u2","msg":`+barred+`}`).TaskID
	r.recall(recalled)
	without := r.post(PathSend, `{"agent_id":7,"userid_list":"u1","msg":{"msgtype":"oa","oa":{"message_url":"http://a.example","head":{"bgcolor":"FFBBBBBB","text":"x"},"body":{}}}}`).TaskID
	for name, c := range map[string]struct {
		task int64
		rest string
		want string
	}{
		"in order":       {bar, resolved, "0"},
		"no value":       {bar, `"status_bg":"0xFF78C06E"`, "40"},
		"blank":          {bar, `"status_value":" "`, "40035"},
		"not 0x":         {bar, `"status_value":"x","status_bg":"FF78C06E"`, "40035"},
		"color a number": {bar, `"status_value":"x","status_bg":1`, "40035"},
		"undocumented":   {bar, resolved + `,"msg":"x"`, "41"},
		"a text":         {text, resolved, "40035"},
		"no bar":         {without, resolved, "40035"},
		"recalled":       {recalled, resolved, "40035"},
		"unknown":        {1, resolved, "40035"},
	} {
		if a := r.turn(c.task, c.rest); a.code() != c.want {
			t.Errorf("%s: %s, not %s", name, a.Raw, c.want)
		}
	}
	if a := r.post(PathStatusBar, fmt.Sprintf(`{"agent_id":8,"task_id":%d,%s}`, bar, resolved)); a.code() != "40056" {
		t.Errorf("another's agent: %s", a.Raw)
	}
	r.pass(time.Hour)
	if a := r.turn(bar, resolved); a.code() != "0" {
		t.Errorf("at the window's end: %s", a.Raw)
	}
	r.pass(1)
	if a := r.turn(bar, resolved); a.code() != "40035" {
		t.Errorf("past the window: %s", a.Raw)
	}
}

// TestStatusBarWindow: seven days, unless another window is given.
func TestStatusBarWindow(t *testing.T) {
	t.Parallel()
	r := open(t, Options{})
	task := r.bar()
	r.pass(7 * 24 * time.Hour)
	r.renew()
	if a := r.turn(task, resolved); a.code() != "0" {
		t.Errorf("after 7 days: %s", a.Raw)
	}
	r.pass(1)
	if a := r.turn(task, resolved); a.code() != "40035" {
		t.Errorf("after more: %s", a.Raw)
	}
}
