package sandbox

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestProgress goes 0, 1, 2; until then the result is empty.
func TestProgress(t *testing.T) {
	t.Parallel()
	r := open(t, Options{DeliveryTime: 10 * time.Second})
	task := r.sent("u1", "x")
	for _, c := range []struct {
		wait    time.Duration
		want    taskProgress
		reached int
	}{
		{0, taskProgress{0, 0}, 0}, {time.Second, taskProgress{10, 1}, 0}, {8 * time.Second, taskProgress{90, 1}, 0},
		{999 * time.Millisecond, taskProgress{99, 1}, 0}, {time.Millisecond, taskProgress{100, 2}, 1}, {time.Hour, taskProgress{100, 2}, 1},
	} {
		r.pass(c.wait)
		if got := r.ask(PathProgress, task); got.Progress != c.want || got.RequestID == "" || got.code() != "0" {
			t.Errorf("%s, not %+v", got.Raw, c.want)
		}
		if got := r.ask(PathResult, task); len(got.Result["unread_user_id_list"]) != c.reached {
			t.Errorf("at %d %%: %s", c.want.Percent, got.Raw)
		}
	}
}

// TestResultLists: everybody stands in the list of their fate, a forbidden one
// in both; every other task leaves out what is empty.
func TestResultLists(t *testing.T) {
	t.Parallel()
	o := Options{Directory: DefaultDirectory(), Limits: Limits{MessagesPerEmployeePerDay: 1}}
	o.Directory.Employees = append(o.Directory.Employees, Employee{ID: "gone", Status: OutOfScope}, Employee{ID: "down", Status: Failing})
	r := open(t, o)
	r.sent("u3", "first")
	a := r.post(PathSend, `{"agent_id":7,"userid_list":"u1,u2,u3,gone,down,nobody","dept_id_list":"77,78","msg":`+text("x")+`}`)
	if n := r.s.Read("u2"); n != 1 {
		t.Errorf("u2 read %d", n)
	}
	if n := r.s.Read("u2") + r.s.Read("nobody"); n != 0 {
		t.Errorf("%d were read again", n)
	}
	got := r.ask(PathResult, a.TaskID)
	for list, want := range map[string]string{
		"unread_user_id_list": "[u1]", "read_user_id_list": "[u2]", "forbidden_user_id_list": "[u3]", "invalid_user_id_list": "[gone nobody]",
		"failed_user_id_list": "[down]", "invalid_dept_id_list": "[77 78]", "forbidden_list": "[map[code:143105 count:1 userid:u3]]",
	} {
		if s := fmt.Sprint(got.Result[list]); s != want {
			t.Errorf("%s is %s, not %s", list, s, want)
		}
	}
	sparse, full := 0, 0
	for i := range 6 {
		switch raw := r.ask(PathResult, r.sent("u4", fmt.Sprint(i))).Raw; { // nobody has this id
		case strings.Contains(raw, `"read_user_id_list":[]`) && strings.Contains(raw, `"forbidden_list":[]`):
			full++
		case !strings.Contains(raw, "[]") && strings.Contains(raw, `"invalid_user_id_list":["u4"]`):
			sparse++
		}
	}
	if sparse == 0 || full == 0 || sparse+full != 6 {
		t.Errorf("%d answers leave out what is empty, %d do not", sparse, full)
	}
}

func TestTaskQueries(t *testing.T) {
	t.Parallel()
	r := open(t, Options{})
	task := fmt.Sprint(r.sent("u1", "x"))
	for name, c := range map[string]struct{ body, want string }{
		"numbers":         {`{"agent_id":7,"task_id":` + task + `}`, "0"},
		"as text":         {`{"agent_id":"7","task_id":"` + task + `"}`, "0"},
		"no task_id":      {`{"agent_id":7}`, "40"},
		"no agent_id":     {`{"task_id":` + task + `}`, "40"},
		"task_id a word":  {`{"agent_id":7,"task_id":"x"}`, "41"},
		"another's agent": {`{"agent_id":8,"task_id":` + task + `}`, "400002"},
		"unknown task":    {`{"agent_id":7,"task_id":1}`, "40035"},
		"recall's name":   {`{"agent_id":7,"task_id":` + task + `,"msg_task_id":1}`, "41"},
	} {
		for _, path := range []string{PathProgress, PathResult} {
			if a := r.post(path, c.body); a.code() != c.want {
				t.Errorf("%s: %s, not %s", name, a.Raw, c.want)
			}
		}
	}
	r.pass(24 * time.Hour)
	r.renew()
	if a := r.post(PathResult, `{"agent_id":7,"task_id":`+task+`}`); a.code() != "0" {
		t.Errorf("after 24 h: %s", a.Raw)
	}
	r.pass(time.Second)
	if a := r.post(PathResult, `{"agent_id":7,"task_id":`+task+`}`); a.code() != "40035" {
		t.Errorf("after more than 24 h: %s", a.Raw)
	}
}

// TestResultOfMany: over 100 recipients DingTalk answers with a time-out.
func TestResultOfMany(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{100: "0", 101: "15/isp.-1"} {
		r := open(t, Options{Directory: staff(n)})
		task := r.post(PathSend, `{"agent_id":7,"dept_id_list":"5","msg":`+text("x")+`}`).TaskID
		if a := r.ask(PathResult, task); a.code() != want {
			t.Errorf("%d recipients: %s, not %s", n, a.code(), want)
		}
		if a := r.ask(PathProgress, task); a.code() != "0" {
			t.Errorf("%d recipients: progress %s", n, a.Raw)
		}
	}
}

// TestLedgerIsBounded, in calls and in people, and what goes leaves the phones
// as well.
func TestLedgerIsBounded(t *testing.T) {
	t.Parallel()
	r := open(t, Options{Ledger: 5, Directory: staff(200), Limits: Limits{CallsPerSecond: -1}})
	first := r.sent("x0", "0")
	for i := range 6 {
		r.sent("x0", fmt.Sprint(i+1))
	}
	if calls := r.s.Calls(); len(calls) != 5 || calls[0].TaskID != first+4 && calls[0].Msg != text("2") {
		t.Errorf("%d calls kept, from %s", len(calls), calls[0].Msg)
	}
	if a := r.ask(PathResult, first); a.code() != "40035" {
		t.Errorf("a task that is gone: %s", a.Raw)
	}
	if n := len(r.s.page("x0").Notes); n != 5 {
		t.Errorf("%d on the phone", n)
	}
	for i := range 2 { // 200 people each, of 250
		r.post(PathSend, `{"agent_id":7,"dept_id_list":"5","msg":`+text(fmt.Sprint("all", i))+`}`)
	}
	if n := len(r.s.Calls()); n != 1 {
		t.Errorf("%d calls kept of 200 people each", n)
	}
	if c := r.s.Counters(); c.Accepted != 9 {
		t.Errorf("%+v", c)
	}
	if got := r.s.last(100); len(got) != 1 {
		t.Errorf("the newest 100 are %d", len(got))
	}
}
