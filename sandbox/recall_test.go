package sandbox

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func (r *rig) recall(task int64) far {
	r.t.Helper()
	return r.post(PathRecall, fmt.Sprintf(`{"agent_id":7,"msg_task_id":%d}`, task))
}

// TestRecall takes a message back from every phone, read or not, and no other.
func TestRecall(t *testing.T) {
	t.Parallel()
	r := open(t, Options{})
	first, task, last := r.sent("u1,u2", "stays"), r.sent("u1,u2", "goes"), r.sent("u1", "stays too")
	r.s.ReadTask("u2", task)
	if a := r.recall(task); a.Raw != `{"errcode":0,"errmsg":"ok"}` {
		t.Errorf("not as documented: %s", a.Raw)
	}
	for user, want := range map[string]string{"u1": fmt.Sprint(first, " ", last), "u2": fmt.Sprint(first)} {
		var left []string
		for _, n := range r.s.page(user).Notes {
			left = append(left, fmt.Sprint(n.Call.TaskID))
		}
		if got := strings.Join(left, " "); got != want {
			t.Errorf("%s has %s, not %s", user, got, want)
		}
	}
	if c, _ := r.s.Task(task); !c.Recalled.Equal(noon) || r.fates(task) != "u1 unread, u2 read" {
		t.Errorf("the ledger has %+v", c)
	}
	if n := r.s.Read("u1"); n != 2 {
		t.Errorf("%d were there to read", n)
	}
	if a := r.recall(task); a.code() != "400002" {
		t.Errorf("a second time: %s", a.Raw)
	}
	if c, _ := r.s.Task(first); !c.Recalled.IsZero() {
		t.Errorf("another was recalled as well: %+v", c)
	}
}

func TestRecallRefusals(t *testing.T) {
	t.Parallel()
	r := open(t, Options{})
	task := fmt.Sprint(r.sent("u1", "x"))
	for name, c := range map[string]struct{ body, want string }{
		"the queries' name": {`{"agent_id":7,"task_id":` + task + `}`, "40"},
		"both names":        {`{"agent_id":7,"msg_task_id":` + task + `,"task_id":` + task + `}`, "41"},
		"no agent_id":       {`{"msg_task_id":` + task + `}`, "40"},
		"another's agent":   {`{"agent_id":8,"msg_task_id":` + task + `}`, "400002"},
		"unknown":           {`{"agent_id":7,"msg_task_id":1}`, "400002"},
	} {
		if a := r.post(PathRecall, c.body); a.code() != c.want {
			t.Errorf("%s: %s, not %s", name, a.Raw, c.want)
		}
	}
	old := r.sent("u1", "y")
	r.pass(24 * time.Hour)
	r.renew()
	if a := r.post(PathRecall, `{"agent_id":"7","msg_task_id":"`+task+`"}`); a.code() != "0" {
		t.Errorf("after 24 h: %s", a.Raw)
	}
	r.pass(time.Millisecond)
	if a := r.recall(old); a.code() != "400002" {
		t.Errorf("after more than 24 h: %s", a.Raw)
	}
}
