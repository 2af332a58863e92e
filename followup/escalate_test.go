package followup_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"workbell/followup"
	"workbell/message"
	"workbell/outbox"
	"workbell/sandbox"
)

// recipients are the recipients of several calls.
func recipients(calls ...[]string) []message.Recipients {
	var all []message.Recipients
	for _, users := range calls {
		all = append(all, message.Recipients{Users: users})
	}
	return all
}

// paged is a message whose rule escalates.
func paged(content string, to ...string) outbox.Message {
	m := text(content, to...)
	m.Track, m.Escalates = "read", true
	return m
}

// escalating sets the rule's steps: to u20 after ten minutes, again after an
// hour.
func (r *rig) escalating(all bool) {
	r.rules.steps = []followup.Step{{After: 10 * time.Minute, All: all}, {After: time.Hour, All: all}}
	r.rules.escalation = []outbox.Message{text("nobody looks", "u20")}
	r.rules.escalation[0].Track = "none"
}

// causes counts the deliveries by why they are there.
func (r *rig) causes() map[string]int {
	n := map[string]int{}
	for _, d := range r.all() {
		n[d.Cause]++
	}
	return n
}

// What nobody reads goes on to the next ones, step by step, naming those who
// have not read it; each step asks once for each call that the message took.
func TestEscalation(t *testing.T) {
	inFakeTime(t, func(r *rig) {
		r.escalating(false)
		m := paged("down", "u1", "u2")
		m.Calls = recipients([]string{"u1", "u2"}, []string{"u3"})
		ids := r.enqueue(m)
		time.Sleep(9 * time.Minute)
		if diff := cmp.Diff(map[string]int{"": 2}, r.causes()); diff != "" {
			r.t.Errorf("before its time (-want +got):\n%s", diff)
		}
		time.Sleep(2 * time.Minute)
		if diff := cmp.Diff(map[string]int{"": 2, "escalation 1": 1}, r.causes()); diff != "" {
			r.t.Errorf("after ten minutes (-want +got):\n%s", diff)
		}
		if n := r.calls("getsendresult"); n != 4 { // a minute after the send, and for the step
			r.t.Errorf("asked %d times", n)
		}
		for i, id := range ids {
			if fs := r.get(id).Followups; len(fs) != 2-i || fs[0].Due.Before(time.Now().Add(40*time.Minute)) {
				r.t.Errorf("still to come of delivery %d: %+v", id, fs)
			}
		}
		r.read("u3", ids[1])
		time.Sleep(time.Hour)
		if diff := cmp.Diff(map[string]int{"": 2, "escalation 1": 1}, r.causes()); diff != "" {
			r.t.Errorf("after an hour, read (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([][]string{{"u1", "u2", "u3"}}, r.rules.named()); diff != "" {
			r.t.Errorf("named (-want +got):\n%s", diff)
		}
	})
}

// unless: all_read goes on while anybody has not read it.
func TestEscalationUnlessAllRead(t *testing.T) {
	inFakeTime(t, func(r *rig) {
		r.escalating(true)
		id := r.enqueue(paged("down", "u1", "u2"))[0]
		time.Sleep(5 * time.Minute)
		r.read("u1", id)
		time.Sleep(10 * time.Minute)
		r.read("u2", id)
		time.Sleep(2 * time.Hour)
		if diff := cmp.Diff(map[string]int{"": 1, "escalation 1": 1}, r.causes()); diff != "" {
			r.t.Errorf("deliveries (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([][]string{{"u2"}}, r.rules.named()); diff != "" {
			r.t.Errorf("named (-want +got):\n%s", diff)
		}
	})
}

// Reading, resolving and acknowledging each end it.
func TestEscalationEnds(t *testing.T) {
	for name, end := range map[string]func(*rig, int64){
		"read":         func(r *rig, id int64) { r.read("u1", id) },
		"resolved":     func(r *rig, _ int64) { r.resolve() },
		"acknowledged": func(r *rig, id int64) { r.ack(id) },
	} {
		t.Run(name, func(t *testing.T) {
			inFakeTime(t, func(r *rig) {
				r.escalating(false)
				id := r.enqueue(paged("down", "u1", "u2"))[0]
				time.Sleep(time.Minute)
				end(r, id)
				time.Sleep(3 * time.Hour)
				if diff := cmp.Diff(map[string]int{"": 1}, r.causes()); diff != "" {
					r.t.Errorf("deliveries (-want +got):\n%s", diff)
				}
				if n := r.calls("getsendresult"); n > 2 {
					r.t.Errorf("asked %d times", n)
				}
			})
		})
	}
}

// One call that was taken back, or of which DingTalk does not tell who has read
// it, leaves the escalation to the others of the message.
func TestEscalationOfTheOtherCalls(t *testing.T) {
	for name, c := range map[string]struct {
		calls  []message.Recipients
		back   int // which call is taken back; -1: none
		unread []string
	}{
		"the first taken back": {recipients([]string{"u1", "u2"}, []string{"u3"}), 0, []string{"u3"}},
		"another taken back":   {recipients([]string{"u1", "u2"}, []string{"u3"}), 1, []string{"u1", "u2"}},
		"a large department": {[]message.Recipients{{Depts: []message.Dept{{ID: 10, Size: 2000}}}, {Users: []string{"u1"}}}, -1,
			[]string{"dept:10", "u1"}},
	} {
		t.Run(name, func(t *testing.T) {
			inFakeTime(t, func(r *rig) {
				r.escalating(false)
				m := paged("down")
				m.Calls = c.calls
				ids := r.enqueue(m)
				time.Sleep(5 * time.Minute)
				if c.back >= 0 {
					r.follow(ids[c.back], outbox.FollowRecall)
				}
				time.Sleep(45 * time.Minute)
				if diff := cmp.Diff([][]string{c.unread}, r.rules.named()); diff != "" {
					r.t.Errorf("named (-want +got):\n%s", diff)
				}
				if n := r.calls("getsendresult"); n > 4 {
					r.t.Errorf("asked %d times", n)
				}
				if log := r.log.String(); strings.Contains(log, "level=WARN") {
					r.t.Errorf("complaints:\n%s", log)
				}
			})
		})
	}
}

// Where DingTalk does not answer who has read it, the step is taken: nobody must
// wait for an answer that never comes.
func TestEscalationWithoutAnswer(t *testing.T) {
	for name, fault := range map[string]sandbox.Fault{
		"refused for good": {Kind: sandbox.Refuse, Code: 400002},
		"failing":          {Kind: sandbox.Refuse, Code: 500},
		"no permission":    {Kind: sandbox.Permission},
	} {
		t.Run(name, func(t *testing.T) {
			inFakeTime(t, func(r *rig) {
				r.escalating(false)
				fault.Path = "getsendresult"
				if err := r.far.Fail(fault); err != nil {
					r.t.Fatal(err)
				}
				id := r.enqueue(paged("down", "u1"))[0]
				time.Sleep(30 * time.Minute)
				if diff := cmp.Diff([][]string{{"u1"}}, r.rules.named()); diff != "" {
					r.t.Errorf("named (-want +got):\n%s", diff)
				}
				notes := fmt.Sprint(r.get(id).Notes)
				if !strings.Contains(notes, "cannot be learnt") || !strings.Contains(notes, "escalated, step 1, to 1 person") {
					r.t.Errorf("notes: %s", notes)
				}
			})
		})
	}
}

// What a first step within two minutes does not ask, since somebody has read
// another call or it ended before, is asked after it.
func TestEarlyStepLeavesNobodyOut(t *testing.T) {
	for name, before := range map[string]func(*rig, []int64){
		"read":         func(r *rig, ids []int64) { r.read("u1", ids[0]) },
		"acknowledged": func(r *rig, ids []int64) { r.ack(ids[0]); r.ack(ids[1]) },
	} {
		t.Run(name, func(t *testing.T) {
			inFakeTime(t, func(r *rig) {
				r.escalating(false)
				r.rules.steps[0].After = time.Minute
				r.drop("u3", "143104", 1)
				m := paged("down")
				m.Calls = recipients([]string{"u1"}, []string{"u3"})
				ids := r.enqueue(m)
				time.Sleep(30 * time.Second)
				before(r, ids)
				time.Sleep(10 * time.Minute)
				if diff := cmp.Diff(map[string]int{"": 2, "again 1": 1}, r.causes()); diff != "" {
					r.t.Errorf("deliveries (-want +got):\n%s", diff)
				}
				if n := r.calls("getsendresult"); n != 3 { // for each delivery
					r.t.Errorf("asked %d times", n)
				}
			})
		})
	}
}

// A message of many calls is asked about once for each, though the second's calls
// are few.
func TestEscalationOfManyCalls(t *testing.T) {
	inFakeTime(t, func(r *rig) {
		r.escalating(false)
		m := paged("down")
		m.Calls = nil
		for i := range 30 {
			m.Calls = append(m.Calls, message.Recipients{Users: []string{fmt.Sprint("u", i+1)}})
		}
		r.enqueue(m)
		time.Sleep(9 * time.Minute)
		before := r.calls("getsendresult")
		time.Sleep(10 * time.Minute)
		if n := r.calls("getsendresult") - before; n != 30 {
			r.t.Errorf("asked %d times", n)
		}
		if n := r.causes()["escalation 1"]; n != 1 {
			r.t.Errorf("%d escalations", n)
		}
	})
}

// A step is taken once, though the process ends in the middle of it.
func TestEscalationAcrossRestarts(t *testing.T) {
	inFakeTime(t, func(r *rig) {
		r.escalating(false)
		r.enqueue(paged("down", "u1"))
		time.Sleep(10*time.Minute - time.Second)
		for range 5 {
			r.restart()
			time.Sleep(700 * time.Millisecond)
		}
		time.Sleep(time.Minute)
		if diff := cmp.Diff(map[string]int{"": 1, "escalation 1": 1}, r.causes()); diff != "" {
			r.t.Errorf("deliveries (-want +got):\n%s", diff)
		}
	})
}

// As the month's calls run low nobody asks any more what became of deliveries;
// what is urgent is escalated all the same.
func TestBudget(t *testing.T) {
	inFakeTime(t, func(r *rig) {
		r.escalating(false)
		r.stop()
		r.limit = 20
		r.start()
		for range 18 {
			m := text(time.Now().String(), "u1")
			m.Track = "none"
			r.enqueue(m)
			time.Sleep(time.Second)
		}
		time.Sleep(time.Minute)
		tracked := r.enqueue(text("tracked", "u2"))[0]
		low := r.enqueue(paged("low", "u3"))[0]
		m := paged("urgent", "u4")
		m.Priority = outbox.High
		urgent := r.enqueue(m)[0]
		time.Sleep(30 * time.Minute)
		for id, want := range map[int64]outbox.State{tracked: outbox.Sent, low: outbox.Sent, urgent: outbox.Delivered} {
			if d := r.get(id); d.State != want || want == outbox.Sent && len(d.Notes) == 0 {
				r.t.Errorf("delivery %d is %s, want %s; %v", id, d.State, want, d.Notes)
			}
		}
		if n := r.causes()["escalation 1"]; n != 1 {
			r.t.Errorf("%d escalations", n)
		}
		if n := r.calls("getsendresult"); n != 1 {
			r.t.Errorf("asked %d times", n)
		}
	})
}

func (r *rig) ack(id int64) {
	r.t.Helper()
	_, err := r.store.Amend(r.t.Context(), outbox.Amendment{Delivery: id, Acked: true, Drop: []outbox.Kind{outbox.FollowEscalate}})
	if err != nil {
		r.t.Fatal(err)
	}
}

// read has a user read a notification.
func (r *rig) read(user string, id int64) {
	r.t.Helper()
	if !r.far.ReadTask(user, r.get(id).TaskID) {
		r.t.Fatalf("delivery %d is not on the phone of %s", id, user)
	}
}

// follow has a person ask for what a follow-up does.
func (r *rig) follow(id int64, kind outbox.Kind) {
	r.t.Helper()
	if _, err := r.store.Amend(r.t.Context(), outbox.Amendment{Delivery: id, Add: []outbox.Followup{{Kind: kind}}}); err != nil {
		r.t.Fatal(err)
	}
}
