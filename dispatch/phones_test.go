package dispatch_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"workbell/dispatch"
	"workbell/message"
	"workbell/outbox"
)

// phoned is a message to users and telephone numbers.
func phoned(text string, users, numbers []string) outbox.Message {
	m := msg(text)
	m.Calls = []message.Recipients{{Users: users, Mobiles: numbers}}
	return m
}

// recipients are whom each call that arrived went to.
func (f *far) recipients() [][]string {
	var all [][]string
	for _, a := range f.arrived() {
		all = append(all, a.to.Users)
	}
	return all
}

// A telephone number is looked up once; from then on its employee is one
// recipient among the others of a call.
func TestPhoneIsLookedUpOnce(t *testing.T) {
	inFakeTime(t, "12:00:00", func(r *rig) {
		r.far.phones = map[string]string{"13800000001": "u1", "13800000002": "u2"}
		r.start()
		r.enqueue(phoned("first", []string{"u0"}, []string{"13800000001", "13800000002"}))
		r.drain(time.Minute)
		r.enqueue(phoned("second", []string{"u0", "u1"}, []string{"13800000001", "13800000002"}))
		r.drain(time.Minute)
		if diff := cmp.Diff([][]string{{"u0"}, {"u1", "u2"}, {"u0", "u1", "u2"}}, r.far.recipients()); diff != "" {
			r.t.Errorf("calls (-want +got):\n%s", diff)
		}
		if got := len(r.far.asked); got != 2 {
			r.t.Errorf("asked %d times: %v", got, r.far.asked)
		}
		r.stop()
		r.start()
		r.enqueue(phoned("after a restart", nil, []string{"13800000002"}))
		r.drain(time.Minute)
		if got := len(r.far.asked); got != 2 {
			r.t.Errorf("asked %d times after a restart", got)
		}
		time.Sleep(25 * time.Hour)
		r.enqueue(phoned("next day", nil, []string{"13800000001"}))
		r.drain(time.Minute)
		if got := len(r.far.asked); got != 3 {
			r.t.Errorf("asked %d times after a day", got)
		}
	})
}

// A number that no employee has ends visibly, without the number in words, and
// the others have the message.
func TestUnknownPhoneIsRefused(t *testing.T) {
	inFakeTime(t, "12:00:00", func(r *rig) {
		r.far.phones = map[string]string{"13800000001": "u1"}
		r.start()
		r.enqueue(phoned("m", []string{"u0"}, []string{"13800000001", "13999999999"}))
		r.drain(time.Minute)
		states := map[outbox.State]int{}
		for _, d := range r.all() {
			states[d.State]++
			if d.State == outbox.Refused && (!strings.Contains(d.Reason, "139*****999") || strings.Contains(d.Reason, "13999999999")) {
				r.t.Errorf("reason: %q", d.Reason)
			}
		}
		if diff := cmp.Diff(map[outbox.State]int{outbox.Sent: 2, outbox.Refused: 1}, states); diff != "" {
			r.t.Errorf("states (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([][]string{{"u0"}, {"u1"}}, r.far.recipients()); diff != "" {
			r.t.Errorf("calls (-want +got):\n%s", diff)
		}
	})
}

// Without the permission to look numbers up, the message waits and says why;
// nothing is spent, few calls are wasted, and others of its kind go on.
func TestPhoneThatCannotBeLookedUpWaits(t *testing.T) {
	inFakeTime(t, "12:00:00", func(r *rig) {
		r.far.phones = map[string]string{"13800000001": ""}
		r.start()
		id := r.enqueue(phoned("m", nil, []string{"13800000001"}))[0]
		time.Sleep(time.Hour)
		if d := r.wantState(id, outbox.Queued); d.Spent != 0 || d.Tries != 0 || !strings.Contains(d.Reason, "60011") {
			r.t.Errorf("spent %d of %d, reason %q", d.Spent, d.Tries, d.Reason)
		}
		if got := len(r.far.asked); got > 30 {
			r.t.Errorf("asked %d times in an hour", got)
		}
		other := r.enqueue(msg("other", "u2"))[0]
		time.Sleep(time.Second)
		r.wantState(other, outbox.Sent)
		r.far.mu.Lock()
		r.far.phones["13800000001"] = "u1"
		r.far.mu.Unlock()
		r.drain(10 * time.Minute)
		r.wantState(id, outbox.Sent)
	})
}

// One number that cannot be looked up holds back neither the rest of its alert's
// messages nor those of others, whatever DingTalk does.
func TestPhoneHoldsNobodyBack(t *testing.T) {
	inFakeTime(t, "12:00:00", func(r *rig) {
		r.far.phones = map[string]string{"13800000001": ""}
		r.start()
		for _, text := range []string{"firing", "resolved"} {
			m := phoned(text, []string{"u1"}, []string{"13800000001"})
			m.Group = "g"
			r.enqueue(m)
			time.Sleep(time.Minute)
		}
		for i := range 100 {
			r.enqueue(phoned(fmt.Sprint("many ", i), nil, []string{fmt.Sprint(13900000000 + i)}))
		}
		other := r.enqueue(msg("other", "u2"))[0]
		time.Sleep(5 * time.Second)
		r.wantState(other, outbox.Sent)
		if diff := cmp.Diff([]string{"firing", "resolved", "other"}, r.far.texts()); diff != "" {
			r.t.Errorf("arrived (-want +got):\n%s", diff)
		}
	})
}

// Look-ups that hang take one slot, not those of what can be sent.
func TestPhonesTakeOneSlot(t *testing.T) {
	inFakeTime(t, "12:00:00", func(r *rig) {
		r.far.looking = time.Hour
		for i := range 2 * dispatch.Slots {
			r.enqueue(phoned(fmt.Sprint(i), nil, []string{fmt.Sprint(13900000000 + i)}))
		}
		r.start()
		time.Sleep(time.Second)
		if got := r.Status()[0].InFlight; got != 1 {
			r.t.Errorf("%d slots taken", got)
		}
		id := r.enqueue(msg("m", "u1"))[0]
		time.Sleep(5 * time.Second)
		r.wantState(id, outbox.Sent)
	})
}
