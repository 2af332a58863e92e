package sandbox

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestSameContent: once a day, by app and employee; what counts is what the
// JSON says, not how it is written.
func TestSameContent(t *testing.T) {
	t.Parallel()
	r := open(t, Options{})
	spaced := `{"agent_id":7,"userid_list":"u1,u2","msg":{ "text":{"content":"x"}, "msgtype":"text" }}`
	if got := r.fates(r.sent("u1", "x")); got != "u1 unread" {
		t.Error(got)
	}
	if got := r.fates(r.post(PathSend, spaced).TaskID); got != "u1 143106, u2 unread" {
		t.Errorf("the same, written otherwise: %s", got)
	}
	if got := r.fates(r.sent("u1", "x ")); got != "u1 unread" {
		t.Errorf("other content: %s", got)
	}
	r.pass(12*time.Hour - time.Second) // 23:59:59 in China
	r.renew()
	if got := r.fates(r.sent("u1", "x")); got != "u1 143106" {
		t.Errorf("before midnight in China: %s", got)
	}
	r.pass(time.Second)
	if got := r.fates(r.sent("u1", "x")); got != "u1 unread" {
		t.Errorf("after midnight in China: %s", got)
	}
	if n := r.s.Rings("u1"); n != 3 {
		t.Errorf("u1 was rung %d times, not 3", n)
	}
}

// TestMessagesADay: 500 to each employee, with the documented limit's name; the
// answer stays "ok".
func TestMessagesADay(t *testing.T) {
	t.Parallel()
	r := open(t, Options{Limits: Limits{CallsPerSecond: -1}})
	for i := range 500 {
		if got := r.fates(r.sent("u1", fmt.Sprint(i))); got != "u1 unread" {
			t.Fatalf("the %d-th: %s", i+1, got)
		}
	}
	task := r.sent("u1,u2", "one more")
	if got := r.fates(task); got != "u1 143105, u2 unread" {
		t.Error(got)
	}
	forbidden := r.ask(PathResult, task).Result["forbidden_list"]
	if got := fmt.Sprint(forbidden); got != "[map[code:143105 count:500 userid:u1]]" {
		t.Error(got)
	}
	r.pass(12 * time.Hour)
	r.renew()
	if got := r.fates(r.sent("u1", "one more")); got != "u1 unread" {
		t.Errorf("the next day: %s", got)
	}
}

// TestRecipientsAMinute: the 5,001st of any 60 s is dropped; a window that
// slides, not minutes of the clock.
func TestRecipientsAMinute(t *testing.T) {
	t.Parallel()
	r := open(t, Options{Directory: staff(3000)})
	whole := func(content string) (rung, dropped int) {
		t.Helper()
		a := r.post(PathSend, `{"agent_id":7,"dept_id_list":"5","msg":`+text(content)+`}`)
		if a.code() != "0" {
			t.Fatalf("%s", a.Raw)
		}
		got := r.fates(a.TaskID)
		return strings.Count(got, "unread"), strings.Count(got, "143103")
	}
	for _, c := range []struct {
		wait          time.Duration
		rung, dropped int
	}{
		{0, 3000, 0}, {30 * time.Second, 2000, 1000}, {30*time.Second - time.Millisecond, 0, 3000}, {time.Millisecond, 3000, 0},
		{30*time.Second - time.Millisecond, 0, 3000}, {time.Millisecond, 2000, 1000},
	} {
		r.pass(c.wait)
		if rung, dropped := whole(r.clock().String()); rung != c.rung || dropped != c.dropped {
			t.Errorf("after %v: %d rung, %d dropped; not %d, %d", c.wait, rung, dropped, c.rung, c.dropped)
		}
	}
}

func TestRecipientsACall(t *testing.T) {
	t.Parallel()
	r := open(t, Options{Directory: staff(5002), Limits: Limits{RecipientsPerMinute: -1}})
	a := r.post(PathSend, `{"agent_id":7,"dept_id_list":"5","msg":`+text("x")+`}`)
	if got := r.fates(a.TaskID); strings.Count(got, "unread") != 5000 || !strings.HasSuffix(got, "x5000 41029, x5001 41029") {
		t.Errorf("%d rung", strings.Count(got, "unread"))
	}
	if c := r.s.Counters(); c.Accepted != 1 || c.Rings != 5000 || c.Dropped != 2 {
		t.Errorf("%+v", c)
	}
}

func TestEveryoneADay(t *testing.T) {
	t.Parallel()
	r := open(t, Options{Directory: staff(2)})
	everyone := func(content string) string {
		t.Helper()
		return r.fates(r.post(PathSend, `{"agent_id":7,"to_all_user":true,"msg":`+text(content)+`}`).TaskID)
	}
	for i := range 3 {
		if got := everyone(fmt.Sprint(i)); got != "x0 unread, x1 unread" {
			t.Errorf("the %d-th: %s", i+1, got)
		}
	}
	if got := everyone("4"); got != "x0 41045, x1 41045" {
		t.Errorf("the 4th: %s", got)
	}
	if got := r.fates(r.sent("x0", "by name")); got != "x0 unread" {
		t.Errorf("by name: %s", got)
	}
	r.pass(12 * time.Hour)
	r.renew()
	if got := everyone("4"); got != "x0 unread, x1 unread" {
		t.Errorf("the next day: %s", got)
	}
}

// TestCallsASecond: by app and by API; what is refused does not count.
func TestCallsASecond(t *testing.T) {
	t.Parallel()
	r := open(t, Options{})
	for i := range 20 {
		r.pass(time.Millisecond)
		r.sent("u1", fmt.Sprint(i))
	}
	for range 3 {
		if a := r.send("u1", "more"); a.code() != "88/90018" || !strings.Contains(a.Message, "subcode=90018") {
			t.Errorf("the 21st: %s", a.Raw)
		}
	}
	if a := r.ask(PathProgress, 1); a.code() != "40035" {
		t.Errorf("another API: %s", a.Raw)
	}
	r.pass(980 * time.Millisecond) // 999 ms after the first
	if a := r.send("u1", "more"); a.code() != "88/90018" {
		t.Errorf("within the second: %s", a.Raw)
	}
	r.pass(time.Millisecond)
	if a := r.send("u1", "more"); a.code() != "0" {
		t.Errorf("a second after the first: %s", a.Raw)
	}
	if a := r.send("u1", "most"); a.code() != "88/90018" {
		t.Errorf("and only one: %s", a.Raw)
	}
	if got := r.s.Counters().Calls[PathSend]; got["0"] != 21 || got["88/90018"] != 5 {
		t.Errorf("%v", got)
	}
}

// TestCallsAMonth: queries count as well, throttled calls and tokens do not.
func TestCallsAMonth(t *testing.T) {
	t.Parallel()
	r := open(t, Options{Limits: Limits{CallsPerMonth: 3, CallsPerSecond: 2}})
	task := r.sent("u1", "a")
	r.sent("u1", "b")
	if a := r.send("u1", "c"); a.code() != "88/90018" {
		t.Errorf("%s", a.Raw)
	}
	r.ask(PathProgress, task)
	a := r.ask(PathResult, task)
	if a.code() != "90020" || !strings.Contains(a.Message, "调用量:4次,额度:3次") {
		t.Errorf("the 4th of the month: %s", a.Raw)
	}
	r.pass(9*24*time.Hour - 12*time.Hour) // 1 December in China, 30 November in UTC
	r.renew()
	if a := r.send("u1", "c"); a.code() != "0" {
		t.Errorf("the next month: %s", a.Raw)
	}
}

// TestFlood: an address with too many calls in 20 s is shut out for 5 minutes.
func TestFlood(t *testing.T) {
	t.Parallel()
	r := open(t, Options{Limits: Limits{CallsPerAddress: 3}})
	r.sent("u1", "a")
	r.sent("u1", "b")
	if a := r.send("u1", "c"); !strings.Contains(a.Raw, `"punish":"deny"`) || a.Code != nil {
		t.Errorf("the 4th call: %s", a.Raw)
	}
	r.pass(5*time.Minute - time.Second)
	if a := r.get(PathToken + "?appkey=key&appsecret=pass"); !strings.Contains(a.Raw, `"punish":"deny"`) {
		t.Errorf("within 5 minutes: %s", a.Raw)
	}
	r.pass(time.Second)
	r.sent("u1", "c")
}

// TestReset forgets all that was used, and leaves tokens good.
func TestReset(t *testing.T) {
	t.Parallel()
	r := open(t, Options{Limits: Limits{CallsPerMonth: 2, MessagesPerEmployeePerDay: 1, RecipientsPerMinute: 2}})
	r.sent("u1", "a")
	r.sent("u1", "a")
	if a := r.send("u1", "a"); a.code() != "90020" {
		t.Fatalf("%s", a.Raw)
	}
	if err := r.s.Fail(Fault{Kind: Outage}); err != nil {
		t.Fatal(err)
	}
	r.s.Reset()
	if c := r.s.Counters(); c.Accepted+c.Rings+c.Dropped != 0 || len(c.Calls) != 0 || len(r.s.Calls()) != 0 || r.s.Rings("u1") != 0 || len(r.s.Faults()) != 0 {
		t.Errorf("%+v remains", c)
	}
	if got := r.fates(r.sent("u1", "a")); got != "u1 unread" {
		t.Errorf("the same content after Reset: %s", got)
	}
}

// TestLimitsOff: negative means none.
func TestLimitsOff(t *testing.T) {
	t.Parallel()
	r := open(t, Options{Limits: Limits{-1, -1, -1, -1, -1, -1, -1, -1, -1}, Ledger: -1})
	for i := range 30 {
		r.sent("u1", fmt.Sprint(i))
	}
	if c := r.s.Counters(); c.Rings != 30 || len(r.s.Calls()) != 0 {
		t.Errorf("%+v, %d calls kept", c, len(r.s.Calls()))
	}
	if got := r.s.page("u1"); got.Whole || len(got.Notes) != 0 {
		t.Errorf("%d notes are kept", len(got.Notes))
	}
}
