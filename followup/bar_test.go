package followup_test

import (
	"strings"
	"testing"
	"time"

	"workbell/outbox"
	"workbell/sandbox"
)

// A resolved event turns the status bar of each notification of its group, once
// DingTalk has finished sending it, and makes no new one.
func TestStatusBarIsTurned(t *testing.T) {
	inFakeTime(t, func(r *rig) {
		r.slow(20 * time.Second)
		m := card("disk full")
		m.Calls = recipients([]string{"u1", "u2", "u3", "u4", "u5"}, []string{"u6"})
		ids := r.enqueue(m)
		time.Sleep(5 * time.Second)
		again := card("resolved")
		again.IfUnamended = true
		if made := r.resolve(again); len(made) != 0 {
			r.t.Errorf("the resolved event made deliveries %v", made)
		}
		time.Sleep(2 * time.Minute)
		for _, id := range ids {
			r.wantBar(id, "Resolved e")
			if d := r.get(id); d.Resolved.IsZero() || d.State != outbox.Delivered {
				r.t.Errorf("delivery %d: resolved %v, %s", id, d.Resolved, d.State)
			}
		}
		if n := r.calls("update"); n > 8 {
			r.t.Errorf("%d calls to turn two bars", n)
		}
	})
}

// A resolve that comes while its firing is on its way waits for it, across a
// restart; one that comes before it has left takes its place.
func TestResolveOvertakes(t *testing.T) {
	inFakeTime(t, func(r *rig) {
		r.rules.resolved = []outbox.Message{text("it is over")}
		if err := r.far.Fail(sandbox.Fault{Kind: sandbox.CutAfter, Path: "asyncsend_v2", For: 2 * time.Minute}); err != nil {
			r.t.Fatal(err)
		}
		flying := r.enqueue(card("flying", "u1"))[0]
		time.Sleep(10 * time.Second)
		waiting := r.enqueue(card("waiting", "u2"))[0] // behind it in the group
		r.resolve()
		if d := r.get(waiting); d.State != outbox.Superseded {
			r.t.Errorf("what had not left is %s", d.State)
		}
		r.restart()
		time.Sleep(time.Hour)
		// The first attempt had arrived, under a task id that nobody knows.
		d := r.get(flying)
		if got := fates(d)["u1"]; got != "delivered 143106" || d.State != outbox.Delivered {
			r.t.Errorf("u1: %s, %s", got, d.State)
		}
		if got := r.causes(); got["resolved"] != 1 || r.far.Rings("u1") != 2 {
			r.t.Errorf("deliveries %v, u1 was rung %d times: with the lost task id goes the status bar, so the end is sent", got, r.far.Rings("u1"))
		}
		if n := r.far.Rings("u2"); n != 0 {
			r.t.Errorf("u2 was rung %d times", n)
		}
	})
}

// Where the bar cannot be turned, those who have the notification are sent the
// end, each once.
func TestStatusBarFallsBack(t *testing.T) {
	inFakeTime(t, func(r *rig) {
		r.rules.resolved = []outbox.Message{text("it is over")}
		if err := r.far.Fail(sandbox.Fault{Kind: sandbox.Refuse, Path: "update", Code: 40035, Message: "不合法的参数"}); err != nil {
			r.t.Fatal(err)
		}
		first := r.enqueue(card("disk full", "u1", "u2"))[0]
		time.Sleep(time.Hour)
		second := r.enqueue(card("disk still full", "u1", "u3"))[0]
		time.Sleep(2 * time.Minute)
		r.resolve()
		time.Sleep(5 * time.Minute)
		told := map[string]int{}
		for _, d := range r.all() {
			if d.Cause != "resolved" {
				continue
			}
			if d.Of != first && d.Of != second || d.State != outbox.Delivered {
				r.t.Errorf("delivery %d of %d is %s", d.ID, d.Of, d.State)
			}
			for _, u := range d.To.Users {
				told[u]++
			}
		}
		for _, u := range []string{"u1", "u2", "u3"} {
			if told[u] != 1 {
				r.t.Errorf("%s is told %d times: %v", u, told[u], told)
			}
		}
	})
}

// A group that fires, resolves and fires again: each notification's bar ends as
// its alert did.
func TestFlapping(t *testing.T) {
	inFakeTime(t, func(r *rig) {
		first := r.enqueue(card("first", "u1"))[0]
		time.Sleep(time.Minute)
		r.resolve()
		time.Sleep(time.Minute)
		second := r.enqueue(card("second", "u1"))[0]
		time.Sleep(2 * time.Minute)
		r.wantBar(first, "Resolved e")
		r.wantBar(second, "Firing")
		r.resolve()
		time.Sleep(2 * time.Minute)
		r.wantBar(second, "Resolved e")
		if n := r.calls("update"); n != 2 {
			r.t.Errorf("%d calls to turn two bars", n)
		}
	})
}

// on_resolve: recall takes the notification back, within 24 hours.
func TestRecall(t *testing.T) {
	inFakeTime(t, func(r *rig) {
		old := text("old", "u1")
		old.OnResolve = "recall"
		late := r.enqueue(old)[0]
		time.Sleep(25 * time.Hour)
		m := text("new", "u1", "u2")
		m.OnResolve = "recall"
		id := r.enqueue(m)[0]
		time.Sleep(30 * time.Second)
		r.resolve()
		time.Sleep(5 * time.Minute)
		if d := r.get(id); d.State != outbox.Recalled {
			r.t.Errorf("it is %s: %v", d.State, d.Notes)
		}
		if d := r.get(late); d.State != outbox.Delivered {
			r.t.Errorf("one past the window is %s: %v", d.State, d.Notes)
		}
		if n := r.calls("recall"); n != 1 {
			r.t.Errorf("%d calls of recall", n)
		}
		if n := r.calls("getsendresult"); n != 1 {
			r.t.Errorf("%d calls of getsendresult: what was taken back is not asked about", n)
		}
	})
}

// What is taken back is not sent again to whom it had not reached.
func TestRecallEndsTheRepeats(t *testing.T) {
	inFakeTime(t, func(r *rig) {
		r.drop("u2", "143105", 1) // sent again the next day
		m := text("m", "u1", "u2")
		m.OnResolve = "recall"
		r.enqueue(m)
		time.Sleep(2 * time.Minute)
		r.resolve()
		time.Sleep(24 * time.Hour)
		if all := r.all(); len(all) != 2 || all[1].State != outbox.Superseded || r.far.Rings("u2") != 0 {
			r.t.Errorf("%d deliveries, the last is %s; u2 was rung %d times", len(all), all[len(all)-1].State, r.far.Rings("u2"))
		}
	})
}

// What DingTalk refuses for reasons of its own is tried again when it may work.
func TestAmendmentsOutlastAnOutage(t *testing.T) {
	inFakeTime(t, func(r *rig) {
		id := r.enqueue(card("disk full", "u1"))[0]
		time.Sleep(time.Second)
		for _, kind := range []sandbox.Kind{sandbox.Outage, sandbox.Hang} {
			if err := r.far.Fail(sandbox.Fault{Kind: kind, For: 90 * time.Minute, Probability: 0.5}); err != nil {
				r.t.Fatal(err)
			}
		}
		if err := r.far.Fail(sandbox.Fault{Kind: sandbox.TokenExpired, Times: 1}); err != nil {
			r.t.Fatal(err)
		}
		r.resolve()
		time.Sleep(time.Hour)
		r.restart()
		time.Sleep(2 * time.Hour)
		r.wantBar(id, "Resolved e")
		d := r.get(id)
		if d.State != outbox.Delivered {
			r.t.Errorf("it is %s: %v", d.State, d.Notes)
		}
		if strings.Contains(r.log.String(), "level=ERROR") {
			r.t.Errorf("an error was logged:\n%s", r.log)
		}
	})
}

// wantBar fails unless the stand-in shows that status bar.
func (r *rig) wantBar(id int64, want string) {
	r.t.Helper()
	d := r.get(id)
	for _, c := range r.far.Calls() {
		if c.TaskID == d.TaskID {
			if c.StatusBar == nil || c.StatusBar.Value != want {
				r.t.Errorf("delivery %d shows %+v, want %q; notes: %v", id, c.StatusBar, want, d.Notes)
			}
			return
		}
	}
	r.t.Errorf("delivery %d, task %d: the stand-in knows no such task", id, d.TaskID)
}

// Where the rule is gone there is nothing to send, and the history says so.
func TestNothingToSendInstead(t *testing.T) {
	inFakeTime(t, func(r *rig) {
		m := text("no bar", "u1")
		m.OnResolve = "status_bar"
		id := r.enqueue(m)[0]
		time.Sleep(2 * time.Minute)
		r.resolve()
		time.Sleep(2 * time.Minute)
		d := r.get(id)
		if len(d.Notes) != 1 || !strings.Contains(d.Notes[0].Text, `by rule "r"`) {
			r.t.Errorf("notes: %v", d.Notes)
		}
	})
}
