package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"workbell/secret"
)

// order orders a fault by the controls.
func (r *rig) order(fault string) {
	r.t.Helper()
	if a := r.do("POST", "/sandbox/faults", "application/json", fault); a.Status != http.StatusNoContent {
		r.t.Fatalf("%s: %s", fault, a.Raw)
	}
}

// TestDrop: the next sends to somebody are dropped in silence, with every code,
// and count against no limit.
func TestDrop(t *testing.T) {
	t.Parallel()
	for _, code := range strings.Fields("143103 143104 143105 143106 143203 143204 143205 143206 1430000 1430002 1430003 1430004") {
		r := open(t, Options{})
		order := `{"kind":"drop","times":2,"code":` + code + `,"user":"u2"}`
		r.order(order)
		if got := r.get("/sandbox/faults").Raw; got != "["+order+"]\n" {
			t.Errorf("listed as %s", got)
		}
		if got := r.fates(r.sent("u1", "a")); got != "u1 unread" {
			t.Errorf("%s: %s", code, got)
		}
		for range 2 {
			if got := r.fates(r.sent("u2,u3", "b")); !strings.HasPrefix(got, "u2 "+code+", u3") {
				t.Errorf("%s: %s", code, got)
			}
		}
		if got := r.fates(r.sent("u2", "b")); got != "u2 unread" || len(r.s.Faults()) != 0 {
			t.Errorf("%s, once it is over: %s", code, got)
		}
		if n := strings.Count(r.page("u2"), `class="dropped"`); n != 2 {
			t.Errorf("%s: %d shown as dropped", code, n)
		}
	}
	r := open(t, Options{})
	r.order(`{"kind":"drop","path":"asyncsend_v2"}`)
	if got := r.fates(r.sent("u1,nobody,u2", "a")); got != "u1 failed, nobody invalid, u2 failed" {
		t.Errorf("without a code: %s", got)
	}
	r.s.Heal()
	r.order(`{"kind":"drop","path":"sendbytemplate","code":143103}`)
	r.order(`{"kind":"throttle","times":1}`)
	if a := r.send("u1", "a"); a.code() != "88/90018" {
		t.Errorf("beside a silent fault another does not strike: %s", a.Raw)
	}
	if got := r.fates(r.sent("u1", "a")); got != "u1 unread" {
		t.Errorf("one for another API struck: %s", got)
	}
}

// TestSlow: a send's progress takes as long as is ordered, and until then those
// who are not reached are in no list.
func TestSlow(t *testing.T) {
	t.Parallel()
	r := open(t, Options{Directory: staff(10)})
	r.order(`{"kind":"slow","wait":"1m0s","times":1}`)
	slow, quick := r.sent(many("x", 10), "a"), r.sent(many("x", 10), "b")
	for _, c := range []struct {
		wait    time.Duration
		want    taskProgress
		reached int
	}{{0, taskProgress{0, 0}, 0}, {30 * time.Second, taskProgress{50, 1}, 5}, {30 * time.Second, taskProgress{100, 2}, 10}} {
		r.pass(c.wait)
		if got := r.ask(PathProgress, slow); got.Progress != c.want {
			t.Errorf("%s, not %+v", got.Raw, c.want)
		}
		if n := len(r.ask(PathResult, slow).Result["unread_user_id_list"]); n != c.reached {
			t.Errorf("at %d %%: %d in the lists, not %d", c.want.Percent, n, c.reached)
		}
		if got := r.ask(PathProgress, quick); got.Progress.Status != 2 {
			t.Errorf("the next send: %s", got.Raw)
		}
	}
	for _, f := range []Fault{{Kind: Slow}, {Kind: Throttle, User: "u1"}} {
		if err := r.s.Fail(f); err == nil {
			t.Errorf("%+v can be ordered", f)
		}
	}
}

// TestTaskControls: one task of the ledger, and one notification read.
func TestTaskControls(t *testing.T) {
	t.Parallel()
	r := open(t, Options{})
	first, second := r.sent("u1,u2", "a"), r.sent("u1", "b")
	read := func(user string, task any) int {
		return r.do("POST", fmt.Sprintf("/sandbox/read?user=%s&task=%v", user, task), "", "").Status
	}
	if n := read("u1", first); n != http.StatusNoContent {
		t.Errorf("%d", n)
	}
	for _, n := range []int{read("u1", first), read("u2", second), read("u1", "x"), read("u1", "")} {
		if n != http.StatusNotFound {
			t.Errorf("what is not there, or read, gives %d", n)
		}
	}
	if got := r.fates(first) + "; " + r.fates(second); got != "u1 read, u2 unread; u1 unread" {
		t.Error(got)
	}
	var call Call
	if err := json.Unmarshal([]byte(r.get(fmt.Sprint("/sandbox/ledger?task=", first)).Raw), &call); err != nil {
		t.Fatal(err)
	}
	want, _ := r.s.Task(first)
	if d := cmp.Diff(want, call); d != "" || len(call.Recipients) != 2 {
		t.Error(d)
	}
	for _, task := range []string{"1", "x", ""} {
		if a := r.get("/sandbox/ledger?task=" + task); a.Status != http.StatusNotFound {
			t.Errorf("task %q: %d", task, a.Status)
		}
	}
	if c := r.s.Counters(); c.Total(PathSend) != 2 || c.Total(PathRecall) != 0 {
		t.Errorf("%+v", c)
	}
}

// TestAdoptKeepsWhatWasUsed: tokens remain good and limits used, while calls
// come.
func TestAdoptKeepsWhatWasUsed(t *testing.T) {
	t.Parallel()
	r := open(t, Options{Limits: Limits{CallsPerSecond: -1}})
	r.sent("u1", "a")
	adopted := make(chan struct{})
	go func() {
		defer close(adopted)
		for range 20 {
			r.s.Adopt(App{Name: "renamed", Key: "key", Secret: secret.New("pass"), AgentID: 7}, App{Key: "new", Secret: secret.New("pass"), AgentID: 9})
		}
	}()
	for range 5 {
		if got := r.fates(r.sent("u1", "a")); got != "u1 143106" {
			t.Error(got)
		}
	}
	<-adopted
	if c, _ := r.s.Task(r.sent("u2", "b")); c.App != "renamed" || c.Recipients[0].Fate != Unread {
		t.Errorf("%+v", c)
	}
	r.token = r.get(PathToken + "?appkey=new&appsecret=pass").Token
	if a := r.post(PathSend, `{"agent_id":9,"userid_list":"u1","msg":`+text("a")+`}`); a.code() != "0" {
		t.Errorf("the new app: %s", a.Raw)
	}
}
