package dingtalk

import (
	"io"
	"net/http"
	"testing"
	"time"

	"workbell/message"
	"workbell/sandbox"
)

// recorded serves the API with okSent, and says what it was sent.
func recorded(t *testing.T, change ...func(*Options)) (*Client, <-chan string) {
	t.Helper()
	calls := make(chan string, 1)
	return newClient(t, serve(t, api(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil || r.Method != http.MethodPost || r.URL.Query().Get("access_token") != testToken || r.Header.Get("Content-Type") != "application/json;charset=utf-8" {
			t.Errorf("%v: %s %s %v", err, r.Method, r.URL, r.Header)
		}
		calls <- r.URL.Path + string(b)
		say(okSent)(w, r)
	})), change...), calls
}

// clock is a time that the test turns.
type clock struct{ now time.Time }

func (c *clock) read() time.Time { return c.now }

// TestRecall: once, within 24 hours; then 400002 says that it cannot be any more.
func TestRecall(t *testing.T) {
	t.Parallel()
	turned := &clock{time.Now()}
	s, c := sandboxed(t, sandbox.Options{Now: turned.read, TokenTTL: 48 * time.Hour})
	first, err := c.Send(t.Context(), lin, hello)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Recall(t.Context(), first.TaskID); err != nil {
		t.Fatal(err)
	}
	if call, _ := s.Task(first.TaskID); call.Recalled.IsZero() {
		t.Errorf("not recalled: %+v", call)
	}
	late, err := c.Send(t.Context(), message.Recipients{Users: []string{"u2"}}, hello)
	if err != nil {
		t.Fatal(err)
	}
	turned.now = turned.now.Add(24*time.Hour + time.Second)
	for name, task := range map[string]int64{"a second time": first.TaskID, "after 24 h": late.TaskID, "unknown": 1} {
		err := c.Recall(t.Context(), task)
		if e := failed(t, err); !HasCode(err, "400002") || e.Action != GiveUp || e.Outcome != Rejected {
			t.Errorf("%s: %s, %v", name, e.Action, err)
		}
	}
}

// TestRecallBody: recall's name for a task is another than the queries'.
func TestRecallBody(t *testing.T) {
	t.Parallel()
	c, calls := recorded(t)
	if err := c.Recall(t.Context(), 256271667526); err != nil {
		t.Fatal(err)
	}
	if got := <-calls; got != `/topapi/message/corpconversation/recall{"agent_id":7,"msg_task_id":256271667526}` {
		t.Error(got)
	}
}
