package dispatch_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"workbell/dingtalk"
	"workbell/message"
	"workbell/outbox"
)

// low is a text of low priority.
func low(text string, to ...string) outbox.Message {
	m := msg(text, to...)
	m.Priority = outbox.Low
	return m
}

// runLow starts a dispatcher whose month's calls are used but for a few.
func (r *rig) runLow() {
	r.budget = 20
	r.start()
	for i := range 19 {
		r.enqueue(msg(fmt.Sprint("normal ", i), "u9"))
		time.Sleep(time.Second)
	}
	time.Sleep(2 * time.Minute)
}

// What would expire before the digest, or is to be recalled by itself, does not
// wait for it.
func TestNotForTheDigest(t *testing.T) {
	inFakeTime(t, "12:10:00", func(r *rig) {
		r.runLow()
		short, recalled := low("short", "u1"), low("recalled", "u1")
		short.Expires = time.Now().Add(20 * time.Minute)
		recalled.OnResolve = "recall"
		ids := r.enqueue(low("one", "u1"), short, recalled, low("two", "u1"))
		time.Sleep(10 * time.Minute)
		for i, want := range []outbox.State{outbox.Queued, outbox.Sent, outbox.Sent, outbox.Queued} {
			if d := r.get(ids[i]); d.State != want {
				r.t.Errorf("%s is %s: %s", d.Body, d.State, d.Reason)
			}
		}
	})
}

// What waits for the digest does not hold back the urgent of its group.
func TestUrgentPassesTheDigest(t *testing.T) {
	inFakeTime(t, "12:10:00", func(r *rig) {
		r.runLow()
		minor, urgent := low("minor", "u1"), msg("urgent", "u1")
		minor.Group, urgent.Group, urgent.Priority = "g", "g", outbox.Critical
		r.enqueue(minor)
		time.Sleep(time.Minute)
		id := r.enqueue(urgent)[0]
		time.Sleep(time.Minute)
		if d := r.get(id); d.State != outbox.Sent {
			r.t.Errorf("it is %s", d.State)
		}
	})
}

// A digest that has to wait is worth sending as long as any of what it lists.
func TestDigestLivesLongest(t *testing.T) {
	inFakeTime(t, "12:10:00", func(r *rig) {
		began := time.Now()
		r.far.before = func(int, message.Recipients, string) *dingtalk.Error {
			if since := time.Since(began); since > 50*time.Minute && since < 3*time.Hour {
				return noAnswer()
			}
			return nil
		}
		r.runLow()
		short := low("short", "u1")
		short.Expires = time.Now().Add(2 * time.Hour)
		r.enqueue(short, low("long", "u1"))
		time.Sleep(4 * time.Hour)
		last := r.far.arrived()
		if text := last[len(last)-1].msg; !strings.Contains(text, "2 notifications") {
			r.t.Errorf("the last that arrived is %q", text)
		}
	})
}
