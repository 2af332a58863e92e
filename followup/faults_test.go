package followup_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"workbell/outbox"
	"workbell/sandbox"
)

// The month's quota used up stops the asking with one loud line, and few calls
// are wasted on it; it goes on once DingTalk answers again.
func TestQuotaUsedUp(t *testing.T) {
	inFakeTime(t, func(r *rig) {
		id := r.enqueue(text("hello", "u1"))[0]
		time.Sleep(10 * time.Second)
		if err := r.far.Fail(sandbox.Fault{Kind: sandbox.Quota, Path: "getsendresult", For: 6 * time.Hour}); err != nil {
			r.t.Fatal(err)
		}
		time.Sleep(5 * time.Hour)
		if n := r.calls("getsendresult"); n == 0 || n > 40 {
			r.t.Errorf("asked %d times in five hours", n)
		}
		if n := strings.Count(r.log.String(), "level=ERROR"); n != 1 || !strings.Contains(r.log.String(), "90020") {
			r.t.Errorf("%d errors logged:\n%s", n, r.log)
		}
		if p := r.follower.Pauses()["ops"]; !strings.Contains(p.Why, "90020") || p.Until.Before(time.Now()) {
			r.t.Errorf("it pauses: %+v", p)
		}
		time.Sleep(2 * time.Hour)
		if d := r.get(id); d.State != outbox.Delivered || len(r.follower.Pauses()) > 0 {
			r.t.Errorf("it is %s; pauses %v", d.State, r.follower.Pauses())
		}
	})
}

// Results are there for 24 hours: what could not be asked by then is not asked
// any more, and says so.
func TestResultsAreGoneAfterADay(t *testing.T) {
	inFakeTime(t, func(r *rig) {
		id := r.enqueue(text("hello", "u1"))[0]
		time.Sleep(10 * time.Second)
		if err := r.far.Fail(sandbox.Fault{Kind: sandbox.Outage, For: 25 * time.Hour}); err != nil {
			r.t.Fatal(err)
		}
		time.Sleep(26 * time.Hour)
		d := r.get(id)
		if d.State != outbox.Sent || len(d.Followups) > 0 || len(d.Notes) != 1 || !strings.Contains(d.Notes[0].Text, "24 hours") {
			r.t.Errorf("%s, still to come %v, notes %v", d.State, d.Followups, d.Notes)
		}
	})
}

// A token that ends in the middle of a burst costs a new one and nothing else.
func TestTokenEndsInABurst(t *testing.T) {
	inFakeTime(t, func(r *rig) {
		for i := range 60 {
			r.enqueue(text(time.Now().String(), "u1"))
			if i%20 == 10 {
				r.far.ExpireTokens()
			}
			time.Sleep(100 * time.Millisecond)
		}
		time.Sleep(55 * time.Second)
		for range 20 {
			r.far.ExpireTokens()
			time.Sleep(500 * time.Millisecond)
		}
		time.Sleep(5 * time.Minute)
		states := map[outbox.State]int{}
		for _, d := range r.all() {
			states[d.State]++
		}
		if diff := cmp.Diff(map[outbox.State]int{outbox.Delivered: 60}, states); diff != "" {
			r.t.Errorf("states (-want +got):\n%s", diff)
		}
	})
}

// An answer that is lost after the act is asked for again: a status bar turned
// twice shows the same, and what was recalled stays so.
func TestAnswerLostAfterTheAct(t *testing.T) {
	inFakeTime(t, func(r *rig) {
		for _, path := range []string{"getsendresult", "update", "recall"} {
			if err := r.far.Fail(sandbox.Fault{Kind: sandbox.CutAfter, Path: path, Times: 2}); err != nil {
				r.t.Fatal(err)
			}
		}
		bar := r.enqueue(card("card", "u1"))[0]
		m := text("text", "u2")
		m.OnResolve = "recall"
		back := r.enqueue(m)[0]
		time.Sleep(2 * time.Minute)
		r.resolve()
		time.Sleep(time.Hour)
		r.wantBar(bar, "Resolved e")
		if d := r.get(bar); d.State != outbox.Delivered {
			r.t.Errorf("the card is %s", d.State)
		}
		task, _ := r.far.Task(r.get(back).TaskID)
		if d := r.get(back); d.State != outbox.Recalled || task.Recalled.IsZero() {
			r.t.Errorf("the text is %s, recalled %v: %v", d.State, task.Recalled, d.Notes)
		}
	})
}
