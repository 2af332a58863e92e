package dingtalk

import (
	"testing"
	"time"

	"workbell/sandbox"
)

var barred = []byte(`{"msgtype":"oa","oa":{"message_url":"http://a.example","head":{"bgcolor":"FFBBBBBB","text":"x"},` +
	`"status_bar":{"status_value":"Firing","status_bg":"0xFFF65E5E"},"body":{"title":"Latency"}}}`)

// TestStatusBar: not before the sending has finished, not beyond the window,
// and not of another kind of message.
func TestStatusBar(t *testing.T) {
	t.Parallel()
	turned := &clock{time.Now()}
	s, c := sandboxed(t, sandbox.Options{Now: turned.read, TokenTTL: 48 * time.Hour, DeliveryTime: time.Minute, StatusBarWindow: 24 * time.Hour})
	sent, err := c.Send(t.Context(), lin, barred)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := c.Send(t.Context(), lin, hello)
	if err != nil {
		t.Fatal(err)
	}
	refused := func(name string, task int64, code string, want Action) {
		t.Helper()
		err := c.UpdateStatusBar(t.Context(), task, "已恢复", "0xFF78C06E")
		if e := failed(t, err); !HasCode(err, code) || e.Action != want || e.Outcome != Rejected {
			t.Errorf("%s: %s, %v", name, e.Action, err)
		}
	}
	refused("too early", sent.TaskID, "41052", Retry)
	turned.now = turned.now.Add(time.Minute)
	if err := c.UpdateStatusBar(t.Context(), sent.TaskID, "已恢复 14:32 <&>", "0xFF78C06E"); err != nil {
		t.Fatal(err)
	}
	if call, _ := s.Task(sent.TaskID); call.StatusBar.Value != "已恢复 14:32 <&>" || call.StatusBar.Color != "0xFF78C06E" || call.StatusBar.Updates != 1 {
		t.Errorf("it has become %+v", call.StatusBar)
	}
	refused("a text", plain.TaskID, "40035", GiveUp)
	refused("unknown", 1, "40035", GiveUp)
	turned.now = turned.now.Add(24 * time.Hour)
	refused("too late", sent.TaskID, "40035", GiveUp)
	other := newClient(t, c.base.String(), func(o *Options) { o.AgentID = 8 })
	if e := failed(t, other.UpdateStatusBar(t.Context(), sent.TaskID, "x", "")); !e.HasCode("40056") || e.Action != Misconfigured {
		t.Errorf("another agent: %s, %v", e.Action, e)
	}
}

func TestStatusBarBody(t *testing.T) {
	t.Parallel()
	c, calls := recorded(t)
	const path = `/topapi/message/corpconversation/status_bar/update`
	for _, b := range []struct{ value, color, want string }{
		{"Resolved", "0xFF78C06E", `{"agent_id":7,"task_id":256271667526,"status_value":"Resolved","status_bg":"0xFF78C06E"}`},
		{"已恢复 <b>&\"\\\n🔔", "", `{"agent_id":7,"task_id":256271667526,"status_value":"已恢复 <b>&\"\\\n🔔"}`},
	} {
		if err := c.UpdateStatusBar(t.Context(), 256271667526, b.value, b.color); err != nil {
			t.Fatal(err)
		}
		if got := <-calls; got != path+b.want {
			t.Error(got)
		}
	}
	for name, b := range map[string]struct{ value, color string }{
		"nothing": {"", ""}, "blank": {" \n", ""}, "no 0x": {"x", "FF78C06E"}, "RGB": {"x", "0x78C06E"}, "a name": {"x", "red"},
		"breaks out": {"x", `0xFF78C06E","x":"`}, "control": {"a\x01b", ""}, "separator": {"a\u2028b", ""}, "not UTF-8": {"a\xffb", ""}, "an escape": {`\u4f60`, ""},
	} {
		err := c.UpdateStatusBar(t.Context(), 1, b.value, b.color)
		if e := failed(t, err); e.Action != GiveUp || e.Outcome != Unsent {
			t.Errorf("%s: %s, %s, %v", name, e.Action, e.Outcome, err)
		}
	}
}
